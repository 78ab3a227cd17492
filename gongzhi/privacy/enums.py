"""Permission codes of privacy, and in what form a look is shown."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

READ_OUT = "privacy.read_out"
ANSWER = "privacy.answer"


class Shown(models.TextChoices):
    """What a line of "who looked at my data" tells."""

    SEEN = "seen", _("Seen")
    EXPORT = "export", _("Exported in a list")
    EMERGENCY = "emergency", _("Emergency access")
    REFUSED = "refused", _("Refused by the system")


class QuestionState(models.TextChoices):
    """Where a question about a look stands."""

    OPEN = "open", _("Waits for an answer")
    ANSWERED = "answered", _("Answered")


#: Which state may follow which.
QUESTION_STEPS: dict[str, frozenset[str]] = {QuestionState.OPEN: frozenset({QuestionState.ANSWERED})}
