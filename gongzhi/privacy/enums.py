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
DECIDE_REQUESTS = "privacy.decide_requests"
SEE_RETENTION = "privacy.see_retention"
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


class RequestKind(models.TextChoices):
    """What a person may ask about their data (personal information protection law, articles 44 to 48)."""

    COPY = "copy", _("A copy of my data")
    CORRECT = "correct", _("Correction")
    DELETE = "delete", _("Deletion")
    RESTRICT = "restrict", _("Restriction of use")


class RequestState(models.TextChoices):
    """Where such a request stands."""

    WAITING = "waiting", _("Waits for a decision")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused with reason")
    WITHDRAWN = "withdrawn", _("Taken back")


REQUEST_STEPS: dict[str, frozenset[str]] = {
    RequestState.WAITING: frozenset({RequestState.DONE, RequestState.REFUSED, RequestState.WITHDRAWN}),
}


class Ground(models.TextChoices):
    """The legal reasons for which a request about one's data may be refused."""

    KEPT_BY_LAW = "kept_by_law", _("A law sets a time for keeping that has not passed (article 47)")
    STILL_NEEDED = "still_needed", _("The data are still needed for the purpose they were given for (article 47)")
    DUTY = "duty", _("A duty laid down by law cannot be done without them (article 13)")
    OTHERS = "others", _("It would open data of other people (article 44)")
    NOT_PROVEN = "not_proven", _("It was not shown that the new value is right (article 46)")
