"""Pages that send a one-time code and ask for it: signing in, signing up, a new password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from gongzhi.accounts import providers
from gongzhi.accounts.actions import codes
from gongzhi.accounts.enums import CodePurpose, Method
from gongzhi.accounts.forms import AskCodeForm, EnterCodeForm, RecoverForm, SignUpForm
from gongzhi.accounts.models import OneTimeCode
from gongzhi.accounts.sessions import enter
from gongzhi.core.door import DoorRequest, after
from gongzhi.core.errors import RuleViolation
from gongzhi.core.links import safe_next
from gongzhi.core.network import address_of
from gongzhi.ui.forms import Form

CODE = "code"


def next_query(request: DoorRequest) -> str:
    """`?next=…` for links between the ways to sign in, empty if there is nowhere to go on to."""
    wanted = safe_next(request)
    return f"?{urlencode({'next': wanted})}" if wanted else ""


def beside(request: DoorRequest, **more: Any) -> dict[str, Any]:
    """What every page of signing in shows: where it goes on, and the other ways there are."""
    return {"next": safe_next(request), "query": next_query(request), "providers": providers.offered(), **more}


def asking(request: DoorRequest, purpose: CodePurpose, template: str, onward: str) -> HttpResponse:
    """Ask where a code is to go, have it sent, go on. The answer does not tell whether anybody has the address."""
    if request.actor.signed_in:
        return HttpResponseRedirect(reverse("portal:home"))
    form = AskCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            code = codes.request_code(
                actor=request.actor, purpose=purpose, login=form.cleaned_data["login"], address=address_of(request)
            )
        except RuleViolation as error:
            form.add_error(error.field or None, str(error.message))
        else:
            request.session[CODE] = {"id": code.pk, "purpose": str(purpose)}
            return HttpResponseRedirect(reverse(onward) + next_query(request))
    return render(request, template, beside(request, form=form), status=422 if form.errors else 200)


def waiting_code(request: DoorRequest, purpose: CodePurpose) -> OneTimeCode | None:
    """The code this browser asked for, and no other browser's."""
    held = request.session.get(CODE) or {}
    if held.get("purpose") != purpose:
        return None
    return OneTimeCode.objects.filter(pk=held["id"], purpose=purpose).first()


def refused(form: Form, error: RuleViolation, code: OneTimeCode) -> None:
    """Put a refusal where it belongs; a wrong code is counted after the rollback."""
    if error.code == "accounts.code_wrong":
        pk = code.pk
        after(lambda: codes.count_failed_code(pk))
    form.add_error(error.field if error.field in form.fields else None, str(error.message))


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: DoorRequest) -> HttpResponse:
    """Sign in without a password: where shall the code go?"""
    return asking(request, CodePurpose.SIGN_IN, "accounts/sign_in_code.html", "accounts:sign_in_code_enter")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code_enter(request: DoorRequest) -> HttpResponse:
    """Sign in with the code that came."""
    code = waiting_code(request, CodePurpose.SIGN_IN)
    if code is None:
        return HttpResponseRedirect(reverse("accounts:sign_in_code") + next_query(request))
    form = EnterCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            account = codes.sign_in_with_code(actor=request.actor, code_id=code.pk, typed=form.cleaned_data["code"])
            return enter(request, account, method=Method.CODE)
        except RuleViolation as error:
            refused(form, error, code)
    context = beside(request, form=form, code=code)
    return render(request, "accounts/sign_in_code_enter.html", context, status=422 if form.errors else 200)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: DoorRequest) -> HttpResponse:
    """Open an account: with which address or number?"""
    return asking(request, CodePurpose.SIGN_UP, "accounts/sign_up.html", "accounts:sign_up_finish")


@sensitive_post_parameters("password")
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up_finish(request: DoorRequest) -> HttpResponse:
    """Open an account: the code that came, a name, a password; then one is signed in."""
    code = waiting_code(request, CodePurpose.SIGN_UP)
    if code is None:
        return HttpResponseRedirect(reverse("accounts:sign_up") + next_query(request))
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            account = codes.sign_up(
                actor=request.actor,
                code_id=code.pk,
                typed=given["code"],
                name=given["name"],
                password=given["password"],
            )
            return enter(request, account, method=Method.SIGN_UP)
        except RuleViolation as error:
            refused(form, error, code)
    context = beside(request, form=form, code=code)
    return render(request, "accounts/sign_up_finish.html", context, status=422 if form.errors else 200)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recover(request: DoorRequest) -> HttpResponse:
    """Forgot the password: where shall the code go?"""
    return asking(request, CodePurpose.RECOVER, "accounts/recover.html", "accounts:recover_finish")


@sensitive_post_parameters("password")
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recover_finish(request: DoorRequest) -> HttpResponse:
    """Set a new password with the code that came. A second factor is still asked for when signing in."""
    code = waiting_code(request, CodePurpose.RECOVER)
    if code is None:
        return HttpResponseRedirect(reverse("accounts:recover") + next_query(request))
    form = RecoverForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            account = codes.recover_password(
                actor=request.actor, code_id=code.pk, typed=given["code"], password=given["password"]
            )
            return enter(request, account, method=Method.CODE)
        except RuleViolation as error:
            refused(form, error, code)
    context = beside(request, form=form, code=code)
    return render(request, "accounts/recover_finish.html", context, status=422 if form.errors else 200)
