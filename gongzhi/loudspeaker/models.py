"""Broadcasts for village loudspeakers: what is to be heard, where and when, and what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.ids import public_id
from gongzhi.core.states import HasState
from gongzhi.core.times import SHANGHAI
from gongzhi.files.models import Upload
from gongzhi.loudspeaker.enums import TRANSITIONS, Played, State
from gongzhi.orgs.models import Agency


def below(path: str) -> Q:
    """Rows whose `path` lies in a division."""
    return Q() if path == "/" else Q(path__gte=path, path__lt=path + chr(1114111))


class PlaceQuerySet(models.QuerySet[Any]):
    """Rows of a division."""

    def visible_to(self, actor: Actor) -> Self:
        """What lies in the division of the agency acted for; a system process sees all."""
        if actor.kind is ActorKind.PROCESS:
            return self
        return self.filter(below(actor.path)) if actor.kind is ActorKind.AGENCY and actor.path else self.none()


class Broadcast(HasState):
    """One announcement of an agency for a division: the speaker's own recording, or a text to be read out.

    What a second person approved is never changed. The text is public once it is heard; it names no person.
    """

    transitions: ClassVar[dict[str, frozenset[str]]] = TRANSITIONS

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT)
    #: The division it is heard in, everything below included.
    path = models.CharField(max_length=64, db_collation="C")
    title = models.CharField(max_length=60)
    recording = models.ForeignKey(Upload, null=True, on_delete=models.PROTECT)
    text = models.TextField(max_length=1000, blank=True, default="")
    first_on = models.DateField()
    last_on = models.DateField()
    #: Times of each of the days, such as `["07:00", "18:30"]`, in Chinese time and in order.
    times: models.JSONField[Any, Any] = models.JSONField(default=list)
    #: Why it must be heard in the quiet hours; empty where it need not.
    urgent_because = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    #: Why it was given back or withdrawn.
    remark = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_person = models.BigIntegerField()
    approved_at = models.DateTimeField(null=True)
    approved_by_person = models.BigIntegerField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        db_table = "loudspeaker_broadcast"
        constraints = [
            models.CheckConstraint(condition=Q(path__endswith="/"), name="loudspeaker_broadcast_path"),
            models.CheckConstraint(
                condition=(Q(recording__isnull=False) & Q(text="")) | (Q(recording__isnull=True) & ~Q(text="")),
                name="loudspeaker_broadcast_sound",
                violation_error_message=_("A broadcast is a recording or a text, one of them."),
            ),
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="loudspeaker_broadcast_days"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="loudspeaker_broadcast_state"),
            models.CheckConstraint(
                condition=Q(approved_by_person__isnull=True) | ~Q(approved_by_person=F("created_by_person")),
                name="loudspeaker_broadcast_second_person",
                violation_error_message=_("Somebody else than who made it approves a broadcast."),
            ),
            models.CheckConstraint(
                condition=~Q(state=State.APPROVED)
                | (Q(approved_at__isnull=False) & Q(approved_by_person__isnull=False)),
                name="loudspeaker_broadcast_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.WITHDRAWN) | (Q(withdrawn_at__isnull=False) & ~Q(remark="")),
                name="loudspeaker_broadcast_withdrawn",
            ),
        ]
        indexes = [models.Index(fields=["path"], name="loudspeaker_broadcast_path_i")]

    def __str__(self) -> str:
        return self.title

    @property
    def moments(self) -> list[dt.datetime]:
        """Every moment it is to be heard, in order."""
        days = (self.last_on - self.first_on).days + 1
        return [
            dt.datetime.combine(self.first_on + dt.timedelta(days=day), dt.time.fromisoformat(time), tzinfo=SHANGHAI)
            for day in range(days)
            for time in self.times
        ]


class Airing(models.Model):
    """One moment an approved broadcast is to be heard. Made when it is approved."""

    broadcast = models.ForeignKey(Broadcast, on_delete=models.PROTECT, related_name="airings")
    at = models.DateTimeField()

    class Meta:
        db_table = "loudspeaker_airing"
        constraints = [models.UniqueConstraint(fields=["broadcast", "at"], name="loudspeaker_airing_once")]
        indexes = [models.Index(fields=["at"], name="loudspeaker_airing_at")]

    def __str__(self) -> str:
        return f"{self.broadcast_id} {self.at:%F %R}"


class PointQuerySet(PlaceQuerySet):
    """Questions about playing points."""

    def in_use(self) -> Self:
        """Not ended."""
        return self.filter(ended_at__isnull=True)


class Point(models.Model):
    """One place where broadcasts are heard: a device that fetches them, or a person at a microphone, with a secret link.

    Its name is a place, never a person. Of the link only the hash is kept.
    """

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    name = models.CharField(max_length=60)
    path = models.CharField(max_length=64, db_collation="C")
    key_sha256 = models.CharField(max_length=64, unique=True, db_collation="C")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_person = models.BigIntegerField()
    #: When it last asked what is due.
    heard_of_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = PointQuerySet.as_manager()

    class Meta:
        db_table = "loudspeaker_point"
        constraints = [
            models.CheckConstraint(condition=Q(path__endswith="/"), name="loudspeaker_point_path"),
            models.CheckConstraint(condition=Q(key_sha256__regex="^[0-9a-f]{64}$"), name="loudspeaker_point_key"),
        ]
        indexes = [models.Index(fields=["path"], name="loudspeaker_point_path_i")]

    def __str__(self) -> str:
        return self.name


class Receipt(models.Model):
    """One playing point says that it played one airing. Never changed, never removed."""

    airing = models.ForeignKey(Airing, on_delete=models.PROTECT, related_name="receipts")
    point = models.ForeignKey(Point, on_delete=models.PROTECT, related_name="receipts")
    how = models.CharField(max_length=8, choices=Played.choices)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "loudspeaker_receipt"
        constraints = [
            models.UniqueConstraint(fields=["airing", "point"], name="loudspeaker_receipt_once"),
            models.CheckConstraint(condition=Q(how__in=Played.values), name="loudspeaker_receipt_how"),
        ]

    def __str__(self) -> str:
        return f"{self.airing_id}:{self.point_id}"
