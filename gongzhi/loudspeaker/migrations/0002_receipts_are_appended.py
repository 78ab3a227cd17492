"""What was to be heard and what was heard is appended and never changed."""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql


class Migration(migrations.Migration):
    dependencies = [("loudspeaker", "0001_broadcasts")]

    operations = [
        migrations.RunSQL(append_only_sql("loudspeaker_airing"), drop_append_only_sql("loudspeaker_airing")),
        migrations.RunSQL(append_only_sql("loudspeaker_receipt"), drop_append_only_sql("loudspeaker_receipt")),
    ]
