"""Asking again who somebody is, before an act of high risk: `@proof_needed` or `@proof_needed_to_post` on a view.

Whoever proved it in this session within ten minutes goes on at once. Others are asked on the spot; what they had typed
travels along in the form and is sent on with the proof, so nothing is lost.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render

from gongzhi.accounts import factors
from gongzhi.accounts.actions import factors as actions
from gongzhi.accounts.forms import FactorCodeForm, ProvePasswordForm
from gongzhi.accounts.models import Account
from gongzhi.accounts.sessions import by_card_alone, note_proof, proved_within
from gongzhi.core.door import DoorRequest, after
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.ui.forms import Form

PROOF_S: Final = 600
PREFIX: Final = "proof"
#: Fields of the form that asks; everything else in a POST belongs to the page behind it.
OURS = ("proof", "proof-code", "proof-password", "credential", "csrfmiddlewaretoken")

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def ask_form(account: Account, data: QueryDict | None) -> Form:
    """The form that asks: for a second factor of who has one, else for the password."""
    form = FactorCodeForm if factors.has_second_factor(account) else ProvePasswordForm
    return form(data, prefix=PREFIX)


def prove(request: DoorRequest, account: Account, form: Form) -> bool:
    """Take a proof from a POST and remember it; False, with the reason in the form, when it is none."""
    actor = request.actor
    try:
        if request.POST.get("credential"):
            answer = factors.read_answer(request.POST["credential"])
            actions.use_passkey(actor=actor, account=account, answer=answer)
        elif not form.is_valid():
            return False
        elif isinstance(form, FactorCodeForm):
            actions.use_code(actor=actor, account=account, typed=form.cleaned_data["code"])
        else:
            actions.prove_by_password(actor=actor, account=account, password=form.cleaned_data["password"])
    except (RuleViolation, ValueError) as error:
        if not isinstance(error, RuleViolation) or error.code == "accounts.factor_wrong":
            after(lambda: actions.count_failed_factor(account))
        form.is_valid()
        form.add_error(None, str(getattr(error, "message", "")) or str(actions.refused().message))
        return False
    note_proof(request, second_factor=isinstance(form, FactorCodeForm))
    return True


def proof_needed_to_post(view: View) -> View:
    """As `proof_needed`, for a page that everybody may read and whose POST is the act of high risk."""
    guarded = proof_needed(view)

    @functools.wraps(view)
    def inside(request: DoorRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return (guarded if request.method == "POST" else view)(request, *args, **kwargs)

    return cast(View, inside)


def proof_needed(view: View) -> View:
    """Let only those through who proved within ten minutes who they are; ask the others."""

    @functools.wraps(view)
    def inside(request: DoorRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.STEP_UP or proved_within(request, PROOF_S):
            return view(request, *args, **kwargs)
        account = request.user
        if not isinstance(account, Account):
            raise NotAllowed
        asked = request.method == "POST" and "proof" in request.POST
        form = ask_form(account, request.POST if asked else None)
        if asked and prove(request, account, form):
            if request.POST["proof"] == "get":
                return HttpResponseRedirect(request.get_full_path())
            rest = request.POST.copy()
            for name in OURS:
                rest.pop(name, None)
            request._post = rest  # type: ignore[attr-defined]  # the view reads what was meant for it
            return view(request, *args, **kwargs)
        return _ask(request, account, form)

    return cast(View, inside)


def _ask(request: DoorRequest, account: Account, form: Form) -> HttpResponse:
    kept = [(name, value) for name, values in request.POST.lists() if name not in OURS for value in values]
    was_post = request.method == "POST" and request.POST.get("proof", "post") == "post"
    context = {
        "form": form,
        "kept": kept,
        "proof": "post" if was_post else "get",
        "passkey": factors.ask_for_passkey(account) if has_passkey(account) else "",
        "card": by_card_alone(request),
        "nothing": isinstance(form, ProvePasswordForm) and not account.has_usable_password(),
    }
    return render(request, "accounts/prove.html", context, status=422 if request.method == "POST" else 200)


def has_passkey(account: Account) -> bool:
    """Whether the account may answer with a passkey."""
    return any(row.type == "webauthn" for row in factors.factors_of(account))
