"""What privacy answers for the list of what waits: questions, requests, emergency access, holds, lists and copies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.times import local
from gongzhi.core.waiting import Recent, Waiting, WaitingRows
from gongzhi.privacy.actions import expires_on
from gongzhi.privacy.enums import (
    ANSWER,
    DECIDE_REQUESTS,
    EXPORT_PEOPLE,
    HOLD,
    REVIEW_ACCESS,
    ExportState,
    RequestKind,
    RequestState,
)
from gongzhi.privacy.models import Export, Grant, Hold, Question, Request

#: How long a list of people can be taken, as its declared retention removes it on the eighth day.
LIST_KEPT = dt.timedelta(days=7)


class QuestionsWaiting(WaitingRows[Question]):
    """People who ask the office why it looked, and the day it has to have answered."""

    code = "privacy.question"
    label = _("Questions why we looked")
    order = ("due_on", "pk")

    def is_for(self, actor: Actor) -> bool:
        """Who answers for an agency or an organization."""
        return actor.kind in {ActorKind.AGENCY, ActorKind.ORGANIZATION} and actor.may(ANSWER)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Question]:
        """Those this office was asked; a higher one sees them and does not answer."""
        waiting = Question.objects.visible_to(actor).waiting()
        if actor.kind is ActorKind.ORGANIZATION:
            return waiting.filter(to_org=actor.org_id)
        return waiting.filter(agency_id=actor.agency_id or 0)

    def line(self, row: Question, actor: Actor, day: dt.date) -> Waiting:
        """By its number: who asks stands on its own page."""
        page = "privacy:desk_question" if actor.kind is ActorKind.ORGANIZATION else "privacy:question_answer"
        return Waiting(
            _("Say why we looked"),
            row.public_id,
            reverse(page, args=[row.public_id]),
            since=local(row.asked_at).date(),
            due_on=row.due_on,
            is_settled=row.due_settled,
            is_late=row.is_overdue(day),
        )

    def address(self, actor: Actor) -> str:
        """The questions of the office."""
        return reverse("privacy:desk_questions" if actor.kind is ActorKind.ORGANIZATION else "privacy:question_list")


class RequestsWaiting(WaitingRows[Request]):
    """What people ask about their own data, and the day of the decision. A copy is made by itself."""

    code = "privacy.request"
    label = _("Requests about own data")
    order = ("due_on", "pk")
    page = "privacy:request_list"

    def is_for(self, actor: Actor) -> bool:
        """The operator who decides."""
        return actor.kind is ActorKind.AGENCY and actor.may(DECIDE_REQUESTS)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Request]:
        """All but one's own."""
        waiting = Request.objects.visible_to(actor).waiting().defer("content_sealed", "says_sealed")
        return waiting.exclude(kind=RequestKind.COPY).exclude(person_id=actor.person_id or 0)

    def line(self, row: Request, actor: Actor, day: dt.date) -> Waiting:
        """What is asked, by its number."""
        return Waiting(
            row.get_kind_display(),
            row.public_id,
            reverse("privacy:request_decide", args=[row.public_id]),
            since=local(row.asked_at).date(),
            due_on=row.due_on,
            is_settled=row.due_settled,
            is_late=row.is_overdue(day),
        )


class AccessToJudge(WaitingRows[Grant]):
    """Emergency access nobody has judged yet."""

    code = "privacy.grant"
    label = _("Emergency access to judge")
    order = ("opened_at", "pk")
    page = "privacy:access_list"

    def is_for(self, actor: Actor) -> bool:
        """The security administrator."""
        return actor.kind is ActorKind.AGENCY and actor.may(REVIEW_ACCESS)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Grant]:
        """Others' only."""
        waiting = Grant.objects.visible_to(actor).to_review().select_related("agency")
        return waiting.exclude(official_id=actor.person_id)

    def line(self, row: Grant, actor: Actor, day: dt.date) -> Waiting:
        """By the agency that opened."""
        url = reverse("privacy:access_review", args=[row.public_id])
        return Waiting(_("Judge an emergency access"), row.agency.name, url, since=local(row.opened_at).date())


class HoldsToApprove(WaitingRows[Hold]):
    """Notices a colleague wants held back: a second official approves, or nothing is held."""

    code = "privacy.hold"
    label = _("Notices held back")
    order = ("until", "pk")
    page = "privacy:holds"

    def is_for(self, actor: Actor) -> bool:
        """Who may hold back notices."""
        return actor.kind is ActorKind.AGENCY and actor.may(HOLD)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Hold]:
        """Proposed by somebody else, while their term runs."""
        open_ones = Hold.objects.visible_to(actor).filter(
            approved_at__isnull=True, closed_at__isnull=True, until__gte=day
        )
        return open_ones.exclude(proposed_by_id=actor.person_id)

    def line(self, row: Hold, actor: Actor, day: dt.date) -> Waiting:
        """By the number of its file; due before its own last day."""
        url = reverse("privacy:holds")
        return Waiting(_("Approve that notices are held back"), row.matter, url, row.proposed_on, due_on=row.until)


class ListsToTake(WaitingRows[Export]):
    """Lists of people one asked for that are ready, until they are removed."""

    code = "privacy.export"
    label = _("Lists of people")
    order = ("made_at", "pk")
    page = "privacy:exports"

    def is_for(self, actor: Actor) -> bool:
        """Who may ask for them."""
        return actor.kind is ActorKind.AGENCY and actor.may(EXPORT_PEOPLE)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Export]:
        """One's own, for this agency."""
        ready = Export.objects.visible_to(actor).filter(state=ExportState.READY, made_at__isnull=False)
        return ready.filter(official_id=actor.person_id, agency_id=actor.agency_id or 0).defer("content_sealed")

    def line(self, row: Export, actor: Actor, day: dt.date) -> Waiting:
        """By its number, until the day it is removed."""
        made = local(row.made_at).date() if row.made_at else day
        url = reverse("privacy:exports")
        return Waiting(_("Take the list you asked for"), row.public_id, url, since=made, due_on=made + LIST_KEPT)


class CopyToTake(WaitingRows[Request]):
    """The copy of one's own data that is ready, until it is removed."""

    code = "privacy.copy"
    label = _("A copy of my data")
    order = ("decided_at", "pk")
    page = "privacy:own_data"

    def is_for(self, actor: Actor) -> bool:
        """Who acts for themself."""
        return actor.kind is ActorKind.PERSON

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Request]:
        """One's own that is still there."""
        own = Request.objects.visible_to(actor).filter(kind=RequestKind.COPY, state=RequestState.DONE)
        return own.exclude(content_sealed=b"").defer("content_sealed", "says_sealed")

    def line(self, row: Request, actor: Actor, day: dt.date) -> Waiting:
        """Until the last day it can be taken."""
        since = local(row.decided_at).date() if row.decided_at else None
        url = reverse("privacy:own_data")
        return Waiting(_("Take the copy of your data"), row.public_id, url, since=since, due_on=expires_on(row))


WAITING = (
    QuestionsWaiting(),
    RequestsWaiting(),
    AccessToJudge(),
    HoldsToApprove(),
    ListsToTake(),
    CopyToTake(),
)


class OwnQuestions:
    """What a person or an organization asked offices that had looked."""

    code = "privacy.question"

    def is_for(self, actor: Actor) -> bool:
        """Whose data were looked at."""
        return actor.kind in {ActorKind.PERSON, ActorKind.ORGANIZATION}

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = Question.objects.visible_to(actor).select_related("agency")
        if actor.kind is ActorKind.ORGANIZATION:
            rows = rows.filter(org_id=actor.org_id)
        url = reverse("privacy:desk_looked" if actor.kind is ActorKind.ORGANIZATION else "privacy:looked")
        return [
            Recent(
                _("Question why somebody looked"),
                one.agency.name if one.agency else one.public_id,
                url,
                one.asked_at,
                one.get_state_display(),
                None if one.answered_at else one.due_on,
            )
            for one in rows.order_by("-asked_at", "-pk")[:limit]
        ]


class OwnRequests:
    """What a person asked about their own data."""

    code = "privacy.request"

    def is_for(self, actor: Actor) -> bool:
        """Who acts for themself."""
        return actor.kind is ActorKind.PERSON

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = Request.objects.visible_to(actor).defer("content_sealed", "says_sealed").order_by("-asked_at", "-pk")
        return [
            Recent(
                one.get_kind_display(),
                one.public_id,
                reverse("privacy:own_data"),
                one.asked_at,
                one.get_state_display(),
                None if one.decided_at else one.due_on,
            )
            for one in rows[:limit]
        ]


RECENT = (OwnQuestions(), OwnRequests())
