"""The office's order of work: giving cases to somebody, approving together what has no fault, and one's saved views."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.cases import policies
from gongzhi.cases.actions.deciding import decide, obstacles
from gongzhi.cases.actions.handling import lock
from gongzhi.cases.enums import DECIDE, REVIEW, Outcome
from gongzhi.cases.models import Case, Message, SavedView, Task
from gongzhi.cases.notifications import CASE_ASSIGNED
from gongzhi.cases.selectors import advice, answers_of, findings
from gongzhi.cases.worklist import chosen
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.notify.actions import notify
from gongzhi.orgs.models import Agency
from gongzhi.orgs.selectors import officers_of
from gongzhi.rulebook.enums import Verdict

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "assign_case": "It is the office's own order of work.",
    "assign_cases": "It is the office's own order of work.",
    "approve_faultless": "The effect of each approval is sealed by the handler in the register.",
    "save_view": "It is the official's own.",
    "remove_view": "It is the official's own.",
}

#: Cases one act may give or approve: a page of the list.
MOST_AT_ONCE = 30
#: Views an official may save at an agency.
MOST_VIEWS = 12


@dataclass
class Together:
    """How an act over several cases ended: those done, and those left as they were with the reason."""

    done: list[Case] = field(default_factory=list)
    refused: list[tuple[Case, str | Promise]] = field(default_factory=list)


def _each(cases: Sequence[Case], act: Callable[[Case], object], forbidden: str | Promise) -> Together:
    """Do one thing with each case in a savepoint of its own, so that one that is refused keeps no other."""
    if len(cases) > MOST_AT_ONCE:
        raise RuleViolation(
            "cases.too_many_at_once", _("Choose at most %(most)s cases at once.") % {"most": MOST_AT_ONCE}
        )
    found = Together()
    for case in cases:
        try:
            with transaction.atomic():
                act(case)
        except NotAllowed:
            found.refused.append((case, forbidden))
        except RuleViolation as error:
            found.refused.append((case, error.message))
        else:
            found.done.append(case)
    return found


@transaction.atomic
def assign_case(*, actor: Actor, case: Case, person_id: int) -> Case:
    """Give a case of one's office to somebody of it who works on cases; they are told. Nobody gets their own case.

    Raises `NotAllowed`, `RuleViolation` for somebody who does not work on cases there, or whose own case it is.
    """
    case = lock(actor=actor, case=case)
    if not policies.can_handle(actor, case):
        raise NotAllowed(REVIEW, about=case)
    if person_id not in officers_of(case.agency, REVIEW):
        raise RuleViolation(
            "cases.no_such_officer", _("Choose somebody of your office who works on applications."), field="officer"
        )
    if person_id in {case.person_id, case.begun_by}:
        raise RuleViolation("cases.own_case", _("Nobody works on an application of their own."), field="officer")
    case.assignee = person_id
    case.save(update_fields=["assignee"])
    Task.objects.filter(case=case, agency=case.agency, done_at=None).update(assignee=person_id)
    audit.record(actor=actor, event="cases.case.assigned", subject=case, case_id=case.pk, details={"person": person_id})
    if person_id != actor.person_id:
        notify(
            actor=actor,
            person_id=person_id,
            kind=CASE_ASSIGNED.code,
            params={"number": case.number or ""},
            key=f"{CASE_ASSIGNED.code}:{case.pk}:{actor.request_id}",
            url_name="cases:review",
            url_args=[case.public_id],
        )
    return case


def assign_cases(*, actor: Actor, cases: Sequence[Case], person_id: int) -> Together:
    """Give several cases to somebody, each by its own action. Raises `RuleViolation` for too many."""
    return _each(
        cases,
        lambda case: assign_case(actor=actor, case=case, person_id=person_id),
        _("This application is not with your office, or not to be worked on now."),
    )


def approve_faultless(*, actor: Actor, cases: Sequence[Case]) -> Together:
    """Approve, each by its own decision, those of several cases that have no finding and whose service allows it.

    Where a service asks for two persons this proposes, as always. Raises `RuleViolation` for too many.
    """
    return _each(
        cases,
        lambda case: _approve(actor, case),
        _("You may not decide on this application: it is your own, or not with your office."),
    )


def _approve(actor: Actor, case: Case) -> None:
    case = lock(actor=actor, case=case)
    if not policies.can_decide(actor, case):
        raise NotAllowed(DECIDE, about=case)
    if not case.type.definition.decision.bulk:
        raise RuleViolation("cases.one_by_one", _("This service is decided one by one."))
    if Message.objects.filter(case=case).open_questions().exists():
        raise RuleViolation("cases.question_open", _("A question of the applicant waits for an answer."))
    answers = answers_of(actor=actor, case=case)
    open_rules = [one for one in findings(case, answers) if one.verdict in (Verdict.BROKEN, Verdict.UNKNOWN)]
    said = [*(one.says for one in open_rules), *advice(case, answers), *obstacles(actor=actor, case=case)]
    if said:
        raise RuleViolation("cases.has_findings", _("There is a finding: %(what)s") % {"what": said[0]})
    decide(actor=actor, case=case, outcome=Outcome.APPROVED)


@transaction.atomic
def save_view(*, actor: Actor, name: str, asked: Mapping[str, str]) -> SavedView:
    """Keep the filters of the list under a name, for oneself at the agency one acts for; the same name is replaced.

    Raises `NotAllowed`, `RuleViolation` without a name or a filter, or with too many views.
    """
    if actor.kind is not ActorKind.AGENCY or not (actor.may(REVIEW) or actor.may(DECIDE)):
        raise NotAllowed(REVIEW)
    name, kept = " ".join(name.split())[:40], chosen(asked)
    if not name:
        raise RuleViolation("cases.no_name", _("Give the view a name."), field="name")
    if not kept:
        raise RuleViolation("cases.no_filter", _("Choose a filter first; the view keeps it."), field="name")
    own = SavedView.objects.visible_to(actor)
    if not own.filter(name=name).exists() and own.count() >= MOST_VIEWS:
        raise RuleViolation(
            "cases.too_many_views", _("You have %(most)s views. Remove one first.") % {"most": MOST_VIEWS}, field="name"
        )
    agency, person = Agency.objects.get(pk=actor.agency_id or 0), actor.person_id or 0
    view, _made = SavedView.objects.update_or_create(
        agency=agency, person_id=person, name=name, defaults={"asked": kept}
    )
    audit.record(actor=actor, event="cases.view.saved", subject=view)
    return view


@transaction.atomic
def remove_view(*, actor: Actor, number: int) -> None:
    """Forget one of one's own views; one that is gone already is gone. Raises `NotAllowed`."""
    if actor.kind is not ActorKind.AGENCY:
        raise NotAllowed(REVIEW)
    view = SavedView.objects.visible_to(actor).filter(pk=number).first()
    if view is not None:
        audit.record(actor=actor, event="cases.view.removed", subject=view)
        view.delete()
