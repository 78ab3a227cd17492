"""Who stands in for an official on leave."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify.actions import notify
from gongzhi.orgs import policies
from gongzhi.orgs.enums import FROM_ABOVE
from gongzhi.orgs.models import Agency, Appointment, Cover
from gongzhi.orgs.notifications import COVER_ENDED, COVER_GIVEN

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "give_cover": "It is about a person.",
    "end_cover": "It is about a person.",
}

#: The longest leave one cover is for; another can follow it.
COVERED_FOR = dt.timedelta(days=92)
#: How far ahead a leave can be planned.
PLANNED_FOR = dt.timedelta(days=366)


def _check_days(since: dt.date, until: dt.date) -> None:
    if not today() <= since <= today() + PLANNED_FOR:
        raise RuleViolation("orgs.cover_begins", _("It begins today or later, within a year."), field="since")
    if not since <= until <= since + COVERED_FOR:
        raise RuleViolation(
            "orgs.cover_ends", _("The last day is not before the first, and at most 92 days after it."), field="until"
        )


@transaction.atomic
def give_cover(*, actor: Actor, deputy: int, since: dt.date, until: dt.date) -> Cover:
    """Have a colleague of the same agency (`deputy`, a person) stand in from a day to a day. Both are told.

    The deputy then holds one's permissions there besides the own ones; never those of roles given from above only. Raises
    `RuleViolation` for oneself, for somebody of another agency, for days that cannot be, for days somebody is named for
    already, and for a colleague who is away then.
    """
    if not policies.can_give_cover(actor) or actor.person_id is None or actor.agency_id is None:
        raise NotAllowed("orgs.cover")
    # Locked, so that two who name each other for the same days wait for one another.
    agency = Agency.objects.select_for_update(of=("self",)).get(pk=actor.agency_id)
    _check_days(since, until)
    if deputy == actor.person_id:
        raise RuleViolation("orgs.cover_oneself", _("Nobody stands in for themself."), field="deputy")
    work = Appointment.objects.on(today()).filter(agency=agency)
    if not work.filter(person_id=deputy).exists():
        raise RuleViolation(
            "orgs.cover_outside", _("Only a colleague of your own agency can stand in for you."), field="deputy"
        )
    if not work.filter(person_id=actor.person_id).exclude(role__in=FROM_ABOVE).exists():
        raise RuleViolation(
            "orgs.cover_duty",
            _("The role of an administrator is not lent. A second person is appointed to it instead."),
        )
    then = Cover.objects.filter(agency=agency, ended_at__isnull=True, since__lte=until, until__gte=since)
    if then.filter(absent_id=actor.person_id).exists():
        raise RuleViolation(
            "orgs.cover_twice",
            _("Somebody stands in for you on some of these days already. End that first, or choose other days."),
            field="since",
        )
    if then.filter(absent_id=deputy).exists():
        raise RuleViolation(
            "orgs.cover_deputy_away", _("This colleague is away on some of these days too."), field="deputy"
        )
    cover = Cover.objects.create(agency=agency, absent_id=actor.person_id, deputy_id=deputy, since=since, until=until)
    audit.record(
        actor=actor,
        event="orgs.cover.given",
        subject=cover,
        details={"deputy": deputy, "since": since.isoformat(), "until": until.isoformat()},
    )
    _tell(actor, cover, COVER_GIVEN.code, since=since.isoformat(), until=until.isoformat())
    return cover


@transaction.atomic
def end_cover(*, actor: Actor, cover: Cover) -> None:
    """End a cover before its last day, or before its first: by who is away or by who stands in. Both are told."""
    cover = Cover.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=cover.pk)
    if not policies.can_end_cover(actor, cover):
        raise NotAllowed("orgs.cover")
    if cover.ended_at is not None or cover.until < today():
        raise RuleViolation("orgs.cover_over", _("This has ended already."))
    cover.ended_at = timezone.now()
    cover.save(update_fields=["ended_at"])
    audit.record(actor=actor, event="orgs.cover.ended", subject=cover)
    _tell(actor, cover, COVER_ENDED.code)


def _tell(actor: Actor, cover: Cover, kind: str, **params: str) -> None:
    for person in (cover.absent_id, cover.deputy_id):
        notify(
            actor=actor,
            person_id=person,
            kind=kind,
            params={"number": cover.public_id, **params},
            key=f"{kind}:{cover.public_id}:{person}",
            url_name="portal:cover_list",
        )
