"""What officials record about one organization: appended, sourced, sealed, found, and refused where the law refuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.models import Mark, Organization, OrganizationSearch
from gongzhi.registry import actions
from gongzhi.registry.models import Branch, Host, Lineage, Officer, Source, Version
from gongzhi.registry.selectors import Fact, record_of, surroundings_of
from gongzhi.registry.tests.test_imports import HEAD, IMPORTER, code, load
from gongzhi.tlog.models import BatchRow
from tests.world import GUANGDONG, SHENZHEN, actor_of

DAY = dt.date(2022, 5, 1)
WHY = "深民社〔2022〕1号"


def group(number: int, name: str, *, category: str = "51", since: str = "2015-03-01") -> Organization:
    """A body in Shenzhen; a social group unless said otherwise."""
    reference = code(number, category=category)
    load(f"{HEAD}\n{name}\t{reference}\t{since}\t深圳示例路\t200.00 万元\t\t深圳市民政局")
    return Organization.objects.get(credit_code=reference)


def shenzhen() -> Organization:
    return Organization.objects.get(credit_code=SHENZHEN)


def do(action: Callable[..., Any], who: str = "dana", /, **arguments: Any) -> Any:
    with acting(actor_of(who)) as actor:
        return action(actor=actor, **arguments)


def refused(rule: str, action: Callable[..., Any], /, **arguments: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        do(action, **arguments)
    assert caught.value.code == rule, caught.value.code
    return caught.value


# --- officers, hosts: appended, sealed, audited, found ---


@pytest.mark.django_db
def test_an_officer_is_recorded_with_source_seal_and_audit_and_found_by_name() -> None:
    body = shenzhen()
    row = do(actions.record_officer, organization=body, name=" 钱某某 ", post="chair", since=DAY, reason=WHY)
    assert (row.name, row.valid_from, row.source.reason, row.source.kind) == ("钱某某", DAY, WHY, "record")
    assert BatchRow.objects.filter(seal=row.source.seal, row_kind="registry.officer", row_id=row.pk).exists()
    event = Event.objects.filter(event="registry.officer.recorded").get()
    assert event.details == {"org": body.pk, "source": row.source_id}, "no name stands in the audit"
    assert body in Organization.objects.matching("钱某某")
    assert [one.name for one in surroundings_of(body).officers] == ["钱某某"]


@pytest.mark.django_db
def test_an_end_closes_the_row_and_appends_one_and_the_past_stays() -> None:
    body = shenzhen()
    row = do(actions.record_officer, organization=body, name="钱某某", post="chair", since=DAY, reason=WHY)
    ended = do(actions.end_officer, officer=row, until=dt.date(2023, 5, 1), reason="任期届满")
    row.refresh_from_db()
    assert row.known_to == ended.known_from
    assert (row.valid_to, ended.valid_from, ended.valid_to) == (None, DAY, dt.date(2023, 5, 1))
    assert not surroundings_of(body).officers
    assert [one.name for one in surroundings_of(body, on=dt.date(2023, 5, 1)).officers] == ["钱某某"]
    assert not surroundings_of(body, on=dt.date(2023, 5, 2)).officers
    then = row.known_from
    assert surroundings_of(body, on=dt.date(2023, 5, 2), known_at=then).officers, "the end was not known then"
    assert body not in Organization.objects.matching("钱某某")
    refused("registry.record_ended", actions.end_officer, officer=row, until=today(), reason=WHY)
    refused("registry.record_ended", actions.end_officer, officer=ended, until=today(), reason=WHY)


@pytest.mark.django_db
def test_a_row_of_the_record_cannot_be_rewritten() -> None:
    row = do(actions.record_officer, organization=shenzhen(), name="钱某某", post="chair", since=DAY, reason=WHY)
    for statement in ("UPDATE registry_officer SET name = '孙'", "DELETE FROM registry_officer"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    row.refresh_from_db()
    assert row.name == "钱某某"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("registry.name_missing", {"name": " \u200b "}),
        ("registry.name_damaged", {"name": "钱\u202e某"}),
        ("registry.name_too_long", {"name": "钱" * 101}),
        ("registry.no_such_post", {"post": "emperor"}),
        ("registry.day_in_future", {"since": dt.date(2999, 1, 1)}),
        ("registry.reason_missing", {"reason": "  "}),
    ],
)
def test_an_officer_that_cannot_be_is_refused(rule: str, changes: dict[str, Any]) -> None:
    asked = {"name": "钱某某", "post": "chair", "since": DAY, "reason": WHY, **changes}
    refused(rule, actions.record_officer, organization=shenzhen(), **asked)
    assert not Officer.objects.exists()


@pytest.mark.django_db
def test_the_same_officer_twice_is_refused() -> None:
    asked = {"organization": shenzhen(), "name": "钱某某", "post": "chair", "reason": WHY}
    do(actions.record_officer, since=DAY, **asked)
    refused("registry.record_known", actions.record_officer, since=DAY, **asked)
    refused("registry.record_known", actions.record_officer, since=None, **asked)


@pytest.mark.django_db
def test_an_end_before_the_beginning_or_in_the_future_is_refused() -> None:
    row = do(actions.record_officer, organization=shenzhen(), name="钱某某", post="chair", since=DAY, reason=WHY)
    refused("registry.day_order", actions.end_officer, officer=row, until=dt.date(2022, 4, 30), reason=WHY)
    refused("registry.day_in_future", actions.end_officer, officer=row, until=dt.date(2999, 1, 1), reason=WHY)


@pytest.mark.django_db
def test_a_filed_group_is_found_under_its_host_and_no_more_after_it_left() -> None:
    host, leaning = group(11, "深圳市××青年联合会"), group(12, "××读书小组")
    row = do(actions.record_host, organization=leaning, name="共青团深圳市××委员会", host=host, since=DAY, reason=WHY)
    for word in ("共青团", "青年联合会"):
        assert leaning in Organization.objects.matching(word), "as the source writes it, and as the host is called"
    assert [one.org for one in surroundings_of(host).hosted] == [leaning]
    do(actions.end_host, host=row, until=today() - dt.timedelta(days=1), reason="脱钩")
    assert leaning not in Organization.objects.matching("共青团")
    refused("registry.own_host", actions.record_host, organization=host, name="x", host=host, since=DAY, reason=WHY)


# --- branches ---


@pytest.mark.django_db
def test_a_social_service_institution_has_no_branches() -> None:
    error = refused(
        "registry.branch_forbidden",
        actions.record_branch,
        organization=shenzhen(),
        kind="branch",
        name="深圳市××社工服务社青年分会",
        since=DAY,
        reason=WHY,
    )
    assert "《民办非企业单位登记管理暂行条例》第十三条" in str(error.message)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "kind", "name", "since"),
    [
        ("", "branch", "深圳市××茶叶协会青年专业委员会", DAY),
        ("", "branch", "深圳市××茶叶协会红茶分会", dt.date(2025, 1, 1)),
        ("", "representative", "深圳市××茶叶协会北京办事处", DAY),
        ("", "branch", "深圳市××茶叶协会专家组", DAY),  # before the rule of 2024 on endings
        ("registry.branch_ending", "branch", "深圳市××茶叶协会专家组", dt.date(2025, 1, 1)),
        ("registry.branch_name", "branch", "茶叶协会红茶分会", DAY),
        ("registry.branch_name", "branch", "深圳市××茶叶协会", DAY),
        ("registry.sub_branch", "branch", "深圳市××茶叶协会绿茶分会龙井工作委员会", DAY),
        ("registry.regional_branch", "branch", "深圳市××茶叶协会福田分会", DAY),
        ("registry.regional_branch", "branch", "深圳市××茶叶协会广东省分会", DAY),
        ("registry.regional_branch", "branch", "深圳市××茶叶协会内蒙古办事处", DAY),
        ("registry.regional_branch", "representative", "深圳市××茶叶协会北京分会", DAY),
        ("registry.no_such_branch", "office", "深圳市××茶叶协会红茶分会", DAY),
    ],
)
def test_branches_are_held_to_the_law(rule: str, kind: str, name: str, since: dt.date) -> None:
    body = group(21, "深圳市××茶叶协会")
    do(
        actions.record_branch,
        organization=body,
        kind="branch",
        name="深圳市××茶叶协会绿茶分会",
        since=DAY,
        reason=WHY,
    )
    asked = {"organization": body, "kind": kind, "name": name, "since": since, "reason": WHY}
    if rule:
        refused(rule, actions.record_branch, **asked)
        assert Branch.objects.count() == 1
    else:
        row = do(actions.record_branch, **asked)
        assert do(actions.end_branch, branch=row, until=today(), reason=WHY).valid_to == today()


@pytest.mark.django_db
def test_a_branch_may_carry_the_name_the_organization_had() -> None:
    body = group(22, "深圳市××茶叶协会")
    do(actions.change_item, organization=body, item="name", value="深圳市××茶业协会", on=DAY, reason=WHY)
    do(actions.record_branch, organization=body, kind="branch", name="深圳市××茶叶协会红茶分会", since=DAY, reason=WHY)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["unclear", "community_group", "overseas_office"])
def test_other_kinds_keep_no_branches(kind: str) -> None:
    body = group(23, "深圳市××茶叶协会")
    Organization.objects.filter(pk=body.pk).update(kind=kind)
    refused(
        "registry.branch_unknown",
        actions.record_branch,
        organization=body,
        kind="branch",
        name="深圳市××茶叶协会红茶分会",
        since=DAY,
        reason=WHY,
    )


# --- changes, ends, lineage, divisions ---


@pytest.mark.django_db
def test_a_change_holds_from_its_day_while_a_correction_holds_from_today() -> None:
    body = group(31, "深圳市××敬老协会")
    do(actions.change_item, organization=body, item="name", value="深圳市××助老协会", on=DAY, reason=WHY)
    do(actions.correct_item, organization=body, item="domicile", value="示例路 9 号", reason="证书")
    before = record_of(body, on=DAY - dt.timedelta(days=1))
    assert before.version.name == "深圳市××敬老协会"
    assert record_of(body, on=DAY).version.name == "深圳市××助老协会"
    assert record_of(body, on=DAY).version.domicile == "深圳示例路"
    events = [one.event for one in record_of(body).history]
    assert events == ["corrected", "renamed", "listed"]
    renamed = record_of(body).history[1]
    assert renamed.late_days > 100
    assert not renamed.is_correction
    assert body in Organization.objects.matching("敬老"), "it is found by its former name"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("registry.day_in_future", {"on": dt.date(2999, 1, 1)}),
        ("registry.day_too_early", {"on": dt.date(1999, 1, 1)}),
        ("registry.nothing_changed", {"value": "深圳示例路"}),
        ("registry.item_unknown", {"item": "standing", "value": "cancelled"}),
        ("registry.item_unknown", {"item": "path"}),
        ("registry.name_missing", {"item": "name", "value": " "}),
        ("registry.reason_missing", {"reason": ""}),
    ],
)
def test_a_change_that_cannot_be_is_refused(rule: str, changes: dict[str, Any]) -> None:
    body = group(32, "深圳市××助老协会")
    asked = {"item": "domicile", "value": "示例路 9 号", "on": DAY, "reason": WHY, **changes}
    refused(rule, actions.change_item, organization=body, **asked)
    assert Version.objects.filter(org=body).count() == 1


@pytest.mark.django_db
def test_direct_registration_and_an_authority_take_turns() -> None:
    body = group(33, "深圳市××助老协会")
    for value, kept in (("深圳市××局", ("深圳市××局", False)), ("直接登记", ("", True)), ("示例局", ("示例局", False))):
        do(actions.correct_item, organization=body, item="business_authority", value=value, reason=WHY)
        newest = Version.objects.as_of(today()).get(org=body)
        assert (newest.business_authority, newest.registered_directly) == kept


@pytest.mark.django_db
def test_an_end_is_a_version_and_nothing_new_happens_afterwards() -> None:
    body = group(41, "深圳市××助老协会")
    do(actions.end_organization, organization=body, standing="cancelled", on=DAY, reason=WHY)
    body.refresh_from_db()
    assert body.standing == "cancelled"
    assert record_of(body, on=DAY - dt.timedelta(days=1)).version.standing != "cancelled"
    record = record_of(body)
    assert (record.history[0].event, record.standing_since) == ("ended", DAY)
    assert Organization.objects.matching("助老协会").filter(pk=body.pk).exists(), "it stays findable"
    refused("registry.has_ended", actions.end_organization, organization=body, standing="revoked", on=DAY, reason=WHY)
    refused("registry.has_ended", actions.change_item, organization=body, item="area", value="x", on=DAY, reason=WHY)
    refused(
        "registry.has_ended",
        actions.record_officer,
        organization=body,
        name="钱某某",
        post="chair",
        since=DAY,
        reason=WHY,
    )


@pytest.mark.django_db
def test_a_registration_does_not_end_in_any_other_way() -> None:
    body = group(42, "深圳市××助老协会")
    for standing in ("void", "unknown", "normal", "nothing"):
        refused(
            "registry.no_ending", actions.end_organization, organization=body, standing=standing, on=DAY, reason=WHY
        )


@pytest.mark.django_db
def test_a_merger_ends_the_absorbed_body_and_both_pages_tell_of_it() -> None:
    small, large = group(51, "深圳市××敬老协会"), group(52, "深圳市××助老协会")
    row = do(
        actions.record_lineage,
        origin=small,
        successor=large,
        kind="merger",
        on=DAY,
        reason=WHY,
        ends_origin=True,
    )
    assert record_of(small).version.standing == "cancelled"
    assert record_of(small).history[0].event == "merged"
    assert record_of(large).version.standing != "cancelled"
    assert [(one.other, one.is_origin) for one in surroundings_of(small).lineage] == [(large, False)]
    assert [(one.other, one.is_origin) for one in surroundings_of(large).lineage] == [(small, True)]
    assert not surroundings_of(large, on=DAY - dt.timedelta(days=1)).lineage
    assert BatchRow.objects.filter(row_kind="registry.lineage", row_id=row.pk).exists()
    asked = {"kind": "merger", "on": DAY, "reason": WHY}
    refused("registry.record_known", actions.record_lineage, origin=small, successor=large, **asked)
    refused("registry.record_known", actions.record_lineage, origin=large, successor=small, **asked)
    refused("registry.lineage_self", actions.record_lineage, origin=large, successor=large, **asked)


@pytest.mark.django_db
def test_a_merger_that_cannot_end_its_origin_leaves_nothing_behind() -> None:
    small, large = group(53, "深圳市××敬老协会"), group(54, "深圳市××助老协会")
    do(actions.end_organization, organization=small, standing="revoked", on=DAY, reason=WHY)
    asked = {"origin": small, "successor": large, "kind": "merger", "on": DAY, "reason": WHY}
    refused("registry.has_ended", actions.record_lineage, ends_origin=True, **asked)
    assert not Lineage.objects.exists()
    do(actions.record_lineage, **asked)
    refused("registry.no_such_lineage", actions.record_lineage, **{**asked, "kind": "marriage"})


@pytest.mark.django_db
def test_a_body_follows_its_division_only_by_an_act_and_keeps_its_code() -> None:
    body = group(61, "深圳市××助老协会")
    do(actions.recode, organization=body, division="440304", on=DAY, reason="区划调整")
    body.refresh_from_db()
    assert (body.path, body.credit_code) == ("44/4403/440304/", code(61, category="51"))
    assert Organization.objects.filter(search__path="44/4403/440304/", pk=body.pk).exists()
    told = record_of(body).history[0]
    assert "440300" in told.text
    assert "440304" in told.text
    assert (told.changes, told.valid_from) == ([], DAY)
    refused("registry.nothing_changed", actions.recode, organization=body, division="440304", on=DAY, reason=WHY)
    refused("registry.no_division", actions.recode, organization=body, division="000001", on=DAY, reason=WHY)
    refused(
        "registry.day_too_early",
        actions.recode,
        organization=body,
        division="440305",
        on=dt.date(1999, 1, 1),
        reason=WHY,
    )
    with pytest.raises(NotAllowed):
        do(actions.recode, organization=body, division="330100", on=DAY, reason=WHY)


# --- who may ---


def acts() -> dict[str, Callable[[Organization, Organization, Officer], tuple[Callable[..., Any], dict[str, Any]]]]:
    return {
        "record_officer": lambda body, _other, _row: (
            actions.record_officer,
            {"organization": body, "name": "孙", "post": "chair", "since": None, "reason": WHY},
        ),
        "end_officer": lambda _body, _other, row: (
            actions.end_officer,
            {"officer": row, "until": today(), "reason": WHY},
        ),
        "record_branch": lambda body, _other, _row: (
            actions.record_branch,
            {"organization": body, "kind": "branch", "name": f"{body.name}红茶分会", "since": None, "reason": WHY},
        ),
        "record_host": lambda body, _other, _row: (
            actions.record_host,
            {"organization": body, "name": "示例大学", "since": None, "reason": WHY},
        ),
        "record_certificate": lambda body, _other, _row: (
            actions.record_certificate,
            {"organization": body, "since": DAY, "until": None, "reason": WHY},
        ),
        "record_mark": lambda body, _other, _row: (
            actions.record_mark,
            {"organization": body, "mark": "charity", "held": True, "on": DAY, "reason": WHY},
        ),
        "record_lineage": lambda body, other, _row: (
            actions.record_lineage,
            {"origin": body, "successor": other, "kind": "merger", "on": DAY, "reason": WHY},
        ),
        "change_item": lambda body, _other, _row: (
            actions.change_item,
            {"organization": body, "item": "area", "value": "示例", "on": DAY, "reason": WHY},
        ),
        "end_organization": lambda body, _other, _row: (
            actions.end_organization,
            {"organization": body, "standing": "cancelled", "on": DAY, "reason": WHY},
        ),
        "recode": lambda body, _other, _row: (
            actions.recode,
            {"organization": body, "division": "440304", "on": DAY, "reason": WHY},
        ),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(acts()))
def test_only_a_registry_officer_within_reach_records(name: str) -> None:
    body, other = group(71, "深圳市××茶叶协会"), group(72, "深圳市××红茶协会")
    row = do(actions.record_officer, organization=body, name="钱某某", post="chair", since=DAY, reason=WHY)
    action, arguments = acts()[name](body, other, row)
    sources = Source.objects.count()
    for who in ("visitor", "rita", "rosa", "edith", "adam"):
        with pytest.raises(NotAllowed):
            do(action, who, **arguments)
    with pytest.raises(NotAllowed), acting(IMPORTER) as actor:
        action(actor=actor, **arguments)
    assert Source.objects.count() == sources
    do(action, **arguments)


@pytest.mark.django_db
def test_two_divisions_are_joined_by_who_reaches_both() -> None:
    here, above = group(73, "深圳市××茶叶协会"), Organization.objects.get(credit_code=GUANGDONG)
    asked: dict[str, Any] = {"origin": here, "successor": above, "kind": "succession", "on": DAY, "reason": WHY}
    with pytest.raises(NotAllowed):
        do(actions.record_lineage, **asked)
    dana = actor_of("dana")
    province = Actor(**{field: getattr(dana, field) for field in dana.__slots__} | {"path": "44/"})
    with acting(province):
        actions.record_lineage(actor=province, **asked)
    assert Host.objects.count() == 0
    assert Lineage.objects.count() == 1


# --- certificates and marks ---


@pytest.mark.django_db
def test_a_certificate_is_recorded_with_its_period_and_older_ones_stay() -> None:
    body = shenzhen()
    first = do(actions.record_certificate, organization=body, since=DAY, until=dt.date(2024, 4, 30), reason=WHY)
    do(actions.record_certificate, organization=body, since=dt.date(2024, 5, 1), until=None, reason=WHY)
    assert [(one.valid_from, one.valid_to) for one in record_of(body).certificates] == [
        (dt.date(2024, 5, 1), None),
        (DAY, dt.date(2024, 4, 30)),
    ]
    assert BatchRow.objects.filter(seal=first.source.seal, row_kind="registry.certificate", row_id=first.pk).exists()
    assert Event.objects.filter(event="registry.certificate.recorded").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("registry.period_missing", {"since": None, "until": None}),
        ("registry.day_order", {"until": dt.date(2022, 4, 30)}),
        ("registry.day_in_future", {"since": dt.date(2999, 1, 1)}),
        ("registry.reason_missing", {"reason": " "}),
    ],
)
def test_a_certificate_that_cannot_be_is_refused(rule: str, changes: dict[str, Any]) -> None:
    asked = {"since": DAY, "until": dt.date(2024, 4, 30), "reason": WHY, **changes}
    refused(rule, actions.record_certificate, organization=shenzhen(), **asked)


@pytest.mark.django_db
def test_a_period_is_entered_once_and_not_for_a_body_that_has_ended() -> None:
    asked: dict[str, Any] = {"organization": shenzhen(), "since": DAY, "until": None, "reason": WHY}
    do(actions.record_certificate, **asked)
    refused("registry.record_known", actions.record_certificate, **asked)
    do(actions.end_organization, organization=shenzhen(), standing="cancelled", on=today(), reason=WHY)
    refused("registry.has_ended", actions.record_certificate, **{**asked, "until": today()})


@pytest.mark.django_db
def test_a_mark_is_given_and_taken_with_two_clocks_and_search_filters_by_it() -> None:
    body = shenzhen()
    given = do(actions.record_mark, organization=body, mark="charity", held=True, on=DAY, reason=WHY)
    assert (given.value, given.set_by_app, given.valid_from) == ("yes", "registry", DAY)
    assert OrganizationSearch.objects.get(org=body).marks == ["charity"]
    source = Source.objects.latest("pk")
    assert BatchRow.objects.filter(seal=source.seal or "", row_kind="orgs.mark", row_id=given.pk).exists()
    taken_on = dt.date(2023, 1, 1)
    do(actions.record_mark, organization=body, mark="charity", held=False, on=taken_on, reason="申请终止")
    assert not surroundings_of(body).marks
    assert OrganizationSearch.objects.get(org=body).marks == []
    assert [one.code for one in surroundings_of(body, on=dt.date(2022, 12, 31)).marks] == ["charity"]


@pytest.mark.django_db
def test_a_mark_that_cannot_be_is_refused_and_leaves_nothing() -> None:
    body = shenzhen()
    asked: dict[str, Any] = {"organization": body, "mark": "charity", "held": True, "on": DAY, "reason": WHY}
    marks, sources = Mark.objects.count(), Source.objects.count()
    refused("registry.no_such_mark", actions.record_mark, **{**asked, "mark": "grade"})
    refused("registry.day_in_future", actions.record_mark, **{**asked, "on": dt.date(2999, 1, 1)})
    refused("registry.day_too_early", actions.record_mark, **{**asked, "on": dt.date(1990, 1, 1)})
    refused("registry.reason_missing", actions.record_mark, **{**asked, "reason": ""})
    refused("registry.record_known", actions.record_mark, **{**asked, "held": False})
    assert (Mark.objects.count(), Source.objects.count()) == (marks, sources)
    do(actions.record_mark, **asked)
    refused("registry.record_known", actions.record_mark, **asked)


@pytest.mark.django_db
def test_no_app_sets_the_mark_of_another() -> None:
    with pytest.raises(ValueError, match="grade"), acting(actor_of("dana")) as actor:
        orgs.set_mark(
            actor=actor, organization=shenzhen(), code="grade", value="5A", on=DAY, source="x", app="registry"
        )
    with pytest.raises(NotAllowed), acting(actor_of("rita")) as actor:
        orgs.set_mark(
            actor=actor, organization=shenzhen(), code="charity", value="yes", on=DAY, source="x", app="registry"
        )


# --- who said what ---


@pytest.mark.django_db
def test_a_list_that_said_otherwise_does_not_confirm_what_was_decided_before_it() -> None:
    body = group(81, "深圳市××助老协会")
    listed = record_of(body)
    do(actions.end_organization, organization=body, standing="cancelled", on=DAY, reason=WHY)
    record = record_of(body)
    standing = next(one for one in record.more if one.item == "standing")
    assert isinstance(standing, Fact)
    assert standing.confirmed_on == DAY
    assert standing.source.kind == "record"
    name = next(one for one in record.facts if one.item == "name")
    assert name.confirmed_on == listed.confirmed_on, "of the name the list still speaks"
    assert name.source.kind == "list"


@pytest.mark.django_db
def test_what_is_settled_on_the_first_day_leaves_the_lists_word_on_all_else() -> None:
    body = group(82, "深圳市××助老协会", since="")
    first = Version.objects.get(org=body)
    do(actions.change_item, organization=body, item="area", value="深圳市", on=first.valid_from, reason=WHY)
    record = record_of(body)
    kinds = {one.item: (one.source.kind, one.since) for one in record.facts}
    assert kinds["area"] == ("record", first.valid_from)
    assert kinds["name"] == ("list", None)
    assert [one.event for one in record.history] == ["changed", "listed"]
    assert [one.is_first for one in record.history] == [False, True]
