"""Every change of notices: leaving one, reading it, choosing what to be sent, and getting it out of the house.

Delivery is done in two committed steps, so that a process that dies between sending and noting it is found out:
`begin_sending` commits that a try began, `send` hands over and commits how it ended. A try without an end is repeated
by `requeue`, counted in `unknown_ends`, and carries the same reference: at most one more copy each, never a lost one.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from gongzhi.audit import actions as audit
from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.notify import policies
from gongzhi.notify.contracts import PARAM, PERSONAL, NoticeKind, UnknownKind, address_book, courier_of, kind_of
from gongzhi.notify.enums import EXPECTED, Delivery, Reason
from gongzhi.notify.models import Message, Outbox, Preference

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "notify": "It is about a person.",
    "mark_read": "It is about a person.",
    "set_preference": "It is about a person.",
    "begin_sending": "It is about a person.",
    "send": "It is about a person.",
    "requeue": "It changes only what is tried when.",
}


log = logging.getLogger("gongzhi.notify")

#: With the doubling waits below the last try is about a day after the first.
TRIES = 8
FIRST_WAIT = dt.timedelta(minutes=10)
#: After this long without an end a try counts as one whose end nobody knows.
SILENCE = dt.timedelta(minutes=10)
REQUEUED_AT_ONCE = 1000

#: Without a conflict target and without RETURNING: the second wall lets anybody leave a row and only its owner see it.
LEAVE = """
    INSERT INTO notify_message (person_id, kind, params, url_name, url_args, key, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING
"""
POST = """
    INSERT INTO notify_outbox
      (id, person_id, kind, params, key, channel, state, attempts, unknown_ends, created_at, next_try_at, reason, fault,
       reference)
    VALUES (%s, %s, %s, %s, %s, %s, 'waiting', 0, 0, now(), now(), '', '', gen_random_uuid()) ON CONFLICT DO NOTHING
"""


def _check_params(kind: NoticeKind, params: Mapping[str, str | int], url_args: Sequence[str | int]) -> None:
    """Raise ValueError unless the params are those of the kind and hold nothing but codes. A programmer's error."""
    if set(params) != kind.params:
        raise ValueError(f"{kind.code} takes {sorted(kind.params)}, not {sorted(params)}")
    for value in [*params.values(), *url_args]:
        text = str(value)
        if isinstance(value, bool) or not PARAM.match(text) or PERSONAL.match(text):
            raise ValueError(f"{kind.code}: a notice holds ids and codes only")


@transaction.atomic
def notify(
    *,
    actor: Actor,
    person_id: int,
    kind: str,
    params: Mapping[str, str | int],
    key: str,
    url_name: str = "",
    url_args: Sequence[str | int] = (),
) -> bool:
    """Leave a person a message and queue what goes out to them, in the caller's transaction.

    `key` names the occasion (`cases.returned:123`): the same key for the same person is the same notice and changes
    nothing, then the answer is False. `params` holds ids, codes and references for the kind's words; `url_name` and
    `url_args` say where it leads. What the person switched off is decided when it is sent. Needs no permission: the
    calling action was allowed. Raises `UnknownKind`, and ValueError for params that are not those of the kind or that
    look like personal values.
    """
    known = kind_of(kind)
    _check_params(known, params, url_args)
    if not key:
        raise ValueError(f"{kind}: a notice needs a key")
    words = Jsonb(dict(params))
    if not _inserted(LEAVE, [person_id, kind, words, url_name, Jsonb(list(url_args)), key]):
        return False
    for channel in sorted(known.channels):
        pk = next_pk(Outbox)
        _inserted(POST, [pk, person_id, kind, words, key, str(channel)])
        jobs.enqueue("notify.deliver", outbox_id=pk)
    audit.record(actor=actor, event="notify.notice.left", details={"kind": kind, "person": person_id})
    return True


def _inserted(statement: str, arguments: list[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return bool(cursor.rowcount == 1)


@transaction.atomic
def mark_read(*, actor: Actor, message_ids: Sequence[int]) -> int:
    """Note that a person has opened these messages of theirs; how many were new. Opened ones stay as they are.

    Raises `NotAllowed` for whoever does not act for themself, `Message.DoesNotExist` if one is not theirs.
    """
    wanted = set(message_ids)
    mine = list(Message.objects.visible_to(actor).filter(pk__in=wanted).order_by("pk").select_for_update())
    if not policies.can_read_messages(actor):
        raise NotAllowed("notify.own")
    if len(mine) != len(wanted):
        raise Message.DoesNotExist
    fresh = [message.pk for message in mine if message.read_at is None]
    if fresh:
        Message.objects.filter(pk__in=fresh).update(read_at=timezone.now())
        audit.record(actor=actor, event="notify.message.read", details={"messages": fresh})
    return len(fresh)


@transaction.atomic
def set_preference(*, actor: Actor, kind: str, channel: str, on: bool) -> Preference:
    """Choose whether a kind of notice is sent to oneself on a channel. The message on the platform is always left.

    Holds for everything not sent yet. Raises `NotAllowed` for whoever does not act for themself, `UnknownKind`, and
    `RuleViolation` for a kind that cannot be switched off and for a channel the kind does not use.
    """
    if not policies.can_choose(actor) or actor.scope.person is None:
        raise NotAllowed("notify.own")
    known = kind_of(kind)
    if channel not in known.channels:
        raise RuleViolation("notify.no_such_channel", _("This notice is not sent that way."), field="channel")
    if not on and not known.may_be_switched_off:
        raise RuleViolation(
            "notify.mandatory",
            _("This notice tells you about your rights or duties and cannot be switched off."),
            field="on",
        )
    row, _created = Preference.objects.update_or_create(
        person_id=actor.scope.person, kind=kind, channel=channel, defaults={"on": on}
    )
    audit.record(
        actor=actor, event="notify.preference.set", subject=row, details={"kind": kind, "channel": channel, "on": on}
    )
    return row


@transaction.atomic
def begin_sending(*, actor: Actor, outbox_id: int) -> bool:
    """Begin a try, if there is anything to try; the answer says so. Once committed, `send` may hand over.

    Called twice, or for a delivery that ended or whose time has not come, it changes nothing.
    """
    row = _locked(actor, outbox_id)
    now = timezone.now()
    if not row.may_begin(now, silent_since=now - SILENCE):
        return False
    if row.state == Delivery.SENDING:
        row.unknown_ends += 1
        row.reason = Reason.UNKNOWN_END
        log.warning("notify.unknown_end", extra={"outbox": row.pk})
    if _is_switched_off(row):
        _give_up(actor, row, Reason.SWITCHED_OFF)
        return False
    if row.attempts >= TRIES:
        _give_up(actor, row, Reason(row.reason))
        return False
    row.move_to(Delivery.SENDING)
    row.attempts += 1
    row.last_try_at = now
    row.save()
    jobs.enqueue("notify.send", outbox_id=row.pk, attempt=row.attempts)
    return True


@transaction.atomic
def send(*, actor: Actor, outbox_id: int, attempt: int) -> bool:
    """Hand one delivery over and note how the try ended; the answer says whether it was sent.

    Only for the try that began last: an older one, or one that ended, changes nothing. What the courier raises is
    counted and tried again later; anything else leaves the try without an end.
    """
    row = _locked(actor, outbox_id)
    if row.state != Delivery.SENDING or row.attempts != attempt:
        return False
    courier, book = courier_of(row.channel), address_book()
    address = book.find(actor=actor, person_id=row.person_id, channel=row.channel) if book else None
    if courier is None or address is None:
        _give_up(actor, row, Reason.NO_COURIER if courier is None else Reason.NO_ADDRESS)
        return False
    try:
        with translation.override(address.language or settings.LANGUAGE_CODE):
            known = kind_of(row.kind)
            subject, text = known.subject_for(row.params), known.text_for(row.params)
        courier.send(address=address, subject=subject, text=text, reference=str(row.reference))
    except Exception as error:  # whatever a mail server does is its own affair, and ours is to try again
        _fail(actor, row, type(error).__name__)
        return False
    row.move_to(Delivery.SENT)
    row.sent_at = timezone.now()
    row.reason = row.fault = ""
    row.save()
    return True


@transaction.atomic
def requeue(*, actor: Actor) -> int:
    """Queue a try for every delivery that needs one and has none under way; how many. Runs every ten minutes."""
    if not policies.can_deliver(actor):
        raise NotAllowed("notify.deliver")
    now = timezone.now()
    due = Outbox.objects.visible_to(actor).due(now, silent_since=now - SILENCE).order_by("next_try_at", "pk")
    waiting = list(due.values_list("pk", flat=True)[:REQUEUED_AT_ONCE])
    for pk in waiting:
        jobs.enqueue("notify.deliver", outbox_id=pk)
    return len(waiting)


def _locked(actor: Actor, outbox_id: int) -> Outbox:
    if not policies.can_deliver(actor):
        raise NotAllowed("notify.deliver")
    row: Outbox = Outbox.objects.select_for_update(of=("self",)).get(pk=outbox_id)
    return row


def _is_switched_off(row: Outbox) -> bool:
    """Whether the person does not want it, and may choose so. A kind that is gone is not switched off."""
    try:
        if not kind_of(row.kind).may_be_switched_off:
            return False
    except UnknownKind:
        return False
    return Preference.objects.filter(person_id=row.person_id, kind=row.kind, channel=row.channel, on=False).exists()


def _fail(actor: Actor, row: Outbox, fault: str) -> None:
    row.reason, row.fault = Reason.ERROR, fault[:64]
    if row.attempts >= TRIES:
        _give_up(actor, row, Reason.ERROR)
        return
    row.move_to(Delivery.FAILED)
    row.next_try_at = timezone.now() + FIRST_WAIT * 2 ** (row.attempts - 1)
    row.save()
    log.warning("notify.failed", extra={"outbox": row.pk, "fault": row.fault, "attempt": row.attempts})


def _give_up(actor: Actor, row: Outbox, reason: Reason) -> None:
    """End a delivery unsent, in sight: the row, and unless the person wanted it so, the audit and the log."""
    row.move_to(Delivery.GIVEN_UP)
    row.reason = reason
    row.save()
    if reason not in EXPECTED:
        details = {"kind": row.kind, "channel": row.channel, "reason": str(reason), "attempts": row.attempts}
        audit.record(actor=actor, event="notify.delivery.given_up", subject=row, details=details)
        log.error("notify.given_up", extra={"outbox": row.pk, "reason": str(reason)})
