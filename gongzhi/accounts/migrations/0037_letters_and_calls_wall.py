"""Letters and calls are open to the person, to officials of their divisions, and to system processes."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql


class Migration(migrations.Migration):
    dependencies = [("accounts", "0036_letters_and_calls")]

    operations = [
        migrations.RunSQL(
            wall_sql("accounts_errand", person="person_id", path="path"), drop_wall_sql("accounts_errand")
        ),
    ]
