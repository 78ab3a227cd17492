"""A question opens to who asked it and to the office that was asked: an agency's divisions, or an organization."""

from django.db import migrations

from gongzhi.core.rls import ORG, drop_wall_sql, wall_sql


class Migration(migrations.Migration):
    dependencies = [("privacy", "0003_questions")]

    operations = [
        migrations.RunSQL(
            wall_sql("privacy_question", person="person_id", org="org_id", path="path")
            + f"""
            CREATE POLICY privacy_question_to_org ON privacy_question TO gz_app
              USING (to_org = {ORG}) WITH CHECK (to_org = {ORG});
            """,
            "DROP POLICY privacy_question_to_org ON privacy_question;" + drop_wall_sql("privacy_question"),
        ),
    ]
