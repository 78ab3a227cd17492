"""What somebody with bad intentions sends to any address, and what must not stand in the sources.

Attacks on one part stand in that part's tests; docs/security/README.md lists all of them.
"""

from __future__ import annotations

import ast
import functools
import logging
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.core import mail
from django.core.checks import run_checks
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.test import Client, RequestFactory, override_settings

import gongzhi
from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.sessions import SessionStore
from tests.access import TABLE, Access, a_resident
from tests.test_access import asked, routes, signed_in
from tests.test_mass_assignment import our_forms
from tests.world import CAST, HOUSES, PASSWORD, account_of, actor_of

ROOT = Path(gongzhi.__file__).resolve().parent
ROWS = list(TABLE.items())
NAMES = [":".join(key) for key, _row in ROWS]
POSTS = [(name, row) for (name, method), row in ROWS if method == "post"]

# --- forms from elsewhere ---

#: Addresses that take a POST without the token, each with the reason.
WITHOUT_TOKEN = {
    "loudspeaker:point_due": "a device without a browser; the secret in the address is its right, no cookie counts",
    "loudspeaker:point_played": "a device without a browser; the secret in the address is its right, no cookie counts",
}


def status_without_token(row: Access, name: str) -> int:
    """What a form from another site gets, with the cookies of somebody who is signed in."""
    strict = Client(
        enforce_csrf_checks=True, headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    )
    with transaction.atomic():
        status = asked(signed_in(strict, name), row)
        transaction.set_rollback(True)
    return status


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "row"), POSTS, ids=[name for name, _row in POSTS])
def test_no_post_is_taken_from_another_site(name: str, row: Access) -> None:
    """Every address that takes a POST, as everybody who could: all refused, whatever the body."""
    for character in ("visitor", "rita", "dana", "adam"):
        status = status_without_token(row, character)
        assert (status == 403) is (name not in WITHOUT_TOKEN), (character, status)


def test_who_needs_no_token_is_listed_with_a_reason() -> None:
    exempt = {name for name, pattern in routes().items() if getattr(pattern.callback, "csrf_exempt", False)}
    # The API reads only: its instance says exempt of itself, and no operation takes a POST (test_mass_assignment).
    assert {name for name in exempt if not name.startswith(("api-1:", "openapi"))} == set(WITHOUT_TOKEN)


@pytest.mark.django_db
def test_negative_control_without_the_middleware_a_foreign_form_would_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CsrfViewMiddleware, "process_view", lambda *_arguments: None)
    assert status_without_token(TABLE["ui:settings", "post"], "rita") == 302


# --- methods, types, cookies ---


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "row"), ROWS, ids=NAMES)
def test_no_address_answers_trace(client: Client, key: tuple[str, str], row: Access) -> None:
    assert signed_in(client, "adam").trace(row.build(), secure=True).status_code in {302, 401, 403, 404, 405}


def type_fault(content_type: str, content: bytes) -> str:
    """What is wrong with the type of an answer, empty if nothing is."""
    if not content:
        return ""
    if "/" not in content_type:
        return "no type"
    if content_type.startswith("text/") and "charset=utf-8" not in content_type.lower():
        return "text without its characters"
    begins = content.lstrip()[:15].lower()
    if begins.startswith(b"<!doctype html") and not content_type.startswith("text/html"):
        return "a page under another type"
    if content_type.startswith("text/html") and not begins.startswith(b"<"):
        return "no page under the type of one"
    return ""


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "row"), ROWS, ids=NAMES)
def test_every_answer_says_truly_what_it_is(client: Client, key: tuple[str, str], row: Access) -> None:
    ask = signed_in(client, "dana")
    response = (ask.post if row.method == "post" else ask.get)(row.build(), row.body, secure=True)
    content = b"".join(response) if response.streaming else response.content
    assert not type_fault(response.headers.get("Content-Type", ""), content)


def test_a_false_type_is_noticed() -> None:
    page = b"<!DOCTYPE html>"
    assert type_fault("text/html", page)
    assert type_fault("application/json", page)
    assert type_fault("text/html; charset=utf-8", b"plain")
    assert not type_fault("text/html; charset=utf-8", page)


def cookie_faults(response: HttpResponseBase) -> list[str]:
    """Cookies that another host, a script or a plain connection could get at."""
    found = []
    for cookie in response.cookies.values():
        if not (
            cookie.key.startswith("__Host-") and cookie["secure"] and cookie["path"] == "/" and not cookie["domain"]
        ):
            found.append(f"{cookie.key} is not bound to this host")
        if cookie["max-age"] != 0 and not (cookie["httponly"] and cookie["samesite"] in {"Lax", "Strict"}):
            found.append(f"{cookie.key} is open to scripts or to other sites")
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "row"), ROWS, ids=NAMES)
def test_every_cookie_of_every_address_is_bound_to_this_host(client: Client, key: tuple[str, str], row: Access) -> None:
    ask = signed_in(client, "dana")
    response = (ask.post if row.method == "post" else ask.get)(row.build(), row.body, secure=True)
    assert not cookie_faults(response)
    response.close()


@pytest.mark.django_db
def test_the_cookies_of_signing_in_of_the_language_and_of_the_look_are_bound_too(client: Client) -> None:
    answers = [
        client.get("/accounts/sign-in/", secure=True),
        client.post("/accounts/sign-in/", {"login": "rita@world.example", "password": PASSWORD}, secure=True),
        client.post("/ui/language/", {"language": "en"}, secure=True),
        client.post("/ui/settings/", {"theme": "dark"}, secure=True),
    ]
    names = {name for answer in answers for name in answer.cookies}
    assert names == {"__Host-csrf", "__Host-sid", "__Host-device", "__Host-language", "__Host-display"}
    assert not [fault for answer in answers for fault in cookie_faults(answer)]


def test_an_open_cookie_is_noticed() -> None:
    response = HttpResponse()
    response.set_cookie("x", "1")
    assert len(cookie_faults(response)) == 2


@pytest.mark.django_db
def test_a_session_key_has_more_than_128_bits(client: Client) -> None:
    keys = set()
    for _time in range(3):
        client.cookies.clear()
        client.post("/accounts/sign-in/", {"login": "rita@world.example", "password": PASSWORD}, secure=True)
        keys.add(client.cookies["__Host-sid"].value)
    assert len(keys) == 3
    assert all(re.fullmatch(r"[a-z0-9]{32}", key) for key in keys)  # 32 of 36 signs: 165 bits
    assert SessionStore.__mro__[1].__module__ == "django.contrib.sessions.backends.db"  # whose keys come from `secrets`


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/.git/HEAD", "/.git/config", "/.svn/entries", "/.env", "/static/", "/static/ui/", "/static/../settings.py",
        "/static/%2e%2e/%2e%2e/config/settings.py", "/media/", "/uploads/", "/var/keys.json", "/keys.json", "/admin/",
        "/debug/", "/__debug__/", "/server-status", "/metrics",
    ],
)  # fmt: skip
def test_no_folder_no_source_and_no_key_is_served(client: Client, address: str) -> None:
    response = client.get(address, secure=True)
    assert response.status_code == 404
    assert b"SECRET_KEY" not in response.content


@pytest.mark.django_db
def test_the_same_error_page_for_everybody_shows_nothing_of_the_inside(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("SELECT secret FROM inside; key=sesame")

    monkeypatch.setattr("gongzhi.portal.selectors.tally_by", broken)
    with caplog.at_level(logging.ERROR, logger="django.request"):
        response = Client(raise_request_exception=False).get("/", secure=True)
    assert response.status_code == 500
    assert [one.levelname for one in caplog.records if one.exc_info] == ["ERROR"]
    for word in (b"sesame", b"SELECT", b"Traceback", b"RuntimeError", b"gongzhi.portal"):
        assert word not in response.content


@pytest.mark.django_db
def test_a_request_under_a_foreign_name_is_refused(client: Client) -> None:
    with override_settings(ALLOWED_HOSTS=["gongzhi.example.org"]):
        for host in ("evil.example", "gongzhi.example.org.evil.example", "evil.example:443"):
            assert client.get("/", secure=True, headers={"Host": host}).status_code == 400
        assert client.get("/", secure=True, headers={"Host": "gongzhi.example.org"}).status_code == 200


@pytest.mark.django_db
def test_what_a_browser_says_of_its_address_counts_only_from_our_own_proxy(client: Client) -> None:
    """Thirty tries from one machine that each claim another address are thirty tries of one machine."""
    from gongzhi.core.models import Throttle

    forged = {"X-Real-IP": "203.0.113.9", "X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    for number in range(3):
        body = {"login": f"nobody{number}@world.example", "password": "x"}
        client.post("/accounts/sign-in/", body, secure=True, headers=forged | {"X-Real-IP": f"203.0.113.{number}"})
    counts = Throttle.objects.filter(bucket__startswith="sign_in:address").values_list("count", flat=True)
    assert list(counts) == [3]


# --- somebody whose account was closed ---


@pytest.mark.django_db
def test_after_the_account_is_closed_neither_page_nor_api_nor_a_known_device_opens_anything(client: Client) -> None:
    number = a_resident()
    client.post("/accounts/sign-in/", {"login": "dana@world.example", "password": PASSWORD}, secure=True)
    client.post("/acting/", {"agency": actor_of("dana").agency_id}, secure=True)
    read = f"/api/v1/people/{number}/contact?purpose=contact.matter"
    assert client.get("/workbench/people/", secure=True).status_code == 200
    assert client.get(read, secure=True).status_code == 200
    with acting(actor_of("sena")) as sena:
        accounts.disable_account(actor=sena, account=account_of("dana"))
    assert "__Host-device" in client.cookies
    assert client.get("/workbench/people/", secure=True).status_code == 302
    assert client.get(read, secure=True).status_code == 401
    assert (
        client.post(
            "/workbench/people/export/", {"purpose": "contact.matter", "reason": "示例"}, secure=True
        ).status_code
        == 302
    )
    again = client.post("/accounts/sign-in/", {"login": "dana@world.example", "password": PASSWORD}, secure=True)
    assert again.status_code == 422


# --- what is logged of tries ---


@pytest.mark.django_db
def test_every_failed_way_in_leaves_a_line_without_a_name(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="gongzhi.accounts"):
        client.post("/accounts/sign-in/", {"login": "rita@world.example", "password": "wrong"}, secure=True)
        client.post("/accounts/sign-in/code/", {"login": "rita@world.example"}, secure=True)
        client.post("/accounts/sign-in/code/enter/", {"code": "000000"}, secure=True)
    lines = [one for one in caplog.records if one.name == "gongzhi.accounts"]
    assert [one.getMessage() for one in lines] == ["accounts.sign_in_failed"] * 2
    assert not any("rita" in str(vars(one)) for one in lines)
    first = vars(lines[0])
    assert re.fullmatch(r"[0-9a-f]{12}", first["login"])
    assert re.fullmatch(r"[0-9a-f]{12}", first["network"])


@pytest.mark.django_db
def test_signing_in_and_out_are_events_and_the_browser_is_asked_to_forget(client: Client) -> None:
    from gongzhi.audit.models import Event

    client.post("/accounts/sign-in/", {"login": "rita@world.example", "password": PASSWORD}, secure=True)
    assert client.post("/accounts/sign-out/", secure=True).headers["Clear-Site-Data"] == '"cache", "storage"'
    with acting(Actor.system("tests")):
        found = list(Event.objects.order_by("pk").values_list("event", flat=True))
    assert found[-3:] == ["accounts.account.signed_in", "accounts.session.opened", "accounts.account.signed_out"]


# --- first accounts ---


@pytest.mark.django_db
def test_a_new_platform_has_no_account_and_no_password_of_its_own() -> None:
    """The seeded world makes its own; nothing else does: no migration, no packaged data."""
    made = {f"{name}@world.example" for name in (*CAST, *HOUSES)}
    assert set(Account.objects.values_list("email", flat=True)) == made
    secret = re.compile(r"make_password|set_password|create_user|createsuperuser|argon2\\$|pbkdf2")
    for path in ROOT.glob("*/migrations/*.py"):
        assert not secret.search(path.read_text(encoding="utf-8")), path
    assert secret.search("account.password = make_password('admin')")


# --- numbers, mails, passwords ---

HUGE = 10**30


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "row"),
    [(key, row) for key, row in ROWS if re.search(r"/\d+/", str(routes()[key[0]].pattern).replace("<int:", "/1/"))],
    ids=[":".join(key) for key, _row in ROWS if "<int:" in str(routes()[key[0]].pattern)],
)
def test_a_number_too_large_for_the_database_is_not_found(key: tuple[str, str], row: Access) -> None:
    """And no fault: every address that holds a number, with one of thirty digits in its place."""
    for character in ("rita", "alice", "dana", "adam"):
        with transaction.atomic():
            client = signed_in(Client(), character)
            address = re.sub(r"(?<=/)\d+(?=/)", str(HUGE), row.build())
            ask = client.post if row.method == "post" else client.get
            assert ask(address, row.body, secure=True).status_code in {302, 401, 403, 404, 405, 422}, address
            transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "login", ["a@example.org\nBcc: b@example.org", "a@example.org\r\nSubject: x", "a@example.org\x00"]
)
def test_no_line_is_smuggled_into_a_mail(client: Client, login: str) -> None:
    for address in ("/accounts/sign-in/code/", "/accounts/sign-up/", "/accounts/recover/"):
        response = client.post(address, {"login": login}, secure=True)
        assert response.status_code in {302, 422}
    from gongzhi.accounts.actions import codes
    from gongzhi.accounts.models import OneTimeCode

    with acting(Actor.system("accounts.send_code")) as sender:
        for row in OneTimeCode.objects.all():
            codes.send_code(actor=sender, code_id=row.pk)
    assert all("\n" not in to for one in mail.outbox for to in one.to)
    assert not any("b@example.org" in one.recipients() for one in mail.outbox)


def password_fields() -> list[tuple[str, forms.Field]]:
    """Every question for a password in every form."""
    return [
        (f"{kind.__name__}.{name}", question)
        for kind in our_forms()
        for name, question in getattr(kind, "base_fields", {}).items()
        if "password" in name or name in {"old", "new"}
    ]


def test_every_password_is_typed_unseen_pasted_and_taken_as_it_is() -> None:
    found = password_fields()
    assert len(found) >= 6
    for name, question in found:
        assert isinstance(question.widget, forms.PasswordInput), name
        assert question.widget.attrs["autocomplete"] in {"current-password", "new-password"}, name
        assert not {"onpaste", "onselectstart"} & set(question.widget.attrs), name
        assert isinstance(question, forms.CharField), name
        assert question.strip is False, name
        assert (question.max_length or 0) >= 64, name
    scripts = [path for path in ROOT.glob("*/static/**/*.js") if "vendor" not in path.parts]
    assert not [path.name for path in scripts if re.search(r"[\"']paste[\"']", path.read_text(encoding="utf-8"))]


@pytest.mark.django_db
def test_a_password_is_compared_as_it_was_typed(client: Client) -> None:
    long = " Two Boats on a quiet Lake, sixty-four characters and some more of them "
    account = account_of("rita")
    account.set_password(long)
    account.save()
    for wrong in (long.strip(), long.lower(), long[:-1], long[:64]):
        body = {"login": "rita@world.example", "password": wrong}
        assert client.post("/accounts/sign-in/", body, secure=True).status_code == 422
    assert client.post("/accounts/sign-in/", {**body, "password": long}, secure=True).status_code == 302


def test_passwords_are_hashed_with_argon2_and_nothing_else() -> None:
    from django.contrib.auth.hashers import get_hashers, make_password

    (hasher,) = get_hashers()
    assert hasher.algorithm == "argon2"
    cost = re.search(r"argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)", make_password("x"))
    assert cost
    # OWASP's least: 19 MB with 2 passes.
    assert int(cost[1]) >= 19 * 1024
    assert int(cost[2]) >= 2


@pytest.mark.django_db
def test_a_new_password_by_code_still_asks_for_the_second_factor(client: Client) -> None:
    from gongzhi.accounts.actions import codes
    from gongzhi.accounts.models import OneTimeCode
    from gongzhi.accounts.tests.test_factors import with_authenticator

    with_authenticator("rita", time.time())
    client.post("/accounts/recover/", {"login": "rita@world.example"}, secure=True)
    with acting(Actor.system("accounts.send_code")) as sender:
        codes.send_code(actor=sender, code_id=OneTimeCode.objects.latest("pk").pk)
    code = re.search(r"\b\d{6}\b", str(mail.outbox[-1].body))
    assert code
    body = {"code": code[0], "password": "two boats on a quiet lake"}
    answer = client.post("/accounts/recover/finish/", body, secure=True)
    assert answer.headers["Location"] == "/accounts/sign-in/second/"
    assert client.get("/my/", secure=True).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "row"), [(k, r) for k, r in ROWS if r.method == "get"], ids=[k[0] for k, r in ROWS if r.method == "get"]
)
def test_every_page_of_somebody_signed_in_has_the_way_out(client: Client, key: tuple[str, str], row: Access) -> None:
    response = signed_in(client, "dana").get(row.build(), secure=True)
    if response.status_code == 200 and response.headers["Content-Type"].startswith("text/html"):
        if key[0].startswith("loudspeaker:point_"):
            return  # a page for a device, the same whoever is signed in
        assert b'action="/accounts/sign-out/"' in response.content
    response.close()


@pytest.mark.django_db
def test_the_page_of_codes_says_what_text_messages_risk_and_offers_better(client: Client) -> None:
    page = client.get("/accounts/sign-in/code/", secure=True).content.decode()
    assert "通行密钥或验证器" in page
    assert 'href="/accounts/sign-in/passkey/' in page
    signed_in(client, "rita")
    assert "通行密钥或验证器" in client.get("/my/security/contact/", secure=True).content.decode()


# --- the web server and the one in front ---


def understood(raw: bytes) -> list[tuple[str, bytes]]:
    """The requests our web server sees in these bytes: method and body of each."""
    from gunicorn.http.errors import ParseException
    from gunicorn.http.parser import RequestParser

    from gongzhi.config.web import WebServer

    config = WebServer({"limit_request_line": 8190}).cfg
    found: list[tuple[str, bytes]] = []
    with suppress(ParseException):  # refused: the connection is closed
        found.extend((one.method, one.body.read()) for one in RequestParser(config, iter([raw]), ("127.0.0.1", 1)))
    return found


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Content-Length: 4\r\nContent-Length: 40\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: 4\r\n X: y\r\n",
        b"X\x00Y: 1\r\n",
    ],
)
def test_no_second_request_is_smuggled_behind_a_first(head: bytes) -> None:
    raw = b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    assert "GET" not in [method for method, _body in understood(raw)]


def test_negative_control_two_honest_requests_are_two() -> None:
    raw = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbodyGET / HTTP/1.1\r\nHost: x\r\n\r\n"
    assert understood(raw) == [("POST", b"body"), ("GET", b"")]


def test_the_guide_sets_tls_and_leads_only_people_from_http_to_https() -> None:
    guide = (ROOT.parent / "docs" / "guides" / "deploy.md").read_text(encoding="utf-8")
    plain, secure = re.findall(r"^server \{\n(.*?)^\}", guide, flags=re.M | re.S)[:2]
    assert re.search(r"location /api/ \{\s+return 403;", plain)
    assert "return 301 https://" in plain
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in secure
    ciphers = re.search(r"ssl_ciphers (\S+);", secure)
    assert ciphers
    assert all(
        re.fullmatch(r"ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)", one) for one in ciphers[1].split(":")
    )
    for name in ("X-Real-IP $remote_addr", "X-Forwarded-For $remote_addr", "X-Forwarded-Proto https"):
        assert f"proxy_set_header {name};" in secure


# --- those we ask ---


def test_no_answer_leads_the_platform_to_another_address() -> None:
    from allauth.socialaccount.adapter import get_adapter

    assert get_adapter().get_requests_session().max_redirects == 0
    calls = 0
    for path, text in our_sources():
        if "requests" not in text:
            continue
        tree = parsed(text)
        names = imported(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and dotted(node.func, names).startswith("requests."):
                words = {one.arg: getattr(one.value, "value", None) for one in node.keywords}
                assert words.get("allow_redirects") is False, path
                assert "timeout" in words, path
                calls += 1
    assert calls >= 2


@pytest.mark.django_db
def test_no_token_of_a_provider_reaches_the_browser_or_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    from gongzhi.accounts.providers import Adapter
    from tests.test_mass_assignment import snapshot

    where = "https://id.example.org"
    one = {"kind": "openid_connect", "label": "身份", "client_id": "x", "client_secret": "SECRET-OF-OURS"}
    one["server"] = f"{where}/.well-known/openid-configuration"
    monkeypatch.setattr(settings, "IDENTITY_PROVIDERS", {"gov": one})
    said = {"issuer": where, "authorization_endpoint": f"{where}/auth", "token_endpoint": f"{where}/token"}
    monkeypatch.setattr(Adapter, "openid_config", property(lambda _self: said))
    tokens = {"access_token": "SECRET-ACCESS", "refresh_token": "SECRET-REFRESH", "id_token": "SECRET-IDENTITY"}
    monkeypatch.setattr(Adapter, "get_access_token_data", lambda *_a, **_k: tokens)
    monkeypatch.setattr(Adapter, "claims_of", lambda *_a: {"sub": "person-1"})
    client = Client()
    answers = [client.post("/accounts/identity/gov/", secure=True)]
    state = client.session["identity_state"]["state"]
    answers.append(client.get(f"/accounts/identity/gov/callback/?code=c&state={state}", secure=True))
    assert answers[-1].headers["Location"] == "/accounts/identity/connect/"
    client.post("/accounts/sign-in/", {"login": "rita@world.example", "password": PASSWORD}, secure=True)
    answers += [
        client.get("/accounts/identity/connect/", secure=True),
        client.post("/accounts/identity/connect/", secure=True),
    ]
    answers.append(client.get("/my/security/", secure=True))
    assert "身份" in answers[-1].content.decode()
    seen = (
        str([(one.content, one.headers, one.cookies) for one in answers]) + str(dict(client.session)) + str(snapshot())
    )
    assert "SECRET" not in seen
    assert "person-1" not in seen


def test_one_name_at_two_providers_is_two_identities() -> None:
    from gongzhi.accounts.providers import uid_of

    assert uid_of("gov", "person-1") == uid_of("gov", "person-1")
    assert len({uid_of("gov", "person-1"), uid_of("other", "person-1"), uid_of("go", "vperson-1")}) == 3


def test_a_provider_whose_document_names_another_issuer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from gongzhi.accounts.providers import Adapter, CannotVouch

    one = {"client_id": "x", "client_secret": "y", "server": "https://id.example.org/.well-known/openid-configuration"}
    monkeypatch.setattr(
        settings, "IDENTITY_PROVIDERS", {"gov": one, "other": {**one, "issuer": "https://signs.example.org"}}
    )
    said = {"issuer": "https://id.example.org"}
    monkeypatch.setattr(Adapter, "openid_config", property(lambda _self: said))
    request = RequestFactory().get("/")
    assert Adapter(request, "gov", "").issuer == "https://id.example.org"
    with pytest.raises(CannotVouch):
        _ = Adapter(request, "other", "").issuer
    said["issuer"] = "https://evil.example"
    with pytest.raises(CannotVouch):
        _ = Adapter(request, "gov", "").issuer
    said["issuer"] = "https://signs.example.org"
    assert Adapter(request, "other", "").issuer == "https://signs.example.org"


# --- what must not stand in the sources ---

#: Call or import → why not.
FORBIDDEN = {
    "eval": "runs what was typed",
    "exec": "runs what was typed",
    "os.system": "a shell",
    "os.popen": "a shell",
    "pickle": "runs what it reads",
    "marshal": "runs what it reads",
    "shelve": "runs what it reads",
    "yaml.load": "runs what it reads; safe_load",
    "xml": "resolves entities; defusedxml",
    "lxml": "resolves entities; defusedxml",
    "random": "can be foretold; secrets",
    "uuid.uuid1": "tells machine and time",
    "hashlib.md5": "broken",
    "hashlib.sha1": "broken",
    "django.template.Template": "a template made from a text",
    "ldap3": "", "telnetlib": "", "ftplib": "",
}  # fmt: skip
#: Files that may, each with the reason.
ALLOWED = {
    (
        "gongzhi/registry/imports/comparing.py",
        "format",
    ): "a statement of this module, filled with names of its own columns",
    ("gongzhi/config/demo.py", "random"): "invents the same demonstration each time from a fixed seed",
    ("gongzhi/tlog/actions.py", "random"): "SystemRandom, which is the operating system's own source",
    ("gongzhi/ui/svg.py", "random"): "draws the same wave each time from a fixed seed",
    (
        "gongzhi/accounts/providers.py",
        "hashlib.sha1",
    ): "the signature WeChat's scripts ask for; nothing is protected by it",
}


@functools.cache
def parsed(text: str) -> ast.Module:
    """A source as a tree, parsed once."""
    return ast.parse(text)


def imported(tree: ast.AST) -> dict[str, str]:
    """Name in this file → what it is in full."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(
                {
                    one.asname or one.name.split(".")[0]: (one.asname and one.name) or one.name.split(".")[0]
                    for one in node.names
                }
            )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update({one.asname or one.name: f"{node.module}.{one.name}" for one in node.names})
    return found


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """A call's name in full: `h.md5` of `import hashlib as h` is `hashlib.md5`."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, names)}.{node.attr}"
    return ""


def dangers(text: str) -> set[str]:
    """Forbidden calls and imports of one source, and shells and queries made of pieces."""
    tree = parsed(text)
    names = imported(tree)
    found = {word for whole in names.values() for word in FORBIDDEN if whole == word or whole.startswith(f"{word}.")}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func, names)
        found |= {word for word in FORBIDDEN if name == word}
        made = isinstance(node.func, ast.Attribute) and isinstance(
            node.func.value, ast.Name | ast.Subscript | ast.Attribute
        )
        if made and isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "format_map"}:
            found.add("format")  # a template that is no constant
        if any(
            one.arg == "shell" and not (isinstance(one.value, ast.Constant) and not one.value.value)
            for one in node.keywords
        ):
            found.add("shell")
        if any(
            one.arg == "verify" and isinstance(one.value, ast.Constant) and one.value.value is False
            for one in node.keywords
        ):
            found.add("verify=False")
    return found


def our_sources() -> Iterator[tuple[str, str]]:
    """Every source of the package that runs in production."""
    for path in sorted(ROOT.rglob("*.py")):
        if not {"tests", "migrations"} & set(path.parts):
            yield str(path.relative_to(ROOT.parent)), path.read_text(encoding="utf-8")


def test_no_source_holds_a_dangerous_call() -> None:
    found = {(path, word) for path, text in our_sources() for word in dangers(text)}
    assert found - set(ALLOWED) == set()
    assert set(ALLOWED) - found == set(), "an exception that is none"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("eval(x)", "eval"),
        ("import subprocess\nsubprocess.run(x, shell=True)", "shell"),
        ("import hashlib as h\nh.md5(b'')", "hashlib.md5"),
        ("from hashlib import sha1\nsha1(b'')", "hashlib.sha1"),
        ("import pickle", "pickle"),
        ("from xml.etree import ElementTree", "xml"),
        ("import random", "random"),
        ("from django.template import Template\nTemplate(x)", "django.template.Template"),
        ("import requests\nrequests.get(x, verify=False)", "verify=False"),
        ("text.format(name=x)", "format"),
    ],
)
def test_a_dangerous_call_is_noticed(text: str, word: str) -> None:
    assert word in dangers(text)


#: Module → whom it talks to. docs/security/hardening.md names them.
TALKS = {
    "gongzhi/accounts/providers.py": "identity providers and WeChat the operator named",
    "gongzhi/accounts/verifiers.py": "sources that know documents, which the operator named",
    "gongzhi/notify/gateways.py": "gateways for text messages and WeChat the operator named",
    "gongzhi/files/scanning.py": "clamd, by a unix socket",
    "gongzhi/files/store.py": "the object store the operator named",
    "gongzhi/accounts/actions/codes.py": "the mail server of the settings",
    "gongzhi/accounts/actions/recovery.py": "the mail server of the settings",
    "gongzhi/notify/handlers.py": "the mail server of the settings",
    "gongzhi/config/supervisor.py": "this machine itself: whether its own port is free",
    "gongzhi/config/database.py": "PostgreSQL",
    "gongzhi/config/doctor.py": "PostgreSQL",
}
#: What opens a connection.
OPENS = ("requests.", "urllib.request", "http.client", "smtplib", "socket.socket", "socket.create_connection",
         "ftplib", "httpx", "aiohttp", "boto3", "botocore.", "storages.", "psycopg.connect", "django.core.mail.")  # fmt: skip


def opens(text: str) -> bool:
    """Whether a source opens connections of its own."""
    tree = parsed(text)
    names = imported(tree)
    calls = {dotted(node.func, names) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return any(f"{one}.".startswith(word) or one == word for one in calls | set(names.values()) for word in OPENS)


def test_only_listed_modules_open_connections_and_none_to_an_address_somebody_typed() -> None:
    found = {path for path, text in our_sources() if opens(text)}
    assert found == set(TALKS)
    assert opens("import requests\nrequests.get('https://x')")
    assert not opens("import socket\nsocket.gethostname()")
    guide = (ROOT.parent / "docs" / "security" / "hardening.md").read_text(encoding="utf-8")
    assert [name for name in TALKS if name not in guide] == []


def test_no_script_of_ours_keeps_anything_in_the_browser_or_runs_text() -> None:
    ours = [path for path in ROOT.glob("*/static/**/*.js") if "vendor" not in path.parts]
    assert len(ours) > 4
    forbidden = re.compile(
        r"localStorage|sessionStorage|indexedDB|document\.cookie|\beval\(|new Function|postMessage|innerHTML"
    )
    # A draft that has not arrived is kept on the device (ADR 0025): nothing about a person, wiped by signing out.
    mirror = [path for path in ours if path.name == "autosave.js"]
    others = forbidden.pattern.replace("localStorage|", "")
    assert not [path.name for path in ours if path not in mirror and forbidden.search(path.read_text(encoding="utf-8"))]
    assert not [path.name for path in mirror if re.search(others, path.read_text(encoding="utf-8"))]
    assert all('getAttribute("autocomplete") === "off"' in path.read_text(encoding="utf-8") for path in mirror)
    # An object that takes names from outside could be given __proto__; passkey.js goes through a list of its own.
    named = re.compile(r"\w\[\w+\] = ")
    assert [path.name for path in ours if named.search(path.read_text(encoding="utf-8"))] == ["passkey.js"]
    head = (ROOT / "ui" / "templates" / "ui" / "head.html").read_text(encoding="utf-8")
    assert '"historyCacheSize":0' in head  # else htmx would keep pages in the browser
    assert '"allowEval":false' in head
    assert forbidden.search("localStorage.x = 1")


def test_every_package_is_pinned_with_hashes() -> None:
    text = (ROOT.parent / "requirements.txt").read_text(encoding="utf-8")
    assert not loose(text)
    assert len(re.findall(r"^[a-z0-9]", text, flags=re.M | re.I)) > 40
    assert loose("requests>=2\nflask==1 \\\n    --hash=sha256:00\n") == ["requests>=2"]


def loose(text: str) -> list[str]:
    """Lines of a list of packages without one version and a hash."""
    joined = text.replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line and not line.lstrip().startswith("#")]
    return [line for line in lines if "==" not in line or "--hash=sha256:" not in line]


def test_the_settings_of_production_pass_the_frameworks_own_checks() -> None:
    """`check --deploy`: nothing but what our own middleware does instead."""
    found = [one.id for one in run_checks(include_deployment_checks=True) if not one.is_silenced()]
    assert found == []
    assert settings.DEBUG is False
    assert not {"debug_toolbar", "django.contrib.admin", "silk", "django_extensions"} & set(settings.INSTALLED_APPS)
