"""Links between cases open as the cases do, and are appended: only the division changes, when a case goes to another office."""

from importlib import import_module

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql

walls = import_module("gongzhi.cases.migrations.0004_message_walls")


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_figures_links_views")]

    operations = [
        migrations.RunSQL(
            wall_sql("cases_link", person="person_id", org="org_id") + walls.within("cases_link"),
            drop_wall_sql("cases_link"),
        ),
        migrations.RunSQL(walls.appended("cases_link", "path"), walls.drop_appended("cases_link")),
    ]
