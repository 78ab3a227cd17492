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


class Topic(models.TextChoices):
    """Where in the life of an organization a service belongs: how people look for it."""

    FOUND = "found", _("Founding an organization")
    CHANGE = "change", _("Something changes")
    CHARITY = "charity", _("Charity and public fundraising")
    ACTIVITY = "activity", _("Activities")
    END = "end", _("An organization ends")
    OTHER = "other", _("Other services")


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


class Grade(models.IntegerChoices):
    """The five grades of 好差评; the two lowest are bad ones and are answered."""

    VERY_SATISFIED = 5, _("Very satisfied")
    SATISFIED = 4, _("Satisfied")
    FAIR = 3, _("Fair")
    DISSATISFIED = 2, _("Dissatisfied")
    VERY_DISSATISFIED = 1, _("Very dissatisfied")


#: From this grade down a rating is bad.
BAD = Grade.DISSATISFIED


class TripReason(models.TextChoices):
    """Why somebody had to come in person."""

    PAPER = "paper", _("To hand in paper")
    SIGNATURE = "signature", _("To sign, or to show who I am")
    COLLECT = "collect", _("To collect a paper")
    CALLED = "called", _("The office asked me to come")
    SYSTEM = "system", _("Something did not work online")
    OTHER = "other", _("For another reason")


class ClockKind(models.TextChoices):
    """Which time limit runs."""

    ACCEPT = "accept", _("To say whether it is accepted")
    DECIDE = "decide", _("To decide, by law")
    PROMISED = "promised", _("To decide, as promised")
    CORRECT = "correct", _("To complete the application")
    PUBLICITY = "publicity", _("For objections")


class DocumentKind(models.TextChoices):
    """What an office writes to the applicant, or keeps about its delivery (文书)."""

    ACCEPTANCE = "acceptance", pgettext_lazy("document", "Notice of acceptance")
    CORRECTION = "correction", pgettext_lazy("document", "Notice of everything that is missing")
    NOT_ACCEPTED = "not_accepted", pgettext_lazy("document", "Decision not to accept")
    APPROVAL = "approval", pgettext_lazy("document", "Decision of approval")
    REFUSAL = "refusal", pgettext_lazy("document", "Decision of refusal")
    FILING_RECEIPT = "filing_receipt", pgettext_lazy("document", "Receipt of filing")
    DELIVERY = "delivery", pgettext_lazy("document", "Receipt of delivery")


#: What a status may yield. A service says by its nature, or in its file, which of these it has.
DOCUMENTS_OF: dict[str, tuple[DocumentKind, ...]] = {
    Event.ACCEPTED: (DocumentKind.ACCEPTANCE,),
    Event.SILENCE: (DocumentKind.ACCEPTANCE,),
    Event.RETURNED: (DocumentKind.CORRECTION,),
    Event.NOT_ACCEPTED: (DocumentKind.NOT_ACCEPTED,),
    Event.APPROVED: (DocumentKind.APPROVAL, DocumentKind.FILING_RECEIPT),
    Event.REFUSED: (DocumentKind.REFUSAL,),
}
#: What a service yields whose file says nothing. A licence has every document the licensing law asks for.
DOCUMENTS: dict[str, tuple[DocumentKind, ...]] = {
    Nature.LICENCE: (
        DocumentKind.ACCEPTANCE,
        DocumentKind.CORRECTION,
        DocumentKind.NOT_ACCEPTED,
        DocumentKind.APPROVAL,
        DocumentKind.REFUSAL,
    ),
    Nature.FILING: (
        DocumentKind.CORRECTION,
        DocumentKind.NOT_ACCEPTED,
        DocumentKind.FILING_RECEIPT,
        DocumentKind.REFUSAL,
    ),
    Nature.REPORT: (DocumentKind.CORRECTION, DocumentKind.NOT_ACCEPTED),
}


class Delivery(models.TextChoices):
    """How a document reached the applicant."""

    ELECTRONIC = "electronic", _("Opened on this platform")
    IN_PERSON = "in_person", _("Handed over in person")
    POST = "post", _("Sent by post")


class Side(models.TextChoices):
    """Who wrote a message."""

    APPLICANT = "applicant", _("Applicant")
    OFFICE = "office", _("Office")
