"""Answers the platform knows before it asks (who somebody is, what the register says of their organization), and the
cases that wait for somebody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.selectors import verified_name
from gongzhi.cases.contracts import PrefillSource
from gongzhi.cases.enums import APPLY, AT_OFFICE, DECIDE, REVIEW, WRITABLE, State
from gongzhi.cases.models import Case, Message, Rating
from gongzhi.cases.threads import label_of, open_for
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.times import local
from gongzhi.core.waiting import Recent, Waiting, WaitingRows
from gongzhi.orgs.contracts import representative_of
from gongzhi.orgs.models import Organization


class VerifiedName:
    """The name in the document that verified the applicant."""

    name = "person.verified_name"

    def value(self, *, actor: Actor, org_id: int | None) -> str:
        """Only for a person's own case: an organization's handler is not its subject."""
        if org_id is not None or actor.person_id is None:
            return ""
        return verified_name(actor.person_id) or ""


@dataclass
class OwnOrganization:
    """One column of the organization that applies."""

    name: str
    column: str

    def value(self, *, actor: Actor, org_id: int | None) -> str:
        """Empty for a person's own case."""
        found = Organization.objects.filter(pk=org_id or 0).values_list(self.column, flat=True).first()
        return str(found or "")


class LegalRepresentative:
    """The legal representative the register states today."""

    name = "org.legal_representative"

    def value(self, *, actor: Actor, org_id: int | None) -> str:
        """Empty for a person's own case."""
        return representative_of(org_id) if org_id is not None else ""


SOURCES: tuple[PrefillSource, ...] = (
    VerifiedName(),
    OwnOrganization("org.name", "name"),
    OwnOrganization("org.credit_code", "credit_code"),
    OwnOrganization("org.kind", "kind"),
    LegalRepresentative(),
)


# --- what waits, and what was done lately ---


class CasesAtOffice(WaitingRows[Case]):
    """Cases the official's office works on: those nobody has taken, and the official's own."""

    code = "cases.case"
    label = _("Applications to handle")
    order = ("due_on", "pk")
    page = "cases:queue"

    def is_for(self, actor: Actor) -> bool:
        """Who examines or decides."""
        return actor.kind is ActorKind.AGENCY and (actor.may(REVIEW) or actor.may(DECIDE))

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Case]:
        """Those of the office, not those of its neighbours or of a colleague."""
        mine = Case.objects.visible_to(actor).at_office().filter(agency_id=actor.agency_id or 0)
        return mine.filter(Q(assignee__isnull=True) | Q(assignee=actor.person_id or 0)).select_related("type")

    def line(self, row: Case, actor: Actor, day: dt.date) -> Waiting:
        """The service and where the case stands; known by its number."""
        return Waiting(
            f"{row.type.definition.title} · {row.get_state_display()}",
            row.number or row.public_id,
            reverse("cases:review", args=[row.public_id]),
            since=local(row.state_since).date(),
            due_on=row.due_on,
            is_settled=row.due_settled,
            is_late=bool(row.due_on and row.due_settled and row.due_on < day),
        )


class CasesToWrite(WaitingRows[Case]):
    """Applications of one's own, or of the organization, that were sent back to be completed or never handed in."""

    code = "cases.own"
    label = _("Applications to complete")
    order = ("due_on", "pk")
    page = "cases:case_list"

    def is_for(self, actor: Actor) -> bool:
        """A person for themself; of an organization who may apply for it."""
        return actor.kind is ActorKind.PERSON or (actor.kind is ActorKind.ORGANIZATION and actor.may(APPLY))

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Case]:
        """Those that can be written."""
        return Case.objects.visible_to(actor).filter(state__in=WRITABLE).select_related("type")

    def line(self, row: Case, actor: Actor, day: dt.date) -> Waiting:
        """What was sent back has a day; a draft has none."""
        what = _("Complete your application") if row.state == State.CORRECTION else _("Finish and hand in")
        return Waiting(
            what,
            str(row.name or row.type.definition.title),
            reverse("cases:case", args=[row.public_id]),
            since=local(row.state_since).date(),
            due_on=row.due_on if row.state == State.CORRECTION else None,
            is_settled=row.due_settled,
            is_late=row.state == State.CORRECTION and bool(row.due_on and row.due_settled and row.due_on < day),
        )


class RatingsToAnswer(WaitingRows[Rating]):
    """Bad ratings of the office that nobody has answered."""

    code = "cases.rating"
    label = _("Bad ratings to answer")
    order = ("answer_by", "pk")
    page = "cases:rating_list"

    def is_for(self, actor: Actor) -> bool:
        """Who examines cases."""
        return actor.kind is ActorKind.AGENCY and actor.may(REVIEW)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Rating]:
        """Those of the office's own cases."""
        mine = Rating.objects.visible_to(actor).unanswered().filter(case__agency_id=actor.agency_id or 0)
        return mine.select_related("case__type")

    def line(self, row: Rating, actor: Actor, day: dt.date) -> Waiting:
        """The service, known by the number of the case."""
        return Waiting(
            f"{row.case.type.definition.title} · {row.get_grade_display()}",
            row.case.number or row.case.public_id,
            reverse("cases:rating_answer", args=[row.pk]),
            since=local(row.at).date(),
            due_on=row.answer_by,
            is_settled=row.answer_settled,
            is_late=bool(row.answer_by and row.answer_settled and row.answer_by < day),
        )


class QuestionsAtOffice(WaitingRows[Message]):
    """What applicants asked the official's office, also about drafts no official sees."""

    code = "cases.question"
    label = _("Questions about applications")
    order = ("due_on", "pk")
    page = "cases:asked"

    def is_for(self, actor: Actor) -> bool:
        """Who examines."""
        return actor.kind is ActorKind.AGENCY and actor.may(REVIEW)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Message]:
        """Those nobody has answered."""
        return open_for(actor)

    def line(self, row: Message, actor: Actor, day: dt.date) -> Waiting:
        """The service and the question of the form; due as the rulebook says."""
        return Waiting(
            _("Answer an applicant's question"),
            f"{row.type.definition.title} {label_of(row.type.definition, row.place)}".strip(),
            reverse("cases:asked_one", args=[row.public_id]),
            since=local(row.at).date(),
            due_on=row.due_on,
            is_settled=row.due_settled,
            is_late=bool(row.due_on and row.due_settled and row.due_on < day),
        )


class OfficeWrote(WaitingRows[Message]):
    """What an office answered or wrote, until the applicant says that they read it."""

    code = "cases.answer"
    label = _("Answers about your applications")
    order = ("at", "pk")
    page = "cases:case_list"

    def is_for(self, actor: Actor) -> bool:
        """Who may apply."""
        return actor.kind is ActorKind.PERSON or (actor.kind is ActorKind.ORGANIZATION and actor.may(APPLY))

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Message]:
        """Those not marked as read."""
        return Message.objects.visible_to(actor).unread().select_related("type", "case")

    def line(self, row: Message, actor: Actor, day: dt.date) -> Waiting:
        """The service and the office; it has no day."""
        return Waiting(
            _("Read what the office wrote"),
            f"{row.type.definition.title} · {row.office}",
            reverse("cases:talk", args=[row.case.public_id]),
            since=local(row.at).date(),
        )


WAITING = (CasesAtOffice(), CasesToWrite(), RatingsToAnswer(), QuestionsAtOffice(), OfficeWrote())


class OwnCases:
    """Applications a person or an organization handed in, and where they stand."""

    code = "cases.case"

    def is_for(self, actor: Actor) -> bool:
        """Who can apply."""
        return actor.kind in {ActorKind.PERSON, ActorKind.ORGANIZATION}

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = Case.objects.visible_to(actor).exclude(state=State.DRAFT).select_related("type").order_by("-pk")
        return [
            Recent(
                str(one.type.definition.title),
                one.number or one.public_id,
                reverse("cases:case", args=[one.public_id]),
                one.state_since,
                one.get_state_display(),
                one.due_on if one.state in AT_OFFICE else None,
            )
            for one in rows[:limit]
        ]


RECENT = (OwnCases(),)
