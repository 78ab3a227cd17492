"""What is asked, granted and held back about personal data. Every table stands behind the second wall."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.models import Person
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.ids import public_id
from gongzhi.core.retention import Retention
from gongzhi.core.states import HasState
from gongzhi.orgs.models import Agency
from gongzhi.privacy.enums import (
    EXPORT_STEPS,
    QUESTION_STEPS,
    REQUEST_STEPS,
    ExportState,
    Ground,
    QuestionState,
    RequestKind,
    RequestState,
)

#: No notice is held back for longer, whatever two officials wish. The ordinary longest term is a parameter.
LONGEST_HOLD_DAYS: Final = 366
THREE_YEARS: Final = 3 * 365
#: By so much a day can move back once the holidays of its year are announced; before, nobody is called late.
LONGEST_REST: Final = dt.timedelta(days=10)


def within(rows: models.QuerySet, actor: Actor) -> models.QuerySet:  # type: ignore[type-arg]  # any model with a path
    """Rows of the divisions an agency reaches; a process sees all, everybody else none. As the second wall has it."""
    if actor.kind is ActorKind.PROCESS or actor.scope.path == "/":
        return rows
    if actor.scope.path:
        return rows.filter(path__gte=actor.scope.path, path__lt=actor.scope.path + chr(1114111))
    return rows.none()


class HoldQuerySet(models.QuerySet["Hold"]):
    """Questions about held-back notices."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of the agency's divisions. The person concerned sees their number and last day, never the row."""
        return within(self, actor)  # type: ignore[return-value]

    def holding(self, day: dt.date) -> Self:
        """Those that keep looks from being shown on a day: approved by a second official, open, within their term."""
        return self.filter(approved_at__isnull=False, closed_at__isnull=True, until__gte=day)


class Hold(models.Model):
    """One investigation whose looks are shown later: proposed by one official, approved by another, with a last day.

    Looks made under it appear when it closes, at the latest on the day after `until`. None is held for ever.
    """

    #: Nothing of the person concerned stands here: which looks it covers is said by the looks.
    personal_fields: ClassVar[dict[str, str]] = {
        "reason": "why the notice waits, in words that may speak of persons; 3 years after its last day",
    }
    retention: ClassVar[tuple[Retention, ...]] = (Retention("until", THREE_YEARS),)

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=64, db_collation="C")
    #: The investigation's own reference, such as the number of its file.
    matter = models.CharField(max_length=60)
    reason = models.TextField()
    until = models.DateField()
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_on = models.DateField()
    approved_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        db_table = "privacy_hold"
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
                name="privacy_hold_two_persons",
                violation_error_message=_("A second official has to approve it."),
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="privacy_hold_approved",
            ),
            models.CheckConstraint(
                condition=Q(until__gte=F("proposed_on"))
                & Q(until__lte=F("proposed_on") + dt.timedelta(days=LONGEST_HOLD_DAYS)),
                name="privacy_hold_has_an_end",
                violation_error_message=_("A notice is held back for a year at most."),
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(matter=""), name="privacy_hold_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.matter} until {self.until}"

    def holds_on(self, day: dt.date) -> bool:
        """Whether looks made under it are not shown yet on a day."""
        return self.approved_at is not None and self.closed_at is None and self.until >= day


class QuestionQuerySet(models.QuerySet["Question"]):
    """Questions about questions."""

    def visible_to(self, actor: Actor) -> Self:
        """Who asked, and the office that was asked: an agency with its divisions, or an organization."""
        if actor.kind is not ActorKind.PROCESS and actor.scope.person is not None:
            return self.filter(person_id=actor.scope.person)
        if actor.kind is not ActorKind.PROCESS and actor.scope.org is not None:
            return self.filter(Q(org_id=actor.scope.org) | Q(to_org=actor.scope.org))
        return within(self, actor)  # type: ignore[return-value]

    def waiting(self) -> Self:
        """Those nobody has answered yet."""
        return self.filter(state=QuestionState.OPEN)

    def overdue(self, day: dt.date) -> Self:
        """Those whose day has passed without an answer."""
        settled = Q(due_settled=True, due_on__lt=day)
        return self.waiting().filter(settled | Q(due_on__lt=day - LONGEST_REST))


class Question(HasState):
    """ "Why did you look?": one person or organization asks the office that looked; it answers within a time."""

    transitions = QUESTION_STEPS
    personal_fields: ClassVar[dict[str, str]] = {
        "says": "what the person wants to know; 3 years after the answer",
        "answer": "the office's answer, which may speak of the person; 3 years after it",
    }
    retention: ClassVar[tuple[Retention, ...]] = (Retention("answered_at", THREE_YEARS),)

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    #: The look, and its time, because the table of looks is partitioned by it.
    look_id = models.BigIntegerField()
    look_at = models.DateTimeField()
    #: Who asks: one of the two.
    person_id = models.BigIntegerField(null=True)
    org_id = models.BigIntegerField(null=True)
    #: Who is asked: one of the two; `path` is the agency's division.
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", null=True)
    to_org = models.BigIntegerField(null=True)
    path = models.CharField(max_length=64, db_collation="C", blank=True, default="")
    says = models.TextField(blank=True, default="")
    asked_at = models.DateTimeField(auto_now_add=True)
    due_on = models.DateField()
    #: False while the holidays of the due year are not announced: then it is the earliest day it can be.
    due_settled = models.BooleanField(default=True)
    state = models.CharField(max_length=16, choices=QuestionState.choices, default=QuestionState.OPEN)
    answer = models.TextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        db_table = "privacy_question"
        constraints = [
            models.UniqueConstraint(fields=["look_id", "person_id"], name="privacy_question_once_person"),
            models.UniqueConstraint(fields=["look_id", "org_id"], name="privacy_question_once_org"),
            models.CheckConstraint(
                condition=Q(person_id__isnull=True) ^ Q(org_id__isnull=True), name="privacy_question_one_asks"
            ),
            models.CheckConstraint(
                condition=Q(agency__isnull=True) ^ Q(to_org__isnull=True), name="privacy_question_one_is_asked"
            ),
            models.CheckConstraint(
                condition=Q(state=QuestionState.OPEN, answered_at__isnull=True, answer="")
                | (Q(state=QuestionState.ANSWERED, answered_at__isnull=False) & ~Q(answer="")),
                name="privacy_question_answered",
            ),
        ]
        indexes = [models.Index(fields=["path", "due_on"], condition=Q(state="open"), name="privacy_question_open")]

    def __str__(self) -> str:
        return f"{self.public_id} {self.state}"

    def is_overdue(self, day: dt.date) -> bool:
        """Whether its day has passed without an answer."""
        late_from = self.due_on if self.due_settled else self.due_on + LONGEST_REST
        return self.state == QuestionState.OPEN and late_from < day


class ToldMonth(models.Model):
    """One month whose looks everybody concerned was told about. Counts only: it says that it was done, not to whom."""

    first = models.DateField(unique=True)
    told_at = models.DateTimeField(auto_now_add=True)
    people = models.IntegerField()
    looks = models.IntegerField()

    class Meta:
        db_table = "privacy_told_month"
        constraints = [
            models.CheckConstraint(condition=Q(first__day=1), name="privacy_told_month_first"),
            models.CheckConstraint(condition=Q(people__gte=0, looks__gte=0), name="privacy_told_month_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


class GrantQuerySet(models.QuerySet["Grant"]):
    """Questions about emergency access."""

    def visible_to(self, actor: Actor) -> Self:
        """Whose record was opened, and the agencies of the division it was opened from."""
        if actor.kind is not ActorKind.PROCESS and actor.scope.person is not None:
            return self.filter(person_id=actor.scope.person)
        return within(self, actor)  # type: ignore[return-value]

    def open_at(self, moment: dt.datetime) -> Self:
        """Those that still open the record."""
        return self.filter(until__gt=moment)

    def to_review(self) -> Self:
        """Those no administrator has judged yet."""
        return self.filter(reviewed_at__isnull=True)


class Grant(models.Model):
    """Emergency access: one official opens one person's record for some hours, with a reason, in the person's sight.

    The person is told at once; an administrator judges it afterwards.
    """

    personal_fields: ClassVar[dict[str, str]] = {
        "reason": "why it could not wait, which may speak of the person; 3 years after the review",
        "review": "what the administrator found; 3 years after the review",
    }
    retention: ClassVar[tuple[Retention, ...]] = (Retention("reviewed_at", THREE_YEARS),)

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=64, db_collation="C")
    official = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    reviewed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    reviewed_at = models.DateTimeField(null=True)
    #: What the review found: whether it was in order.
    in_order = models.BooleanField(null=True)
    review = models.TextField(blank=True, default="")

    objects = GrantQuerySet.as_manager()

    class Meta:
        db_table = "privacy_grant"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="privacy_grant_reason"),
            models.CheckConstraint(condition=~Q(official=F("person")), name="privacy_grant_of_another"),
            models.CheckConstraint(
                condition=Q(until__gt=F("opened_at")) & Q(until__lte=F("opened_at") + dt.timedelta(days=7)),
                name="privacy_grant_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("official")),
                name="privacy_grant_two_persons",
                violation_error_message=_("Somebody else has to review it."),
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True, in_order__isnull=True)
                | (Q(reviewed_at__isnull=False, reviewed_by__isnull=False, in_order__isnull=False) & ~Q(review="")),
                name="privacy_grant_reviewed",
            ),
        ]
        indexes = [models.Index(fields=["official", "person", "until"], name="privacy_grant_live")]

    def __str__(self) -> str:
        return f"{self.public_id} until {self.until:%Y-%m-%d %H:%M}"


class ExportQuerySet(models.QuerySet["Export"]):
    """Questions about exports."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of the agency's divisions."""
        return within(self, actor)  # type: ignore[return-value]


class Export(HasState):
    """One list of people's contact data an official asked for, with purpose and reason. The file is sealed in the row."""

    transitions = EXPORT_STEPS
    personal_fields: ClassVar[dict[str, str]] = {
        "content_sealed": "the list itself, for the official to take; 7 days after it was made",
        "reason": "why the list is needed; as long as the looks it made are kept",
    }
    retention: ClassVar[tuple[Retention, ...]] = (Retention("made_at", 8, ("content_sealed",)),)

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=64, db_collation="C")
    official = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=64)
    reason = models.TextField()
    state = models.CharField(max_length=16, choices=ExportState.choices, default=ExportState.WAITING)
    people = models.IntegerField(default=0)
    content_sealed = models.BinaryField(default=b"")
    asked_at = models.DateTimeField(auto_now_add=True)
    made_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        db_table = "privacy_export"
        constraints = [
            models.CheckConstraint(condition=~Q(reason="") & ~Q(purpose=""), name="privacy_export_reason"),
            models.CheckConstraint(
                condition=Q(state=ExportState.WAITING) | Q(made_at__isnull=False), name="privacy_export_made"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.state}"


class RequestQuerySet(models.QuerySet["Request"]):
    """Questions about requests."""

    def visible_to(self, actor: Actor) -> Self:
        """Who made it, and the platform's operator, whose reach is the whole country."""
        if actor.kind is not ActorKind.PROCESS and actor.scope.person is not None:
            return self.filter(person_id=actor.scope.person)
        return within(self, actor)  # type: ignore[return-value]

    def waiting(self) -> Self:
        """Those nobody has decided yet."""
        return self.filter(state=RequestState.WAITING)


class Request(HasState):
    """What a person asks about their own data: a copy, a correction, deletion, restriction. With a day for the answer."""

    transitions = REQUEST_STEPS
    personal_fields: ClassVar[dict[str, str]] = {
        "says_sealed": "what the person wants it to say; 3 years after the decision",
        "answer": "what was decided and why; 3 years after the decision",
        "content_sealed": "the copy itself, for the person to take; 7 days after it was made",
    }
    retention: ClassVar[tuple[Retention, ...]] = (
        Retention("decided_at", 7, ("content_sealed",)),
        Retention("decided_at", THREE_YEARS),
    )

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    #: The whole country: the operator of the platform decides.
    path = models.CharField(max_length=64, db_collation="C", default="/")
    kind = models.CharField(max_length=16, choices=RequestKind.choices)
    #: With a correction: the column of the person's record.
    field = models.CharField(max_length=32, blank=True, default="")
    says_sealed = models.BinaryField(default=b"")
    state = models.CharField(max_length=16, choices=RequestState.choices, default=RequestState.WAITING)
    asked_at = models.DateTimeField(auto_now_add=True)
    due_on = models.DateField()
    due_settled = models.BooleanField(default=True)
    #: With a refusal: the code of its legal reason (`grounds`).
    ground = models.CharField(max_length=32, blank=True, default="")
    answer = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    content_sealed = models.BinaryField(default=b"")

    objects = RequestQuerySet.as_manager()

    class Meta:
        db_table = "privacy_request"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind"], condition=Q(state="waiting"), name="privacy_request_one_waits"
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.WAITING) | Q(decided_at__isnull=False), name="privacy_request_decided"
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.REFUSED) | (~Q(ground="") & ~Q(answer="")),
                name="privacy_request_refused_with_reason",
                violation_error_message=_("A refusal needs its legal reason."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=RequestKind.CORRECT) | ~Q(field=""), name="privacy_request_corrects_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.kind} {self.state}"

    @property
    def ground_words(self) -> str:
        """The legal reason of a refusal, in words."""
        return str(Ground(self.ground).label) if self.ground in Ground.values else ""

    def is_overdue(self, day: dt.date) -> bool:
        """Whether its day has passed without a decision."""
        late_from = self.due_on if self.due_settled else self.due_on + LONGEST_REST
        return self.state == RequestState.WAITING and late_from < day


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Questions about consents."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; a system process sees all."""
        if actor.kind is ActorKind.PROCESS:
            return self
        return self.filter(person_id=actor.scope.person) if actor.scope.person is not None else self.none()

    def last_words(self) -> Self:
        """The last word for each person and purpose."""
        return self.order_by("person_id", "purpose", "-pk").distinct("person_id", "purpose")


class Consent(models.Model):
    """A person agreed to one purpose, in one version of its text, or took that back. Appended, never changed."""

    personal_fields: ClassVar[dict[str, str]] = {
        "given": "proof of what the person agreed to and took back; while the person has an account, then 3 years",
    }

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=32)
    version = models.IntegerField()
    #: Of the text as it was shown, in both languages.
    text_sha256 = models.CharField(max_length=64)
    given = models.BooleanField()
    at = models.DateTimeField(auto_now_add=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        db_table = "privacy_consent"
        constraints = [models.CheckConstraint(condition=Q(version__gte=1), name="privacy_consent_version")]
        indexes = [models.Index(fields=["person", "purpose", "-id"], name="privacy_consent_latest")]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.version} {'given' if self.given else 'withdrawn'}"
