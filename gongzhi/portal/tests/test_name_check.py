"""The page and the API that check a proposed name."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.orgs.enums import Kind
from gongzhi.orgs.models import Organization
from gongzhi.registry.names import places
from gongzhi.registry.tests.test_names import body
from tests.world import SHENZHEN

HERE = "/names/"
API = "/api/v1/organizations/name-check"
SUN = "深圳市阳光社会工作服务中心"
ASKED = {"name": SUN, "kind": "service", "place": "深圳市"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    """Nobody is over the API's limit because of another test; the divisions are read."""
    cache.clear()
    places()


def page(client: Client, **asked: str) -> str:
    answer = client.get(HERE, asked, secure=True)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def codes(text: str) -> list[str]:
    return re.findall(r'data-code="([a-z_.]+)"', text)


def told(client: Client, **asked: str) -> dict[str, Any]:
    answer = client.get(API, asked, secure=True)
    assert answer.status_code == 200, answer.content
    result: dict[str, Any] = answer.json()
    return result


def test_the_page_asks_before_it_answers(client: Client) -> None:
    text = page(client)
    assert 'id="what"' in text
    assert 'id="same"' not in text
    assert codes(text) == []


def test_a_taken_name_names_the_body_and_the_article(client: Client) -> None:
    one = body()
    text = page(client, **ASKED)
    assert codes(text) == ["same.registered"]
    assert f'href="/orgs/{one.public_id}/"' in text
    assert "《社会组织名称管理办法》第十六条" in text
    for part in ("深圳市", "阳光", "社会工作服务", "中心"):
        assert f"<b>{part}</b>" in text


def test_a_free_name_is_told_what_it_was_compared_with(client: Client) -> None:
    body()
    text = page(client, **{**ASKED, "name": "深圳市鲲鹏启智助学促进中心"})
    assert codes(text) == []
    assert 'class="flag p"' in text
    assert "广东省 深圳市" in text


def test_what_is_missing_is_an_empty_box(client: Client) -> None:
    assert page(client, **ASKED).count('<li class="none">') == 0
    assert page(client, **{**ASKED, "name": "教育中心"}).count('<li class="none">') == 2


def test_advice_without_an_article_is_marked_as_unverified(client: Client) -> None:
    with_article = page(client, **{**ASKED, "name": "阳光教育中心"})
    assert codes(with_article) == ["division.missing"]
    without = page(client, **{**ASKED, "name": "广州市阳光教育中心"})
    assert codes(without) == ["division.other"]
    answer = without[without.index('id="answer"') : without.index("<aside")]
    assert "第八条" not in answer
    assert answer.count('class="tag a"') == 1


def test_the_swapped_part_is_the_part_of_the_whole_page(client: Client) -> None:
    body()
    whole = client.get(HERE, ASKED, secure=True)
    part = client.get(HERE, ASKED, secure=True, headers={"HX-Request": "true"})
    assert part.content.decode().strip() in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert "HX-Request" in whole["Vary"]
    assert "HX-Request" in part["Vary"]


def test_a_page_with_htmx_goes_without_trusted_types_and_evaluates_nothing(client: Client) -> None:
    answer = client.get(HERE, secure=True)
    text = answer.content.decode()
    assert "trusted-types" not in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert '"allowEval":false' in text
    assert 'hx-trigger="input delay:400ms, change"' in text
    assert not re.search(r"hx-(on|vals|vars)|\[[^\]]*\]\"", text[text.index("<form class") : text.index("</form>")])


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("深圳市", "44/4403/"),
        ("深圳", "44/4403/"),
        ("广东省深圳市", "44/4403/"),
        ("440300", "44/4403/"),
        ("深圳市民政局", "44/4403/"),
        ("民政部", "/"),
        ("北京市朝阳区", "11/110105/"),
    ],
)
def test_a_place_is_a_name_or_a_code(client: Client, place: str, path: str) -> None:
    answer = client.get(HERE, {**ASKED, "place": place}, secure=True)
    assert answer.context["check"].registry == path


def test_a_shared_name_of_a_place_is_for_the_reader_to_choose(client: Client) -> None:
    text = page(client, **{**ASKED, "place": "鼓楼区"})
    assert 'id="same"' not in text
    links = re.findall(r'<a href="(/names/\?[^"]+)">([^<]+鼓楼区)</a>', text)
    assert len(links) >= 4
    answer = client.get(links[0][0], secure=True)
    assert answer.context["check"].registry
    assert answer.context["check"].parsed.written == SUN


@pytest.mark.parametrize(
    "odd",
    [
        {"place": "不存在的地方"},
        {"place": "999999"},
        {"kind": "unclear"},
        {"kind": ""},
        {"field": "magic"},
        {"name": "x" * 3000},
        {"name": "\0"},
        {"name": "<script>alert(1)</script>"},
        {"name": "\u202e协会"},
        {"name": "𠮷" * 100},
    ],
)
def test_odd_questions_are_answered_calmly(client: Client, odd: dict[str, str]) -> None:
    answer = client.get(HERE, {**ASKED, **odd}, secure=True)
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content
    part = client.get(HERE, {**ASKED, **odd}, secure=True, headers={"HX-Request": "true"})
    assert part.status_code == 200


def test_a_link_may_say_the_kind_before_a_name_is_typed(client: Client) -> None:
    assert re.search(r'value="foundation"[^>]* checked', page(client, kind="foundation"))


def test_as_many_queries_for_3_near_names_as_for_30(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page(client, **ASKED)
        return len(seen)

    for number in range(3):
        body(f"深圳市阳光社会工作{number}服务中心")
    queries()
    few = queries()
    for number in range(3, 30):
        body(f"深圳市阳光社会工作{number}服务中心")
    assert queries() == few


# --- the API ---


def test_the_api_says_what_the_page_says(client: Client) -> None:
    one = body()
    body("深圳市杨光社会工作服务中心")
    found = told(client, name=SUN, kind="service", registry="440300")
    assert [(part["role"], part["text"], part["start"], part["end"]) for part in found["parts"]] == [
        ("division", "深圳市", 0, 3),
        ("brand", "阳光", 3, 5),
        ("field", "社会工作服务", 5, 11),
        ("form", "中心", 11, 13),
    ]
    assert (found["registry"], found["registry_guessed"], found["field"]) == ("44/4403/", False, "social")
    assert [finding["code"] for finding in found["findings"]] == codes(page(client, **ASKED))
    first = found["findings"][0]
    assert (first["severity"], first["article"], first["evidence"], first["field_compared_by"]) == (
        "conflict", "《社会组织名称管理办法》第十六条", "V", "words",
    )  # fmt: skip
    assert first["organization"]["name"] == one.name
    assert first["organization"]["url"].endswith(f"/orgs/{one.reference}/")


def test_the_api_takes_the_day_and_the_registered_field(client: Client) -> None:
    body(since="2025-01-01", field="social")
    asked = {"name": SUN, "kind": "service", "registry": "440300"}
    before = told(client, **asked, on="2024-12-31")["findings"]
    assert [one["severity"] for one in before] == ["similar"], "near by the names of today, held by nobody then"
    same = told(client, **asked, field="social")["findings"][0]
    assert (same["severity"], same["field_compared_by"]) == ("conflict", "codes")
    other = told(client, **asked, field="education")["findings"][0]
    assert (other["severity"], other["code"]) == ("similar", "near.name")


def test_the_name_check_is_no_code_of_an_organization(client: Client) -> None:
    assert client.get(API, secure=True).status_code == 422
    assert client.get(f"/api/v1/organizations/{SHENZHEN}", secure=True).status_code == 200


def test_a_name_somebody_has_in_mind_is_kept_by_nobody(client: Client) -> None:
    answer = client.get(API, {"name": SUN, "kind": Kind.SERVICE}, secure=True)
    assert answer["Cache-Control"] == "no-store"
    assert not Organization.objects.filter(name=SUN).exists()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"registry": "999999"}, "unknown_value"),
        ({"registry": "x"}, "unknown_value"),
        ({"field": "magic"}, "registry.field_unknown"),
        ({"name": " "}, "registry.name_empty"),
        ({"on": "2020-01-01"}, "registry.no_name_rules_then"),
    ],
)
def test_a_wrong_question_is_a_problem_with_its_code(client: Client, wrong: dict[str, str], code: str) -> None:
    answer = client.get(API, {"name": SUN, "kind": "service", **wrong}, secure=True)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("wrong", [{"kind": "unclear"}, {"on": "2026-02-30"}, {"name": "x" * 101}])
def test_a_malformed_question_is_refused(client: Client, wrong: dict[str, str]) -> None:
    answer = client.get(API, {"name": SUN, "kind": "service", **wrong}, secure=True)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
