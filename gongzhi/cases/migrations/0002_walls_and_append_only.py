"""Cases open to the applicant; to officials within reach once they were handed in (`path` is empty before). Drafts and
their patches never open to officials. What happened and what was handed in is appended; a published type is frozen."""

from django.db import migrations

from gongzhi.core.rls import PATH, drop_wall_sql, wall_sql

#: Tables an official reads within reach.
HANDED_IN = (
    "cases_case",
    "cases_sealed_text",
    "cases_status",
    "cases_submission",
    "cases_task",
    "cases_clock",
    "cases_pause",
    "cases_decision",
    "cases_file",
)
OWN = ("cases_draft", "cases_draft_patch")
WITHIN = f"path <> '' AND ((path >= {PATH} AND path < {PATH} || chr(1114111)) OR {PATH} = '/')"
#: Only the division changes, when a case is handed to another office.
APPENDED = ("cases_status", "cases_submission")


def wall(table: str) -> str:
    return (
        wall_sql(table, person="person_id", org="org_id")
        + f"CREATE POLICY {table}_path ON {table} TO gz_app USING ({WITHIN}) WITH CHECK ({WITHIN});"
    )


def appended(table: str) -> str:
    return f"""
REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM gz_app;
GRANT UPDATE (path) ON {table} TO gz_app;
CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(NEW) - 'path' = to_jsonb(OLD) - 'path' THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION '{table} is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
"""


def drop_appended(table: str) -> str:
    return f"""
DROP TRIGGER {table}_no_truncate ON {table}; DROP TRIGGER {table}_append_only ON {table};
DROP FUNCTION {table}_append_only();
GRANT UPDATE, DELETE, TRUNCATE ON {table} TO gz_app;
"""


FROZEN = """
CREATE FUNCTION cases_type_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.state = 'draft' THEN RETURN OLD; END IF;
  ELSIF OLD.state = 'draft' OR to_jsonb(NEW) - 'state' = to_jsonb(OLD) - 'state' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a published case type is frozen: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER cases_type_frozen BEFORE UPDATE OR DELETE ON cases_type
  FOR EACH ROW EXECUTE FUNCTION cases_type_frozen();
REVOKE TRUNCATE ON cases_type FROM gz_app;
ALTER TABLE cases_draft SET (fillfactor = 60);
"""
THAWED = """
ALTER TABLE cases_draft RESET (fillfactor);
DROP TRIGGER cases_type_frozen ON cases_type; DROP FUNCTION cases_type_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_cases")]

    operations = [
        *[migrations.RunSQL(wall(table), drop_wall_sql(table)) for table in HANDED_IN],
        *[migrations.RunSQL(wall_sql(table, person="person_id", org="org_id"), drop_wall_sql(table)) for table in OWN],
        *[migrations.RunSQL(appended(table), drop_appended(table)) for table in APPENDED],
        migrations.RunSQL(FROZEN, THAWED),
    ]
