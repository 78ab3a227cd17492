"""What applicant and office write to each other about a case or one question of its form, and what the office notes.

An applicant may ask from the first word typed on, while no official sees the draft. A question has a day by which the
office answers; what the office writes waits with the applicant until they say that they read it.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.cases import clocks, policies
from gongzhi.cases.actions.handing_in import applicants_of
from gongzhi.cases.enums import APPLY, REVIEW, Side
from gongzhi.cases.models import Case, Message, Note, SealedText, wall_columns
from gongzhi.cases.notifications import OFFICE_WROTE, QUESTION_ASKED
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import seal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import Purpose
from gongzhi.notify.actions import notify
from gongzhi.orgs.models import Agency
from gongzhi.orgs.selectors import officers_of
from gongzhi.reference import calendar
from gongzhi.rulebook import selectors as rulebook

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "ask_office": "It is between the applicant and the office.",
    "answer_question": "It is between the applicant and the office.",
    "write_to_applicant": "It is between the applicant and the office.",
    "mark_read": "It is between the applicant and the office.",
    "add_note": "It is the office's own.",
    "case_of": "It changes nothing.",
}

ANSWER_TIME = "services.question_answer_days"
LONGEST = 4000
#: Questions of one case that may wait at once: more is a mistake or mischief.
MOST_OPEN = 20
#: Finds the case of a question about a draft, and tells both sides.
TALK = Actor.system("cases.talk")


def _text(text: str) -> str:
    text = text.strip()
    if not text:
        raise RuleViolation("cases.no_words", _("Write what you want to say."), field="text")
    if len(text) > LONGEST:
        raise RuleViolation(
            "cases.too_long",
            _("This is longer than %(most)s characters. Shorten it, or add a file.") % {"most": LONGEST},
            field="text",
        )
    return text


def _place(case: Case, place: str) -> str:
    if place and case.type.definition.field(place) is None:
        raise RuleViolation("cases.no_such_question", _("The form has no such question."), field="about")
    return place


def _write(
    actor: Actor,
    case: Case,
    side: Side,
    *,
    place: str,
    text: str,
    error: str = "",
    handed: UploadedFile[Any] | str | None = None,
    answers: Message | None = None,
    wants_answer: bool = False,
) -> Message:
    agency = answers.agency if answers else case.agency
    columns = wall_columns(case)
    upload = None
    if handed:
        owner = Owner(case.person_id, case.org_id) if side == Side.APPLICANT else Owner(path=agency.path)
        upload = files.take_in(actor=actor, handed=handed, purpose=Purpose.EVIDENCE, owner=owner)
    due = None
    if wants_answer:
        stated = rulebook.parameter(ANSWER_TIME, path=agency.path)
        due = clocks.last_day(calendar.load(), start=today(), count=int(stated.number), unit=stated.unit)
    pk = next_pk(SealedText)
    words = json.dumps({"text": text, "error": error}, ensure_ascii=False)
    kept = SealedText.objects.create(
        pk=pk,
        **columns,
        path=agency.path,
        place="message",
        text_sealed=seal(words, where="cases_sealed_text.text_sealed", pk=pk),
    )
    return Message.objects.create(
        **columns,
        path=agency.path,
        type=case.type,
        agency=agency,
        side=side,
        place=place,
        words=kept,
        upload_id=upload.pk if upload else None,
        answers=answers,
        wants_answer=wants_answer,
        by_person=actor.person_id or 0,
        office=actor.acting_for if side == Side.OFFICE else "",
        due_on=due.date if due else None,
        due_settled=due.settled if due else True,
    )


@transaction.atomic
def ask_office(
    *,
    actor: Actor,
    case: Case,
    text: str,
    place: str = "",
    error: str = "",
    handed: UploadedFile[Any] | str | None = None,
    wants_answer: bool = True,
) -> Message:
    """Write to the office about a case, or about one question of its form, also while it is a draft.

    `error` is what the page said was wrong there. With `wants_answer` the office has the time of the rulebook to answer.
    Raises `NotAllowed`, `RuleViolation` without words, for a question the form does not have, or with too many open ones.
    """
    case = (
        Case.objects.visible_to(actor).select_for_update(of=("self",)).select_related("type", "agency").get(pk=case.pk)
    )
    if not policies.can_ask(actor, case) or actor.person_id is None:
        raise NotAllowed(APPLY, about=case)
    text, place = _text(text), _place(case, place)
    if wants_answer and Message.objects.filter(case=case).open_questions().count() >= MOST_OPEN:
        raise RuleViolation(
            "cases.too_many_questions",
            _("%(most)s questions wait for an answer already. Wait for some of them first.") % {"most": MOST_OPEN},
        )
    message = _write(
        actor,
        case,
        Side.APPLICANT,
        place=place,
        text=text,
        error=error[:LONGEST],
        handed=handed,
        wants_answer=wants_answer,
    )
    Message.objects.filter(case=case).unread().update(closed_at=timezone.now())
    audit.record(
        actor=actor, event="cases.message.asked", subject=message, case_id=case.pk, details={"place": message.place}
    )
    for person in [case.assignee] if case.assignee else officers_of(case.agency, REVIEW):
        notify(
            actor=actor,
            person_id=person,
            kind=QUESTION_ASKED.code,
            params={"number": case.number or case.public_id},
            key=f"{QUESTION_ASKED.code}:{message.pk}",
            url_name="cases:asked_one",
            url_args=[message.public_id],
        )
    return message


def case_of(message: Message) -> Case:
    """The case of a message, also a draft that its office cannot see. For who may see the message. Changes nothing."""
    with acting(TALK):
        return Case.objects.select_related("type", "agency").get(pk=message.case_id)


@transaction.atomic
def answer_question(
    *, actor: Actor, question: Message, text: str, handed: UploadedFile[Any] | str | None = None
) -> Message:
    """Answer what an applicant asked; the first answer stops its time. Raises `NotAllowed`, `RuleViolation`."""
    rows = Message.objects.visible_to(actor).select_for_update(of=("self",)).select_related("agency")
    question = rows.get(pk=question.pk)
    if not policies.can_answer(actor, question):
        raise NotAllowed(REVIEW)
    if question.side != Side.APPLICANT:
        raise RuleViolation("cases.not_a_question", _("Only what an applicant wrote is answered."))
    case = case_of(question)
    message = _write(actor, case, Side.OFFICE, place=question.place, text=_text(text), handed=handed, answers=question)
    if question.closed_at is None:
        question.closed_at = timezone.now()
        question.save(update_fields=["closed_at"])
    audit.record(actor=actor, event="cases.message.answered", subject=message, case_id=case.pk)
    _tell_applicant(actor, case, message)
    return message


@transaction.atomic
def write_to_applicant(
    *, actor: Actor, case: Case, text: str, place: str = "", handed: UploadedFile[Any] | str | None = None
) -> Message:
    """Write to the applicant about a case that was handed in, or about one of its questions. It changes no time limit.

    What is missing is said by sending the case back. Raises `NotAllowed`, `RuleViolation`.
    """
    rows = Case.objects.visible_to(actor).select_for_update(of=("self",)).select_related("type", "agency")
    case = rows.get(pk=case.pk)
    if not policies.can_write_to_applicant(actor, case):
        raise NotAllowed(REVIEW, about=case)
    message = _write(actor, case, Side.OFFICE, place=_place(case, place), text=_text(text), handed=handed)
    audit.record(actor=actor, event="cases.message.written", subject=message, case_id=case.pk)
    _tell_applicant(actor, case, message)
    return message


def _tell_applicant(actor: Actor, case: Case, message: Message) -> None:
    for person in applicants_of(case):
        notify(
            actor=actor,
            person_id=person,
            kind=OFFICE_WROTE.code,
            params={"number": case.number or case.public_id},
            key=f"{OFFICE_WROTE.code}:{message.pk}",
            org_id=case.org_id,
            url_name="cases:talk",
            url_args=[case.public_id],
        )


@transaction.atomic
def mark_read(*, actor: Actor, case: Case) -> int:
    """The applicant has read what the office wrote; it waits no more. How many messages. Raises `NotAllowed`."""
    if not policies.can_ask(actor, case):
        raise NotAllowed(APPLY, about=case)
    read = Message.objects.visible_to(actor).filter(case=case).unread().update(closed_at=timezone.now())
    if read:
        audit.record(actor=actor, event="cases.message.read", subject=case, case_id=case.pk, details={"n": read})
    return read


@transaction.atomic
def add_note(*, actor: Actor, case: Case, text: str) -> Note:
    """Note something about a case for one's own office. The applicant never sees it, by no way.

    Raises `NotAllowed`, `RuleViolation` without words.
    """
    if not policies.can_note(actor, case) or actor.agency_id is None:
        raise NotAllowed(REVIEW, about=case)
    pk = next_pk(Note)
    note = Note.objects.create(
        pk=pk,
        case=case,
        path=case.path,
        agency=Agency.objects.get(pk=actor.agency_id),
        office=actor.acting_for,
        text_sealed=seal(_text(text), where="cases_note.text_sealed", pk=pk),
        by_person=actor.person_id or 0,
    )
    audit.record(actor=actor, event="cases.note.added", subject=note, case_id=case.pk)
    return note
