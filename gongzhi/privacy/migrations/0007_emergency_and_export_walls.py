"""Emergency access opens to whose record it was and to the agency's divisions; exports to the agency's divisions."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql


class Migration(migrations.Migration):
    dependencies = [("privacy", "0006_emergency_and_exports")]

    operations = [
        migrations.RunSQL(
            wall_sql("privacy_grant", person="person_id", path="path"), drop_wall_sql("privacy_grant")
        ),
        migrations.RunSQL(wall_sql("privacy_export", path="path"), drop_wall_sql("privacy_export")),
    ]
