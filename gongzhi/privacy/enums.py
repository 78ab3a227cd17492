"""Permission codes of privacy, and in what form a look is shown."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

READ_OUT = "privacy.read_out"
ANSWER = "privacy.answer"
SEE_PEOPLE = "privacy.see_people"
EXPORT_PEOPLE = "privacy.export_people"
OPEN_EMERGENCY = "privacy.open_emergency"
HOLD = "privacy.hold"
REVIEW_ACCESS = "privacy.review_access"


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


class ExportState(models.TextChoices):
    """Where an export of people's contact data stands."""

    WAITING = "waiting", _("Being made")
    READY = "ready", _("Ready")
    REMOVED = "removed", _("Removed after its time")


EXPORT_STEPS: dict[str, frozenset[str]] = {
    ExportState.WAITING: frozenset({ExportState.READY}),
    ExportState.READY: frozenset({ExportState.REMOVED}),
}
