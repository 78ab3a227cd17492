"""Channels of notices, and the life of one delivery."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """A way out of the platform. The message inside the platform is no channel: it is always left."""

    MAIL = "mail", _("E-mail")
    SMS = "sms", _("Text message")
    WECHAT = "wechat", _("WeChat service account")


#: Channels that ring or light up in the night; they keep quiet hours.
RINGING = frozenset({Channel.SMS, Channel.WECHAT})


class Category(models.TextChoices):
    """What a kind of notice is about: what people choose by, and what passes quiet hours."""

    LEGAL = "legal", _("Decisions and legal notices")
    SECURITY = "security", _("Your account and your data")
    DEADLINE = "deadline", _("Deadlines")
    ANSWER = "answer", _("Answers and progress")
    NEWS = "news", _("News you asked for")


#: They tell about rights and duties, so they cannot be switched off and wait for no morning.
BINDING = frozenset({Category.LEGAL, Category.SECURITY})


class Audience(models.TextChoices):
    """In which part a person gets a kind of notice."""

    PERSON = "person", _("As a person")
    ORGANIZATION = "organization", _("For an organization")
    OFFICE = "office", _("For an office")


class Delivery(models.TextChoices):
    """Where one notice on one channel stands."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed, will be tried again")
    GIVEN_UP = "given_up", _("Given up")


#: `sending` to `sending` is the try after one whose end nobody knows: the process died between sending and noting it.
TRANSITIONS: dict[str, frozenset[str]] = {
    Delivery.WAITING: frozenset({Delivery.SENDING, Delivery.GIVEN_UP}),
    Delivery.SENDING: frozenset({Delivery.SENDING, Delivery.SENT, Delivery.FAILED, Delivery.GIVEN_UP}),
    Delivery.FAILED: frozenset({Delivery.SENDING, Delivery.GIVEN_UP}),
    #: By an operator's hand, when what was wrong has been mended.
    Delivery.GIVEN_UP: frozenset({Delivery.WAITING}),
}


class Receipt(models.TextChoices):
    """What the provider says became of what it accepted."""

    DELIVERED = "delivered", _("Delivered")
    UNDELIVERED = "undelivered", _("Not delivered")


class ProofKind(models.TextChoices):
    """How it is known that a legal notice reached the person."""

    OPENED = "opened", _("Opened on the platform")
    RECEIPT = "receipt", _("The provider's receipt")


class Hand(models.TextChoices):
    """How a person without phone and e-mail was told, by people. It stands in a proof in place of a channel."""

    LETTER = "letter", _("By letter")
    CALL = "call", _("By telephone call")
    WORKER = "worker", _("In person")


OVERSEE = "notify.oversee"


class Reason(models.TextChoices):
    """Why a delivery failed or was given up. What somebody chose so is in `EXPECTED`; the rest somebody looks at."""

    ERROR = "error", _("The channel refused or did not answer")
    UNKNOWN_END = "unknown_end", _("A try ended without an answer")
    NO_ADDRESS = "no_address", _("The person has no address on this channel")
    SWITCHED_OFF = "switched_off", _("The person switched this notice off")
    NO_COURIER = "no_courier", _("Nobody delivers on this channel")
    CLOSED_HERE = "closed_here", _("The division or the organization does not use this channel")


#: Somebody's own choice or state: nothing is wrong.
EXPECTED = frozenset({Reason.NO_ADDRESS, Reason.SWITCHED_OFF, Reason.CLOSED_HERE})
