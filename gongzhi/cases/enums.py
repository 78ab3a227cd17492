"""States of a case, what can happen to it, kinds of steps, and permission codes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: Begin, fill in, hand in and withdraw a case for an organization.
APPLY = "cases.apply"
#: Read cases within reach, accept them, send them back, work on their steps.
REVIEW = "cases.review"
#: Decide a case, or confirm somebody else's decision.
DECIDE = "cases.decide"
#: Publish a case type.
PUBLISH = "cases.publish"


class State(models.TextChoices):
    """Where a case stands. The appended statuses are the truth; the case keeps a copy of the newest."""

    DRAFT = "draft", _("Being filled in")
    SUBMITTED = "submitted", _("Handed in, not accepted yet")
    CORRECTION = "correction", _("To be completed")
    ACCEPTED = "accepted", _("Accepted, being examined")
    PUBLICITY = "publicity", _("Announced for objections")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    NOT_ACCEPTED = "not_accepted", _("Not accepted")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    LAPSED = "lapsed", _("Lapsed")


#: Which state may follow which. A status that leaves the state as it is (a step done, a transfer) is not listed.
STEPS: dict[str, frozenset[str]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN}),
    State.SUBMITTED: frozenset({State.ACCEPTED, State.CORRECTION, State.NOT_ACCEPTED, State.WITHDRAWN}),
    State.CORRECTION: frozenset({State.SUBMITTED, State.ACCEPTED, State.WITHDRAWN, State.LAPSED}),
    State.ACCEPTED: frozenset(
        {State.CORRECTION, State.PUBLICITY, State.APPROVED, State.REFUSED, State.WITHDRAWN, State.LAPSED}
    ),
    State.PUBLICITY: frozenset({State.ACCEPTED, State.WITHDRAWN}),
}
#: The applicant may write.
WRITABLE = (State.DRAFT, State.CORRECTION)
#: The office works on it.
AT_OFFICE = (State.SUBMITTED, State.ACCEPTED, State.PUBLICITY)
#: It is over.
CLOSED = (State.APPROVED, State.REFUSED, State.NOT_ACCEPTED, State.WITHDRAWN, State.LAPSED)


class Event(models.TextChoices):
    """What a status says happened."""

    BEGUN = "begun", _("Begun")
    SUBMITTED = "submitted", pgettext_lazy("application", "Handed in")
    RESUBMITTED = "resubmitted", _("Handed in again")
    ACCEPTED = "accepted", _("Accepted")
    SILENCE = "silence", _("Accepted because nothing was asked for in time")
    RETURNED = "returned", _("Sent back to be completed")
    STEP_DONE = "step_done", _("Step done")
    CONSENTED = "consented", _("Consent given")
    OBJECTED = "objected", _("Consent not given")
    PROPOSED = "proposed", _("Decision proposed; a second person confirms")
    PROPOSAL_DROPPED = "proposal_dropped", _("Proposed decision not confirmed")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused with reason")
    NOT_ACCEPTED = "not_accepted", _("Not accepted, with reason")
    WITHDRAWN = "withdrawn", _("Withdrawn by the applicant")
    LAPSED = "lapsed", _("Lapsed: not completed in time")
    TRANSFERRED = "transferred", _("Handed to another office")
    ANNOUNCED = "announced", _("Announced for objections")
    PUBLICITY_OVER = "publicity_over", _("Time for objections over")
    ESCALATED = "escalated", _("Overdue: the head of the office was told")


class StepKind(models.TextChoices):
    """The six kinds of steps a flow is made of."""

    REVIEW = "review", _("Examination")
    CONSENT = "consent", _("Consent of another authority")
    TOGETHER = "together", _("Several departments side by side")
    PUBLICITY = "publicity", _("Announcement for objections")
    HEARING = "hearing", _("Hearing")
    DECIDE = "decide", _("Decision")


class Nature(models.TextChoices):
    """What a service is in law; licences have the time limits of the licensing law."""

    LICENCE = "licence", _("Licence")
    FILING = "filing", _("Filing")
    REPORT = "report", _("Report")


class FieldType(models.TextChoices):
    """What can be asked for."""

    TEXT = "text", _("One line of text")
    LONG_TEXT = "long_text", _("Several lines of text")
    INTEGER = "integer", _("Whole number")
    MONEY = "money", _("Amount of money")
    DATE = "date", _("Date")
    YES_NO = "yes_no", _("Yes or no")
    CHOICE = "choice", _("One of several")
    CHOICES = "choices", _("Any of several")
    DIVISION = "division", _("Administrative division")
    ORGANIZATION = "organization", _("Registered organization")
    AGENCY = "agency", _("Authority on this platform")
    PERSON = "person", _("Name of a person")
    ID_NUMBER = "id_number", _("Resident identity number")
    PHONE = "phone", _("Telephone number")
    ROWS = "rows", _("Repeated rows")
    TABLE = "table", _("Table with fixed rows")
    FILE = "file", _("File")


#: About a natural person by their nature: always sealed.
PERSONAL_TYPES = frozenset({FieldType.PERSON, FieldType.ID_NUMBER, FieldType.PHONE})


class TypeState(models.TextChoices):
    """How far a version of a case type is."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Replaced or taken back")


class Outcome(models.TextChoices):
    """What a decision says."""

    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class ClockKind(models.TextChoices):
    """Which time limit runs."""

    ACCEPT = "accept", _("To say whether it is accepted")
    DECIDE = "decide", _("To decide, by law")
    PROMISED = "promised", _("To decide, as promised")
    CORRECT = "correct", _("To complete the application")
    PUBLICITY = "publicity", _("For objections")


class Side(models.TextChoices):
    """Who wrote a message."""

    APPLICANT = "applicant", _("Applicant")
    OFFICE = "office", _("Office")
