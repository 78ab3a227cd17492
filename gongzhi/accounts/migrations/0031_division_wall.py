"""A record opens to agencies whose division the person named as theirs; who named none is found by no agency."""

from django.db import migrations

from gongzhi.core.rls import PATH

TEST = f"path IS NOT NULL AND ((path >= {PATH} AND path < {PATH} || chr(1114111)) OR {PATH} = '/')"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0030_division_and_restriction")]

    operations = [
        migrations.RunSQL(
            f"CREATE POLICY accounts_person_path ON accounts_person TO gz_app USING ({TEST}) WITH CHECK ({TEST});",
            "DROP POLICY accounts_person_path ON accounts_person;",
        ),
    ]
