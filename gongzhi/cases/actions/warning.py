"""Before and after a day passes: officers are warned before silence accepts, and what is overdue goes to the head."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from gongzhi.audit import actions as audit
from gongzhi.cases.actions.drafts import append_status
from gongzhi.cases.actions.handling import lock
from gongzhi.cases.clocks import Stillness, last_day, limits_of
from gongzhi.cases.enums import DECIDE, REVIEW, ClockKind, Event, Nature, State
from gongzhi.cases.models import Case, Pause, Status
from gongzhi.cases.notifications import CASE_OVERDUE, SILENCE_NEAR
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.errors import NotAllowed
from gongzhi.core.times import local, today
from gongzhi.notify.actions import notify
from gongzhi.orgs.enums import KEEP_STAFF
from gongzhi.orgs.models import Agency, Cover
from gongzhi.orgs.selectors import lines_above, officers_of
from gongzhi.reference import calendar
from gongzhi.reference.calendar import Calendar
from gongzhi.rulebook import selectors as rulebook

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "warn_officers": "It is the office's own order of work.",
    "escalate_overdue": "It is between the applicant and the office.",
    "on_duty": "It changes nothing.",
    "heads_of": "It changes nothing.",
}

#: Working days after receipt on which whoever works on a licence application is warned.
WARN_DAYS = ("licence.warn_first_days", "licence.warn_second_days")
#: Cases looked at at once.
BATCH = 500


def _judged_on(actor: Actor, at: dt.datetime | None) -> dt.date:
    if actor.kind is not ActorKind.PROCESS:
        raise NotAllowed("cases.watch")
    return local(at).date() if at is not None else today()


def on_duty(case: Case, day: dt.date) -> list[int]:
    """Who works on a case and who stands in for them that day; of a case nobody took, every officer of its office."""
    if case.assignee is None:
        return officers_of(case.agency, REVIEW)
    covers = Cover.objects.living(day).filter(agency_id=case.agency_id, absent_id=case.assignee)
    return sorted({case.assignee, *covers.values_list("deputy_id", flat=True)})


def heads_of(agency: Agency) -> list[int]:
    """The head of an office; without one that of the nearest above of its kind, else those of the office who decide."""
    above = Agency.objects.filter(kind=agency.kind, path__in=lines_above(agency.path)).exclude(pk=agency.pk)
    for one in (agency, *sorted(above, key=lambda each: -len(each.path))):
        found = officers_of(one, KEEP_STAFF)
        if found:
            return found
    return officers_of(agency, DECIDE)


def warn_officers(*, actor: Actor, at: dt.datetime | None = None) -> int:
    """Warn whoever works on a licence application that was not answered, and their deputy, on the days of the rulebook.

    The same warning is left once. How many notices were left. Raises `NotAllowed` for anybody but the platform.
    """
    day, days, left = _judged_on(actor, at), calendar.load(), 0
    waiting = Case.objects.visible_to(actor).filter(
        state=State.SUBMITTED, due_on__gte=day, type__body__nature=str(Nature.LICENCE)
    )
    for case in _every(waiting):
        left += _warn(actor, case, day, days)
    return left


def _every(rows: QuerySet[Case]) -> list[Case]:
    """All rows, read in batches, so that none is left out and none read twice."""
    found: list[Case] = []
    after = 0
    while batch := list(rows.select_related("type", "agency").filter(pk__gt=after).order_by("pk")[:BATCH]):
        found.extend(batch)
        after = batch[-1].pk
    return found


@transaction.atomic
def _warn(actor: Actor, case: Case, day: dt.date, days: Calendar) -> int:
    limit = next((one for one in limits_of(case, days=days) if one.clock.kind == ClockKind.ACCEPT), None)
    if limit is None or limit.due is None:
        return 0
    still = [Stillness(one.from_on, one.until_on) for one in Pause.objects.filter(case=case)]
    for number, code in reversed(list(enumerate(WARN_DAYS, 1))):
        stated = rulebook.parameter(code, path=case.path, on=limit.clock.started_on)
        on = last_day(days, start=limit.clock.started_on, count=int(stated.number), unit=stated.unit, still=still)
        if on is not None and on.date <= day:
            return sum(
                notify(
                    actor=actor,
                    person_id=person,
                    kind=SILENCE_NEAR.code,
                    params={"number": case.number or "", "day": limit.due.date.isoformat()},
                    key=f"{SILENCE_NEAR.code}:{case.pk}:{case.round}:{number}",
                    url_name="cases:review",
                    url_args=[case.public_id],
                )
                for person in on_duty(case, day)
            )
    return 0


def escalate_overdue(*, actor: Actor, at: dt.datetime | None = None) -> int:
    """Tell the head of the office of every case whose day has certainly passed, once for that day; both sides see it.

    How many cases. Each is a transaction of its own. Raises `NotAllowed` for anybody but the platform.
    """
    day = _judged_on(actor, at)
    told = Status.objects.filter(case=OuterRef("pk"), event=Event.ESCALATED, at__date__gt=OuterRef("due_on"))
    late = Case.objects.visible_to(actor).overdue(day).annotate(told=Exists(told)).filter(told=False)
    return sum(_escalate(actor, case, day) for case in _every(late))


@transaction.atomic
def _escalate(actor: Actor, case: Case, day: dt.date) -> bool:
    case = lock(actor=actor, case=case)
    again = Status.objects.filter(case=case, event=Event.ESCALATED, at__date__gt=F("case__due_on")).exists()
    if again or not Case.objects.filter(pk=case.pk).overdue(day).exists():
        return False
    append_status(actor=actor, case=case, event=Event.ESCALATED, state=State(case.state), office=case.agency.name)
    heads = heads_of(case.agency)
    audit.record(actor=actor, event="cases.case.escalated", subject=case, case_id=case.pk, details={"told": len(heads)})
    for person in heads:
        notify(
            actor=actor,
            person_id=person,
            kind=CASE_OVERDUE.code,
            params={"number": case.number or ""},
            key=f"{CASE_OVERDUE.code}:{case.pk}:{case.due_on}",
            url_name="cases:review",
            url_args=[case.public_id],
        )
    return True
