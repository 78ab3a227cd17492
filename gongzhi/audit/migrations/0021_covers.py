"""An event and a look say for whom their author stood in during leave. Older rows: for nobody."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0020_event_by_code")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE audit_event ADD COLUMN covers bigint[] NOT NULL DEFAULT '{}';
            ALTER TABLE audit_look ADD COLUMN covers bigint[] NOT NULL DEFAULT '{}';
            """,
            "ALTER TABLE audit_event DROP COLUMN covers; ALTER TABLE audit_look DROP COLUMN covers;",
            state_operations=[
                migrations.AddField(
                    name,
                    "covers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                )
                for name in ("event", "look")
            ],
        ),
    ]
