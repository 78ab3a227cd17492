"""One draft, in plain Python: what a tree yields for the facts that are known. None wherever it cannot be told.

Missing values go their own way: nothing compared with a missing value is true or false. `Both` and `Either` know only
what is certain: false and missing is false, true or missing is true.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gongzhi.reference.calendar import Calendar
from gongzhi.rulebook.enums import Unit
from gongzhi.rulebook.expressions import (
    COMPARISONS,
    WHOLES,
    Among,
    BadRule,
    Both,
    Compare,
    Difference,
    Either,
    Expression,
    Fact,
    Later,
    Not,
    Number,
    Product,
    Share,
    Sum,
    Today,
    Whole,
    Within,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What one evaluation knows: facts by code (None or absent is missing), numbers as whole amounts by code, the day."""

    facts: Mapping[str, Any]
    numbers: Mapping[str, int]
    on: dt.date
    calendar: Calendar = field(default_factory=Calendar)


def evaluate(part: Expression, known: Known) -> Any:  # noqa: PLR0911, PLR0912  # one branch for each node, nothing else
    """The value of a part: whole number, day, text, true or false, or None when it cannot be told."""
    match part:
        case Fact():
            value = known.facts.get(part.code)
            return None if value == "" else value
        case Number():
            return known.numbers.get(part.code)
        case Whole():
            return part.value
        case Today():
            return known.on
        case Among():
            word = evaluate(part.fact, known)
            return None if word is None else word in part.words
        case Not():
            said = evaluate(part.part, known)
            return None if said is None else not said
        case Both():
            said_both = (evaluate(part.left, known), evaluate(part.right, known))
            return False if False in said_both else None if None in said_both else True
        case Either():
            said_either = (evaluate(part.left, known), evaluate(part.right, known))
            return True if True in said_either else None if None in said_either else False
    values = [evaluate(one, known) for one in part.parts]
    if None in values:
        return None
    match part:
        case Sum():
            return values[0] + values[1]
        case Difference():
            return values[0] - values[1]
        case Product():
            return values[0] * values[1]
        case Compare():
            return COMPARISONS[part.relation](values[0], values[1])
        case Later():
            return later(values[0], values[1], part.number.unit)
        case Share():
            if values[1] <= 0:
                return None
            return COMPARISONS[part.relation](values[0] * WHOLES[part.number.unit], values[2] * values[1])
        case Within():
            return within(values[0], values[1], values[2], known.calendar)
    raise BadRule(f"{type(part).__name__} is no part of a rule")


def later(start: dt.date, number: int, unit: Unit) -> dt.date | None:
    """The day so many years or months later; where the month is shorter, its last day. None beyond the calendar."""
    month = start.year * 12 + start.month - 1 + number * (12 if unit == Unit.YEAR else 1)
    year = month // 12
    if year > dt.MAXYEAR:
        return None
    return dt.date(year, month % 12 + 1, min(start.day, calendar.monthrange(year, month % 12 + 1)[1]))


def within(day: dt.date, start: dt.date, days: int, holidays: Calendar) -> bool | None:
    """Whether a day lies within a period of calendar days; None where it depends on holidays not announced."""
    try:
        last = start + dt.timedelta(days=days)
    except OverflowError:
        return None
    end, settled = period_end(last, holidays)
    if day <= end:
        return True
    return False if settled else None


def period_end(last: dt.date, holidays: Calendar) -> tuple[dt.date, bool]:
    """The last day of a period moved from a day of rest, and whether that is settled."""
    deadline = holidays.not_on_rest(last)
    return deadline.date, deadline.settled
