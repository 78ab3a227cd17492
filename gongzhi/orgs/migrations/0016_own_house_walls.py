"""What an organization keeps for itself opens to the organization. To officials above it only once it was filed, or while an
opening with a legal ground covers its kind: the policy looks into the table of openings, which stands behind its own wall.
"""

from django.db import migrations

from gongzhi.core.rls import PATH, drop_wall_sql, wall_sql

OPENED = f"""
    ((path >= {PATH} AND path < {PATH} || chr(1114111)) OR {PATH} = '/')
    AND (filed_at IS NOT NULL OR EXISTS (
      SELECT FROM orgs_opening o
      WHERE o.org_id = orgs_house_record.org_id AND o.kind = orgs_house_record.kind
        AND o.closed_at IS NULL AND o.until > statement_timestamp()
    ))
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0015_own_house")]

    operations = [
        migrations.RunSQL(
            wall_sql("orgs_opening", org="org_id", path="path"),
            drop_wall_sql("orgs_opening"),
        ),
        migrations.RunSQL(
            wall_sql("orgs_house_record", org="org_id")
            + f"""
            CREATE POLICY orgs_house_record_path ON orgs_house_record TO gz_app USING ({OPENED}) WITH CHECK ({OPENED});
            """,
            drop_wall_sql("orgs_house_record"),
        ),
    ]
