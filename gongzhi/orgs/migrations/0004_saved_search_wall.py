"""A saved search is opened to its own person and to system processes."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql


class Migration(migrations.Migration):
    dependencies = [("orgs", "0003_search_columns_and_saved_searches")]

    operations = [
        migrations.RunSQL(wall_sql("orgs_saved_search", person="person_id"), drop_wall_sql("orgs_saved_search")),
    ]
