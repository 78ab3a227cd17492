"""Many rows at once, as Polars columns: the same trees as `rulebook.evaluation`, the same answers.

Polars is loaded here and nowhere in a web process: on one row plain Python is a hundred times cheaper
(`docs/adr/0026`). Every fact has a column of its declared type even when all its values are missing, amounts are
counted in 128 bits, and a verdict is found from what is known, never by falling through to an otherwise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from gongzhi.reference.calendar import Calendar
from gongzhi.rulebook.enums import FactType, Unit, Verdict
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
    Kind,
    Later,
    Not,
    Number,
    Product,
    Share,
    Sum,
    Today,
    Whole,
    Within,
    facts_in,
)
from gongzhi.rulebook.rules import Rule

#: The column type of each kind of fact. Amounts widen to 128 bits before anything is multiplied.
TYPES: dict[FactType, type[pl.DataType]] = {
    FactType.INTEGER: pl.Int64,
    FactType.MONEY: pl.Int64,
    FactType.DATE: pl.Date,
    FactType.TEXT: pl.String,
    FactType.YES_NO: pl.Boolean,
}


def frame_of(rows: Sequence[Mapping[str, Any]], facts: Iterable[Fact]) -> pl.DataFrame:
    """Rows of facts as a typed frame: a column for every fact, also one that is missing in every row."""
    schema = {fact.code: TYPES[fact.type] for fact in facts}
    columns = {code: [None if row.get(code) == "" else row.get(code) for row in rows] for code in schema}
    return pl.DataFrame(columns, schema=schema, strict=True)


def verdicts(
    rules: Sequence[Rule],
    frame: pl.DataFrame,
    *,
    numbers: Mapping[str, int],
    on: dt.date,
    calendar: Calendar | None = None,
) -> pl.DataFrame:
    """One column of verdict codes for each rule, by its id. `numbers` are whole amounts by code (`amount_of`), the same
    for all rows: rows of different places are judged place by place. Rules of one text only."""
    holidays = calendar or Calendar()
    return frame.lazy().select(**{rule.id: verdict_column(rule, numbers, on, holidays) for rule in rules}).collect()


def verdict_column(rule: Rule, numbers: Mapping[str, int], on: dt.date, holidays: Calendar) -> pl.Expr:
    """The verdict of one rule as a column; stated like `judging.verdict_of`."""
    applies = column(rule.applies, numbers, on, holidays)
    if rule.local and any(number.code not in numbers for number in rule.numbers):
        return pl.lit(Verdict.DOES_NOT_APPLY.value)
    holds = column(rule.holds, numbers, on, holidays)
    known = pl.all_horizontal([pl.col(fact.code).is_not_null() for fact in facts_in(rule.holds)])
    sure = applies.fill_null(value=False) & known & holds.is_not_null()
    return (
        pl.when(applies.not_().fill_null(value=False))
        .then(pl.lit(Verdict.DOES_NOT_APPLY.value))
        .when(sure & holds)
        .then(pl.lit(Verdict.HOLDS.value))
        .when(sure & holds.not_())
        .then(pl.lit(Verdict.BROKEN.value))
        .otherwise(pl.lit(Verdict.UNKNOWN.value))
    )


def column(part: Expression, numbers: Mapping[str, int], on: dt.date, holidays: Calendar) -> pl.Expr:  # noqa: PLR0911, PLR0912
    """A part of a tree as a column: amounts as Int128, statements as Boolean, null wherever it cannot be told."""
    match part:
        case Fact():
            return pl.col(part.code).cast(pl.Int128) if part.kind in (Kind.COUNT, Kind.MONEY) else pl.col(part.code)
        case Number():
            return pl.lit(numbers.get(part.code), dtype=pl.Int128)
        case Whole():
            return pl.lit(part.value, dtype=pl.Int128)
        case Today():
            return pl.lit(on, dtype=pl.Date)
    inner = [column(one, numbers, on, holidays) for one in part.parts]
    match part:
        case Sum():
            return inner[0] + inner[1]
        case Difference():
            return inner[0] - inner[1]
        case Product():
            return inner[0] * inner[1]
        case Compare():
            return _boolean(COMPARISONS[part.relation](inner[0], inner[1]))
        case Among():
            return pl.when(inner[0].is_not_null()).then(inner[0].is_in(list(part.words)))
        case Share():
            told = COMPARISONS[part.relation](inner[0] * WHOLES[part.number.unit], inner[2] * inner[1])
            return pl.when(inner[1] > 0).then(told)
        case Both():
            return inner[0] & inner[1]
        case Either():
            return inner[0] | inner[1]
        case Not():
            return inner[0].not_()
        case Later():
            return _later(inner[0], numbers.get(part.number.code), part.number.unit)
        case Within():
            return _within(inner[0], inner[1], numbers.get(part.number.code), holidays)
    raise BadRule(f"{type(part).__name__} is no part of a rule")


def _boolean(told: Any) -> pl.Expr:
    """A comparison of Python's operators, which type checkers take for a bool."""
    assert isinstance(told, pl.Expr)  # noqa: S101
    return told


def _later(start: pl.Expr, number: int | None, unit: Unit) -> pl.Expr:
    """A day so many years or months later; a shorter month's last day. Null beyond the calendar of Python."""
    if number is None:
        return pl.lit(None, dtype=pl.Date)
    months = number * (12 if unit == Unit.YEAR else 1)
    last = dt.date.max.year * 12 + 11 - months
    fits = start.dt.year().cast(pl.Int64) * 12 + start.dt.month().cast(pl.Int64) - 1 <= last
    return pl.when(fits).then(start.dt.offset_by(f"{min(months, dt.date.max.year * 12)}mo"))


def _within(day: pl.Expr, start: pl.Expr, days: int | None, holidays: Calendar) -> pl.Expr:
    """Whether a day lies within a period; null where that depends on holidays not announced."""
    if days is None:
        return pl.lit(None, dtype=pl.Boolean)
    longest = (dt.date.max - dt.date.min).days
    last = pl.when(start <= pl.lit(dt.date.max) - pl.duration(days=min(days, longest))).then(
        start + pl.duration(days=min(days, longest))
    )
    ends = last.map_batches(
        lambda found: _ends(found, holidays), return_dtype=pl.Struct({"end": pl.Date, "settled": pl.Boolean})
    )
    end, settled = ends.struct.field("end"), ends.struct.field("settled")
    return pl.when(day <= end).then(pl.lit(value=True)).when(settled & (day > end)).then(pl.lit(value=False))


def _ends(last: pl.Series, holidays: Calendar) -> pl.Series:
    """The last days of periods, moved from days of rest: each different day is asked once."""
    moved = {day: holidays.not_on_rest(day) for day in last.unique().drop_nulls().to_list()}
    pairs = [
        {"end": moved[day].date, "settled": moved[day].settled} if day is not None else {"end": None, "settled": None}
        for day in last.to_list()
    ]
    return pl.Series(last.name, pairs, dtype=pl.Struct({"end": pl.Date, "settled": pl.Boolean}))
