"""Rows about a person open only to that person and to system processes."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_people_and_accounts")]

    operations = [
        migrations.RunSQL(wall_sql("accounts_person", person="id"), drop_wall_sql("accounts_person")),
    ]
