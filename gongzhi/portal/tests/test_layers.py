"""The pages of the settings: what holds and who said so, the forms for whoever may, and the place a visitor reads for."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.core.times import today
from gongzhi.portal.tests.test_pages import HAN, text_of
from gongzhi.reference.models import Division
from gongzhi.rulebook.catalogue import definitions
from gongzhi.rulebook.models import Setting
from gongzhi.rulebook.selectors import layers
from gongzhi.rulebook.tests.levels import GUANGDONG, NANSHAN, NATION, SHENZHEN, choose, head, house, take_back
from tests.test_access import signed_in
from tests.world import actor_of

pytestmark = pytest.mark.django_db

LIST, HOUSE = "/workbench/settings/", "/desk/settings/"
WELCOME = f"{LIST}site.welcome/"


def day(on: dt.date | None = None, prefix: str = "") -> dict[str, str]:
    on = on or today()
    return {
        f"{prefix}valid_from-year": str(on.year),
        f"{prefix}valid_from-month": str(on.month),
        f"{prefix}valid_from-day": str(on.day),
    }


def given(value: str = "欢迎", **more: str) -> dict[str, str]:
    return {"do": "set", "value": value, "reason": "示例理由"} | day() | more


def back(on: dt.date | None = None) -> dict[str, str]:
    return {"do": "take_back", "back-reason": "不再需要"} | day(on, "back-")


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address, secure=True)
    assert answer.status_code == status, address
    return answer.content.decode()


def value_at(path: str, code: str = "site.welcome") -> str:
    return layers.held(code, path=path).value


# --- the workbench ---


def test_the_list_shows_every_setting_with_value_level_body_and_day(client: Client) -> None:
    choose("site.welcome", "广东欢迎您", GUANGDONG, locked=True, reason="全省一致")
    text = page(signed_in(client, "dana"), LIST)
    for one in definitions():
        assert str(one.label) in text
    for part in ("广东欢迎您", "广东省", "平台运营单位", "已锁定", "全省一致", f"{today():%Y-%m-%d}", "5个工作日"):
        assert part in text
    assert "安××" not in text  # a body says so, never a person


def test_what_holds_at_a_division_is_asked_by_name_and_by_code(client: Client) -> None:
    choose("site.welcome", "浙江欢迎您", "33/")
    dana = signed_in(client, "dana")
    assert "浙江欢迎您" not in page(dana, LIST)
    for asked in ("浙江省", "浙江", "330000"):
        assert "浙江欢迎您" in page(dana, f"{LIST}?at={asked}"), asked
    assert "浙江欢迎您" not in page(dana, f"{LIST}?at=全国")
    wrong = page(dana, f"{LIST}?at=<b>没有这里</b>", 422)
    assert "没有叫这个名称的现行行政区划" in wrong
    assert "&lt;b&gt;没有这里" in wrong
    shared = page(dana, f"{LIST}?at=鼓楼区", 422)
    assert shared.count('href="?at=') > 1


def test_strange_addresses_are_missing_pages(client: Client) -> None:
    dana = signed_in(client, "dana")
    page(dana, f"{LIST}site.colour/", 404)
    page(dana, f"{WELCOME}?at=000001", 404)
    for code in ("%00", "-1", "44%27", "4403000000000", "%D9%A4%D9%A4%D9%A4%D9%A4%D9%A4%D9%A4"):
        page(dana, f"{WELCOME}?at={code}", 404)
    for name in ("%00", "%27", "x" * 999, "4403000000000"):
        page(dana, f"{LIST}?at={name}", 422)
    page(signed_in(Client(), "alice"), f"{HOUSE}site.colour/", 404)


def test_an_administrator_sets_locks_and_takes_back_by_page(client: Client) -> None:
    adam = signed_in(client, "adam")
    address = f"{WELCOME}?at=440300"
    answer = adam.post(address, given("欢迎来深圳", locked="on"), secure=True)
    assert answer.status_code == 302
    text = page(adam, answer["Location"])
    assert "已记录" in text
    assert "欢迎来深圳" in text
    assert "示例理由" in text
    row = Setting.objects.get()
    assert (row.scope, row.value, row.locked) == (SHENZHEN, "欢迎来深圳", True)
    assert adam.post(address, back(), secure=True).status_code == 302
    assert value_at(SHENZHEN) == ""
    text = page(adam, address)
    assert "已收回" in text  # the history keeps both
    assert "欢迎来深圳" in text


def test_what_is_decided_for_later_is_shown_and_can_be_taken_back(client: Client) -> None:
    later = today() + dt.timedelta(days=30)
    adam = signed_in(client, "adam")
    address = f"{WELCOME}?at=440300"
    assert adam.post(address, given("下个月的话") | day(later), secure=True).status_code == 302
    assert value_at(SHENZHEN) == ""
    text = page(adam, address)
    assert "以后生效" in text
    assert f"{later:%Y-%m-%d}" in text
    assert adam.post(address, back(later), secure=True).status_code == 302
    assert layers.held("site.welcome", path=SHENZHEN, on=later).value == ""


def test_a_lower_value_under_a_lock_is_shown_as_overridden(client: Client) -> None:
    choose("site.welcome", "深圳的话", SHENZHEN)
    choose("site.welcome", "全国的话", locked=True, reason="全国一致")
    dana = signed_in(client, "dana")
    text = page(dana, WELCOME)
    for part in ("全国的话", "深圳的话", "被锁定覆盖", "上级已锁定", "全国一致"):
        assert part in text
    assert "下级有 1 个值未生效" in page(dana, LIST)


@pytest.mark.parametrize(
    ("code", "changes", "sentence"),
    [
        ("site.welcome", {"value": ""}, "填写"),
        ("site.welcome", {"value": "长" * 201}, "200"),
        ("site.name", {"value": "甲\u202e乙"}, "无法显示的字符"),
        ("site.welcome", {"reason": " "}, "填写"),
        ("site.welcome", {"valid_from-month": "13"}, "月"),
        ("site.welcome", {"valid_from-year": "1999"}, "今天起生效"),
        ("promise.question_days", {"value": "9"}, "不得长于参数"),
        ("promise.question_days", {"value": "三天"}, "整数"),
        ("module.loudspeaker", {"value": "maybe"}, ""),
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(
    client: Client, code: str, changes: dict[str, str], sentence: str
) -> None:
    adam = signed_in(client, "adam")
    answer = adam.post(f"{LIST}{code}/?at=440300", given(reason="为什么这样") | changes, secure=True)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert sentence in text
    assert "reason" in changes or "为什么这样" in text
    assert not Setting.objects.exists()


def test_a_lock_set_meanwhile_refuses_with_who_locked_and_keeps_what_was_typed(client: Client) -> None:
    victor = head(SHENZHEN)
    assert victor.path == SHENZHEN
    mine = signed_in(client, "victor")
    assert 'name="value"' in page(mine, WELCOME)
    choose("site.welcome", "全国的话", locked=True)
    answer = mine.post(WELCOME, given("自己的话"), secure=True)
    assert answer.status_code == 422
    assert "平台运营单位" in answer.content.decode()
    assert "自己的话" in answer.content.decode()
    assert 'name="value"' not in page(mine, WELCOME)
    assert mine.post(WELCOME, back(), secure=True).status_code == 422  # nothing of one's own to take back


def test_only_who_may_set_is_shown_the_form_and_reach_ends_at_the_subtree(client: Client) -> None:
    assert 'name="value"' not in page(signed_in(Client(), "dana"), WELCOME)
    head(SHENZHEN)
    mine = signed_in(client, "victor")
    assert 'name="value"' in page(mine, f"{WELCOME}?at=440305")
    assert mine.post(f"{WELCOME}?at=440305", given(), secure=True).status_code == 302
    for elsewhere in ("440000", "330000", "100000"):
        assert 'name="value"' not in page(mine, f"{WELCOME}?at={elsewhere}")
        status = mine.post(f"{WELCOME}?at={elsewhere}", given(), secure=True).status_code
        assert status == 403
    assert not Setting.objects.exclude(scope=NANSHAN).exists()


def test_a_level_that_does_not_choose_a_setting_says_so(client: Client) -> None:
    choose("site.name", "鹏城社会组织网", SHENZHEN)
    alice = signed_in(client, "alice")
    text = page(alice, f"{HOUSE}site.name/")
    assert "这一级不能选择此项" in text
    assert alice.post(f"{HOUSE}site.name/", given("本社网"), secure=True).status_code == 422


# --- an organization's desk ---


def test_an_owner_chooses_and_a_reader_only_sees(client: Client) -> None:
    address = f"{HOUSE}desk.greeting/"
    alice = signed_in(client, "alice")
    listed = page(alice, HOUSE)
    assert "组织工作台寄语" in listed
    assert listed.count("可自行选择") == 5  # words on the desk, three channels, days for answers
    choose("notice.sms", "yes", SHENZHEN, locked=True)
    assert page(alice, HOUSE).count("可自行选择") == 4
    form = page(alice, address)
    assert 'name="value"' in form
    assert 'name="locked"' not in form
    assert alice.post(address, given("请走东门", locked="on"), secure=True).status_code == 302
    row = Setting.objects.get(code="desk.greeting")
    assert (row.scope, row.value, row.locked, row.set_by_name) == (house(), "请走东门", False, "深圳市××社工服务社")
    bob = signed_in(Client(), "bob")
    text = page(bob, address)
    assert "请走东门" in text
    assert 'name="value"' not in text
    assert bob.post(address, given("别人"), secure=True).status_code == 403
    assert alice.post(address, back(), secure=True).status_code == 302
    assert layers.held("desk.greeting", path=SHENZHEN, org_id=actor_of("alice").org_id).value == ""


def test_a_lock_of_the_division_stands_on_the_desk_with_its_reason(client: Client) -> None:
    choose("desk.greeting", "请走东门", house(), by="alice")
    choose("desk.greeting", "全市一致", SHENZHEN, locked=True, reason="防汛期间")
    text = page(signed_in(client, "alice"), f"{HOUSE}desk.greeting/")
    for part in ("全市一致", "请走东门", "被锁定覆盖", "防汛期间", "平台运营单位"):
        assert part in text
    assert 'name="value"' not in text
    assert 'name="back-reason"' in text  # one's own word may be taken back all the same


def test_no_office_sees_what_an_organization_chose_for_itself(client: Client) -> None:
    choose("desk.greeting", "请走东门", house(), by="alice")
    for name, address in (("dana", f"{LIST}desk.greeting/"), ("adam", f"{LIST}desk.greeting/?at=440300")):
        assert "请走东门" not in page(signed_in(Client(), name), address)
    assert "请走东门" not in page(signed_in(client, "carol"), f"{HOUSE}desk.greeting/")


# --- the same work whatever stands there ---


def test_three_divisions_and_thirty_need_the_same_queries(client: Client) -> None:
    adam = signed_in(client, "adam")
    paths = list(Division.objects.filter(path__regex=r"^44/\d{4}/\d{6}/$").values_list("path", flat=True).distinct())
    assert len(paths) > 30
    costs = []
    for first, last in ((0, 3), (3, 30)):
        for path in paths[first:last]:
            choose("site.welcome", f"欢迎 {path}", path)
        cost = []
        for address in (f"{LIST}?at=440000", f"{WELCOME}?at=440000"):
            page(adam, address)
            with CaptureQueriesContext(connection) as seen:
                text = page(adam, address)
            cost.append(len(seen))
        costs.append(cost)
        assert text.count("?at=44") >= last
    assert costs[0] == costs[1]


def test_a_long_history_and_a_short_one_need_the_same_queries(client: Client) -> None:
    adam, address = signed_in(client, "adam"), f"{WELCOME}?at=440300"
    costs = []
    for first, last in ((0, 3), (3, 30)):
        for number in range(first, last):
            choose("site.welcome", f"第{number}次", SHENZHEN, on=today() + dt.timedelta(days=number))
        page(adam, address)
        with CaptureQueriesContext(connection) as seen:
            page(adam, address)
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_english_pages_hold_no_chinese_but_data(client: Client) -> None:
    choose("site.welcome", "欢迎", SHENZHEN, locked=True, reason="理由")
    choose("site.help_line", "十二三四五", SHENZHEN)
    choose("desk.greeting", "请走东门", house(), by="alice")
    take_back("desk.greeting", house(), by="alice")
    dana, alice = signed_in(client, "dana"), signed_in(Client(), "alice")
    for reader, address in (
        (dana, LIST),
        (dana, WELCOME),
        (alice, HOUSE),
        (alice, f"{HOUSE}desk.greeting/"),
        (alice, f"{HOUSE}site.welcome/"),
        (Client(), "/place/"),
    ):
        left = set(HAN.findall(text_of(page(reader, f"/en{address}")))) - {"中文", "共治"}
        assert not left, (address, left)


# --- the place a visitor reads for ---


def test_a_place_is_kept_in_one_cookie_of_this_host_and_forgotten_again(client: Client) -> None:
    answer = client.post("/place/", {"at": "深圳市", "next": "/orgs/"}, secure=True)
    assert (answer.status_code, answer["Location"]) == (302, "/orgs/")
    cookie = answer.cookies["__Host-place"]
    assert (cookie.value, cookie["secure"], cookie["httponly"], cookie["samesite"]) == ("44-4403", True, True, "Lax")
    assert "深圳市" in page(client, "/place/")
    client.post("/place/", {"do": "forget"}, secure=True)
    assert client.cookies["__Host-place"].value == ""


@pytest.mark.parametrize("kept", ["44-4403x", "../../etc", "44-4403' OR 1=1", "é", "99-9999-999999", "", "4" * 5000])
def test_a_cookie_somebody_made_up_shows_the_platforms_own_words(client: Client, kept: str) -> None:
    choose("site.welcome", "深圳的话", SHENZHEN)
    client.cookies["__Host-place"] = kept
    assert "深圳的话" not in page(client, "/")


@pytest.mark.parametrize("body", [{}, {"at": ""}, {"at": "没有这里"}, {"at": "x" * 5000}, {"at": "鼓楼区"}])
def test_a_place_that_is_none_or_several_is_asked_again(client: Client, body: dict[str, Any]) -> None:
    answer = client.post("/place/", body, secure=True)
    assert answer.status_code == 422
    assert "__Host-place" not in answer.cookies
    several = len(re.findall(r'name="at" value="\d+"', answer.content.decode()))
    assert (several > 1) is (body.get("at") == "鼓楼区")


def test_the_nation_is_no_place_and_nobody_is_sent_elsewhere(client: Client) -> None:
    choose("site.welcome", "全国欢迎您", NATION)
    answer = client.post("/place/", {"at": "全国", "next": "https://evil.example/"}, secure=True)
    assert answer["Location"] == "/"
    assert client.cookies["__Host-place"].value == ""
    assert "全国欢迎您" in page(client, "/")
