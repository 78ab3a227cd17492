"""Handing in: everything is checked as what it is, kept whole, numbered and given to the office, once."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.selectors import verified_name
from gongzhi.audit import actions as audit
from gongzhi.cases import clocks, policies
from gongzhi.cases.actions.drafts import append_status, write_words
from gongzhi.cases.enums import APPLY, CLOSED, ClockKind, Event, State
from gongzhi.cases.models import Case, CaseFile, Draft, Patch, SealedText, Submission, Task, wall_columns
from gongzhi.cases.notifications import CASE_SUBMITTED, CASE_WAITS
from gongzhi.cases.questions import Checked, Page, asked, plain_answers, sections_asked
from gongzhi.cases.selectors import check_case, findings, numbers_in, pages_of
from gongzhi.core import ids
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify.actions import notify
from gongzhi.orgs.selectors import officers_of, people_with
from gongzhi.rulebook.enums import Verdict

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "submit_case": "It is between the applicant and the office; the decision's effect is sealed by the register.",
    "withdraw_case": "It is between the applicant and the office.",
}


#: What a rule says of a draft that somebody has to look at.
OPEN_VERDICTS = (Verdict.BROKEN, Verdict.UNKNOWN)


class NotComplete(RuleViolation):
    """Something is missing or wrong; `checked` says what, question by question."""

    def __init__(self, checked: Checked) -> None:
        super().__init__("cases.not_complete", _("Something is missing or wrong. Every place is named below."))
        self.checked = checked


def _handed(case: Case, pages: Mapping[str, Page]) -> dict[str, dict[str, Any]]:
    """What is handed in: the pages and questions that are asked for, nothing that stands behind another choice."""
    definition = case.type.definition
    answers = plain_answers(definition, pages)
    handed: dict[str, dict[str, Any]] = {}
    for section in sections_asked(definition, pages):
        keys = {one.key for one in section.fields if asked(one.when, answers)}
        page = pages.get(section.key, {})
        handed[section.key] = {key: raw for key, raw in page.items() if key.partition(".")[0] in keys and raw != ""}
    return handed


@transaction.atomic
def submit_case(*, actor: Actor, case: Case, nonce: uuid.UUID) -> tuple[Case, str]:
    """Hand a case in, whole, and get its number and the code to look it up with; the code is told this once.

    The same `nonce` again is the same handing in: the case comes back, without a code. Raises `NotAllowed`, `NotComplete`
    with every fault, `RuleViolation` when it is over or somebody needs a verified name.
    """
    case = (
        Case.objects.visible_to(actor).select_for_update(of=("self",)).select_related("type", "agency").get(pk=case.pk)
    )
    if not policies.can_write(actor, case) or actor.person_id is None:
        raise NotAllowed(APPLY)
    if Submission.objects.filter(case=case, nonce=nonce).exists():
        return case, ""
    if not case.is_writable:
        raise RuleViolation("cases.handed_in", _("This was handed in already, or it is over. Look at its page."))
    if case.type.definition.applicants.verified and verified_name(actor.person_id) is None:
        raise RuleViolation(
            "cases.not_verified",
            _(
                "This has to be handed in under a verified name. Verify your identity first; what you filled in waits here."
            ),
        )
    # No autosave slips in between: whoever waits for these rows finds another revision and looks again.
    list(Draft.objects.filter(case=case).select_for_update().order_by("section"))
    checked = check_case(actor=actor, case=case)
    if checked.wrong:
        raise NotComplete(checked)
    judged = findings(case, checked.answers)
    refused = [one for one in judged if one.refuses]
    if refused:
        raise RuleViolation("cases.rule_broken", f"{refused[0].says} {refused[0].remedy}")
    first = case.round == 0
    pages = pages_of(case)
    handed = _handed(case, pages)
    code = _number(case) if first else ""
    case.findings = sum(one.verdict in OPEN_VERDICTS for one in judged)
    case.round += 1
    case.submitted_at = case.submitted_at or timezone.now()
    case.path = case.agency.path
    section, _dot, key = case.type.definition.named_by.partition(".")
    case.name = str(handed.get(section, {}).get(key, ""))[:200]
    case.save(update_fields=["number", "query_code_sha256", "round", "submitted_at", "path", "name", "findings"])
    canonical = json.dumps(handed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    Submission.objects.create(
        **wall_columns(case),
        path=case.path,
        round=case.round,
        data=handed,
        sha256=hashlib.sha256(canonical).digest(),
        by_person=actor.person_id,
        nonce=nonce,
    )
    numbers = numbers_in(handed)
    SealedText.objects.filter(case=case, pk__in=numbers).update(path=case.path)
    CaseFile.objects.filter(case=case, removed_at=None).update(path=case.path)
    Draft.objects.filter(case=case).update(revision=F("revision") + 1)
    Patch.objects.filter(case=case).delete()
    event = Event.SUBMITTED if first else Event.RESUBMITTED
    back = State.SUBMITTED if first or not Task.objects.filter(case=case).exists() else State.ACCEPTED
    append_status(actor=actor, case=case, event=event, state=back)
    clocks.stop_clocks(case, ClockKind.CORRECT)
    if first:
        clocks.start_clock(actor=actor, case=case, kind=ClockKind.ACCEPT, parameter=case.type.definition.limits.accept)
    else:
        clocks.resume(case)
    clocks.set_due(case)
    audit.record(
        actor=actor, event="cases.case.handed_in", subject=case, case_id=case.pk, details={"round": case.round}
    )
    _tell(actor, case)
    return case, code


def _number(case: Case) -> str:
    """Give a number, and a code to look the case up without an account."""
    case.number = ids.next_number(case.type.definition.prefix, today().year)
    code = "".join(secrets.choice(ids.ALPHABET) for _ in range(12))
    case.query_code_sha256 = query_code_hash(code)
    return code


def query_code_hash(code: str) -> bytes:
    """What is kept of a code: it has sixty random bits of its own, so that a plain hash tells nothing."""
    return hashlib.sha256(f"cases.query:{code.strip().upper().replace('-', '')}".encode()).digest()


def applicants_of(case: Case) -> list[int]:
    """Who is told about a case: the person, or those of the organization who may apply, and who began it."""
    if case.person_id is not None:
        return [case.person_id]
    return sorted({*people_with(case.org_id or 0, APPLY)})


def _tell(actor: Actor, case: Case) -> None:
    number = case.number or ""
    for person in applicants_of(case):
        notify(
            actor=actor,
            person_id=person,
            kind=CASE_SUBMITTED.code,
            params={"number": number},
            key=f"cases.submitted:{case.pk}:{case.round}",
            org_id=case.org_id,
            url_name="cases:case",
            url_args=[case.public_id],
        )
    for person in officers_of(case.agency, "cases.review"):
        notify(
            actor=actor,
            person_id=person,
            kind=CASE_WAITS.code,
            params={"number": number},
            key=f"cases.waits:{case.pk}:{case.round}",
            url_name="cases:review",
            url_args=[case.public_id],
        )


@transaction.atomic
def withdraw_case(*, actor: Actor, case: Case, reason: str = "") -> Case:
    """Take a case back: a draft ends quietly, what was handed in ends with a status. Raises `NotAllowed`, `RuleViolation`."""
    case = (
        Case.objects.visible_to(actor).select_for_update(of=("self",)).select_related("type", "agency").get(pk=case.pk)
    )
    if not policies.can_write(actor, case):
        raise NotAllowed(APPLY)
    if case.state in CLOSED:
        raise RuleViolation("cases.over", _("This is over already."))
    words = write_words(case, "status", reason[:2000])
    append_status(actor=actor, case=case, event=Event.WITHDRAWN, state=State.WITHDRAWN, words=words)
    clocks.measure(case)
    clocks.stop_clocks(case, *ClockKind)
    clocks.set_due(case)
    Task.objects.filter(case=case, done_at=None).update(done_at=timezone.now())
    audit.record(actor=actor, event="cases.case.withdrawn", subject=case, case_id=case.pk)
    return case
