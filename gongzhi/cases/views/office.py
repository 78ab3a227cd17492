"""The office's pages: what waits, one case with its answers and checks, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gongzhi.accounts.selectors import masked_names
from gongzhi.cases import actions, clocks, policies, selectors, threads
from gongzhi.cases.enums import DECIDE, REVIEW, Outcome, State, StepKind
from gongzhi.cases.forms import places_of
from gongzhi.cases.models import Case, CaseFile, Decision, Task
from gongzhi.core.actor import Actor
from gongzhi.core.door import DoorRequest, acting
from gongzhi.core.errors import NotAllowed, NotVisible, RuleViolation
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files.models import Upload
from gongzhi.orgs.models import Agency

PAGE = 30
#: The platform finds a case whose existence an official may not be told, and a paper of one they may read.
FINDER = Actor.system("cases.office")
#: Views of the list: name → which states.
VIEWS = ("open", "mine", "overdue", "closed")


def official(request: DoorRequest) -> Actor:
    """Who works on cases; a 403 for everybody else."""
    actor = request.actor
    if not (actor.may(REVIEW) or actor.may(DECIDE)):
        raise NotAllowed(REVIEW)
    return actor


def found_case(request: DoorRequest, public_id: str) -> Case:
    """A case within reach; one out of reach is a 404 like a missing one, and the applicant sees the try."""
    actor = official(request)
    rows = Case.objects.visible_to(actor).select_related("type", "agency")
    found = rows.filter(public_id=public_id).first()
    if found is not None and policies.can_read(actor, found):
        return found
    with acting(FINDER) as finder:
        hidden = Case.objects.visible_to(finder).filter(public_id=public_id).first()
    if hidden is None:
        raise Http404
    raise NotVisible(hidden, purpose="cases.review")


@never_cache
@require_safe
def queue(request: DoorRequest) -> HttpResponse:
    """The cases of one's office, the newest first: those that wait, mine, overdue or closed."""
    actor = official(request)
    view = request.GET.get("view", "open")
    view = view if view in VIEWS else "open"
    mine = Case.objects.visible_to(actor).with_office(actor.agency_id or 0)
    rows = {
        "open": mine.at_office(),
        "mine": mine.at_office().filter(assignee=actor.person_id),
        "overdue": mine.overdue(today()),
        "closed": mine.filter(
            state__in=[State.APPROVED, State.REFUSED, State.NOT_ACCEPTED, State.WITHDRAWN, State.LAPSED]
        ),
    }
    page = page_or_first(
        rows[view].select_related("type", "org"),
        name=f"queue:{view}",
        order=("-pk",),
        cursor=request.GET.get("cursor", ""),
        size=PAGE,
    )
    names = masked_names(
        [one.person_id for one in page.rows if one.person_id] + [one.assignee for one in page.rows if one.assignee]
    )
    labels = {"open": _("Waiting"), "mine": _("Mine"), "overdue": _("Overdue"), "closed": _("Closed")}
    context = {
        "page": page,
        "rows": [
            {
                "case": one,
                "applicant": names.get(one.person_id or 0, "") or (one.org.name if one.org else ""),
                "handler": names.get(one.assignee or 0, ""),
                "overdue": bool(one.due_on and one.due_settled and one.due_on < today()),
            }
            for one in page.rows
        ],
        "views": [
            {"label": labels[name], "url": f"?view={name}", "current": name == view, "count": rows[name].count()}
            for name in ("open", "mine", "overdue")
        ]
        + [{"label": labels["closed"], "url": "?view=closed", "current": view == "closed"}],
    }
    return render(request, "cases/queue.html", context)


@never_cache
@require_safe
def review(request: DoorRequest, public_id: str) -> HttpResponse:
    """One case as its office reads it. Personal answers are opened by a recorded look."""
    return _review(request, found_case(request, public_id))


def _review(
    request: DoorRequest, case: Case, *, problem: str = "", targets: Sequence[Agency] = (), status: int = 200
) -> HttpResponse:
    actor = request.actor
    happened = selectors.history(actor, case)
    said = threads.thread(actor, case)
    task = Task.objects.filter(case=case, step=case.step, agency_id=actor.agency_id or 0, done_at=None).first()
    proposed = Decision.objects.filter(case=case, dropped_at=None, decided_at=None).first()
    deciding = (
        case.state == State.ACCEPTED
        and (step := case.type.definition.step(case.step)) is not None
        and step.kind is StepKind.DECIDE
        and policies.can_decide(actor, case)
    )
    people = masked_names(
        one for one in [case.person_id, case.assignee, proposed.by_person if proposed else None] if one is not None
    )
    typed = {
        name: request.POST[name]
        for name in request.POST
        if name.startswith(("fault:", "reason", "say", "note", "to", "number"))
    }
    answers = selectors.answers_of(actor=actor, case=case)
    context: dict[str, Any] = {
        "case": case,
        "definition": case.type.definition,
        "findings": selectors.findings(case, answers),
        "advice": selectors.advice(case, answers),
        "sections": threads.with_said(
            selectors.handed_answers(actor, case, {key.removeprefix("fault:"): text for key, text in typed.items()}),
            said,
        ),
        "said": said,
        "notes": threads.notes(actor, case),
        "may_write": policies.can_write_to_applicant(actor, case),
        "places": places_of(case.type.definition),
        "say": typed.get("say", ""),
        "note": typed.get("note", ""),
        "targets": targets,
        "to": typed.get("to", ""),
        "number": typed.get("number", ""),
        "linked": selectors.linked(actor, case),
        "happened": list(reversed(happened)),
        "documents": selectors.documents_of(case),
        "certificate": selectors.certificate_of(case) if case.state == State.APPROVED else "",
        "applicant": people.get(case.person_id or 0, "") or (case.org.name if case.org else ""),
        "handler": people.get(case.assignee or 0, ""),
        "limits": clocks.limits_of(case) if case.is_open else [],
        "may_handle": policies.can_handle(actor, case),
        "task": task if task and policies.can_finish(actor, case, task) and not deciding else None,
        "deciding": deciding and proposed is None,
        "proposed": proposed,
        "proposer": people.get(proposed.by_person, "") if proposed else "",
        "may_confirm": bool(proposed and deciding and policies.can_confirm(actor, case, proposed)),
        "obstacles": actions.obstacles(actor=actor, case=case) if deciding else [],
        "reason": typed.get("reason", ""),
        "problem": problem,
        "overdue": bool(case.due_on and case.due_settled and case.due_on < today()),
    }
    return render(request, "cases/review.html", context, status=status)


def _transfer(request: DoorRequest, case: Case) -> HttpResponse:
    """Hand the case to the office that was named; of several with the name one is chosen first."""
    data = request.POST
    chosen, place = data.get("office", ""), data.get("to", "").strip()[:60]
    found = [one for one in selectors.offices(case.type.definition, place) if one.pk != case.agency_id] if place else []
    if chosen.isdigit() and len(chosen) < 12:
        found = list(Agency.objects.filter(pk=int(chosen)))
    if not found:
        raise RuleViolation(
            "cases.no_such_office", _("No other office that takes this in was found. Type its name or its division.")
        )
    exact = [one for one in found if one.name == place]
    if len(found) > 1 and len(exact) != 1:
        problem = _("Several offices were found. Choose one.")
        return _review(request, case, problem=problem, targets=found, status=422)
    target = exact[0] if len(found) > 1 else found[0]
    actions.transfer_case(actor=request.actor, case=case, agency=target, reason=data.get("reason", ""))
    return HttpResponseRedirect(reverse("cases:queue"))


def _beside(request: DoorRequest, case: Case, verb: str) -> HttpResponse:
    """What is done beside deciding: a message to the applicant, a note, a link to another case, another office."""
    actor, data = request.actor, request.POST
    if verb == "transfer":
        return _transfer(request, case)
    if verb == "link":
        actions.link_cases(actor=actor, case=case, number=data.get("number", ""))
    elif verb == "note":
        actions.add_note(actor=actor, case=case, text=data.get("note", ""))
    else:
        handed = request.FILES.get("file") or None
        text, place = data.get("say", ""), data.get("about", "")
        actions.write_to_applicant(actor=actor, case=case, text=text, place=place, handed=handed)
    return HttpResponseRedirect(reverse("cases:review", args=[case.public_id]))


@never_cache
@require_POST
def act(request: DoorRequest, public_id: str, verb: str) -> HttpResponse:
    """Do one thing with a case; what was typed comes back with the sentence that refuses it."""
    case, actor, data = found_case(request, public_id), request.actor, request.POST
    faults = {name.removeprefix("fault:"): data[name] for name in data if name.startswith("fault:")}
    reason = data.get("reason", "")
    try:
        match verb:
            case "take":
                actions.take_case(actor=actor, case=case)
            case "accept":
                actions.accept_case(actor=actor, case=case)
            case "return":
                actions.return_case(actor=actor, case=case, faults=faults, reason=reason)
            case "not-accept":
                actions.refuse_acceptance(actor=actor, case=case, reason=reason)
            case "step" | "object":
                task = Task.objects.filter(
                    case=case, step=case.step, agency_id=actor.agency_id or 0, done_at=None
                ).first()
                if task is None:
                    raise RuleViolation("cases.wrong_state", _("This step is done already."))
                actions.finish_step(actor=actor, case=case, task=task, agrees=verb == "step", opinion=reason)
            case "approve" | "refuse":
                outcome = Outcome.APPROVED if verb == "approve" else Outcome.REFUSED
                actions.decide(actor=actor, case=case, outcome=outcome, reason=reason)
            case "confirm":
                actions.confirm_decision(actor=actor, case=case)
            case "drop":
                actions.drop_proposal(actor=actor, case=case, reason=reason)
            case "say" | "note" | "link" | "transfer":
                return _beside(request, case, verb)
            case _:
                raise Http404
    except RuleViolation as error:
        return _review(request, found_case(request, public_id), problem=str(error.message), status=422)
    return HttpResponseRedirect(reverse("cases:review", args=[public_id]))


@require_safe
def paper(request: DoorRequest, public_id: str, number: int) -> HttpResponseBase:
    """A paper that was handed in: a look that the applicant sees."""
    case = found_case(request, public_id)
    row = CaseFile.objects.filter(case=case, pk=number).exclude(path="").first()
    if row is None or not policies.can_see_file(request.actor, case, row):
        raise Http404
    with acting(FINDER) as finder:
        upload = Upload.objects.visible_to(finder).filter(pk=row.upload_id).first()
    if upload is None:
        raise Http404
    return files.send(upload, actor=request.actor, purpose="cases.review", granted=True)
