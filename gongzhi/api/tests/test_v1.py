"""The API: what it answers, what it refuses, and to whom."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import ApiClient
from gongzhi.api.v1 import api, described
from gongzhi.core.times import today
from gongzhi.orgs.models import Organization
from gongzhi.registry.actions import correct_item
from gongzhi.registry.models import Officer, Source
from tests.access import TABLE
from tests.world import GUANGDONG, HUANGPU, SHENZHEN, account_of, actor_of

pytestmark = pytest.mark.django_db

SEARCH = "/api/v1/organizations"
ONE = f"{SEARCH}/{SHENZHEN}"
READS = [SEARCH, ONE, f"{ONE}/history", "/api/v1/changes"]


def get(client: Client, address: str, **headers: str) -> Any:
    return client.get(address, secure=True, headers=headers)


def problem(response: Any) -> dict[str, Any]:
    """The problem document of a refusal."""
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert body["type"].startswith("urn:gongzhi:problem:")
    return body


def corrected(value: str = "新业务") -> None:
    organization = Organization.objects.get(credit_code=SHENZHEN)
    correct_item(actor=actor_of("dana"), organization=organization, item="scope", value=value, reason="证书所载")


# --- what it answers ---


def test_search_finds_counts_and_filters_as_the_page_does(client: Client) -> None:
    body = get(client, f"{SEARCH}?q=基金会&facets=kind&facets=place").json()
    assert [one["code"] for one in body["items"]] == [GUANGDONG]
    assert (body["total"], body["next"], body["facets"]["kind"]) == (1, None, {"foundation": 1})
    ended = get(client, f"{SEARCH}?standing=cancelled").json()
    assert [one["code"] for one in ended["items"]] == [HUANGPU]
    both = get(client, f"{SEARCH}?kind=service&kind=foundation&place=44/").json()
    assert {one["code"] for one in both["items"]} == {GUANGDONG, SHENZHEN}


@pytest.mark.parametrize("sort", ["best", "name", "newest", "oldest"])
def test_all_pages_together_hold_every_organization_once(client: Client, sort: str) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        body = client.get(SEARCH, {"sort": sort, "size": "1", "cursor": cursor}, secure=True).json()
        seen += [one["public_id"] for one in body["items"]]
        assert body["total"] == Organization.objects.count()
        cursor = body["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(Organization.objects.values_list("public_id", flat=True))
    assert len(seen) > 1


def test_one_organization_is_told_with_sources_gaps_and_officers(client: Client) -> None:
    organization = Organization.objects.get(credit_code=SHENZHEN)
    Officer.objects.create(
        org=organization,
        name="示例甲",
        post="director",
        known_from=dt.datetime.now(dt.UTC),
        source=Source.objects.earliest("pk"),
    )
    body = get(client, ONE).json()
    items = {one["item"]: one for one in body["items"]}
    assert items["scope"]["value"] == "社工"
    assert items["scope"]["source"] == "list"
    assert "purpose" in body["missing"]
    assert [(one["name"], one["post"]) for one in body["officers"]] == [("示例甲", "director")]
    assert body["url"].endswith(f"/orgs/{SHENZHEN}/")
    by_id = get(client, f"{SEARCH}/{body['public_id']}").json()
    assert by_id == body


def test_as_it_stood_and_as_it_was_known(client: Client) -> None:
    corrected()
    before = (today() - dt.timedelta(days=1)).isoformat()

    def scope(query: str) -> str:
        items = get(client, f"{ONE}?{query}").json()["items"]
        return str(next(one["value"] for one in items if one["item"] == "scope"))

    assert scope("") == "新业务"
    assert scope(f"on={before}") == "社工"
    assert scope(f"on={today()}&known=9999-12-31") == "新业务"
    # Nothing was known before the list came in.
    assert problem(get(client, f"{ONE}?known={before}"))["code"] == "not_found"
    assert problem(get(client, f"{ONE}?on=1950-01-01"))["code"] == "not_found"


def test_the_history_tells_both_clocks_event_and_source(client: Client) -> None:
    corrected()
    corrected("又一业务")
    believed = get(client, f"{ONE}/history").json()["items"]
    assert [one["event"] for one in believed] == ["corrected", "listed"]
    assert believed[0]["values"]["scope"] == "又一业务"
    assert believed[0]["source"]["reason"] == "证书所载"
    assert believed[0]["source"]["seal"]
    assert all(one["known_to"] is None for one in believed)
    ever = get(client, f"{ONE}/history?superseded=true").json()["items"]
    assert [one["known_to"] is None for one in ever] == [True, False, True]
    assert len(get(client, f"{ONE}/history?on={today() - dt.timedelta(days=1)}").json()["items"]) == 1
    assert get(client, f"{ONE}/history?known=2000-01-01").json()["items"] == []
    pages = [get(client, f"{ONE}/history?size=1").json()]
    pages.append(client.get(f"{ONE}/history", {"size": 1, "cursor": pages[0]["next"]}, secure=True).json())
    assert [page["items"][0]["event"] for page in pages] == ["corrected", "listed"]


# --- what it refuses ---


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        (f"{SEARCH}?size=0", 422, "invalid_request"),
        (f"{SEARCH}?size=101", 422, "invalid_request"),
        (f"{SEARCH}?kind=bank", 422, "invalid_request"),
        (f"{SEARCH}?sort=random", 422, "invalid_request"),
        (f"{SEARCH}?since_from=yesterday", 422, "invalid_request"),
        (f"{SEARCH}?q={'长' * 101}", 422, "invalid_request"),
        (f"{SEARCH}?cursor=x", 422, "bad_cursor"),
        (f"{SEARCH}?field=nothing", 422, "unknown_value"),
        (f"{SEARCH}?place=44", 422, "unknown_value"),
        (f"{SEARCH}?mark=A B", 422, "unknown_value"),
        (f"{SEARCH}?knd=foundation", 422, "unknown_parameter"),
        (f"{ONE}?on=2020-02-30", 422, "invalid_request"),
        (f"{ONE}?knwon=2020-01-01", 422, "unknown_parameter"),
        (f"{ONE}/history?superseded=true&known=2020-01-01", 422, "superseded_and_known"),
        (f"{ONE}/history?cursor=x", 422, "bad_cursor"),
        ("/api/v1/changes?cursor=x", 422, "bad_cursor"),
        ("/api/v1/changes?size=501", 422, "invalid_request"),
        (f"{SEARCH}/91440300000000000X", 404, "not_found"),
        (f"{SEARCH}/91440300000000000X/history", 404, "not_found"),
        (f"{SEARCH}/%00", 404, "not_found"),
    ],
)
def test_every_refusal_is_a_problem_document(client: Client, address: str, status: int, code: str) -> None:
    response = get(client, address)
    assert response.status_code == status
    assert problem(response)["code"] == code


def test_a_mistyped_parameter_is_told_what_there_is(client: Client) -> None:
    body = problem(get(client, f"{ONE}?knwon=2020-01-01"))
    assert body["known"] == ["known", "on"]


@pytest.mark.parametrize("address", READS)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_other_methods_are_refused_with_those_that_fit(client: Client, address: str, method: str) -> None:
    response = getattr(client, method)(address, secure=True)
    assert response.status_code == 405
    assert problem(response)["code"] == "method_not_allowed"
    assert response["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("address", READS)
def test_head_answers_as_get_without_a_body(client: Client, address: str) -> None:
    head, whole = client.head(address, secure=True), get(client, address)
    assert head.status_code == 200
    assert head.content == b""
    assert head["ETag"] == whole["ETag"]


def test_two_registries_with_one_number_are_not_guessed_between(client: Client) -> None:
    for path in ("44/", "33/"):
        Organization.objects.create(kind="service", number="SAME1", path=path, standing="normal", name=f"示例{path}")
    assert problem(get(client, f"{SEARCH}/SAME1"))["code"] == "registry.number_shared"


# --- conditional requests ---


@pytest.mark.parametrize("address", READS)
def test_what_has_not_changed_is_not_sent_again(client: Client, address: str) -> None:
    first = get(client, address)
    again = get(client, address, if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == first["Cache-Control"] == "public, no-cache"
    assert "X-Api-Key" in again["Vary"]
    assert get(client, address, if_none_match='"another"').status_code == 200


@pytest.mark.parametrize("address", [ONE, f"{ONE}/history"])
def test_every_change_of_an_organization_changes_its_mark_and_no_other_does(client: Client, address: str) -> None:
    other = get(client, f"{SEARCH}/{GUANGDONG}")["ETag"]
    marks = [get(client, address)["ETag"]]
    organization = Organization.objects.get(credit_code=SHENZHEN)
    source = Source.objects.earliest("pk")
    now = dt.datetime.now(dt.UTC)

    def officer() -> None:
        Officer.objects.create(org=organization, name="示例甲", post="director", known_from=now, source=source)

    def closed() -> None:
        Officer.objects.filter(org=organization).update(known_to=now)

    def confirmed() -> None:
        organization.confirmations.create(confirmed_on=today() - dt.timedelta(days=9), source=source)

    def doubted() -> None:
        organization.doubts.create(column="住所", value="?", rule="x", source=source, source_row=1)

    def settled() -> None:
        organization.doubts.update(settled_at=now)

    def marked() -> None:
        organization.marks.create(
            code="charity", value="yes", valid_from=today(), known_from=now, set_by_app="registry", source="x"
        )

    for change in (corrected, officer, closed, confirmed, doubted, settled, marked):
        change()
        marks.append(get(client, address)["ETag"])
    assert len(set(marks)) == len(marks)
    assert get(client, f"{SEARCH}/{GUANGDONG}")["ETag"] == other


# --- other sites' scripts ---


@pytest.mark.parametrize("address", READS)
def test_scripts_of_any_site_may_read_without_cookies(client: Client, address: str) -> None:
    response = get(client, address, origin="https://elsewhere.example")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "RateLimit-Remaining" in response["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in response
    before = client.options(
        address,
        secure=True,
        headers={"origin": "https://elsewhere.example", "access-control-request-method": "GET"},
    )
    assert before.status_code == 204
    assert before["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "X-Api-Key" in before["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in before


def test_a_refusal_can_be_read_by_a_script_too(client: Client) -> None:
    assert get(client, f"{SEARCH}?size=0")["Access-Control-Allow-Origin"] == "*"
    assert get(client, SEARCH, x_api_key="wrong")["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("name", [key for key in TABLE if not key[0].startswith("api-1:")], ids=":".join)
def test_nothing_else_is_open_to_other_sites(client: Client, name: tuple[str, str]) -> None:
    row = TABLE[name]
    ask = client.post if row.method == "post" else client.get
    response = ask(row.build(), row.body, secure=True, headers={"origin": "https://elsewhere.example"})
    assert not [header for header in response.headers if header.lower().startswith("access-control")]


# --- keys and limits ---


def test_a_key_makes_a_client_with_its_own_limit(client: Client, settings: Settings) -> None:
    settings.API_PER_MINUTE, settings.API_CLIENT_PER_MINUTE = 5, 50
    usual, usual_key = accounts.register_client(actor=actor_of("adam"), name="甲", purpose="甲", contact="a@b.example")
    _own, own_key = accounts.register_client(
        actor=actor_of("adam"), name="乙", purpose="乙", contact="a@b.example", per_minute=7
    )
    assert get(client, SEARCH)["RateLimit-Limit"] == "5"
    response = get(client, SEARCH, x_api_key=usual_key)
    assert (response["RateLimit-Limit"], response["RateLimit-Remaining"]) == ("50", "49")
    assert (response.wsgi_request.actor.kind, response.wsgi_request.actor.client_id) == ("client", usual.pk)
    assert response["Cache-Control"] == "public, no-cache"
    assert get(client, SEARCH, x_api_key=own_key)["RateLimit-Limit"] == "7"


def test_a_wrong_or_ended_key_is_said_to_be_so(client: Client) -> None:
    made, key = accounts.register_client(actor=actor_of("adam"), name="甲", purpose="甲", contact="a@b.example")
    assert get(client, SEARCH, x_api_key=key).status_code == 200
    accounts.end_client(actor=actor_of("adam"), client=made)
    for wrong in (key, "gz_nothing", made.key_sha256):
        response = get(client, SEARCH, x_api_key=wrong)
        assert response.status_code == 401
        assert problem(response)["code"] == "wrong_key"
        assert response["WWW-Authenticate"]


def test_a_key_opens_no_page_and_makes_no_officer(client: Client) -> None:
    _made, key = accounts.register_client(actor=actor_of("adam"), name="甲", purpose="甲", contact="a@b.example")
    assert get(client, "/workbench/", x_api_key=key).status_code == 302
    client.force_login(account_of("adam"))
    response = get(client, SEARCH, x_api_key=key)
    assert response.wsgi_request.actor.permissions == frozenset()
    assert response.wsgi_request.actor.scope.person is None


def test_beyond_the_limit_is_429_that_says_how_to_go_on(client: Client, settings: Settings) -> None:
    settings.API_PER_MINUTE = 2
    left = [get(client, address)["RateLimit-Remaining"] for address in (ONE, SEARCH)]
    assert left == ["1", "0"]
    with CaptureQueriesContext(connection) as queries:
        response = get(client, ONE)
    assert response.status_code == 429
    body = problem(response)
    assert (body["code"], body["limit"], body["window_seconds"]) == ("too_many_requests", 2, 60)
    assert body["retry_after_seconds"] == int(response["Retry-After"])
    assert 0 < int(response["Retry-After"]) <= 60
    assert "X-Api-Key" in body["remedy"]
    # One statement counts and refuses; no page is made, no session is read.
    assert len([one for one in queries if "core_throttle" in one["sql"]]) == 1
    assert len(queries) == 1
    # Another address has its own share, and pages are not counted.
    assert client.get(ONE, secure=True, REMOTE_ADDR="192.0.2.9").status_code == 200
    assert get(client, "/orgs/").status_code == 200


def test_a_minute_later_everything_is_open_again(client: Client, settings: Settings) -> None:
    settings.API_PER_MINUTE = 1
    assert get(client, ONE).status_code == 200
    assert get(client, ONE).status_code == 429
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_throttle SET window_start = window_start - interval '61 seconds'")
    assert get(client, ONE).status_code == 200


def test_a_304_and_a_refusal_count_too(client: Client, settings: Settings) -> None:
    settings.API_PER_MINUTE = 3
    etag = get(client, ONE)["ETag"]
    assert get(client, ONE, if_none_match=etag).status_code == 304
    assert get(client, SEARCH, x_api_key="wrong").status_code == 401
    assert get(client, SEARCH, x_api_key="wrong").status_code == 429


def test_a_request_is_counted_before_the_transaction_that_may_write_nothing(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        get(client, SEARCH)
    texts = [one["sql"] for one in queries]
    counted = [at for at, text in enumerate(texts) if "core_throttle" in text]
    closed = [at for at, text in enumerate(texts) if "transaction_read_only" in text]
    assert len(counted) == len(closed) == 1
    assert counted < closed


def test_a_database_that_is_away_is_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def away(*_arguments: object, **_options: object) -> tuple[int, int]:
        raise OperationalError("away")

    monkeypatch.setattr("gongzhi.core.throttle.count", away)
    response = get(client, SEARCH)
    assert response.status_code == 503
    assert problem(response)["code"] == "unavailable"


# --- the same work for 3 rows and 30 ---


def test_a_list_costs_the_same_queries_for_few_rows_and_many(client: Client) -> None:
    from gongzhi.registry.tests.test_imports import HEAD, code, load

    def cost() -> int:
        address = f"{SEARCH}?size=100&facets=kind"
        get(client, address)
        with CaptureQueriesContext(connection) as queries:
            assert get(client, address).status_code == 200
        return len(queries)

    few = cost()
    load(HEAD + "".join(f"\n示例{at}基金会\t{code(at)}\t\t\t\t\t" for at in range(1, 31)))
    assert cost() == few


# --- the description ---


def test_every_operation_is_called_as_its_address_and_describes_everything() -> None:
    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            assert operation["description"], path
            assert {"401", "422", "429"} <= {str(status) for status in operation["responses"]}, path
            for parameter in operation["parameters"]:
                assert parameter.get("description"), (path, parameter["name"])
    for name, part in schema["components"]["schemas"].items():
        for field, told in part.get("properties", {}).items():
            assert told.get("description"), (name, field)
    assert {f"api-1:{name}" for name in described()} == {name for name, _m in TABLE if name.startswith("api-1:")}
    assert {name for name, one in described().items() if not one.is_public} == {"person_contact"}


def test_the_reference_page_shows_every_address_in_both_languages_and_tries_it(client: Client) -> None:
    page = get(client, "/api/docs/").content.decode()
    english = get(client, "/en/api/docs/").content.decode()
    for name in described():
        assert f'action="/api/docs/try/{name}/"' in page
        assert f'action="/en/api/docs/try/{name}/"' in english
    assert "Search the register" in english
    tried = get(client, f"/api/docs/try/organization/?code={SHENZHEN}&on=2020-01-01&known=&other=1")
    assert (tried.status_code, tried["Location"]) == (302, f"{ONE}?on=2020-01-01")
    assert get(client, tried["Location"]).status_code == 200
    assert get(client, "/api/docs/try/organizations/?kind=&q=基金会")["Location"].startswith(f"{SEARCH}?q=")
    assert get(client, "/api/docs/try/organization/?code=../..")["Location"].startswith(SEARCH)
    assert get(client, "/api/docs/try/organization/?code=..")["Location"] == "../../#organization"
    assert get(client, "/api/docs/try/nothing/").status_code == 404


def test_the_description_is_what_the_address_serves(client: Client) -> None:
    served = json.loads(get(client, "/api/openapi.json").content)
    assert set(served["paths"]) == set(api.get_openapi_schema(path_prefix="/api/v1/")["paths"])
    assert ApiClient.objects.count() == 0
