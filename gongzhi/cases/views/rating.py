"""Rating a service once the case is over, what the office answers, and what the public sees of all of it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.accounts.selectors import masked_names
from gongzhi.cases import actions, policies, selectors
from gongzhi.cases.enums import REVIEW
from gongzhi.cases.forms import RatingAnswerForm, RatingForm
from gongzhi.cases.models import Case, Decision, Rating, RatingQuerySet
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.door import DoorRequest, acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import today

PAGE = 30
#: Who reads what is public of everybody's cases.
PUBLIC = Actor.system("cases.public")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: DoorRequest, public_id: str) -> HttpResponse:
    """The applicant says how it went, once."""
    case = Case.objects.visible_to(request.actor).select_related("type", "agency").filter(public_id=public_id).first()
    if case is None or not policies.is_applicant(request.actor, case):
        raise Http404
    if not policies.can_write(request.actor, case):
        raise NotAllowed("cases.apply", about=case)
    if not selectors.may_rate(case):
        return HttpResponseRedirect(reverse("cases:case", args=[public_id]))
    form = RatingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.rate_case(actor=request.actor, case=case, **form.cleaned_data)
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("cases:case", args=[public_id]))
    context = {"case": case, "definition": case.type.definition, "form": form}
    return render(request, "cases/rate.html", context, status=422 if request.method == "POST" else 200)


def _bad(actor: Actor) -> RatingQuerySet:
    """Bad ratings of the actor's own office. Its cases stand at its own division, which the index serves."""
    return Rating.objects.visible_to(actor).bad().filter(path=actor.path, case__agency_id=actor.agency_id or 0)


@never_cache
@require_safe
def rating_list(request: DoorRequest) -> HttpResponse:
    """Bad ratings of the office: those that wait for an answer first, the oldest of them at the top."""
    actor = request.actor
    if actor.kind is not ActorKind.AGENCY or not actor.may(REVIEW):
        raise NotAllowed(REVIEW)
    rows = _bad(actor).select_related("case__type")
    page = page_or_first(rows, name="ratings", order=("-pk",), cursor=request.GET.get("cursor", ""), size=PAGE)
    waiting = rows.unanswered().order_by("answer_by", "pk")[:PAGE]
    context = {"page": page, "waiting": list(waiting), "today": today()}
    return render(request, "cases/rating_list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rating_answer(request: DoorRequest, number: int) -> HttpResponse:
    """One bad rating: what was said, opened by a recorded look, and the answer."""
    actor = request.actor
    if actor.kind is not ActorKind.AGENCY or not actor.may(REVIEW):
        raise NotAllowed(REVIEW)
    rows = _bad(actor)
    rating = rows.select_related("case__type", "words", "answer").filter(pk=number).first()
    if rating is None:
        raise Http404
    form = RatingAnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer_rating(actor=actor, rating=rating, words=form.cleaned_data["words"])
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("cases:rating_list"))
    context = {
        "rating": rating,
        "case": rating.case,
        "said": selectors.rated_words(actor, rating),
        "form": form,
        "late": rating.answer_by is not None and rating.answered_at is None and rating.answer_by < today(),
    }
    return render(request, "cases/rating_answer.html", context, status=422 if request.method == "POST" else 200)


# --- what is public ---


@login_not_required
@require_safe
def results(request: DoorRequest) -> HttpResponse:
    """What people say of each service and office, by year: grades, trips promised and made, bad ratings answered."""
    given = request.GET.get("year", "")
    year = int(given) if given.isascii() and given.isdigit() and len(given) == 4 else today().year
    context = {"rows": selectors.results_of(year), "year": year, "years": selectors.rated_years()}
    return render(request, "cases/results.html", context)


@login_not_required
@require_safe
def decided(request: HttpRequest) -> HttpResponse:
    """Decided cases (办件公示), the newest first: number, service, office, days, how it was decided. Persons are masked."""
    rows: list[dict[str, Any]] = []
    with acting(PUBLIC):
        found = Decision.objects.filter(decided_at__isnull=False).select_related(
            "case__type", "case__agency", "case__org", "case__subject_org"
        )
        page = page_or_first(
            found,
            name="decided",
            order=("-decided_at", "-pk"),
            cursor=request.GET.get("cursor", ""),
            size=PAGE,
        )
        names = masked_names(one.case.person_id for one in page.rows if one.case.person_id)
        for one in page.rows:
            case = one.case
            applicant = names.get(case.person_id or 0, "") or (case.org.name if case.org else "")
            rows.append({"decision": one, "case": case, "applicant": applicant})
    return render(request, "cases/decided.html", {"rows": rows, "page": page})
