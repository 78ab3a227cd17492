"""The long list of what waits: one page for each of the three shells, the same list."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gongzhi.core.actor import ActorKind
from gongzhi.core.door import DoorRequest
from gongzhi.core.times import today
from gongzhi.core.waiting import MOST, waiting_sources, what_waits
from gongzhi.portal.selectors import desk_tabs

#: Kind of actor → the shell its list belongs to, and the template around it.
SHELLS = {
    ActorKind.PERSON: ("portal:my", "ui/base.html"),
    ActorKind.ORGANIZATION: ("portal:desk", "ui/base.html"),
    ActorKind.AGENCY: ("portal:workbench", "ui/workbench_base.html"),
}
LABELS = {ActorKind.PERSON: _("My page"), ActorKind.ORGANIZATION: _("Desk"), ActorKind.AGENCY: _("Today")}


def _long_list(request: DoorRequest, kind: ActorKind) -> HttpResponse:
    """The nearest hundred; `kind` in the address keeps one kind, an unknown one keeps all. Whoever acts in another
    capacity is led to the shell, which says how to act in this one."""
    actor = request.actor
    home, base = SHELLS[kind]
    if actor.kind is not kind:
        return HttpResponseRedirect(reverse(home))
    chosen = next((one for one in waiting_sources() if one.code == request.GET.get("kind")), None)
    context = {
        "base": base,
        "home": reverse(home),
        "home_label": LABELS[kind],
        "waits": what_waits(actor, limit=MOST, kind=chosen.code if chosen else ""),
        "chosen": chosen,
        "own_page": chosen.address(actor) if chosen else "",
        "most": MOST,
        "today": today(),
        "waiting_url": request.path,
        "tabs": desk_tabs(actor, "portal:desk") if kind is ActorKind.ORGANIZATION else [],
    }
    return render(request, "portal/waiting.html", context)


@never_cache
@require_safe
def my_waiting(request: DoorRequest) -> HttpResponse:
    """What waits for a person."""
    return _long_list(request, ActorKind.PERSON)


@never_cache
@require_safe
def desk_waiting(request: DoorRequest) -> HttpResponse:
    """What waits for an organization, as far as this member may do it."""
    return _long_list(request, ActorKind.ORGANIZATION)


@never_cache
@require_safe
def workbench_waiting(request: DoorRequest) -> HttpResponse:
    """What waits for an official."""
    return _long_list(request, ActorKind.AGENCY)
