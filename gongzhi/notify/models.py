"""Messages people find on the platform, what is sent to them outside it, and what they do not want to be sent."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.retention import Retention
from gongzhi.core.states import HasState
from gongzhi.notify.enums import EXPECTED, TRANSITIONS, Channel, Delivery, ProofKind, Reason, Receipt


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows that belong to one person."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own rows, in one's own capacity; a system process sees all. The second wall says the same.

        Who acts for an agency sees none, not even their own: one scope at a time, and a letter to a person is no
        business of the office. They read it after choosing to act for themself.
        """
        if actor.kind is ActorKind.PROCESS:
            return self
        return self.filter(person_id=actor.scope.person) if actor.scope.person is not None else self.none()


class MessageQuerySet(OwnedQuerySet):
    """Questions about messages."""

    def unread(self) -> Self:
        """Not opened yet."""
        return self.filter(read_at__isnull=True)


class Message(models.Model):
    """One notice left for one person on the platform. Ids and codes only; the words are made when it is read.

    Second wall: anybody's action may leave one, only the addressee and system processes find it.
    """

    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    params: models.JSONField[Any, Any] = models.JSONField(default=dict)
    #: Where it leads: the name of a URL and its arguments, so that the address is in the reader's language.
    url_name = models.CharField(max_length=64, blank=True, default="")
    url_args: models.JSONField[Any, Any] = models.JSONField(default=list)
    #: The organization for which the person is told; null for what concerns the person or their office.
    org_id = models.BigIntegerField(null=True)
    #: What makes the notice one: the same key for the same person is the same notice.
    key = models.CharField(max_length=128)
    #: The channels on which it was promised to go out too; the reconciler holds the outbox against them.
    promised = ArrayField(models.CharField(max_length=8), default=list, db_default=[])
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        db_table = "notify_message"
        constraints = [
            models.UniqueConstraint(fields=["person_id", "key"], name="notify_message_once"),
            models.CheckConstraint(
                condition=~Q(kind="") & ~Q(key=""),
                name="notify_message_named",
                violation_error_message=_("A notice has a kind and a key."),
            ),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True) | Q(read_at__gte=models.F("created_at")),
                name="notify_message_read_after",
                violation_error_message=_("A message is read after it was left."),
            ),
        ]
        indexes = [
            models.Index(fields=["person_id", "-created_at", "-id"], name="notify_message_newest"),
            models.Index(fields=["person_id"], condition=Q(read_at__isnull=True), name="notify_message_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


#: A delivery an operator must look at: given up although it was wanted, or accepted and not delivered.
WRONG = (Q(state=Delivery.GIVEN_UP) & ~Q(reason__in=sorted(EXPECTED))) | Q(receipt=Receipt.UNDELIVERED)


class OutboxQuerySet(OwnedQuerySet):
    """Questions about deliveries."""

    def due(self, now: dt.datetime, *, silent_since: dt.datetime) -> Self:
        """What somebody must take up: failed and its time has come, or left alone since `silent_since`, be it before
        the first try or after one that never said how it ended."""
        return self.filter(
            Q(state=Delivery.FAILED, next_try_at__lte=now)
            | Q(state=Delivery.WAITING, next_try_at__lte=silent_since)
            | Q(state=Delivery.SENDING, last_try_at__lte=silent_since)
        )

    def broken(self) -> Self:
        """Given up although somebody wanted it, or accepted and not delivered: what an operator must look at."""
        return self.filter(WRONG)

    def unanswered(self, since: dt.datetime, asked_before: dt.datetime) -> Self:
        """Accepted after `since`, not known to have arrived, and not asked about since `asked_before`."""
        return self.filter(
            Q(asked_at__isnull=True) | Q(asked_at__lt=asked_before),
            state=Delivery.SENT,
            receipt="",
            sent_at__gte=since,
        )


class Outbox(HasState):
    """One notice on its way out on one channel. It is sent, or visibly not; it never disappears.

    Second wall as for messages. The address is looked up when sending and never stored.
    """

    transitions: ClassVar[dict[str, frozenset[str]]] = TRANSITIONS
    personal_fields: ClassVar[dict[str, str]] = {
        "address_masked": "to show the person where a notice went; 3 years",
    }
    retention: ClassVar[tuple[Retention, ...]] = (Retention("created_at", 3 * 365, ("address_masked",)),)

    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    params: models.JSONField[Any, Any] = models.JSONField(default=dict)
    key = models.CharField(max_length=128)
    org_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    state = models.CharField(max_length=8, choices=Delivery.choices, default=Delivery.WAITING)
    #: Tries that began. More than one on a sent row means that somebody may have it twice.
    attempts = models.SmallIntegerField(default=0)
    #: Tries whose end nobody knows: each may have been a delivery.
    unknown_ends = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)
    last_try_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=16, blank=True, default="", choices=Reason.choices)
    #: What went wrong, as the name of an exception; never its text, which may hold an address.
    fault = models.CharField(max_length=64, blank=True, default="")
    #: Goes out with every try (Message-ID of the mail), so that a repeated one can be recognized.
    reference = models.UUIDField(default=uuid.uuid4, unique=True)
    #: Where it went, as its owner sees it: `138****0013`. Written when it is handed over.
    address_masked = models.CharField(max_length=64, blank=True, default="", db_default="")
    #: What the provider said later, and when it was asked last.
    receipt = models.CharField(max_length=12, blank=True, default="", db_default="", choices=Receipt.choices)
    receipt_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        db_table = "notify_outbox"
        constraints = [
            models.UniqueConstraint(fields=["person_id", "key", "channel"], name="notify_outbox_once"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="notify_outbox_channel"),
            models.CheckConstraint(condition=Q(state__in=Delivery.values), name="notify_outbox_state"),
            models.CheckConstraint(condition=Q(reason__in=["", *Reason.values]), name="notify_outbox_reason"),
            models.CheckConstraint(
                condition=Q(state=Delivery.SENT, sent_at__isnull=False)
                | (~Q(state=Delivery.SENT) & Q(sent_at__isnull=True)),
                name="notify_outbox_sent",
                violation_error_message=_("What is sent has a time of sending, and nothing else has."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[Delivery.FAILED, Delivery.GIVEN_UP]) | ~Q(reason=""),
                name="notify_outbox_explained",
                violation_error_message=_("A failed delivery says why."),
            ),
            models.CheckConstraint(
                condition=Q(receipt="", receipt_at__isnull=True)
                | Q(receipt__in=Receipt.values, receipt_at__isnull=False, state=Delivery.SENT),
                name="notify_outbox_receipt",
                violation_error_message=_("Only what was sent has a receipt, and a receipt has its time."),
            ),
            models.CheckConstraint(
                condition=Q(unknown_ends__gte=0, attempts__gte=models.F("unknown_ends")), name="notify_outbox_attempts"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(state__in=[Delivery.WAITING, Delivery.SENDING, Delivery.FAILED]),
                name="notify_outbox_open",
            ),
            models.Index(fields=["person_id", "-id"], name="notify_outbox_newest"),
            models.Index(fields=["-id"], condition=WRONG, name="notify_outbox_wrong"),
            models.Index(
                fields=["sent_at"], condition=Q(state=Delivery.SENT, receipt=""), name="notify_outbox_unanswered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.state}"

    def may_begin(self, now: dt.datetime, *, silent_since: dt.datetime) -> bool:
        """Whether a try may begin: none did yet, or the wait is over, or the last one has been silent for too long."""
        if self.state == Delivery.SENDING:
            return self.last_try_at is not None and self.last_try_at <= silent_since
        return self.state == Delivery.WAITING or (self.state == Delivery.FAILED and self.next_try_at <= now)


class Preference(models.Model):
    """Whether one person wants one kind of notice on one channel. No row: yes."""

    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    on = models.BooleanField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        db_table = "notify_preference"
        constraints = [
            models.UniqueConstraint(fields=["person_id", "kind", "channel"], name="notify_preference_once"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="notify_preference_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {'on' if self.on else 'off'}"


class QuietHours(models.Model):
    """When one person does not want to be rung: from `begins` to `ends`, Shanghai time, across midnight where it lies.

    No row: the platform's own hours. Equal times: none at all.
    """

    person_id = models.BigIntegerField(primary_key=True)
    begins = models.TimeField()
    ends = models.TimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        db_table = "notify_quiet_hours"
        verbose_name_plural = "quiet hours"

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}–{self.ends:%H:%M}"


class Proof(models.Model):
    """How it is known that one legal notice reached one person. Appended, never changed; several may stand for one notice."""

    person_id = models.BigIntegerField()
    #: The message's own key: the proof outlives the message's place in a list.
    key = models.CharField(max_length=128)
    kind = models.CharField(max_length=64)
    how = models.CharField(max_length=8, choices=ProofKind.choices)
    channel = models.CharField(max_length=8, blank=True, default="")
    at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        db_table = "notify_proof"
        constraints = [
            models.UniqueConstraint(fields=["person_id", "key", "how", "channel"], name="notify_proof_once"),
            models.CheckConstraint(condition=Q(how__in=ProofKind.values), name="notify_proof_how"),
            models.CheckConstraint(
                condition=Q(how=ProofKind.OPENED, channel="") | (Q(how=ProofKind.RECEIPT) & ~Q(channel="")),
                name="notify_proof_channel",
                violation_error_message=_("A receipt names its channel, and nothing else does."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.how}"
