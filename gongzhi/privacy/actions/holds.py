"""Looks that wait for an investigation: proposed by one official, approved by a second, shown at the end without fail."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.audit.models import Look
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify import actions as notify
from gongzhi.privacy import policies
from gongzhi.privacy.enums import HOLD
from gongzhi.privacy.models import LONGEST_HOLD_DAYS, Hold
from gongzhi.privacy.notifications import HOLD_OVER

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "propose_hold": "It is about persons.",
    "approve_hold": "It is about persons.",
    "close_hold": "It is about persons.",
    "release_holds": "It is about persons.",
}


@transaction.atomic
def propose_hold(*, actor: Actor, matter: str, reason: str, until: dt.date) -> Hold:
    """Propose that looks for an investigation are shown later, on `until` at the latest. Nothing is held back yet.

    Raises `NotAllowed`, `RuleViolation` for a missing text, a day that is past or more than a year away. A term beyond
    the parameter `privacy.hold_longest_days` is allowed and marked for the second official: the number is unverified.
    """
    if not policies.can_propose_hold(actor):
        raise NotAllowed(HOLD)
    matter, reason = matter.strip(), reason.strip()
    for field, text in (("matter", matter), ("reason", reason)):
        if not text:
            raise RuleViolation(
                "privacy.hold_incomplete", _("Name the investigation and why the notice has to wait."), field=field
            )
    if not today() <= until <= today() + dt.timedelta(days=LONGEST_HOLD_DAYS):
        raise RuleViolation("privacy.hold_term", _("Set a last day from today on, a year away at most."), field="until")
    agency_id, official_id = policies.office_of(actor)
    hold = Hold.objects.create(
        agency_id=agency_id,
        path=actor.path,
        matter=matter,
        reason=reason,
        until=until,
        proposed_by_id=official_id,
        proposed_on=today(),
    )
    audit.record(actor=actor, event="privacy.hold.proposed", subject=hold, details={"until": until.isoformat()})
    return hold


def _locked(hold: Hold) -> Hold:
    locked: Hold = Hold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    return locked


def _not_over(hold: Hold) -> None:
    if hold.closed_at is not None or hold.until < today():
        raise RuleViolation("privacy.hold_over", _("This is over: nothing is held back by it any more."))


@transaction.atomic
def approve_hold(*, actor: Actor, hold: Hold) -> Hold:
    """Approve as the second official; from now on looks made under it wait. `RuleViolation` if approved or over."""
    hold = _locked(hold)
    if not policies.can_decide_hold(actor, hold):
        raise NotAllowed(HOLD)
    _not_over(hold)
    if hold.approved_at is not None:
        raise RuleViolation("privacy.hold_approved", _("This was approved already."))
    hold.approved_by_id, hold.approved_at = actor.person_id, timezone.now()
    hold.save(update_fields=["approved_by", "approved_at"])
    audit.record(actor=actor, event="privacy.hold.approved", subject=hold)
    return hold


@transaction.atomic
def close_hold(*, actor: Actor, hold: Hold) -> Hold:
    """End it before its day: the looks stand on the pages at once, and those concerned are told."""
    hold = _locked(hold)
    if not policies.can_close_hold(actor, hold):
        raise NotAllowed(HOLD)
    _not_over(hold)
    hold.closed_at = timezone.now()
    hold.save(update_fields=["closed_at"])
    audit.record(actor=actor, event="privacy.hold.closed", subject=hold)
    _tell(actor, hold)
    return hold


@transaction.atomic
def release_holds(*, actor: Actor, day: dt.date | None = None) -> int:
    """Tell those whose looks came into sight because the last day has passed. The looks appear without this job.

    How many ended. Safe to run twice: a notice's key is the hold.
    """
    if not policies.can_run_clocks(actor):
        raise NotAllowed("privacy.release_holds")
    ended = Hold.objects.visible_to(actor).filter(
        approved_at__isnull=False, closed_at__isnull=True, until__lt=day or today()
    )
    holds = list(ended.order_by("pk"))
    for hold in holds:
        _tell(actor, hold)
    return len(holds)


def _tell(actor: Actor, hold: Hold) -> None:
    concerned = (
        Look.objects.filter(hold_id=hold.pk, owner_person__isnull=False)
        .order_by()
        .values_list("owner_person", flat=True)
        .distinct()
    )
    for person_id in sorted({one for one in concerned if one is not None}):
        notify.notify(
            actor=actor,
            person_id=person_id,
            kind=HOLD_OVER.code,
            params={},
            key=f"privacy.hold_over.{hold.pk}",
            url_name="privacy:looked",
        )
