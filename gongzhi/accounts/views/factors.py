"""The second step of signing in, passkeys, and setting up what protects an account."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gongzhi.accounts import factors
from gongzhi.accounts.actions import count_failed_sign_in, throttled
from gongzhi.accounts.actions import factors as actions
from gongzhi.accounts.enums import Method
from gongzhi.accounts.forms import FactorCodeForm, NewAuthenticatorForm, NewPasskeyForm
from gongzhi.accounts.models import Account
from gongzhi.accounts.proving import ask_form, has_passkey, proof_needed, prove
from gongzhi.accounts.sessions import BEGAN, note_proof, onward, open_session, waiting_for_second_step
from gongzhi.accounts.views.codes import beside
from gongzhi.accounts.views.security import account_of
from gongzhi.core.door import DoorRequest, after
from gongzhi.core.errors import RuleViolation
from gongzhi.core.links import safe_next
from gongzhi.core.network import address_of
from gongzhi.ui.forms import Form

#: Session key of the secret of an authenticator that is being set up.
SETTING_UP = "authenticator"


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: DoorRequest) -> HttpResponse:
    """The second step of signing in: a code of the authenticator, a recovery code, or a passkey."""
    waiting = waiting_for_second_step(request)
    account = Account.objects.filter(pk=waiting["account"], is_active=True).first() if waiting else None
    if waiting is None or account is None:
        return HttpResponseRedirect(reverse("accounts:sign_in"))
    form = FactorCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and _second(request, account, form):
        open_session(request, account, method=waiting["method"], public=waiting["public"], second_factor=True)
        return HttpResponseRedirect(onward(waiting["next"]))
    context = {
        "form": form,
        "passkey": factors.ask_for_passkey(account) if has_passkey(account) else "",
        "left": factors.unused_recovery_codes(account),
    }
    return render(request, "accounts/second_step.html", context, status=422 if form.errors else 200)


def _second(request: DoorRequest, account: Account, form: Form) -> bool:
    """Whether the second factor is right; else the form says why and the try is counted after the rollback."""
    try:
        if request.POST.get("credential"):
            answer = _answer(request)
            actions.use_passkey(actor=request.actor, account=account, answer=answer)
            return True
        if not form.is_valid():
            return False
        actions.use_code(actor=request.actor, account=account, typed=form.cleaned_data["code"])
    except RuleViolation as error:
        if error.code == "accounts.factor_wrong":
            after(lambda: actions.count_failed_factor(account))
        form.is_valid()
        form.add_error(None, str(error.message))
        return False
    return True


def _answer(request: DoorRequest) -> dict[str, Any]:
    """The browser's answer with a passkey; RuleViolation for what is none."""
    try:
        return factors.read_answer(request.POST.get("credential", ""))
    except ValueError as error:
        raise actions.refused() from error


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_passkey(request: DoorRequest) -> HttpResponse:
    """Sign in with a passkey alone: nothing is typed, and the key checks the person."""
    if request.actor.signed_in and request.method != "POST":
        return HttpResponseRedirect(safe_next(request) or reverse("portal:home"))
    error = ""
    if request.method == "POST":
        address = address_of(request)
        name = f"passkey {address}"  # of the address alone: whose passkey it is, nobody says before it opens
        try:
            if throttled(name, address):
                raise RuleViolation("accounts.too_many_tries", actions.TOO_MANY)
            account = actions.sign_in_with_passkey(actor=request.actor, answer=_answer(request))
            open_session(request, account, method=Method.PASSKEY, second_factor=True)
            return HttpResponseRedirect(onward(safe_next(request)))
        except RuleViolation as refusal:
            error = str(refusal.message)
            after(lambda: count_failed_sign_in(login=name, address=address))
    context = beside(request, passkey=factors.ask_for_passkey(None), error=error)
    return render(request, "accounts/sign_in_passkey.html", context, status=422 if error else 200)


# --- setting up ---


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def factor_needed(request: DoorRequest) -> HttpResponse:
    """Before an official acts for an agency: confirm the second factor, or set one up."""
    account = account_of(request)
    wanted = safe_next(request)
    if not factors.has_second_factor(account):
        return render(request, "accounts/factor_needed.html", {"next": wanted, "onward": onward(wanted)})
    form = ask_form(account, request.POST if request.method == "POST" else None)
    if request.method == "POST" and prove(request, account, form):
        return HttpResponseRedirect(onward(wanted))
    context = {
        "form": form,
        "next": wanted,
        "proof": "post",
        "passkey": factors.ask_for_passkey(account) if has_passkey(account) else "",
    }
    return render(request, "accounts/prove.html", context, status=422 if form.errors else 200)


def _done(request: DoorRequest, codes: list[str]) -> HttpResponse:
    """After a new factor: it was proved in this session. New recovery codes are shown once, here."""
    note_proof(request, second_factor=True)
    if codes:
        return render(request, "accounts/recovery_codes.html", {"codes": codes, "onward": onward(safe_next(request))})
    return HttpResponseRedirect(onward(safe_next(request)) if safe_next(request) else reverse("accounts:security"))


@proof_needed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def authenticator(request: DoorRequest) -> HttpResponse:
    """Set up an authenticator app: its secret as QR code and text, and the first code it shows."""
    account = account_of(request)
    secret = request.session.get(SETTING_UP) or factors.new_secret()
    request.session[SETTING_UP] = secret
    form = NewAuthenticatorForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = actions.add_authenticator(
                actor=request.actor, account=account, secret=secret, typed=form.cleaned_data["code"]
            )
            del request.session[SETTING_UP]
            return _done(request, codes)
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    address, picture = factors.picture_of(account, secret)
    groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    context = {"form": form, "next": safe_next(request), "address": address, "picture": picture, "groups": groups}
    return render(request, "accounts/authenticator.html", context, status=422 if form.errors else 200)


@proof_needed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_add(request: DoorRequest) -> HttpResponse:
    """Add a passkey; the browser makes it."""
    account = account_of(request)
    form = NewPasskeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = actions.add_passkey(
                actor=request.actor, account=account, name=form.cleaned_data["name"], answer=_answer(request)
            )
            return _done(request, codes)
        except RuleViolation as error:
            form.add_error(None, str(error.message))
    context = {"form": form, "next": safe_next(request), "passkey": factors.ask_for_new_passkey(account)}
    return render(request, "accounts/passkey_add.html", context, status=422 if form.errors else 200)


@proof_needed
@require_POST
def factor_remove(request: DoorRequest, number: int) -> HttpResponse:
    """Remove a passkey or the authenticator app."""
    account = account_of(request)
    try:
        left = actions.remove_factor(actor=request.actor, account=account, number=number)
    except Authenticator.DoesNotExist as error:
        raise Http404 from error
    if not left:
        request.session[BEGAN] = {**request.session.get(BEGAN, {}), "second_factor": False}
    return HttpResponseRedirect(reverse("accounts:security"))


@proof_needed
@require_POST
def recovery_codes(request: DoorRequest) -> HttpResponse:
    """New recovery codes, shown once."""
    made = actions.renew_recovery_codes(actor=request.actor, account=account_of(request))
    return render(request, "accounts/recovery_codes.html", {"codes": made, "onward": reverse("accounts:security")})
