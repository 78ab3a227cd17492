"""Every rule at each of its edges, and without each of its facts."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gongzhi.core.door import acting
from gongzhi.reference.calendar import Calendar
from gongzhi.registry import facts
from gongzhi.registry.rules import RULES
from gongzhi.rulebook import rules as rulebook
from gongzhi.rulebook.enums import TO_BE_VERIFIED, Evidence, Verdict
from gongzhi.rulebook.expressions import Fact, Whole, facts_in, walk
from gongzhi.rulebook.judging import Finding, judge
from gongzhi.rulebook.rules import Rule
from gongzhi.rulebook.tests.conftest import PROCESS

PACKAGE = Path(__file__).parents[2]
BROKEN, HOLDS, NOT, UNKNOWN = Verdict.BROKEN, Verdict.HOLDS, Verdict.DOES_NOT_APPLY, Verdict.UNKNOWN
ON = dt.date(2026, 4, 1)
YANGZHOU = "32/3210/"
WAN = 10_000 * 100  # ten thousand yuan in fen

Situation = tuple[dict[Fact, Any], Verdict]


def day(month: int, of_month: int, year: int = 2026) -> dt.date:
    return dt.date(year, month, of_month)


def around(fact: Fact, edge: int, *, least: bool, step: int = 1) -> list[Situation]:
    """Just under, at and just over an edge; the edge itself fits."""
    under, over = (BROKEN, HOLDS) if least else (HOLDS, BROKEN)
    return [({fact: edge - step}, under), ({fact: edge}, HOLDS), ({fact: edge + step}, over)]


def shares(part: Fact, whole: Fact, pairs: dict[tuple[int, int], Verdict]) -> list[Situation]:
    return [({part: left, whole: right}, verdict) for (left, right), verdict in pairs.items()]


def third_at_most(part: Fact, whole: Fact) -> list[Situation]:
    return shares(part, whole, {(2, 9): HOLDS, (3, 9): HOLDS, (4, 9): BROKEN, (0, 9): HOLDS, (0, 0): UNKNOWN})


def two_thirds_at_least(part: Fact, whole: Fact) -> list[Situation]:
    return shares(part, whole, {(5, 9): BROKEN, (6, 9): HOLDS, (7, 9): HOLDS, (0, 0): UNKNOWN})


def in_time(fact: Fact, days: int) -> list[Situation]:
    """A period that ends on the day judged for, one day later, one day earlier."""
    return [
        ({fact: ON - dt.timedelta(days=days - 1)}, HOLDS),
        ({fact: ON - dt.timedelta(days=days)}, HOLDS),
        ({fact: ON - dt.timedelta(days=days + 1)}, BROKEN),
    ]


SG = {facts.KIND: "social_group"}
PNE = {facts.KIND: "service"}
FDN = {facts.KIND: "foundation"}
WITH_AUTHORITY = {facts.HAS_BUSINESS_AUTHORITY: True}
IND, UNI = facts.INDIVIDUAL_MEMBERS, facts.UNIT_MEMBERS

#: Rule → facts that stay, and what is put beside them with the verdict.
CASES: dict[str, tuple[dict[Fact, Any], list[Situation]]] = {
    "social_group.members": (
        SG,
        [
            ({IND: 49, UNI: 0}, BROKEN),
            ({IND: 50, UNI: 0}, HOLDS),
            ({IND: 51, UNI: 0}, HOLDS),
            ({IND: 0, UNI: 29}, BROKEN),
            ({IND: 0, UNI: 30}, HOLDS),
            ({IND: 0, UNI: 31}, HOLDS),
            ({IND: 20, UNI: 29}, BROKEN),
            ({IND: 20, UNI: 30}, HOLDS),
            ({IND: 20, UNI: 31}, HOLDS),
            ({IND: 0, UNI: 0}, BROKEN),
        ],
    ),
    "social_group.national_funds": (
        SG | {facts.LEVEL: "national"},
        [*around(facts.ACTIVITY_FUNDS, 10 * WAN, least=True), ({facts.LEVEL: "city", facts.ACTIVITY_FUNDS: 1}, NOT)],
    ),
    "social_group.local_funds": (
        SG | {facts.LEVEL: "county"},
        [*around(facts.ACTIVITY_FUNDS, 3 * WAN, least=True), ({facts.LEVEL: "national", facts.ACTIVITY_FUNDS: 1}, NOT)],
    ),
    "social_group.legal_representative": (SG, [({facts.OTHER_SOCIAL_GROUPS: n}, HOLDS if n == 0 else BROKEN) for n in (0, 1, 2)]),
    "social_group.change_in_time": (SG | WITH_AUTHORITY, in_time(facts.CONSENT_ON, 30)),
    "social_group.charter_in_time": (SG | WITH_AUTHORITY, in_time(facts.CHARTER_CONSENT_ON, 30)),
    "social_group.cancellation_in_time": (SG, in_time(facts.LIQUIDATED_ON, 15)),
    "social_group.charter_quorum": (SG, two_thirds_at_least(facts.CONGRESS_PRESENT, facts.CONGRESS_MEMBERS)),
    "social_group.charter_vote": (SG, two_thirds_at_least(facts.CONGRESS_IN_FAVOUR, facts.CONGRESS_PRESENT)),
    "social_group.council_share": (SG, third_at_most(facts.COUNCIL_MEMBERS, facts.CONGRESS_MEMBERS)),
    "social_group.term": (SG, around(facts.SOCIAL_GROUP_TERM, 5, least=False)),
    "community_group.members": ({}, around(facts.COMMUNITY_MEMBERS, 20, least=True)),
    "online_group.filed": (
        {},
        [
            ({facts.ONLINE_MEMBERS: people, facts.ONLINE_ACTIVITIES: times, facts.ONLINE_MONEY: fen, facts.ONLINE_FILED: filed}, verdict)
            for people, times, fen, filed, verdict in (
                (499, 5, 5 * WAN - 1, False, NOT),
                (500, 5, 5 * WAN - 1, False, BROKEN),
                (501, 5, 5 * WAN - 1, True, HOLDS),
                (499, 6, 5 * WAN - 1, False, BROKEN),
                (499, 7, 5 * WAN - 1, True, HOLDS),
                (499, 5, 5 * WAN, False, BROKEN),
                (499, 5, 5 * WAN + 1, True, HOLDS),
            )
        ],
    ),
    "service.change_in_time": (PNE | WITH_AUTHORITY, in_time(facts.CONSENT_ON, 30)),
    "service.charter_in_time": (PNE | WITH_AUTHORITY, in_time(facts.CHARTER_CONSENT_ON, 30)),
    "service.cancellation_in_time": (PNE, in_time(facts.LIQUIDATED_ON, 15)),
    "service.no_branches": (PNE, [({facts.BRANCHES: 0}, HOLDS), ({facts.BRANCHES: 1}, BROKEN), ({facts.BRANCHES: 2}, BROKEN)]),
    "foundation.national_public_fund": (
        FDN | {facts.IS_PUBLIC: True, facts.LEVEL: "national"},
        [*around(facts.ORIGINAL_FUND, 800 * WAN, least=True), ({facts.LEVEL: "city", facts.ORIGINAL_FUND: 1}, NOT)],
    ),
    "foundation.local_public_fund": (
        FDN | {facts.IS_PUBLIC: True, facts.LEVEL: "province"}, around(facts.ORIGINAL_FUND, 400 * WAN, least=True)
    ),
    "foundation.non_public_fund": (FDN | {facts.IS_PUBLIC: False}, around(facts.ORIGINAL_FUND, 200 * WAN, least=True)),
    "foundation.ministry_fund": (
        FDN | {facts.IS_PUBLIC: False, facts.LEVEL: "national", facts.OVERSEAS_REPRESENTATIVE: False},
        [
            ({facts.ORIGINAL_FUND: 2000 * WAN - 1}, BROKEN),
            ({facts.ORIGINAL_FUND: 2000 * WAN}, BROKEN),
            ({facts.ORIGINAL_FUND: 2000 * WAN + 1}, HOLDS),
            ({facts.ORIGINAL_FUND: 1, facts.OVERSEAS_REPRESENTATIVE: True}, NOT),
        ],
    ),
    "foundation.paid_in": (FDN | {facts.ORIGINAL_FUND: 200 * WAN}, around(facts.PAID_IN, 200 * WAN, least=True)),
    "foundation.directors": (FDN, [*around(facts.DIRECTORS, 5, least=True), *around(facts.DIRECTORS, 25, least=False)]),
    "foundation.director_term": (FDN, around(facts.TERM_YEARS, 5, least=False)),
    "foundation.relatives_private": (
        FDN | {facts.IS_PUBLIC: False, facts.PRIVATELY_FUNDED: True},
        third_at_most(facts.RELATED_DIRECTORS, facts.DIRECTORS),
    ),
    "foundation.relatives_other": (
        FDN | {facts.IS_PUBLIC: False, facts.PRIVATELY_FUNDED: False},
        [
            ({facts.RELATED_DIRECTORS: 0}, HOLDS),
            ({facts.RELATED_DIRECTORS: 1}, BROKEN),
            ({facts.RELATED_DIRECTORS: 2}, BROKEN),
            ({facts.RELATED_DIRECTORS: 2, facts.PRIVATELY_FUNDED: True}, NOT),
            ({facts.RELATED_DIRECTORS: 2, facts.IS_PUBLIC: True, facts.PRIVATELY_FUNDED: True}, BROKEN),
        ],
    ),
    "foundation.paid_directors": (FDN, third_at_most(facts.PAID_DIRECTORS, facts.DIRECTORS)),
    "foundation.legal_representative": (FDN, [({facts.OTHER_POSTS: n}, HOLDS if n == 0 else BROKEN) for n in (0, 1, 2)]),
    "foundation.quorum": (FDN, two_thirds_at_least(facts.DIRECTORS_PRESENT, facts.DIRECTORS)),
    "foundation.major_decision": (FDN, two_thirds_at_least(facts.DIRECTORS_IN_FAVOUR, facts.DIRECTORS_PRESENT)),
    "foundation.cancellation_in_time": (FDN, in_time(facts.LIQUIDATED_ON, 15)),
    "recognition.no_penalty": (
        {facts.HAS_PENALTY: True},
        [
            ({facts.LAST_PENALTY_ON: day(4, 2, 2024)}, BROKEN),
            ({facts.LAST_PENALTY_ON: day(4, 1, 2024)}, BROKEN),
            ({facts.LAST_PENALTY_ON: day(3, 31, 2024)}, HOLDS),
            ({facts.HAS_PENALTY: False}, NOT),
        ],
    ),
    "recognition.not_listed": (FDN, [({facts.ON_LIST: False}, HOLDS), ({facts.ON_LIST: True}, BROKEN)]),
    "fundraising.waiting": (
        FDN,
        [
            ({facts.CHARITY_SINCE: day(4, 2, 2025)}, BROKEN),
            ({facts.CHARITY_SINCE: day(4, 1, 2025)}, HOLDS),
            ({facts.CHARITY_SINCE: day(3, 31, 2025)}, HOLDS),
        ],
    ),
    "fundraising.supervisors": (
        {facts.LEVEL: "province"},
        [*around(facts.SUPERVISORS, 3, least=True), ({facts.LEVEL: "city", facts.SUPERVISORS: 0}, NOT)],
    ),
    "fundraising.related_directors": ({}, third_at_most(facts.DIRECTORS_OF_ONE_BODY, facts.DIRECTORS)[:4]),
    "fundraising.overseas_directors": ({}, third_at_most(facts.OVERSEAS_DIRECTORS, facts.DIRECTORS)[:4]),
    "fundraising.chair": (FDN, [({facts.CHAIR_IS_SECRETARY: False}, HOLDS), ({facts.CHAIR_IS_SECRETARY: True}, BROKEN)]),
}  # fmt: skip


def situations() -> Iterator[tuple[str, dict[Fact, Any], Verdict]]:
    for rule_id, (stays, found) in CASES.items():
        for changes, verdict in found:
            yield rule_id, stays | changes, verdict


@pytest.fixture(autouse=True)
def numbers(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packaged numbers, and a year without holidays."""
    from gongzhi.rulebook import actions

    with acting(PROCESS):
        actions.load_parameters(actor=PROCESS)
    plain = Calendar.of({year: [] for year in (2024, 2025, 2026, 2027)})
    monkeypatch.setattr("gongzhi.rulebook.judging.calendar.load", lambda: plain)


def found(rule_id: str, known: Mapping[Fact, Any], *, on: dt.date = ON, path: str = YANGZHOU) -> Finding:
    (finding,) = judge([rule_id], {fact.code: value for fact, value in known.items()}, on=on, path=path)
    return finding


def rule_of(rule_id: str) -> Rule:
    return rulebook.of_id(rule_id)[0]


def test_every_rule_has_its_edges() -> None:
    assert set(CASES) == rulebook.rule_ids() == {rule.id for rule in RULES}
    assert len(CASES) >= 15
    for rule_id, (_stays, tried) in CASES.items():
        verdicts = {verdict for _changes, verdict in tried}
        assert {HOLDS, BROKEN} <= verdicts, rule_id


@pytest.mark.parametrize("rule_id", CASES)
def test_a_rule_at_each_of_its_edges(rule_id: str) -> None:
    stays, tried = CASES[rule_id]
    for changes, verdict in tried:
        assert found(rule_id, stays | changes).verdict == verdict, changes


@pytest.mark.parametrize("rule_id", CASES)
def test_without_any_of_its_facts_a_rule_is_unknown_and_names_it(rule_id: str) -> None:
    rule = rule_of(rule_id)
    asked = set(facts_in(rule.holds))
    named = set()
    for one, known, before in situations():
        if one != rule_id:
            continue
        for fact in rule.facts:
            left = {other: value for other, value in known.items() if other is not fact}
            for missing in (left, left | {fact: None}):
                finding = found(rule_id, missing)
                if fact in asked and before in (HOLDS, BROKEN):
                    assert finding.verdict == UNKNOWN, (fact.code, known)
                assert finding.verdict in (UNKNOWN, before), (fact.code, known)
                assert finding.compared == () or finding.verdict in (HOLDS, BROKEN)
                if finding.verdict == UNKNOWN and fact.code in finding.missing:
                    named.add(fact)
    assert named == set(rule.facts)


@pytest.mark.parametrize("rule_id", CASES)
def test_without_any_facts_nothing_is_said(rule_id: str) -> None:
    assert found(rule_id, {}).verdict == UNKNOWN


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_only_what_was_read_may_refuse(rule: Rule) -> None:
    for one, known, verdict in situations():
        if one == rule.id and verdict == BROKEN:
            finding = found(rule.id, known)
            assert finding.hard == (rule.hard and rule.rule_set != "SG-2016")
            assert not (finding.hard and (finding.warning or finding.evidence in TO_BE_VERIFIED))
            assert bool(finding.warning) == (rule.rule_set == "SG-2016")
            assert finding.cites
            assert "%(" not in finding.says
            assert "—" not in finding.says
            assert finding.compared


def test_social_groups_carry_the_line_about_the_new_text() -> None:
    from django.utils import translation

    with translation.override("zh-hans"):
        finding = found("social_group.members", SG | {IND: 3, UNI: 0})
    assert "条例已于2026年3月修订，条文和数额待核实" in finding.warning
    assert finding.is_broken
    assert not finding.refuses
    assert finding.headline == "可能不符合，请核实"


def test_a_local_number_counts_where_it_was_set() -> None:
    known = {facts.COMMUNITY_MEMBERS: 1}
    assert found("community_group.members", known, path="32/3210/321002/").verdict == BROKEN
    assert found("community_group.members", known, path="44/4403/").verdict == NOT
    assert found("community_group.members", known, path="").verdict == NOT


def test_a_period_that_ends_on_a_day_of_rest_ends_on_the_next_working_day() -> None:
    known = FDN | {facts.LIQUIDATED_ON: day(3, 20)}  # the fifteenth day is Saturday, 4 April
    verdicts = [found("foundation.cancellation_in_time", known, on=day(4, n)).verdict for n in (4, 6, 7)]
    assert verdicts == [HOLDS, HOLDS, BROKEN]


def test_a_period_into_a_year_without_notice_is_unknown_and_says_why() -> None:
    known = FDN | {facts.LIQUIDATED_ON: day(3, 1, 2029)}
    finding = found("foundation.cancellation_in_time", known, on=day(6, 1, 2029))
    assert (finding.verdict, finding.missing) == (UNKNOWN, ())
    assert "holidays" in finding.note or "节假日" in finding.note


def test_rules_hold_no_numbers_of_the_law() -> None:
    for rule in RULES:
        values = {part.value for top in (rule.applies, rule.holds) for part in walk(top) if isinstance(part, Whole)}
        assert values <= {0, 1}, rule.id


def test_every_declared_fact_is_asked_and_has_a_kind_of_its_own() -> None:
    asked = {fact for rule in RULES for fact in rule.facts}
    assert asked == set(facts.FACTS)


def test_the_evidence_is_that_of_the_weakest_part() -> None:
    assert found("foundation.directors", FDN | {facts.DIRECTORS: 3}).evidence == Evidence.READ
    assert found("social_group.term", SG | {facts.SOCIAL_GROUP_TERM: 3}).evidence == Evidence.GENERAL


# --- case types ask what is there ---


def files_of_case_types() -> list[Path]:
    return sorted(PACKAGE.glob("*/casetypes/*.yaml"))


def test_case_types_name_facts_and_rules_that_exist() -> None:
    for file in files_of_case_types():
        body = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert set(body.get("rules", ())) <= rulebook.rule_ids(), file.name
        named = {field["fact"] for section in body["sections"] for field in section["fields"] if "fact" in field}
        assert named <= set(rulebook.facts()), file.name


# --- numbers of the law stand in the rulebook ---

#: Digits beside a unit of the law. 三月三十一日 as 3月31日 is a date, not a period.
LEGAL_NUMBER = re.compile(r"(?<![\d月])(?<!月 )\d[\d,.]*\s*(?:个)?(?:工作日|自然日|日|天|万元)")
#: Where a number beside a unit is no number of the law: file, text, why.
NOT_OF_THE_LAW: dict[tuple[str, str], str] = {}


def legal_numbers_in(file: Path) -> list[str]:
    """What a file says with digits beside 日, 天 or 万元: all of a YAML file or template, the texts of Python."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        texts = [
            one.value
            for one in ast.walk(ast.parse(text))
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
    else:
        texts = [text]
    return [one.group() for said in texts for one in LEGAL_NUMBER.finditer(said)]


def files_of_services() -> Iterator[Path]:
    for app in ("registry", "cases"):
        for kind in ("**/*.py", "**/*.html", "**/*.yaml"):
            for file in sorted((PACKAGE / app).glob(kind)):
                if not {"tests", "migrations"} & set(file.parts):
                    yield file


def test_no_number_of_the_law_stands_in_a_service() -> None:
    files = list(files_of_services())
    assert files
    said = {(str(file.relative_to(PACKAGE)), one) for file in files for one in legal_numbers_in(file)}
    assert said <= set(NOT_OF_THE_LAW)


@pytest.mark.parametrize(
    ("name", "text", "seen"),
    [
        ("a.yaml", "limit: 自受理之日起20日内", ["20日"]),
        ("a.yaml", "text: 5个工作日", ["5个工作日"]),
        ("a.html", "<p>注册资金不少于 3 万元</p>", ["3 万元"]),
        ("a.py", 'TEXT = "满30天"\nDAYS = 30', ["30天"]),
        ("a.yaml", "before: 3月31日以前", []),
        ("a.yaml", "limit: rulebook 的数字", []),
    ],
)
def test_the_search_for_numbers_finds_them(tmp_path: Path, name: str, text: str, seen: list[str]) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert legal_numbers_in(tmp_path / name) == seen
