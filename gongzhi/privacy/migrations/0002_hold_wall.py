"""Held-back notices open to the agencies of their divisions and to system processes; to the person concerned never."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_holds")]

    operations = [
        migrations.RunSQL(wall_sql("privacy_hold", path="path"), drop_wall_sql("privacy_hold")),
    ]
