"""A file opens only to its owner, to the agency it is addressed to, and to system processes; what it is never changes."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql

PRIVILEGES = """
REVOKE UPDATE, TRUNCATE ON files_upload FROM gz_app;
GRANT UPDATE (scan_state, scanned_at) ON files_upload TO gz_app;
"""
BACK = "GRANT UPDATE ON files_upload TO gz_app;"


class Migration(migrations.Migration):
    dependencies = [("files", "0001_uploads")]

    operations = [
        migrations.RunSQL(
            wall_sql("files_upload", person="person_id", org="org_id", path="path"), drop_wall_sql("files_upload")
        ),
        migrations.RunSQL(PRIVILEGES, BACK),
    ]
