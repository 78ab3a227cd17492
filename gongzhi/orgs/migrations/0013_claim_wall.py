"""A claim opens to who makes it, to the organization, and to the registry whose reach holds it."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql


class Migration(migrations.Migration):
    dependencies = [("orgs", "0012_claims")]

    operations = [
        migrations.RunSQL(
            wall_sql("orgs_claim", person="person_id", org="org_id", path="path"), drop_wall_sql("orgs_claim")
        ),
    ]
