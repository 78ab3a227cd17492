"""When the platform's key ring changes, the sealed name of a file on its way is sealed anew; nothing else of it changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("files", "0011_second_wall_of_transfers")]

    operations = [
        migrations.RunSQL(
            "GRANT UPDATE (name_sealed) ON files_transfer TO gz_app;",
            "REVOKE UPDATE (name_sealed) ON files_transfer FROM gz_app;",
        ),
    ]
