"""Two clocks: what is appended, what is answered, and what PostgreSQL refuses."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.door import acting
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Organization
from gongzhi.registry.enums import EventKind, SourceKind
from gongzhi.registry.models import Source, Version
from tests.plugin import cluster

PROCESS = Actor.system("core.test")
BEGIN = dt.date(2020, 1, 1)
DAYS = 12
STEPS = 6
HISTORIES = 300
#: Few values, so that the same value comes again and again: that is where carrying is difficult.
VALUES: dict[str, list[Any]] = {"name": ["甲", "乙", "丙"], "domicile": ["", "东路", "西路"], "fund_fen": [None, 0, 5]}
FIRST: dict[str, Any] = {
    "standing": Standing.values[0],
    "name": "甲",
    "domicile": "",
    "province": "",
    "purpose": "",
    "scope": "",
    "area": "",
    "fund_fen": None,
    "legal_representative": "",
    "registry_name": "",
    "business_authority": "",
    "registered_directly": False,
    "registered_on": None,
    "industry_department": "",
    "party_body": "",
    "field": "",
}


def day(number: int) -> dt.date:
    return BEGIN + dt.timedelta(days=number)


def source() -> Source:
    return Source.objects.create(kind=SourceKind.LIST, dated_on=BEGIN)


def bodies(count: int) -> list[Organization]:
    return Organization.objects.bulk_create(
        [
            Organization(kind=Kind.values[0], number=f"T{number:04}", standing=Standing.values[0], name="甲")
            for number in range(count)
        ]
    )


def say(org: Organization, on: dt.date, changes: dict[str, Any], by: Source, row: int | None = None) -> list[Version]:
    about = {"source_id": by.pk, "source_row": row, "event": EventKind.CORRECTED}
    return amend(Version, owner={"org_id": org.pk}, on=on, changes=changes, about=about)


class PerItem:
    """One value a day for one fact, and nothing about versions: what `amend` must agree with."""

    def __init__(self, value: Any) -> None:
        self.days = [value] * DAYS

    def say(self, on: int, value: Any) -> bool:
        """From day `on` until the day on which the fact itself changes. Whether anything is different now."""
        held = self.days[on]
        for number in range(on, DAYS):
            if self.days[number] != held:
                break
            self.days[number] = value
        return bool(held != value)


def snapshot(oracles: list[dict[str, PerItem]]) -> list[dict[str, list[Any]]]:
    return [{name: list(fact.days) for name, fact in oracle.items()} for oracle in oracles]


def test_random_histories_agree_with_an_oracle_at_every_point_of_both_clocks(fresh_database: str) -> None:
    chance = random.Random(20260101)
    with acting(PROCESS):
        by, orgs = source(), bodies(HISTORIES)
        moments = [Version.now()]
        for org in orgs:
            assert len(say(org, BEGIN, FIRST, by)) == 1
    oracles = [{name: PerItem(FIRST[name]) for name in VALUES} for _ in orgs]
    known = [snapshot(oracles)]
    nothing = 0
    for step in range(STEPS):
        with acting(PROCESS):
            moments.append(Version.now())
            for org, oracle in zip(orgs, oracles, strict=True):
                on = chance.randrange(DAYS)
                names = chance.sample(list(VALUES), chance.randint(1, len(VALUES)))
                changes = {name: chance.choice(VALUES[name]) for name in names}
                different = [oracle[name].say(on, value) for name, value in changes.items()]
                appended = say(org, day(on), changes, by, row=step)
                assert bool(appended) is any(different)
                assert [one.valid_from for one in appended] == sorted({one.valid_from for one in appended})
                assert {one.known_from for one in appended} <= {moments[-1]}
                nothing += not appended
        known.append(snapshot(oracles))
    assert 0 < nothing < HISTORIES * STEPS / 2  # both kinds were met

    place = {org.pk: number for number, org in enumerate(orgs)}
    ours = Version.objects.filter(org_id__in=place)
    points = [(moment, state) for moment, state in zip(moments, known, strict=True)] + [(None, known[-1])]
    compared = 0
    for moment, state in points:
        for number in range(DAYS):
            found = list(ours.as_of(day(number), moment).values("org_id", *VALUES))
            assert len(found) == len({row["org_id"] for row in found}) == HISTORIES
            for row in found:
                want = {name: days[number] for name, days in state[place[row["org_id"]]].items()}
                assert {name: row[name] for name in VALUES} == want, (row["org_id"], moment, number)
                compared += 1
    assert compared == HISTORIES * DAYS * (STEPS + 2)
    assert not ours.as_of(BEGIN - dt.timedelta(days=1)).exists()
    assert not ours.as_of(BEGIN, moments[0] - dt.timedelta(seconds=1)).exists()

    # The negative control: an oracle that forgets where later versions changed the fact does not agree.
    naive = [[(BEGIN, FIRST["name"])] for _ in orgs]
    for row in ours.order_by("known_from", "valid_from").values("org_id", "valid_from", "name"):
        naive[place[row["org_id"]]] = [(row["valid_from"], row["name"])]
    last = ours.as_of(day(DAYS - 1)).values_list("org_id", "name")
    assert any(naive[place[org_id]][-1][1] != name for org_id, name in last)


@pytest.mark.django_db
def test_what_is_known_at_a_moment_is_every_version_believed_then() -> None:
    by, (org,) = source(), bodies(1)
    say(org, BEGIN, FIRST, by)
    say(org, day(5), {"name": "乙"}, by)
    ours = Version.objects.filter(org=org)
    now = Version.now()
    assert ours.known(None).count() == ours.current().count() == ours.known(now).count() == 2
    assert ours.known(now - dt.timedelta(seconds=1)).count() == 0


@pytest.mark.django_db
def test_a_change_reaches_until_a_later_version_that_changed_the_same_fact() -> None:
    by, (org,) = source(), bodies(1)
    say(org, BEGIN, FIRST, by, row=0)
    say(org, day(5), {"name": "乙"}, by, row=1)
    say(org, day(8), {"domicile": "东路"}, by, row=2)
    appended = say(org, day(2), {"domicile": "西路", "fund_fen": 5}, by, row=3)
    assert [(one.valid_from, one.source_row) for one in appended] == [(day(2), 3), (day(5), 1), (day(8), 2)]
    current = Version.objects.current().filter(org=org).order_by("valid_from")
    assert list(current.values_list("valid_from", "name", "domicile", "fund_fen")) == [
        (BEGIN, "甲", "", None),
        (day(2), "甲", "西路", 5),
        (day(5), "乙", "西路", 5),
        (day(8), "乙", "东路", 5),
    ]


@pytest.mark.django_db
def test_what_changes_nothing_appends_nothing() -> None:
    by, (org,) = source(), bodies(1)
    say(org, BEGIN, FIRST, by)
    assert say(org, day(3), {"name": "甲", "domicile": ""}, by) == []
    assert Version.objects.filter(org=org).count() == 1
    assert len(say(org, day(3), {"name": "甲", "domicile": "东路"}, by)) == 1  # the negative control


@pytest.mark.django_db
def test_before_the_first_version_every_fact_is_needed() -> None:
    by, (org,) = source(), bodies(1)
    for on in (BEGIN, day(-1)):
        with pytest.raises(TypeError, match="first version of Version needs"):
            say(org, on, {"name": "甲"}, by)
        say(org, BEGIN, FIRST, by)
    assert len(say(org, day(-1), FIRST, by)) == 1
    assert Version.objects.as_of(BEGIN).get(org=org).valid_from == BEGIN


@pytest.mark.django_db
@pytest.mark.parametrize("fact", ["nmae", "org_id", "known_to", "event"])
def test_an_unknown_fact_is_refused(fact: str) -> None:
    by, (org,) = source(), bodies(1)
    with pytest.raises(TypeError, match="has no facts"):
        say(org, BEGIN, {**FIRST, fact: 1}, by)
    assert not Version.objects.filter(org=org).exists()


@pytest.mark.django_db
def test_two_owners_do_not_touch_each_other() -> None:
    by, (one, other) = source(), bodies(2)
    say(one, BEGIN, FIRST, by)
    say(other, BEGIN, FIRST, by)
    say(one, BEGIN, {"name": "乙"}, by)
    assert list(Version.objects.filter(org=other).values_list("name", "known_to")) == [("甲", None)]


def test_knowledge_that_waited_for_the_lock_is_later_than_what_it_replaces(fresh_database: str) -> None:
    """PostgreSQL's now() is the begin of the transaction, and that may lie before the other's, which committed first."""
    with acting(PROCESS):
        by, (org,) = source(), bodies(1)
        say(org, BEGIN, FIRST, by)

    def overtake() -> None:
        try:
            with acting(PROCESS):
                say(org, day(3), {"name": "乙"}, by)
        finally:
            connection.close()

    with acting(PROCESS):
        begun = Version.now()
        other = threading.Thread(target=overtake)
        other.start()
        other.join()
        replaced = Version.objects.current().get(org=org, valid_from=day(3))
        assert replaced.known_from > begun
        (appended,) = say(org, day(3), {"name": "丙"}, by)
    assert appended.known_from > replaced.known_from
    assert Version.objects.as_of(day(3), replaced.known_from).get(org=org).name == "乙"
    assert Version.objects.as_of(day(3)).get(org=org).name == "丙"


# --- what PostgreSQL itself refuses ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"name": "丁"},
        {"valid_from": day(1)},
        {"known_from": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
        {"event": EventKind.LISTED},
        {"name": "丁", "known_to": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)},
        {"known_to": None},
    ],
    ids=str,
)
def test_no_update_passes_but_the_end_of_being_known(change: dict[str, Any]) -> None:
    by, (org,) = source(), bodies(1)
    say(org, BEGIN, FIRST, by)
    with pytest.raises(DatabaseError, match=r"append-only: UPDATE refused|permission denied"), transaction.atomic():
        Version.objects.filter(org=org).update(**change)
    assert Version.objects.filter(org=org).update(known_to=Version.now()) == 1  # the negative control


@pytest.mark.parametrize(
    "change",
    [
        "name = 'x'",
        "valid_from = valid_from + 1",
        "known_from = known_from - interval '1 day'",
        "known_to = now(), name = 'x'",
        "known_to = NULL",
        "id = -id",
    ],
)
def test_the_owner_too_may_only_say_the_end_of_being_known(django_db_setup: None, change: str) -> None:
    one = "WHERE id = (SELECT min(id) FROM registry_version WHERE known_to IS NULL)"
    with psycopg.connect(cluster.url("gz_owner", str(connection.settings_dict["NAME"]))) as owner:
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only: UPDATE refused"), owner.transaction():
            owner.execute(f"UPDATE registry_version SET {change} {one}".encode())
        # the negative control
        assert owner.execute(f"UPDATE registry_version SET known_to = now() {one}".encode()).rowcount == 1
        owner.rollback()


@pytest.mark.django_db
def test_the_end_of_being_known_is_said_once() -> None:
    by, (org,) = source(), bodies(1)
    say(org, BEGIN, FIRST, by)
    ours = Version.objects.filter(org=org)
    ours.update(known_to=Version.now())
    for again in (None, Version.now(), Version.now() + dt.timedelta(days=1)):
        with pytest.raises(IntegrityError, match="append-only: UPDATE refused"), transaction.atomic():
            ours.update(known_to=again)


@pytest.mark.django_db
def test_nothing_is_known_to_an_end_before_its_beginning() -> None:
    by, (org,) = source(), bodies(1)
    say(org, BEGIN, FIRST, by)
    with pytest.raises(IntegrityError, match="registry_version_known"), transaction.atomic():
        Version.objects.filter(org=org).update(known_to=Version.now() - dt.timedelta(seconds=1))


@pytest.mark.django_db
def test_one_day_has_one_current_version() -> None:
    by, (org,) = source(), bodies(1)
    (version,) = say(org, BEGIN, FIRST, by)
    twin = Version(**{field.attname: getattr(version, field.attname) for field in Version._meta.concrete_fields})
    twin.pk = None
    with pytest.raises(IntegrityError, match="registry_version_one_current"), transaction.atomic():
        twin.save(force_insert=True)
    Version.objects.filter(pk=version.pk).update(known_to=Version.now())
    twin.save(force_insert=True)  # the negative control: the first is no longer current


def delete() -> None:
    Version.objects.all()._raw_delete("default")


def truncate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE registry_version CASCADE")


@pytest.mark.parametrize(("destroy", "word"), [(delete, "DELETE"), (truncate, "TRUNCATE")])
def test_nobody_removes_a_version_not_even_the_owner(
    fresh_database: str, destroy: Callable[[], None], word: str
) -> None:
    before = Version.objects.count()
    assert before
    with pytest.raises(DatabaseError) as caught:
        destroy()
    assert isinstance(caught.value, ProgrammingError | IntegrityError)
    statement = "DELETE FROM registry_version" if word == "DELETE" else "TRUNCATE registry_version CASCADE"
    with psycopg.connect(cluster.url("gz_owner", fresh_database)) as owner:
        with pytest.raises(psycopg.errors.RestrictViolation, match=f"append-only: {word} refused"):
            owner.execute(statement)
        owner.rollback()
        # The negative control: it is the trigger that refuses, not a missing privilege.
        owner.execute("ALTER TABLE registry_version DISABLE TRIGGER USER")
        owner.execute(statement.encode())
        assert owner.execute("SELECT count(*) FROM registry_version").fetchone() == (0,)
        owner.rollback()
    assert Version.objects.count() == before
