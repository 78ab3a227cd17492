"""What happened: written with the change, ids only, and never changed again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, transaction

from gongzhi.accounts.models import Person
from gongzhi.audit.actions import acting_for, record
from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.door import acting
from tests.plugin import cluster
from tests.world import account_of

PROCESS = Actor.system("audit.test")
CHINA = dt.timezone(dt.timedelta(hours=8))
TABLES = ["audit_event", "audit_look"]

Owner = psycopg.Connection[tuple[object, ...]]


@pytest.mark.parametrize(
    ("ids", "capacity"),
    [
        ({}, ""),
        ({"org_id": 12}, "org:12"),
        ({"agency_id": 3}, "agency:3"),
        ({"client_id": 7}, "client:7"),
        ({"agency_id": 0}, "agency:0"),
    ],
)
def test_the_capacity_is_stored_as_kind_and_number(ids: dict[str, int], capacity: str) -> None:
    assert acting_for(Actor(kind=ActorKind.PERSON, person_id=1, **ids)) == capacity  # type: ignore[arg-type]


@pytest.mark.django_db
def test_an_event_holds_who_what_and_when_and_no_name() -> None:
    number = uuid.uuid4()
    rita = account_of("rita")
    actor = Actor(
        kind=ActorKind.AGENCY,
        scope=Scope(process="audit.test"),
        person_id=4711,
        agency_id=3,
        path="44/",
        label="达××",
        acting_for="深圳市民政局",
        request_id=number,
    )
    with acting(actor):
        person = Person.objects.get(pk=rita.person_id)
        record(actor=actor, event="audit.test.written", subject=person, details={"count": 2}, case_id=9)
    event = Event.objects.get(event="audit.test.written")
    assert (event.actor_kind, event.person_id, event.acting_for, event.process) == ("agency", 4711, "agency:3", "")
    assert (event.subject_kind, event.subject_id, event.case_id) == ("accounts.person", rita.person_id, 9)
    assert (event.request, event.details) == (number, {"count": 2})
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text FROM audit_event e WHERE event = 'audit.test.written'")
        text = cursor.fetchone()[0]
    for name in (person.name_masked, actor.label, actor.acting_for, actor.path):
        assert name
        assert name not in text


@pytest.mark.django_db
def test_an_event_without_a_subject_is_about_nothing_in_particular() -> None:
    record(actor=PROCESS, event="audit.test.written")
    event = Event.objects.get(event="audit.test.written")
    assert (event.subject_kind, event.subject_id, event.case_id, event.details) == ("", None, None, {})
    assert (event.actor_kind, event.process, event.person_id) == ("process", "audit.test", None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "event", ["", "written", "audit.", ".written", "audit..written", "Audit.test", "audit test.x", "审计.x"]
)
def test_an_event_name_of_another_shape_is_refused(event: str) -> None:
    with pytest.raises(IntegrityError, match="audit_event_event_check"), transaction.atomic():
        record(actor=PROCESS, event=event)
    record(actor=PROCESS, event="audit.test.written")  # the negative control


@pytest.mark.django_db
def test_an_event_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(DataError), transaction.atomic():
        record(actor=PROCESS, event="audit." + "a" * 60)


def test_an_event_goes_with_the_change_it_tells_about(fresh_database: str) -> None:
    with pytest.raises(RuntimeError), acting(PROCESS):
        record(actor=PROCESS, event="audit.test.lost")
        raise RuntimeError
    with acting(PROCESS):
        record(actor=PROCESS, event="audit.test.kept")
    assert set(Event.objects.filter(event__startswith="audit.test").values_list("event", flat=True)) == {
        "audit.test.kept"
    }


# --- partitions ---


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("at", "part"),
    [
        (dt.datetime(2026, 1, 1, tzinfo=CHINA), "2026"),
        (dt.datetime(2026, 12, 31, 23, 59, 59, tzinfo=CHINA), "2026"),
        (dt.datetime(2026, 12, 31, 16, tzinfo=dt.UTC), "2027"),
        (dt.datetime(2045, 12, 31, 23, tzinfo=CHINA), "2045"),
        (dt.datetime(2046, 1, 1, tzinfo=CHINA), "rest"),
        (dt.datetime(2025, 12, 31, 23, 59, 59, tzinfo=CHINA), "rest"),
    ],
)
def test_a_row_lands_in_the_part_of_its_year_as_china_counts_it(table: str, at: dt.datetime, part: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(insert(table) + " RETURNING tableoid::regclass::text", [at])
        assert cursor.fetchone() == (f"{table}_{part}",)
        cursor.execute(f"SELECT count(*) FROM {table} WHERE at = %s", [at])
        assert cursor.fetchone()[0] >= 1


def insert(table: str) -> str:
    if table == "audit_event":
        return (
            "INSERT INTO audit_event (at, event, actor_kind, request)"
            " VALUES (%s, 'audit.test.written', 'process', gen_random_uuid())"
        )
    return "INSERT INTO audit_look (at, subject_kind, request) VALUES (%s, 'audit.test', gen_random_uuid())"


# --- never changed again ---

CHANGES = {
    "UPDATE": "UPDATE {} SET process = 'x'",
    "DELETE": "DELETE FROM {}",
    "TRUNCATE": "TRUNCATE {}",
}
NOW = dt.datetime(2026, 6, 1, tzinfo=CHINA)
LATER = dt.datetime(2050, 1, 1, tzinfo=CHINA)


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("part", ["", "_2026", "_rest"])
@pytest.mark.parametrize("change", CHANGES)
def test_the_application_has_no_right_to_change_or_remove(table: str, part: str, change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(insert(table), [NOW])
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cursor.execute(CHANGES[change].format(table + part))


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_the_application_has_no_right_to_name_a_part(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,"
            " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p"
            " WHERE i.inhparent = %s::regclass AND has_table_privilege('gz_app', c.oid, p)",
            [table],
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = %s::regclass", [table])
        assert cursor.fetchone() == (21,)
        cursor.execute(
            "SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p"
            " WHERE has_table_privilege('gz_app', %s, p)",
            [table],
        )
        assert [row[0] for row in cursor.fetchall()] == ["SELECT", "INSERT"]


@pytest.fixture(scope="module")
def owned(database_template: str, django_db_setup: None) -> Iterator[Owner]:
    """The owner in the test process's own database; every test rolls back."""
    from django.db import connection as ours

    with psycopg.connect(cluster.url("gz_owner", str(ours.settings_dict["NAME"]))) as connected:
        yield connected
        connected.rollback()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("part", ["", "_2026", "_rest"])
@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_is_refused_by_a_trigger(owned: Owner, table: str, part: str, change: str) -> None:
    statement = CHANGES[change].format(table + part).encode()
    for at in (NOW, LATER):
        owned.execute(insert(table).encode(), [at])
    with pytest.raises(psycopg.errors.RestrictViolation, match=f"append-only: {change} refused"), owned.transaction():
        owned.execute(statement)
    # The negative control: without the triggers the same statement passes.
    for name in [table, *(f"{table}_{year}" for year in [*range(2026, 2046), "rest"])]:
        owned.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER".encode())
    owned.execute(statement)
    owned.rollback()
