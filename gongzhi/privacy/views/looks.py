"""Who looked, why, and reading it out at a counter."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, QuerySet, Value, When
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.accounts.models import Account
from gongzhi.audit.models import Look
from gongzhi.core.actor import ActorKind
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import Page, page_or_first
from gongzhi.core.times import today
from gongzhi.orgs.acting import capacities, memberships_of
from gongzhi.privacy import actions, policies, selectors
from gongzhi.privacy.enums import ANSWER, READ_OUT, QuestionState, Shown
from gongzhi.privacy.forms import CounterForm, WhyAnswerForm, WhyForm
from gongzhi.privacy.models import Question
from gongzhi.privacy.selectors import Looked, Owner, in_words, looked, looks_at
from gongzhi.ui import svg


def for_an_office(request: DoorRequest) -> HttpResponse:
    """Who acts for an agency has the agency's scope and no other: the page says so and offers to act for oneself."""
    if not isinstance(request.user, Account):
        raise NotAllowed
    return render(request, "portal/not_as_office.html", {"agencies": capacities(request.user)})


def _context(request: DoorRequest, found: Looked) -> dict[str, object]:
    total = found.total
    return {
        "looked": found,
        "total": total,
        "drawing": svg.bar_columns([month.total for month in reversed(found.months)]),
        "filters": [
            {"label": _("All"), "url": request.path, "current": not found.only},
            *(
                {
                    "label": label,
                    "url": f"{request.path}?only={only}",
                    "current": found.only == only,
                }
                for only, label in (
                    (Shown.SEEN, _("Seen")),
                    (Shown.EXPORT, _("Exported")),
                    (Shown.REFUSED, _("Refused")),
                )
            ),
        ],
    }


@never_cache
@require_safe
def my_looked(request: DoorRequest) -> HttpResponse:
    """Everybody else who saw, exported or wanted to see the person's data, and how many notices are held back."""
    account = request.user
    if not policies.can_see_own_looks(request.actor) or not isinstance(account, Account):
        return for_an_office(request)
    found = looked(Owner.of(request.actor), only=request.GET.get("only", ""), cursor=request.GET.get("cursor", ""))
    context = _context(request, found) | {"number": account.person.public_id}
    return render(request, "privacy/looked.html", context)


@never_cache
@require_safe
def desk_looked(request: DoorRequest) -> HttpResponse:
    """The same for an organization: who saw what of its own house."""
    if not policies.can_see_organization_looks(request.actor):
        raise NotAllowed
    found = looked(Owner.of(request.actor), only=request.GET.get("only", ""), cursor=request.GET.get("cursor", ""))
    return render(request, "privacy/looked.html", _context(request, found) | {"organization": True})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def counter_looked(request: DoorRequest) -> HttpResponse:
    """Read out to somebody at a counter who looked at their data. Opening it is itself a look that they see."""
    if not policies.can_read_out(request.actor):
        raise NotAllowed(READ_OUT)
    form = CounterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person = selectors.person_with(form.cleaned_data["number"])
        if person is not None:
            actions.read_out(actor=request.actor, person=person)
            found = looked(Owner(person=person.pk), cursor=request.POST.get("cursor", ""), size=60)
            context = _context(request, found) | {"person": person}
            return render(request, "privacy/counter_read.html", context)
        form.add_error("number", _("Nobody has this number. Compare it with the printed copy, letter by letter."))
    status = 422 if request.method == "POST" else 200
    return render(request, "privacy/counter.html", {"form": form, "address": reverse("privacy:counter")}, status=status)


# --- why? ---

LIST_PAGE = 30


def page_for(rows: QuerySet[Any], request: DoorRequest, name: str, order: tuple[str, ...]) -> Page[Any]:
    """The page a cursor asks for, the first where it is none of this list's."""
    return page_or_first(rows, name=name, order=order, cursor=request.GET.get("cursor", ""), size=LIST_PAGE)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_why(request: DoorRequest, number: int) -> HttpResponse:
    """Ask why somebody looked: one question about one look, with a day by which it is answered."""
    actor = request.actor
    if not policies.can_ask_why(actor):
        raise NotAllowed
    owner = Owner.of(actor)
    try:
        look = looks_at(owner).get(pk=number)
    except (Look.DoesNotExist, OverflowError) as error:
        raise Http404 from error
    back = reverse("privacy:looked" if owner.person is not None else "privacy:desk_looked")
    form = WhyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_why(actor=actor, look_id=look.pk, says=form.cleaned_data["says"])
            return HttpResponseRedirect(f"{back}#look-{look.pk}")
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    context = {"form": form, "row": in_words([look], owner)[0], "back": back, "due": actions.answer_due(look)}
    return render(request, "privacy/ask_why.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def question_list(request: DoorRequest) -> HttpResponse:
    """What people ask about looks of the agency and of those below it: the overdue first, then by day."""
    if request.actor.kind is not ActorKind.AGENCY or not request.actor.may(ANSWER):
        raise NotAllowed(ANSWER)
    rows = (
        Question.objects.visible_to(request.actor)
        .select_related("agency")
        .annotate(sort_answered=Case(When(state=QuestionState.OPEN, then=Value(0)), default=Value(1)))
    )
    page = page_for(rows, request, "questions", ("sort_answered", "due_on", "pk"))
    shown = [{"question": one, "late": one.is_overdue(today())} for one in page.rows]
    return render(request, "privacy/question_list.html", {"rows": shown, "page": page})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question_answer(request: DoorRequest, public_id: str) -> HttpResponse:
    """One question: which look it is about, and the answer. A higher office reads it and cannot answer."""
    if request.actor.kind is not ActorKind.AGENCY:
        raise NotAllowed(ANSWER)
    return _answering(request, public_id, page="privacy/question_answer.html", back="privacy:question_list")


def _answering(request: DoorRequest, public_id: str, *, page: str, back: str) -> HttpResponse:
    actor = request.actor
    if not actor.may(ANSWER):
        raise NotAllowed(ANSWER)
    question = Question.objects.visible_to(actor).select_related("agency").filter(public_id=public_id).first()
    if question is None or (actor.org_id is not None and question.to_org != actor.org_id):
        raise Http404
    may = policies.can_answer(actor, question)
    if request.method == "POST" and not may:
        raise NotAllowed(ANSWER)
    form = WhyAnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer_why(actor=actor, question=question, answer=form.cleaned_data["answer"])
            return HttpResponseRedirect(reverse(back))
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    look = Look.objects.filter(at=question.look_at, pk=question.look_id)
    owner = Owner(person=question.person_id, org=question.org_id)
    context = {
        "question": question,
        "late": question.is_overdue(today()),
        "row": next(iter(in_words(look, owner)), None),
        "form": form if may and question.state == QuestionState.OPEN else None,
    }
    return render(request, page, context, status=422 if request.method == "POST" else 200)


@require_safe
def desk_questions(request: DoorRequest) -> HttpResponse:
    """What people ask about looks of the organization: those that wait first, by day."""
    if request.actor.kind is not ActorKind.ORGANIZATION or not request.actor.may(ANSWER):
        raise NotAllowed(ANSWER)
    rows = (
        Question.objects.visible_to(request.actor)
        .filter(to_org=request.actor.org_id)
        .annotate(sort_answered=Case(When(state=QuestionState.OPEN, then=Value(0)), default=Value(1)))
    )
    page = page_for(rows, request, "questions", ("sort_answered", "due_on", "pk"))
    shown = [{"question": one, "late": one.is_overdue(today())} for one in page.rows]
    return render(request, "privacy/desk_questions.html", {"rows": shown, "page": page})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def desk_question(request: DoorRequest, public_id: str) -> HttpResponse:
    """One question to the organization one acts for, and its answer."""
    actor = request.actor
    if request.method != "POST" and actor.kind is ActorKind.PERSON and isinstance(request.user, Account):
        memberships = memberships_of(request.user)
        if memberships:  # from a message: the organization is chosen first, then the page opens
            context = {"memberships": memberships, "next": request.get_full_path()}
            return render(request, "portal/desk_choose.html", context)
    if actor.kind is not ActorKind.ORGANIZATION:
        raise NotAllowed(ANSWER)
    return _answering(request, public_id, page="privacy/desk_question.html", back="privacy:desk_questions")
