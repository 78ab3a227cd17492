"""When the platform's key ring changes, a sealed file name is sealed anew; nothing else of an upload may change."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("privacy", "0009_request_and_consent_walls"), ("files", "0002_second_wall_and_privileges")]

    operations = [
        migrations.RunSQL(
            "GRANT UPDATE (name_sealed) ON files_upload TO gz_app;",
            "REVOKE UPDATE (name_sealed) ON files_upload FROM gz_app;",
        ),
    ]
