"""Working days and deadlines (民法典 Art 201, 203; 行政许可法 Art 82; 行政处罚法 Art 85).

The day of the event is not counted. A period of working days ends on its last working day. A period of calendar days
whose last day is a day of rest ends on the first working day after. Days of rest are Saturdays, Sundays and the
holidays of the State Council's notice for the year; a make-up day (调休) is a working day.

The notice for a year appears in the autumn before. A deadline that reaches a year without one is not settled: its
date is then the earliest it can fall on, and it is counted anew when the year is announced. It never blocks anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gongzhi.reference.models import CalendarYear

ONE_DAY = dt.timedelta(days=1)
SATURDAY = 5
#: Holidays with a fixed date in every edition of 全国年节及纪念日放假办法 since 2008: rest even before the notice.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)})
#: No period of the law is longer; a larger number is a mistake of the caller.
LONGEST = 36_600


class NotAnnounced(LookupError):
    """The holidays of the year are not known, so nobody can say whether the day is a working day."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the holidays of {year} are not announced")
        self.year = year


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a period. Not settled: "not before `date`, to be fixed"."""

    date: dt.date
    settled: bool

    def is_over(self, on: dt.date) -> bool:
        """Whether the period has certainly ended before the day `on` began. Not settled is never over."""
        return self.settled and self.date < on


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that differs from the ordinary week: rest on it, or work on it although it is a weekend."""

    date: dt.date
    rest: bool
    name: str = ""

    def as_json(self) -> dict[str, Any]:
        """As `CalendarYear.days` stores it."""
        return {"date": self.date.isoformat(), "rest": self.rest, "name": self.name}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> CalendarDay:
        """The reverse of `as_json`."""
        return cls(dt.date.fromisoformat(stored["date"]), bool(stored["rest"]), str(stored.get("name", "")))


@dataclass(frozen=True)
class Calendar:
    """The announced years, pure: no database. Load one with `load()` and count as often as needed."""

    years: frozenset[int] = frozenset()
    special: Mapping[dt.date, CalendarDay] = field(default_factory=dict)

    @classmethod
    def of(cls, announced: Mapping[int, Iterable[CalendarDay]]) -> Calendar:
        """A calendar of year → days that differ. A later year's word about a December day wins."""
        special = {day.date: day for year in sorted(announced) for day in announced[year]}
        return cls(years=frozenset(announced), special=special)

    def is_working_day(self, day: dt.date) -> bool:
        """Whether offices work on this day. Raises `NotAnnounced` for a year without a notice."""
        known = self._known(day)
        if known is None:
            raise NotAnnounced(day.year)
        return known

    def holiday_name(self, day: dt.date) -> str:
        """The name of the holiday on a day of rest, else empty."""
        special = self.special.get(day)
        return special.name if special is not None and special.rest else ""

    def add_working_days(self, start: dt.date, count: int) -> Deadline:
        """The `count`-th working day after `start`; `start` itself is not counted.

        Zero is the day of the event itself. Negative or absurd numbers raise ValueError. In a year that is not
        announced every day but the fixed holidays is taken for a working day: only so "not before" is sure.
        """
        _check(count)
        day, settled = start, True
        left = count
        while left:
            day += ONE_DAY
            known = self._known(day)
            settled = settled and known is not None
            if known or (known is None and not _always_rest(day)):
                left -= 1
        return Deadline(day, settled)

    def add_calendar_days(self, start: dt.date, count: int) -> Deadline:
        """`count` days after `start`, moved to the next working day if that is a day of rest (Art 203)."""
        _check(count)
        return self.not_on_rest(start + count * ONE_DAY)

    def not_on_rest(self, last: dt.date) -> Deadline:
        """The last day of a period, moved from a day of rest to the first working day after it (Art 203)."""
        day = last
        while True:
            known = self._known(day)
            if known:
                return Deadline(day, True)
            if known is None and not _always_rest(day):
                return Deadline(day, False)
            day += ONE_DAY

    def _known(self, day: dt.date) -> bool | None:
        """Working day or not, or None where nobody knows."""
        special = self.special.get(day)
        if special is not None:
            return not special.rest
        if day.year not in self.years:
            return None
        return day.weekday() < SATURDAY


def _always_rest(day: dt.date) -> bool:
    return (day.month, day.day) in FIXED_HOLIDAYS


def _check(count: int) -> None:
    if not 0 <= count <= LONGEST:
        raise ValueError(f"a period has 0 to {LONGEST} days, not {count}")


def load() -> Calendar:
    """The calendar as announced now: one query, no cache, so that an announcement counts everywhere at once."""
    rows = CalendarYear.objects.current().values_list("year", "days")
    return Calendar.of({year: [CalendarDay.from_json(day) for day in days] for year, days in rows})


def is_working_day(day: dt.date) -> bool:
    """`Calendar.is_working_day` of the calendar as announced now. One query."""
    return load().is_working_day(day)


def add_working_days(start: dt.date, count: int) -> Deadline:
    """`Calendar.add_working_days` of the calendar as announced now. One query."""
    return load().add_working_days(start, count)


def add_calendar_days(start: dt.date, count: int) -> Deadline:
    """`Calendar.add_calendar_days` of the calendar as announced now. One query."""
    return load().add_calendar_days(start, count)
