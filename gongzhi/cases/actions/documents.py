"""Documents of a case: written in the transaction of the step they tell, numbered without a gap, delivered once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.selectors import masked_names, verified_name
from gongzhi.audit import actions as audit
from gongzhi.audit.looks import reveal
from gongzhi.cases import clocks, policies, wording
from gongzhi.cases.actions.drafts import seal_words
from gongzhi.cases.definitions import Text
from gongzhi.cases.enums import APPLY, DOCUMENTS_OF, REVIEW, ClockKind, Delivery, DocumentKind, Event
from gongzhi.cases.models import Case, Document, wall_columns
from gongzhi.core import ids
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import local, today
from gongzhi.rulebook import selectors as rulebook
from gongzhi.rulebook.enums import TO_BE_VERIFIED
from gongzhi.rulebook.models import Parameter

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "issue_document": "It is between the applicant and the office; an effect is sealed by the register.",
    "confirm_receipt": "It is between the applicant and the office.",
    "record_delivery": "It is between the applicant and the office.",
}

LONGEST_NOTE: Final = 300
#: Letters of the series a kind is counted in; the number of the agency follows.
SERIES: Final[Mapping[str, str]] = {
    DocumentKind.ACCEPTANCE: "acc",
    DocumentKind.CORRECTION: "cor",
    DocumentKind.NOT_ACCEPTED: "not",
    DocumentKind.APPROVAL: "app",
    DocumentKind.REFUSAL: "ref",
    DocumentKind.FILING_RECEIPT: "fil",
    DocumentKind.DELIVERY: "del",
}
RECONSIDERATION, LAWSUIT = "licence.reconsideration_days", "licence.lawsuit_months"
#: Documents against which one can defend oneself.
ADVERSE: Final = frozenset({DocumentKind.NOT_ACCEPTED, DocumentKind.REFUSAL})
#: Whose ground is the article about accepting.
AT_THE_DOOR: Final = frozenset({DocumentKind.ACCEPTANCE, DocumentKind.CORRECTION, DocumentKind.NOT_ACCEPTED})


def issue_document(
    *,
    actor: Actor,
    case: Case,
    event: Event,
    reason: str = "",
    faults: Mapping[str, str] | None = None,
    result: Text | None = None,
    reference: str = "",
    on_duty: str = "",
) -> Document | None:
    """Write the document a status yields, if the service yields one. The caller has locked the case and set its clocks.

    `faults` is by question, `result` what the decision says, `reference` the number its effect gave.
    """
    definition = case.type.definition
    stated = definition.document(DOCUMENTS_OF.get(event, ()))
    if stated is None:
        return None
    times = _remedies(case) if stated.kind in ADVERSE else {}
    return _write(
        actor=actor,
        case=case,
        kind=stated.kind,
        title=wording.both(stated.title) if stated.title is not None else None,
        grounds=_grounds(case, stated.kind),
        limit=_limit(case, stated.kind),
        faults=[(_question(case, place), said) for place, said in (faults or {}).items()],
        reason=reason.strip(),
        result=wording.both(result) if result is not None else None,
        reference=reference,
        on_duty=on_duty,
        **times,
    )


def _write(*, actor: Actor, case: Case, kind: DocumentKind, about: Document | None = None, **said: Any) -> Document:
    day = today()
    serial = ids.next_in_series(f"{SERIES[kind]}.{case.agency_id}", day.year)
    number = wording.number_of(kind, office=case.agency.name, year=day.year, serial=serial)
    facts = wording.Facts(
        kind=kind,
        nature=case.type.definition.nature,
        number=number,
        on=day.isoformat(),
        office=case.agency.name,
        to=addressee(case),
        case=case.number or "",
        service=wording.both(case.type.definition.title),
        handed_in_on=(local(case.submitted_at).date() if case.submitted_at else day).isoformat(),
        subject=case.name,
        round=case.round,
        **said,
    )
    words = seal_words(case, "document", wording.write(facts).as_json())
    return Document.objects.create(
        **wall_columns(case),
        path=case.path,
        kind=kind,
        agency_id=case.agency_id,
        year=day.year,
        serial=serial,
        number=number,
        template=wording.TEMPLATE,
        words=words,
        about=about,
        on=day,
        by=audit.acting_for(actor) or (f"process:{actor.process}" if actor.process else "person"),
        by_person=actor.person_id,
    )


def addressee(case: Case) -> str:
    """Whom a document is addressed to: the organization, or the person by their verified name, else as lists show it."""
    if case.org is not None:
        return case.org.name
    person = case.person_id or 0
    return verified_name(person) or masked_names([person]).get(person, "")


def _question(case: Case, place: str) -> wording.Both:
    field = case.type.definition.field(".".join(place.split(".")[:2]))
    return wording.both(field.label) if field is not None else {"zh": place, "en": place}


def _grounds(case: Case, kind: DocumentKind) -> list[wording.Ground]:
    definition = case.type.definition
    if kind in AT_THE_DOOR and definition.limits.accept is not None:
        stated = rulebook.parameter(definition.limits.accept, path=case.path)
        return [wording.Ground(stated.article, stated.evidence in TO_BE_VERIFIED)]
    return [wording.Ground(f"{one.law}{one.article}", one.evidence in TO_BE_VERIFIED) for one in definition.guide.basis]


def _limit(case: Case, kind: DocumentKind) -> wording.Time | None:
    """The time a document tells: to decide, or to complete."""
    wanted = {
        DocumentKind.ACCEPTANCE: (ClockKind.DECIDE, ClockKind.PROMISED),
        DocumentKind.CORRECTION: (ClockKind.CORRECT,),
    }.get(kind, ())
    running = {one.clock.kind: one for one in clocks.limits_of(case)} if wanted else {}
    found = next((running[one] for one in wanted if one in running), None)
    if found is None:
        return None
    until = found.due.date.isoformat() if found.due is not None and found.due.settled else ""
    return wording.Time(found.clock.days, found.clock.unit, until)


def _time(stated: Parameter) -> wording.Time:
    return wording.Time(int(stated.number), stated.unit)


def _remedies(case: Case) -> dict[str, Any]:
    found = rulebook.values([RECONSIDERATION, LAWSUIT], path=case.path)
    return {
        "reconsideration": _time(found[RECONSIDERATION]),
        "lawsuit": _time(found[LAWSUIT]),
        "remedies_unverified": any(one.evidence in TO_BE_VERIFIED for one in found.values()),
    }


# --- delivery ---


def _locked(actor: Actor, document: Document) -> tuple[Case, Document]:
    rows = Case.objects.visible_to(actor).select_for_update(of=("self",)).select_related("type", "agency", "org")
    case = rows.get(pk=document.case_id)
    return case, Document.objects.select_related("agency").get(pk=document.pk, case=case)


def _deliver(
    actor: Actor, case: Case, document: Document, how: Delivery, on: dt.date, *, by: str, note: str = ""
) -> Document:
    told = Document.objects.filter(about=document).first()
    if told is not None:
        return told
    paper = wording.read_paper(reveal(actor, document.words, "text_sealed", purpose="cases.deliver", own=True))
    delivered = {key: f"{words.title} {words.number}" for key, words in paper.words.items()}
    receipt = _write(
        actor=actor,
        case=case,
        kind=DocumentKind.DELIVERY,
        about=document,
        delivered=delivered,
        how=how,
        delivered_on=on.isoformat(),
        received_by=by,
        note=note.strip(),
    )
    audit.record(
        actor=actor,
        event="cases.document.delivered",
        subject=document,
        case_id=case.pk,
        details={"receipt": receipt.pk, "how": str(how)},
    )
    return receipt


@transaction.atomic
def confirm_receipt(*, actor: Actor, document: Document) -> Document:
    """Receive a document by opening it: from then on it counts as delivered, and the receipt says when.

    Receiving it again is the same receipt. Raises `NotAllowed` for who may not act for the applicant, `RuleViolation` for
    a receipt itself.
    """
    case, document = _locked(actor, document)
    if not policies.can_write(actor, case):
        raise NotAllowed(APPLY, about=case)
    if document.kind == DocumentKind.DELIVERY:
        raise RuleViolation("cases.not_delivered", _("A receipt is not delivered itself."))
    person = actor.person_id or 0
    name = verified_name(person) or masked_names([person]).get(person, "")
    return _deliver(actor, case, document, Delivery.ELECTRONIC, today(), by=name)


@transaction.atomic
def record_delivery(
    *, actor: Actor, document: Document, how: Delivery, on: dt.date, by: str = "", note: str = ""
) -> Document:
    """Write down that a document was handed over or posted, on a day. What was delivered before stays as it was.

    Raises `NotAllowed`, `RuleViolation` for a day before the document or in the future, a way only the applicant can
    take, or a handing over to nobody.
    """
    case, document = _locked(actor, document)
    if not policies.can_deliver(actor, case):
        raise NotAllowed(REVIEW, about=case)
    if document.kind == DocumentKind.DELIVERY or how not in {Delivery.IN_PERSON, Delivery.POST}:
        raise RuleViolation("cases.no_way", _("Choose how it was delivered."), field="how")
    if not document.on <= on <= today():
        raise RuleViolation("cases.wrong_day", _("Enter a day from the day of the document to today."), field="on")
    if how == Delivery.IN_PERSON and not by.strip():
        raise RuleViolation("cases.no_receiver", _("Enter who received it."), field="by")
    if Document.objects.filter(about=document).exists():
        raise RuleViolation("cases.delivered", _("This document was delivered already. Its receipt says when."))
    return _deliver(actor, case, document, how, on, by=by.strip()[:120], note=note[:LONGEST_NOTE])
