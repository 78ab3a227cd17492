"""An invitation is opened to its organization and to system processes. Memberships have no policy: actors are built
from them."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql


class Migration(migrations.Migration):
    dependencies = [("orgs", "0010_members_and_invitations")]

    operations = [
        migrations.RunSQL(wall_sql("orgs_invitation", org="org_id"), drop_wall_sql("orgs_invitation")),
    ]
