"""What belongs to one person: saved searches and messages by page."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from django.test import Client

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.notify import contracts
from gongzhi.notify.actions import notify
from gongzhi.notify.enums import Category
from gongzhi.notify.models import Message, Outbox, Preference
from gongzhi.orgs.actions import save_search
from gongzhi.orgs.models import SavedSearch
from gongzhi.orgs.notifications import SAVED_SEARCH_ANSWERED
from gongzhi.orgs.search.asking import Asked
from gongzhi.portal.tests.test_pages import get, queries
from gongzhi.registry.notifications import OBJECTION_ANSWERED
from tests.test_access import signed_in
from tests.world import account_of, actor_of

ADDRESS = "/my/searches/?q=" + quote("助老") + "&kind=foundation&place=44/"


def mine() -> list[SavedSearch]:
    with acting(actor_of("rita")):
        return list(SavedSearch.objects.order_by("pk"))


def letters() -> list[Message]:
    with acting(actor_of("rita")):
        return list(Message.objects.order_by("pk"))


def leave(number: int, search: SavedSearch) -> None:
    clock = Actor.system("orgs.look_again")
    for n in range(number):
        with acting(clock):
            assert notify(
                actor=clock, person_id=account_of("rita").person_id, kind=SAVED_SEARCH_ANSWERED.code,
                params={"count": n + 1}, key=f"test:{search.public_id}:{n}", url_name="portal:saved_search",
                url_args=[search.public_id],
            )  # fmt: skip


@pytest.mark.django_db
def test_a_search_is_saved_from_the_results_named_listed_and_removed(client: Client) -> None:
    signed_in(client, "rita")
    results = get(client, "/orgs/?q=" + quote("助老"))
    assert 'href="/my/searches/?q=' in results
    form = get(client, ADDRESS)
    assert "助老 类别：基金会 区划：广东省" in form, "a name is proposed"
    answer = client.post(ADDRESS, {"name": "广东的助老基金会"}, secure=True)
    assert answer.status_code == 302
    page = get(client, "/my/searches/")
    assert "广东的助老基金会" in page
    assert "类别：基金会" in page
    (saved,) = mine()
    there = client.get(f"/my/searches/{saved.public_id}/", secure=True)
    assert there.status_code == 302
    assert there["Location"] == "/orgs/?q=" + quote("助老") + "&kind=foundation&place=44%2F"
    assert client.post(f"/my/searches/{saved.public_id}/remove/", secure=True).status_code == 302
    assert mine() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "name"), [(ADDRESS, ""), (ADDRESS, "名" * 101), ("/my/searches/", "什么都没问"), (ADDRESS, "已有")]
)
def test_a_search_that_cannot_be_saved_is_shown_again(client: Client, address: str, name: str) -> None:
    signed_in(client, "rita")
    client.post(ADDRESS, {"name": "已有"}, secure=True)
    answer = client.post(address, {"name": name}, secure=True)
    assert answer.status_code == 422
    assert "govuk-error-summary" in answer.content.decode()
    assert len(mine()) == 1


@pytest.mark.django_db
def test_another_persons_search_is_not_there(client: Client) -> None:
    rita = actor_of("rita")
    with acting(rita):
        saved = save_search(actor=rita, name="我存的搜索", asked=Asked.of({"q": "助老"}))
    client.force_login(account_of("rosa"))  # for herself, not for her agency
    assert "我存的" not in get(client, "/my/searches/")
    assert client.get(f"/my/searches/{saved.public_id}/", secure=True).status_code == 404
    assert client.post(f"/my/searches/{saved.public_id}/remove/", secure=True).status_code == 404


@pytest.mark.django_db
def test_who_acts_for_an_agency_is_told_how_to_be_oneself(client: Client) -> None:
    signed_in(client, "dana")
    for address in ("/my/messages/", "/my/searches/"):
        page = get(client, address)
        assert "深圳市民政局" in page
        assert 'action="/acting/"' in page
    client.post("/acting/", {"agency": ""}, secure=True)
    assert "没有消息" in get(client, "/my/messages/")


@pytest.mark.django_db
def test_a_message_names_the_search_and_opening_it_marks_it_read_and_leads_there(client: Client) -> None:
    signed_in(client, "rita")
    client.post(ADDRESS, {"name": "广东的助老基金会"}, secure=True)
    (saved,) = mine()
    leave(2, saved)
    page = get(client, "/my/messages/")
    assert page.count("广东的助老基金会") >= 2
    assert "常用搜索：2 家组织新增或有变化" in page
    assert "2 条未读" in page
    assert all(one.read_at is None for one in letters()), "looking changes nothing"
    first = letters()[0]
    opened = client.post("/my/messages/", {"message": first.pk, "open": "1"}, secure=True)
    assert opened["Location"] == f"/my/searches/{saved.public_id}/"
    assert [one.read_at is None for one in letters()] == [False, True]
    page = get(client, "/my/messages/")
    fresh = re.findall(r'name="message" value="(\d+)"', page)
    client.post("/my/messages/", {"message": fresh}, secure=True)
    assert "全部已读" in get(client, "/my/messages/")


@pytest.mark.django_db
def test_a_message_about_a_removed_search_stays_readable(client: Client) -> None:
    signed_in(client, "rita")
    client.post(ADDRESS, {"name": "会删掉"}, secure=True)
    (saved,) = mine()
    leave(1, saved)
    client.post(f"/my/searches/{saved.public_id}/remove/", secure=True)
    page = get(client, "/my/messages/")
    assert "会删掉" not in page
    assert "1 家组织新增或有变化" in page


@pytest.mark.django_db
@pytest.mark.parametrize("chosen", ["0", "999999999", "x", "１"])
def test_a_message_that_is_not_ones_own_is_not_there(client: Client, chosen: str) -> None:
    signed_in(client, "rita")
    answer = client.post("/my/messages/", {"message": chosen}, secure=True)
    assert answer.status_code == (404 if chosen.isascii() and chosen.isdigit() else 302)


@pytest.mark.django_db
def test_three_messages_and_fifty_cost_the_same_number_of_queries_and_pages_lead_to_all(client: Client) -> None:
    signed_in(client, "rita")
    client.post(ADDRESS, {"name": "一"}, secure=True)
    (saved,) = mine()
    leave(3, saved)
    few = queries(client, "/my/messages/")
    client.post("/my/searches/?q=x&place=44/", {"name": "二"}, secure=True)
    other = mine()[1]
    leave(47, other)
    assert queries(client, "/my/messages/") == few
    seen: list[str] = []
    following = "/my/messages/"
    while following:
        page = get(client, following)
        seen += re.findall(r"常用搜索：\d+ 家", page)
        link = re.search(r'rel="next" href="([^"]+)"', page)
        following = "/my/messages/" + link.group(1).replace("&amp;", "&") if link else ""
    assert len(seen) == 50
    assert get(client, "/my/messages/?cursor=nothing")


@pytest.mark.django_db
def test_one_saved_search_and_many_cost_the_same_number_of_queries(client: Client) -> None:
    signed_in(client, "rita")
    client.post(ADDRESS, {"name": "一"}, secure=True)
    few = queries(client, "/my/searches/")
    for number in range(20):
        client.post(ADDRESS, {"name": f"第{number}"}, secure=True)
    assert queries(client, "/my/searches/") == few


# --- what was sent, what is to be sent, the proof, the operator's view ---


def parcels(number: int) -> None:
    with acting(Actor.system("test")):
        first = Outbox.objects.count()
        for n in range(first, first + number):
            Outbox.objects.create(
                person_id=account_of("rita").person_id, kind="registry.objection_answered", params={"number": n},
                key=f"sent:{n}", channel="mail", state="given_up", reason="error", address_masked="r***@world.example",
            )  # fmt: skip


@pytest.mark.django_db
def test_a_person_sees_what_was_sent_and_only_their_own(client: Client) -> None:
    parcels(3)
    signed_in(client, "rita")
    page = get(client, "/my/messages/sent/")
    assert page.count("r***@world.example") == 3
    assert "已停止发送" in page
    few = queries(client, "/my/messages/sent/")
    parcels(27)
    assert queries(client, "/my/messages/sent/") == few
    assert "cursor=" in get(client, "/my/messages/sent/")
    client.force_login(account_of("rosa"))
    assert "还没有发送记录" in get(client, "/my/messages/sent/")


@pytest.mark.django_db
def test_a_person_chooses_by_category_and_quiet_hours_and_nothing_typed_is_lost(client: Client) -> None:
    signed_in(client, "rita")
    page = get(client, "/my/notices/")
    assert 'name="answer:mail" checked' in page
    assert 'name="legal:mail"' not in page, "what cannot be switched off has no box"
    assert 'value="21:00"' in page
    address = "/my/notices/"
    refused = client.post(address, {"begins": "25:00", "ends": "7:00", "deadline:mail": "on"}, secure=True)
    text = refused.content.decode()
    assert refused.status_code == 422
    assert 'value="25:00"' in text
    assert 'name="deadline:mail" checked' in text
    assert 'name="answer:mail">' in text
    saved = client.post(address, {"begins": "22:30", "ends": "6:00", "deadline:mail": "on"}, secure=True)
    assert saved.status_code == 302
    page = get(client, saved["Location"])
    assert "已保存" in page
    assert 'name="answer:mail">' in page
    assert 'value="22:30"' in page
    with acting(actor_of("rita")):
        rows = [(one.kind, one.channel, one.on) for one in Preference.objects.order_by("kind")]
    assert rows == [("category.answer", "mail", False)], "only what was changed is written"


@pytest.mark.django_db
def test_the_proof_of_a_legal_notice_is_its_persons_own(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    legal = replace(OBJECTION_ANSWERED, code="tests.legal", category=Category.LEGAL, may_be_switched_off=False)
    monkeypatch.setitem(contracts._kinds, "tests.legal", legal)
    clock = Actor.system("test")
    with acting(clock):
        notify(
            actor=clock, person_id=account_of("rita").person_id, kind="tests.legal", params={"number": 7}, key="case:7"
        )
    (letter,) = letters()
    signed_in(client, "rita")
    address = f"/my/messages/{letter.pk}/proof/"
    assert "尚无证明" in get(client, address)
    client.post("/my/messages/", {"message": letter.pk}, secure=True)
    assert "已在平台打开" in get(client, address)
    client.force_login(account_of("rosa"))
    assert client.get(address, secure=True).status_code == 404


@pytest.mark.django_db
def test_an_operator_sees_what_went_wrong_without_names_and_has_it_tried_anew(client: Client) -> None:
    parcels(3)
    signed_in(client, "adam")
    page = get(client, "/workbench/notices/")
    assert page.count("/again/") == 3
    few = queries(client, "/workbench/notices/")
    parcels(27)
    assert queries(client, "/workbench/notices/") == few
    address = re.findall(r'action="([^"]+/again/)"', page)[0]
    answer = client.post(address, secure=True)
    assert answer.status_code == 302
    assert "已重新发送" in get(client, answer["Location"])
    assert client.post(address, secure=True).status_code == 302, "somebody was quicker"
