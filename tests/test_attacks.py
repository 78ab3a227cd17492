"""What somebody with bad intentions sends to any address, and what must not stand in the sources.

Attacks on one part stand in that part's tests; docs/security/README.md lists all of them.
"""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.db import transaction
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.test import Client, override_settings

import gongzhi
from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from tests.access import TABLE, Access, a_resident
from tests.test_access import asked, routes, signed_in
from tests.world import PASSWORD, account_of, actor_of

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


#: Types that are text, so that a browser must be told which characters they are written in.
TEXT = ("text/", "application/json", "application/problem+json", "application/atom+xml")


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
    content = b"".join(response) if response.streaming else response.content  # type: ignore[arg-type]
    assert not type_fault(response.headers.get("Content-Type", ""), content)


def test_a_false_type_is_noticed() -> None:
    page = b"<!DOCTYPE html>"
    assert type_fault("text/html", page)
    assert type_fault("application/json", page)
    assert type_fault("text/html; charset=utf-8", b"plain")
    assert not type_fault("text/html; charset=utf-8", page)


def cookie_faults(response: HttpResponse) -> list[str]:
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
    assert not cookie_faults((ask.post if row.method == "post" else ask.get)(row.build(), row.body, secure=True))


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
def test_the_same_error_page_for_everybody_shows_nothing_of_the_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("SELECT secret FROM inside; key=sesame")

    monkeypatch.setattr("gongzhi.portal.selectors.tally_by", broken)
    response = Client(raise_request_exception=False).get("/", secure=True)
    assert response.status_code == 500
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
    with acting(actor_of("adam")) as adam:
        accounts.disable_account(actor=adam, account=account_of("dana"))
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
def test_signing_in_and_out_are_events(client: Client) -> None:
    from gongzhi.audit.models import Event

    client.post("/accounts/sign-in/", {"login": "rita@world.example", "password": PASSWORD}, secure=True)
    client.post("/accounts/sign-out/", secure=True)
    with acting(Actor.system("tests")):
        found = list(Event.objects.order_by("pk").values_list("event", flat=True))
    assert found[-3:] == ["accounts.account.signed_in", "accounts.session.opened", "accounts.account.signed_out"]


# --- first accounts ---


@pytest.mark.django_db
def test_a_new_platform_has_no_account_and_no_password_of_its_own() -> None:
    """The seeded world makes its own; nothing else does: no migration, no packaged data."""
    made = {
        f"{name}@world.example" for name in ("adam", "dana", "edith", "rosa", "rita", "alice", "bob", "carol", "victor")
    }
    assert set(Account.objects.values_list("email", flat=True)) == made
    secret = re.compile(r"make_password|set_password|create_user|createsuperuser|argon2\\$|pbkdf2")
    for path in ROOT.glob("*/migrations/*.py"):
        assert not secret.search(path.read_text(encoding="utf-8")), path
    assert secret.search("account.password = make_password('admin')")


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
    ("gongzhi/config/demo.py", "random"): "invents the same demonstration each time from a fixed seed",
    ("gongzhi/tlog/actions.py", "random"): "SystemRandom, which is the operating system's own source",
    ("gongzhi/ui/svg.py", "random"): "draws the same wave each time from a fixed seed",
    (
        "gongzhi/accounts/providers.py",
        "hashlib.sha1",
    ): "the signature WeChat's scripts ask for; nothing is protected by it",
}


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
    tree = ast.parse(text)
    names = imported(tree)
    found = {word for whole in names.values() for word in FORBIDDEN if whole == word or whole.startswith(f"{word}.")}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func, names)
        found |= {word for word in FORBIDDEN if name == word}
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
        if "tests" not in path.parts:
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
    ],
)
def test_a_dangerous_call_is_noticed(text: str, word: str) -> None:
    assert word in dangers(text)


#: Module → whom it talks to. docs/security/hardening.md names them.
TALKS = {
    "gongzhi/accounts/providers.py": "identity providers and WeChat the operator named",
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
    tree = ast.parse(text)
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
    assert not [path.name for path in ours if forbidden.search(path.read_text(encoding="utf-8"))]
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
