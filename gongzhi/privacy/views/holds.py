"""Investigations whose looks are shown later: proposing, approving, closing."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from gongzhi.core.actor import Actor
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.privacy import actions, policies
from gongzhi.privacy.enums import HOLD
from gongzhi.privacy.forms import HoldForm
from gongzhi.privacy.models import Hold
from gongzhi.privacy.views.looks import page_for
from gongzhi.rulebook import selectors as rulebook


def _shown(actor: Actor, hold: Hold, ordinary: int) -> dict[str, object]:
    day = today()
    return {
        "hold": hold,
        "holds": hold.holds_on(day),
        "over": hold.closed_at is not None or hold.until < day,
        "long": (hold.until - hold.proposed_on).days > ordinary,
        "may_approve": hold.approved_at is None and policies.can_decide_hold(actor, hold),
        "may_close": policies.can_close_hold(actor, hold),
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def holds(request: DoorRequest) -> HttpResponse:
    """Investigations of the agency's divisions, and the form that proposes one."""
    actor = request.actor
    if not actor.may(HOLD):
        raise NotAllowed(HOLD)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.propose_hold(actor=actor, **form.cleaned_data)
            return HttpResponseRedirect(reverse("privacy:holds"))
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    page = page_for(Hold.objects.visible_to(actor), request, "holds", ("-proposed_on", "-pk"))
    ordinary = int(rulebook.value("privacy.hold_longest_days", path=actor.path))
    context = {"form": form, "rows": [_shown(actor, one, ordinary) for one in page.rows], "page": page}
    context["ordinary"] = ordinary
    return render(request, "privacy/holds.html", context, status=422 if request.method == "POST" else 200)


@never_cache
@require_http_methods(["POST"])
def hold_step(request: DoorRequest, public_id: str) -> HttpResponse:
    """Approve or close one."""
    actor = request.actor
    if not actor.may(HOLD):
        raise NotAllowed(HOLD)
    hold = Hold.objects.visible_to(actor).filter(public_id=public_id).first()
    if hold is None:
        raise Http404
    step = actions.close_hold if request.POST.get("do") == "close" else actions.approve_hold
    step(actor=actor, hold=hold)
    return HttpResponseRedirect(reverse("privacy:holds"))
