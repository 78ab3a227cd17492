"""Django's picture of the two tables; it changes nothing in the database."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_partitioned_tables")]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("event", models.CharField(max_length=64)),
                ("actor_kind", models.CharField(max_length=16)),
                ("person_id", models.BigIntegerField(null=True)),
                ("acting_for", models.CharField(default="", max_length=64)),
                ("process", models.CharField(default="", max_length=64)),
                ("request", models.UUIDField()),
                ("subject_kind", models.CharField(default="", max_length=64)),
                ("subject_id", models.BigIntegerField(null=True)),
                ("case_id", models.BigIntegerField(null=True)),
                ("details", models.JSONField(default=dict)),
            ],
            options={"db_table": "audit_event", "managed": False},
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("subject_kind", models.CharField(max_length=64)),
                ("subject_id", models.BigIntegerField(null=True)),
                ("person_id", models.BigIntegerField(null=True)),
                ("acting_for", models.CharField(default="", max_length=64)),
                ("process", models.CharField(default="", max_length=64)),
                ("case_id", models.BigIntegerField(null=True)),
                ("purpose", models.CharField(default="", max_length=64)),
                ("page", models.CharField(default="", max_length=128)),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), default=list, size=None
                    ),
                ),
                ("refused", models.BooleanField(default=False)),
                ("request", models.UUIDField()),
            ],
            options={"db_table": "audit_look", "managed": False},
        ),
    ]
