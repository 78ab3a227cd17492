"""What the application's role may do with every table to come, and the four technical tables."""

from django.db import migrations, models

GRANTS = """
DO $$
BEGIN
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO gz_app, gz_log', current_database());
END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO gz_app, gz_log;
-- Every later table starts readable and writable for the application; append-only tables take UPDATE and DELETE back.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO gz_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO gz_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO gz_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO gz_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO gz_app;
"""


class Migration(migrations.Migration):
    initial = True
    run_before = [
        ("contenttypes", "0001_initial"),
        ("procrastinate", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(
            "CREATE EXTENSION IF NOT EXISTS btree_gist; CREATE EXTENSION IF NOT EXISTS pg_trgm;"
            " CREATE EXTENSION IF NOT EXISTS intarray;",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="Sequence",
            fields=[
                ("pk", models.CompositePrimaryKey("code", "year", blank=True, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=16)),
                ("year", models.IntegerField()),
                ("last", models.BigIntegerField(default=0)),
            ],
            options={"db_table": "core_sequence"},
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("pk", models.CompositePrimaryKey("key", "actor", blank=True, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=255)),
                ("actor", models.CharField(max_length=64)),
                ("route", models.CharField(max_length=255)),
                ("body_sha256", models.BinaryField()),
                ("status", models.SmallIntegerField()),
                ("answer", models.JSONField()),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "core_idempotency",
                "indexes": [models.Index(fields=["at"], name="core_idempotency_at")],
            },
        ),
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("bucket", models.CharField(max_length=128, primary_key=True, serialize=False)),
                ("window_start", models.DateTimeField()),
                ("count", models.IntegerField()),
            ],
            options={"db_table": "core_throttle"},
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("process", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "core_heartbeat"},
        ),
        migrations.RunSQL("ALTER TABLE core_throttle SET UNLOGGED", "ALTER TABLE core_throttle SET LOGGED"),
    ]
