"""What other apps plug in: kinds of notice, the book that finds addresses, and the couriers of the channels.

Everything is registered from an app's `ready()`. A kind is registered twice only by mistake, which is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from django.utils.functional import Promise

from gongzhi.core.actor import Actor
from gongzhi.notify.enums import BINDING, Audience, Category, Channel

CODE = re.compile(r"^[a-z_]+(\.[a-z_]+)+$")
#: Values in a notice are codes, references and counts: never a name, a number of a person or typed text.
PARAM = re.compile(r"^[A-Za-z0-9._:/+-]{0,64}$", re.ASCII)
#: Mainland mobile numbers and resident id numbers have the shape of codes but are personal.
PERSONAL = re.compile(r"^(1[3-9]\d{9}|[1-9]\d{5}(18|19|20)\d{9}[\dXx])$", re.ASCII)

#: A place for a param in the words of a kind, or a percent sign.
PLACE = re.compile(r"%\((\w+)\)s|%%")

Params = Mapping[str, str | int]


@dataclass(frozen=True)
class NoticeKind:
    """A kind of notice: `app.what_happened`, what it is called, why people get it, and its words.

    `subject` and `text` are translatable templates with `%(name)s` for each of `params`; they are rendered in the
    reader's language when read or sent, so nothing but codes is stored. `text` stands alone: it must be understood
    without the page it belongs to. A legal or a security notice cannot be switched off.
    """

    code: str
    label: str | Promise
    purpose: str | Promise
    subject: str | Promise
    text: str | Promise
    params: frozenset[str] = field(default_factory=frozenset)
    may_be_switched_off: bool = True
    channels: frozenset[str] = frozenset({Channel.MAIL, Channel.WECHAT})
    category: str = Category.ANSWER
    audience: str = Audience.PERSON

    def subject_for(self, params: Params) -> str:
        """The subject in the present language."""
        return str(self.subject) % params

    def text_for(self, params: Params) -> str:
        """The text in the present language."""
        return str(self.text) % params


@dataclass(frozen=True)
class Address:
    """Where to write to. `language` is the person's, empty for the platform's own."""

    value: str
    language: str = ""


class Fate(StrEnum):
    """What a provider says of a reference it is asked about."""

    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


class AddressBook(Protocol):
    """Finds the address of a person. The app that keeps addresses registers one, and reveals and records there."""

    def find(self, *, actor: Actor, person_id: int, channel: str) -> Address | None:
        """The address of a person on a channel, or None if there is none. `actor` is the delivering process."""
        ...


class Courier(Protocol):
    """Delivers on one channel."""

    channel: str

    def send(self, *, address: Address, subject: str, text: str, reference: str) -> None:
        """Hand the notice over. Any exception means it may be tried again.

        `reference` is the same for every try of one delivery, so that the other side can drop a repeated one.
        """
        ...


class ChannelGate(Protocol):
    """Knows which channels a division or an organization uses. The app that keeps organizations registers one."""

    def is_open(self, *, person_id: int, org_id: int | None, channel: str) -> bool:
        """Whether notices that may be switched off go out to a person on a channel; `org_id` for whom the person is told.

        Asked by the delivering process.
        """
        ...


@runtime_checkable
class Answering(Protocol):
    """A courier whose provider can be asked what became of a reference."""

    def fate_of(self, *, reference: str) -> Fate:
        """What became of it; `UNKNOWN` when it never arrived. Any exception means that nobody knows."""
        ...


_kinds: dict[str, NoticeKind] = {}
_books: list[AddressBook] = []
_couriers: dict[str, Courier] = {}
_gates: list[ChannelGate] = []


class UnknownKind(LookupError):
    """No app registered this kind of notice."""


def register_kind(kind: NoticeKind) -> None:
    """Add a kind. ValueError for a code that is taken or no code, and for templates that name other params."""
    if not CODE.match(kind.code):
        raise ValueError(f"{kind.code!r} is no code such as cases.case_returned")
    if kind.category not in Category.values or kind.audience not in Audience.values:
        raise ValueError(f"{kind.code} has an unknown category or audience")
    if kind.category in BINDING and kind.may_be_switched_off:
        raise ValueError(f"{kind.code} tells about rights or duties: it cannot be switched off")
    if _kinds.get(kind.code, kind) != kind:
        raise ValueError(f"two kinds of notice are called {kind.code}")
    for words in (str(kind.subject), str(kind.text)):
        if not set(PLACE.findall(words)) - {""} <= kind.params or "%" in PLACE.sub("", words):
            raise ValueError(f"the words of {kind.code} do not fit its params")
    _kinds[kind.code] = kind


def kind_of(code: str) -> NoticeKind:
    """The kind with this code. Raises `UnknownKind`."""
    try:
        return _kinds[code]
    except KeyError as error:
        raise UnknownKind(code) from error


def kinds() -> list[NoticeKind]:
    """All kinds by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def register_address_book(book: AddressBook) -> None:
    """Set the one address book. ValueError when another is there."""
    if _books and _books[0] is not book:
        raise ValueError("there is an address book already")
    _books[:] = [book]


def address_book() -> AddressBook | None:
    """The address book, if an app registered one."""
    return _books[0] if _books else None


def register_courier(courier: Courier) -> None:
    """Set who delivers on a channel. ValueError when somebody else does."""
    if _couriers.get(courier.channel, courier) is not courier:
        raise ValueError(f"two couriers deliver {courier.channel}")
    _couriers[courier.channel] = courier


def courier_of(channel: str) -> Courier | None:
    """Who delivers on a channel, if anybody."""
    return _couriers.get(channel)


def register_channel_gate(gate: ChannelGate) -> None:
    """Set the one gate. ValueError when another is there."""
    if _gates and _gates[0] is not gate:
        raise ValueError("there is a channel gate already")
    _gates[:] = [gate]


def channel_gate() -> ChannelGate | None:
    """The gate, if an app registered one; without one every channel is open."""
    return _gates[0] if _gates else None
