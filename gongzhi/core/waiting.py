"""What waits for whoever acts, and what they did last: each app answers for its own kinds, a shell shows one list.

An app registers its sources from `ready()`. A person's page, an organization's desk and an official's workbench ask the
sources alone, so a later app adds what waits in it without touching any of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from django.db import models
from django.db.models import Count, Window
from django.urls import reverse
from django.utils.functional import Promise

from gongzhi.core.actor import Actor
from gongzhi.core.times import today

#: Rows of the list on a shell's first page.
SHOWN: Final = 20
#: Rows of the long list. Whatever waits besides stands on the page of its own kind.
MOST: Final = 100
#: Recent things on a shell's first page.
RECENT: Final = 5
#: So long before its last day something that ends by itself begins to wait.
ENDING_SOON: Final = dt.timedelta(days=30)

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: what is to be done, about whom or what (masked or public words), and where it is done.

    `due_on` is None where no day is set; `is_settled` is False while the day may still move. `is_late` is said by the
    app, which knows when its own day has certainly passed. `count` is more than one where a line stands for many.
    """

    what: str | Promise
    about: str
    url: str
    since: dt.date | None = None
    due_on: dt.date | None = None
    is_settled: bool = True
    is_late: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """The nearest of one kind, soonest first, and how many there are in all."""

    rows: Sequence[Waiting] = ()
    total: int = 0


class WaitingSource(Protocol):
    """Knows one kind of thing that waits."""

    @property
    def code(self) -> str:
        """`app.kind`; a second source of the same code is a programming error."""
        ...

    @property
    def label(self) -> str | Promise:
        """What the kind is called, in the plural."""
        ...

    def is_for(self, actor: Actor) -> bool:
        """Whether anything of this kind can wait for this actor. Asks no database."""
        ...

    def find(self, *, actor: Actor, day: dt.date, limit: int) -> Found:
        """What waits on a day, at most `limit` rows. As many queries for thirty rows as for three."""
        ...

    def address(self, actor: Actor) -> str:
        """The page that lists all of the kind; empty where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Recent:
    """Something the reader did or asked for lately, and how it stands."""

    what: str | Promise
    about: str
    url: str
    at: dt.datetime
    state: str | Promise = ""
    #: When the other side has to answer, where that is so.
    due_on: dt.date | None = None


class RecentSource(Protocol):
    """Knows one kind of things somebody did or asked for."""

    @property
    def code(self) -> str:
        """`app.kind`; a second source of the same code is a programming error."""
        ...

    def is_for(self, actor: Actor) -> bool:
        """Whether this actor can have any. Asks no database."""
        ...

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """The newest, newest first. One number of queries for any number of rows."""
        ...


_waiting: dict[str, WaitingSource] = {}
_recent: dict[str, RecentSource] = {}


def register_waiting(source: WaitingSource) -> None:
    """Add a kind of what waits; called from an app's `ready()`. ValueError when the code is taken by another."""
    if _waiting.setdefault(source.code, source) is not source:
        raise ValueError(f"two sources of what waits are called {source.code}")


def register_recent(source: RecentSource) -> None:
    """Add a kind of recent things; called from an app's `ready()`. ValueError when the code is taken by another."""
    if _recent.setdefault(source.code, source) is not source:
        raise ValueError(f"two sources of recent things are called {source.code}")


def waiting_sources() -> tuple[WaitingSource, ...]:
    """All kinds of what waits, by code."""
    return tuple(_waiting[code] for code in sorted(_waiting))


def recent_sources() -> tuple[RecentSource, ...]:
    """All kinds of recent things, by code."""
    return tuple(_recent[code] for code in sorted(_recent))


@dataclass(frozen=True, slots=True)
class KindTotal:
    """How many of one kind wait, and the page that lists them."""

    code: str
    label: str | Promise
    total: int
    url: str


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for one actor: the nearest rows, soonest first; how many in all; and how many of each kind."""

    rows: Sequence[Waiting] = ()
    total: int = 0
    kinds: Sequence[KindTotal] = field(default_factory=tuple)

    @property
    def late(self) -> int:
        """How many of the rows shown are overdue."""
        return sum(one.count for one in self.rows if one.is_late)


#: Stands for "no day" where days are compared: what has none comes after what has one, the oldest of them first.
NO_DAY: Final = dt.date.max


def _nearness(one: Waiting) -> tuple[bool, dt.date, dt.date]:
    return not one.is_late, one.due_on or NO_DAY, one.since or NO_DAY


def what_waits(actor: Actor, *, limit: int = SHOWN, kind: str = "") -> Waits:
    """Ask every source that concerns the actor. `kind` keeps the rows of one source; the counts are of all.

    Overdue first, then by day; what has no day follows, the oldest first.
    """
    day, rows, kinds = today(), list[Waiting](), list[KindTotal]()
    for source in waiting_sources():
        if not source.is_for(actor):
            continue
        found = source.find(actor=actor, day=day, limit=limit)
        if found.total:
            kinds.append(KindTotal(source.code, source.label, found.total, source.address(actor)))
        if kind in {"", source.code}:
            rows.extend(found.rows)
    return Waits(sorted(rows, key=_nearness)[:limit], sum(one.total for one in kinds), kinds)


def what_was_recent(actor: Actor, *, limit: int = RECENT) -> list[Recent]:
    """The newest of everything the actor did or asked for, newest first."""
    rows = [row for one in recent_sources() if one.is_for(actor) for row in one.find(actor=actor, limit=limit)]
    return sorted(rows, key=lambda row: row.at, reverse=True)[:limit]


def nearest(rows: models.QuerySet[M], *, order: Sequence[str], limit: int) -> tuple[list[M], int]:
    """The first rows in an order and how many there are in all: one query, however many rows."""
    counted: models.QuerySet[Any] = rows.order_by(*order).annotate(waiting_total=Window(Count("*")))
    found = list(counted[:limit])
    return found, int(found[0].waiting_total) if found else 0


class WaitingRows(Generic[M]):
    """A source whose things are rows of one table, each a line: what most apps register. One query for any number.

    A subclass says who is concerned (`is_for`), which rows wait (`rows`), in which order, and how one reads (`line`).
    """

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    order: ClassVar[tuple[str, ...]]
    #: URL name of the page that lists all of the kind.
    page: ClassVar[str] = ""

    def is_for(self, actor: Actor) -> bool:
        """Whether anything of this kind can wait for this actor. Asks no database."""
        raise NotImplementedError

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[M]:
        """What waits, in no order."""
        raise NotImplementedError

    def line(self, row: M, actor: Actor, day: dt.date) -> Waiting:
        """How one row reads."""
        raise NotImplementedError

    def find(self, *, actor: Actor, day: dt.date, limit: int) -> Found:
        """The nearest rows as lines."""
        rows, total = nearest(self.rows(actor, day), order=self.order, limit=limit)
        return Found([self.line(row, actor, day) for row in rows], total)

    def address(self, actor: Actor) -> str:
        """The page of the kind."""
        return reverse(self.page) if self.page else ""
