"""The page of one organization: everything the register holds about it, today and on a past day, and what officials do."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.audit.models import Look
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.door import acting
from gongzhi.orgs.models import Mark, Organization
from gongzhi.registry import actions
from gongzhi.registry.actions.objections import CODES_AN_HOUR, OBJECTIONS_AN_HOUR
from gongzhi.registry.models import Branch, Confirmation, Doubt, Host, Lineage, Objection, Officer, Source, Version
from gongzhi.registry.selectors import record_of
from gongzhi.registry.tests.test_objections import answer, hand_in, kept
from gongzhi.registry.tests.test_records import DAY, WHY, do, group
from tests.access import a_doubt
from tests.test_access import signed_in
from tests.world import GUANGDONG, HUANGPU, SHENZHEN

PAGE = f"/orgs/{SHENZHEN}/"
DESK = f"/workbench/orgs/{SHENZHEN}/"
OBJECTION = f"{PAGE}objection/"
SINCE = {"since-year": "2022", "since-month": "5", "since-day": "1"}
ON = {"on-year": "2022", "on-month": "5", "on-day": "1"}


def get(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address, secure=True)
    assert response.status_code == status, (address, response.status_code)
    return response.content.decode()


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def post(client: Client, address: str, typed: dict[str, str], status: int) -> str:
    response = client.post(address, typed, secure=True)
    assert response.status_code == status, (address, response.status_code, text_of(response.content.decode())[:600])
    return response.content.decode()


def shenzhen() -> Organization:
    return Organization.objects.get(credit_code=SHENZHEN)


# --- what the page shows ---


@pytest.mark.django_db
def test_every_item_shows_its_source_its_confirmation_and_what_is_missing_as_a_dashed_cell(client: Client) -> None:
    page = get(client, PAGE)
    for word in ("名称", "住所", "宗旨", "业务范围", "法定代表人", "开办资金", "业务主管单位", "登记管理机关"):
        assert word in page
    for word in ("行业管理部门", "党建工作机构", "活动领域", "状态"):
        assert word in page
    gaps = re.findall(
        r'<th scope="row" role="rowheader">([^<]+)</th><td role="cell" colspan="3"><span class="gap">', page
    )
    assert {"宗旨", "法定代表人"} <= set(gaps)
    assert "名称" not in gaps
    assert page.count("缺") >= len(gaps)
    assert "确认" in page, "the first version's own source confirms it"


@pytest.mark.django_db
def test_a_body_whose_only_knowledge_is_its_first_list_is_confirmed_by_that_list(client: Client) -> None:
    body = group(101, "深圳市××助老协会")
    assert not Confirmation.objects.filter(org=body).exists()
    record = record_of(body)
    listed = Source.objects.filter(versions__org=body).get().dated_on
    assert record.confirmed_on == listed
    assert {fact.confirmed_on for fact in record.facts} == {listed}


@pytest.mark.django_db
def test_officers_branches_hosts_kin_and_marks_stand_on_the_page(client: Client) -> None:
    body, small, host = group(102, "深圳市××助老协会"), group(103, "深圳市××敬老协会"), group(104, "深圳市××联合会")
    do(actions.record_officer, organization=body, name="钱××", post="chair", since=DAY, reason=WHY)
    do(
        actions.record_branch,
        organization=body,
        kind="branch",
        name="深圳市××助老协会助浴专业委员会",
        since=DAY,
        reason=WHY,
    )
    do(actions.record_host, organization=body, name="深圳市××联合会", host=host, since=DAY, reason=WHY)
    do(actions.record_lineage, origin=small, successor=body, kind="merger", on=DAY, reason=WHY, ends_origin=True)
    Mark.objects.create(
        org=body, code="charity", value="yes", set_by_app="registry", source="x", valid_from=DAY, known_from=Mark.now()
    )
    page = text_of(get(client, f"/orgs/{body.credit_code}/"))
    for word in (
        "钱××",
        "理事长",
        "助浴专业委员会",
        "不具有法人资格",
        "深圳市××联合会",
        "不因挂靠取得法人资格",
        "深圳市××敬老协会",
    ):
        assert word in page, word
    assert "深圳市××助老协会" in text_of(get(client, f"/orgs/{host.credit_code}/"))
    ended = text_of(get(client, f"/orgs/{small.credit_code}/"))
    assert "已注销" in ended
    assert "深圳市××助老协会" in ended
    past = text_of(get(client, f"/orgs/{body.credit_code}/?on=2020-01-01"))
    assert "钱××" not in past
    assert "助浴专业委员会" not in past
    then = text_of(get(client, f"/orgs/{body.credit_code}/?on=2022-06-01&known=2022-06-02"))
    assert "没有关于这家组织的记载" in then


@pytest.mark.django_db
def test_end_states_and_entries_in_error_are_said_at_the_top(client: Client) -> None:
    assert "不再存续" in get(client, f"/orgs/{HUANGPU}/")
    assert "不再存续" not in get(client, PAGE)
    body = group(105, "深圳市××助老协会")
    source = Source.objects.order_by("pk")[0]
    amend(
        Version,
        owner={"org_id": body.pk},
        on=DAY,
        changes={"standing": "void"},
        about={"source_id": source.pk, "source_row": None, "event": "undone"},
    )
    page = get(client, f"/orgs/{body.credit_code}/")
    assert "录入有误" in page
    assert "不再存续" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "says"), [("community_group", "没有法人资格"), ("overseas_office", "公安机关"), ("social_group", "")]
)
def test_kinds_that_are_no_legal_persons_say_so(client: Client, kind: str, says: str) -> None:
    body = group(106, "深圳市××助老协会")
    Organization.objects.filter(pk=body.pk).update(kind=kind)
    page = get(client, f"/orgs/{body.credit_code}/")
    assert ("没有法人资格" in page) is bool(says)
    assert says in page


@pytest.mark.django_db
def test_a_past_day_counts_what_differs_and_refuses_a_day_that_has_not_come(client: Client) -> None:
    body = group(107, "深圳市××敬老协会")
    do(actions.change_item, organization=body, item="name", value="深圳市××助老协会", on=DAY, reason=WHY)
    do(actions.correct_item, organization=body, item="domicile", value="示例路 9 号", reason=WHY)
    page = text_of(get(client, f"/orgs/{body.credit_code}/?on=2020-01-01"))
    assert "与今天不同的 2 项" in page
    assert "现名：深圳市××助老协会" in page.replace(" ", "")
    future = get(client, f"/orgs/{body.credit_code}/?on=2999-01-01")
    assert "asofb" not in future
    assert "这一天还没有到" in future
    before = get(client, f"/orgs/{body.credit_code}/?on=2020-01-01&known=2019-01-01")
    assert "没有关于这家组织的记载" in before, "known before the day is answered too"


@pytest.mark.django_db
def test_very_long_texts_and_markup_are_shown_as_they_are(client: Client) -> None:
    text = "<script>alert(1)</script>" + "长" * 3900
    do(actions.correct_item, organization=shenzhen(), item="scope", value=text, reason=WHY)
    page = get(client, PAGE)
    assert "<script>alert" not in page
    assert "长" * 3900 in page


@pytest.mark.django_db
def test_few_and_many_things_around_an_organization_cost_the_same_queries(client: Client) -> None:
    body = group(108, "深圳市××助老协会")
    others = [group(200 + number, f"深圳市××友邻{number}协会") for number in range(30)]
    source = Source.objects.order_by("pk")[0]

    def fill(begin: int, end: int) -> None:
        known: dict[str, Any] = {"known_from": Version.now(), "source": source}
        for number in range(begin, end):
            Officer.objects.create(org=body, name=f"钱{number}", post="director", **known)
            Branch.objects.create(org=body, kind="branch", name=f"{body.name}第{number}分会", **known)
            Host.objects.create(org=body, name=f"单位{number}", host=others[number], **known)
            Host.objects.create(org=others[number], name=body.name, host=body, **known)
            Lineage.objects.create(from_org=others[number], to_org=body, kind="merger", on_date=DAY, **known)
            Doubt.objects.create(
                org=body, column="备注", value=str(number), rule="import.placeholder", source=source, source_row=number
            )

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            get(client, f"/orgs/{body.credit_code}/")
        return len(caught)

    fill(0, 3)
    get(client, f"/orgs/{body.credit_code}/")
    few = queries()
    fill(3, 30)
    assert queries() == few


# --- records by page ---


@pytest.mark.django_db
def test_an_officer_records_by_page_and_everybody_reads_it(client: Client) -> None:
    signed_in(client, "dana")
    desk = get(client, DESK)
    assert "record/officer/" in desk
    assert "record/branch/" not in desk, "a social service institution has no branches"
    get(client, f"{DESK}record/branch/", 404)
    get(client, f"{DESK}record/nothing/", 404)
    post(client, f"{DESK}record/officer/", {"name": "钱××", "post": "chair", "reason": WHY, **SINCE}, 302)
    assert "钱××" in get(Client(), PAGE)
    row = Officer.objects.get(name="钱××")
    assert row.valid_from == dt.date(2022, 5, 1)
    desk = get(client, f"{DESK}?done=officer")
    assert "已录入" in desk
    end = f"{DESK}record/officer/{row.pk}/end/"
    assert end.replace(SHENZHEN, shenzhen().public_id) in desk
    get(client, f"{DESK}record/chair/{row.pk}/end/", 404)
    typed = {"until-year": "2022", "until-month": "4", "until-day": "1", "reason": WHY}
    assert "早于" in post(client, end, typed, 422)
    post(client, end, {**typed, "until-month": "12"}, 302)
    assert "钱××" not in get(Client(), PAGE)
    get(client, end, 404)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "typed", "shown"),
    [
        ("change", {"item": "domicile", "value": "示例路 9 号", "reason": WHY, **ON}, "示例路 9 号"),
        ("host", {"name": "示例大学", "code": "", "reason": WHY, **SINCE}, "示例大学"),
        (
            "certificate",
            {"reason": WHY, **SINCE, "until-year": "2027", "until-month": "4", "until-day": "30"},
            "2027-04-30",
        ),
        ("mark", {"mark": "charity", "held": "given", "reason": WHY, **ON}, "慈善组织"),
        ("division", {"division": "440304", "reason": "区划调整", **ON}, "440304"),
        ("end", {"standing": "cancelled", "reason": WHY, **ON}, "已注销"),
    ],
)
def test_each_record_is_entered_by_its_own_form(client: Client, slug: str, typed: dict[str, str], shown: str) -> None:
    signed_in(client, "dana")
    get(client, f"{DESK}record/{slug}/")
    refused = post(client, f"{DESK}record/{slug}/", {"reason": "保留的字"}, 422)
    assert "保留的字" in refused, "nothing typed is lost"
    assert "govuk-error-summary" in refused
    post(client, f"{DESK}record/{slug}/", typed, 302)
    assert shown in get(Client(), PAGE)


@pytest.mark.django_db
def test_a_merger_is_entered_from_either_side(client: Client) -> None:
    here, there = group(111, "深圳市××助老协会"), group(112, "深圳市××敬老协会")
    signed_in(client, "dana")
    form = f"/workbench/orgs/{here.credit_code}/record/lineage/"
    typed = {"direction": "in", "kind": "merger", "other": there.credit_code or "", "ends": "on", "reason": WHY, **ON}
    assert "没有唯一" in post(client, form, {**typed, "other": "nothing"}, 422)
    post(client, form, typed, 302)
    there.refresh_from_db()
    assert there.standing == "cancelled"
    assert Lineage.objects.get().to_org == here


@pytest.mark.django_db
def test_a_regional_branch_is_refused_by_page_with_the_article(client: Client) -> None:
    body = group(113, "深圳市××茶叶协会")
    signed_in(client, "dana")
    typed = {"kind": "branch", "name": "深圳市××茶叶协会福田分会", "reason": WHY}
    page = post(client, f"/workbench/orgs/{body.credit_code}/record/branch/", typed, 422)
    assert "《社会团体登记管理条例》第十七条" in page
    assert "深圳市××茶叶协会福田分会" in page


# --- objections by page ---


def typed_objection(**changes: str) -> dict[str, str]:
    return {"item": "domicile", "says": "应为示例路 8 号", "evidence": "登记证书", "contact": "", **changes}


@pytest.mark.django_db
def test_anybody_objects_without_an_account_and_reads_the_answer_with_a_code(client: Client) -> None:
    assert f"{OBJECTION}?item=domicile" in get(client, PAGE)
    assert '<option value="domicile" selected>' in get(client, f"{OBJECTION}?item=domicile")
    handed = post(client, OBJECTION, typed_objection(), 200)
    code = re.search(r"(?:[2-9A-Z]{4}-){2,}[2-9A-Z]{1,4}", handed)
    address = re.search(r'href="(/objections/[2-9A-Z]{10}/)"', handed)
    assert code
    assert address
    page = get(client, address[1])
    assert "示例路 8 号" not in page
    assert "没有这个编号" in post(client, address[1], {"code": "AAAA-BBBB-CCCC"}, 422)
    assert "待答复" in post(client, address[1], {"code": code[0]}, 200)
    shown = text_of(get(client, PAGE))
    assert "1 条异议待答复" in shown
    assert "应为示例路 8 号" not in shown, "what is typed is public only after the answer"
    officer = signed_in(Client(), "dana")
    desk = get(officer, "/workbench/objections/")
    assert "深圳市××社工服务社" in desk
    form = address[1].replace("/objections/", "/workbench/objections/")
    typed = {"outcome": "uphold", "item": "domicile", "value": "示例路 8 号", "answer": "已核实，更正"}
    post(officer, form, {"outcome": "uphold", "item": "domicile", "value": "示例路 4 号", "answer": "留着"}, 422)
    post(officer, form, typed, 302)
    shown = text_of(get(Client(), PAGE))
    for word in ("示例路 8 号", "应为示例路 8 号", "已核实，更正"):
        assert word in shown
    assert "条异议待答复" not in shown
    assert "已核实，更正" in post(client, address[1], {"code": code[0].lower()}, 200)
    assert "已核实，更正" in get(officer, form)


@pytest.mark.django_db
def test_nothing_typed_is_lost_and_too_many_objections_are_slowed_down(client: Client) -> None:
    page = post(client, OBJECTION, typed_objection(evidence="", contact="我的微信"), 422)
    for word in ("应为示例路 8 号", "我的微信", "govuk-error-summary"):
        assert word in page
    for _time in range(OBJECTIONS_AN_HOUR):
        post(client, OBJECTION, typed_objection(), 200)
    page = post(client, OBJECTION, typed_objection(), 429)
    assert "应为示例路 8 号" in page
    assert "稍后再试" in page
    with acting(Actor.system("test")):
        assert Objection.objects.count() == OBJECTIONS_AN_HOUR


@pytest.mark.django_db
def test_guessing_codes_is_slowed_down(client: Client) -> None:
    address = f"/objections/{hand_in().public_id}/"
    for _time in range(CODES_AN_HOUR):
        post(client, address, {"code": "AAAA-BBBB-CCCC"}, 422)
    post(client, address, {"code": "AAAA-BBBB-CCCC"}, 429)


@pytest.mark.django_db
def test_who_is_signed_in_reads_the_own_objection_and_nobody_elses(client: Client) -> None:
    mine, other = hand_in("rita"), hand_in()
    signed_in(client, "rita")
    assert "示例路 8 号" in get(client, f"/objections/{mine.public_id}/")
    assert "示例路 8 号" not in get(client, f"/objections/{other.public_id}/")


@pytest.mark.django_db
def test_a_contact_is_shown_on_asking_only_and_the_look_is_written_down(client: Client) -> None:
    handed = hand_in(contact="13812340013")
    address = f"/workbench/objections/{handed.public_id}/"
    signed_in(client, "dana")
    page = get(client, address)
    assert "138****0013" in page
    assert "13812340013" not in page
    looks = Look.objects.count()
    assert "13812340013" in post(client, address, {"contact": "show"}, 200)
    assert Look.objects.count() == looks + 1
    answer(handed)
    assert "13812340013" not in get(Client(), PAGE)
    assert kept(handed).state == "declined"


@pytest.mark.django_db
def test_the_list_of_objections_shows_the_waiting_first_and_costs_the_same_for_few_and_many(client: Client) -> None:
    done = hand_in()
    answer(done)
    for _time in range(2):
        hand_in()
    signed_in(client, "dana")
    page = get(client, "/workbench/objections/")
    assert page.index("待答复") < page.index("异议不成立")

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            get(client, "/workbench/objections/")
        return len(caught)

    few = queries()
    for _time in range(40):
        hand_in()
    assert queries() == few
    page = get(client, "/workbench/objections/")
    onward = re.search(r'rel="next" href="([^"]+)"', page)
    assert onward
    assert "异议不成立" in get(client, f"/workbench/objections/{onward[1].replace('&amp;', '&')}")
    assert get(client, f"/workbench/objections/?cursor={quote('nothing')}")


# --- doubts by page ---


@pytest.mark.django_db
def test_an_officer_settles_a_doubt_by_page(client: Client) -> None:
    number = a_doubt()
    signed_in(client, "dana")
    assert f"/workbench/doubts/{number}/" in get(client, "/workbench/doubts/")
    address = f"/workbench/doubts/{number}/"
    assert '<option value="fund_fen" selected>' in get(client, address)
    typed = {"outcome": "use", "item": "fund_fen", "value": "7.00", "reason": "留着的理由"}
    page = post(client, address, typed, 422)
    assert "留着的理由" in page, "an amount needs its unit"
    post(client, address, {**typed, "value": "7.00 万元"}, 302)
    assert "70,000.00" in get(Client(), PAGE)
    get(client, address, 404)


@pytest.mark.django_db
def test_an_officer_leaves_a_doubt_open_for_ever(client: Client) -> None:
    number = a_doubt()
    signed_in(client, "dana")
    post(client, f"/workbench/doubts/{number}/", {"outcome": "dismiss", "reason": "无法核实"}, 302)
    assert Doubt.objects.get(pk=number).settled_at is not None
    assert "50,000.00" in get(client, PAGE), "the register says what it said"


@pytest.mark.django_db
def test_a_whole_column_gets_its_unit_by_page(client: Client) -> None:
    number = a_doubt()
    body = group(120, "深圳市××助老协会")
    first = Doubt.objects.get(pk=number)
    Doubt.objects.create(
        org=body, column=first.column, value="3.00", rule=first.rule, source=first.source, source_row=5
    )
    signed_in(client, "dana")
    assert f"/workbench/doubts/{number}/column/" in get(client, "/workbench/doubts/")
    address = f"/workbench/doubts/{number}/column/"
    page = get(client, address)
    assert "50,000.00" in page
    assert "5.00" in page
    post(client, address, {"reason": "名录说明"}, 422)
    post(client, address, {"unit": "万元", "reason": "名录说明"}, 302)
    assert not Doubt.objects.waiting_within("44/4403/").filter(column=first.column).exists()


@pytest.mark.django_db
def test_the_list_of_doubts_holds_the_officers_own_and_costs_the_same_for_few_and_many(client: Client) -> None:
    source = Source.objects.order_by("pk")[0]

    def more(count: int, begin: int) -> None:
        for number in range(begin, begin + count):
            Doubt.objects.create(
                org=shenzhen(),
                column="备注",
                value=f"值{number}",
                rule="import.placeholder",
                source=source,
                source_row=number,
            )

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            get(client, "/workbench/doubts/")
        return len(caught)

    signed_in(client, "dana")
    more(3, 0)
    few = queries()
    more(40, 3)
    assert queries() == few
    page = get(client, "/workbench/doubts/")
    assert "广东省××助老基金会" not in page, "the province's bodies are not Shenzhen's"
    assert 'rel="next"' in page
    onlooker = get(signed_in(Client(), "rosa"), "/workbench/doubts/")
    assert "/workbench/doubts/1" not in onlooker
    assert GUANGDONG not in onlooker
