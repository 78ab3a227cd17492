"""A mark is appended; only `known_to` is set once."""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_organizations_agencies_marks")]

    operations = [
        migrations.RunSQL(append_only_sql("orgs_mark", may_close=True), drop_append_only_sql("orgs_mark")),
    ]
