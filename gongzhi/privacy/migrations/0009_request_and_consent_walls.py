"""Requests open to who made them and to the operator; consents to who gave them, appended and never changed."""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql
from gongzhi.core.rls import drop_wall_sql, wall_sql


class Migration(migrations.Migration):
    dependencies = [("privacy", "0008_requests_and_consents")]

    operations = [
        migrations.RunSQL(
            wall_sql("privacy_request", person="person_id", path="path"), drop_wall_sql("privacy_request")
        ),
        migrations.RunSQL(wall_sql("privacy_consent", person="person_id"), drop_wall_sql("privacy_consent")),
        migrations.RunSQL(append_only_sql("privacy_consent"), drop_append_only_sql("privacy_consent")),
    ]
