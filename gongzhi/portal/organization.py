"""The public page of one organization, and "this is wrong": objections anybody may raise and read the answer of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.core.actor import ActorKind
from gongzhi.core.door import DoorRequest, after
from gongzhi.core.errors import RuleViolation
from gongzhi.core.network import address_of
from gongzhi.core.times import today
from gongzhi.orgs.enums import ENDED, HELD, Standing
from gongzhi.orgs.models import Mark, Organization
from gongzhi.portal import selectors
from gongzhi.portal.selectors import MARKS, PastDay
from gongzhi.registry import actions
from gongzhi.registry.actions import objections
from gongzhi.registry.enums import ITEMS_GROUND, NO_LEGAL_PERSON
from gongzhi.registry.forms import CodeForm, ObjectionForm
from gongzhi.registry.models import Objection
from gongzhi.registry.policies import can_correct
from gongzhi.registry.selectors import NothingThen, Record, label_of, record_of, surroundings_of


def _named(reference: str) -> list[Organization]:
    matches = list(Organization.objects.named_by(reference).select_related("search").order_by("pk")[:20])
    if not matches:
        raise Http404(_("No organization has this code or number."))
    return matches


def _address_of(organization: Organization, reference: str) -> str:
    """How the addresses of an organization's pages name it: as the reader did, if by the public id."""
    by_public_id = organization.public_id == reference.strip().upper()
    return organization.public_id if by_public_id else organization.reference


def _then(organization: Organization, asof: PastDay) -> tuple[Record, PastDay]:
    """The record of the day asked for; today's, with what to say about it, where there is none."""
    if asof.on is not None and asof.on > today():
        asof = replace(asof, on=None, error=_("This day has not come yet."))
    try:
        return record_of(organization, on=asof.on, known_at=asof.known_at if asof.on else None), asof
    except NothingThen:
        error = _("The register held nothing about this organization on that day.")
        return record_of(organization), replace(asof, on=None, error=error)


def _marks(marks: list[Mark]) -> list[dict[str, object]]:
    """Marks at a glance; a mark without a word of its own is shown by its code."""
    return [
        {
            "label": MARKS.get(one.code, one.code),
            "value": _("Yes") if one.value == HELD else one.value,
            "tone": "good",
            "since": one.valid_from,
        }
        for one in marks
    ]


@login_not_required
@require_safe
def organization_detail(request: DoorRequest, reference: str) -> HttpResponse:
    """What the register holds about one organization, named by credit code or number, today or on a past day."""
    matches = _named(reference)
    if len(matches) > 1:  # one number given by two registries
        rows = [
            replace(row, url=reverse("portal:organization_detail", args=[one.public_id]))
            for row, one in zip(selectors.rows_of(matches), matches, strict=True)
        ]
        same: dict[str, object] = {"reference": reference, "rows": rows}
        return render(request, "portal/same_number.html", same)
    organization = matches[0]
    record, asof = _then(organization, PastDay.of(request.GET.dict()))
    around = surroundings_of(organization, on=asof.on, known_at=asof.known_at if asof.on else None)
    named = _address_of(organization, reference)
    standing = record.version.standing
    context: dict[str, object] = {
        "organization": organization,
        "record": record,
        "around": around,
        "marks": _marks(list(around.marks)),
        "asof": asof,
        "named": named,
        "place": selectors.place_names([organization.path])[organization.path],
        "ended": standing in ENDED,
        "void": standing == Standing.VOID,
        "no_legal_person": organization.kind in NO_LEGAL_PERSON,
        "may_correct": can_correct(request.actor, organization),
        "may_claim": standing not in ENDED and request.actor.kind in (ActorKind.VISITOR, ActorKind.PERSON),
        "items_ground": ITEMS_GROUND.get(organization.kind, ""),
        "objection_url": "" if asof.on else reverse("portal:objection_raise", args=[named]),
        "extract_url": ""
        if asof.on or standing == Standing.VOID
        else reverse("portal:extract", args=[organization.public_id]),
        "api_url": reverse("api-1:organization", args=[named]),
    }
    return render(request, "portal/organization.html", context)


# --- objections ---


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def objection_raise(request: DoorRequest, reference: str) -> HttpResponse:
    """Say that an entry is wrong, with or without an account. The code that opens the answer is shown once."""
    matches = _named(reference)
    if len(matches) > 1:
        return HttpResponseRedirect(reverse("portal:organization_detail", args=[reference]))
    organization = matches[0]
    named = _address_of(organization, reference)
    initial = {"item": request.GET.get("item", "")}
    form = ObjectionForm(organization, request.POST if request.method == "POST" else None, initial=initial)
    context: dict[str, Any] = {"organization": organization, "named": named, "form": form}
    if request.method != "POST":
        return render(request, "portal/objection_raise.html", context)
    if form.is_valid():
        try:
            handed = actions.raise_objection(
                actor=request.actor, organization=organization, address=address_of(request), **form.cleaned_data
            )
        except RuleViolation as error:
            form.add_error(error.field or None, str(error.message))
            status = 429 if error.code == "registry.too_many_objections" else 422
            return render(request, "portal/objection_raise.html", context, status=status)
        return render(request, "portal/objection_handed.html", {**context, "handed": handed})
    return render(request, "portal/objection_raise.html", context, status=422)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def objection(request: DoorRequest, public_id: str) -> HttpResponse:
    """What became of an objection: for who raised it while signed in, and for whoever holds its code."""
    found = Objection.objects.visible_to(request.actor).select_related("org").filter(public_id=public_id).first()
    if found is not None:
        return render(request, "portal/objection.html", _answer(found))
    form = CodeForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form, "public_id": public_id}
    if request.method != "POST":
        return render(request, "portal/objection_open.html", context)
    if form.is_valid():
        address = address_of(request)
        try:
            found = objections.open_with_code(name=public_id, code=form.cleaned_data["code"], address=address)
        except RuleViolation as error:
            form.add_error("code", str(error.message))
            return render(request, "portal/objection_open.html", context, status=429)
        if found is not None:
            return render(request, "portal/objection.html", _answer(found))
        after(lambda: objections.count_wrong_code(address=address))
        form.add_error("code", _("No objection has this number and this code."))
    return render(request, "portal/objection_open.html", context, status=422)


def _answer(found: Objection) -> dict[str, object]:
    return {"objection": found, "organization": found.org, "label": label_of(found.item, found.org.kind)}
