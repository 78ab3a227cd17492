"""The public pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from gongzhi.orgs.enums import Kind
from gongzhi.orgs.models import Organization
from gongzhi.orgs.search.asking import Asked
from gongzhi.portal import results, selectors


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page: search, the register in real numbers, what is newest in it."""
    counts = selectors.tally_by("kind")
    newest = Organization.objects.order_by("-registered_on", "-pk").exclude(registered_on=None)
    recent = list(newest.select_related("search")[:6])
    source = selectors.last_source()
    context = {
        "counts": [
            {"kind": kind, "label": label, "value": counts[kind], "url": results.address(Asked(kind=(kind,)))}
            for kind, label in Kind.choices
            if counts.get(kind)
        ],
        "total": sum(counts.values()),
        "recent": selectors.rows_of(recent),
        "updated_on": source.dated_on if source else None,
        "empty": not counts,
        "workbench_url": reverse("portal:workbench"),
    }
    return render(request, "portal/home.html", context)
