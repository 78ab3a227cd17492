"""Anybody's action may leave a message; only its owner and system processes find it. A message changes only by being
read."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql

TABLES = ("notify_message", "notify_outbox", "notify_preference")
#: An official's action leaves a message for an applicant whose scope is not open then.
LEAVE = "CREATE POLICY {0}_leave ON {0} FOR INSERT TO gz_app WITH CHECK (true);"
NO_LEAVE = "DROP POLICY {0}_leave ON {0};"


class Migration(migrations.Migration):
    dependencies = [("notify", "0001_messages_and_outbox"), ("core", "0001_roles_and_technical_tables")]

    operations = [
        *[migrations.RunSQL(wall_sql(table, person="person_id"), drop_wall_sql(table)) for table in TABLES],
        *[migrations.RunSQL(LEAVE.format(table), NO_LEAVE.format(table)) for table in TABLES[:2]],
        migrations.RunSQL(
            "REVOKE UPDATE ON notify_message FROM gz_app; GRANT UPDATE (read_at) ON notify_message TO gz_app;",
            "REVOKE UPDATE (read_at) ON notify_message FROM gz_app; GRANT UPDATE ON notify_message TO gz_app;",
        ),
    ]
