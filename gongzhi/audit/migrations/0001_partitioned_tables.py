"""Two partitioned, append-only tables: a partition a year to 2045, and one for the rest."""

from django.db import migrations

COLUMNS = {
    "audit_event": """
        id bigint NOT NULL DEFAULT nextval('audit_event_id_seq'),
        at timestamptz NOT NULL DEFAULT now(),
        event varchar(64) NOT NULL CHECK (event ~ '^[a-z_]+(\\.[a-z_]+)+$'),
        actor_kind varchar(16) NOT NULL,
        person_id bigint,
        acting_for varchar(64) NOT NULL DEFAULT '',
        process varchar(64) NOT NULL DEFAULT '',
        request uuid NOT NULL,
        subject_kind varchar(64) NOT NULL DEFAULT '',
        subject_id bigint,
        case_id bigint,
        details jsonb NOT NULL DEFAULT '{}',
        PRIMARY KEY (at, id)""",
    "audit_look": """
        id bigint NOT NULL DEFAULT nextval('audit_look_id_seq'),
        at timestamptz NOT NULL DEFAULT now(),
        subject_kind varchar(64) NOT NULL,
        subject_id bigint,
        person_id bigint,
        acting_for varchar(64) NOT NULL DEFAULT '',
        process varchar(64) NOT NULL DEFAULT '',
        case_id bigint,
        purpose varchar(64) NOT NULL DEFAULT '',
        page varchar(128) NOT NULL DEFAULT '',
        fields varchar(64)[] NOT NULL DEFAULT '{}',
        refused boolean NOT NULL DEFAULT false,
        request uuid NOT NULL,
        PRIMARY KEY (at, id)""",
}


def table(name: str) -> str:
    """SQL that makes a partitioned append-only table. Written out here: a migration keeps its own copy of the past."""
    parts = [
        f"CREATE SEQUENCE {name}_id_seq AS bigint;",
        f"CREATE TABLE {name} ({COLUMNS[name]}) PARTITION BY RANGE (at);",
        f"ALTER SEQUENCE {name}_id_seq OWNED BY {name}.id;",
    ]
    for year in range(2026, 2046):
        parts.append(
            f"CREATE TABLE {name}_{year} PARTITION OF {name}"
            f" FOR VALUES FROM ('{year}-01-01 00:00+08') TO ('{year + 1}-01-01 00:00+08');"
        )
    parts.append(f"CREATE TABLE {name}_rest PARTITION OF {name} DEFAULT;")
    parts.append(f"""
        CREATE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{name} is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation'; END $$;
        CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name}
          FOR EACH ROW EXECUTE FUNCTION {name}_append_only();
        CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name}
          FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only();
        REVOKE UPDATE, DELETE, TRUNCATE ON {name} FROM gz_app;
    """)
    for part in [*range(2026, 2046), "rest"]:
        # A partition can be named directly, so each refuses for itself.
        parts.append(f"REVOKE ALL ON {name}_{part} FROM gz_app;")
        parts.append(
            f"CREATE TRIGGER {name}_{part}_no_truncate BEFORE TRUNCATE ON {name}_{part}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only();"
        )
    return "\n".join(parts)


def drop(name: str) -> str:
    return f"DROP TABLE {name}; DROP FUNCTION {name}_append_only();"


class Migration(migrations.Migration):
    dependencies = [("core", "0001_roles_and_technical_tables")]

    operations = [
        migrations.RunSQL(table("audit_event"), drop("audit_event")),
        migrations.RunSQL(table("audit_look"), drop("audit_look")),
        migrations.RunSQL(
            """
            CREATE INDEX audit_event_subject ON audit_event (subject_kind, subject_id, at DESC);
            CREATE INDEX audit_event_person ON audit_event (person_id, at DESC);
            CREATE INDEX audit_look_subject ON audit_look (subject_kind, subject_id, at DESC);
            CREATE INDEX audit_look_person ON audit_look (person_id, at DESC);
            """,
            migrations.RunSQL.noop,
        ),
    ]
