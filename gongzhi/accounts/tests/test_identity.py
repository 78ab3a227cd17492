"""Signing in by a government's identity provider, against a real one run beside the tests, and by WeChat.

The provider is npm's `oidc-provider` (tools/oidc, development only); the client is the product's own, all the way.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client

from gongzhi.accounts import providers
from gongzhi.accounts.actions import identity as actions
from gongzhi.accounts.models import Account, LegalIdentity
from gongzhi.accounts.tests.test_signing_in import is_signed_in, post, sign_in
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from tests.world import account_of, actor_of

OIDC = Path(__file__).resolve().parents[3] / "tools" / "oidc"
CALLBACK = "https://testserver/accounts/identity/gov/callback/"
VOUCHED = providers.Vouched("gov", "0" * 32, "52440300MJ0000093M", "深圳市××社工服务社")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def government() -> Iterator[str]:
    """The address of a running identity provider, or a skip with its reason."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is missing: install the Debian package nodejs")
    if not (OIDC / "node_modules" / "oidc-provider").exists():
        pytest.skip("oidc-provider is missing: run `npm ci` in tools/oidc")
    port = free_port()
    server = subprocess.Popen(
        [node, "provider.mjs", str(port), CALLBACK],
        cwd=OIDC,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    for line in server.stdout:
        if "ready" in line:
            break
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()
    server.stdout.close()


@pytest.fixture
def gov(government: str, settings: Any) -> dict[str, Any]:
    """The provider as an operator names it, for legal persons; it behaves."""
    requests.get(f"{government}/mode/", timeout=10)
    one: dict[str, Any] = {
        "kind": "openid_connect",
        "label": "政务服务统一身份认证",
        "note": "法人账号",
        "server": f"{government}/.well-known/openid-configuration",
        "client_id": "gongzhi",
        "client_secret": "for-tests-only",
        "scopes": ["openid", "profile", "legal"],
        "legal": True,
    }
    settings.IDENTITY_PROVIDERS = {"gov": one}
    return one


def leave(client: Client, code: str = "gov", **data: str) -> str:
    """Where the sign-in page sends somebody."""
    page = post(client, f"/accounts/identity/{code}/", **data)
    assert page.status_code == 200, page.content.decode()[-500:]
    found = re.search(r'href="(http[^"]+)"[^>]*>', page.content.decode().split("btn c full")[1])
    assert found
    return html.unescape(found[1])


def at_the_provider(address: str, person: str) -> str:
    """Sign in there as a person does, with its own pages, and consent; the address it sends back to."""
    browser = requests.Session()
    answer = browser.get(address, timeout=10, allow_redirects=False)
    for _step in range(12):
        where = answer.headers.get("Location")
        if where:
            if where.startswith(CALLBACK):
                return where
            answer = browser.get(urljoin(answer.url, where), timeout=10, allow_redirects=False)
            continue
        form = re.search(r'action="([^"]+)"', answer.text)
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        assert form, answer.text[:500]
        assert prompt, answer.text[:500]
        data = {"prompt": prompt[1], "login": person, "password": "any"}
        answer = browser.post(urljoin(answer.url, form[1]), data=data, timeout=10, allow_redirects=False)
    raise AssertionError("the provider did not send back")


def come_back(client: Client, address: str) -> Any:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}", secure=True)


def whole_way(client: Client, person: str = "person-1", **data: str) -> Any:
    return come_back(client, at_the_provider(leave(client, **data), person))


@pytest.mark.django_db
def test_a_legal_person_connects_once_and_then_signs_in_by_the_provider_alone(
    client: Client, gov: dict[str, Any]
) -> None:
    assert "政务服务统一身份认证" in client.get("/accounts/sign-in/", secure=True).content.decode()
    assert whole_way(client).headers["Location"] == "/accounts/identity/connect/"
    assert not is_signed_in(client)
    assert "深圳市××社工服务社" in client.get("/accounts/identity/connect/", secure=True).content.decode()
    sign_in(client, next="/accounts/identity/connect/")
    assert not SocialAccount.objects.exists()  # nothing is connected unless the person confirms it
    assert post(client, "/accounts/identity/connect/").status_code == 302
    row = SocialAccount.objects.get()
    assert (row.user_id, row.extra_data) == (account_of("rita").pk, {})
    assert "person-1" not in row.uid
    legal = LegalIdentity.objects.get(account=account_of("rita"))
    assert (legal.credit_code, legal.name) == ("52440300MJ0000093M", "深圳市××社工服务社")
    other = Client()
    answer = whole_way(other, next="/data/")
    assert answer.headers["Location"].endswith("?next=%2Fdata%2F")
    assert is_signed_in(other)
    assert post(other, "/accounts/identity/gov/disconnect/").status_code == 302
    assert not SocialAccount.objects.exists()
    assert not LegalIdentity.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["expired", "audience", "issuer", "nonce", "stolen", "none"])
def test_a_token_that_does_not_hold_signs_nobody_in(
    client: Client, gov: dict[str, Any], government: str, mode: str
) -> None:
    actions.connect_identity(
        actor=actor_of("rita"),
        account=account_of("rita"),
        vouched=providers.Vouched("gov", providers.uid_of("gov", "p")),
    )
    requests.get(f"{government}/mode/{mode}", timeout=10)
    answer = whole_way(client, "p")
    assert answer.status_code == 422
    assert not is_signed_in(client)
    requests.get(f"{government}/mode/", timeout=10)
    whole_way(client, "p")
    assert is_signed_in(client)  # the negative control


@pytest.mark.django_db
def test_a_provider_may_change_its_key(client: Client, gov: dict[str, Any], government: str) -> None:
    requests.get(f"{government}/mode/rotated", timeout=10)
    assert whole_way(client).headers["Location"] == "/accounts/identity/connect/"
    requests.get(f"{government}/mode/", timeout=10)
    assert whole_way(Client()).headers["Location"] == "/accounts/identity/connect/"


@pytest.mark.django_db
def test_an_answer_belongs_to_the_browser_that_asked_and_is_good_once(client: Client, gov: dict[str, Any]) -> None:
    back = at_the_provider(leave(client), "person-1")
    assert come_back(Client(), back).status_code == 422
    assert come_back(client, re.sub(r"state=[^&]+", "state=other", back)).status_code == 422
    assert come_back(client, back).status_code == 422  # the state was used up by the try before
    again = at_the_provider(leave(client), "person-1")
    assert come_back(client, again).status_code == 302
    assert come_back(client, again).status_code == 422


@pytest.mark.django_db
def test_a_closed_account_is_not_opened_by_its_identity(client: Client, gov: dict[str, Any]) -> None:
    vouched = providers.Vouched("gov", providers.uid_of("gov", "q"))
    actions.connect_identity(actor=actor_of("rita"), account=account_of("rita"), vouched=vouched)
    Account.objects.filter(pk=account_of("rita").pk).update(is_active=False)
    assert whole_way(client, "q").status_code == 422


@pytest.mark.django_db
def test_a_provider_that_does_not_answer_is_said_so(client: Client, settings: Any) -> None:
    settings.IDENTITY_PROVIDERS = {
        "gov": {
            "kind": "openid_connect", "server": f"http://127.0.0.1:{free_port()}/", "client_id": "x", "client_secret": "y",
        }
    }  # fmt: skip
    assert post(client, "/accounts/identity/gov/").status_code == 422


@pytest.mark.django_db
def test_an_identity_opens_one_account_and_an_account_has_one_of_a_provider() -> None:
    actions.connect_identity(actor=actor_of("rita"), account=account_of("rita"), vouched=VOUCHED)
    actions.connect_identity(actor=actor_of("rita"), account=account_of("rita"), vouched=VOUCHED)  # no error twice
    other = providers.Vouched("gov", "1" * 32)
    for name, vouched in (("dana", VOUCHED), ("rita", other)):
        with pytest.raises(RuleViolation):
            actions.connect_identity(actor=actor_of(name), account=account_of(name), vouched=vouched)
    refusals: list[Callable[[], object]] = [
        lambda: actions.connect_identity(actor=actor_of("dana"), account=account_of("rita"), vouched=VOUCHED),
        lambda: actions.disconnect_identity(actor=actor_of("dana"), account=account_of("rita"), provider="gov"),
        lambda: actions.sign_in_with_identity(actor=actor_of("dana"), vouched=VOUCHED),
    ]
    for refuse in refusals:
        with pytest.raises(NotAllowed):
            refuse()
    assert actions.sign_in_with_identity(actor=Actor.visitor(), vouched=VOUCHED) == account_of("rita")
    with pytest.raises(SocialAccount.DoesNotExist):
        actions.disconnect_identity(actor=actor_of("rita"), account=account_of("rita"), provider="other")


# --- WeChat ---


class WeChat(BaseHTTPRequestHandler):
    """WeChat's side of the protocol: a code for a person, a token, a ticket; errors in the body."""

    asked: list[str] = []

    def log_message(self, *words: Any) -> None:
        """Say nothing."""

    def _answer(self, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.asked.append(parts.path)
        if parts.path == "/sns/oauth2/access_token":
            right = (query["appid"], query["secret"], query["grant_type"]) == ("wx1", "s1", "authorization_code")
            known = query["code"] == "good" and right
            self._answer({"openid": "o1", "unionid": "u1"} if known else {"errcode": 40029, "errmsg": "invalid code"})
        elif parts.path == "/cgi-bin/ticket/getticket" and query["access_token"] == "t1":
            self._answer({"errcode": 0, "ticket": "ticket-1", "expires_in": 7200})
        else:
            self._answer({"errcode": 40001})

    def do_POST(self) -> None:
        self.asked.append(self.path)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer({"access_token": "t1"} if body.get("secret") == "s1" else {"errcode": 40125})


@pytest.fixture
def wechat(settings: Any) -> Iterator[str]:
    """A server of WeChat's protocol, and the operator's settings for it."""
    server = HTTPServer(("127.0.0.1", 0), WeChat)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    settings.IDENTITY_PROVIDERS = {
        "wechat": {"kind": "wechat", "label": "微信登录", "app_id": "wx1", "secret": "s1", "api": address}
    }
    cache.clear()
    WeChat.asked.clear()
    yield address
    cache.clear()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "page", "scope"),
    [
        ("MicroMessenger/8.0", "/connect/oauth2/authorize", "snsapi_base"),
        ("Firefox", "/connect/qrconnect", "snsapi_login"),
    ],
)
def test_somebody_signs_in_by_wechat_inside_it_and_with_the_qr_code(
    client: Client, wechat: str, line: str, page: str, scope: str
) -> None:
    client.defaults["HTTP_USER_AGENT"] = line
    vouched = providers.Vouched("wechat", providers.uid_of("wechat", "u1"))
    actions.connect_identity(actor=actor_of("rita"), account=account_of("rita"), vouched=vouched)
    address = leave(client, "wechat")
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    assert (parts.path, query["scope"], parts.fragment) == (page, [scope], "wechat_redirect")
    state = query["state"][0]
    wrong = client.get(f"/accounts/identity/wechat/callback/?code=bad&state={state}", secure=True)
    assert wrong.status_code == 422
    state = parse_qs(urlsplit(leave(client, "wechat")).query)["state"][0]
    right = client.get(f"/accounts/identity/wechat/callback/?code=good&state={state}", secure=True)
    assert right.status_code == 302
    assert is_signed_in(client)


@pytest.mark.django_db
def test_a_page_of_ours_gets_the_signature_wechat_asks_for_and_no_other_page(client: Client, wechat: str) -> None:
    url = "https://testserver/data/?a=1"
    made = client.get("/accounts/wechat/config.json", {"url": f"{url}#part"}, secure=True).json()
    text = f"jsapi_ticket=ticket-1&noncestr={made['nonceStr']}&timestamp={made['timestamp']}&url={url}"
    assert made["signature"] == hashlib.sha1(text.encode()).hexdigest()
    assert made["appId"] == "wx1"
    client.get("/accounts/wechat/config.json", {"url": url}, secure=True)
    assert WeChat.asked.count("/cgi-bin/ticket/getticket") == 1  # tickets are few and kept
    for foreign in ("https://evil.example/", "/data/", ""):
        assert client.get("/accounts/wechat/config.json", {"url": foreign}, secure=True).status_code == 404
