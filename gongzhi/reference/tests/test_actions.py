"""Loading editions and announcing years: who may, what is refused, what stays true."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.reference import actions, calendar, contracts, policies, selectors
from gongzhi.reference.calendar import Calendar, CalendarDay, Deadline
from gongzhi.reference.enums import Origin
from gongzhi.reference.models import CalendarYear, Division, DivisionSuccessor

NEXT = today().year + 1
NOTICE = "示例通知〔第1号〕"


def events(name: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT details FROM audit_event WHERE event = %s ORDER BY id", [name])
        return [json.loads(details) for (details,) in cursor.fetchall()]


def notice(year: int = NEXT, *more: CalendarDay) -> list[CalendarDay]:
    """The least a notice may hold, and more."""
    fixed = [(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)]
    return [CalendarDay(dt.date(year, month, day), True, "节日") for month, day in fixed] + list(more)


class Holder:
    """An app that keeps two deadlines of ten working days."""

    name = "holder"

    def __init__(self) -> None:
        self.start = dt.date(NEXT - 1, 12, 28)
        self.deadline: Deadline | None = None
        self.since: list[dt.date] = []

    def resettle(self, *, actor: Actor, calendar: Calendar, since: dt.date) -> int:
        self.since.append(since)
        before, self.deadline = self.deadline, calendar.add_working_days(self.start, 10)
        return int(before != self.deadline)


@pytest.fixture
def holder(monkeypatch: pytest.MonkeyPatch) -> Holder:
    monkeypatch.setattr(contracts, "_holders", {})
    one = Holder()
    contracts.register_deadline_holder(one)
    return one


@pytest.fixture
def unannounced(register: None) -> None:
    """Nothing is known of next year, whatever a later package brings."""
    CalendarYear.objects.filter(year=NEXT).update(known_to=Division.now())


# --- divisions ---


def test_only_who_may_load_loads(db: None, keeper: Actor) -> None:
    for load in (actions.load_divisions, actions.load_calendar):
        with pytest.raises(NotAllowed, match=r"reference\.load"):
            load(actor=keeper)
        with pytest.raises(NotAllowed):
            load(actor=Actor.visitor())
    assert not policies.can_load(keeper)


def test_the_packaged_edition_stands_in_the_database_row_for_row(register: None) -> None:
    with gzip.open(actions.DATA / "divisions.csv.gz", "rt", encoding="utf-8") as file:
        assert Division.objects.current().count() == sum(1 for _ in file) - 1
    with gzip.open(actions.DATA / "successors.csv.gz", "rt", encoding="utf-8") as file:
        assert DivisionSuccessor.objects.count() == sum(1 for _ in file) - 1


def test_loading_again_changes_nothing_and_records_nothing(register: None, seeder: Actor) -> None:
    before = len(events("reference.divisions.loaded")), Division.objects.count()
    assert not actions.load_divisions(actor=seeder).changed
    assert actions.load_calendar(actor=seeder) == actions.CalendarLoaded((), ())
    assert (len(events("reference.divisions.loaded")), Division.objects.count()) == before


def test_a_corrected_edition_closes_and_appends_only_what_differs(
    register: None, seeder: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gzip.open(actions.DATA / "divisions.csv.gz", "rt", encoding="utf-8") as file:
        lines = file.read().replace(",光明区,", ",光明新区,").splitlines()
    gone = next(line for line in lines if line.startswith("441900003,"))
    lines.remove(gone)
    with gzip.open(tmp_path / "divisions.csv.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    shutil.copy(actions.DATA / "successors.csv.gz", tmp_path)
    monkeypatch.setattr(actions, "DATA", tmp_path)

    loaded = actions.load_divisions(actor=seeder)

    assert (loaded.appended, loaded.closed, loaded.linked, loaded.unlinked) == (1, 2, 0, 0)
    assert events("reference.divisions.loaded")[-1] == {"appended": 1, "closed": 2, "linked": 0, "unlinked": 0}
    assert selectors.place_name("440311") == "广东省 深圳市 光明新区"
    assert selectors.division("441900003") is None
    assert Division.objects.filter(code="441900003").exists()  # closed, not deleted
    assert Division.objects.filter(code="440311", known_to__isnull=False).get().name == "光明区"


# --- announcing a year ---


def test_only_who_may_announce_announces(register: None, seeder: Actor) -> None:
    for actor in (seeder, Actor.visitor()):
        with pytest.raises(NotAllowed, match=r"reference\.announce_year"):
            actions.announce_year(actor=actor, year=NEXT, days=notice(), source=NOTICE)
    assert not policies.can_announce_year(seeder)


def test_an_announced_year_settles_deadlines_at_once(unannounced: None, keeper: Actor, holder: Holder) -> None:
    assert not calendar.add_working_days(holder.start, 10).settled
    before = calendar.add_working_days(holder.start, 10)

    row = actions.announce_year(actor=keeper, year=NEXT, days=notice(), source=f" {NOTICE} ")

    assert (row.origin, row.source, row.known_to) == (Origin.OPERATOR, NOTICE, None)
    assert events("reference.year.announced")[-1] == {"year": NEXT, "days": 5}
    assert holder.deadline == calendar.add_working_days(holder.start, 10)
    assert holder.deadline.settled
    assert holder.deadline.date >= before.date
    assert holder.since == [dt.date(NEXT, 1, 1)]


def test_a_correction_is_a_new_row_and_counts_anew_from_the_first_day_that_differs(
    unannounced: None, keeper: Actor, holder: Holder
) -> None:
    actions.announce_year(actor=keeper, year=NEXT, days=notice(), source=NOTICE)
    more = CalendarDay(dt.date(NEXT, 1, 4), True, "延长")
    actions.announce_year(actor=keeper, year=NEXT, days=notice(NEXT, more), source="示例通知〔第2号〕")
    assert holder.since == [dt.date(NEXT, 1, 1), dt.date(NEXT, 1, 4)]
    assert CalendarYear.objects.current().filter(year=NEXT).count() == 1
    assert CalendarYear.objects.filter(year=NEXT, source=NOTICE, known_to__isnull=False).exists()
    assert not calendar.is_working_day(dt.date(NEXT, 1, 4))


def test_the_same_announcement_again_changes_nothing(unannounced: None, keeper: Actor, holder: Holder) -> None:
    first = actions.announce_year(actor=keeper, year=NEXT, days=notice(), source=NOTICE)
    again = actions.announce_year(actor=keeper, year=NEXT, days=notice()[::-1], source=NOTICE)
    assert first.pk == again.pk
    assert len(holder.since) == 1


def saturday(year: int) -> dt.date:
    return next(dt.date(year, 2, day) for day in range(1, 8) if dt.date(year, 2, day).weekday() == 5)


def test_a_make_up_day_and_the_end_of_december_before_are_accepted(unannounced: None, keeper: Actor) -> None:
    more = [
        CalendarDay(saturday(NEXT), False, "春节"),
        CalendarDay(dt.date(NEXT - 1, 12, 31), True, "元旦"),
    ]
    actions.announce_year(actor=keeper, year=NEXT, days=notice(NEXT, *more), source=NOTICE)
    assert calendar.is_working_day(saturday(NEXT))
    assert not calendar.is_working_day(dt.date(NEXT - 1, 12, 31))


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("reference.year_out_of_range", {"year": NEXT + 1, "days": notice(NEXT + 1)}),
        ("reference.year_out_of_range", {"year": 1999, "days": notice(1999)}),
        ("reference.source_missing", {"source": "  "}),
        ("reference.day_outside_year", {"days": notice(NEXT, CalendarDay(dt.date(NEXT + 1, 1, 1), True))}),
        ("reference.day_outside_year", {"days": notice(NEXT, CalendarDay(dt.date(NEXT - 1, 12, 20), True))}),
        ("reference.day_twice", {"days": notice(NEXT, CalendarDay(dt.date(NEXT, 1, 1), True))}),
        (
            "reference.make_up_not_weekend",
            {"days": notice(NEXT, CalendarDay(saturday(NEXT) - dt.timedelta(days=1), False))},
        ),
        ("reference.fixed_holiday_missing", {"days": notice()[1:]}),
        ("reference.fixed_holiday_missing", {"days": []}),
    ],
)
def test_a_notice_that_cannot_be_right_is_refused(
    unannounced: None, keeper: Actor, holder: Holder, code: str, change: dict[str, Any]
) -> None:
    given = {"year": NEXT, "days": notice(), "source": NOTICE, **change}
    with pytest.raises(RuleViolation) as caught:
        actions.announce_year(actor=keeper, **given)
    assert caught.value.code == code
    assert caught.value.field
    assert not CalendarYear.objects.current().filter(year=NEXT).exists()
    assert holder.since == []


def test_a_holder_that_fails_undoes_the_announcement(
    unannounced: None, keeper: Actor, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> int:
        raise RuntimeError("no deadline was counted")

    monkeypatch.setattr(holder, "resettle", fail)
    with pytest.raises(RuntimeError, match="no deadline"):
        actions.announce_year(actor=keeper, year=NEXT, days=notice(), source=NOTICE)
    assert not CalendarYear.objects.current().filter(year=NEXT).exists()


def test_the_package_never_overwrites_what_an_operator_entered(register: None, seeder: Actor, keeper: Actor) -> None:
    days, _source = actions.packaged_years()[2025]
    shorter = [day for day in days if day.date != dt.date(2025, 5, 5)]
    actions.announce_year(actor=keeper, year=2025, days=shorter, source=NOTICE)
    assert actions.load_calendar(actor=seeder) == actions.CalendarLoaded(written=(), kept=(2025,))
    assert calendar.is_working_day(dt.date(2025, 5, 5))


def test_the_package_corrects_an_older_package(register: None, seeder: Actor, holder: Holder) -> None:
    row = CalendarYear.objects.current().get(year=2025)
    CalendarYear.objects.filter(pk=row.pk).update(known_to=Division.now())
    CalendarYear.objects.create(
        year=2025, days=row.days[:-1], source="old", origin=Origin.PACKAGED, known_from=Division.now()
    )
    assert actions.load_calendar(actor=seeder).written == (2025,)
    assert holder.since == [dt.date.fromisoformat(row.days[-1]["date"])]
    assert CalendarYear.objects.current().get(year=2025).days == row.days


def test_two_holders_of_one_name_are_a_mistake(holder: Holder) -> None:
    contracts.register_deadline_holder(holder)
    with pytest.raises(ValueError, match="holder"):
        contracts.register_deadline_holder(Holder())
    assert contracts.deadline_holders() == (holder,)


# --- constraints of an announced year ---


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("reference_calendar_one_current", {}),
        ("reference_calendar_year", {"year": 1900}),
        ("reference_calendar_source", {"source": ""}),
        ("reference_calendar_origin", {"origin": "rumour"}),
        ("reference_calendar_known", {"known_to": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}),
    ],
)
def test_a_year_that_cannot_be_is_refused_by_the_database(db: None, constraint: str, wrong: dict[str, Any]) -> None:
    fine = {"year": 2199, "days": [], "source": NOTICE, "origin": Origin.OPERATOR, "known_from": Division.now()}
    CalendarYear.objects.create(**fine)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CalendarYear.objects.create(**{**fine, **wrong})


def test_an_announced_year_is_never_changed_or_deleted(register: None) -> None:
    row = CalendarYear.objects.current().get(year=2025)
    for statement in (
        "UPDATE reference_calendar_year SET days = '[]' WHERE id = %s",
        "DELETE FROM reference_calendar_year WHERE id = %s",
    ):
        with (
            pytest.raises(DatabaseError, match=r"append-only|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, [row.pk])
