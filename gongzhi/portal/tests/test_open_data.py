"""The pages of the data: dated files, the form that asks for them, and the clients of the API."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from gongzhi.accounts.models import ApiClient
from gongzhi.audit.models import Look
from gongzhi.core.actor import Actor
from gongzhi.core.times import today
from gongzhi.registry import exports
from gongzhi.registry.actions import fail_download, make_download
from gongzhi.registry.models import Download
from tests.test_access import signed_in
from tests.world import GUANGDONG

pytestmark = pytest.mark.django_db

MAKER = Actor.system("registry.make_download")


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, settings: Settings) -> None:
    settings.UPLOADS = tmp_path / "uploads"


def asked(client: Client, **values: Any) -> tuple[Download, str]:
    response = client.post("/data/downloads/", values, secure=True)
    assert response.status_code == 302
    return Download.objects.latest("pk"), response["Location"]


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address, secure=True)
    assert response.status_code == status
    return response.content.decode()


def test_a_file_is_asked_for_waited_for_and_taken(client: Client) -> None:
    download, address = asked(client, q="基金会")
    waiting = page(client, address)
    assert re.search(r'<meta http-equiv="refresh" content="\d+">', waiting)
    make_download(actor=MAKER, download=download)
    ready = page(client, address)
    assert 'http-equiv="refresh"' not in ready
    download.refresh_from_db()
    assert "/orgs/?q=" in ready
    assert download.seal is not None
    assert download.seal.hex in ready
    for name, _bytes, sha256 in download.sizes:
        assert sha256 in ready
        response = client.get(f"{address}{name}", secure=True)
        body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
        assert hashlib.sha256(body).hexdigest() == sha256
        assert response["Content-Disposition"].startswith("attachment")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in response["Cache-Control"]
        again = client.get(f"{address}{name}", secure=True, headers={"if-none-match": response["ETag"]})
        assert again.status_code == 304
    csv = next(name for name in download.files if name.endswith(".csv") and name.startswith("search"))
    response = client.get(f"{address}{csv}", secure=True)
    assert GUANGDONG.encode() in b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_what_is_not_there_is_not_found(client: Client) -> None:
    download, address = asked(client)
    page(client, f"{address}dictionary.csv", 404)
    make_download(actor=MAKER, download=download)
    for name in ("..", "register.csv", "%2e%2e%2fkeys.json", "0" * 64):
        assert client.get(f"{address}{name}", secure=True).status_code == 404
    page(client, "/data/downloads/NOTHING/", 404)
    assert client.get("/data/downloads/", secure=True).status_code == 405


def test_a_failure_is_said_and_can_be_asked_again(client: Client) -> None:
    download, address = asked(client, q="基金会")
    fail_download(actor=MAKER, download=download, reason="fault")
    failed = page(client, address)
    assert 'http-equiv="refresh"' not in failed
    assert 'name="q" value="基金会"' in failed
    again, other = asked(client, q="基金会")
    assert other != address
    make_download(actor=MAKER, download=again)
    Download.objects.filter(pk=again.pk).update(files={})
    assert 'name="q" value="基金会"' in page(client, other)


def test_too_many_questions_are_refused_with_a_page(client: Client) -> None:
    for number in range(10):
        asked(client, q=f"示例{number}")
    response = client.post("/data/downloads/", {"q": "再来"}, secure=True)
    assert response.status_code == 422
    assert Download.objects.count() == 10


def test_the_form_needs_its_token() -> None:
    assert Client(enforce_csrf_checks=True).post("/data/downloads/", secure=True).status_code == 403
    assert not Download.objects.exists()


def test_the_data_page_lists_dated_files_newest_first_and_no_searches(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"register.csv": {"sha256": "0" * 64, "bytes": 1}}
    for age in range(20):
        Download.objects.create(
            dated_on=today() - dt.timedelta(days=age),
            state="ready",
            rows=4,
            files=files,
            taken_at=dt.datetime.now(dt.UTC),
        )
    private = Download.objects.create(
        asked={"q": ["某人"]}, dated_on=today(), state="ready", files=files, taken_at=dt.datetime.now(dt.UTC)
    )
    first = page(client, "/data/")
    days = re.findall(r'<td class="nw"><a href="/data/downloads/(\w+)/">', first)
    assert len(days) == 15
    assert private.public_id not in first
    assert '/data/downloads/"' not in first  # today's files are there: nothing to ask for
    onward = re.search(r'href="(\?cursor=[^"]+)"', first)
    assert onward is not None
    second = page(client, "/data/" + onward[1].replace("&amp;", "&"))
    days += re.findall(r'<td class="nw"><a href="/data/downloads/(\w+)/">', second)
    newest = Download.objects.of_register().order_by("-dated_on").values_list("public_id", flat=True)
    assert days == list(newest)
    page(client, "/data/?cursor=x")


def test_the_data_page_costs_the_same_for_few_files_and_many(client: Client) -> None:
    def cost() -> int:
        page(client, "/data/")
        with CaptureQueriesContext(connection) as queries:
            page(client, "/data/")
        return len(queries)

    def add(count: int) -> None:
        for _ in range(count):
            Download.objects.create(
                dated_on=today(), state="ready", files={"a.csv": {"sha256": "0" * 64, "bytes": 1}},
                taken_at=dt.datetime.now(dt.UTC),
            )  # fmt: skip

    add(3)
    few = cost()
    add(27)
    assert cost() == few


def test_the_data_page_shows_the_dictionary_and_the_ways_in(client: Client) -> None:
    text = page(client, "/data/")
    for column in exports.COLUMNS:
        assert f'<span class="code">{column.name}</span>' in text
    for address in ("/api/docs/", "/api/openapi.json", "/data/changes.atom", "/data/dictionary.csv", "/api/v1/changes"):
        assert f'href="{address}"' in text
    assert client.get("/data/dictionary.csv", secure=True).content == exports.dictionary_csv()
    assert client.get("/data/dictionary.md", secure=True).content.decode() == exports.dictionary_markdown()
    page(client, "/data/dictionary.txt", 404)
    assert 'name="csrfmiddlewaretoken"' in text  # no file of today yet: it can be asked for


# --- clients ---

GIVEN = {"name": "示例程序", "purpose": "统计", "contact": "wang@example.org", "per_minute": ""}


def test_a_key_is_shown_once_works_and_is_shown_nowhere_again(client: Client) -> None:
    signed_in(client, "adam")
    response = client.post("/workbench/api-clients/", GIVEN, secure=True)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    found = re.search(r"gz_[\w-]{43}", response.content.decode())
    assert found is not None
    key = found[0]
    made = ApiClient.objects.get()
    assert client.get("/api/v1/organizations", secure=True, headers={"x-api-key": key}).status_code == 200
    for address in ("/workbench/api-clients/", f"/workbench/api-clients/{made.public_id}/"):
        text = page(client, address)
        assert key not in text
        assert "wang@example.org" not in text
        assert made.key_hint in text
    fresh = client.post(f"/workbench/api-clients/{made.public_id}/", {"do": "renew"}, secure=True)
    assert re.search(r"gz_[\w-]{43}", fresh.content.decode())
    assert client.get("/api/v1/organizations", secure=True, headers={"x-api-key": key}).status_code == 401
    ended = client.post(f"/workbench/api-clients/{made.public_id}/", {"do": "end"}, secure=True)
    assert ended.status_code == 302
    again = client.post(f"/workbench/api-clients/{made.public_id}/", {"do": "end"}, secure=True)
    assert again.status_code == 422


def test_opening_a_contact_is_written_down(client: Client) -> None:
    signed_in(client, "adam")
    client.post("/workbench/api-clients/", GIVEN, secure=True)
    made = ApiClient.objects.get()
    address = f"/workbench/api-clients/{made.public_id}/"
    page(client, address)
    looks = Look.objects.filter(subject_kind="accounts.apiclient", subject_id=made.pk)
    assert not looks.exists()
    response = client.post(address, {"do": "contact"}, secure=True)
    assert "wang@example.org" in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert list(looks.values_list("fields", flat=True)) == [["contact_sealed"]]


@pytest.mark.parametrize("changes", [{"name": ""}, {"contact": " "}, {"per_minute": "0"}, {"per_minute": "many"}])
def test_a_form_that_does_not_fit_is_shown_again(client: Client, changes: dict[str, str]) -> None:
    signed_in(client, "adam")
    response = client.post("/workbench/api-clients/", {**GIVEN, **changes}, secure=True)
    assert response.status_code == 422
    assert "统计" in response.content.decode()
    assert not ApiClient.objects.exists()


def test_a_name_a_living_client_has_is_refused_beside_the_field(client: Client) -> None:
    signed_in(client, "adam")
    client.post("/workbench/api-clients/", GIVEN, secure=True)
    assert client.post("/workbench/api-clients/", GIVEN, secure=True).status_code == 422
    assert ApiClient.objects.count() == 1


def test_only_who_may_keep_clients_is_led_there(client: Client) -> None:
    assert "/workbench/api-clients/" in page(signed_in(client, "adam"), "/workbench/")
    assert "/workbench/api-clients/" not in page(signed_in(Client(), "dana"), "/workbench/")


def test_the_list_of_clients_costs_the_same_for_few_and_many(client: Client) -> None:
    signed_in(client, "adam")

    def cost() -> int:
        page(client, "/workbench/api-clients/")
        with CaptureQueriesContext(connection) as queries:
            page(client, "/workbench/api-clients/")
        return len(queries)

    def add(numbers: range) -> None:
        for number in numbers:
            ApiClient.objects.create(name=f"甲{number}", purpose="乙", key_sha256=f"{number:064}", key_hint="gz_00000")

    add(range(3))
    few = cost()
    add(range(3, 30))
    assert cost() == few
