"""Rows about who people are open to the person, to officials of their divisions, and to system processes; marks of
people to the person and to processes. Marks are appended."""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql
from gongzhi.core.rls import drop_wall_sql, wall_sql

TABLES = ("accounts_verification", "accounts_review", "accounts_card", "accounts_reach")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0032_documents_cards_marks")]

    operations = [
        *(
            migrations.RunSQL(wall_sql(table, person="person_id", path="path"), drop_wall_sql(table))
            for table in TABLES
        ),
        migrations.RunSQL(wall_sql("accounts_mark", person="person_id"), drop_wall_sql("accounts_mark")),
        migrations.RunSQL(append_only_sql("accounts_mark", may_close=True), drop_append_only_sql("accounts_mark")),
    ]
