"""What loudspeaker answers for the list of what waits: broadcasts a second person has to approve."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.waiting import Recent, Waiting, WaitingRows
from gongzhi.loudspeaker.enums import APPROVE, PREPARE, State
from gongzhi.loudspeaker.models import Broadcast
from gongzhi.loudspeaker.selectors import is_on


@lru_cache(maxsize=64)
def _is_on(_request: uuid.UUID, path: str) -> bool:
    """Whether the module is on in a place; asked once a request by both lists."""
    return is_on(path)


class BroadcastsWaiting(WaitingRows[Broadcast]):
    """Broadcasts a colleague prepared: heard only after somebody else approved them."""

    code = "loudspeaker.broadcast"
    label = _("Broadcasts to approve")
    order = ("first_on", "pk")
    page = "loudspeaker:broadcast_list"

    def is_for(self, actor: Actor) -> bool:
        """Who may approve."""
        return actor.kind is ActorKind.AGENCY and actor.may(APPROVE) and _is_on(actor.request_id, actor.path)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Broadcast]:
        """Others' within the division."""
        waiting: models.QuerySet[Any] = Broadcast.objects.visible_to(actor).filter(state=State.WAITING)
        return waiting.exclude(created_by_person=actor.person_id)

    def line(self, row: Broadcast, actor: Actor, day: dt.date) -> Waiting:
        """Due on the first day it is to be heard."""
        return Waiting(
            _("Approve a broadcast"),
            row.title,
            reverse("loudspeaker:broadcast_detail", args=[row.public_id]),
            since=row.created_at.date(),
            due_on=row.first_on,
            is_late=row.first_on < day,
        )


WAITING = (BroadcastsWaiting(),)


class BroadcastsMade:
    """Broadcasts the official prepared."""

    code = "loudspeaker.broadcast"

    def is_for(self, actor: Actor) -> bool:
        """Who may prepare."""
        return actor.kind is ActorKind.AGENCY and actor.may(PREPARE) and _is_on(actor.request_id, actor.path)

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = Broadcast.objects.visible_to(actor).filter(created_by_person=actor.person_id)
        return [
            Recent(
                _("Broadcast"),
                one.title,
                reverse("loudspeaker:broadcast_detail", args=[one.public_id]),
                one.created_at,
                one.get_state_display(),
            )
            for one in rows.order_by("-created_at", "-pk")[:limit]
        ]


RECENT = (BroadcastsMade(),)
