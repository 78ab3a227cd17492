"""The public pages."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gongzhi.core.door import DoorRequest
from gongzhi.orgs.enums import Kind
from gongzhi.orgs.models import Organization
from gongzhi.portal import selectors
from gongzhi.portal.selectors import Asked, PastDay
from gongzhi.reference import selectors as reference
from gongzhi.registry.enums import ITEMS_GROUND
from gongzhi.registry.policies import can_correct
from gongzhi.registry.selectors import NothingThen, record_of


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page: search, the register in real numbers, what is newest in it."""
    counts = selectors.tally_by("kind")
    recent = list(Organization.objects.order_by("-registered_on", "-pk").exclude(registered_on=None)[:6])
    source = selectors.last_source()
    context = {
        "counts": [
            {"kind": kind, "label": label, "value": counts[kind], "url": Asked(kind=kind).url()}
            for kind, label in Kind.choices
            if counts.get(kind)
        ],
        "total": sum(counts.values()),
        "recent": selectors.rows_of(recent, ""),
        "updated_on": source.dated_on if source else None,
        "empty": not counts,
        "workbench_url": reverse("portal:workbench"),
    }
    return render(request, "portal/home.html", context)


@login_not_required
@require_safe
def organization_search(request: HttpRequest) -> HttpResponse:
    """Find organizations by name, code, pinyin; filters are links, so a result can be sent to somebody."""
    asked = Asked.of(request.GET.dict())
    found = selectors.find(asked)
    return render(request, "portal/search.html", {"asked": asked, "found": found, "counted": selectors.COUNTED})


@login_not_required
@require_safe
def organization_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """What the register holds about one organization, named by credit code or number."""
    matches = list(Organization.objects.named_by(reference).order_by("pk")[:20])
    if not matches:
        raise Http404(_("No organization has this code or number."))
    if len(matches) > 1:  # one number given by two registries
        rows = [
            replace(row, url=reverse("portal:organization_detail", args=[one.public_id]))
            for row, one in zip(selectors.rows_of(matches, ""), matches, strict=True)
        ]
        same: dict[str, object] = {"reference": reference, "rows": rows}
        return render(request, "portal/same_number.html", same)
    organization = matches[0]
    by_public_id = organization.public_id == reference.strip().upper()
    asof = PastDay.of(request.GET.dict())
    try:
        record = record_of(organization, on=asof.on, known_at=asof.known_at)
    except NothingThen:
        asof = replace(asof, on=None, error=_("The register held nothing about this organization on that day."))
        record = record_of(organization)
    places = selectors.place_names([organization.path])
    context: dict[str, object] = {
        "organization": organization,
        "record": record,
        "asof": asof,
        "named": organization.public_id if by_public_id else organization.reference,
        "place": places[organization.path],
        "may_correct": can_correct(cast(DoorRequest, request).actor, organization),
        "items_ground": ITEMS_GROUND.get(organization.kind, ""),
        "api_url": reverse(
            "api-1:organization", args=[organization.public_id if by_public_id else organization.reference]
        ),
    }
    return render(request, "portal/organization.html", context)


@login_not_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Where the platform's data come from, under which licence, and how to take them along."""
    return render(
        request,
        "portal/data.html",
        {"sources": reference.sources(), "total": selectors.registered_total(), "source": selectors.last_source()},
    )
