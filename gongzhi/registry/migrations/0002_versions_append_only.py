"""History is appended; only `known_to` is set once."""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_versions_and_sources")]

    operations = [
        migrations.RunSQL(append_only_sql("registry_version", may_close=True), drop_append_only_sql("registry_version")),
        migrations.RunSQL(append_only_sql("registry_confirmation"), drop_append_only_sql("registry_confirmation")),
        migrations.RunSQL(append_only_sql("registry_source", set_once="seal"), drop_append_only_sql("registry_source")),
    ]
