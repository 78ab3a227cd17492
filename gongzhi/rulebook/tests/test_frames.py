"""One tree, two evaluations: Polars columns and plain Python say the same, whatever is missing."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhi.reference.calendar import Calendar, CalendarDay
from gongzhi.rulebook import frames
from gongzhi.rulebook.enums import Verdict
from gongzhi.rulebook.evaluation import Known, evaluate
from gongzhi.rulebook.expressions import LARGEST_FACT, TODAY, Expression, check_statement, facts_in, share
from gongzhi.rulebook.judging import verdict_of
from gongzhi.rulebook.tests.sample import (
    DATES,
    DAYS,
    FACTS,
    FUND,
    HEADS,
    KIN,
    KIND,
    LISTED,
    PEOPLE,
    PERCENT,
    SINCE,
    THIRD,
    YEAR,
    YEARS,
    YUAN,
    numbers,
    rows,
    rule,
    statements,
)

HOLIDAYS = Calendar.of(
    {
        YEAR: [CalendarDay(dt.date(YEAR, 2, day), rest=True) for day in range(16, 24)]
        + [CalendarDay(dt.date(YEAR, 2, 28), rest=False)]
    }
)


def in_polars(top: Expression, facts: list[dict[str, Any]], amounts: dict[str, int], on: dt.date) -> list[bool | None]:
    found = frames.frame_of(facts, FACTS).select(x=frames.column(top, amounts, on, HOLIDAYS))["x"].to_list()
    return found * len(facts) if len(found) == 1 else found


@settings(max_examples=400, deadline=None)
@given(statements(), st.lists(rows(), min_size=1, max_size=4), numbers(), DATES)
def test_a_random_statement_means_the_same_in_polars_and_in_python(
    top: Expression, facts: list[dict[str, Any]], amounts: dict[str, int], on: dt.date
) -> None:
    check_statement(top)
    plain = [evaluate(top, Known(one, amounts, on, HOLIDAYS)) for one in facts]
    assert in_polars(top, facts, amounts, on) == plain


@settings(max_examples=200, deadline=None)
@given(statements(), statements(), st.lists(rows(), min_size=1, max_size=4), numbers(), DATES, st.booleans())
def test_the_verdict_is_the_same_on_one_draft_and_in_a_frame(
    applies: Expression,
    holds: Expression,
    facts: list[dict[str, Any]],
    amounts: dict[str, int],
    on: dt.date,
    local: bool,
) -> None:
    one = rule(holds, applies=applies, local=local)
    plain = [verdict_of(one, Known(row, amounts, on, HOLIDAYS)) for row in facts]
    frame = frames.frame_of(facts, FACTS)
    told = frames.verdicts([one], frame, numbers=amounts, on=on, calendar=HOLIDAYS)[one.id].to_list()
    told = told * len(facts) if len(told) == 1 else told
    assert told == [verdict.value for verdict, _missing in plain]
    for row, (verdict, _missing) in zip(facts, plain, strict=True):
        if verdict in (Verdict.HOLDS, Verdict.BROKEN):
            assert all(row.get(fact.code) not in (None, "") for fact in facts_in(one.holds))


def test_the_comparison_could_fail() -> None:
    """A control: the falling through of when-otherwise, which the engine does not do, is seen."""
    facts: list[dict[str, Any]] = [{}]
    swallowed = pl.when(pl.col(HEADS.code) > 5).then(pl.lit(value=False)).otherwise(pl.lit(value=True))
    wrong = frames.frame_of(facts, FACTS).select(x=swallowed)["x"].to_list()
    assert wrong == [True]
    assert [evaluate(HEADS > 5, Known({}, {}, dt.date(YEAR, 1, 1)))] != wrong


def test_a_frame_is_typed_even_when_everything_is_missing() -> None:
    frame = frames.frame_of([{}, {}], FACTS)
    assert frame.schema == {
        HEADS.code: pl.Int64, KIN.code: pl.Int64, FUND.code: pl.Int64, "sample.paid": pl.Int64, SINCE.code: pl.Date,
        "sample.ended": pl.Date, KIND.code: pl.String, LISTED.code: pl.Boolean,
    }  # fmt: skip
    told = frames.verdicts([rule(HEADS >= PEOPLE)], frame, numbers={PEOPLE.code: 5}, on=dt.date(YEAR, 1, 1))
    assert told["sample.rule"].to_list() == ["unknown", "unknown"]


def test_a_text_in_a_column_of_numbers_is_refused() -> None:
    with pytest.raises(TypeError):
        frames.frame_of([{HEADS.code: "12"}], FACTS)


def test_the_largest_amounts_are_compared_exactly() -> None:
    amounts = {PERCENT.code: 10**16, THIRD.code: 1}
    row = {HEADS.code: LARGEST_FACT, KIN.code: LARGEST_FACT - 1}
    for top in (share(HEADS, of=KIN) <= PERCENT, share(KIN, of=HEADS) <= THIRD):
        assert in_polars(top, [row], amounts, dt.date(YEAR, 1, 1)) == [
            evaluate(top, Known(row, amounts, dt.date(YEAR, 1, 1)))
        ]


@pytest.mark.parametrize(
    ("top", "facts", "amounts"),
    [
        (share(KIN, of=HEADS) <= THIRD, {KIN.code: 0, HEADS.code: 0}, {THIRD.code: 1}),
        (TODAY.within(DAYS, of=SINCE), {SINCE.code: dt.date(YEAR + 1, 3, 1)}, {DAYS.code: 3}),
        (SINCE.later(YEARS) < TODAY, {SINCE.code: dt.date(9000, 1, 1)}, {YEARS.code: 1000}),
        (FUND >= YUAN, {FUND.code: 3}, {}),
    ],
)
def test_what_cannot_be_told_is_unknown_in_both(
    top: Expression, facts: dict[str, Any], amounts: dict[str, int]
) -> None:
    on = dt.date(YEAR + 1, 4, 1)
    assert evaluate(top, Known(facts, amounts, on, HOLIDAYS)) is None
    assert in_polars(top, [facts], amounts, on) == [None]


def test_judging_one_draft_does_not_load_polars() -> None:
    """A web process pays for Polars only where it writes files of the register."""
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'gongzhi.config.settings'; import django; django.setup();"
        "import gongzhi.rulebook.judging; print('polars' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
