"""What a person finds: their messages in their language, how many are new, and what they are sent.

A person reads them in their own capacity only. Who acts for an agency has the agency's scope and no other, so here the
answers are 0 and empty, without a query; the page head then offers to act for oneself. Work for an office is a task on
its workbench, never a message to one of its people.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from gongzhi.core.actor import Actor
from gongzhi.notify import policies
from gongzhi.notify.contracts import UnknownKind, kind_of, kinds
from gongzhi.notify.enums import Channel
from gongzhi.notify.models import Message, Outbox, Preference


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
        for channel in sorted(kind.channels)
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
