"""The public pages: what they show, in two languages, for few rows and many, for strange input."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.orgs.models import Organization
from gongzhi.registry.models import Version
from gongzhi.registry.tests.test_imports import HEAD, code, load
from tests.access import TABLE, Access
from tests.test_access import signed_in
from tests.world import GUANGDONG, HUANGPU, NATIONAL, SHENZHEN

HAN = re.compile(r"[\u3400-\u9fff]+")
#: Chinese that stands in English pages because it is data or a name: the language switch, names, codes' owners.
DATA = {"中文", "共治", "缺"}


def visible(page: str) -> str:
    """What a reader sees: without markup, scripts and what stands in boxes."""
    page = re.sub(r"<(script|style|svg|template|title|textarea|select)\b.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"<[^>]+>", " ", page)


def text_of(page: str) -> str:
    """What a reader of a page in another language sees that is not marked as Chinese data."""
    return visible(re.sub(r"<([a-z0-9]+)\b[^>]*\blang=\"zh[^>]*>.*?</\1>", " ", page, flags=re.S))


def get(client: Client, address: str) -> str:
    response = client.get(address, secure=True)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


@pytest.mark.django_db
def test_the_first_page_shows_real_counts(client: Client) -> None:
    page = get(client, "/")
    assert "示例××促进会" in page
    assert 'action="/orgs/"' in page


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["助老", "基金", "53440000MJ100001XH", "5344", "zhulao", "gds", "ＧＤＳ"])
def test_an_organization_is_found_by_two_characters_by_code_and_by_pinyin(client: Client, query: str) -> None:
    page = get(client, f"/orgs/?q={quote(query)}")
    found = "广东省××" in page
    assert found is (query not in {"zhulao"})  # pinyin begins at the beginning of a name


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/orgs/?q=%00",
        "/orgs/?q=" + quote("字" * 3000),
        "/orgs/?q=%F0%A0%AE%B7",
        "/orgs/?q=" + quote("<script>alert(1)</script>"),
        "/orgs/?q=" + quote("'; DROP TABLE orgs_organization; --"),
        "/orgs/?kind=nothing&standing=nothing&place=../..&sort=nothing&cursor=nothing",
        "/orgs/?place=44/&kind=foundation",
        "/orgs/?q=%20%20",
        "/orgs/?q=" + quote("（）——"),
    ],
)
def test_strange_questions_get_an_ordinary_answer(client: Client, address: str) -> None:
    page = get(client, address)
    assert "<script>alert" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("reference", ["nothing", "53440000MJ100001X", "%00", "a" * 500, "<b>", "../../etc"])
def test_an_unknown_organization_is_a_404(client: Client, reference: str) -> None:
    assert client.get(f"/orgs/{quote(reference, safe='')}/", secure=True).status_code == 404


@pytest.mark.django_db
def test_a_code_in_small_or_full_width_letters_leads_to_the_same_page(client: Client) -> None:
    assert "广东省××" in get(client, f"/orgs/{GUANGDONG.lower()}/")


@pytest.mark.django_db
def test_an_organization_page_shows_items_sources_what_is_missing_and_what_waits(client: Client) -> None:
    page = get(client, f"/orgs/{GUANGDONG}/")
    for text in (
        "广东省××助老基金会",
        GUANGDONG,
        "示例路 2 号",
        "《基金会管理条例》第十一条",
        "缺",
        "200.00 （单位：元 / 万元）",
    ):
        assert text in page
    assert "已注销" in get(client, f"/orgs/{HUANGPU}/")
    assert "500,000.00" in get(client, f"/orgs/{NATIONAL}/")


@pytest.mark.django_db
def test_two_bodies_with_one_number_are_both_offered(client: Client) -> None:
    head = "名称\t登记证号\t类型"
    for division, name in (("44/4403/", "深圳××社"), ("33/", "浙江××社")):
        body = load(f"{head}\n{name}\tA-1\t社会团体")
        assert body.created == 1
        Organization.objects.filter(name=name).update(path=division)
    page = get(client, "/orgs/A-1/")
    assert "深圳××社" in page
    assert "浙江××社" in page
    for name in ("深圳××社", "浙江××社"):
        own = f"/orgs/{Organization.objects.get(name=name).public_id}/"
        assert own in page
        assert f"<h1>{name}</h1>" in get(client, own)
    assert client.get("/api/v1/organizations/A-1", secure=True).json()["code"] == "registry.number_shared"
    signed_in(client, "dana")
    typed = {"item": "domicile", "value": "示例路 5 号", "reason": "证书"}
    assert client.post("/workbench/orgs/A-1/correct/", typed, secure=True).status_code == 302
    corrected = Version.objects.current().filter(domicile="示例路 5 号")
    assert {one.org.name for one in corrected} == {"深圳××社"}, "never the other registry's body"


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        get(client, address)
    return len(captured)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/", "/orgs/", "/orgs/?q=" + quote("爱心"), "/orgs/?kind=foundation", "/api/v1/organizations", "/workbench/"],
)
def test_lists_ask_the_same_number_of_questions_for_3_rows_and_30(client: Client, address: str) -> None:
    rows = "\n".join(f"深圳市××爱心{number}基金会\t{code(number)}\t2015-03-01\t\t\t\t" for number in range(1, 34))
    signed_in(client, "dana")
    load("\n".join([HEAD, *rows.split("\n")[:3]]), name="three.tsv")
    queries(client, address)  # the names of divisions are read once in a process
    few = queries(client, address)
    load(f"{HEAD}\n{rows}", name="many.tsv")
    assert queries(client, address) == few


@pytest.mark.django_db
def test_pages_lead_to_every_organization_exactly_once(client: Client) -> None:
    load(HEAD + "\n" + "\n".join(f"深圳市××爱心{n}基金会\t{code(n)}\t2015-03-01\t\t\t\t" for n in range(1, 51)))
    seen: list[str] = []
    address = "/api/v1/organizations?q=" + quote("爱心") + "&size=7"
    following = address
    while following:
        answer = client.get(following, secure=True).json()
        seen += [item["code"] for item in answer["items"]]
        following = f"{address}&cursor={quote(answer['next'])}" if answer["next"] else ""
    assert len(seen) == len(set(seen)) == 50


GETS = [(key, row) for key, row in TABLE.items() if row.method == "get" and key[0] not in {"healthz", "openapi"}]
#: Answers that are no pages: suggestions, a picture.
NO_PAGES = {"portal:organization_suggest", "accounts:identity_proof", "cases:file", "cases:paper"}
PAGES = [(key, row) for key, row in GETS if not key[0].startswith("api-1:") and key[0] not in NO_PAGES]


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "row"), PAGES, ids=[key[0] for key, _row in PAGES])
def test_english_pages_hold_no_chinese_but_data(client: Client, key: tuple[str, str], row: Access) -> None:
    signed_in(client, "dana")
    address = f"/en{row.build()}"
    response = client.get(address, secure=True)
    if response.status_code == 302 or key[0] == "ui:gallery" or "attachment" in response.get("Content-Disposition", ""):
        response.close()  # a file that nobody reads stays open
        return  # the gallery shows components with samples of data
    left = {run for run in HAN.findall(text_of(response.content.decode())) if run not in DATA}
    assert not left, left


#: Pages that name things by Latin codes or by names of their own: parameters, settings, licences of data, fields of the API.
LATIN = {
    "portal:data",
    "portal:setting_detail",
    "rulebook:parameter_list",
    "rulebook:parameter_amend",
    "api-docs:docs",
    "api-docs:try",
}


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "row"), PAGES, ids=[key[0] for key, _row in PAGES])
def test_chinese_pages_hold_no_latin_interface_text(client: Client, key: tuple[str, str], row: Access) -> None:
    signed_in(client, "dana")
    response = client.get(row.build(), secure=True)
    if (
        response.status_code == 302
        or key[0] in {"ui:gallery", *LATIN}
        or "attachment" in response.get("Content-Disposition", "")
    ):
        response.close()
        return
    if not response["Content-Type"].startswith("text/html"):
        return
    page = re.sub(r"<([a-z0-9]+)\b[^>]*\blang=\"en[^>]*>.*?</\1>", " ", response.content.decode(), flags=re.S)
    # Not what is all in capitals: public ids are drawn by lot, and credit codes hold letters too.
    words = {word for word in re.findall(r"[A-Za-z]{4,}", visible(page)) if not word.isupper()}
    allowed = {"Gongzhi", "English", "Cookie", "JavaScript", "Shift", "Enter", "Atom", "world"}
    assert not words - allowed, words - allowed


CORRECT = f"/workbench/orgs/{SHENZHEN}/correct/"


@pytest.mark.django_db
def test_an_officer_corrects_an_item_by_page_and_everybody_reads_why(client: Client) -> None:
    signed_in(client, "dana")
    assert CORRECT in get(client, f"/orgs/{SHENZHEN}/")
    get(client, CORRECT)
    answer = client.post(CORRECT, {"item": "domicile", "value": "示例路 8 号", "reason": "证书上是 8 号"}, secure=True)
    assert answer.status_code == 302
    page = get(Client(), f"/orgs/{SHENZHEN}/")
    for text in ("示例路 8 号", "示例路 4 号", "证书上是 8 号", "更正"):
        assert text in page
    assert CORRECT not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({}, ""),
        ({"item": "domicile", "value": "示例路 9 号", "reason": ""}, "示例路 9 号"),
        ({"item": "fund_fen", "value": "五万", "reason": "证书"}, "五万"),
        ({"item": "fund_fen", "value": "1.234", "reason": "证书"}, "1.234"),
        ({"item": "nothing", "value": "x", "reason": "证书"}, "证书"),
        ({"item": "name", "value": "", "reason": "证书"}, "证书"),
        ({"item": "legal_representative", "value": "名" * 101, "reason": "证书"}, "名" * 101),
        ({"item": "domicile", "value": "示例路 4 号", "reason": "没有变化"}, "没有变化"),
    ],
)
def test_a_correction_that_cannot_be_keeps_what_was_typed(client: Client, typed: dict[str, str], kept: str) -> None:
    signed_in(client, "dana")
    answer = client.post(CORRECT, typed, secure=True)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "govuk-error-summary" in page
    assert kept in page
    assert "govuk-error-message" in page or "没有变化" in page


@pytest.mark.django_db
def test_funds_are_corrected_in_yuan_and_kept_in_fen(client: Client) -> None:
    signed_in(client, "dana")
    client.post(CORRECT, {"item": "fund_fen", "value": "100,000.50", "reason": "证书"}, secure=True)
    assert "100,000.50" in get(client, f"/orgs/{SHENZHEN}/")


@pytest.mark.django_db
def test_a_past_day_is_shown_as_known_today_and_as_known_then(client: Client) -> None:
    reference = code(77)
    load(f"{HEAD}\n深圳市××敬老基金会\t{reference}\t2015-03-01\t\t\t\t")
    load(f"{HEAD}\n深圳市××助老基金会\t{reference}\t2015-03-01\t\t\t\t")
    address = f"/orgs/{reference}/"
    past = get(client, f"{address}?on=2016-01-01")
    assert "深圳市××敬老基金会" in past
    assert "asofb" in past, "a banner says that this is not today"
    assert "现在是：深圳市××助老基金会" in re.sub(r"\s|<[^>]+>", "", past), "what differs from today is marked"
    assert "asofb" not in get(client, address)
    boxes = get(client, f"{address}?y=2016&m=1&d=1&known=today")
    assert "深圳市××敬老基金会" in boxes
    for nothing in ("?on=2014-01-01", "?y=2016&m=1&d=1&known=then", "?on=2016-01-01&known=2016-02-01"):
        page = get(client, address + nothing)
        assert "asofb" not in page
        assert "没有关于这家组织的记载" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked", ["?on=x", "?y=2020&m=13&d=1", "?on=2020-01-01&known=never", "?y=２０２０&m=１&d=３２", "?y=1"]
)
def test_a_day_that_does_not_exist_is_said(client: Client, asked: str) -> None:
    assert "请填写存在的日期" in get(client, f"/orgs/{SHENZHEN}/{asked}")
