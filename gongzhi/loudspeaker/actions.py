"""Every change of broadcasts: drafting, approval by a second person, airing, receipts, withdrawal, playing points."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import unguessable
from gongzhi.core.times import today
from gongzhi.files.enums import RECORDINGS, ScanState
from gongzhi.files.models import Upload
from gongzhi.loudspeaker import policies, selectors
from gongzhi.loudspeaker.enums import APPROVE, KEEP_POINTS, PREPARE, Played, State
from gongzhi.loudspeaker.models import Airing, Broadcast, Point, Receipt

#: Which log entry each action seals; a sentence where it seals none.
SEALS: dict[str, str] = {
    "draft_broadcast": "A draft is seen by nobody outside.",
    "change_draft": "A draft is seen by nobody outside.",
    "ask_approval": "A draft is seen by nobody outside.",
    "give_back": "A draft is seen by nobody outside.",
    "approve_broadcast": "It is heard in the village; who approved it stands in the audit.",
    "withdraw_broadcast": "It ends what was heard in the village; who did it stands in the audit.",
    "add_point": "Where a loudspeaker stands is no entry of the register.",
    "end_point": "Where a loudspeaker stands is no entry of the register.",
    "note_asked": "A technical state of a device.",
    "confirm_played": "A technical state of a device; the receipt is never changed.",
}

LONGEST_DAYS: Final = 31
MOST_TIMES: Final = 6
LONGEST_TEXT: Final = 1000
#: A receipt may come this long after its airing: a village may be without a line for a day.
LATE: Final = dt.timedelta(days=2)


def _violation(code: str, text: str, field: str) -> RuleViolation:
    return RuleViolation(f"loudspeaker.{code}", text, field=field)


def _switched_on(path: str, field: str) -> None:
    if not selectors.is_on(path):
        raise _violation("switched_off", _("The village loudspeaker is switched off in this division."), field)


def _check(
    *,
    path: str,
    text: str,
    recording: Upload | None,
    first_on: dt.date,
    last_on: dt.date,
    times: Sequence[str],
    urgent_because: str,
) -> None:
    _switched_on(path, "place")
    if bool(text.strip()) == (recording is not None):
        raise _violation("one_sound", _("Give a recording or a text, one of them."), "text")
    if recording is not None and recording.format not in RECORDINGS:
        raise _violation("no_recording", _("This file is no recording."), "recording")
    if len(text) > LONGEST_TEXT:
        raise _violation("too_long", _("The text is too long to listen to: at most 1,000 characters."), "text")
    if last_on < first_on or last_on < today():
        raise _violation("days", _("The last day comes before the first, or has passed."), "last_on")
    if (last_on - first_on).days >= LONGEST_DAYS:
        raise _violation(
            "too_many_days", _("A broadcast is heard on 31 days at most. Make another one then."), "last_on"
        )
    if not 1 <= len(times) <= MOST_TIMES:
        raise _violation("times", _("Give one to six times of the day."), "times")
    quiet = selectors.quiet_hours(path, on=first_on)
    if not urgent_because.strip():
        early = [time for time in times if quiet.holds(time)]
        if early:
            raise _violation(
                "quiet",
                _(
                    "%(times)s lies in the quiet hours (%(from)s to %(to)s). Choose another time, or say why it is urgent."
                )
                % {"times": "、".join(early), "from": quiet.begins, "to": quiet.ends},
                "times",
            )


@transaction.atomic
def draft_broadcast(
    *,
    actor: Actor,
    path: str,
    title: str,
    text: str = "",
    recording: Upload | None = None,
    first_on: dt.date,
    last_on: dt.date,
    times: Sequence[str],
    urgent_because: str = "",
) -> Broadcast:
    """Begin a broadcast for a division. Nobody hears it before a second person approves it.

    `times` are `HH:MM`. Raises `NotAllowed`, `RuleViolation`.
    """
    if not policies.can_prepare(actor, path) or actor.person_id is None or actor.agency_id is None:
        raise NotAllowed(PREPARE)
    times = sorted(set(times))
    _check(
        path=path, text=text, recording=recording, first_on=first_on, last_on=last_on, times=times,
        urgent_because=urgent_because,
    )  # fmt: skip
    broadcast = Broadcast.objects.create(
        agency_id=actor.agency_id,
        path=path,
        title=title,
        text=text.strip(),
        recording=recording,
        first_on=first_on,
        last_on=last_on,
        times=list(times),
        urgent_because=urgent_because.strip(),
        created_by_person=actor.person_id,
    )
    audit.record(actor=actor, event="loudspeaker.broadcast.drafted", subject=broadcast, details={"path": path})
    return broadcast


@transaction.atomic
def change_draft(
    *,
    actor: Actor,
    broadcast: Broadcast,
    path: str,
    title: str,
    text: str = "",
    recording: Upload | None = None,
    first_on: dt.date,
    last_on: dt.date,
    times: Sequence[str],
    urgent_because: str = "",
) -> Broadcast:
    """Change a draft; whoever changes it is who made it, so that somebody else approves it. Raises as drafting does."""
    broadcast = _locked(broadcast)
    if not policies.can_prepare(actor, broadcast.path) or not policies.can_prepare(actor, path):
        raise NotAllowed(PREPARE)
    if broadcast.state != State.DRAFT or actor.person_id is None:
        raise _violation("not_a_draft", _("Only a draft can be changed."), "")
    times = sorted(set(times))
    _check(
        path=path, text=text, recording=recording, first_on=first_on, last_on=last_on, times=times,
        urgent_because=urgent_because,
    )  # fmt: skip
    broadcast.path, broadcast.title, broadcast.text, broadcast.recording = path, title, text.strip(), recording
    broadcast.first_on, broadcast.last_on, broadcast.times = first_on, last_on, list(times)
    broadcast.urgent_because, broadcast.created_by_person = urgent_because.strip(), actor.person_id
    broadcast.save()
    audit.record(actor=actor, event="loudspeaker.broadcast.changed", subject=broadcast)
    return broadcast


def _locked(broadcast: Broadcast) -> Broadcast:
    row: Broadcast = Broadcast.objects.select_for_update(of=("self",)).get(pk=broadcast.pk)
    return row


@transaction.atomic
def ask_approval(*, actor: Actor, broadcast: Broadcast) -> Broadcast:
    """Hand a draft to the second person. Raises `NotAllowed`, `RuleViolation`."""
    broadcast = _locked(broadcast)
    if not policies.can_prepare(actor, broadcast.path):
        raise NotAllowed(PREPARE)
    broadcast.move_to(State.WAITING)
    broadcast.remark = ""
    broadcast.save(update_fields=["state", "remark"])
    audit.record(actor=actor, event="loudspeaker.broadcast.asked", subject=broadcast)
    return broadcast


@transaction.atomic
def give_back(*, actor: Actor, broadcast: Broadcast, reason: str) -> Broadcast:
    """Give a broadcast back to who made it, with the reason. Raises `NotAllowed`, `RuleViolation`."""
    broadcast = _locked(broadcast)
    if not policies.can_approve(actor, broadcast):
        raise NotAllowed(APPROVE)
    if not reason.strip():
        raise _violation("no_reason", _("Give the reason."), "reason")
    broadcast.move_to(State.DRAFT)
    broadcast.remark = reason.strip()
    broadcast.save(update_fields=["state", "remark"])
    audit.record(actor=actor, event="loudspeaker.broadcast.given_back", subject=broadcast)
    return broadcast


@transaction.atomic
def approve_broadcast(*, actor: Actor, broadcast: Broadcast) -> list[Airing]:
    """Approve somebody else's broadcast: from now on its playing points find it. The airings to come.

    Raises `NotAllowed` for who made it, `RuleViolation` for one that does not wait, whose times have all passed, whose
    recording a scanner found infected, or whose division has switched the module off.
    """
    broadcast = _locked(broadcast)
    if not policies.can_approve(actor, broadcast):
        raise NotAllowed(APPROVE)
    _switched_on(broadcast.path, "")
    if broadcast.recording is not None and broadcast.recording.scan_state == ScanState.INFECTED:
        raise _violation("infected", _("The virus scanner found something harmful in this recording."), "")
    now = timezone.now()
    moments = [moment for moment in broadcast.moments if moment > now]
    if not moments:
        raise _violation("all_passed", _("All its times have passed. Give it back, so that they can be changed."), "")
    broadcast.move_to(State.APPROVED)
    broadcast.approved_at, broadcast.approved_by_person = now, actor.person_id
    broadcast.save(update_fields=["state", "approved_at", "approved_by_person"])
    airings = Airing.objects.bulk_create([Airing(broadcast=broadcast, at=moment) for moment in moments])
    audit.record(
        actor=actor, event="loudspeaker.broadcast.approved", subject=broadcast, details={"airings": len(airings)}
    )
    return airings


@transaction.atomic
def withdraw_broadcast(*, actor: Actor, broadcast: Broadcast, reason: str) -> Broadcast:
    """Stop a broadcast: playing points find it no more. What was heard stays recorded. Raises `RuleViolation`."""
    broadcast = _locked(broadcast)
    if not policies.can_withdraw(actor, broadcast):
        raise NotAllowed(PREPARE)
    if not reason.strip():
        raise _violation("no_reason", _("Give the reason."), "reason")
    broadcast.move_to(State.WITHDRAWN)
    broadcast.remark, broadcast.withdrawn_at = reason.strip(), timezone.now()
    broadcast.save(update_fields=["state", "remark", "withdrawn_at"])
    audit.record(actor=actor, event="loudspeaker.broadcast.withdrawn", subject=broadcast)
    return broadcast


# --- playing points ---


def key_hash(secret: str) -> str:
    """What is kept of a secret link."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def add_point(*, actor: Actor, path: str, name: str) -> tuple[Point, str]:
    """Add a playing point; the row, and the secret of its link, which is told only now. Raises `NotAllowed`."""
    if not policies.can_keep_points(actor, path) or actor.person_id is None:
        raise NotAllowed(KEEP_POINTS)
    secret = unguessable()
    point = Point.objects.create(name=name, path=path, key_sha256=key_hash(secret), created_by_person=actor.person_id)
    audit.record(actor=actor, event="loudspeaker.point.added", subject=point, details={"path": path})
    return point, secret


@transaction.atomic
def end_point(*, actor: Actor, point: Point) -> Point:
    """End a playing point: its link opens nothing any more. Its receipts stay. Raises `NotAllowed`, `RuleViolation`."""
    point = Point.objects.select_for_update(of=("self",)).get(pk=point.pk)
    if not policies.can_keep_points(actor, point.path):
        raise NotAllowed(KEEP_POINTS)
    if point.ended_at is not None:
        raise _violation("point_ended", _("This playing point has ended already."), "")
    point.ended_at = timezone.now()
    point.save(update_fields=["ended_at"])
    audit.record(actor=actor, event="loudspeaker.point.ended", subject=point)
    return point


@transaction.atomic
def note_asked(*, actor: Actor, point: Point) -> None:
    """Note that a playing point asked what is due, so that one that fell silent is seen. Its link is its right."""
    point = Point.objects.select_for_update(of=("self",)).get(pk=point.pk)
    if point.ended_at is not None:
        raise NotAllowed("loudspeaker.point")
    point.heard_of_at = timezone.now()
    point.save(update_fields=["heard_of_at"])


@transaction.atomic
def confirm_played(*, actor: Actor, point: Point, airing: Airing, how: Played) -> Receipt:
    """A playing point says that it played one airing; a second time changes nothing. Its link is its right.

    Raises `NotAllowed` for an airing of elsewhere, `RuleViolation` for one that is withdrawn, has not come, or is long
    past.
    """
    point = Point.objects.select_for_update(of=("self",)).get(pk=point.pk)
    broadcast = airing.broadcast
    if point.ended_at is not None or not point.path.startswith(broadcast.path if broadcast.path != "/" else ""):
        raise NotAllowed("loudspeaker.point")
    known = Receipt.objects.filter(airing=airing, point=point).first()
    if known is not None:
        return known
    now = timezone.now()
    if broadcast.state != State.APPROVED or not airing.at <= now <= airing.at + LATE:
        raise _violation(
            "not_due", _("This broadcast is not due: it was withdrawn, or its time has not come or is long past."), ""
        )
    receipt = Receipt.objects.create(airing=airing, point=point, how=how)
    audit.record(
        actor=actor, event="loudspeaker.airing.played", subject=airing, details={"point": point.pk, "how": str(how)}
    )
    return receipt
