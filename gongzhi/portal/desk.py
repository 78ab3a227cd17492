"""What waits for an official's judgement: objections to entries, and values of lists nobody could believe."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Case, Count, Min, QuerySet, Value, When
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.audit.looks import reveal
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.money import format_yuan
from gongzhi.core.paging import Page, page_or_first
from gongzhi.orgs.enums import SEE_WORKBENCH
from gongzhi.registry import actions
from gongzhi.registry.actions.doubts import AT_ONCE, UNIT_RULES, with_unit
from gongzhi.registry.enums import CORRECT, ObjectionState
from gongzhi.registry.forms import AnswerForm, DoubtForm, UnitForm, item_of_column
from gongzhi.registry.lists import RULES
from gongzhi.registry.models import Doubt, Objection
from gongzhi.registry.policies import can_correct
from gongzhi.registry.selectors import label_of, record_of

PAGE = 30
#: Columns of lists whose doubts may be settled in one step, shown above the single ones.
COLUMNS = 10
#: Values of a column shown before somebody says what unit they are in.
SAMPLES = 12


def _page(rows: QuerySet[Any], request: DoorRequest, name: str, order: tuple[str, ...]) -> Page[Any]:
    return page_or_first(rows, name=name, order=order, cursor=request.GET.get("cursor", ""), size=PAGE)


# --- objections ---


@require_safe
def objection_list(request: DoorRequest) -> HttpResponse:
    """Objections to entries of the officer's division, those that wait first, the oldest of them first."""
    if not request.actor.may(CORRECT):
        raise NotAllowed(CORRECT)
    rows = (
        Objection.objects.visible_to(request.actor)
        .select_related("org")
        .annotate(sort_answered=Case(When(state=ObjectionState.OPEN, then=Value(0)), default=Value(1)))
    )
    page = _page(rows, request, "objections", ("sort_answered", "made_at", "pk"))
    shown = [{"objection": one, "label": label_of(one.item, one.org.kind)} for one in page.rows]
    return render(request, "portal/objection_list.html", {"rows": shown, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def objection_answer(request: DoorRequest, public_id: str) -> HttpResponse:
    """Answer one objection: uphold it, which corrects the entry, or decline it; always with a text."""
    actor = request.actor
    if not actor.may(CORRECT):
        raise NotAllowed(CORRECT)
    found = Objection.objects.visible_to(actor).select_related("org").filter(public_id=public_id).first()
    if found is None or not can_correct(actor, found.org):
        raise Http404
    asks_contact = request.method == "POST" and "contact" in request.POST
    answering = request.method == "POST" and not asks_contact
    form = AnswerForm(found, request.POST if answering else None)
    context: dict[str, object] = {
        "objection": found,
        "organization": found.org,
        "label": label_of(found.item, found.org.kind),
        "form": form if found.state == ObjectionState.OPEN else None,
        "record": record_of(found.org),
    }
    if asks_contact:  # a look that is written down; asking twice is two looks
        context["contact"] = reveal(actor, found, "contact_sealed", purpose="objection.ask_back")
        return render(request, "portal/objection_answer.html", context)
    if answering and form.is_valid():
        data = form.cleaned_data
        try:
            actions.answer_objection(
                actor=actor,
                objection=found,
                uphold=data["outcome"] == AnswerForm.UPHOLD,
                answer=data["answer"],
                item=data["item"] or "",
                value=data["value"],
            )
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:objection_list"))
    return render(request, "portal/objection_answer.html", context, status=422 if answering else 200)


# --- doubts ---

#: A place in a complaint for what only the list knew, such as the number of another row.
PLACE = re.compile(r"%\(\w+\)s")


def _words(rule: str) -> dict[str, str] | None:
    """What a complaint says and what helps, in the reader's language; what only the list knew is left out."""
    found = RULES.get(rule)
    if found is None:
        return None
    return {"message": PLACE.sub("…", str(found.message)), "remedy": PLACE.sub("…", str(found.remedy))}


@require_safe
def doubt_list(request: DoorRequest) -> HttpResponse:
    """Values of lists that wait for a person, in the officer's division; columns that only lack a unit stand above."""
    actor = request.actor
    if not actor.may(SEE_WORKBENCH):
        raise NotAllowed(SEE_WORKBENCH)
    waiting = Doubt.objects.waiting_within(actor.path)
    page = _page(waiting.select_related("org", "source"), request, "doubts.all", ("pk",))
    columns = (
        waiting.filter(rule__in=UNIT_RULES)
        .values("source_id", "source__file_name", "column", "rule")
        .annotate(count=Count("pk"), first=Min("pk"))
        .filter(count__gt=1)
        .order_by("-count", "first")[:COLUMNS]
    )
    context = {
        "rows": [{"doubt": one, "rule": _words(one.rule)} for one in page.rows],
        "columns": [{**one, "rule": _words(one["rule"])} for one in columns],
        "page": page,
        "may_settle": actor.may(CORRECT),
        "waiting": waiting.count(),
    }
    return render(request, "portal/doubt_list.html", context)


def _doubt(request: DoorRequest, number: int) -> Doubt:
    """A doubt of the officer's division that waits."""
    if not request.actor.may(CORRECT):
        raise NotAllowed(CORRECT)
    waiting = Doubt.objects.waiting_within(request.actor.path)
    found = waiting.select_related("org", "source").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def doubt_settle(request: DoorRequest, number: int) -> HttpResponse:
    """Settle one doubtful value: enter what it means, or leave it open for ever."""
    found = _doubt(request, number)
    form = DoubtForm(found.org, request.POST if request.method == "POST" else None, column=found.column)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if data["outcome"] == DoubtForm.DISMISS:
                actions.dismiss_doubt(actor=request.actor, doubt=found, reason=data["reason"])
            else:
                actions.settle_doubt(
                    actor=request.actor,
                    doubt=found,
                    item=data["item"],
                    value=data["value"],
                    reason=data["reason"],
                )
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:doubt_list"))
    context = {
        "doubt": found,
        "organization": found.org,
        "rule": _words(found.rule),
        "record": record_of(found.org),
        "form": form,
        "in_column": found.rule in UNIT_RULES and item_of_column(found.column) == "fund_fen",
    }
    return render(request, "portal/doubt_settle.html", context, status=422 if request.method == "POST" else 200)


def _yuan(amount: int | None) -> str:
    return "" if amount is None else format_yuan(amount)


@require_http_methods(["GET", "HEAD", "POST"])
def doubt_units(request: DoorRequest, number: int) -> HttpResponse:
    """Say what unit a whole column of a list is in; every waiting amount of it is settled alike."""
    like = _doubt(request, number)
    if like.rule not in UNIT_RULES:
        raise Http404
    alike = Doubt.objects.waiting_within(request.actor.path).filter(
        source=like.source, column=like.column, rule=like.rule
    )
    form = UnitForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.settle_units(actor=request.actor, like=like, **form.cleaned_data)
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:doubt_list"))
    context = {
        "like": like,
        "rule": _words(like.rule),
        "count": alike.count(),
        "at_once": AT_ONCE,
        "samples": [
            {"doubt": one, "read": [_yuan(with_unit(one.value, unit)) for unit in ("元", "万元")]}
            for one in alike.select_related("org").order_by("pk")[:SAMPLES]
        ],
        "form": form,
    }
    return render(request, "portal/doubt_units.html", context, status=422 if request.method == "POST" else 200)
