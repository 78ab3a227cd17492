""" "Why did you look?": asked by whose data they are, answered by the office that looked, late in sight of both."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.audit.models import Look
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify import actions as notify
from gongzhi.orgs.enums import AgencyKind
from gongzhi.orgs.models import Agency, Appointment, Organization
from gongzhi.orgs.roles import ROLES
from gongzhi.orgs.selectors import owners_of, people_with
from gongzhi.privacy import policies
from gongzhi.privacy.enums import ANSWER, QuestionState
from gongzhi.privacy.models import Question
from gongzhi.privacy.notifications import QUESTION_ANSWERED, QUESTION_ASKED, QUESTION_OVERDUE
from gongzhi.privacy.selectors import Owner, looks_at
from gongzhi.reference import calendar
from gongzhi.reference.calendar import Deadline
from gongzhi.rulebook.selectors import layers

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "ask_why": "It is about a person.",
    "answer_why": "It is about a person.",
    "tell_overdue": "It changes nothing; the day has passed by itself.",
}

LONGEST_TEXT: Final = 2000
#: More officials than this are not told of one question.
TOLD_AT_MOST: Final = 20


def working_days(code: str, *, path: str = "", org_id: int | None = None) -> Deadline:
    """The day by which something is due that is asked today: so many working days as the parameter says, or fewer where
    the division or the organization promises fewer."""
    return calendar.add_working_days(today(), layers.days_within(code, path=path, org_id=org_id))


def _answer_due(agency: Agency | None, to_org: int | None) -> Deadline:
    """By when an office or an organization that is asked today answers."""
    path = agency.path if agency else ""
    if to_org is not None:
        path = Organization.objects.filter(pk=to_org).values_list("path", flat=True).first() or ""
    return working_days("privacy.question_answer_days", path=path, org_id=to_org)


def holders(agency_id: int, permission: str) -> list[int]:
    """Who of an agency holds a permission today, for a notice."""
    roles = [role for role, definition in ROLES.items() if permission in definition.permissions]
    held = Appointment.objects.on(today()).filter(agency_id=agency_id, role__in=roles)
    return sorted(set(held.values_list("person_id", flat=True)))[:TOLD_AT_MOST]


def _asked(look: Look) -> tuple[Agency | None, int | None]:
    """The office to ask: the agency or organization that looked; for everything else the platform's operator."""
    kind, _colon, number = look.acting_for.partition(":")
    if kind == "org":
        return None, int(number)
    agency = Agency.objects.filter(pk=int(number)).first() if kind == "agency" else None
    agency = agency or Agency.objects.filter(kind=AgencyKind.OPERATOR).order_by("pk").first()
    if agency is None:
        raise RuleViolation("privacy.nobody_to_ask", _("There is no office to ask about this. Ask at any counter."))
    return agency, None


def _answerers(question: Question) -> list[int]:
    """Who can answer for the office that was asked: an agency, or an organization."""
    if question.agency_id is not None:
        return holders(question.agency_id, ANSWER)
    return people_with(question.to_org, ANSWER) if question.to_org is not None else []


def answer_due(look: Look) -> Deadline:
    """By when a question asked today about this look is answered."""
    return _answer_due(*_asked(look))


@transaction.atomic
def ask_why(*, actor: Actor, look_id: int, says: str = "") -> Question:
    """Ask the office that looked why it did. It has so many working days as `privacy.question_answer_days` says, or as it
    promises (`promise.question_days`).

    Raises `NotAllowed` for whoever acts for an agency, `Look.DoesNotExist` for a look at somebody else's data or one
    held back, `RuleViolation` when it was asked already or the text is too long.
    """
    if not policies.can_ask_why(actor):
        raise NotAllowed(ANSWER)
    look = looks_at(Owner.of(actor)).get(pk=look_id)
    if len(says) > LONGEST_TEXT:
        raise RuleViolation(
            "privacy.text_too_long",
            _("This is too long: at most %(most)s characters.") % {"most": LONGEST_TEXT},
            field="says",
        )
    agency, to_org = _asked(look)
    due = _answer_due(agency, to_org)
    try:
        with transaction.atomic():
            question = Question.objects.create(
                look_id=look.pk,
                look_at=look.at,
                person_id=actor.scope.person,
                org_id=actor.scope.org,
                agency=agency,
                to_org=to_org,
                path=agency.path if agency else "",
                says=says.strip(),
                due_on=due.date,
                due_settled=due.settled,
            )
    except IntegrityError as error:
        raise RuleViolation("privacy.asked_already", _("You have asked about this already.")) from error
    audit.record(actor=actor, event="privacy.question.asked", subject=question, details={"look": look.pk})
    for person_id in _answerers(question):
        notify.notify(
            actor=actor,
            person_id=person_id,
            kind=QUESTION_ASKED.code,
            params={"number": question.public_id, "day": due.date.isoformat()},
            key=f"privacy.question.asked.{question.pk}",
            org_id=to_org,
            url_name="privacy:question_answer" if agency else "privacy:desk_question",
            url_args=(question.public_id,),
        )
    return question


@transaction.atomic
def answer_why(*, actor: Actor, question: Question, answer: str) -> Question:
    """Answer why somebody of the office looked. Who asked is told and reads the answer beside the look.

    Raises `NotAllowed` for every other office, `RuleViolation` for an answered question and a missing answer.
    """
    question = Question.objects.select_for_update(of=("self",)).get(pk=question.pk)
    if not policies.can_answer(actor, question):
        raise NotAllowed(ANSWER)
    answer = answer.strip()
    if not answer or len(answer) > LONGEST_TEXT:
        raise RuleViolation(
            "privacy.answer_missing",
            _("Write the answer, at most %(most)s characters.") % {"most": LONGEST_TEXT},
            field="answer",
        )
    question.move_to(QuestionState.ANSWERED)
    question.answer, question.answered_at, question.answered_by_id = answer, timezone.now(), actor.person_id
    question.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    audit.record(actor=actor, event="privacy.question.answered", subject=question)
    told = [question.person_id] if question.person_id is not None else owners_of(question.org_id or 0)
    for person_id in told:
        notify.notify(
            actor=actor,
            person_id=person_id,
            kind=QUESTION_ANSWERED.code,
            params={"number": question.public_id},
            key=f"privacy.question.answered.{question.pk}",
            url_name="privacy:looked" if question.person_id is not None else "privacy:desk_looked",
        )
    return question


@transaction.atomic
def tell_overdue(*, actor: Actor, day: dt.date | None = None) -> int:
    """Tell both sides of every question whose day has passed. Once each: the notice's key sees to it. How many are late."""
    if not policies.can_run_clocks(actor):
        raise NotAllowed("privacy.tell_overdue")
    late = list(Question.objects.visible_to(actor).overdue(day or today()).order_by("pk"))
    for question in late:
        page = "privacy:question_list" if question.agency_id else "privacy:desk_questions"
        told = {question.person_id: "privacy:looked"} | dict.fromkeys(_answerers(question), page)
        for person_id, address in told.items():
            if person_id is not None:
                notify.notify(
                    actor=actor,
                    person_id=person_id,
                    kind=QUESTION_OVERDUE.code,
                    params={"number": question.public_id, "day": question.due_on.isoformat()},
                    key=f"privacy.question.overdue.{question.pk}",
                    url_name=address,
                )
    return len(late)
