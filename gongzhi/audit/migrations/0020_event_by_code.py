"""The audit administrator looks for one kind of event among all of them: found by an index, newest first."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0010_whose_data_and_how")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX audit_event_code ON audit_event (event, at DESC, id DESC);", "DROP INDEX audit_event_code;"
        ),
    ]
