"""Who stands in for an official on leave: give, see, end."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gongzhi.accounts.models import Account
from gongzhi.accounts.proving import proof_needed_to_post
from gongzhi.core.actor import Actor
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import Page, page_or_first
from gongzhi.core.times import today
from gongzhi.orgs.actions import covers as actions
from gongzhi.orgs.enums import SEE_WORKBENCH, Role
from gongzhi.orgs.models import Cover
from gongzhi.orgs.policies import can_end_cover
from gongzhi.orgs.selectors import colleagues_of
from gongzhi.portal.forms import CoverForm

PAGE = 30


def _accounts(people: set[int]) -> dict[int, tuple[str, str]]:
    """Person → number and masked name of the account: a person's own record is open to that person alone."""
    rows = Account.objects.filter(person_id__in=people, is_active=True)
    return {
        person: (number, name) for person, number, name in rows.values_list("person_id", "public_id", "name_masked")
    }


def _choices(actor: Actor) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """Colleagues to choose from, by the number of their account, and the person behind each number."""
    roles = colleagues_of(actor)
    shown, people = [], {}
    for person, (number, name) in sorted(_accounts(set(roles)).items(), key=lambda one: one[1][1]):
        held = " / ".join(str(Role(role).label) for role in sorted(roles[person]))
        shown.append((number, f"{name} · {held} · {number}"))
        people[number] = person
    return shown, people


def _page(request: DoorRequest) -> Page[Cover]:
    mine, order = Cover.objects.visible_to(request.actor), ("-since", "-pk")
    return page_or_first(mine, name="covers", order=order, cursor=request.GET.get("cursor", ""), size=PAGE)


def _shown(actor: Actor, rows: list[Cover]) -> list[dict[str, Any]]:
    people = _accounts({one.absent_id for one in rows} | {one.deputy_id for one in rows})
    day = today()
    return [
        {
            "cover": one,
            "absent": people.get(one.absent_id, ("", "–"))[1],
            "deputy": people.get(one.deputy_id, ("", "–"))[1],
            "mine": one.absent_id == actor.person_id,
            "state": "ended" if one.ended_at else "over" if one.until < day else "now" if one.since <= day else "later",
            "may_end": one.ended_at is None and one.until >= day and can_end_cover(actor, one),
        }
        for one in rows
    ]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proof_needed_to_post
def cover_list(request: DoorRequest) -> HttpResponse:
    """Name a colleague who stands in, and see all of one's covers, given and taken, the latest first."""
    actor = request.actor
    if not actor.may(SEE_WORKBENCH):
        raise NotAllowed(SEE_WORKBENCH)
    choices, people = _choices(actor)
    form = CoverForm(request.POST if request.method == "POST" else None, colleagues=choices)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.give_cover(actor=actor, deputy=people[data["deputy"]], since=data["since"], until=data["until"])
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:cover_list"))
    page = _page(request)
    context = {"form": form, "page": page, "rows": _shown(actor, page.rows), "alone": not choices}
    return render(request, "portal/covers.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def cover_end(request: DoorRequest, public_id: str) -> HttpResponse:
    """End a cover early, whether given or taken."""
    actor = request.actor
    if not actor.may(SEE_WORKBENCH):
        raise NotAllowed(SEE_WORKBENCH)
    cover = Cover.objects.visible_to(actor).filter(public_id=public_id).first()
    if cover is None:
        raise Http404
    actions.end_cover(actor=actor, cover=cover)
    return HttpResponseRedirect(reverse("portal:cover_list"))
