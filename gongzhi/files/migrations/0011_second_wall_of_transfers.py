"""A file on its way opens only to the capacity it is sent in and to system processes; of it only its expiry changes."""

from django.db import migrations

from gongzhi.core.rls import drop_wall_sql, wall_sql

PRIVILEGES = """
REVOKE UPDATE, TRUNCATE ON files_transfer, files_piece FROM gz_app;
GRANT UPDATE (expires_at) ON files_transfer TO gz_app;
"""
BACK = "GRANT UPDATE ON files_transfer, files_piece TO gz_app;"


class Migration(migrations.Migration):
    dependencies = [("files", "0010_pieces_and_recordings")]

    operations = [
        migrations.RunSQL(
            wall_sql("files_transfer", person="person_id", org="org_id", path="path"), drop_wall_sql("files_transfer")
        ),
        migrations.RunSQL(PRIVILEGES, BACK),
    ]
