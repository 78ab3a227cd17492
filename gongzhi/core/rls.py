"""The second wall: row-level security on tables that hold protected rows about people.

A policy compares plain columns with leakproof operators only, and reads each setting once (a scalar subquery), so that
an ordinary index serves it. A missing or empty setting opens nothing. Sign-in tables have no policy, because the scope
is computed from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PERSON = "(SELECT nullif(current_setting('gz.person', true), '')::bigint)"
ORG = "(SELECT nullif(current_setting('gz.org', true), '')::bigint)"
PATH = "(SELECT nullif(current_setting('gz.path', true), ''))"
PROCESS = "(SELECT nullif(current_setting('gz.process', true), ''))"


def wall_sql(table: str, *, person: str = "", org: str = "", path: str = "") -> str:
    """SQL that opens rows of `table` only to the scope named in the given columns, and to system processes.

    `path` compares a division path as a range, so that `44/` opens `44/4403/` and not `45/`; `/` opens all.
    """
    tests = {
        "person": f"{person} = {PERSON}" if person else "",
        "org": f"{org} = {ORG}" if org else "",
        "path": f"({path} >= {PATH} AND {path} < {PATH} || chr(1114111)) OR {PATH} = '/'" if path else "",
        "process": f"{PROCESS} IS NOT NULL",
    }
    policies = "\n".join(
        f"CREATE POLICY {table}_{name} ON {table} TO gz_app USING ({test}) WITH CHECK ({test});"
        for name, test in tests.items()
        if test
    )
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
{policies}
"""


def drop_wall_sql(table: str) -> str:
    """The reverse of `wall_sql`, for migrations."""
    names = "\n".join(
        f"DROP POLICY IF EXISTS {table}_{name} ON {table};" for name in ("person", "org", "path", "process")
    )
    return f"{names}\nALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;\nALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"


@contextmanager
def rls_off(schema_editor: BaseDatabaseSchemaEditor, table: str) -> Iterator[None]:
    """For data migrations only: let the owner see every row of `table`; without it an UPDATE changes 0 rows silently."""
    schema_editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    try:
        yield
    finally:
        schema_editor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
