"""Who is whose guardian is open to both, to officials of the child's divisions, and to system processes."""

from django.db import migrations

from gongzhi.core.rls import PERSON, drop_wall_sql, wall_sql

TABLE = "accounts_guardianship"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0034_guardians")]

    operations = [
        migrations.RunSQL(wall_sql(TABLE, person="ward_id", path="path"), drop_wall_sql(TABLE)),
        migrations.RunSQL(
            f"CREATE POLICY {TABLE}_guardian ON {TABLE} TO gz_app"
            f" USING (guardian_id = {PERSON}) WITH CHECK (guardian_id = {PERSON})",
            f"DROP POLICY IF EXISTS {TABLE}_guardian ON {TABLE}",
        ),
    ]
