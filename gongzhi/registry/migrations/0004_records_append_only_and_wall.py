"""What comes and goes is appended; only `known_to` is set once. An objection has a wall of its own.

Anybody may hand in an objection, so inserting needs no scope; reading and answering do.
"""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql
from gongzhi.core.rls import drop_wall_sql, wall_sql

TABLES = ["registry_officer", "registry_branch", "registry_host", "registry_lineage"]


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_full_register")]

    operations = [
        *[
            migrations.RunSQL(append_only_sql(table, may_close=True), drop_append_only_sql(table))
            for table in TABLES
        ],
        migrations.RunSQL(
            wall_sql("registry_objection", person="person_id", path="path")
            + "CREATE POLICY registry_objection_anybody ON registry_objection FOR INSERT TO gz_app WITH CHECK (true);",
            "DROP POLICY registry_objection_anybody ON registry_objection;" + drop_wall_sql("registry_objection"),
        ),
    ]
