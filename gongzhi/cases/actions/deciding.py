"""The decision and its effect, in one transaction. With two persons the first proposes and another confirms."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.audit.looks import reveal
from gongzhi.cases import policies
from gongzhi.cases.actions.documents import issue_document
from gongzhi.cases.actions.drafts import append_status, write_words
from gongzhi.cases.actions.handling import LONGEST_REASON, close, lock, tell
from gongzhi.cases.contracts import Effect, handler_of
from gongzhi.cases.enums import DECIDE, Event, Outcome, State, StepKind
from gongzhi.cases.models import Case, Decision, Task, wall_columns
from gongzhi.cases.notifications import CASE_DECIDED, CASE_TO_CONFIRM
from gongzhi.cases.selectors import answers_of
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.notify.actions import notify
from gongzhi.orgs.selectors import officers_of

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "decide": "The effect is sealed by the handler in the register.",
    "confirm_decision": "The effect is sealed by the handler in the register.",
    "drop_proposal": "Nothing was decided.",
    "obstacles": "It changes nothing.",
}


def _deciding(actor: Actor, case: Case) -> Case:
    case = lock(actor=actor, case=case)
    if not policies.can_decide(actor, case):
        raise NotAllowed(DECIDE, about=case)
    step = case.type.definition.step(case.step)
    if case.state != State.ACCEPTED or step is None or step.kind is not StepKind.DECIDE:
        raise RuleViolation(
            "cases.not_yet", _("It is not time to decide: a step before it is not finished, or it was decided already.")
        )
    return case


def obstacles(*, actor: Actor, case: Case) -> list[str]:
    """What would keep an approval from taking effect, as sentences for the official. Changes nothing."""
    name = case.type.definition.decision.handler
    if name is None:
        return []
    answers = answers_of(actor=actor, case=case)
    return list(
        handler_of(name).check(actor=actor, case_id=case.pk, path=case.path, org_id=case.org_id, answers=answers)
    )


@transaction.atomic
def decide(*, actor: Actor, case: Case, outcome: Outcome, reason: str = "") -> Decision:
    """Decide, or propose the decision where the service asks for two persons. An approval takes effect at once, whole.

    Raises `NotAllowed` (also for one's own case), `RuleViolation` before its time, for a refusal without reason, a second
    decision, or an approval that cannot take effect.
    """
    case = _deciding(actor, case)
    if outcome not in Outcome.values:
        raise RuleViolation("cases.no_outcome", _("Choose how it is decided."), field="outcome")
    if outcome == Outcome.REFUSED and not reason.strip():
        raise RuleViolation("cases.no_reason", _("Give the reason; the applicant reads it."), field="reason")
    if Decision.objects.filter(case=case, dropped_at=None).exists():
        raise RuleViolation("cases.proposed", _("A decision is proposed already; it waits for a second person."))
    step = case.type.definition.step(case.step)
    two = bool(step and step.two_persons)
    decision = Decision.objects.create(
        **wall_columns(case),
        path=case.path,
        outcome=outcome,
        words=write_words(case, "decision", reason[:LONGEST_REASON]),
        by_person=actor.person_id or 0,
        needs_second=two,
    )
    if not two:
        return _effect(actor, case, decision)
    append_status(actor=actor, case=case, event=Event.PROPOSED, state=State.ACCEPTED)
    audit.record(actor=actor, event="cases.decision.proposed", subject=decision, case_id=case.pk)
    for person in officers_of(case.agency, DECIDE):
        if person != actor.person_id:
            notify(
                actor=actor,
                person_id=person,
                kind=CASE_TO_CONFIRM.code,
                params={"number": case.number or ""},
                key=f"cases.confirm:{decision.pk}",
                url_name="cases:review",
                url_args=[case.public_id],
            )
    return decision


def _proposed(actor: Actor, case: Case) -> tuple[Case, Decision]:
    case = _deciding(actor, case)
    decision = (
        Decision.objects.select_for_update(of=("self",)).filter(case=case, dropped_at=None, decided_at=None).first()
    )
    if decision is None:
        raise RuleViolation("cases.nothing_proposed", _("No decision waits for a second person."))
    return case, decision


@transaction.atomic
def confirm_decision(*, actor: Actor, case: Case) -> Decision:
    """Confirm a colleague's decision: it takes effect. Raises `NotAllowed` for who proposed it, `RuleViolation`."""
    case, decision = _proposed(actor, case)
    if not policies.can_confirm(actor, case, decision):
        raise NotAllowed(DECIDE, about=case)
    decision.second_by = actor.person_id
    return _effect(actor, case, decision)


@transaction.atomic
def drop_proposal(*, actor: Actor, case: Case, reason: str) -> Decision:
    """Do not confirm a proposed decision, or take one's own back, with the reason. The case waits to be decided anew."""
    case, decision = _proposed(actor, case)
    if not reason.strip():
        raise RuleViolation("cases.no_reason", _("Give the reason; your colleague reads it."), field="reason")
    decision.dropped_at = timezone.now()
    decision.save(update_fields=["dropped_at"])
    append_status(actor=actor, case=case, event=Event.PROPOSAL_DROPPED, state=State.ACCEPTED)
    audit.record(actor=actor, event="cases.decision.dropped", subject=decision, case_id=case.pk)
    return decision


def _said(decision: Decision) -> str:
    """The words of a decision, for the document that tells them; the officials who decide have read them."""
    if decision.words is None:
        return ""
    with acting(Actor.system("cases.documents")) as writer:
        return reveal(writer, decision.words, "text_sealed", purpose="cases.document", own=True)


def _effect(actor: Actor, case: Case, decision: Decision) -> Decision:
    approved = decision.outcome == Outcome.APPROVED
    name = case.type.definition.decision.handler
    effect = Effect()
    if approved and name is not None:
        effect = handler_of(name).apply(
            actor=actor,
            case_id=case.pk,
            path=case.path,
            org_id=case.org_id,
            number=case.number or "",
            answers=answers_of(actor=actor, case=case),
        )
    decision.decided_at = timezone.now()
    numbers = {"reference": effect.reference, "certificate": effect.certificate}
    decision.effect = {**{name: number for name, number in numbers.items() if number}, **effect.details}
    decision.save(update_fields=["decided_at", "second_by", "effect"])
    Task.objects.filter(case=case, step=case.step, done_at=None).update(done_at=timezone.now(), done_by=actor.person_id)
    if effect.org_id is not None:
        case.subject_org_id = effect.org_id
        case.save(update_fields=["subject_org"])
    append_status(
        actor=actor,
        case=case,
        event=Event.APPROVED if approved else Event.REFUSED,
        state=State.APPROVED if approved else State.REFUSED,
        words=decision.words,
    )
    stated = case.type.definition.decision
    issue_document(
        actor=actor,
        case=case,
        event=Event.APPROVED if approved else Event.REFUSED,
        reason=_said(decision),
        result=stated.approved if approved else stated.refused,
        reference=effect.reference,
    )
    close(case)
    audit.record(
        actor=actor,
        event="cases.case.decided",
        subject=case,
        case_id=case.pk,
        details={"outcome": str(decision.outcome), "decision": decision.pk, "org": effect.org_id or 0},
    )
    tell(actor=actor, case=case, kind=CASE_DECIDED, occasion=str(decision.pk))
    return decision
