"""A few facts and trees that no law knows, and random ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from gongzhi.rulebook.enums import Evidence, FactType, Unit
from gongzhi.rulebook.expressions import LARGEST_FACT, TODAY, Expression, Fact, Number, Whole, share
from gongzhi.rulebook.rules import Cite, Rule

HEADS = Fact("sample.heads", FactType.INTEGER, "heads", Unit.PERSON)
KIN = Fact("sample.kin", FactType.INTEGER, "kin", Unit.PERSON)
FUND = Fact("sample.fund", FactType.MONEY, "fund")
PAID = Fact("sample.paid", FactType.MONEY, "paid")
SINCE = Fact("sample.since", FactType.DATE, "since")
ENDED = Fact("sample.ended", FactType.DATE, "ended")
KIND = Fact("sample.kind", FactType.TEXT, "kind", choices=("a", "b", "c"))
LISTED = Fact("sample.listed", FactType.YES_NO, "listed")
FACTS = (HEADS, KIN, FUND, PAID, SINCE, ENDED, KIND, LISTED)

#: Numbers of the packaged edition, one of each unit that rules compare.
PEOPLE = Number("establishment.foundation.directors_min")
YUAN = Number("establishment.foundation.non_public_fund")
THIRD = Number("council.foundation.paid_directors")
PERCENT = Number("ratio.fundraising_cost_percent")
DAYS = Number("cancellation.foundation.application_days")
YEARS = Number("recognition.penalty_lookback_years")
MONTHS = Number("withdrawal.foundation.inactive_months")
NUMBERS = (PEOPLE, YUAN, THIRD, PERCENT, DAYS, YEARS, MONTHS)

#: The year with an announced calendar in the property tests; others are not announced.
YEAR = 2026


def rule(holds: Any, **others: Any) -> Rule:
    """A rule that says this about everything, unless told otherwise."""
    given = {
        "id": "sample.rule",
        "topic": "sample",
        "cites": (Cite("fdn_2004", "第一条", Evidence.READ),),
        "says": "It is so.",
        "applies": KIND.is_("a") | ~KIND.is_("a"),
        "holds": holds,
        "remedy": "Change it.",
        **others,
    }
    return Rule(**given)


SMALL = st.integers(-20, 20)
AMOUNTS = st.one_of(SMALL, st.integers(-LARGEST_FACT, LARGEST_FACT))
DATES = st.one_of(
    st.dates(dt.date(YEAR - 1, 11, 1), dt.date(YEAR + 1, 2, 28)),
    st.dates(dt.date(2020, 2, 1), dt.date(2020, 3, 2)),
    st.dates(),
)
VALUES: dict[FactType, st.SearchStrategy[Any]] = {
    FactType.INTEGER: AMOUNTS,
    FactType.MONEY: AMOUNTS,
    FactType.DATE: DATES,
    FactType.TEXT: st.sampled_from(["a", "b", "c", ""]),
    FactType.YES_NO: st.booleans(),
}


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Facts of one draft: each of its type, or None, or not there at all."""
    found: dict[str, Any] = {}
    for fact in FACTS:
        state = draw(st.sampled_from(["known", "known", "known", "none", "absent"]))
        if state == "known":
            found[fact.code] = draw(VALUES[fact.type])
        elif state == "none":
            found[fact.code] = None
    return found


@st.composite
def numbers(draw: st.DrawFn) -> dict[str, int]:
    """Amounts of the numbers; now and then one holds nowhere."""
    limits = {DAYS.code: 400, YEARS.code: 9000, MONTHS.code: 200_000}
    found = {number.code: draw(st.integers(0, limits.get(number.code, 10**16))) for number in NUMBERS}
    found |= {number.code: draw(st.integers(0, 40)) for number in NUMBERS if draw(st.booleans())}
    return {code: amount for code, amount in found.items() if draw(st.integers(0, 9))}


def _amounts(of_money: bool) -> st.SearchStrategy[Expression]:
    leaves = st.sampled_from([FUND, PAID] if of_money else [HEADS, KIN])
    pairs = st.tuples(leaves, leaves)
    return st.one_of(
        leaves,
        pairs.map(lambda two: two[0] + two[1]),
        pairs.map(lambda two: two[0] - two[1]),
        st.tuples(leaves, st.integers(-9, 9)).map(lambda two: two[0] * two[1]),
        leaves.map(lambda one: one * PEOPLE),
    )


def _compared(left: Expression, right: Expression, how: int) -> Expression:
    return [left >= right, left <= right, left > right, left < right, left.equals(right)][how]


_DAYS = st.one_of(
    st.sampled_from([SINCE, ENDED, TODAY]),
    st.sampled_from([SINCE, ENDED]).map(lambda day: day.later(YEARS)),
    st.sampled_from([SINCE, ENDED]).map(lambda day: day.later(MONTHS)),
)
_HOW = st.integers(0, 4)
_STATEMENTS = st.one_of(
    st.builds(_compared, _amounts(of_money=False), st.one_of(_amounts(of_money=False), st.just(PEOPLE)), _HOW),
    st.builds(_compared, _amounts(of_money=True), st.one_of(_amounts(of_money=True), st.just(YUAN)), _HOW),
    st.builds(_compared, _amounts(of_money=False), SMALL.map(Whole), _HOW),
    st.builds(_compared, _DAYS, _DAYS, _HOW),
    st.sampled_from([LISTED, KIND.is_("a"), KIND.among("a", "b")]),
    st.sampled_from([TODAY, ENDED]).map(lambda day: day.within(DAYS, of=SINCE)),
    st.builds(
        lambda part, whole, number, most: share(part, of=whole) <= number if most else share(part, of=whole) > number,
        st.sampled_from([HEADS, KIN, HEADS + KIN]),
        st.sampled_from([HEADS, KIN, HEADS - KIN]),
        st.sampled_from([THIRD, PERCENT]),
        st.booleans(),
    ),
)


def statements() -> st.SearchStrategy[Expression]:
    """Random trees that say something true or not."""
    return st.recursive(
        _STATEMENTS,
        lambda inner: st.one_of(
            st.builds(lambda left, right: left & right, inner, inner),
            st.builds(lambda left, right: left | right, inner, inner),
            inner.map(lambda one: ~one),
        ),
        max_leaves=6,
    )
