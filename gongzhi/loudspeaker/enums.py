"""States of a broadcast, and permission codes."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

#: The name under which it is switched on and off among the settings.
MODULE: Final = "loudspeaker"

#: Write or record a broadcast, ask for its approval, withdraw it.
PREPARE: Final = "loudspeaker.prepare"
#: Approve somebody else's broadcast, or give it back.
APPROVE: Final = "loudspeaker.approve"
#: Add and end playing points.
KEEP_POINTS: Final = "loudspeaker.keep_points"


class State(models.TextChoices):
    """Where a broadcast stands."""

    DRAFT = "draft", _("Draft")
    WAITING = "waiting", _("Waits for a second person")
    APPROVED = "approved", _("Approved")
    WITHDRAWN = "withdrawn", _("Withdrawn")


#: What was approved is never changed: it can only be withdrawn, and another one made.
TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    State.DRAFT: frozenset({State.WAITING, State.WITHDRAWN}),
    State.WAITING: frozenset({State.DRAFT, State.APPROVED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.WITHDRAWN}),
}


class Played(models.TextChoices):
    """How a playing point says that a broadcast was played."""

    DEVICE = "device", _("the device played it")
    PERSON = "person", _("a person played or read it out")
