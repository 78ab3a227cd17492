"""What a level says is appended; the application's role may only close a version, by setting `known_to` once."""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql

TABLE = "rulebook_setting"


class Migration(migrations.Migration):
    dependencies = [("rulebook", "0005_settings")]

    operations = [
        migrations.RunSQL(append_only_sql(TABLE, may_close=True), drop_append_only_sql(TABLE)),
    ]
