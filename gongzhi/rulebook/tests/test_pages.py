"""The workbench pages: who sees them, what they say, what happens to a form that is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.rulebook import exports, selectors
from gongzhi.rulebook.models import Parameter

pytestmark = [pytest.mark.urls("gongzhi.rulebook.tests.urls")]

Browser = Callable[[str], Client]
LIST = "/workbench/parameters/"
CODE = "complaint.finish_days"
FILE = "/workbench/parameters.csv"
PAGE = f"{LIST}{CODE}/"
ANSWERS = {
    "path": "",
    "value": "45",
    "valid_from-year": "2026",
    "valid_from-month": "7",
    "valid_from-day": "1",
    "article": "《办法》第十条",
    "source": "原文",
    "evidence": "V",
    "reason": "已核对原文",
}


@pytest.mark.parametrize(
    ("name", "status"), [("adam", 200), ("dana", 200), ("rosa", 200), ("rita", 403), ("visitor", 302)]
)
@pytest.mark.parametrize("address", [LIST, PAGE, FILE])
def test_who_sees_the_pages(loaded: None, browser_of: Browser, name: str, status: int, address: str) -> None:
    client = Client() if name == "visitor" else browser_of(name)
    if name == "visitor":
        client.defaults["wsgi.url_scheme"] = "https"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.conf.settings.LOGIN_URL", "/sign-in/")
            assert client.get(address).status_code == status
    else:
        assert client.get(address).status_code == status


def test_the_list_shows_number_article_and_evidence(loaded: None, browser_of: Browser) -> None:
    text = browser_of("dana").get(f"{LIST}?q=complaint").content.decode()
    for part in (
        "complaint.finish_days",
        "60 calendar days",
        "To be verified",
        "《社会组织登记管理机关受理投诉举报办法",
    ):
        assert part in text
    assert "establishment.social_group" not in text


def test_a_verified_number_has_no_tag(loaded: None, browser_of: Browser) -> None:
    text = browser_of("dana").get(f"{LIST}?q=name.cancelled").content.decode()
    assert "name.cancelled_window_years" in text
    assert "To be verified" not in text


def test_numbers_of_a_replaced_text_carry_a_warning(loaded: None, browser_of: Browser) -> None:
    text = browser_of("dana").get(f"{LIST}establishment.social_group.individual_members/").content.decode()
    assert "do not quote them as current law" in text


def test_filters_and_empty_answers(loaded: None, browser_of: Browser) -> None:
    client = browser_of("dana")
    assert "name.renamed_window_years" not in client.get(f"{LIST}?evidence=D").content.decode()
    assert "No number fits" in client.get(f"{LIST}?q=nothing+has+this").content.decode()
    assert client.get(f"{LIST}?evidence=nonsense&page=99").status_code == 200


def test_a_long_list_costs_as_many_queries_as_a_short_one(loaded: None, browser_of: Browser) -> None:
    client = browser_of("dana")
    client.get(LIST)
    counts = {}
    for name, query in (("short", "q=establishment.community_group"), ("long", "section=ratio")):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(f"{LIST}?{query}")
        counts[name] = (len(response.context["page"].object_list), len(queries))
    assert counts["short"][0] == 3
    assert counts["long"][0] >= 30
    assert counts["short"][1] == counts["long"][1]


def test_only_who_may_amend_is_shown_the_form(loaded: None, browser_of: Browser) -> None:
    assert 'name="reason"' in browser_of("adam").get(PAGE).content.decode()
    assert 'name="reason"' not in browser_of("dana").get(PAGE).content.decode()


def test_an_amendment_is_recorded_and_shown(loaded: None, browser_of: Browser) -> None:
    client = browser_of("adam")
    response = client.post(PAGE, ANSWERS)
    assert response.status_code == 302
    assert selectors.value(CODE) == 45
    text = client.get(response["Location"]).content.decode()
    assert "The amendment is recorded." in text
    assert "The platform ships 60 calendar days" in text
    listed = client.get(f"{LIST}?q={CODE}").content.decode()
    assert "packaged: 60 calendar days" in listed
    assert "平台运营单位" in listed


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"value": "1.5"}, "This is counted in whole numbers."),
        ({"path": "nowhere"}, "Write the division as a chain of codes"),
        ({"reason": ""}, "Fill in"),
        ({"valid_from-month": "13"}, "The month must be a number from 1 to 12"),
        ({"valid_from-year": "1800"}, "The day must lie between"),
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(
    loaded: None, browser_of: Browser, changes: dict[str, str], sentence: str
) -> None:
    before = Parameter.objects.count()
    response = browser_of("adam").post(PAGE, ANSWERS | {"source": "typed source"} | changes)
    text = response.content.decode()
    assert response.status_code == 422
    assert sentence in text
    assert "typed source" in text
    assert Parameter.objects.count() == before


def test_who_may_not_amend_is_refused(loaded: None, browser_of: Browser) -> None:
    assert browser_of("dana").post(PAGE, ANSWERS).status_code == 403
    assert selectors.value(CODE) == 60


@pytest.mark.parametrize("address", [f"{LIST}no.such_number/", f"{PAGE}?path=nowhere"])
def test_what_does_not_exist_is_not_found(loaded: None, browser_of: Browser, address: str) -> None:
    assert browser_of("adam").get(address).status_code == 404


def test_the_file_holds_every_number_and_no_formula(loaded: None, browser_of: Browser) -> None:
    response = browser_of("rosa").get(FILE)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = response.content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(selectors.listed())
    deadline = next(row for row in rows if row["code"] == "annual_report.social_group.registry_deadline")
    assert (deadline["value"], deadline["unit"], deadline["rule_set"]) == ("0531", "month_day", "SG-2016")
    assert not [value for row in rows for value in row.values() if value.startswith(exports.FORMULA)]


@pytest.mark.parametrize(("text", "harmless"), [("=1+1", "'=1+1"), ("-3", "'-3"), ("@x", "'@x"), ("第一条", "第一条")])
def test_cells_are_made_harmless(text: str, harmless: str) -> None:
    assert exports.cell(text) == harmless


def test_the_actor_of_a_division_starts_with_their_own(loaded: None, browser_of: Browser, monkeypatch: Any) -> None:
    monkeypatch.setattr(
        "gongzhi.orgs.acting.permissions_of", lambda role: frozenset({"rulebook.amend", "orgs.see_workbench"})
    )
    client = browser_of("dana")
    assert 'value="44/4403/"' in client.get(PAGE).content.decode()
    assert client.post(PAGE, ANSWERS).status_code == 403  # the nation is not in reach
    assert client.post(PAGE, ANSWERS | {"path": "44/4403/"}).status_code == 302
