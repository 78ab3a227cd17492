"""What a person finds: their messages in their language, how many are new, and what they are sent.

A person reads them in their own capacity only. Who acts for an agency has the agency's scope and no other, so here the
answers are 0 and empty, without a query; the page head then offers to act for oneself. Work for an office is a task on
its workbench, never a message to one of its people.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.paging import Page, page_or_first
from gongzhi.notify import policies
from gongzhi.notify.contracts import UnknownKind, courier_of, kind_of, kinds
from gongzhi.notify.enums import BINDING, Category, Channel, Delivery, Hand, ProofKind
from gongzhi.notify.models import Message, Outbox, Preference, Proof, QuietHours


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in the reader's words. `url` is empty when it leads nowhere."""

    id: int
    subject: str
    text: str
    url: str
    created_at: dt.datetime
    is_unread: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a kind of notice is sent on a channel, and whether the person may change that."""

    kind: str
    label: str | Promise
    purpose: str | Promise
    channel: str
    channel_label: str | Promise
    on: bool
    may_change: bool


def unread_count(actor: Actor) -> int:
    """How many messages the person has not opened. One query, none for whoever does not act for themself."""
    if not policies.can_read_messages(actor):
        return 0
    return Message.objects.visible_to(actor).unread().count()


def latest(actor: Actor, *, limit: int = 20, only_unread: bool = False) -> list[Letter]:
    """The newest messages of the person, newest first. One query, none for whoever does not act for themself."""
    if not policies.can_read_messages(actor):
        return []
    messages = Message.objects.visible_to(actor)
    if only_unread:
        messages = messages.unread()
    return [letter_of(message) for message in messages.order_by("-created_at", "-id")[:limit]]


def letter_of(message: Message) -> Letter:
    """The words of a message in the present language. A kind that no app knows any more is called by its code."""
    try:
        known = kind_of(message.kind)
        subject, text = known.subject_for(message.params), known.text_for(message.params)
    except (UnknownKind, KeyError, ValueError, TypeError):  # a translation may name what the kind does not have
        subject, text = message.kind, ""
    return Letter(message.pk, subject, text, _url_of(message), message.created_at, message.read_at is None)


def choices(actor: Actor) -> list[Choice]:
    """Every kind and channel with what the person chose. One query, none for whoever does not act for themself."""
    if not policies.can_choose(actor):
        return []
    rows = Preference.objects.visible_to(actor).filter(on=False).values_list("kind", "channel")
    off = set(rows)
    return [
        Choice(
            kind=kind.code,
            label=kind.label,
            purpose=kind.purpose,
            channel=str(channel),
            channel_label=Channel(channel).label,
            on=not (kind.may_be_switched_off and (kind.code, str(channel)) in off),
            may_change=kind.may_be_switched_off,
        )
        for kind in kinds()
        for channel in open_channels()
        if channel in kind.channels
    ]


def deliveries_by_state(actor: Actor) -> dict[str, int]:
    """How many deliveries stand where: all for a system process, one's own for a person. One query."""
    rows = Outbox.objects.visible_to(actor).values_list("state").annotate(n=Count("pk")).order_by("state")
    return dict(rows)


def broken(actor: Actor, *, limit: int = 100) -> list[Outbox]:
    """Deliveries given up although somebody wanted them, the newest first: what an operator must look at."""
    return list(Outbox.objects.visible_to(actor).broken().order_by("-pk")[:limit])


def _url_of(message: Message) -> str:
    if not message.url_name:
        return ""
    try:
        return reverse(message.url_name, args=message.url_args)
    except NoReverseMatch:
        return ""


# --- what was sent ---


@dataclass(frozen=True, slots=True)
class Parcel:
    """One notice on its way out, in the reader's words."""

    id: int
    label: str | Promise
    channel: str | Promise
    address: str
    state: str | Promise
    reason: str | Promise
    tone: str
    created_at: dt.datetime
    sent_at: dt.datetime | None
    receipt_at: dt.datetime | None
    attempts: int
    again: bool


def parcel_of(row: Outbox) -> Parcel:
    """A delivery in the present language. What may have arrived twice is said by `attempts` and `unknown_ends`."""
    try:
        label: str | Promise = kind_of(row.kind).label
    except UnknownKind:
        label = row.kind
    state = row.get_receipt_display() if row.receipt else row.get_state_display()
    tone = {"delivered": "good", "undelivered": "bad", Delivery.SENT: "good", Delivery.GIVEN_UP: "bad"}
    return Parcel(
        id=row.pk,
        label=label,
        channel=row.get_channel_display(),
        address=row.address_masked,
        state=state,
        reason=row.get_reason_display() if row.reason else "",
        tone=tone.get(row.receipt or row.state, "wait"),
        created_at=row.created_at,
        sent_at=row.sent_at,
        receipt_at=row.receipt_at,
        attempts=row.attempts,
        again=row.state == Delivery.GIVEN_UP,
    )


# --- what a person wants ---


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one person wants to be sent: `on` holds (category, channel); `kinds` what each category has in it, `ways` on
    which channels its notices go out at all.
    """

    ways: dict[str, list[str]]
    on: frozenset[tuple[str, str]]
    kinds: dict[str, list[tuple[str | Promise, str | Promise]]]
    quiet: tuple[dt.time, dt.time]


def open_channels() -> list[str]:
    """Channels on which somebody delivers; mail always, because the console stands in for a server."""
    return [str(channel) for channel in Channel if channel == Channel.MAIL or courier_of(channel)]


def wanted(actor: Actor) -> Wanted:
    """What the person chose, with the platform's own choice where they made none. Two queries."""
    off = set(
        Preference.objects.visible_to(actor)
        .filter(on=False, kind__startswith="category.")
        .values_list("kind", "channel")
    )
    own = QuietHours.objects.visible_to(actor).first()
    within: dict[str, list[tuple[str | Promise, str | Promise]]] = {one.value: [] for one in Category}
    used: dict[str, set[str]] = {one.value: set() for one in Category}
    for kind in kinds():
        within[kind.category].append((kind.label, kind.purpose))
        used[kind.category] |= {str(channel) for channel in kind.channels}
    ways = {category: [one for one in open_channels() if one in found] for category, found in used.items()}
    return Wanted(
        ways=ways,
        on=frozenset(
            (category, channel)
            for category, channels in ways.items()
            for channel in channels
            if category in BINDING or (f"category.{category}", channel) not in off
        ),
        kinds=within,
        quiet=(own.begins, own.ends) if own else settings.QUIET_HOURS,
    )


# --- the proof of a legal notice ---


def is_legal(message: Message) -> bool:
    """Whether it is a legal notice, so that its arrival is to be proved."""
    try:
        return kind_of(message.kind).category == Category.LEGAL
    except UnknownKind:
        return False


def proofs_of(message: Message) -> list[tuple[str | Promise, str | Promise, dt.datetime]]:
    """(how, channel, when) of every proof that the message reached its person, the oldest first. One query."""
    rows = Proof.objects.filter(person_id=message.person_id, key=message.key).order_by("at", "pk")
    return [(*_how(one), one.at) for one in rows]


def _how(proof: Proof) -> tuple[str | Promise, str | Promise]:
    if proof.channel in Hand.values:
        return Hand(proof.channel).label, ""
    return ProofKind(proof.how).label, Channel(proof.channel).label if proof.channel else ""


# --- the operator's view ---


@dataclass(frozen=True, slots=True)
class Oversight:
    """Deliveries by state as far as they are open, and a page of those that went wrong. Nobody is named."""

    waiting: int
    failed: int
    oldest: dt.datetime | None
    channels: list[tuple[str | Promise, bool]]
    wrong: list[Parcel]
    page: Page[Outbox]


def oversight(actor: Actor, *, cursor: str = "") -> Oversight:
    """What the operator must look at. Reads in the platform's own name, because the second wall shows an operator none of
    these rows; whose they are is left out.
    """
    if not policies.can_oversee(actor):
        raise PermissionError(actor.kind)
    with acting(Actor.system("notify.oversight"), read_only=True):
        under_way = Outbox.objects.filter(state__in=[Delivery.WAITING, Delivery.SENDING])
        failed = Outbox.objects.filter(state=Delivery.FAILED)
        page = page_or_first(Outbox.objects.broken(), name="wrong", order=("-pk",), cursor=cursor)
        oldest = under_way.order_by("created_at").values_list("created_at", flat=True).first()
        return Oversight(
            waiting=under_way.count(),
            failed=failed.count(),
            oldest=oldest,
            channels=[(channel.label, str(channel) in open_channels()) for channel in Channel],
            wrong=[parcel_of(one) for one in page.rows],
            page=page,
        )
