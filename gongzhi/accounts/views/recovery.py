"""Officials' pages of the way back into accounts, and the owner's stop."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gongzhi.accounts import policies
from gongzhi.accounts.actions import recovery as actions
from gongzhi.accounts.enums import RECOVER
from gongzhi.accounts.forms import AskRecoveryForm, ConfirmRecoveryForm
from gongzhi.accounts.models import Recovery
from gongzhi.accounts.proving import proof_needed_to_post
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import page_or_first


@proof_needed_to_post
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_list(request: DoorRequest) -> HttpResponse:
    """Who asks to be let in, and the form that asks for somebody."""
    if not request.actor.may(RECOVER):
        raise NotAllowed(RECOVER)
    form = AskRecoveryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.ask_recovery(actor=request.actor, **form.cleaned_data)
            return HttpResponseRedirect(reverse("accounts:recovery_detail", args=[made.public_id]))
        except RuleViolation as error:
            form.add_error(error.field or None, str(error.message))
    rows = Recovery.objects.visible_to(request.actor).select_related("account")
    order = ("-pk",)
    page = page_or_first(rows, name="recoveries", order=order, cursor=request.GET.get("cursor", ""), size=20)
    context = {"form": form, "page": page}
    return render(request, "accounts/recovery_list.html", context, status=422 if form.errors else 200)


@proof_needed_to_post
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_detail(request: DoorRequest, public_id: str) -> HttpResponse:
    """One recovery: what was checked by whom; the second official confirms, any official stops."""
    if not request.actor.may(RECOVER):
        raise NotAllowed(RECOVER)
    row = get_object_or_404(Recovery.objects.visible_to(request.actor).select_related("account"), public_id=public_id)
    form = ConfirmRecoveryForm(request.POST if request.POST.get("do") == "confirm" else None)
    here = HttpResponseRedirect(reverse("accounts:recovery_detail", args=[public_id]))
    if request.method == "POST" and request.POST.get("do") == "stop":
        actions.stop_recovery(actor=request.actor, recovery=row)
        return here
    if request.method == "POST" and form.is_valid():
        try:
            actions.confirm_recovery(actor=request.actor, recovery=row, because=form.cleaned_data["because"])
            return here
        except RuleViolation as error:
            form.add_error(error.field or None, str(error.message))
    context = {"row": row, "form": form, "may_confirm": policies.can_confirm_recovery(request.actor, row)}
    status = 422 if form.errors or request.method == "POST" else 200
    return render(request, "accounts/recovery_detail.html", context, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_stop(request: DoorRequest, key: str) -> HttpResponse:
    """The link that went to the owner's old phone and mailbox: one button stops what was not theirs."""
    try:
        row = actions.recovery_of_key(key)
    except Recovery.DoesNotExist as error:
        raise Http404 from error
    if request.method == "POST":
        actions.stop_recovery_by_key(actor=request.actor, key=key)
        return HttpResponseRedirect(request.path)
    return render(request, "accounts/recovery_stop.html", {"row": row})


@require_POST
def recovery_stop_own(request: DoorRequest, public_id: str) -> HttpResponse:
    """The owner, signed in, stops it."""
    own = Recovery.objects.running().filter(account__person_id=request.actor.person_id or 0)
    row = get_object_or_404(own, public_id=public_id)
    actions.stop_recovery(actor=request.actor, recovery=row)
    return HttpResponseRedirect(reverse("accounts:security"))
