"""What a rule may say, and how the engine judges: four verdicts, one query, the text in force, advice or refusal."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from gongzhi.core.door import acting
from gongzhi.rulebook import actions, judging, rules
from gongzhi.rulebook.enums import Evidence, FactType, Verdict
from gongzhi.rulebook.expressions import TODAY, BadRule, Fact, Number, share
from gongzhi.rulebook.judging import BadFact, judge
from gongzhi.rulebook.rules import Cite, Rule
from gongzhi.rulebook.tests.conftest import PROCESS
from gongzhi.rulebook.tests.sample import (
    DAYS,
    FACTS,
    FUND,
    HEADS,
    KIN,
    KIND,
    LISTED,
    MONTHS,
    PAID,
    PEOPLE,
    PERCENT,
    SINCE,
    THIRD,
    YEARS,
    YUAN,
    rule,
)

ON = dt.date(2026, 6, 1)
SG = "SG-2016"


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rulebook with the sample's facts and no rules."""
    monkeypatch.setattr(rules, "_facts", {fact.code: fact for fact in FACTS})
    monkeypatch.setattr(rules, "_rules", {})


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def verdict(one: Rule, **facts: Any) -> judging.Finding:
    rules.register(one)
    known = {f"sample.{name}": value for name, value in facts.items()}
    (finding,) = judge([one.id], known, on=ON, path="44/4403/")
    return finding


# --- what the loader refuses ---


@pytest.mark.parametrize(
    "write",
    [
        lambda: FUND / PAID,
        lambda: FUND // 2,
        lambda: FUND % 2,
        lambda: 1 / FUND,
        lambda: FUND * 0.5 <= PAID,  # type: ignore[operator]
        lambda: FUND >= 0.1,  # type: ignore[operator]
        lambda: HEADS >= 5 and KIN <= 3,
        lambda: 1 < HEADS < 5,
        lambda: not LISTED,
        lambda: HEADS if LISTED else KIN,
        lambda: LISTED & pl.col("x"),  # type: ignore[operator]
        lambda: HEADS >= "5",  # type: ignore[operator]
    ],
)
def test_what_cannot_even_be_written(write: Callable[[], Any]) -> None:
    with pytest.raises(BadRule):
        write()


@pytest.mark.parametrize(
    ("holds", "word"),
    [
        (pl.col("sample.heads") > 5, "no part of a rule"),
        (pl.when(pl.col("x") > 5).then(1).otherwise(2), "no part of a rule"),
        (True, "no part of a rule"),
        (HEADS, "true or not"),
        (HEADS + KIN, "true or not"),
        (HEADS >= FUND, "money is compared with money"),
        (HEADS >= YUAN, "money is compared with money"),
        (HEADS + FUND >= PEOPLE, "money and a count"),
        (SINCE >= HEADS, "no day"),
        (KIND >= HEADS, "no amount"),
        (LISTED >= HEADS, "no amount"),
        (HEADS & LISTED, "only statements"),
        (~HEADS, "only a statement"),
        (HEADS.is_("a"), "no text"),
        (KIND.is_("z"), "never z"),
        (HEADS >= THIRD, "share"),
        (share(HEADS, of=KIN) <= PEOPLE, "not third or percent"),
        (share(HEADS, of=FUND) <= THIRD, "both money or both counts"),
        (TODAY.within(YEARS, of=SINCE), "not day"),
        (SINCE.later(DAYS) <= TODAY, "not year or month"),
        (HEADS * KIN >= PEOPLE, "multiplied by a Number"),
        (HEADS * PEOPLE * PEOPLE * PEOPLE >= PEOPLE, "too large"),
        (Number("no.such_number") <= HEADS, "no parameter"),
        (Number("annual_report.foundation.registry_deadline") <= HEADS, "no rule compares"),
        (Fact("sample.undeclared", FactType.YES_NO, "x"), "not declared"),
        (TODAY.later(YEARS) <= TODAY, "asks no fact"),
    ],
)
def test_a_rule_that_may_not_stand_is_refused(empty: None, holds: Any, word: str) -> None:
    with pytest.raises(BadRule, match=word):
        rules.register(rule(holds))
    assert not rules.rule_ids()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"id": "Rule"}, "words joined by dots"),
        ({"cites": ()}, "cites nothing"),
        ({"cites": (Cite("rumour", "", Evidence.READ),)}, "not listed"),
        ({"cites": (Cite("sg_2016", "第十条", Evidence.READ),)}, "names no rule set"),
        ({"rule_set": "XX-1999"}, "no rule set is called"),
        ({"rule_set": "DISCLOSURE-2018"}, "says which text"),
        ({"says": "At least %(many)s."}, "none of its numbers"),
        ({"says": "At least."}, "leaves directors_min out"),
        (
            {
                "applies": share(HEADS, of=KIN) <= THIRD,
                "holds": share(HEADS, of=KIN) <= Number("council.foundation.relatives_private"),
            },
            "leaves",
        ),
    ],
)
def test_a_rule_is_cited_and_says_its_numbers(empty: None, changes: dict[str, Any], word: str) -> None:
    with pytest.raises(BadRule, match=word):
        rules.register(rule(**{"holds": HEADS >= PEOPLE, "says": "At least %(directors_min)s.", **changes}))


def test_a_sound_rule_is_taken_and_the_same_id_twice_is_not(empty: None) -> None:
    sound = rule(HEADS >= PEOPLE, says="At least %(directors_min)s.")
    rules.register(sound)
    rules.register(sound)
    with pytest.raises(BadRule, match="two rules"):
        rules.register(rule(HEADS >= 1))
    assert rules.rule_ids() == {"sample.rule"}


def test_facts_have_one_meaning(empty: None) -> None:
    with pytest.raises(BadRule, match="two facts"):
        rules.declare(Fact("sample.heads", FactType.MONEY, "other"))
    with pytest.raises(BadRule, match="no code"):
        rules.declare(Fact("Heads", FactType.MONEY, "other"))


# --- judging ---


def test_the_four_verdicts(loaded: None, empty: None) -> None:
    one = rule(HEADS >= PEOPLE, applies=KIND.is_("a"), says="At least %(directors_min)s.")
    assert verdict(one, kind="a", heads=5).verdict == Verdict.HOLDS
    assert verdict(one, kind="a", heads=4).verdict == Verdict.BROKEN
    assert verdict(one, kind="b").verdict == Verdict.DOES_NOT_APPLY
    unknown = verdict(one, kind="a")
    assert (unknown.verdict, unknown.missing, unknown.missing_words) == (Verdict.UNKNOWN, ("sample.heads",), ("heads",))
    assert set(verdict(one, heads=3, kind="").missing) == {"sample.kind"}


def test_a_true_alternative_does_not_hide_a_missing_fact(loaded: None, empty: None) -> None:
    one = rule((HEADS >= 1) | (KIN >= 1))
    assert verdict(one, kind="a", heads=9).verdict == Verdict.UNKNOWN


def test_a_finding_says_what_was_compared_and_can_be_kept(loaded: None, empty: None) -> None:
    finding = verdict(
        rule(
            (FUND >= YUAN) & (share(KIN, of=HEADS) <= THIRD) & ~LISTED,
            says="%(non_public_fund)s %(paid_directors)s",
            hard=True,
        ),
        kind="a", fund=150_000_050, kin=4, heads=9, listed=False,
    )  # fmt: skip
    assert [str(one) for one in finding.compared] == [
        "fund 1,500,000.50 yuan ≥ 2,000,000 yuan",
        "kin 4 people / heads 9 people ≤ 1/3",
        "listed = no",
    ]
    assert [one.met for one in finding.compared] == [False, False, False]
    assert finding.says == "2,000,000 yuan 1/3"
    assert finding.refuses
    assert finding.headline == "Does not meet the rule"
    assert next(one.article for one in finding.cites) == "《基金会管理条例》第一条"
    kept = json.loads(json.dumps(finding.as_json()))
    assert kept["used"] == {
        "sample.kind": "a",
        "sample.fund": 150_000_050,
        "sample.kin": 4,
        "sample.heads": 9,
        "sample.listed": False,
    }


def test_a_number_that_was_only_drafted_makes_advice(loaded: None, empty: None) -> None:
    finding = verdict(
        rule(share(KIN, of=HEADS) <= PERCENT, says="%(fundraising_cost_percent)s", hard=True), kind="a", kin=2, heads=9
    )
    assert finding.is_broken
    assert finding.evidence == Evidence.DRAFT
    assert finding.is_unverified
    assert not finding.refuses
    assert finding.headline == "May not meet the rule; please check"


def test_an_article_that_was_not_read_makes_advice(loaded: None, empty: None) -> None:
    unread = (Cite("fdn_2004", "第二十条", Evidence.GENERAL),)
    finding = verdict(rule(HEADS >= PEOPLE, says="%(directors_min)s", hard=True, cites=unread), kind="a", heads=1)
    assert not finding.refuses


def test_a_rule_that_is_not_declared_hard_never_refuses(loaded: None, empty: None) -> None:
    assert not verdict(rule(HEADS >= PEOPLE, says="%(directors_min)s"), kind="a", heads=1).refuses


def test_a_place_may_set_another_number(loaded: None, empty: None) -> None:
    with acting(PROCESS):
        actions.amend_parameter(
            actor=PROCESS, code=PEOPLE.code, path="44/", value=Decimal(7), valid_from=dt.date(2026, 1, 1), article="《地方规定》",
            source="地方规定", evidence="S", reason="test",
        )  # fmt: skip
    one = rule(HEADS >= PEOPLE, says="At least %(directors_min)s.")
    finding = verdict(one, kind="a", heads=6)
    assert (finding.verdict, finding.says) == (Verdict.BROKEN, "At least 7 people.")
    assert finding.evidence == Evidence.SECONDARY
    assert "《地方规定》" in {cite.article for cite in finding.cites}
    before = judge([one.id], {"sample.kind": "a", "sample.heads": 6}, on=dt.date(2025, 12, 31), path="44/4403/")
    elsewhere = judge([one.id], {"sample.kind": "a", "sample.heads": 6}, on=ON, path="32/")
    assert [found.verdict for found in (*before, *elsewhere)] == [Verdict.HOLDS, Verdict.HOLDS]


def test_a_number_that_holds_nowhere_is_named(db: None, empty: None) -> None:
    one = rule(HEADS >= PEOPLE, says="At least %(directors_min)s.")
    rules.register(one)
    (finding,) = judge([one.id], {"sample.kind": "a", "sample.heads": 9}, on=dt.date(1990, 1, 1), path="")
    assert finding.verdict == Verdict.UNKNOWN
    assert PEOPLE.code in finding.note
    assert not finding.hard


def test_all_numbers_of_a_call_are_read_in_one_query(loaded: None, empty: None) -> None:
    ids = []
    for number, holds in enumerate(
        (HEADS >= PEOPLE, FUND >= YUAN, SINCE.later(YEARS) <= TODAY, SINCE.later(MONTHS) <= TODAY)
    ):
        one = rule(holds, id=f"sample.rule_{number}", says=" ".join(f"%({n.alias})s" for n in rule(holds).numbers))
        rules.register(one)
        ids.append(one.id)
    for asked in (ids[:1], ids):
        with CaptureQueriesContext(connection) as queries:
            judge(asked, {"sample.kind": "a", "sample.heads": 6, "sample.fund": 1}, on=ON, path="44/4403/440305/")
        assert len(queries) == 1
    rules.register(rule(TODAY.within(DAYS, of=SINCE), id="sample.days", says="%(application_days)s"))
    with CaptureQueriesContext(connection) as queries:
        judge([*ids, "sample.days"], {}, on=ON, path="")
    assert len(queries) == 2  # and the working-day calendar


@pytest.mark.parametrize(
    "facts",
    [
        {"no.such_fact": 1},
        {"sample.heads": "5"},
        {"sample.heads": 5.0},
        {"sample.heads": True},
        {"sample.fund": 10**16},
        {"sample.since": dt.datetime(2026, 1, 1)},
        {"sample.listed": 1},
        {"sample.kind": "z"},
    ],
)
def test_a_value_of_the_wrong_type_is_the_callers_mistake(db: None, empty: None, facts: dict[str, Any]) -> None:
    with pytest.raises(BadFact):
        judge([], facts, on=ON, path="")


def test_an_unknown_rule_is_the_callers_mistake(db: None, empty: None) -> None:
    with pytest.raises(LookupError, match="no rule is called"):
        judge(["sample.nothing"], {}, on=ON, path="")


# --- which text is in force ---

CITED = (Cite("sg_2016", "第十条", Evidence.READ),)


def switch(value: int) -> None:
    with acting(PROCESS):
        actions.amend_parameter(
            actor=PROCESS, code="rule_set.sg", path="44/", value=Decimal(value), valid_from=dt.date(2026, 4, 1), article="《新条例》",
            source="本机关核对", evidence="V", reason="已核对新文本",
        )  # fmt: skip


def test_the_text_in_force_decides_which_rule_is_judged(loaded: None, empty: None) -> None:
    old = rule(HEADS >= 50, cites=CITED, rule_set=SG, hard=True)
    new = rule(HEADS >= 30, cites=(Cite("fdn_2004", "第十条", Evidence.READ),), rule_set="SG-2026")
    rules.register(old, new)
    known = {"sample.kind": "a", "sample.heads": 40}
    switch(2026)
    places = {path: judge([old.id], known, on=ON, path=path)[0] for path in ("44/4403/", "32/", "")}
    assert {path: found.verdict for path, found in places.items()} == {
        "44/4403/": Verdict.HOLDS, "32/": Verdict.BROKEN, "": Verdict.BROKEN,
    }  # fmt: skip
    assert places["32/"].rule_set == SG
    assert not places["32/"].refuses
    assert places["32/"].warning
    assert judge([old.id], known, on=dt.date(2026, 3, 31), path="44/4403/")[0].rule_set == SG


def test_a_text_without_the_rule_says_so_instead_of_passing(loaded: None, empty: None) -> None:
    rules.register(rule(HEADS >= 50, cites=CITED, rule_set=SG))
    switch(2026)
    (finding,) = judge(["sample.rule"], {"sample.kind": "a", "sample.heads": 99}, on=ON, path="44/4403/")
    assert (finding.verdict, finding.rule_set) == (Verdict.UNKNOWN, "SG-2026")
    assert "SG-2026" in finding.note
    assert finding.warning
    assert not judging.stated(on=ON, path="44/4403/")
    assert [one.id for one in judging.stated(on=ON, path="")] == ["sample.rule"]


# --- the page ---


@pytest.mark.urls("gongzhi.rulebook.tests.urls")
def test_everybody_reads_the_rules_with_their_numbers(loaded: None) -> None:
    client = Client(headers={"accept-language": "en"})
    client.defaults["wsgi.url_scheme"] = "https"
    with CaptureQueriesContext(connection) as queries:
        text = client.get("/rules/").content.decode()
    assert "at least 5 people and at most 25 people as directors" in text
    assert "《基金会管理条例》第二十条" in text
    assert "条例已于2026年3月修订" in text or "amended in March 2026" in text
    assert "the rule does not apply until the place sets one" in text
    assert len([one for one in queries if "rulebook_parameter" in one["sql"]]) == 2
    there = client.get("/rules/?path=32/3210/").content.decode()
    assert "has at least 20 people as members" in there
    assert client.get("/rules/?path=nowhere").status_code == 404
