"""The public page of the rules, and the workbench pages of the parameters: list, one number with its form, file."""

from __future__ import annotations

from itertools import groupby
from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.core.actor import Actor
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.rulebook import actions, exports, judging, policies, selectors
from gongzhi.rulebook.enums import AMEND
from gongzhi.rulebook.forms import AmendForm, FilterForm
from gongzhi.rulebook.packaged import PATH

PAGE_SIZE = 50


def _staff(request: HttpRequest) -> Actor:
    """The actor, who must have a workbench."""
    actor = cast(DoorRequest, request).actor
    if not policies.can_see_parameters(actor):
        raise NotAllowed("orgs.see_workbench")
    return actor


@login_not_required
@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """Every rule that drafts are checked by, in words, with its articles and the numbers of today in one place."""
    path = request.GET.get("path", "")
    if not PATH.match(path):
        raise Http404(path)
    every = judging.stated(on=today(), path=path)
    groups = [(topic, list(found)) for topic, found in groupby(every, key=lambda one: one.topic)]
    places = selectors.named(judging.places_of_rules())
    warnings = {one.rule_set: one.warning for one in every if one.warning and one.rule_set}
    context = {"groups": groups, "total": len(every), "path": path, "places": places, "warnings": warnings}
    return render(request, "rulebook/rule_list.html", context)


@require_safe
def parameter_list(request: HttpRequest) -> HttpResponse:
    """All numbers that hold today or begin later, 50 a page."""
    _staff(request)
    form = FilterForm(request.GET)
    form.is_valid()  # a filter that cannot be read filters nothing
    wanted = form.cleaned_data
    rows = selectors.listed(
        text=wanted.get("q", ""),
        evidence=wanted.get("evidence", ""),
        section=wanted.get("section", ""),
        changed=wanted.get("changed", False),
    )
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "rule_sets": [one for one in selectors.rule_sets() if one.warning]}
    return render(request, "rulebook/parameter_list.html", context)


@require_safe
def parameter_csv(request: HttpRequest) -> HttpResponse:
    """Every parameter as CSV; the mark at the beginning tells spreadsheets that it is UTF-8."""
    _staff(request)
    text = exports.parameters_csv(selectors.listed())
    response = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="parameters-{today().isoformat()}.csv"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def parameter_amend(request: HttpRequest, code: str) -> HttpResponse:
    """One number: what it means, every version for a division, and the form to amend it for whoever may."""
    actor = _staff(request)
    try:
        meant = selectors.definition(code)
    except selectors.UnknownParameter as error:
        raise Http404(code) from error
    path = request.GET.get("path", "")
    if not PATH.match(path):
        raise Http404(path)
    may_amend = actor.may(AMEND)
    form = AmendForm(request.POST) if request.method == "POST" else AmendForm(initial=_initial(actor, code, path))
    if request.method == "POST":
        if not may_amend:
            raise NotAllowed(AMEND)
        if form.is_valid():
            try:
                row = actions.amend_parameter(actor=actor, code=code, **form.cleaned_data)
            except RuleViolation as violation:
                form.add_error(violation.field if violation.field in form.fields else None, str(violation.message))
            else:
                query = urlencode({"path": row.path, "amended": "1"})
                return HttpResponseRedirect(f"{reverse('rulebook:parameter_amend', args=[code])}?{query}")
    context = {
        "meant": meant,
        "path": path,
        "places": selectors.places(code),
        "history": selectors.history(code, path),
        "rows": [row for row in selectors.listed() if row.parameter.code == code and row.parameter.path == path],
        "form": form if may_amend else None,
        "amended": "amended" in request.GET,
    }
    return render(request, "rulebook/parameter_amend.html", context, status=422 if form.errors else 200)


def _initial(actor: Actor, code: str, path: str) -> dict[str, object]:
    """What the form starts with: the number that holds, for the division looked at or the actor's own."""
    try:
        row = selectors.parameter(code, path=path)
    except selectors.UnknownParameter:
        return {"path": path}
    own = path or ("" if actor.path == "/" else actor.path)
    return {"path": own, "value": row.shown, "article": row.article, "source": row.source, "evidence": row.evidence}
