"""Time limits of a case: a number of the rulebook, counted in its unit, leaving out the days in which it stood still.

The day of the event is not counted. From the day after something was sent back until the day it came in again no limit
runs; nor during an announcement.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from gongzhi.cases.enums import ClockKind, State
from gongzhi.cases.models import Case, Clock, Pause, wall_columns
from gongzhi.core.actor import Actor
from gongzhi.core.times import local, today
from gongzhi.reference import calendar
from gongzhi.reference.calendar import Calendar, Deadline
from gongzhi.rulebook import selectors as rulebook
from gongzhi.rulebook.enums import Unit

#: Which clock counts while the office has it: the promise where there is one, else the law.
RUNNING = (ClockKind.ACCEPT, ClockKind.PROMISED, ClockKind.DECIDE)


@dataclass(frozen=True, slots=True)
class Stillness:
    """Days no limit runs: after `from_on` until `until_on`, that day included; without an end, for good so far."""

    from_on: dt.date
    until_on: dt.date | None

    def covers(self, day: dt.date) -> bool:
        """Whether a day is left out."""
        return day > self.from_on and (self.until_on is None or day <= self.until_on)


def last_day(
    days: Calendar, *, start: dt.date, count: int, unit: str, still: Sequence[Stillness] = ()
) -> Deadline | None:
    """The last day of a limit; None while it stands still without an end."""
    if any(one.until_on is None for one in still):
        return None
    if unit == Unit.WORKING_DAY:
        day, settled, left = start, True, count
        while left:
            following = days.add_working_days(day, 1)
            day, settled = following.date, settled and following.settled
            left -= not any(one.covers(day) for one in still)
        return Deadline(day, settled)
    day, left = start, count
    while left:
        day += calendar.ONE_DAY
        left -= not any(one.covers(day) for one in still)
    return days.not_on_rest(day)


def start_clock(
    *, actor: Actor, case: Case, kind: ClockKind, parameter: str | None, on: dt.date | None = None
) -> Clock | None:
    """Let a limit run from a day on, with the number that holds for the office's division that day. None without one."""
    if parameter is None:
        return None
    day = on or today()
    stated = rulebook.parameter(parameter, path=case.path, on=day)
    return Clock.objects.create(
        **wall_columns(case),
        path=case.path,
        kind=kind,
        unit=stated.unit,
        days=int(stated.number),
        parameter=parameter,
        started_on=day,
    )


def stop_clocks(case: Case, *kinds: ClockKind) -> None:
    """These limits run no more."""
    Clock.objects.filter(case=case, kind__in=kinds, stopped_on=None).update(stopped_on=today())


def pause(case: Case, reason: str) -> None:
    """No limit of the office runs from now on."""
    Pause.objects.create(**wall_columns(case), path=case.path, from_on=today(), reason=reason)


def resume(case: Case) -> None:
    """Limits run again."""
    Pause.objects.filter(case=case, until_on=None).update(until_on=today())


@dataclass(frozen=True)
class Limit:
    """One running limit and its last day; no day while it stands still."""

    clock: Clock
    due: Deadline | None


def limits_of(case: Case, *, days: Calendar | None = None) -> list[Limit]:
    """The limits of a case that run, each with its last day. Three queries."""
    days = days or calendar.load()
    still = [Stillness(one.from_on, one.until_on) for one in Pause.objects.filter(case=case)]
    found = []
    for clock in Clock.objects.filter(case=case, stopped_on=None).order_by("pk"):
        kept = [] if clock.kind in {ClockKind.CORRECT, ClockKind.PUBLICITY} else still
        due = last_day(days, start=clock.started_on, count=clock.days, unit=clock.unit, still=kept)
        found.append(Limit(clock, due))
    return found


def days_used(days: Calendar, *, start: dt.date, until: dt.date, still: Sequence[Stillness] = ()) -> int:
    """Working days an office had something: after `start` until `until`, that day included, without those it stood still."""
    count, day = 0, start
    while day < until:
        day += calendar.ONE_DAY
        count += days.is_working_day(day) and not any(one.covers(day) for one in still)
    return count


def measure(case: Case) -> None:
    """Write down what figures need when an office ends a case: before its limits are stopped. A draft has none."""
    if case.submitted_at is None:
        return
    days, now = calendar.load(), timezone.now()
    still = [Stillness(one.from_on, one.until_on) for one in Pause.objects.filter(case=case)]
    limits = {one.clock.kind: one.due for one in limits_of(case, days=days)}
    due = next((limits[kind] for kind in RUNNING if limits.get(kind) is not None), None)
    decided = case.state in {State.APPROVED, State.REFUSED, State.NOT_ACCEPTED}
    case.closed_at = now
    case.days_used = days_used(days, start=local(case.submitted_at).date(), until=today(), still=still)
    case.was_on_time = not due.is_over(today()) if decided and due is not None else None
    case.save(update_fields=["closed_at", "days_used", "was_on_time"])


def set_due(case: Case, *, days: Calendar | None = None) -> None:
    """Copy the day by which whoever has the case must act; none while nothing runs."""
    limits = {one.clock.kind: one.due for one in limits_of(case, days=days)}
    order = (ClockKind.CORRECT, ClockKind.PUBLICITY, *RUNNING)
    due = next((limits[kind] for kind in order if limits.get(kind) is not None), None)
    case.due_on = due.date if due else None
    case.due_settled = due.settled if due else True
    case.save(update_fields=["due_on", "due_settled"])
