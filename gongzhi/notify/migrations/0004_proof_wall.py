"""Quiet hours and proofs are the person's own; a proof is appended and never changed."""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql
from gongzhi.core.rls import drop_wall_sql, wall_sql

TABLES = ("notify_quiet_hours", "notify_proof")


class Migration(migrations.Migration):
    dependencies = [("notify", "0003_channels_receipts_and_proof")]

    operations = [
        *[migrations.RunSQL(wall_sql(table, person="person_id"), drop_wall_sql(table)) for table in TABLES],
        migrations.RunSQL(append_only_sql("notify_proof"), drop_append_only_sql("notify_proof")),
    ]
