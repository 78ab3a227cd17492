"""Pages of signing in by a government's identity provider or WeChat. All are 404 until an operator names a provider."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts import providers
from gongzhi.accounts.actions import identity as actions
from gongzhi.accounts.enums import Method
from gongzhi.accounts.models import Account
from gongzhi.accounts.proving import proof_needed
from gongzhi.accounts.sessions import IDENTITY, enter, onward
from gongzhi.accounts.views.security import account_of
from gongzhi.core.door import DoorRequest, writes_on_get
from gongzhi.core.errors import RuleViolation
from gongzhi.core.links import safe_next

log = logging.getLogger("gongzhi.accounts")

STATE = "identity_state"
STATE_S = 600


def _callback(request: DoorRequest, code: str) -> str:
    return request.build_absolute_uri(reverse("accounts:identity_callback", args=[code]))


def _method(code: str) -> Method:
    chosen = providers.configured(code) or {}
    return Method.WECHAT if chosen.get("kind") == "wechat" else Method.IDENTITY


@login_not_required
@never_cache
@require_POST
def identity_begin(request: DoorRequest, code: str) -> HttpResponse:
    """To the provider, by a page of one link: a form may lead to our own pages only (Content-Security-Policy)."""
    if providers.configured(code) is None:
        raise Http404
    try:
        address, state = providers.begin(request, code, _callback(request, code))
    except providers.CannotVouch as error:
        log.warning("identity.begin_failed: %s", error)
        return _refused(request)
    request.session[STATE] = {**state, "next": safe_next(request)}
    label = next(one.label for one in providers.offered() if one.code == code)
    return render(request, "accounts/identity_leave.html", {"address": address, "label": label})


def _refused(request: DoorRequest, text: str = "") -> HttpResponse:
    error = text or _("The identity provider did not confirm you. Try again, or sign in another way.")
    return render(request, "accounts/identity_refused.html", {"error": error}, status=422)


@writes_on_get
@login_not_required
@never_cache
@require_safe
def identity_callback(request: DoorRequest, code: str) -> HttpResponse:
    """Back from the provider. The one page that writes although it is asked for by GET: the protocol wants it so."""
    if providers.configured(code) is None:
        raise Http404
    state: dict[str, Any] = request.session.pop(STATE, None) or {}
    fits = state.get("provider") == code and state.get("state") == request.GET.get("state")
    if not fits or state["at"] + STATE_S < time.time():
        return _refused(request)
    try:
        vouched = providers.finish(request, state, _callback(request, code))
    except providers.CannotVouch as error:
        log.warning("identity.refused: %s", error)
        return _refused(request)
    if not request.actor.signed_in:
        try:
            account = actions.sign_in_with_identity(actor=request.actor, vouched=vouched)
        except RuleViolation as error:
            return _refused(request, str(error.message))
        if account is not None:
            return enter(request, account, method=_method(code), wanted=state["next"])
    request.session[IDENTITY] = {**asdict(vouched), "at": int(time.time())}
    return HttpResponseRedirect(reverse("accounts:identity_connect"))


def _waiting(request: DoorRequest) -> providers.Vouched | None:
    held = dict(request.session.get(IDENTITY) or {})
    if not held or held.pop("at") + STATE_S < time.time():
        return None
    return providers.Vouched(**held)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def identity_connect(request: DoorRequest) -> HttpResponse:
    """The first time: sign in or open an account once, then confirm that this identity opens it."""
    vouched = _waiting(request)
    if vouched is None:
        return HttpResponseRedirect(reverse("accounts:security" if request.actor.signed_in else "accounts:sign_in"))
    if request.method == "POST" and isinstance(request.user, Account):
        try:
            actions.connect_identity(actor=request.actor, account=request.user, vouched=vouched)
        except RuleViolation as error:
            return _refused(request, str(error.message))
        del request.session[IDENTITY]
        return HttpResponseRedirect(onward(""))
    label = next((one.label for one in providers.offered() if one.code == vouched.provider), "")
    context = {"label": label, "legal_name": vouched.legal_name, "here": reverse("accounts:identity_connect")}
    return render(request, "accounts/identity_connect.html", context, status=422 if request.method == "POST" else 200)


@proof_needed
@require_POST
def identity_disconnect(request: DoorRequest, code: str) -> HttpResponse:
    """Let a provider open this account no more."""
    try:
        actions.disconnect_identity(actor=request.actor, account=account_of(request), provider=code)
    except SocialAccount.DoesNotExist as error:
        raise Http404 from error
    return HttpResponseRedirect(reverse("accounts:security"))


@login_not_required
@require_safe
def wechat_config(request: DoorRequest) -> HttpResponse:
    """What `wx.config` needs on one of our own pages (`?url=`)."""
    chosen = providers.wechat_settings()
    address = request.GET.get("url", "")
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    if chosen is None or not own or not address.startswith("http"):
        raise Http404
    try:
        return JsonResponse(providers.wechat_signature(chosen, address))
    except providers.CannotVouch as error:
        log.warning("wechat.no_signature: %s", error)
        return JsonResponse({"error": "unavailable"}, status=503)
