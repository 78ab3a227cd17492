"""Other places that vouch for people: OpenID Connect providers of governments, and WeChat. None until an operator names it.

The OpenID Connect client is allauth's. What it lacks stands here: the signature of an identity token is checked whatever
way it came, only asymmetric algorithms are taken, and the token belongs to this one sign-in (nonce). Nothing of what a
provider tells is kept but a keyed hash of its subject, and for legal persons the credit code and the name.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from gongzhi.core.crypto import blind_index

ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
CREDIT_CODE = re.compile(r"^[0-9A-Z]{18}$")
TIMEOUT_S = 10
#: Where WeChat answers; each can be set anew for a test server.
WECHAT = {
    "web": "https://open.weixin.qq.com/connect/oauth2/authorize",
    "desktop": "https://open.weixin.qq.com/connect/qrconnect",
    "api": "https://api.weixin.qq.com",
}


class CannotVouch(Exception):
    """The provider did not answer, or what it answered does not hold. The text is for the log and names no person."""


@dataclass(frozen=True)
class Offered:
    """A provider as the sign-in page shows it."""

    code: str
    label: str
    note: str
    icon: str


@dataclass(frozen=True)
class Vouched:
    """Whom a provider vouches for: a keyed hash of its own name for them, and what they may act for."""

    provider: str
    uid: str
    credit_code: str = ""
    legal_name: str = ""


def configured(code: str) -> Mapping[str, Any] | None:
    """The settings of a provider, if an operator has named it."""
    found: Mapping[str, Any] | None = settings.IDENTITY_PROVIDERS.get(code)
    return found


def offered() -> list[Offered]:
    """The providers an operator has configured."""
    icons = {"wechat": "message-circle"}
    return [
        Offered(
            code,
            str(one.get("label", code)),
            str(one.get("note", "")),
            icons.get(one["kind"], "building-2" if one.get("legal") else "landmark"),
        )
        for code, one in settings.IDENTITY_PROVIDERS.items()
    ]


def uid_of(code: str, subject: str) -> str:
    """What is kept of a provider's name for a person: a keyed hash, of no use elsewhere."""
    return blind_index("identity.subject", f"{code}\x00{subject}").hex()


def wechat_settings() -> Mapping[str, Any] | None:
    """The settings of WeChat, if an operator has named it."""
    found = (one for one in settings.IDENTITY_PROVIDERS.values() if one["kind"] == "wechat")
    return next(found, None)


# --- OpenID Connect ---


class StraightAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """allauth's way to ask providers, without following anybody elsewhere. Named by `settings.SOCIALACCOUNT_ADAPTER`."""

    def get_requests_session(self) -> requests.Session:
        """A session that takes a redirect for a fault: only addresses the operator or the provider's document named."""
        session: requests.Session = super().get_requests_session()
        session.max_redirects = 0
        return session


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """allauth's client for one provider of our settings."""

    def __init__(self, request: HttpRequest, code: str, callback: str) -> None:
        super().__init__(request, code)
        chosen = settings.IDENTITY_PROVIDERS[code]
        app = SocialApp(
            provider="openid_connect",
            provider_id=code,
            client_id=chosen["client_id"],
            secret=chosen["client_secret"],
            settings={"server_url": chosen["server"], "oauth_pkce_enabled": True},
        )
        self._provider = OpenIDConnectProvider(request, app=app)
        self._callback = callback

    def get_provider(self) -> OpenIDConnectProvider:
        """The provider of our settings."""
        return self._provider

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the provider sends people back to."""
        return self._callback

    @property
    def issuer(self) -> str:
        """Who signs, as the operator's settings say: `issuer`, else where the provider's document was asked for."""
        chosen = settings.IDENTITY_PROVIDERS[self._provider.app.provider_id]
        named = str(chosen.get("issuer") or chosen["server"]).removesuffix("/.well-known/openid-configuration")
        if str(self.openid_config["issuer"]).rstrip("/") != named.rstrip("/"):
            raise CannotVouch("the provider's document names another issuer than the settings")
        return str(self.openid_config["issuer"])

    def claims_of(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an identity token that is signed, valid now, for us, and for this sign-in. `CannotVouch` else."""
        try:
            if jwt.get_unverified_header(token).get("alg") not in ALGORITHMS:
                raise CannotVouch("algorithm")
            claims: dict[str, Any] = jwtkit.verify_and_decode(
                credential=token,
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.issuer,
                audience=self._provider.app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
                verify_signature=True,
            )
        except (OAuth2Error, jwt.PyJWTError, requests.RequestException, KeyError, ValueError) as error:
            raise CannotVouch(f"token: {type(error).__name__}") from error
        if not secrets.compare_digest(str(claims.get("nonce", "")), nonce):
            raise CannotVouch("nonce")
        if "exp" not in claims or claims.get("azp", self._provider.app.client_id) != self._provider.app.client_id:
            raise CannotVouch("token lacks exp, or is for another party")
        return claims


def begin(request: HttpRequest, code: str, callback: str) -> tuple[str, dict[str, Any]]:
    """The address to send somebody to, and what the session must remember until they come back. `CannotVouch`."""
    chosen = settings.IDENTITY_PROVIDERS[code]
    state: dict[str, Any] = {"provider": code, "state": secrets.token_urlsafe(24), "at": int(time.time())}
    if chosen["kind"] == "wechat":
        return _wechat_address(request, chosen, callback, state["state"]), state
    state["nonce"], state["verifier"] = secrets.token_urlsafe(24), secrets.token_urlsafe(64)
    digest = hashlib.sha256(state["verifier"].encode()).digest()
    adapter = Adapter(request, code, callback)
    extra = {
        "nonce": state["nonce"],
        "state": state["state"],
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    try:
        client = adapter.get_client(request, adapter.get_provider().app)
        scopes = list(chosen.get("scopes", ["openid", "profile"]))
        return str(client.get_redirect_url(adapter.authorize_url, scopes, extra)), state
    except (requests.RequestException, KeyError, ValueError) as error:
        raise CannotVouch(f"discovery: {type(error).__name__}") from error


def finish(request: HttpRequest, state: Mapping[str, Any], callback: str) -> Vouched:
    """Whom the provider vouches for, after it has sent somebody back. Raises `CannotVouch`."""
    code = state["provider"]
    chosen = settings.IDENTITY_PROVIDERS[code]
    if not request.GET.get("code"):
        raise CannotVouch("no code came back")
    if chosen["kind"] == "wechat":
        return Vouched(code, uid_of(code, _wechat_subject(chosen, request.GET["code"])))
    adapter = Adapter(request, code, callback)
    app = adapter.get_provider().app
    try:
        client = adapter.get_client(request, app)
        answer = adapter.get_access_token_data(request, app, client, pkce_code_verifier=state["verifier"])
    except (OAuth2Error, requests.RequestException, ImmediateHttpResponse, KeyError, ValueError) as error:
        raise CannotVouch(f"exchange: {type(error).__name__}") from error
    claims = adapter.claims_of(str(answer.get("id_token", "")), state["nonce"])
    names = {"subject": "sub", "credit_code": "credit_code", "legal_name": "legal_name", **chosen.get("claims", {})}
    subject = str(claims.get(names["subject"], ""))
    if not subject:
        raise CannotVouch("no subject")
    legal = bool(chosen.get("legal"))
    credit_code = str(claims.get(names["credit_code"], "")).strip().upper() if legal else ""
    if legal and not CREDIT_CODE.match(credit_code):
        raise CannotVouch("no credit code")
    legal_name = str(claims.get(names["legal_name"], ""))[:200] if legal else ""
    return Vouched(code, uid_of(code, subject), credit_code, legal_name)


# --- WeChat ---


def _wechat(chosen: Mapping[str, Any], name: str) -> str:
    return str(chosen.get(name, WECHAT[name]))


def _wechat_address(request: HttpRequest, chosen: Mapping[str, Any], callback: str, state: str) -> str:
    """Inside WeChat its own page, on a desktop the page with the QR code."""
    inside = "MicroMessenger" in request.headers.get("User-Agent", "")
    query = {
        "appid": chosen["app_id"],
        "redirect_uri": callback,
        "response_type": "code",
        "scope": "snsapi_base" if inside else "snsapi_login",
        "state": state,
    }
    return f"{_wechat(chosen, 'web' if inside else 'desktop')}?{urlencode(query)}#wechat_redirect"


def _wechat_ask(method: str, address: str, **more: Any) -> dict[str, Any]:
    """An answer of WeChat, which says in the body whether it is one. `CannotVouch`."""
    try:
        answer: dict[str, Any] = requests.request(
            method, address, timeout=TIMEOUT_S, allow_redirects=False, **more
        ).json()
    except (requests.RequestException, ValueError) as error:
        raise CannotVouch(f"wechat: {type(error).__name__}") from error
    if not isinstance(answer, dict) or answer.get("errcode"):
        raise CannotVouch(f"wechat: {answer.get('errcode') if isinstance(answer, dict) else 'no object'}")
    return answer


def _wechat_subject(chosen: Mapping[str, Any], code: str) -> str:
    """The person's name at WeChat: of the operator's whole account where there is one, else of this application."""
    query = {
        "appid": chosen["app_id"], "secret": chosen["secret"], "code": code, "grant_type": "authorization_code",
    }  # fmt: skip
    answer = _wechat_ask("GET", f"{_wechat(chosen, 'api')}/sns/oauth2/access_token", params=query)
    subject = str(answer.get("unionid") or answer.get("openid") or "")
    if not subject:
        raise CannotVouch("wechat: no subject")
    return subject


def wechat_signature(chosen: Mapping[str, Any], address: str) -> dict[str, str | int]:
    """What `wx.config` needs on the page at `address` (without its fragment). Raises `CannotVouch`."""
    ticket = cache.get("wechat.ticket")
    if ticket is None:
        api = _wechat(chosen, "api")
        body = {"grant_type": "client_credential", "appid": chosen["app_id"], "secret": chosen["secret"]}
        token = _wechat_ask("POST", f"{api}/cgi-bin/stable_token", json=body)["access_token"]
        answer = _wechat_ask("GET", f"{api}/cgi-bin/ticket/getticket", params={"access_token": token, "type": "jsapi"})
        ticket = str(answer["ticket"])
        cache.set("wechat.ticket", ticket, int(answer.get("expires_in", 7200)) - 300)
    nonce, now = secrets.token_hex(8), int(time.time())
    signed = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={now}&url={address.partition('#')[0]}"
    signature = hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest()  # the protocol's own choice
    return {"appId": chosen["app_id"], "timestamp": now, "nonceStr": nonce, "signature": signature}
