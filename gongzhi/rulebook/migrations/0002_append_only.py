"""Versions are appended; the application's role may only close one, by setting `known_to` once."""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql

TABLE = "rulebook_parameter"


class Migration(migrations.Migration):
    dependencies = [("rulebook", "0001_parameters"), ("core", "0001_roles_and_technical_tables")]

    operations = [
        migrations.RunSQL(append_only_sql(TABLE, may_close=True), drop_append_only_sql(TABLE)),
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {TABLE} FROM gz_app; GRANT UPDATE (known_to) ON {TABLE} TO gz_app;",
            f"REVOKE UPDATE (known_to) ON {TABLE} FROM gz_app; GRANT UPDATE, DELETE ON {TABLE} TO gz_app;",
        ),
    ]
