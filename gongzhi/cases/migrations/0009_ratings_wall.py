"""Ratings open to the applicant, and to officials within reach."""

from django.db import migrations

from gongzhi.core.rls import PATH, drop_wall_sql, wall_sql

WITHIN = f"path <> '' AND ((path >= {PATH} AND path < {PATH} || chr(1114111)) OR {PATH} = '/')"


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_ratings")]

    operations = [
        migrations.RunSQL(
            wall_sql("cases_rating", person="person_id", org="org_id")
            + f"CREATE POLICY cases_rating_path ON cases_rating TO gz_app USING ({WITHIN}) WITH CHECK ({WITHIN});",
            drop_wall_sql("cases_rating"),
        )
    ]
