"""A look says whose data it was about, how it was made and under what. Older rows keep what they said."""

from django.db import migrations, models

COLUMNS = """
    ALTER TABLE audit_look
      ADD COLUMN how varchar(16) NOT NULL DEFAULT 'page'
        CONSTRAINT audit_look_how CHECK (how IN ('page', 'api', 'export', 'counter', 'emergency')),
      ADD COLUMN owner_person bigint,
      ADD COLUMN owner_org bigint,
      ADD COLUMN hold_id bigint,
      ADD COLUMN grant_id bigint,
      ADD COLUMN batch_id bigint;
    CREATE INDEX audit_look_owner_person ON audit_look (owner_person, at DESC, id DESC) WHERE owner_person IS NOT NULL;
    CREATE INDEX audit_look_owner_org ON audit_look (owner_org, at DESC, id DESC) WHERE owner_org IS NOT NULL;
    CREATE INDEX audit_look_hold ON audit_look (hold_id) WHERE hold_id IS NOT NULL;
"""
BACK = """
    ALTER TABLE audit_look DROP COLUMN how, DROP COLUMN owner_person, DROP COLUMN owner_org, DROP COLUMN hold_id,
      DROP COLUMN grant_id, DROP COLUMN batch_id;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_event_and_look_models")]

    operations = [
        migrations.RunSQL(
            COLUMNS,
            BACK,
            state_operations=[
                migrations.AddField("look", "how", models.CharField(choices=[("page", "On a page"), ("api", "Through the interface for programs"), ("export", "In a list that was exported"), ("counter", "Read out at a counter"), ("emergency", "By emergency access")], default="page", max_length=16)),
                migrations.AddField("look", "owner_person", models.BigIntegerField(null=True)),
                migrations.AddField("look", "owner_org", models.BigIntegerField(null=True)),
                migrations.AddField("look", "hold_id", models.BigIntegerField(null=True)),
                migrations.AddField("look", "grant_id", models.BigIntegerField(null=True)),
                migrations.AddField("look", "batch_id", models.BigIntegerField(null=True)),
            ],
        ),
    ]
