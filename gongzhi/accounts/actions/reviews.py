"""The platform's own queue of reviews, and how what is open moves to another one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.utils import timezone

from gongzhi.accounts import policies
from gongzhi.accounts.contracts import ReviewItem, ReviewPage, ReviewQueue
from gongzhi.accounts.enums import ReviewState
from gongzhi.accounts.models import Review
from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import today
from gongzhi.reference import calendar
from gongzhi.reference.calendar import Calendar
from gongzhi.rulebook.selectors import layers

SEALS: dict[str, str] = {"move_reviews": "It is about people."}

AT_ONCE: Final = 500


def new_item(*, kind: str, subject: str, person_id: int, path: str, parameter: str) -> ReviewItem:
    """A review that begins today and is due so many working days later as the parameter says for the division, or as it promises."""
    since, days = today(), layers.days_within(parameter, path=path)
    due = calendar.add_working_days(since, days)
    return ReviewItem(kind, subject, person_id, path, since, days, due.date, due.settled)


def _item(row: Review) -> ReviewItem:
    return ReviewItem(row.kind, row.subject, row.person_id, row.path, row.since, row.days, row.due_on, row.is_settled)


class TableQueue:
    """Reviews in a table of accounts: what is registered until another app keeps them. Also counts its days anew when
    the holidays of a year are announced."""

    name = "accounts"

    def open(self, *, actor: Actor, item: ReviewItem) -> None:
        """A row, once for each kind and subject."""
        Review.objects.get_or_create(
            kind=item.kind,
            subject=item.subject,
            defaults={
                "person_id": item.person_id,
                "path": item.path,
                "since": item.since,
                "days": item.days,
                "due_on": item.due_on,
                "is_settled": item.is_settled,
            },
        )

    def close(self, *, actor: Actor, kind: str, subject: str, outcome: str) -> None:
        """Set who closed it, when and how."""
        Review.objects.visible_to(actor).waiting().filter(kind=kind, subject=subject).update(
            state=ReviewState.CLOSED, outcome=outcome, reviewer_id=actor.person_id, closed_at=timezone.now()
        )

    def page(self, *, actor: Actor, kind: str, cursor: str = "", size: int = 20) -> ReviewPage:
        """One query."""
        rows = Review.objects.visible_to(actor).waiting().filter(kind=kind)
        order = ("due_on", "pk")
        page = page_or_first(rows, name="reviews", order=order, cursor=cursor, size=size)
        return ReviewPage([_item(row) for row in page.rows], page.next, page.previous)

    def find(self, *, actor: Actor, kind: str, subject: str) -> ReviewItem | None:
        """One query."""
        row = Review.objects.visible_to(actor).waiting().filter(kind=kind, subject=subject).first()
        return _item(row) if row else None

    def count(self, *, actor: Actor, kind: str) -> int:
        """One query."""
        return Review.objects.visible_to(actor).waiting().filter(kind=kind).count()

    def hand_over(self, *, actor: Actor, limit: int) -> Sequence[ReviewItem]:
        """Locked and marked as moved, in the caller's transaction."""
        rows = list(
            Review.objects.visible_to(actor).waiting().order_by("pk").select_for_update(skip_locked=True)[:limit]
        )
        Review.objects.filter(pk__in=[row.pk for row in rows]).update(state=ReviewState.MOVED, closed_at=timezone.now())
        return [_item(row) for row in rows]

    def resettle(self, *, actor: Actor, calendar: Calendar, since: dt.date) -> int:
        """Count anew what is open and not settled, or due on or after a day that an announcement may change."""
        changed = 0
        with acting(Actor.system("accounts.reviews")):
            for row in Review.objects.waiting().filter(due_on__gte=since) | Review.objects.waiting().filter(
                is_settled=False
            ):
                due = calendar.add_working_days(row.since, row.days)
                if (due.date, due.settled) != (row.due_on, row.is_settled):
                    row.due_on, row.is_settled = due.date, due.settled
                    row.save(update_fields=["due_on", "is_settled"])
                    changed += 1
        return changed


TABLE: Final = TableQueue()


@transaction.atomic
def move_reviews(*, actor: Actor, source: ReviewQueue, target: ReviewQueue) -> int:
    """Move every open review from one queue to another with its day unchanged; how many. All or none.

    For the app that takes the queue over: it registers its own and calls this once. Safe to run twice.
    """
    if not policies.can_move_reviews(actor):
        raise NotAllowed("accounts.move_reviews")
    moved = 0
    while items := source.hand_over(actor=actor, limit=AT_ONCE):
        for item in items:
            target.open(actor=actor, item=item)
        moved += len(items)
    if moved:
        audit.record(actor=actor, event="accounts.reviews.moved", details={"reviews": moved})
    return moved
