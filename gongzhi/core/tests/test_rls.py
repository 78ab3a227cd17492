"""The second wall: what PostgreSQL itself shows to whom, whatever the program asks for."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from gongzhi.accounts.models import Person
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.door import acting
from gongzhi.core.rls import drop_wall_sql, rls_off, wall_sql
from tests.plugin import cluster, point_django_at
from tests.world import account_of

PROCESS = Actor.system("core.test")
NOBODY = Actor.visitor()


def person(number: int) -> Actor:
    return Actor(kind=ActorKind.PERSON, scope=Scope(person=number), person_id=number)


def official(path: str) -> Actor:
    return Actor(kind=ActorKind.AGENCY, scope=Scope(path=path), path=path)


def seen(actor: Actor) -> set[int]:
    """The people PostgreSQL shows when everything is asked for."""
    with acting(actor):
        return set(Person.objects.values_list("pk", flat=True))


def setting(name: str, value: str, *, local: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, %s)", [name, value, local])


@pytest.fixture
def pair(committed: str) -> tuple[int, int]:
    """Two people of the cast."""
    return account_of("rita").person_id, account_of("dana").person_id


@pytest.fixture
def owner(fresh_database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The owner of the schema in a database that may be changed."""
    with psycopg.connect(cluster.url("gz_owner", fresh_database), autocommit=True) as connected:
        yield connected


# --- people ---


def test_a_person_is_shown_to_themself_and_to_processes_only(pair: tuple[int, int]) -> None:
    rita, dana = pair
    assert seen(person(rita)) == {rita}
    assert seen(person(dana)) == {dana}
    assert seen(PROCESS) > {rita, dana}


@pytest.mark.parametrize(
    "actor",
    [
        NOBODY,
        official("44/"),
        official("/"),
        person(0),
        Actor(kind=ActorKind.ORGANIZATION, scope=Scope(org=1), org_id=1),
        Actor(kind=ActorKind.AGENCY, scope=Scope(path="")),
        Actor(kind=ActorKind.PROCESS, scope=Scope(process="")),
    ],
    ids=lambda actor: str(actor.scope),
)
def test_every_other_scope_and_the_empty_one_see_nobody(pair: tuple[int, int], actor: Actor) -> None:
    assert seen(actor) == set()


def test_without_a_scope_and_with_empty_settings_nobody_is_seen(pair: tuple[int, int]) -> None:
    assert Person.objects.count() == 0
    with transaction.atomic():
        for name in ("gz.person", "gz.org", "gz.path", "gz.process"):
            setting(name, "", local=True)
        assert Person.objects.count() == 0
        setting("gz.process", "core.test", local=True)
        assert Person.objects.count() > 0  # the negative control


def test_what_is_not_seen_is_not_changed_and_not_taken_over(pair: tuple[int, int]) -> None:
    rita, dana = pair
    with acting(person(rita)):
        assert Person.objects.filter(pk=dana).update(name_masked="×") == 0
        assert Person.objects.filter(pk=dana)._raw_delete("default") == 0
        assert Person.objects.filter(pk=rita).update(phone_masked="") == 1  # the negative control
    with pytest.raises(ProgrammingError, match="row-level security"), acting(person(rita)):
        Person.objects.filter(pk=rita).update(id=10**9)
    with pytest.raises(ProgrammingError, match="row-level security"), acting(person(rita)):
        Person.objects.create(pk=10**9, public_id="X", name_sealed=b"x", name_masked="×")


def test_the_scope_does_not_reach_the_next_transaction_of_the_connection(pair: tuple[int, int]) -> None:
    def backend() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    rita, _ = pair
    assert seen(person(rita)) == {rita}
    before = backend()
    assert Person.objects.count() == 0
    with transaction.atomic():
        assert Person.objects.count() == 0
    assert backend() == before


@pytest.mark.parametrize(
    "actor",
    [
        PROCESS,
        official("44/"),
        person(1),
        Actor(kind=ActorKind.ORGANIZATION, scope=Scope(org=1), org_id=1),
    ],
    ids=lambda actor: str(actor.scope),
)
def test_no_kind_of_scope_reaches_the_next_transaction(committed: str, actor: Actor) -> None:
    def settings() -> list[str]:
        names = ("gz.person", "gz.org", "gz.path", "gz.process", "transaction_read_only")
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting(n, true), '') FROM unnest(%s::text[]) n", [list(names)])
            return [str(row[0]) for row in cursor.fetchall()]

    with acting(actor, read_only=True):
        assert sum(bool(value) for value in settings()[:4]) == 1
    assert settings() == ["", "", "", "", "off"]
    assert Person.objects.count() == 0


def test_negative_control_a_setting_of_the_session_would_reach_it(pair: tuple[int, int]) -> None:
    rita, _ = pair
    with transaction.atomic():
        setting("gz.person", str(rita), local=False)
    with transaction.atomic():
        assert set(Person.objects.values_list("pk", flat=True)) == {rita}  # the leak that set_config(…, true) avoids
    connection.close()
    assert Person.objects.count() == 0


def test_the_door_closes_what_somebody_left_open_in_the_session(pair: tuple[int, int]) -> None:
    rita, dana = pair
    with transaction.atomic():
        setting("gz.process", "left open", local=False)
        setting("gz.person", str(rita), local=False)
    assert seen(person(dana)) == {dana}
    assert seen(NOBODY) == set()


# --- any table ---


SAMPLE = [
    (1, 10, None, "44/"),
    (2, None, 20, "44/4403/"),
    (3, None, None, "44/4403/440305/"),
    (4, None, None, "45/"),
    (5, None, None, "4"),
    (6, None, None, "440/"),
    (7, None, None, "/"),
    (8, None, None, ""),
]


@pytest.fixture
def sample(owner: psycopg.Connection[tuple[object, ...]]) -> psycopg.Connection[tuple[object, ...]]:
    """A walled table with all three columns."""
    owner.execute('CREATE TABLE core_sample (id int, person_id bigint, org_id bigint, path text COLLATE "C")')
    with owner.cursor() as cursor:
        cursor.executemany("INSERT INTO core_sample VALUES (%s, %s, %s, %s)", SAMPLE)
    owner.execute(wall_sql("core_sample", person="person_id", org="org_id", path="path").encode())
    return owner


def rows(actor: Actor) -> set[int]:
    with acting(actor), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM core_sample")
        return {row[0] for row in cursor.fetchall()}


def test_a_path_opens_itself_and_everything_below_it(sample: psycopg.Connection[tuple[object, ...]]) -> None:
    everything = {row[0] for row in SAMPLE}
    expected = {
        "44/": {1, 2, 3},
        "44/4403/": {2, 3},
        "44/4403/440305/": {3},
        "45/": {4},
        "33/": set(),
        "440/": {6},
        "/": everything,
        "": set(),
    }
    assert {path: rows(official(path)) for path in expected} == expected
    assert rows(person(10)) == {1}
    assert rows(Actor(kind=ActorKind.ORGANIZATION, scope=Scope(org=20), org_id=20)) == {2}
    assert rows(PROCESS) == everything
    assert rows(NOBODY) == set()
    sample.execute(drop_wall_sql("core_sample").encode())
    assert rows(NOBODY) == everything  # the negative control: without the wall everybody sees everything


def test_the_owner_sees_nothing_and_changes_nothing_silently(sample: psycopg.Connection[tuple[object, ...]]) -> None:
    assert sample.execute("SELECT count(*) FROM core_sample").fetchone() == (0,)
    assert sample.execute("UPDATE core_sample SET path = '46/'").rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sample.execute("INSERT INTO core_sample VALUES (9, 1, 1, '44/')")


def test_a_data_migration_sees_every_row_and_leaves_the_wall_standing(
    fresh_database: str, sample: psycopg.Connection[tuple[object, ...]]
) -> None:
    def update() -> int:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE core_sample SET org_id = 21 WHERE org_id = 20")
            return int(cursor.rowcount)

    point_django_at(fresh_database, "gz_owner")
    with connection.schema_editor() as editor:
        assert update() == 0  # the negative control
        with rls_off(editor, "core_sample"):
            assert update() == 1
        assert update() == 0
    assert sample.execute("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'core_sample'").fetchone() == (
        True,
    )
    with pytest.raises(RuntimeError), connection.schema_editor() as editor, rls_off(editor, "core_sample"):
        raise RuntimeError
    assert sample.execute("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'core_sample'").fetchone() == (
        True,
    )


# --- what the catalogue says ---

#: Views that read a walled table with their owner's eyes; a materialized view always does.
BYPASSING_VIEWS = """
    SELECT DISTINCT v.relname FROM pg_rewrite r
    JOIN pg_class v ON v.oid = r.ev_class
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
    JOIN pg_class t ON t.oid = d.refobjid
    WHERE t.relrowsecurity AND v.oid <> t.oid
      AND (v.relkind = 'm' OR NOT ('security_invoker=true' = ANY (coalesce(v.reloptions, '{}'))))
"""
#: Functions that run with their owner's rights and name a walled table.
BYPASSING_FUNCTIONS = """
    SELECT DISTINCT p.proname FROM pg_proc p, pg_class t
    WHERE p.prosecdef AND t.relrowsecurity AND (p.prosrc ~ ('\\m' || t.relname || '\\M') OR p.prosqlbody IS NOT NULL)
"""
NOT_FORCED = "SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
WITHOUT_POLICY = """
    SELECT relname FROM pg_class c WHERE relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
"""


def asked(statement: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {str(row[0]) for row in cursor.fetchall()}


@pytest.mark.django_db
def test_every_walled_table_is_walled_for_its_owner_too() -> None:
    assert {"accounts_person", "files_upload"} <= asked("SELECT relname FROM pg_class WHERE relrowsecurity")
    assert asked(NOT_FORCED) == set()
    assert asked(WITHOUT_POLICY) == set()


@pytest.mark.django_db
def test_nothing_reads_a_walled_table_with_other_eyes() -> None:
    assert asked(BYPASSING_VIEWS) == set()
    assert asked(BYPASSING_FUNCTIONS) == set()


def test_negative_control_the_catalogue_questions_find_what_they_look_for(
    sample: psycopg.Connection[tuple[object, ...]],
) -> None:
    sample.execute("CREATE VIEW core_sample_open AS SELECT * FROM core_sample")
    sample.execute("CREATE VIEW core_sample_safe WITH (security_invoker=true) AS SELECT * FROM core_sample")
    sample.execute("CREATE MATERIALIZED VIEW core_sample_copy AS SELECT * FROM core_sample")
    sample.execute(
        "CREATE FUNCTION core_sample_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT count(*) FROM core_sample'"
    )
    sample.execute(
        "CREATE FUNCTION core_sample_modern() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        " BEGIN ATOMIC SELECT count(*) FROM core_sample; END"
    )
    sample.execute("CREATE TABLE core_bare (id int)")
    sample.execute("ALTER TABLE core_bare ENABLE ROW LEVEL SECURITY")
    assert asked(BYPASSING_VIEWS) == {"core_sample_open", "core_sample_copy"}
    assert asked(BYPASSING_FUNCTIONS) == {"core_sample_count", "core_sample_modern"}
    assert asked(NOT_FORCED) == asked(WITHOUT_POLICY) == {"core_bare"}


@pytest.mark.django_db
def test_the_applications_role_has_no_way_round_the_wall() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("gz_app", False, False, False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT rolname FROM pg_roles WHERE pg_has_role('gz_app', oid, 'MEMBER')")
        assert cursor.fetchall() == [("gz_app",)]
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolsuper AND pg_has_role('gz_owner', oid, 'MEMBER')")
        assert cursor.fetchall() == []
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'gz_owner'")
        assert cursor.fetchone() == (False, False)


@pytest.mark.django_db
def test_policies_compare_with_operators_that_tell_nothing() -> None:
    """An operator that is not leakproof is judged after the policy, so that no index serves it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, proleakproof FROM pg_proc WHERE proname IN ('int8eq', 'text_ge', 'text_lt')")
        assert dict(cursor.fetchall()) == {"int8eq": True, "text_ge": True, "text_lt": True}
        cursor.execute("SELECT bool_or(proleakproof) FROM pg_proc WHERE proname = 'textlike'")
        assert cursor.fetchone() == (False,)  # the negative control
        cursor.execute("SELECT tablename || ': ' || qual FROM pg_policies WHERE qual ~* 'like|~|@>|<@|&&|@@'")
        assert cursor.fetchall() == []
        # What may be read and what may be written is the same; only a policy for INSERT may be wider.
        cursor.execute(
            "SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' AND (roles <> '{gz_app}'"
            " OR cmd NOT IN ('ALL', 'INSERT') OR (cmd = 'ALL' AND qual IS DISTINCT FROM with_check))"
        )
        assert cursor.fetchall() == []
