"""What the office does: accepting, sending back with everything that is missing, working through the steps."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.cases import clocks, policies
from gongzhi.cases.actions.documents import issue_document
from gongzhi.cases.actions.drafts import append_status, write_words
from gongzhi.cases.actions.handing_in import applicants_of
from gongzhi.cases.definitions import Step
from gongzhi.cases.enums import REVIEW, ClockKind, Event, Nature, State, StepKind
from gongzhi.cases.models import Case, SealedText, Status, Task, wall_columns
from gongzhi.cases.notifications import CASE_ACCEPTED, CASE_NOT_ACCEPTED, CASE_RETURNED
from gongzhi.cases.questions import plain_answers
from gongzhi.cases.selectors import handed_in
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.notify.actions import notify
from gongzhi.notify.contracts import NoticeKind
from gongzhi.orgs.enums import AgencyKind
from gongzhi.orgs.models import Agency
from gongzhi.orgs.selectors import lines_above

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "accept_case": "It is between the applicant and the office.",
    "return_case": "It is between the applicant and the office.",
    "refuse_acceptance": "It is between the applicant and the office.",
    "take_case": "It is the office's own order of work.",
    "finish_step": "It is between the applicant and the office.",
    "open_step": "It is between the applicant and the office.",
    "asked_of": "It changes nothing.",
    "open_next_step": "It is between the applicant and the office.",
    "named_agency": "It changes nothing.",
    "accept": "It is between the applicant and the office.",
    "lock": "It changes nothing.",
    "tell": "It is about a person.",
}

LONGEST_REASON = 4000
#: Hands a task to an office.
FLOW = Actor.system("cases.flow")
LONGEST_FAULT = 1000


def lock(*, actor: Actor, case: Case) -> Case:
    """The case as it is now, locked; only what the actor may see."""
    rows = Case.objects.visible_to(actor).select_for_update(of=("self",)).select_related("type", "agency")
    return rows.get(pk=case.pk)


def tell(*, actor: Actor, case: Case, kind: NoticeKind, occasion: str) -> None:
    """Leave the applicant a notice about the case; `occasion` tells one notice of a kind from the next."""
    for person in applicants_of(case):
        notify(
            actor=actor,
            person_id=person,
            kind=kind.code,
            params={"number": case.number or ""},
            key=f"{kind.code}:{case.pk}:{occasion}",
            org_id=case.org_id,
            url_name="cases:case",
            url_args=[case.public_id],
        )


def _handled(actor: Actor, case: Case, *states: str) -> Case:
    case = lock(actor=actor, case=case)
    if not policies.can_handle(actor, case):
        raise NotAllowed(REVIEW, about=case)
    if case.state not in states:
        raise RuleViolation(
            "cases.wrong_state",
            _("This step is not possible now: it was changed meanwhile. Reload the page and look again."),
        )
    return case


@transaction.atomic
def take_case(*, actor: Actor, case: Case) -> Case:
    """Take a case of one's office to work on, also from a colleague. Raises `NotAllowed`."""
    case = lock(actor=actor, case=case)
    if not policies.can_handle(actor, case):
        raise NotAllowed(REVIEW, about=case)
    case.assignee = actor.person_id
    case.save(update_fields=["assignee"])
    Task.objects.filter(case=case, agency_id=actor.agency_id or 0, done_at=None).update(assignee=actor.person_id)
    audit.record(actor=actor, event="cases.case.taken", subject=case, case_id=case.pk)
    return case


@transaction.atomic
def accept_case(*, actor: Actor, case: Case) -> Case:
    """Accept a case: the time to decide begins, and the first step waits. Raises `NotAllowed`, `RuleViolation`."""
    case = _handled(actor, case, State.SUBMITTED)
    accept(actor=actor, case=case, event=Event.ACCEPTED)
    audit.record(actor=actor, event="cases.case.accepted", subject=case, case_id=case.pk)
    tell(actor=actor, case=case, kind=CASE_ACCEPTED, occasion=str(case.round))
    return case


def accept(*, actor: Actor, case: Case, event: Event, words: SealedText | None = None, on_duty: str = "") -> None:
    """From acceptance on the time to decide runs, and the notice of it is written. The caller has locked, judged and
    audits."""
    definition = case.type.definition
    append_status(actor=actor, case=case, event=event, state=State.ACCEPTED, words=words)
    clocks.stop_clocks(case, ClockKind.ACCEPT)
    clocks.start_clock(actor=actor, case=case, kind=ClockKind.DECIDE, parameter=definition.limits.decide)
    clocks.start_clock(actor=actor, case=case, kind=ClockKind.PROMISED, parameter=definition.limits.promised)
    issue_document(actor=actor, case=case, event=event, on_duty=on_duty)
    open_next_step(actor=actor, case=case)
    clocks.set_due(case)


def open_next_step(*, actor: Actor, case: Case) -> None:
    """Let the next step wait that what was handed in asks for."""
    definition = case.type.definition
    following = definition.step_after(case.step, plain_answers(definition, handed_in(case)))
    if following is not None:
        open_step(actor=actor, case=case, step=following)


def open_step(*, actor: Actor, case: Case, step: Step) -> None:
    """Let a step wait for whom it names. A public announcement waits for its time."""
    case.step = step.key
    case.save(update_fields=["step"])
    if step.kind is StepKind.PUBLICITY:
        append_status(actor=actor, case=case, event=Event.ANNOUNCED, state=State.PUBLICITY, step=step.key)
        clocks.pause(case, Event.ANNOUNCED)
        clocks.start_clock(actor=actor, case=case, kind=ClockKind.PUBLICITY, parameter=step.limit)
    own = case.assignee
    # An authority above is beyond the office's own reach, so the platform hands the task to it.
    with acting(FLOW):
        for agency in asked_of(case, step):
            Task.objects.create(
                **wall_columns(case),
                path=agency.path,
                step=step.key,
                kind=step.kind,
                agency=agency,
                assignee=own if agency.pk == case.agency_id else None,
            )


def asked_of(case: Case, step: Step) -> list[Agency]:
    """The agencies a step waits for: the one an answer names, or of each kind the nearest that reaches the office's
    division; else the office."""
    if step.of is not None:
        return [named_agency(case, step.of) or case.agency]
    if not step.by or case.agency.kind in step.by:
        return [case.agency]
    found = []
    for kind in step.by:
        agency = nearest(kind, case.path)
        if agency is not None:
            found.append(agency)
    return found or [case.agency]


def named_agency(case: Case, question: str) -> Agency | None:
    """The agency an answer of what was handed in names; of several with one name the nearest that reaches the office."""
    definition = case.type.definition
    field = definition.field(question)
    name = plain_answers(definition, handed_in(case)).get(question, "")
    if field is None or not name:
        return None
    rows = list(Agency.objects.filter(name=unicodedata.normalize("NFKC", name).strip(), kind__in=field.kinds))
    return max(rows, key=lambda one: (case.path.startswith(one.path), len(one.path), -one.pk), default=None)


def nearest(kind: AgencyKind, path: str) -> Agency | None:
    """The agency of a kind that works for a division, the nearest above it."""
    above = lines_above(path)
    return max(Agency.objects.filter(kind=kind, path__in=above), key=lambda one: (len(one.path), -one.pk), default=None)


@transaction.atomic
def return_case(*, actor: Actor, case: Case, faults: Mapping[str, str], reason: str = "") -> Status:
    """Send a case back to be completed, naming everything that is missing at once (行政许可法 Art 32).

    `faults` is by question (`section.key`, deeper for a line). The office's limits stand still until it comes in again. A
    licence is sent back once only. Raises `NotAllowed`, `RuleViolation` without any fault, for a question the form does not
    have, or a second time.
    """
    case = _handled(actor, case, State.SUBMITTED, State.ACCEPTED)
    definition = case.type.definition
    said = {key: text.strip()[:LONGEST_FAULT] for key, text in faults.items() if text.strip()}
    if not said and not reason.strip():
        raise RuleViolation(
            "cases.no_fault", _("Say what is missing: at one question at least, or in general."), field="reason"
        )
    for place in said:
        if definition.field(".".join(place.split(".")[:2])) is None:
            raise RuleViolation("cases.no_such_question", _("The form has no such question."))
    before = Status.objects.filter(case=case, event=Event.RETURNED).exists()
    if before and definition.nature is Nature.LICENCE:
        raise RuleViolation(
            "cases.returned_before",
            _(
                "This application was sent back once, with everything that was missing. The law allows it once (Art 32)."
            ),
        )
    words = write_words(
        case, "status", json.dumps({"faults": said, "reason": reason.strip()[:LONGEST_REASON]}, ensure_ascii=False)
    )
    status = append_status(
        actor=actor, case=case, event=Event.RETURNED, state=State.CORRECTION, words=words, faulty=sorted(said)
    )
    clocks.pause(case, Event.RETURNED)
    clocks.start_clock(actor=actor, case=case, kind=ClockKind.CORRECT, parameter=definition.limits.correct)
    clocks.set_due(case)
    issue_document(actor=actor, case=case, event=Event.RETURNED, reason=reason[:LONGEST_REASON], faults=said)
    audit.record(actor=actor, event="cases.case.returned", subject=case, case_id=case.pk, details={"faults": len(said)})
    tell(actor=actor, case=case, kind=CASE_RETURNED, occasion=str(status.pk))
    return status


@transaction.atomic
def refuse_acceptance(*, actor: Actor, case: Case, reason: str) -> Case:
    """Do not accept a case, with the reason. Raises `NotAllowed`, `RuleViolation` without a reason."""
    case = _handled(actor, case, State.SUBMITTED)
    if not reason.strip():
        raise RuleViolation("cases.no_reason", _("Give the reason; the applicant reads it."), field="reason")
    words = write_words(case, "status", reason[:LONGEST_REASON])
    append_status(actor=actor, case=case, event=Event.NOT_ACCEPTED, state=State.NOT_ACCEPTED, words=words)
    issue_document(actor=actor, case=case, event=Event.NOT_ACCEPTED, reason=reason[:LONGEST_REASON])
    close(case)
    audit.record(actor=actor, event="cases.case.not_accepted", subject=case, case_id=case.pk)
    tell(actor=actor, case=case, kind=CASE_NOT_ACCEPTED, occasion=str(case.round))
    return case


def close(case: Case) -> None:
    """Nothing runs or waits any more; how long it took is kept."""
    clocks.measure(case)
    clocks.stop_clocks(case, *ClockKind)
    clocks.resume(case)
    Task.objects.filter(case=case, done_at=None).update(done_at=timezone.now())
    clocks.set_due(case)


@transaction.atomic
def finish_step(*, actor: Actor, case: Case, task: Task, agrees: bool = True, opinion: str = "") -> Case:
    """Do what a step asks: an examination is finished, a consent given or not (with the reason).

    When nobody else is waited for, the next step opens. The decision is made by `decide`, and the time of an announcement
    ends by the clock. Raises `NotAllowed`, `RuleViolation`.
    """
    case = lock(actor=actor, case=case)
    task = Task.objects.select_for_update(of=("self",)).get(pk=task.pk, case=case)
    if not policies.can_finish(actor, case, task):
        raise NotAllowed(REVIEW, about=case)
    if case.state != State.ACCEPTED or task.step != case.step or task.kind in {StepKind.DECIDE, StepKind.PUBLICITY}:
        raise RuleViolation(
            "cases.wrong_state",
            _("This step is not possible now: it was changed meanwhile. Reload the page and look again."),
        )
    if not agrees and not opinion.strip():
        raise RuleViolation("cases.no_reason", _("Give the reason; the applicant reads it."), field="reason")
    task.done_at, task.done_by = timezone.now(), actor.person_id
    task.save(update_fields=["done_at", "done_by"])
    consents = task.kind in {StepKind.CONSENT, StepKind.TOGETHER}
    event = Event.OBJECTED if not agrees else Event.CONSENTED if consents else Event.STEP_DONE
    append_status(
        actor=actor,
        case=case,
        event=event,
        state=State.ACCEPTED,
        words=write_words(case, "status", opinion[:LONGEST_REASON]),
    )
    if not Task.objects.filter(case=case, step=case.step, done_at=None).exists():
        open_next_step(actor=actor, case=case)
    clocks.set_due(case)
    audit.record(
        actor=actor,
        event="cases.step.finished",
        subject=task,
        case_id=case.pk,
        details={"step": task.step, "agrees": agrees},
    )
    return case
