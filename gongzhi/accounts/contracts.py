"""What other apps plug in: who keeps the queue of reviews, and which app may set which mark of a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed

#: The one kind of review accounts themselves ask for.
IDENTITY_REVIEW: Final = "accounts.identity"


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One review as every queue knows it. `subject` is the public name of what is to be decided, never a person's data.

    The day it is due is counted from `since` in `days` working days; not settled while a year is not announced.
    """

    kind: str
    subject: str
    person_id: int
    path: str
    since: dt.date
    days: int
    due_on: dt.date
    is_settled: bool = True

    def is_overdue(self, on: dt.date) -> bool:
        """Whether its day has certainly passed."""
        return self.is_settled and self.due_on < on


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Some reviews that wait, the soonest due first, and the cursors of the pages around them."""

    rows: Sequence[ReviewItem]
    next: str | None = None
    previous: str | None = None


class ReviewQueue(Protocol):
    """Keeps what officials have to look at by a day. One is registered; another app may put its own in its place and
    take over what is open (`accounts.actions.reviews.move_reviews`).
    """

    def open(self, *, actor: Actor, item: ReviewItem) -> None:
        """Add a review, in the caller's transaction. The same kind and subject is the same review and stays one."""
        ...

    def close(self, *, actor: Actor, kind: str, subject: str, outcome: str) -> None:
        """Somebody decided, or it is needed no more. Nothing happens when it is not open."""
        ...

    def page(self, *, actor: Actor, kind: str, cursor: str = "", size: int = 20) -> ReviewPage:
        """What waits within the actor's reach, soonest due first. A cursor that is none shows the first page."""
        ...

    def find(self, *, actor: Actor, kind: str, subject: str) -> ReviewItem | None:
        """One open review within the actor's reach."""
        ...

    def count(self, *, actor: Actor, kind: str) -> int:
        """How many wait within the actor's reach."""
        ...

    def hand_over(self, *, actor: Actor, limit: int) -> Sequence[ReviewItem]:
        """Give up to `limit` open reviews of any kind to another queue, oldest first: they are open here no more."""
        ...


_queues: list[ReviewQueue] = []


def register_review_queue(queue: ReviewQueue, *, instead: bool = False) -> None:
    """Set the one queue. ValueError when another is there, unless this one takes its place (`instead`)."""
    if _queues and _queues[0] is not queue and not instead:
        raise ValueError("there is a queue of reviews already")
    _queues[:] = [queue]


def review_queue() -> ReviewQueue:
    """The queue. LookupError when no app registered one."""
    if not _queues:
        raise LookupError("no app registered a queue of reviews")
    return _queues[0]


REAL_NAME: Final = "real_name"
#: Stands before a colon and what a guardian agrees to (`enums.Consents`).
GUARDIAN_CONSENT: Final = "guardian_consent"
#: Code of a mark of people, or its part before the colon → the one app that may set it.
PERSON_MARKS: dict[str, str] = {REAL_NAME: "accounts", GUARDIAN_CONSENT: "accounts"}


def register_person_mark(code: str, app: str) -> None:
    """Declare that `app` sets marks with this code, or `code:…`. ValueError when another app does."""
    if PERSON_MARKS.setdefault(code, app) != app:
        raise ValueError(f"the mark {code} of people is set by {PERSON_MARKS[code]}")


def check_mark(code: str, app: str) -> None:
    """Raise `NotAllowed` unless this app may set this mark."""
    if PERSON_MARKS.get(code.partition(":")[0]) != app:
        raise NotAllowed(f"accounts.mark.{code.partition(':')[0]}")
