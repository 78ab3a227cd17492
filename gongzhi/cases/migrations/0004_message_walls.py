"""Messages open to both sides, from the first question about a draft on; notes to officials alone: no policy of theirs names
an applicant. Both are appended; of a message only the office it is with and its end change, of a note its seal when keys are
changed."""

from django.db import migrations

from gongzhi.core.rls import PATH, drop_wall_sql, wall_sql

WITHIN = f"path <> '' AND ((path >= {PATH} AND path < {PATH} || chr(1114111)) OR {PATH} = '/')"


def within(table: str) -> str:
    return f"CREATE POLICY {table}_path ON {table} TO gz_app USING ({WITHIN}) WITH CHECK ({WITHIN});"


def appended(table: str, *but: str) -> str:
    columns = ", ".join(but)
    kept = "".join(f" - '{column}'" for column in but)
    return f"""
REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM gz_app;
GRANT UPDATE ({columns}) ON {table} TO gz_app;
CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(NEW){kept} = to_jsonb(OLD){kept} THEN RETURN NEW; END IF;
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


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_messages_and_notes")]

    operations = [
        migrations.RunSQL(
            wall_sql("cases_message", person="person_id", org="org_id") + within("cases_message"),
            drop_wall_sql("cases_message"),
        ),
        migrations.RunSQL(wall_sql("cases_note") + within("cases_note"), drop_wall_sql("cases_note")),
        migrations.RunSQL(
            appended("cases_message", "path", "agency_id", "closed_at"),
            drop_appended("cases_message"),
        ),
        migrations.RunSQL(appended("cases_note", "path", "text_sealed"), drop_appended("cases_note")),
    ]
