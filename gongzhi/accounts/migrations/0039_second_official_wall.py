"""New cards and PINs that were asked for are open to the person, to officials of their divisions, and to processes."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql


class Migration(migrations.Migration):
    dependencies = [("accounts", "0038_second_official")]

    operations = [
        migrations.RunSQL(
            wall_sql("accounts_card_wish", person="person_id", path="path"), drop_wall_sql("accounts_card_wish")
        ),
    ]
