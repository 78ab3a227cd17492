"""What applicants say of a service once their case is over (好差评), and what the office answers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.cases import policies
from gongzhi.cases.actions.drafts import write_words
from gongzhi.cases.enums import APPLY, CLOSED, REVIEW, Grade, State, TripReason
from gongzhi.cases.models import Case, Rating, Tally, wall_columns
from gongzhi.cases.notifications import RATING_ANSWERED, RATING_BAD
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import local, today
from gongzhi.notify.actions import notify
from gongzhi.orgs.selectors import officers_of
from gongzhi.reference import calendar
from gongzhi.rulebook import selectors as rulebook

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "rate_case": "It is the applicant's opinion; its sum is public.",
    "answer_rating": "It is between the applicant and the office.",
}

LONGEST = 1000
MOST_TRIPS = 99


def _tally(rating: Rating, case: Case) -> Tally:
    """The sum the rating belongs to, locked."""
    key = {"code": case.type.code, "agency_id": case.agency_id, "year": local(rating.at).year}
    Tally.objects.bulk_create([Tally(**key)], ignore_conflicts=True)
    return Tally.objects.select_for_update(of=("self",)).get(**key)


@transaction.atomic
def rate_case(
    *, actor: Actor, case: Case, grade: int, trips: int, trip_reasons: Sequence[str] = (), words: str = ""
) -> Rating:
    """Say how a closed case went, once. A bad grade goes to the office, with a last day to answer.

    Raises `NotAllowed` for anybody but the applicant, `RuleViolation` while the case runs, for one that was taken back, a
    second time, or a grade, a number of trips or a reason there is not.
    """
    case = (
        Case.objects.visible_to(actor).select_for_update(of=("self",)).select_related("type", "agency").get(pk=case.pk)
    )
    if not policies.can_write(actor, case) or actor.person_id is None:
        raise NotAllowed(APPLY, about=case)
    if case.state not in CLOSED or case.state == State.WITHDRAWN:
        raise RuleViolation("cases.not_over", _("You can rate this once it is over."))
    if Rating.objects.filter(case=case).exists():
        raise RuleViolation("cases.rated", _("You have rated this already."))
    if grade not in Grade.values:
        raise RuleViolation("cases.no_grade", _("Choose a grade."), field="grade")
    if not 0 <= trips <= MOST_TRIPS:
        raise RuleViolation("cases.no_trips", _("Enter a number from 0 to 99."), field="trips")
    if not set(trip_reasons) <= set(TripReason.values):
        raise RuleViolation("cases.no_trip_reason", _("Choose why you had to come."), field="trip_reasons")
    rating = Rating(
        **wall_columns(case),
        path=case.path,
        grade=grade,
        trips=trips,
        trip_reasons=sorted(set(trip_reasons)) if trips else [],
        words=write_words(case, "rating", words[:LONGEST]),
        by_person=actor.person_id,
    )
    if rating.is_bad:
        stated = rulebook.parameter("rating.answer_days", path=case.path)
        deadline = calendar.add_working_days(today(), int(stated.number))
        rating.answer_by, rating.answer_settled = deadline.date, deadline.settled
    rating.save(force_insert=True)
    tally = _tally(rating, case)
    tally.rated += 1
    tally.grades[str(grade)] = tally.grades.get(str(grade), 0) + 1
    tally.trips += trips
    tally.promised_trips += case.type.definition.guide.visits
    for reason in rating.trip_reasons:
        tally.reasons[reason] = tally.reasons.get(reason, 0) + 1
    tally.bad += rating.is_bad
    tally.save()
    audit.record(
        actor=actor, event="cases.case.rated", subject=rating, case_id=case.pk, details={"grade": grade, "trips": trips}
    )
    if rating.is_bad:
        for person in officers_of(case.agency, REVIEW):
            notify(
                actor=actor,
                person_id=person,
                kind=RATING_BAD.code,
                params={"number": case.number or ""},
                key=f"cases.rating:{rating.pk}",
                url_name="cases:rating_answer",
                url_args=[str(rating.pk)],
            )
    return rating


@transaction.atomic
def answer_rating(*, actor: Actor, rating: Rating, words: str) -> Rating:
    """Answer a bad rating, once; the applicant reads it. Raises `NotAllowed` outside the office, `RuleViolation`."""
    rating = Rating.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=rating.pk)
    case = Case.objects.select_related("type", "agency").get(pk=rating.case_id)
    if not (actor.may(REVIEW) and actor.agency_id == case.agency_id):
        raise NotAllowed(REVIEW, about=case)
    if not rating.is_bad:
        raise RuleViolation("cases.no_answer_needed", _("Only a bad rating is answered."))
    if rating.answered_at is not None:
        raise RuleViolation("cases.answered", _("This was answered already."))
    if not words.strip():
        raise RuleViolation("cases.no_answer", _("Write what you found out and what you do about it."), field="words")
    rating.answer = write_words(case, "rating", words[:LONGEST])
    rating.answered_at, rating.answered_by = timezone.now(), actor.person_id
    rating.save(update_fields=["answer", "answered_at", "answered_by"])
    tally = _tally(rating, case)
    tally.answered += 1
    tally.answered_in_time += rating.answer_by is None or today() <= rating.answer_by
    tally.save(update_fields=["answered", "answered_in_time"])
    audit.record(actor=actor, event="cases.rating.answered", subject=rating, case_id=case.pk)
    notify(
        actor=actor,
        person_id=rating.by_person,
        kind=RATING_ANSWERED.code,
        params={"number": case.number or ""},
        key=f"cases.rating_answered:{rating.pk}",
        org_id=case.org_id,
        url_name="cases:case",
        url_args=[case.public_id],
    )
    return rating
