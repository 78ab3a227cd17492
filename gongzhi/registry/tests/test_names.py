"""A proposed name: what it is made of, whether it is taken, what it is near, and what is said with which article."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongzhi.core import searchtext
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Organization, OrganizationSearch
from gongzhi.orgs.search.text import Known
from gongzhi.registry.enums import EventKind, SourceKind
from gongzhi.registry.models import Source, Version
from gongzhi.registry.names import KINDS, Check, Compared, Finding, Severity, check, places
from gongzhi.registry.names.findings import GROUNDS
from gongzhi.registry.names.grammar import LONGEST, parse
from gongzhi.registry.names.places import short_name
from gongzhi.registry.names.taken import last_day
from gongzhi.rulebook import actions as rulebook
from gongzhi.rulebook.enums import Evidence
from tests.world import actor_of

SHENZHEN, GUANGDONG, FUTIAN = "44/4403/", "44/", "44/4403/440304/"
ON = dt.date(2026, 11, 24)
SUN = "深圳市阳光社会工作服务中心"
IMPORTER = Actor.system("import", permissions=frozenset({"registry.import", "orgs.write_register"}))

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said does not depend on the day the tests run."""
    monkeypatch.setattr("gongzhi.registry.names.checking.today", lambda: ON)


def body(
    name: str = SUN,
    *,
    path: str = SHENZHEN,
    kind: str = Kind.SERVICE,
    standing: str = Standing.NORMAL,
    field: str = "",
    since: str = "2015-01-01",
    then: list[dict[str, str]] | None = None,
) -> Organization:
    """A body with its history: each of `then` is a further version with its day and what is different from then on."""
    steps = [{"on": since, "name": name, "standing": standing, "field": field}]
    for step in then or []:
        steps.append({**{key: value for key, value in steps[-1].items() if key != "event"}, **step})
    last = steps[-1]
    number = f"T{Organization.objects.count():06d}"
    one = Organization.objects.create(
        kind=kind, number=number, path=path, name=last["name"], standing=last["standing"], registered_on=since
    )
    source = Source.objects.create(kind=SourceKind.LIST, dated_on=since)
    for step in steps:
        Version.objects.create(
            org=one,
            valid_from=step["on"],
            known_from=Version.now(),
            standing=step["standing"],
            name=step["name"],
            field=step["field"],
            source=source,
            event=step.get("event", EventKind.LISTED),
        )
    former = [step["name"] for step in steps if step["name"] != last["name"]]
    with acting(IMPORTER, read_only=False) as actor:
        orgs.write_search(actor=actor, rows=[(one, Known(former_names=former, field=last["field"]))])
    return one


def asked(name: str = SUN, **more: object) -> Check:
    """A service institution in Shenzhen unless said otherwise."""
    return check(**{"name": name, "kind": Kind.SERVICE, "registry": SHENZHEN, **more})  # type: ignore[arg-type]


def codes(findings: list[Finding]) -> list[str]:
    return [one.code for one in findings]


def read(name: str, kind: str = Kind.SERVICE, registry: str = SHENZHEN) -> dict[str, str]:
    return {part.role: part.text for part in parse(name, kind=kind, places=places(), registry=registry).parts}


# --- the parts of a name ---


@pytest.mark.parametrize(
    ("name", "kind", "registry", "parts"),
    [
        (SUN, "service", SHENZHEN, {"division": "深圳市", "brand": "阳光", "field": "社会工作服务", "form": "中心"}),
        (
            "深圳市物流与供应链协会",
            "social_group",
            SHENZHEN,
            {"division": "深圳市", "field": "物流与供应链", "form": "协会"},
        ),
        ("深圳市湖南商会", "social_group", SHENZHEN, {"division": "深圳市", "origin": "湖南", "form": "商会"}),
        ("广东省湖南邵阳商会", "social_group", GUANGDONG, {"division": "广东省", "origin": "湖南邵阳", "form": "商会"}),
        ("深圳市钟表商会", "social_group", SHENZHEN, {"division": "深圳市", "field": "钟表", "form": "商会"}),
        ("北京大学教育基金会", "foundation", "/", {"brand": "北京大学", "field": "教育", "form": "基金会"}),
        ("中国扶贫基金会", "foundation", "/", {"national": "中国", "field": "扶贫", "form": "基金会"}),
        (
            "北京邮电大学教育基金会",
            "foundation",
            "11/",
            {"division": "北京", "brand": "邮电大学", "field": "教育", "form": "基金会"},
        ),
        ("朝阳助学基金会", "foundation", SHENZHEN, {"brand": "朝阳", "field": "助学", "form": "基金会"}),
        ("朝阳助学基金会", "foundation", "21/2113/", {"division": "朝阳", "field": "助学", "form": "基金会"}),
        (
            "广东省深圳市福田区华富街道阳光养老院",
            "service",
            FUTIAN,
            {"division": "广东省深圳市福田区华富街道", "brand": "阳光", "form": "养老院"},
        ),
        ("宝安县阳光中学校", "service", SHENZHEN, {"division": "宝安县", "brand": "阳光中", "form": "学校"}),
        (
            "深圳市阳光康复与护理所",
            "service",
            SHENZHEN,
            {"division": "深圳市", "brand": "阳光", "field": "康复与护理", "form": "所"},
        ),
        ("协会", "social_group", SHENZHEN, {"form": "协会"}),
        ("深圳市", "service", SHENZHEN, {"division": "深圳市"}),
    ],
)
def test_a_name_comes_apart_by_the_rules_of_its_kind(
    name: str, kind: str, registry: str, parts: dict[str, str]
) -> None:
    assert read(name, kind, registry) == parts


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name",
    [SUN, "深 圳 市　阳光\u200b中心", "深圳慈善會（福田）", "ＡＢＣ", "𬭎㼆", "a" * 300, "中国", "与", "\0\x1b", "Ǆﬁ"],
)
def test_the_parts_are_the_whole_name_in_order(name: str, kind: str) -> None:
    parsed = parse(name, kind=kind, places=places())
    assert "".join(part.text for part in parsed.parts) == parsed.written
    at = 0
    for part in parsed.parts:
        assert (part.start, parsed.written[part.start : part.end]) == (at, part.text)
        at = part.end
    assert at == len(parsed.written) <= LONGEST


def test_the_words_of_a_field_say_its_code_only_where_they_are_certain() -> None:
    def code(name: str) -> str:
        return parse(name, kind=Kind.FOUNDATION, places=places(), registry=SHENZHEN).field_code

    assert code("深圳市阳光教育发展基金会") == "education"
    assert code("深圳市阳光公益基金会") == ""
    assert code("深圳市阳光教育医疗基金会") == "", "two fields are none for certain"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("广东省", "广东"),
        ("深圳市", "深圳"),
        ("广西壮族自治区", "广西"),
        ("新疆维吾尔自治区", "新疆"),
        ("内蒙古自治区", "内蒙古"),
        ("延边朝鲜族自治州", "延边"),
        ("伊犁哈萨克自治州", "伊犁"),
        ("黔东南苗族侗族自治州", "黔东南"),
        ("天水市", "天水"),
        ("香港特别行政区", "香港"),
    ],
)
def test_the_short_name_of_a_division_is_what_people_say(name: str, short: str) -> None:
    assert short_name(name) == short


# --- what the rules say about a name ---


@pytest.mark.parametrize(
    ("name", "kind", "registry", "code", "article"),
    [
        ("阳光物流协会", "social_group", SHENZHEN, "division.missing", "《社会组织名称管理办法》第八条"),
        ("阳光深圳市物流协会", "social_group", SHENZHEN, "division.place", "《社会组织名称管理办法》第八条"),
        ("深圳市协会", "social_group", SHENZHEN, "field.missing", "《社会组织名称管理办法》第八条"),
        ("深圳市物流", "social_group", SHENZHEN, "form.missing", "《社会组织名称管理办法》第八条"),
        ("深圳市教育基金会", "foundation", SHENZHEN, "brand.missing", "《社会组织名称管理办法》第八条"),
        ("深圳市阳光基金会", "foundation", SHENZHEN, "field.missing", "《社会组织名称管理办法》第八条"),
        ("广东省阳光教育基金会", "foundation", "/", "division.national", "《社会组织名称管理办法》第八条"),
        ("中国阳光教育基金会", "foundation", "/", "national.approval", "《社会组织名称管理办法》第八条"),
        ("中华物流协会", "social_group", SHENZHEN, "national.local", "《社会团体登记管理条例》第十条"),
        ("全国阳光教育中心", "service", "/", "national.service", "《民办非企业单位登记管理暂行条例》第八条"),
        ("深圳市物流协会运输专业委员会", "social_group", SHENZHEN, "form.branch", "《社会组织名称管理办法》第十七条"),
        ("深圳市阳光教育服务部", "service", SHENZHEN, "form.office", "《社会组织名称管理办法》第十八条"),
        # Everything below was not read in the text itself: no article.
        ("深圳市中华阳光教育中心", "service", SHENZHEN, "national.inside", ""),
        ("广州市阳光教育中心", "service", SHENZHEN, "division.other", ""),
        ("宝安县阳光教育中心", "service", SHENZHEN, "division.ended", ""),
        ("福田区阳光教育中心", "service", FUTIAN, "division.district", ""),
        ("深圳市物流联盟", "social_group", SHENZHEN, "form.unlisted", ""),
        ("深圳市阳光教育协会", "service", SHENZHEN, "form.other_kind", ""),
        ("深圳市阳光日本教育中心", "service", SHENZHEN, "content.foreign", ""),
        ("深圳市联合国教育中心", "service", SHENZHEN, "content.international", ""),
        ("深圳市解放军教育中心", "service", SHENZHEN, "content.authority", ""),
        ("深圳市共青团教育中心", "service", SHENZHEN, "content.people", ""),
        ("深圳市ＡＢＣ教育中心", "service", SHENZHEN, "content.letters", ""),
    ],
)
def test_a_rule_speaks_with_its_article_only_where_it_was_read(
    name: str, kind: str, registry: str, code: str, article: str
) -> None:
    found = {one.code: one for one in asked(name, kind=kind, registry=registry).findings}
    assert code in found
    assert (found[code].article, found[code].severity) == (article, Severity.ADVICE)
    assert found[code].is_unverified is not bool(article)


@pytest.mark.parametrize(
    ("name", "kind", "registry"),
    [
        (SUN, "service", SHENZHEN),
        ("深圳市物流与供应链协会", "social_group", SHENZHEN),
        ("深圳市湖南商会", "social_group", SHENZHEN),
        ("深圳市福田区华富街道阳光社会工作服务中心", "service", FUTIAN),
        ("阳光教育基金会", "foundation", "/"),
        ("广东省阳光教育基金会", "foundation", ""),
    ],
)
def test_nothing_is_said_about_a_name_that_follows_the_rules(name: str, kind: str, registry: str) -> None:
    assert codes(asked(name, kind=kind, registry=registry).advice) == []


def test_the_text_of_2016_is_cited_with_its_warning() -> None:
    found = next(one for one in asked("中国物流协会", kind=Kind.SOCIAL_GROUP).findings if one.code == "national.local")
    assert "2026" in found.ground.warning
    assert GROUNDS["N8"].warning == ""


def test_every_ground_with_an_article_is_marked_v_and_every_other_has_none() -> None:
    read_in_full = {"N2", "N3", "N4", "N5/social_group", "N5/service", "N7", "N8", "N9", "N10"}
    assert {key for key, ground in GROUNDS.items() if ground.evidence == Evidence.READ} == read_in_full
    assert {key for key, ground in GROUNDS.items() if ground.article} == read_in_full


# --- the same name by law ---


def test_a_registered_body_holds_its_name() -> None:
    one = body()
    found = asked()
    assert codes(found.conflicts) == ["same.registered"]
    conflict = found.conflicts[0]
    assert conflict.article == "《社会组织名称管理办法》第十六条"
    assert conflict.other is not None
    assert (conflict.other.organization, conflict.compared, conflict.until) == (one, Compared.WORDS, None)


@pytest.mark.parametrize("standing", [Standing.LIMITED, Standing.LIQUIDATION, Standing.UNKNOWN])
def test_a_body_that_exists_holds_its_name_whatever_its_trouble(standing: str) -> None:
    body(standing=standing)
    assert codes(asked().conflicts) == ["same.registered"]


def test_the_brand_word_alone_is_taken_with_the_same_field_and_form() -> None:
    body("深圳阳光社会工作服务中心")
    assert codes(asked().conflicts) == ["same.registered"]


#: Each way a name is taken, as a history; without the three "same" broken it is a conflict on `ON`.
HISTORIES: dict[str, Callable[..., Organization]] = {
    "registered": body,
    "renamed": lambda **more: body(
        **more, then=[{"on": "2026-06-01", "name": "深圳市月光助老驿站", "event": EventKind.RENAMED}]
    ),
    "cancelled": lambda **more: body(
        **more, then=[{"on": "2026-06-01", "standing": Standing.CANCELLED, "event": EventKind.ENDED}]
    ),
    "withdrawn": lambda **more: body(
        **more, then=[{"on": "2024-06-01", "standing": Standing.WITHDRAWN, "event": EventKind.ENDED}]
    ),
}


@pytest.mark.parametrize("hold", HISTORIES)
def test_each_of_the_three_sames_alone_frees_a_name(hold: str) -> None:
    HISTORIES[hold](field="social")
    code = f"same.{hold}"
    assert codes(asked(field="social").conflicts) == [code], "the control: nothing is broken"
    assert codes(asked(registry=GUANGDONG).conflicts) == [], "another registry"
    assert codes(asked(field="education").conflicts) == [], "another field, by the registered codes"
    assert codes(asked("深圳市阳光教育中心").conflicts) == [], "another field, by the words"
    assert codes(asked("深圳市阳光社会工作服务站").conflicts) == [], "another form"
    assert codes(asked("深圳市星光社会工作服务中心").conflicts) == [], "another brand word"


@pytest.mark.parametrize("hold", HISTORIES)
def test_what_is_not_the_same_by_law_is_still_near(hold: str) -> None:
    HISTORIES[hold](field="social")
    assert "near.name" in codes(asked(field="education").similar)
    assert "near.brand" in codes(asked("深圳市阳光教育中心").similar)


def test_registered_codes_judge_the_field_where_both_have_one_and_words_elsewhere() -> None:
    body("深圳市阳光助学基金会", kind=Kind.FOUNDATION, field="education")

    def held(field: str) -> list[Finding]:
        return asked("深圳市阳光奖教基金会", kind=Kind.FOUNDATION, field=field).conflicts

    assert [one.compared for one in held("education")] == [Compared.CODES]
    assert held("") == []
    assert held("health") == []


@pytest.mark.parametrize(
    ("ended", "years", "last"),
    [
        ("2025-11-24", 1, "2026-11-24"),
        ("2024-02-29", 1, "2025-02-28"),
        ("2024-02-29", 3, "2027-02-28"),
        ("2024-02-29", 4, "2028-02-29"),
        ("2025-02-28", 3, "2028-02-28"),
        ("2025-12-31", 1, "2026-12-31"),
    ],
)
def test_a_window_is_over_when_its_last_day_is(ended: str, years: int, last: str) -> None:
    assert last_day(dt.date.fromisoformat(ended), years) == dt.date.fromisoformat(last)


@pytest.mark.parametrize(
    ("change", "window"),
    [
        ({"name": "深圳市月光助老驿站", "event": EventKind.RENAMED}, 1),
        ({"name": "深圳市月光助老驿站", "event": EventKind.LIST_CHANGED}, 1),
        ({"standing": Standing.CANCELLED, "event": EventKind.ENDED}, 1),
        ({"standing": Standing.CANCELLED, "event": EventKind.MERGED}, 1),
        ({"standing": Standing.WITHDRAWN, "event": EventKind.ENDED}, 3),
    ],
)
@pytest.mark.parametrize(
    ("ended", "anniversary"),
    [("2024-11-24", "{}-11-24"), ("2024-02-29", "{}-02-28"), ("2024-12-31", "{}-12-31")],
)
def test_a_name_is_taken_up_to_the_very_day_and_free_on_the_next(
    change: dict[str, str], window: int, ended: str, anniversary: str
) -> None:
    body(then=[{"on": ended, **change}])
    last = dt.date.fromisoformat(anniversary.format(2024 + window))
    conflicts = asked(on=last).conflicts
    assert [(one.severity, one.until) for one in conflicts] == [(Severity.CONFLICT, last)]
    assert asked(on=last - dt.timedelta(days=1)).conflicts
    assert asked(on=last + dt.timedelta(days=1)).conflicts == []


@pytest.mark.parametrize("hold", ["renamed", "cancelled", "withdrawn"])
def test_a_name_is_taken_on_the_day_it_ends_and_held_on_the_day_before(hold: str) -> None:
    HISTORIES[hold]()
    ended = dt.date(2024 if hold == "withdrawn" else 2026, 6, 1)
    assert codes(asked(on=ended).conflicts) == [f"same.{hold}"]
    assert codes(asked(on=ended - dt.timedelta(days=1)).conflicts) == ["same.registered"]


def test_another_form_is_near_and_not_the_same() -> None:
    body()
    found = asked("深圳市阳光社会工作服务站")
    assert (codes(found.conflicts), codes(found.similar)) == ([], ["similar.form"])


def test_a_body_registered_after_the_day_asked_about_holds_nothing_then() -> None:
    body(since="2025-01-01")
    assert codes(asked(on=dt.date(2024, 12, 31)).conflicts) == []
    assert codes(asked(on=dt.date(2025, 1, 1)).conflicts) == ["same.registered"]


def test_the_windows_are_numbers_of_the_rulebook() -> None:
    HISTORIES["cancelled"]()
    adam = actor_of("adam")
    before = asked(on=dt.date(2027, 5, 31)).conflicts
    with acting(adam, read_only=False) as actor:
        rulebook.amend_parameter(
            actor=actor,
            code="name.cancelled_window_years",
            path="",
            value=Decimal(2),
            valid_from=dt.date(2026, 11, 1),
            article="示例第一条",
            source="示例",
            evidence="S",
            reason="示例",
        )
    after = asked(on=dt.date(2027, 6, 2)).conflicts
    assert (codes(before), codes(after)) == (["same.cancelled"], ["same.cancelled"])
    assert after[0].until == dt.date(2028, 6, 1)


@pytest.mark.parametrize(
    "event", [EventKind.CORRECTED, EventKind.SETTLED, EventKind.OBJECTION_UPHELD, EventKind.UNDONE]
)
def test_a_name_that_was_an_error_was_never_taken(event: str) -> None:
    body(then=[{"on": "2026-06-01", "name": "深圳市月光助老驿站", "event": event}])
    assert asked().conflicts == []


def test_a_body_entered_in_error_holds_nothing_and_is_near_nothing() -> None:
    body(standing=Standing.VOID)
    assert asked().findings == []


def test_a_filed_group_is_near_and_never_the_same_by_law() -> None:
    body(kind=Kind.COMMUNITY_GROUP)
    found = asked()
    assert (codes(found.conflicts), codes(found.similar)) == ([], ["similar.name"])


def test_a_revoked_certificate_is_for_a_person_to_judge() -> None:
    body(then=[{"on": "2020-06-01", "standing": Standing.REVOKED, "event": EventKind.ENDED}])
    found = asked()
    assert (codes(found.conflicts), codes(found.advice)) == ([], ["same.revoked"])
    assert found.advice[0].article == ""


def test_a_name_given_up_for_the_earlier_one_may_be_a_renaming_withdrawn() -> None:
    body(
        "深圳市月光助老驿站",
        then=[
            {"on": "2023-01-01", "name": SUN, "event": EventKind.RENAMED},
            {"on": "2025-01-01", "name": "深圳市月光助老驿站", "event": EventKind.RENAMED},
        ],
    )
    assert codes(asked(on=dt.date(2026, 1, 1)).conflicts) == ["same.renamed"]
    assert codes(asked(on=dt.date(2026, 1, 2)).advice) == ["same.returned"]
    assert codes(asked(on=dt.date(2028, 1, 1)).advice) == ["same.returned"]
    assert codes(asked(on=dt.date(2028, 1, 2)).advice) == []


def test_full_width_and_spaces_are_typing_and_variants_are_not() -> None:
    body("深圳市（阳光A）社会工作服务中心")
    assert codes(asked("深圳市(阳光Ａ) 社会工作服务中心").conflicts) == ["same.registered"]
    found = asked("深圳市（阳光A）社會工作服務中心")
    assert (codes(found.conflicts), codes(found.similar)) == ([], ["near.brand"])


# --- names that are near ---


@pytest.mark.parametrize(
    ("there", "typed", "code"),
    [
        ("深圳市慈山助老基金会", "深圳市慈善助老基金会", "similar.sound"),
        ("深圳市悦善助老基金会", "深圳市悦善助老基金會", "similar.variant"),
        ("深圳悦善助老联合基金会", "深圳市悦善助老合联基金会", "similar.order"),
        ("深圳市悦善山川基金会", "深圳市悦善山水基金会", "similar.characters"),
        ("深圳市悦善山川基金会", "深圳市悦善山基金会", "similar.characters"),
        ("深圳市悦善山川基金会", "深圳市悦善大山川基金会", "similar.characters"),
        ("深圳市悦善山川湖海基金会", "深圳市悦善山川基金会", "similar.contains"),
        ("深圳市悦善协会", "深圳悦善协会", "similar.division"),
        ("深圳市悦善山川总会", "深圳市悦善山川联盟", "similar.form"),
    ],
)
def test_a_near_name_is_shown_with_the_reason(there: str, typed: str, code: str) -> None:
    one = body(there, kind=Kind.FOUNDATION)
    found = {finding.code: finding for finding in asked(typed, kind=Kind.SOCIAL_GROUP).findings}
    assert code in found
    other = found[code].other
    assert other is not None
    assert (other.organization, other.same_registry, found[code].article) == (one, True, "")


def test_other_registries_come_after_the_own_and_the_same_name_there_is_no_conflict() -> None:
    far = body(path="33/")
    own = body("深圳市杨光社会工作服务中心")
    found = asked()
    assert found.conflicts == []
    assert [one.other.organization for one in found.similar if one.other] == [own, far]
    assert [one.other.place for one in found.similar if one.other] == ["深圳市", "浙江省"]


def test_a_name_that_is_free_again_says_so() -> None:
    body(then=[{"on": "2020-06-01", "standing": Standing.CANCELLED, "event": EventKind.ENDED}])
    found = asked()
    assert (codes(found.conflicts), codes(found.similar)) == ([], ["similar.name"])


def test_nothing_is_near_a_name_of_its_own() -> None:
    body()
    assert asked("深圳市鲲鹏启智助学会", kind=Kind.SOCIAL_GROUP).similar == []


def test_without_a_registry_the_division_of_the_name_says_it() -> None:
    body()
    found = asked(registry="")
    assert (found.registry, found.registry_guessed, codes(found.conflicts)) == (SHENZHEN, True, ["same.registered"])
    nowhere = asked("阳光社会工作服务中心", registry="")
    assert (nowhere.registry, nowhere.conflicts) == ("", [])
    assert "similar.division" in codes(nowhere.similar)


def test_a_street_belongs_to_the_registry_of_its_county() -> None:
    assert asked("深圳市福田区华富街道阳光社会工作服务中心", registry="").registry == FUTIAN


# --- refusals of the question, never of the name ---


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"name": " \u200b"}, "registry.name_empty"),
        ({"kind": Kind.UNCLEAR}, "registry.kind_without_names"),
        ({"field": "magic"}, "registry.field_unknown"),
        ({"on": dt.date(2020, 1, 1)}, "registry.no_name_rules_then"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(question: dict[str, object], code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        asked(**question)  # type: ignore[arg-type]
    assert refused.value.code == code


# --- what it costs ---


def fill(number: int, *, path: str) -> None:
    """So many bodies of one name, straight into the tables: what is measured is reading."""
    pattern = body(path=path)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orgs_organization (public_id, kind, number, path, standing, name)"
            " SELECT 'F' || n, kind, 'F' || n, path, standing, name"
            " FROM orgs_organization, generate_series(1, %s) AS n WHERE id = %s",
            [number, pattern.pk],
        )
        cursor.execute(
            "INSERT INTO orgs_search (org_id, name, text, grams, pinyin, initials, kind, standing, level, path, field,"
            " marks, since, rank) SELECT o.id, s.name, s.text, s.grams, s.pinyin, s.initials, s.kind, s.standing,"
            " s.level, s.path, s.field, s.marks, s.since, o.id FROM orgs_organization o, orgs_search s"
            " WHERE o.number LIKE 'F%%' AND s.org_id = %s",
            [pattern.pk],
        )
        cursor.execute("ANALYZE orgs_search")


def statements(name: str) -> list[str]:
    asked(name)  # the divisions are read once a process
    with CaptureQueriesContext(
        connection,
    ) as seen:
        asked(name)
    return [one["sql"] for one in seen.captured_queries]


def test_as_many_statements_for_3_near_names_as_for_30() -> None:
    for number in range(3):
        body(f"深圳市阳光社会工作{number}服务中心")
    few = len(statements(SUN))
    for number in range(3, 30):
        body(f"深圳市阳光社会工作{number}服务中心")
    assert len(statements(SUN)) == few <= 14


def rows_read(statement: str) -> int:
    """How many rows of `orgs_search` a statement looks at: those it gives and those it throws away."""

    def below(plan: dict[str, Any]) -> int:
        looked = [
            plan.get(key, 0) for key in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        ]
        own = int(sum(looked) * plan["Actual Loops"]) if plan.get("Relation Name") == "orgs_search" else 0
        return own + sum(below(one) for one in plan.get("Plans", []))

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        return below(cursor.fetchone()[0][0]["Plan"])


@pytest.mark.parametrize("elsewhere", ["33/", SHENZHEN])
def test_a_common_name_reads_a_bounded_number_of_rows_however_many_there_are(elsewhere: str) -> None:
    own = [body(f"深圳市阳光社会工作{number}服务中心") for number in range(3)]
    fill(30_000, path=elsewhere)
    found = asked()
    assert len(found.similar) == 10
    if elsewhere == SHENZHEN:
        assert found.complete is False, "the limit is said"
        assert found.conflicts
        within = 2 * 300 + 5 * 100 + 2  # the limits again: what is gone through in the registry stops there
    else:
        assert {one.pk for one in own} <= {one.other.organization.pk for one in found.similar if one.other}
        within = 2 * OrganizationSearch.objects.filter(path=SHENZHEN).count()
    total = sum(rows_read(one) for one in statements(SUN) if "orgs_search" in one)
    few = 20  # a plan may look at some more rows of the page it stops on
    assert 0 < total <= 2 * 301 + 5 * 101 + within + len(own) + few


def test_the_measure_sees_a_search_that_reads_too_much() -> None:
    fill(30_000, path="33/")
    everything = OrganizationSearch.objects.filter(grams__contains=searchtext.query_grams("阳光社会工作"))
    with CaptureQueriesContext(connection) as seen:
        assert not list(everything.exclude(path="33/")[:100])
    assert rows_read(seen.captured_queries[-1]["sql"]) > 30_000


# --- real names ---


@pytest.mark.real_data
def test_real_names_come_apart(real_data: Path, record_property: Callable[[str, object], None]) -> None:
    tally: Counter[str] = Counter()
    for file, registry in (("foundations_national.tsv", "/"), ("foundations_local.tsv", "")):
        with (real_data / "register" / file).open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                parsed = parse(row["inst_nm"], kind=Kind.FOUNDATION, places=places(), registry=registry)
                assert "".join(part.text for part in parsed.parts) == parsed.written
                roles = {part.role for part in parsed.parts}
                tally["names"] += 1
                tally["form"] += parsed.form is not None and parsed.form.code == "jijinhui"
                tally["beginning"] += bool(roles & {"division", "national"}) or registry == "/"
                tally["told apart"] += bool(roles & {"brand", "field"})
                tally["brand and field"] += {"brand", "field"} <= roles
    assert tally["names"] > 100
    assert tally["form"] >= tally["names"] * 0.97
    assert tally["beginning"] >= tally["names"] * 0.97
    record_property(
        "figure",
        "names of the real lists: {names}; form read in {form}, beginning in {beginning}, brand word and field in"
        " {brand and field}".replace("{brand and field}", str(tally.pop("brand and field"))).format(**tally),
    )


def test_the_day_is_today_in_china_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongzhi.registry.names.checking.today", today)
    assert asked().on == today()
