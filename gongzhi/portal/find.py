"""The pages that find organizations: results, filters, suggestions while typing, comparison."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gongzhi.orgs.search.asking import FACETS, Asked
from gongzhi.orgs.search.finding import find
from gongzhi.portal import comparison, results

#: A suggestion is worth no more than this much typing.
LONGEST_SUGGESTION = 40


@login_not_required
@require_safe
def organization_search(request: HttpRequest) -> HttpResponse:
    """Find organizations by name, code, pinyin, person, host, place; a result can be sent to somebody as an address."""
    asked, unread = results.asked_of(request.GET)
    found = results.found(asked, cursor=request.GET.get("cursor", ""), codes=request.GET.getlist("code"), unread=unread)
    return render(request, "portal/search.html", {"found": found, "asked": asked, "most": comparison.MOST})


@login_not_required
@require_safe
def organization_filter(request: HttpRequest) -> HttpResponse:
    """Filters and order as a page of their own, for telephones; a form that leads back to the results."""
    asked, _unread = results.asked_of(request.GET)
    picked = request.GET.getlist("code")[: comparison.MOST]
    answer = find(asked, size=1, facets=FACETS)
    context = {
        "asked": asked,
        "total": answer.total,
        "filters": results.filters(asked, answer, picked=picked, page="organization_filter"),
        "conditions": results.conditions(asked, picked=picked, page="organization_filter"),
        "clear_url": results.address(Asked(query=asked.query), page="organization_filter", code=picked),
        "back_url": results.address(asked, code=picked),
    }
    return render(request, "portal/filter.html", context)


@login_not_required
@require_safe
def organization_suggest(request: HttpRequest) -> HttpResponse:
    """What somebody may mean by what they have typed so far, for `portal/suggest.js`."""
    asked = Asked.of({"q": request.GET.get("q", "")[:LONGEST_SUGGESTION]})
    answer = JsonResponse(results.suggestions(asked), json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "public, max-age=60"
    return answer


@login_not_required
@require_safe
def organization_compare(request: HttpRequest) -> HttpResponse:
    """Two or three bodies side by side, named by `code`; `only=different` leaves out what all say alike."""
    compared = comparison.compare(
        request.GET.getlist("code"), only_different=request.GET.get("only", "") == "different"
    )
    return render(request, "portal/compare.html", {"compared": compared, "most": comparison.MOST})
