"""Handing a case to another office while its time runs on, and saying which cases belong together."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.cases import policies
from gongzhi.cases.actions.drafts import append_status, write_words
from gongzhi.cases.actions.handling import FLOW, LONGEST_REASON, asked_of, lock, tell
from gongzhi.cases.enums import REVIEW, Event, State
from gongzhi.cases.models import Case, CaseLink, Decision, Message, Note, OfCase, Task, wall_columns
from gongzhi.cases.notifications import CASE_TRANSFERRED, CASE_WAITS
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.notify.actions import notify
from gongzhi.orgs.models import Agency
from gongzhi.orgs.selectors import officers_of

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "transfer_case": "It is between the applicant and the office.",
    "link_cases": "It is between the applicant and the office.",
}


@transaction.atomic
def transfer_case(*, actor: Actor, case: Case, agency: Agency, reason: str) -> Case:
    """Hand a case to another office that takes such cases in, with the reason the applicant reads. Its limits run on.

    Whoever is asked for the present step is asked anew at the new place, unless they have answered. Open questions go with
    it. Raises `NotAllowed`, `RuleViolation` for an office that does not take it in, without a reason, or while a proposed
    decision waits.
    """
    case = lock(actor=actor, case=case)
    if not policies.can_handle(actor, case):
        raise NotAllowed(REVIEW, about=case)
    if agency.pk == case.agency_id or agency.kind not in case.type.definition.office.kinds:
        raise RuleViolation(
            "cases.wrong_office", _("This office does not take this in. Choose another one."), field="office"
        )
    if not reason.strip():
        raise RuleViolation("cases.no_reason", _("Give the reason; the applicant reads it."), field="reason")
    if Decision.objects.filter(case=case, dropped_at=None, decided_at=None).exists():
        raise RuleViolation(
            "cases.proposed", _("A decision is proposed. Confirm it or do not, before the case goes to another office.")
        )
    before = case.agency
    # The new office may be beyond the reach of the old one, so the platform itself moves the rows.
    with acting(FLOW):
        _move(case, before, agency)
        words = write_words(case, "status", f"{before.name} → {agency.name}\n{reason.strip()[:LONGEST_REASON]}")
        status = append_status(
            actor=actor, case=case, event=Event.TRANSFERRED, state=State(case.state), words=words, office=before.name
        )
    audit.record(
        actor=actor,
        event="cases.case.transferred",
        subject=case,
        case_id=case.pk,
        details={"from": before.pk, "to": agency.pk},
    )
    tell(actor=actor, case=case, kind=CASE_TRANSFERRED, occasion=str(status.pk))
    for person in officers_of(agency, REVIEW):
        notify(
            actor=actor,
            person_id=person,
            kind=CASE_WAITS.code,
            params={"number": case.number or ""},
            key=f"{CASE_WAITS.code}:{case.pk}:t{status.pk}",
            url_name="cases:review",
            url_args=[case.public_id],
        )
    return case


def _move(case: Case, before: Agency, agency: Agency) -> None:
    """Every row of the case that stood at the old office's division stands at the new one's; open tasks are handed anew."""
    for model in OfCase.__subclasses__():
        rows: Any = model._default_manager.filter(case=case)
        rows = rows.filter(path=before.path)
        (rows.filter(agency=before) if model is Task else rows).update(path=agency.path)
    Note.objects.filter(case=case, path=before.path).update(path=agency.path)
    Message.objects.filter(case=case, agency=before).open_questions().update(agency=agency)
    Task.objects.filter(case=case, done_at=None).update(done_at=timezone.now())
    case.agency, case.path, case.assignee = agency, agency.path, None
    case.save(update_fields=["agency", "path", "assignee"])
    step = case.type.definition.step(case.step) if case.step else None
    if step is None:
        return
    answered = set(
        Task.objects.filter(case=case, step=step.key, done_by__isnull=False).values_list("agency_id", flat=True)
    )
    for one in asked_of(case, step):
        if one.pk not in answered:
            Task.objects.create(**wall_columns(case), path=one.path, step=step.key, kind=step.kind, agency=one)


@transaction.atomic
def link_cases(*, actor: Actor, case: Case, number: str) -> Case:
    """Say that a case belongs together with another of the same applicant, by its number; both pages then show it.

    Answers the other case. Raises `NotAllowed`, `RuleViolation` for a number the actor sees no such case under.
    """
    case = lock(actor=actor, case=case)
    if not policies.can_link(actor, case):
        raise NotAllowed(REVIEW, about=case)
    applicant: dict[str, Any] = {"person_id": case.person_id, "org_id": case.org_id}
    same = Case.objects.visible_to(actor).filter(**applicant).exclude(pk=case.pk)
    other = same.exclude(path="").filter(number=number.strip().upper()).first()
    if other is None:
        raise RuleViolation(
            "cases.no_such_case", _("No other application of this applicant has this number."), field="number"
        )
    if CaseLink.objects.filter(case=case, other=other).exists():
        return other
    for one, two in ((case, other), (other, case)):
        CaseLink.objects.create(**wall_columns(one), path=one.path, other=two)
    audit.record(actor=actor, event="cases.case.linked", subject=case, case_id=case.pk, details={"other": other.pk})
    return other
