"""The office's workbench for cases: the list with its filters and a case beside it, acts over several, and figures."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gongzhi.accounts.selectors import masked_names
from gongzhi.cases import actions, worklist
from gongzhi.cases.enums import CLOSED, DECIDE, REVIEW
from gongzhi.cases.models import Case, SavedView
from gongzhi.cases.views.office import PAGE, found_case, official, review_context
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import RuleViolation
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import today
from gongzhi.orgs.selectors import officers_of

#: Views of the list everybody has.
VIEWS = ("open", "mine", "overdue", "closed")


@never_cache
@require_safe
def queue(request: DoorRequest) -> HttpResponse:
    """The cases of one's office, what is due first; by view and filters, with one of them beside the list (`open`)."""
    official(request)
    return _queue(request)


def _queue(request: DoorRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    actor, day = request.actor, today()
    view = request.GET.get("view", "open")
    view = view if view in VIEWS else "open"
    mine = Case.objects.visible_to(actor).with_office(actor.agency_id or 0)
    working = mine.at_office()
    rows = {
        "open": working,
        "mine": working.filter(assignee=actor.person_id),
        "overdue": mine.overdue(day),
        "closed": mine.filter(state__in=CLOSED),
    }
    asked = worklist.chosen(request.GET.dict())
    kept = worklist.filtered(rows[view], asked, actor=actor, day=day)
    is_open = view != "closed"
    page = page_or_first(
        worklist.by_day(kept).select_related("type", "org"),
        name=f"queue:{view}",
        order=("by_day", "pk") if is_open else ("-pk",),
        cursor=request.GET.get("cursor", ""),
        size=PAGE,
    )
    pane = _pane(request)
    officers = officers_of(page.rows[0].agency, REVIEW) if page.rows and actor.may(REVIEW) else []
    people = [one for row in page.rows for one in (row.person_id, row.assignee) if one]
    names = masked_names([*people, *officers])
    labels = {
        "open": pgettext("applications", "Waiting"),
        "mine": _("Mine"),
        "overdue": _("Overdue"),
        "closed": _("Closed"),
    }
    saved = list(SavedView.objects.visible_to(actor).order_by("name"))
    at = {"view": view} | asked
    context: dict[str, Any] = {
        "page": page,
        "rows": [
            {
                "case": one,
                "applicant": names.get(one.person_id or 0, "") or (one.org.name if one.org else ""),
                "handler": names.get(one.assignee or 0, ""),
                "overdue": bool(is_open and one.due_on and one.due_settled and one.due_on < day),
                "today": is_open and one.due_on == day,
                "url": f"?{urlencode(at | {'open': one.public_id})}",
            }
            for one in page.rows
        ],
        "views": [
            {"label": labels[name], "url": f"?view={name}", "current": name == view and not asked}
            | ({"count": rows[name].count()} if name != "closed" else {})
            for name in VIEWS
        ]
        + [{"label": one.name, "url": f"?{urlencode(one.asked)}", "current": one.asked == asked} for one in saved],
        "saved": saved,
        "asked": asked,
        "view": view,
        "facets": _facets(request, rows[view], asked, view) if is_open else [],
        "figures": worklist.figures(actor, day),
        "back": worklist.FIGURES_BACK.days,
        "officers": [(one, names.get(one, "")) for one in officers],
        "may_approve": actor.may(DECIDE),
        "is_open": is_open,
        "address": f"{reverse('cases:queue')}?{urlencode(at)}",
        "problem": problem,
        "pane": pane,
    }
    return render(request, "cases/queue.html", context, status=status)


def _facets(request: DoorRequest, rows: Any, asked: dict[str, str], view: str) -> list[dict[str, Any]]:
    """The filters as links: each value adds itself to the address, a chosen one takes itself away."""
    found = []
    for facet in worklist.facets(rows, asked, actor=request.actor, day=today()):
        links = []
        for one in facet.choices:
            rest = {name: value for name, value in asked.items() if name != facet.name}
            at = {"view": view} | rest | ({} if one.on else {facet.name: one.value})
            links.append({"label": one.label, "count": one.count, "on": one.on, "url": f"?{urlencode(at)}"})
        found.append({"label": facet.label, "links": links})
    return found


def _pane(request: DoorRequest) -> dict[str, Any] | None:
    """What stands beside the list: one case as its office reads it, by a recorded look."""
    public_id = request.GET.get("open", "")
    if not public_id:
        return None
    return review_context(request, found_case(request, public_id))


@never_cache
@require_POST
def together(request: DoorRequest) -> HttpResponse:
    """Give several cases to somebody, or approve those without a fault; what was refused is listed with the reason."""
    actor, data = official(request), request.POST
    numbers = [one for one in data.getlist("case") if len(one) <= 10][: actions.MOST_AT_ONCE + 1]
    rows = Case.objects.visible_to(actor).with_office(actor.agency_id or 0).filter(public_id__in=numbers)
    cases = list(rows.select_related("type", "agency").order_by("pk"))
    if not cases:
        return _queue(request, problem=_("Choose at least one application in the list."), status=422)
    officer = data.get("officer", "")
    try:
        if data.get("do") == "approve":
            found = actions.approve_faultless(actor=actor, cases=cases)
        elif officer.isdigit() and len(officer) < 15:
            found = actions.assign_cases(actor=actor, cases=cases, person_id=int(officer))
        else:
            return _queue(request, problem=_("Choose who is to work on them."), status=422)
    except RuleViolation as error:
        return _queue(request, problem=str(error.message), status=422)
    context = {"done": found.done, "refused": found.refused, "approving": data.get("do") == "approve"}
    return render(request, "cases/together.html", context)


@never_cache
@require_POST
def views(request: DoorRequest) -> HttpResponse:
    """Keep the filters of the list under a name, or forget a view."""
    actor, data = official(request), request.POST
    number = data.get("remove", "")
    if number:
        if number.isdigit() and len(number) < 15:
            actions.remove_view(actor=actor, number=int(number))
        return HttpResponseRedirect(reverse("cases:queue"))
    try:
        view = actions.save_view(actor=actor, name=data.get("name", ""), asked=data.dict())
    except RuleViolation as error:
        return _queue(request, problem=str(error.message), status=422)
    return HttpResponseRedirect(f"{reverse('cases:queue')}?{urlencode(view.asked)}")


@never_cache
@require_safe
def figures(request: DoorRequest) -> HttpResponse:
    """How much waits and how punctual the office is: as a whole, by officer and by service."""
    actor, day = official(request), today()
    context = {
        "whole": worklist.figures(actor, day),
        "tables": [
            (_("By officer"), worklist.figures_by(actor, day, "assignee")),
            (_("By service"), worklist.figures_by(actor, day, "type__code")),
        ],
        "back": worklist.FIGURES_BACK.days,
    }
    return render(request, "cases/figures.html", context)
