"""What the clock does by itself: silence accepts a licence application, what is not completed in time lapses, and the time
for objections ends."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.cases import clocks
from gongzhi.cases.actions.drafts import append_status, write_words
from gongzhi.cases.actions.handling import accept, close, lock, open_next_step, tell
from gongzhi.cases.clocks import limits_of
from gongzhi.cases.enums import ClockKind, Event, Nature, State
from gongzhi.cases.models import Case, Task
from gongzhi.cases.notifications import CASE_ACCEPTED, CASE_LAPSED
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.errors import NotAllowed
from gongzhi.core.times import local, today
from gongzhi.reference import calendar
from gongzhi.reference.calendar import Calendar
from gongzhi.rulebook import selectors as rulebook

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "watch_clocks": "It is between the applicant and the office.",
    "accept_by_silence": "It is between the applicant and the office.",
    "let_lapse": "It is between the applicant and the office.",
    "end_publicity": "It is between the applicant and the office.",
}

#: Cases looked at in one run; the next run takes the rest.
MOST = 2000


def watch_clocks(*, actor: Actor, at: dt.datetime | None = None) -> int:
    """Accept by silence and let lapse whatever has run out before the day of `at` (today if None). How many cases changed.

    Each case is a transaction of its own, so that one that cannot be moved keeps no other. Raises `NotAllowed` for
    anybody but the platform.
    """
    if actor.kind is not ActorKind.PROCESS:
        raise NotAllowed("cases.watch")
    day = local(at).date() if at is not None else today()
    days = calendar.load()
    waiting = Case.objects.visible_to(actor).filter(
        state__in=[State.SUBMITTED, State.CORRECTION, State.PUBLICITY], due_on__lt=day
    )
    changed = 0
    for case in waiting.filter(due_settled=True).select_related("type").order_by("pk")[:MOST]:
        if case.state == State.CORRECTION:
            changed += let_lapse(actor=actor, case=case, day=day, days=days)
        elif case.state == State.PUBLICITY:
            changed += end_publicity(actor=actor, case=case, day=day, days=days)
        elif case.type.definition.nature is Nature.LICENCE:
            changed += accept_by_silence(actor=actor, case=case, day=day, days=days)
    return changed


def _is_over(case: Case, kind: ClockKind, day: dt.date, days: Calendar) -> bool:
    """Whether this limit of the case has certainly run out before a day."""
    found = next((one for one in limits_of(case, days=days) if one.clock.kind == kind), None)
    return found is not None and found.due is not None and found.due.is_over(day)


@transaction.atomic
def accept_by_silence(*, actor: Actor, case: Case, day: dt.date, days: Calendar) -> bool:
    """A licence application that nobody answered in time is accepted from then on (行政许可法 Art 32). Whether it was.

    The status names the article and who was on duty: who had taken the case, or the office.
    """
    case = lock(actor=actor, case=case)
    if case.state != State.SUBMITTED or not _is_over(case, ClockKind.ACCEPT, day, days):
        return False
    code = case.type.definition.limits.accept
    stated = rulebook.parameter(code, path=case.path) if code else None
    article = f"{stated.source} {stated.article}".strip() if stated else ""
    words = _("No answer within the time of the law, so it counts as accepted: %(article)s. On duty: %(office)s.") % {
        "article": article,
        "office": case.agency.name,
    }
    accept(
        actor=actor,
        case=case,
        event=Event.SILENCE,
        words=write_words(case, "status", str(words)),
        on_duty=case.agency.name,
    )
    audit.record(
        actor=actor,
        event="cases.case.accepted_by_silence",
        subject=case,
        case_id=case.pk,
        details={"on_duty": case.assignee or 0, "agency": case.agency_id},
    )
    tell(actor=actor, case=case, kind=CASE_ACCEPTED, occasion=str(case.round))
    return True


@transaction.atomic
def let_lapse(*, actor: Actor, case: Case, day: dt.date, days: Calendar) -> bool:
    """An application that was not completed in time ends; what was filled in is kept. Whether it ended."""
    case = lock(actor=actor, case=case)
    if case.state != State.CORRECTION or not _is_over(case, ClockKind.CORRECT, day, days):
        return False
    append_status(actor=actor, case=case, event=Event.LAPSED, state=State.LAPSED)
    close(case)
    audit.record(actor=actor, event="cases.case.lapsed", subject=case, case_id=case.pk)
    tell(actor=actor, case=case, kind=CASE_LAPSED, occasion=str(case.round))
    return True


@transaction.atomic
def end_publicity(*, actor: Actor, case: Case, day: dt.date, days: Calendar) -> bool:
    """The time for objections is over: the limits of the office run on, and the next step waits. Whether it was over."""
    case = lock(actor=actor, case=case)
    if case.state != State.PUBLICITY or not _is_over(case, ClockKind.PUBLICITY, day, days):
        return False
    append_status(actor=actor, case=case, event=Event.PUBLICITY_OVER, state=State.ACCEPTED)
    clocks.stop_clocks(case, ClockKind.PUBLICITY)
    clocks.resume(case)
    Task.objects.filter(case=case, step=case.step, done_at=None).update(done_at=timezone.now())
    open_next_step(actor=actor, case=case)
    clocks.set_due(case)
    audit.record(actor=actor, event="cases.publicity.ended", subject=case, case_id=case.pk)
    return True
