"""How a session begins: one function for every way to sign in, and the step before it for who has a second factor."""

from __future__ import annotations

import ipaddress
import secrets
import time
from typing import Any, Final

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from gongzhi.accounts.actions.sessions import carry_session, record_session
from gongzhi.accounts.enums import Method
from gongzhi.accounts.factors import has_second_factor
from gongzhi.accounts.models import Account, SignIn
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import blind_index
from gongzhi.core.links import safe_next
from gongzhi.core.network import address_of
from gongzhi.core.sessions import stored_key

BACKEND: Final = "gongzhi.accounts.backend.AccountBackend"
#: What a session remembers of how it began, and when the person last proved who they are (seconds since 1970).
BEGAN, PROVED = "began", "proved_at"
#: When it was opened and when it was last used, for `accounts.middleware.SessionLimits`.
OPENED, SEEN = "opened_at", "seen_at"
#: What stands between the first and the second step of signing in; ten minutes.
SECOND_STEP: Final = "second_step"
SECOND_STEP_S: Final = 600
#: An identity a provider has vouched for, which no account is connected with yet.
IDENTITY: Final = "identity"
DEVICE_COOKIE: Final = "device"
DEVICE_AGE_S: Final = 365 * 24 * 3600

BROWSERS = (
    ("MicroMessenger", "wechat"), ("Edg/", "edge"), ("OPR/", "opera"), ("Firefox/", "firefox"), ("QQBrowser", "qq"),
    ("Chrome/", "chrome"), ("Safari/", "safari"),
)  # fmt: skip
SYSTEMS = (
    ("HarmonyOS", "harmony"), ("Android", "android"), ("iPhone", "iphone"), ("iPad", "ipad"), ("Windows", "windows"),
    ("Mac OS X", "mac"), ("Linux", "linux"),
)  # fmt: skip


def device_of(line: str) -> str:
    """A code such as `chrome-windows` for a browser's line about itself; what it does not tell is `other`."""
    browser = next((code for sign, code in BROWSERS if sign in line), "other")
    system = next((code for sign, code in SYSTEMS if sign in line), "other")
    return f"{browser}-{system}"


def mask_address(address: str) -> str:
    """`203.0.113.7` → `203.0.*.*`, an IPv6 address keeps its first two groups; nothing of one that tells nothing."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if found.is_loopback:
        return ""
    if found.version == 4:
        return ".".join(address.split(".")[:2]) + ".*.*"
    return ":".join(found.exploded.split(":")[:2]) + ":*"


def open_session(
    request: HttpRequest,
    account: Account,
    *,
    method: str,
    public: bool | None = None,
    second_factor: bool = False,
) -> SignIn:
    """Begin a session: the only function that does. Who may begin one has been checked by the caller's action.

    The session's key is a new one, so a key that was planted before opens nothing; the sign-in is written down; a
    device the account was not used on before is told to the person. `public` (else the form's `public_computer`) ends
    the session with the browser and leaves no mark on the computer. `second_factor` says that one was checked.
    """
    if public is None:
        public = bool(request.POST.get("public_computer"))
    identity = request.session.get(IDENTITY)
    request.session.flush()  # nothing else of the visitor's session is inherited
    login(request, account, backend=BACKEND)
    if identity:
        request.session[IDENTITY] = identity  # to be connected, once the person confirms it
    request.session[BEGAN] = {"method": str(method), "second_factor": second_factor}
    # A card alone proves too little for acts of high risk: those ask again, and a card has nothing to answer with.
    now = int(time.time())
    request.session[OPENED] = request.session[SEEN] = now
    request.session[PROVED] = 0 if by_card_alone(request) else now
    if public:
        request.session.set_expiry(0)
    known = request.COOKIES.get(cookie_name(), "")
    mark = known if 20 <= len(known) <= 64 else secrets.token_urlsafe(24)
    if not public:
        request.remember_device = mark  # type: ignore[attr-defined]  # the middleware sets the cookie
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return record_session(
        actor=actor,
        account=account,
        stored_key=stored_key(request.session.session_key),
        method=method,
        second_factor=second_factor,
        device=device_of(request.headers.get("User-Agent", "")),
        device_index=blind_index("account.device", mark),
        address_masked=mask_address(address_of(request)),
        is_public_computer=public,
    )


def cookie_name() -> str:
    """The name of the cookie that marks a device; bound to the host when there is https."""
    from django.conf import settings

    return f"__Host-{DEVICE_COOKIE}" if settings.HTTPS else DEVICE_COOKIE


def onward(next_address: str) -> str:
    """Where a new session goes: by way of the capacity, since who works for one agency acts for it everywhere."""
    query = f"?{urlencode({'next': next_address})}" if next_address else ""
    return reverse("portal:after_sign_in") + query


def enter(request: HttpRequest, account: Account, *, method: str, wanted: str | None = None) -> HttpResponseRedirect:
    """After the first step of signing in: open the session, or ask for the second factor of who has one.

    `wanted` is where to go on to, else the form says it.
    """
    wanted = safe_next(request) if wanted is None else wanted
    if has_second_factor(account):
        request.session.cycle_key()
        request.session[SECOND_STEP] = {
            "account": account.pk,
            "method": str(method),
            "public": bool(request.POST.get("public_computer")),
            "next": wanted,
            "at": int(time.time()),
        }
        return HttpResponseRedirect(reverse("accounts:second_step"))
    open_session(request, account, method=method)
    return HttpResponseRedirect(onward(wanted))


def waiting_for_second_step(request: HttpRequest) -> dict[str, Any] | None:
    """What `enter` put aside, while it is good and the account is open."""
    waiting: dict[str, Any] | None = request.session.get(SECOND_STEP)
    if waiting is None or waiting["at"] + SECOND_STEP_S < time.time():
        return None
    return waiting


def proved_within(request: HttpRequest, seconds: int) -> bool:
    """Whether the person proved who they are in this session, that long ago at most."""
    return bool(request.session.get(PROVED, 0) + seconds >= time.time())


def used_second_factor(request: HttpRequest) -> bool:
    """Whether a second factor was part of this session."""
    return bool(request.session.get(BEGAN, {}).get("second_factor"))


def by_card_alone(request: HttpRequest) -> bool:
    """Whether this session was opened by a printed card and nothing else: it acts for the person only."""
    began = request.session.get(BEGAN, {})
    return began.get("method") == str(Method.CARD) and not began.get("second_factor")


def note_proof(request: HttpRequest, *, second_factor: bool) -> None:
    """Remember that the person has just proved again who they are. The session goes on under a new key."""
    request.renews_key = True  # type: ignore[attr-defined]  # the middleware calls `renew_key` outside the door
    request.session[PROVED] = int(time.time())
    if second_factor:
        began = request.session.get(BEGAN) or {"method": str(Method.PASSWORD)}
        request.session[BEGAN] = {**began, "second_factor": True}


def renew_key(request: HttpRequest) -> None:
    """Let the session go on under a new key: whoever knew the old one has not proved anything."""
    old = stored_key(request.session.session_key)
    with transaction.atomic():
        request.session.cycle_key()
        actor: Actor = request.actor  # type: ignore[attr-defined]
        carry_session(actor=actor, old=old, new=stored_key(request.session.session_key))


def keep_session(request: HttpRequest, account: Account) -> None:
    """Stay signed in after one's own password changed; the key is not changed, all other sessions have ended."""
    request.session["_auth_user_hash"] = account.get_session_auth_hash()
