"""Every change of notices: leaving one, reading it, choosing what to be sent, and getting it out of the house.

Delivery is done in two committed steps, so that a process that dies between sending and noting it is found out:
`begin_sending` commits that a try began, `send` hands over and commits how it ended. A try without an end is repeated
by `requeue`, counted in `unknown_ends`, and carries the same reference: at most one more copy each, never a lost one.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from gongzhi.audit import actions as audit
from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.core.masks import mask_email, mask_phone
from gongzhi.notify import policies
from gongzhi.notify.contracts import (
    PARAM,
    PERSONAL,
    Answering,
    Fate,
    NoticeKind,
    UnknownKind,
    address_book,
    channel_gate,
    courier_of,
    kind_of,
)
from gongzhi.notify.enums import (
    BINDING,
    EXPECTED,
    RINGING,
    Category,
    Channel,
    Delivery,
    Hand,
    ProofKind,
    Reason,
    Receipt,
)
from gongzhi.notify.models import Message, Outbox, Preference, Proof, QuietHours

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "notify": "It is about a person.",
    "mark_read": "It is about a person.",
    "set_preference": "It is about a person.",
    "begin_sending": "It is about a person.",
    "send": "It is about a person.",
    "requeue": "It changes only what is tried when.",
    "set_category": "It is about a person.",
    "set_quiet_hours": "It is about a person.",
    "ask_receipts": "It changes only what is asked when.",
    "ask_receipt": "It is about a person.",
    "try_again": "It is about a person.",
    "prove_by_hand": "It is about a person.",
    "reconcile": "It changes only what is tried when.",
}


log = logging.getLogger("gongzhi.notify")

#: With the doubling waits below the last try is about a day after the first.
TRIES = 8
FIRST_WAIT = dt.timedelta(minutes=10)
#: After this long without an end a try counts as one whose end nobody knows.
SILENCE = dt.timedelta(minutes=10)
REQUEUED_AT_ONCE = 1000

#: How long providers are asked for receipts, and how often about one delivery.
RECEIPTS_FOR = dt.timedelta(days=3)
ASK_AGAIN = dt.timedelta(hours=1)
#: How far back the reconciler looks, and after how long an open delivery is late.
RECONCILED = dt.timedelta(days=7)
OVERDUE = dt.timedelta(days=2)

#: Without a conflict target and without RETURNING: the second wall lets anybody leave a row and only its owner see it.
LEAVE = """
    INSERT INTO notify_message (person_id, kind, params, url_name, url_args, key, promised, org_id, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING
"""
POST = """
    INSERT INTO notify_outbox
      (id, person_id, kind, params, key, org_id, channel, state, attempts, unknown_ends, created_at, next_try_at, reason,
       fault, reference)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 'waiting', 0, 0, now(), now(), '', '', gen_random_uuid()) ON CONFLICT DO NOTHING
"""


#: What was promised since a moment and stands in no outbox. Young ones may still be written by their own transaction.
MISSING = """
    SELECT m.person_id, m.kind, m.params::text, m.key, m.org_id, promised.channel
    FROM notify_message m CROSS JOIN LATERAL unnest(m.promised) AS promised (channel)
    WHERE m.created_at >= %s AND NOT EXISTS (
      SELECT FROM notify_outbox o WHERE o.person_id = m.person_id AND o.key = m.key AND o.channel = promised.channel)
    ORDER BY m.id LIMIT %s
"""


@dataclass(frozen=True)
class Reconciled:
    """What the reconciler found: promised and not in the outbox (and put there), open for too long, gone wrong."""

    missing: int
    overdue: int
    wrong: int


def of_category(category: str) -> str:
    """The name under which a preference stands for a whole category."""
    return f"category.{category}"


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
    org_id: int | None = None,
) -> bool:
    """Leave a person a message and queue what goes out to them, in the caller's transaction.

    `key` names the occasion (`cases.returned:123`): the same key for the same person is the same notice and changes
    nothing, then the answer is False. `params` holds ids, codes and references for the kind's words; `url_name` and
    `url_args` say where it leads, `org_id` for which organization the person is told. What the person switched off is decided when it is sent. Needs no permission: the
    calling action was allowed. Raises `UnknownKind`, and ValueError for params that are not those of the kind or that
    look like personal values.
    """
    known = kind_of(kind)
    _check_params(known, params, url_args)
    if not key:
        raise ValueError(f"{kind}: a notice needs a key")
    words = Jsonb(dict(params))
    # Mail is always promised, because the console stands in for a server; the others where somebody delivers.
    promised = [channel for channel in sorted(known.channels) if channel == Channel.MAIL or courier_of(channel)]
    if not _inserted(LEAVE, [person_id, kind, words, url_name, Jsonb(list(url_args)), key, promised, org_id]):
        return False
    for channel in promised:
        _post(person_id, kind, words, key, org_id, channel)
    audit.record(actor=actor, event="notify.notice.left", details={"kind": kind, "person": person_id})
    return True


def _post(person_id: int, kind: str, words: Jsonb, key: str, org_id: int | None, channel: str) -> None:
    """Put one delivery into the outbox and queue its first try."""
    pk = next_pk(Outbox)
    _inserted(POST, [pk, person_id, kind, words, key, org_id, str(channel)])
    jobs.enqueue("notify.deliver", outbox_id=pk)


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
        now = timezone.now()
        Message.objects.filter(pk__in=fresh).update(read_at=now)
        for message in mine:
            if message.pk in fresh and _is_legal(message.kind):
                _prove(message.person_id, message.key, message.kind, ProofKind.OPENED, "", now)
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
def set_category(*, actor: Actor, category: str, channel: str, on: bool) -> Preference:
    """Choose for a whole category whether its notices are sent to oneself on a channel.

    Raises as `set_preference` does, and for an unknown category or channel.
    """
    if not policies.can_choose(actor) or actor.scope.person is None:
        raise NotAllowed("notify.own")
    if category not in Category.values or channel not in Channel.values:
        raise RuleViolation("notify.no_such_channel", _("This notice is not sent that way."), field="channel")
    if category in BINDING and not on:
        raise RuleViolation(
            "notify.mandatory",
            _("This notice tells you about your rights or duties and cannot be switched off."),
            field="on",
        )
    row, _created = Preference.objects.update_or_create(
        person_id=actor.scope.person, kind=of_category(category), channel=channel, defaults={"on": on}
    )
    audit.record(
        actor=actor,
        event="notify.preference.set",
        subject=row,
        details={"category": category, "channel": channel, "on": on},
    )
    return row


@transaction.atomic
def set_quiet_hours(*, actor: Actor, begins: dt.time, ends: dt.time) -> QuietHours:
    """Choose when one is not rung. Equal times mean never quiet. Mail makes no noise and keeps no hours; legal and
    security notices do not wait either.
    """
    if not policies.can_choose(actor) or actor.scope.person is None:
        raise NotAllowed("notify.own")
    row, _created = QuietHours.objects.update_or_create(
        person_id=actor.scope.person, defaults={"begins": begins, "ends": ends}
    )
    audit.record(actor=actor, event="notify.quiet_hours.set", subject=row)
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
    if _is_closed_here(row):
        _give_up(actor, row, Reason.CLOSED_HERE)
        return False
    if row.state == Delivery.WAITING and (morning := _quiet_until(row, now)) is not None:
        row.next_try_at = morning
        row.save(update_fields=["next_try_at"])
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
    if attempt > 1 and isinstance(courier, Answering) and (ended := _asked_first(actor, row, courier)) is not None:
        return ended
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
    row.address_masked = _masked(row.channel, address.value)
    _sent(row)
    return True


def _sent(row: Outbox) -> None:
    row.move_to(Delivery.SENT)
    row.sent_at = timezone.now()
    row.reason = row.fault = ""
    row.save()


def _asked_first(actor: Actor, row: Outbox, courier: Answering) -> bool | None:
    """Before a second copy goes out: what the provider says of the first one. None if it never arrived there.

    Who does not answer is asked again later: better late than twice.
    """
    try:
        fate = courier.fate_of(reference=str(row.reference))
    except Exception as error:
        _fail(actor, row, type(error).__name__)
        return False
    if fate is Fate.UNKNOWN:
        return None
    _sent(row)
    _note_fate(row, fate)
    return True


def _note_fate(row: Outbox, fate: Fate) -> None:
    """Keep what the provider said of what it accepted; for a legal notice its receipt is a proof."""
    row.asked_at = timezone.now()
    if fate in {Fate.DELIVERED, Fate.UNDELIVERED}:
        row.receipt, row.receipt_at = Receipt(fate.value), row.asked_at
        if fate is Fate.DELIVERED and _is_legal(row.kind):
            _prove(row.person_id, row.key, row.kind, ProofKind.RECEIPT, row.channel, row.asked_at)
        if fate is Fate.UNDELIVERED:
            log.error("notify.undelivered", extra={"outbox": row.pk})
    row.save()


@transaction.atomic
def ask_receipts(*, actor: Actor) -> int:
    """Queue a question for every delivery a provider accepted in the last three days and said no more of; how many."""
    if not policies.can_deliver(actor):
        raise NotAllowed("notify.deliver")
    channels = [channel for channel in Channel.values if isinstance(courier_of(channel), Answering)]
    if not channels:
        return 0
    now = timezone.now()
    open_ones = Outbox.objects.visible_to(actor).unanswered(now - RECEIPTS_FOR, now - ASK_AGAIN)
    waiting = list(
        open_ones.filter(channel__in=channels).order_by("sent_at").values_list("pk", flat=True)[:REQUEUED_AT_ONCE]
    )
    for pk in waiting:
        jobs.enqueue("notify.ask_receipt", outbox_id=pk)
    return len(waiting)


@transaction.atomic
def ask_receipt(*, actor: Actor, outbox_id: int) -> bool:
    """Ask the provider what became of one delivery; the answer says whether it is known now. Safe to run twice."""
    row = _locked(actor, outbox_id)
    courier = courier_of(row.channel)
    if row.state != Delivery.SENT or row.receipt or not isinstance(courier, Answering):
        return False
    try:
        fate = courier.fate_of(reference=str(row.reference))
    except Exception as error:  # asked again by the next round
        log.warning("notify.no_answer", extra={"outbox": row.pk, "fault": type(error).__name__})
        return False
    _note_fate(row, fate)
    return bool(row.receipt)


@transaction.atomic
def try_again(*, actor: Actor, outbox_id: int) -> Outbox:
    """Have a delivery that was given up tried anew, when what was wrong has been mended.

    Raises `NotAllowed`, `Outbox.DoesNotExist`, and `RuleViolation` for one that was not given up.
    """
    if not policies.can_oversee(actor):
        raise NotAllowed("notify.oversee")
    with acting(Actor.system("notify.try_again")):
        row: Outbox = Outbox.objects.select_for_update(of=("self",)).get(pk=outbox_id)
        row.move_to(Delivery.WAITING)
        row.attempts = row.unknown_ends = 0
        row.reason = row.fault = ""
        row.next_try_at = timezone.now()
        row.save()
    jobs.enqueue("notify.deliver", outbox_id=row.pk)
    audit.record(actor=actor, event="notify.delivery.renewed", subject=row, details={"channel": row.channel})
    return row


@transaction.atomic
def reconcile(*, actor: Actor, now: dt.datetime | None = None) -> Reconciled:
    """Hold what was promised against what went out: the last week's messages, the outbox, the providers' receipts.

    What was promised and stands in no outbox is put there; everything else is only counted, because it is on its way or
    waits for a person. Leaves an audit event when anything was wrong.
    """
    if not policies.can_deliver(actor):
        raise NotAllowed("notify.deliver")
    now = now or timezone.now()
    since = now - RECONCILED
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [since, REQUEUED_AT_ONCE])
        missing = cursor.fetchall()
    for person_id, kind, params, key, org_id, channel in missing:
        _post(person_id, kind, Jsonb(json.loads(params)), key, org_id, channel)
    rows = Outbox.objects.visible_to(actor)
    found = Reconciled(
        missing=len(missing),
        overdue=rows.filter(
            state__in=[Delivery.WAITING, Delivery.SENDING, Delivery.FAILED], created_at__lt=now - OVERDUE
        ).count(),
        wrong=rows.broken().filter(created_at__gte=since).count(),
    )
    if found.missing or found.overdue or found.wrong:
        audit.record(actor=actor, event="notify.outbox.reconciled", details=asdict(found))
        log.error("notify.reconciled", extra=asdict(found))
    return found


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
    """Whether the person does not want it, and may choose so. A kind that is gone is not switched off.

    What was chosen for the kind itself goes before what was chosen for its category.
    """
    try:
        known = kind_of(row.kind)
    except UnknownKind:
        return False
    if not known.may_be_switched_off:
        return False
    category = of_category(known.category)
    chosen = dict(
        Preference.objects.filter(
            person_id=row.person_id, kind__in=[row.kind, category], channel=row.channel
        ).values_list("kind", "on")
    )
    return not chosen.get(row.kind, chosen.get(category, True))


def _is_closed_here(row: Outbox) -> bool:
    """Whether the person's division, or the organization for which they are told, does not use this channel.

    What a person cannot switch off goes out all the same: no office keeps a decision or a new device from somebody.
    """
    try:
        may_be_kept = kind_of(row.kind).may_be_switched_off
    except UnknownKind:
        return False
    gate = channel_gate()
    if gate is None or not may_be_kept:
        return False
    return not gate.is_open(person_id=row.person_id, org_id=row.org_id, channel=row.channel)


def _quiet_until(row: Outbox, now: dt.datetime) -> dt.datetime | None:
    """When the person may be rung again; None if now."""
    try:
        binding = kind_of(row.kind).category in BINDING
    except UnknownKind:
        binding = False
    if row.channel not in RINGING or binding:
        return None
    own = QuietHours.objects.filter(person_id=row.person_id).first()
    begins, ends = (own.begins, own.ends) if own else settings.QUIET_HOURS
    here = timezone.localtime(now)
    clock = here.time()
    within = begins <= clock < ends if begins <= ends else (clock >= begins or clock < ends)
    if not within:
        return None
    day = here.date() + dt.timedelta(days=1 if clock >= ends else 0)
    return timezone.make_aware(dt.datetime.combine(day, ends))


def _is_legal(kind: str) -> bool:
    try:
        return kind_of(kind).category == Category.LEGAL
    except UnknownKind:
        return False


def _prove(person_id: int, key: str, kind: str, how: ProofKind, channel: str, at: dt.datetime) -> None:
    """Append a proof that a legal notice reached the person; the same proof twice is one."""
    Proof.objects.bulk_create(
        [Proof(person_id=person_id, key=key, kind=kind, how=how, channel=channel, at=at)], ignore_conflicts=True
    )


@transaction.atomic
def prove_by_hand(*, actor: Actor, person_id: int, key: str, kind: str, hand: str, at: dt.datetime) -> bool:
    """Append the proof that people told somebody of a legal notice; False for another kind, of which nothing is proved.

    Part of actions that were allowed to: the app that keeps letters and calls checks who did it. Raises `NotAllowed` for
    a way that is none.
    """
    if hand not in Hand.values:
        raise NotAllowed("notify.prove")
    if not _is_legal(kind):
        return False
    with acting(Actor.system("notify.prove")):
        _prove(person_id, key, kind, ProofKind.RECEIPT, hand, at)
    audit.record(actor=actor, event="notify.message.proved", details={"hand": hand, "person": person_id})
    return True


def _masked(channel: str, address: str) -> str:
    return mask_email(address) if channel == Channel.MAIL else mask_phone(address)


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
