"""Every change of the reference data."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.reference import calendar, policies
from gongzhi.reference.calendar import FIXED_HOLIDAYS, SATURDAY, CalendarDay
from gongzhi.reference.contracts import deadline_holders
from gongzhi.reference.enums import ANNOUNCE_YEAR, ENTER_DIVISION, LOAD, LOCAL, Level, Origin
from gongzhi.reference.models import CalendarYear, Division

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "load_divisions": "A packaged edition is hashed with the release.",
    "load_calendar": "A packaged edition is hashed with the release.",
    "enter_division": "It is the operator's own note beside the published edition.",
    "announce_year": "It repeats a published notice.",
}


DATA = Path(__file__).parent / "data"
#: A notice for a year may pull in the last days of the December before, never more.
PULLED_IN = dt.timedelta(days=7)
FIRST_YEAR = 2000

STAGE = """
    CREATE TEMPORARY TABLE reference_stage_division (
      code text, name text, level smallint, parent text, path text, valid_from date, valid_to date, source text
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE reference_stage_successor (
      code text, ended_on date, to_code text, kind text
    ) ON COMMIT DROP
"""
COPY_DIVISIONS = "COPY reference_stage_division FROM STDIN WITH (FORMAT csv, HEADER true)"
COPY_SUCCESSORS = "COPY reference_stage_successor FROM STDIN WITH (FORMAT csv, HEADER true)"
CLOSE = """
    UPDATE reference_division AS d SET known_to = now()
    WHERE d.known_to IS NULL AND d.source <> 'local' AND NOT EXISTS (
      SELECT FROM reference_stage_division AS s
      WHERE s.code = d.code AND s.valid_from = d.valid_from
        AND (s.name, s.level, coalesce(s.parent, ''), s.path, s.source) = (d.name, d.level, d.parent, d.path, d.source)
        AND s.valid_to IS NOT DISTINCT FROM d.valid_to)
"""
APPEND = """
    INSERT INTO reference_division
      (code, name, level, parent, path, valid_from, valid_to, source, known_from)
    SELECT s.code, s.name, s.level, coalesce(s.parent, ''), s.path, s.valid_from, s.valid_to, s.source, now()
    FROM reference_stage_division AS s
    WHERE NOT EXISTS (
      SELECT FROM reference_division AS d
      WHERE d.known_to IS NULL AND d.code = s.code AND d.valid_from = s.valid_from)
"""
UNLINK = """
    DELETE FROM reference_division_successor AS d
    WHERE NOT EXISTS (
      SELECT FROM reference_stage_successor AS s
      WHERE (s.code, s.ended_on, s.to_code, s.kind) = (d.code, d.ended_on, d.to_code, d.kind))
"""
LINK = """
    INSERT INTO reference_division_successor (code, ended_on, to_code, kind)
    SELECT code, ended_on, to_code, kind FROM reference_stage_successor
    ON CONFLICT (code, ended_on, to_code) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class DivisionsLoaded:
    """How many rows a load appended, closed, linked and unlinked; all zero when the edition was there already."""

    appended: int
    closed: int
    linked: int
    unlinked: int

    @property
    def changed(self) -> bool:
        """Whether the load changed anything."""
        return bool(self.appended or self.closed or self.linked or self.unlinked)


@dataclass(frozen=True, slots=True)
class CalendarLoaded:
    """Which years a load wrote, and which it left because the operator's announcement differs from the package."""

    written: tuple[int, ...]
    kept: tuple[int, ...]


def _one_at_a_time() -> None:
    """Loads, entries and announcements wait for each other; released with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('gongzhi.reference'))")


def _stage(statement: str, file: str) -> None:
    """Copy a packaged file into a temporary table."""
    with connection.cursor() as cursor, gzip.open(DATA / file, "rb") as packed:
        with cursor.copy(statement) as copy:
            while chunk := packed.read(1 << 16):
                copy.write(chunk)


@transaction.atomic
def load_divisions(*, actor: Actor) -> DivisionsLoaded:
    """Make the register of divisions equal to the packaged edition. Safe to repeat; about a second when empty.

    Rows that the edition no longer holds are closed, never deleted; rows it corrects are closed and appended anew.
    """
    _one_at_a_time()
    if not policies.can_load(actor):
        raise NotAllowed(LOAD)
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
    _stage(COPY_DIVISIONS, "divisions.csv.gz")
    _stage(COPY_SUCCESSORS, "successors.csv.gz")
    counts = []
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reference_stage_division; ANALYZE reference_stage_successor")
        for statement in (CLOSE, APPEND, UNLINK, LINK):  # closing first: one current row a code and day
            cursor.execute(statement)
            counts.append(cursor.rowcount)
        cursor.execute("DROP TABLE reference_stage_division, reference_stage_successor")
    closed, appended, unlinked, linked = counts
    loaded = DivisionsLoaded(appended=appended, closed=closed, linked=linked, unlinked=unlinked)
    if loaded.changed:
        details = {"appended": appended, "closed": closed, "linked": linked, "unlinked": unlinked}
        audit.record(actor=actor, event="reference.divisions.loaded", details=details)
    return loaded


@transaction.atomic
def load_calendar(*, actor: Actor) -> CalendarLoaded:
    """Announce the packaged years that are not known yet, and correct those that an older package announced.

    What an operator entered is never overwritten: such a year is returned in `kept` when the package differs.
    """
    _one_at_a_time()
    if not policies.can_load(actor):
        raise NotAllowed(LOAD)
    written: list[int] = []
    kept: list[int] = []
    changed: list[dt.date] = []
    for year, (days, source) in packaged_years().items():
        known = CalendarYear.objects.current().filter(year=year).first()
        if known is not None and _same(known, days):
            continue
        if known is not None and known.origin == Origin.OPERATOR:
            kept.append(year)
            continue
        changed.append(_write(known, year, days, source, Origin.PACKAGED))
        written.append(year)
    if written:
        audit.record(actor=actor, event="reference.calendar.loaded", details={"years": written, "kept": kept})
        _resettle(actor, min(changed))
    return CalendarLoaded(tuple(written), tuple(kept))


@transaction.atomic
def announce_year(*, actor: Actor, year: int, days: Sequence[CalendarDay], source: str) -> CalendarYear:
    """Enter the State Council's notice for a year, or its correction, and count open deadlines anew.

    `days` names only what differs from the ordinary week: days of rest, and weekends on which people work. Refused
    are days outside the year (the last week of the December before is allowed), days named twice, make-up days that
    are no weekend, a notice without the fixed holidays, and a notice without source. The same announcement again
    changes nothing.
    """
    _one_at_a_time()
    if not policies.can_announce_year(actor):
        raise NotAllowed(ANNOUNCE_YEAR)
    source = source.strip()
    _check_announcement(year, days, source)
    known = CalendarYear.objects.current().filter(year=year).first()
    if known is not None and _same(known, days) and known.source == source:
        return known
    since = _write(known, year, days, source, Origin.OPERATOR)
    row = CalendarYear.objects.current().get(year=year)
    audit.record(actor=actor, event="reference.year.announced", subject=row, details={"year": year, "days": len(days)})
    _resettle(actor, since)
    return row


def packaged_years() -> dict[int, tuple[list[CalendarDay], str]]:
    """Year → (days that differ, source) of the package."""
    content: dict[int, dict[str, Any]] = yaml.safe_load((DATA / "holidays.yaml").read_text("utf-8"))
    years = {}
    for year, entry in content.items():
        days = [CalendarDay(day, True, name) for name, listed in entry["rest"].items() for day in listed]
        days += [CalendarDay(day, False, name) for name, listed in entry["work"].items() for day in listed]
        years[year] = (sorted(days, key=lambda day: day.date), " ".join(entry["papers"]))
    return years


def _check_announcement(year: int, days: Sequence[CalendarDay], source: str) -> None:
    """Raise `RuleViolation` for the first thing that cannot be right."""
    if not FIRST_YEAR <= year <= today().year + 1:
        raise RuleViolation(
            "reference.year_out_of_range", _("Holidays can be entered for past years, this year and the next."),
            field="year",
        )  # fmt: skip
    if not source:
        raise RuleViolation(
            "reference.source_missing", _("Name the notice: its number or its address."), field="source"
        )
    first = dt.date(year, 1, 1) - PULLED_IN
    seen: set[dt.date] = set()
    for day in days:
        if not first <= day.date <= dt.date(year, 12, 31):
            raise RuleViolation(
                "reference.day_outside_year",
                _("%(date)s is not in the year %(year)s.") % {"date": day.date.isoformat(), "year": year},
                field="days",
            )
        if day.date in seen:
            raise RuleViolation(
                "reference.day_twice", _("%(date)s is named twice.") % {"date": day.date.isoformat()}, field="days"
            )
        seen.add(day.date)
        if not day.rest and day.date.weekday() < SATURDAY:
            raise RuleViolation(
                "reference.make_up_not_weekend",
                _("%(date)s is no weekend, so it cannot be a make-up day.") % {"date": day.date.isoformat()},
                field="days",
            )
    resting = {(day.date.month, day.date.day) for day in days if day.rest and day.date.year == year}
    if not resting >= FIXED_HOLIDAYS:
        raise RuleViolation(
            "reference.fixed_holiday_missing",
            _("The notice must hold New Year's Day, 1 May and 1 to 3 October as days of rest."),
            field="days",
        )


def _same(known: CalendarYear, days: Sequence[CalendarDay]) -> bool:
    return {CalendarDay.from_json(day) for day in known.days} == set(days)


def _write(known: CalendarYear | None, year: int, days: Sequence[CalendarDay], source: str, origin: Origin) -> dt.date:
    """Close the known announcement, append the new one, and say from which day on the calendar is another."""
    ordered = sorted(days, key=lambda day: day.date)
    first = min([dt.date(year, 1, 1), *(day.date for day in ordered)])
    if known is not None:
        before = {CalendarDay.from_json(day) for day in known.days}
        first = min((day.date for day in before ^ set(ordered)), default=first)
        CalendarYear.objects.filter(pk=known.pk).update(known_to=Division.now())
    CalendarYear.objects.create(
        year=year, days=[day.as_json() for day in ordered], source=source, origin=origin, known_from=Division.now()
    )
    return first


def _resettle(actor: Actor, since: dt.date) -> None:
    """Let every app that keeps deadlines count them anew, in this transaction."""
    holders = deadline_holders()
    if not holders:
        return
    counted = calendar.load()
    for holder in holders:
        holder.resettle(actor=actor, calendar=counted, since=since)


@transaction.atomic
def enter_division(*, actor: Actor, code: str, name: str, parent: str) -> Division:
    """Enter a division that no published edition holds: a development zone with a registry, a place of a demonstration.

    `code` has six or nine digits, `parent` is the code of the division above (100000 for the nation). The same again is
    returned as it is. Raises `RuleViolation` for a code that an edition uses, and for an unknown parent.
    """
    _one_at_a_time()  # so that rows are seen in the order of their numbers: search looks at the newest only
    if not policies.can_enter_division(actor):
        raise NotAllowed(ENTER_DIVISION)
    name = name.strip()
    if not (code.isascii() and code.isdigit() and len(code) in {6, 9}):
        raise RuleViolation("reference.code_form", _("A division code has six or nine digits."), field="code")
    if not name:
        raise RuleViolation("reference.division_unnamed", _("Give the division's name."), field="name")
    found = Division.objects.in_use().filter(code=code).first()
    if found is not None:
        if (found.source, found.name, found.parent) == (LOCAL, name, parent):
            return found
        raise RuleViolation("reference.code_taken", _("This code already names a division."), field="code")
    above = Division.objects.in_use().filter(code=parent).first()
    if above is None:
        raise RuleViolation(
            "reference.parent_unknown", _("No division has the code given as the one above."), field="parent"
        )
    digits = next(code[:length] for length in (2, 4, 6, 9) if code[length:].strip("0") == "")
    path = f"{digits}/" if above.path == "/" else f"{above.path}{digits}/"
    level = Level.TOWNSHIP if len(code) == 9 else Level(len(digits) // 2)
    entered = Division.objects.create(
        code=code, name=name, level=level, parent=parent, path=path, valid_from=today(),
        known_from=Division.now(), source=LOCAL,
    )  # fmt: skip
    audit.record(actor=actor, event="reference.division.entered", subject=entered, details={"code": code})
    return entered
