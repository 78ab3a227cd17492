"""Divisions and announced years are appended; only `known_to` is set once."""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql


class Migration(migrations.Migration):
    dependencies = [("reference", "0001_divisions_and_calendar")]

    operations = [
        migrations.RunSQL(append_only_sql(table, may_close=True), drop_append_only_sql(table))
        for table in ("reference_division", "reference_calendar_year")
    ]
