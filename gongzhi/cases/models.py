"""Cases: what somebody must handle within a time, from the first word typed to the decision and its effect.

A case type is versioned data. What is typed stands in drafts, section by section, with a log of patches; what is handed
in is kept whole; what happened is appended. Personal answers are sealed wherever they stand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.models import Person
from gongzhi.cases.definitions import Definition
from gongzhi.cases.enums import (
    AT_OFFICE,
    BAD,
    CLOSED,
    STEPS,
    WRITABLE,
    ClockKind,
    DocumentKind,
    Event,
    Grade,
    Outcome,
    Side,
    State,
    StepKind,
    TripReason,
    TypeState,
)
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.ids import public_id
from gongzhi.core.states import HasState
from gongzhi.orgs.models import Agency, Organization
from gongzhi.rulebook.enums import Unit

#: Compiled bodies by their hash: a body never changes, so a process reads each once.
_compiled: dict[bytes, Definition] = {}


class CaseTypeQuerySet(models.QuerySet["CaseType"]):
    """Questions about case types. What is published is public."""

    def published(self) -> Self:
        """The versions that are in force."""
        return self.filter(state=TypeState.PUBLISHED)


class CaseType(models.Model):
    """One version of a service, for the nation (`path` empty) or as edited for a division. Frozen once published.

    `body` is the compiled file and `sha256` its hash; a running case keeps its version.
    """

    code = models.CharField(max_length=60, db_collation="C")
    version = models.IntegerField()
    path = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    body = models.JSONField()
    sha256 = models.BinaryField()
    state = models.CharField(max_length=12, choices=TypeState.choices, default=TypeState.DRAFT)
    published_at = models.DateTimeField(null=True)
    #: The capacity of who published it: `process:seed`, `agency:3`.
    published_by = models.CharField(max_length=64, blank=True, default="")

    objects = CaseTypeQuerySet.as_manager()

    class Meta:
        db_table = "cases_type"
        constraints = [
            models.UniqueConstraint(fields=["code", "path", "version"], name="cases_type_version"),
            models.UniqueConstraint(
                fields=["code", "path"], condition=Q(state=TypeState.PUBLISHED), name="cases_type_one_published"
            ),
            models.CheckConstraint(condition=Q(state__in=TypeState.values), name="cases_type_state"),
            models.CheckConstraint(condition=Q(version__gte=1), name="cases_type_numbered"),
            models.CheckConstraint(condition=Q(path="") | Q(path__endswith="/"), name="cases_type_path_form"),
            models.CheckConstraint(
                condition=Q(state=TypeState.DRAFT) | Q(published_at__isnull=False), name="cases_type_published"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.path} v{self.version}"

    @cached_property
    def definition(self) -> Definition:
        """What the file says, read once a process."""
        key = bytes(self.sha256)
        found = _compiled.get(key)
        if found is None:
            found = _compiled[key] = Definition.model_validate(self.body)
        return found


def _of_scope(rows: R, actor: Actor) -> R:
    """Rows of one's own, of one's organization, or within an agency's reach; a process sees all."""
    scope = actor.scope
    if actor.kind is ActorKind.PROCESS:
        return rows
    if scope.person is not None:
        return rows.filter(person_id=scope.person)
    if scope.org is not None:
        return rows.filter(org_id=scope.org)
    if scope.path == "/":
        return rows.exclude(path="")
    if scope.path:
        return rows.filter(path__gte=scope.path, path__lt=scope.path + chr(1114111))
    return rows.none()


class CaseQuerySet(models.QuerySet["Case"]):
    """Questions about cases."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own, one's organization's, and what was handed in within an agency's reach; a process sees all.

        What has not been handed in no official sees. The second wall says the same.
        """
        return _of_scope(self, actor)

    def open(self) -> Self:
        """Those that are not over."""
        return self.exclude(state__in=CLOSED)

    def at_office(self) -> Self:
        """Those an office works on."""
        return self.filter(state__in=AT_OFFICE)

    def with_office(self, agency_id: int) -> Self:
        """Those an agency has, or is asked about."""
        asked = Task.objects.filter(agency_id=agency_id, done_at=None).values("case_id")
        return self.filter(Q(agency_id=agency_id) | Q(pk__in=asked))

    def overdue(self, on: dt.date) -> Self:
        """Those an office works on whose day has certainly passed."""
        return self.at_office().filter(due_on__lt=on, due_settled=True)

    def soonest(self) -> Self:
        """What is due first comes first; what has no day comes last."""
        return self.order_by(F("due_on").asc(nulls_last=True), "pk")


class Case(HasState):
    """One application, report or filing, from its first word on.

    `path` is empty until it is handed in, so no official's scope opens it; then it is the division of the office that
    has it. `state` is a copy of the newest status. Its name in lists is the one answer the type names, never about a
    person.
    """

    transitions: ClassVar[Mapping[str, frozenset[str]]] = STEPS

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    #: Given when it is first handed in: `BA-2026-000001`.
    number = models.CharField(max_length=24, null=True, unique=True, db_collation="C")
    type = models.ForeignKey(CaseType, on_delete=models.PROTECT, related_name="cases")
    #: Who applies for themself; null for an organization's.
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    #: The organization that applies.
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    #: Who began it, for themself or for the organization.
    begun_by = models.BigIntegerField()
    #: The organization the decision made or changed.
    subject_org = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    #: The office it is or will be handed in to.
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    #: Key of the present step of the flow; empty before acceptance.
    step = models.CharField(max_length=40, blank=True, default="")
    #: How often it was handed in.
    round = models.IntegerField(default=0)
    name = models.CharField(max_length=200, blank=True, default="")
    #: Who works on it.
    assignee = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    due_settled = models.BooleanField(default=True)
    query_code_sha256 = models.BinaryField(null=True)
    begun_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    state_since = models.DateTimeField(auto_now_add=True)
    #: Rules that were broken or could not be judged when it was last handed in; null for who has none to judge it.
    findings = models.IntegerField(null=True)
    #: What figures of punctuality are made of, written when the office ends it: when, the working days the office had it,
    #: and whether that was within its time (null where no limit ran).
    closed_at = models.DateTimeField(null=True)
    days_used = models.IntegerField(null=True)
    was_on_time = models.BooleanField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        db_table = "cases_case"
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, org__isnull=True) | Q(person__isnull=True, org__isnull=False),
                name="cases_case_one_applicant",
                violation_error_message=_("Either a person applies, or an organization."),
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="cases_case_state"),
            models.CheckConstraint(
                condition=Q(round=0, number__isnull=True, path="", submitted_at__isnull=True)
                | Q(round__gte=1, number__isnull=False, submitted_at__isnull=False) & ~Q(path=""),
                name="cases_case_handed_in",
            ),
            models.CheckConstraint(condition=Q(path="") | Q(path__endswith="/"), name="cases_case_path_form"),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="cases_case_person", condition=Q(person__isnull=False)),
            models.Index(fields=["org", "-id"], name="cases_case_org", condition=Q(org__isnull=False)),
            models.Index(fields=["path"], name="cases_case_path"),
            models.Index(
                fields=["agency", "due_on", "id"], name="cases_case_work", condition=Q(state__in=list(AT_OFFICE))
            ),
            models.Index(
                fields=["agency", "closed_at"], name="cases_case_closed", condition=Q(closed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number or self.public_id

    @property
    def is_writable(self) -> bool:
        """Whether the applicant may write."""
        return self.state in WRITABLE

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.state not in CLOSED


class OfCase(models.Model):
    """A row of a case. The columns the second wall compares are copied from the case."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="%(class)s_rows")
    person_id = models.BigIntegerField(null=True)
    org_id = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


R = TypeVar("R", bound=models.QuerySet[Any])


class SealedTextQuerySet(models.QuerySet["SealedText"]):
    """Questions about sealed texts."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of cases one may see: an official sees what was handed in or written by an office."""
        return _of_scope(self, actor)


class SealedText(OfCase):
    """One text of a case that is about people: a personal answer, or what an official wrote. Never changed.

    Drafts, patches, handed in forms, statuses and decisions refer to it by number, with its mask beside the number, so
    that lists show no more than the mask and every opening is a look. `path` is empty until it is handed in.
    """

    personal_fields: ClassVar[dict[str, str]] = {
        "text_sealed": "an answer about a person, or an official's words; as long as the case is kept",
    }

    path = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    #: Where it stands: `group.leader`, `status`, `decision`.
    place = models.CharField(max_length=140)
    text_sealed = models.BinaryField()
    mask = models.CharField(max_length=64, blank=True, default="")
    written_at = models.DateTimeField(auto_now_add=True)

    objects = SealedTextQuerySet.as_manager()

    class Meta:
        db_table = "cases_sealed_text"
        indexes = [models.Index(fields=["case", "id"], name="cases_sealed_text_case")]

    def __str__(self) -> str:
        return self.mask


class Status(OfCase):
    """Something that happened to a case. Append-only; the newest one says where the case stands.

    `words` is what the applicant reads: a reason, or JSON of faults by question.
    """

    path = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    event = models.CharField(max_length=20, choices=Event.choices)
    state = models.CharField(max_length=16, choices=State.choices)
    step = models.CharField(max_length=40, blank=True, default="")
    at = models.DateTimeField(auto_now_add=True)
    #: The capacity: `agency:3`, `org:7`, `person`, `process:cases.watch`. And the person behind it, if one is.
    by = models.CharField(max_length=64)
    by_person = models.BigIntegerField(null=True)
    #: Name of the office as it was then; empty for applicants.
    office = models.CharField(max_length=120, blank=True, default="")
    words = models.ForeignKey(SealedText, on_delete=models.PROTECT, null=True, related_name="+")
    #: Which questions are faulty, without the words: `["group.name"]`.
    faulty = ArrayField(models.CharField(max_length=140), default=list)

    class Meta:
        db_table = "cases_status"
        constraints = [
            models.CheckConstraint(condition=Q(event__in=Event.values), name="cases_status_event"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="cases_status_state"),
        ]
        indexes = [models.Index(fields=["case", "id"], name="cases_status_case")]
        verbose_name_plural = "statuses"

    def __str__(self) -> str:
        return f"{self.event} {self.state}"


class Draft(models.Model):
    """What stands on one page of the form: a flat map of answers as they were typed. A personal one is
    the number of a sealed text and its mask.

    One statement changes it (`cases.drafting`), only while nobody else changed the same answers since.
    """

    pk = models.CompositePrimaryKey("case_id", "section")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    section = models.CharField(max_length=40, db_collation="C")
    person_id = models.BigIntegerField(null=True)
    org_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    revision = models.IntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "cases_draft"

    def __str__(self) -> str:
        return f"{self.case_id} {self.section} r{self.revision}"


class Patch(models.Model):
    """One saved change of a page: which answers it set and which it removed, by whom. Kept until the next handing in.

    The nonce is the client's: the same one again is the same save, answered as the first.
    """

    pk = models.CompositePrimaryKey("case_id", "section", "revision")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="patches")
    section = models.CharField(max_length=40, db_collation="C")
    revision = models.IntegerField()
    person_id = models.BigIntegerField(null=True)
    org_id = models.BigIntegerField(null=True)
    patch = models.JSONField()
    removed = ArrayField(models.TextField(), default=list)
    by_person = models.BigIntegerField()
    nonce = models.UUIDField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "cases_draft_patch"
        constraints = [models.UniqueConstraint(fields=["case", "nonce"], name="cases_draft_patch_nonce")]
        verbose_name_plural = "patches"

    def __str__(self) -> str:
        return f"{self.case_id} {self.section} r{self.revision}"


class Submission(OfCase):
    """What was handed in, whole, each time. Append-only; `sha256` is of the canonical JSON of `data`."""

    path = models.CharField(max_length=64, db_collation="C")
    round = models.IntegerField()
    data = models.JSONField()
    sha256 = models.BinaryField()
    at = models.DateTimeField(auto_now_add=True)
    by_person = models.BigIntegerField()
    #: The key the form brought: handing in twice with it is handing in once.
    nonce = models.UUIDField()

    class Meta:
        db_table = "cases_submission"
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="cases_submission_round"),
            models.UniqueConstraint(fields=["case", "nonce"], name="cases_submission_nonce"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} #{self.round}"


class Task(OfCase):
    """One step that waits for an office, or was done."""

    path = models.CharField(max_length=64, db_collation="C")
    step = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=StepKind.choices)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    assignee = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "cases_task"
        constraints = [
            models.UniqueConstraint(
                fields=["case", "step", "agency"], condition=Q(done_at__isnull=True), name="cases_task_once"
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True) | Q(done_at__isnull=False),
                name="cases_task_done",
            ),
        ]
        indexes = [models.Index(fields=["agency", "id"], name="cases_task_open", condition=Q(done_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.case_id} {self.step}"


class Clock(OfCase):
    """One time limit of a case: from which day it runs, how many days of which kind, and when it stopped.

    What paused it (correction, announcement) is a row of `Pause`; the last day is counted anew from the rows, never
    written over.
    """

    path = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    kind = models.CharField(max_length=12, choices=ClockKind.choices)
    #: Unit of the rulebook, the number, and the parameter it came from.
    unit = models.CharField(max_length=16)
    days = models.IntegerField()
    parameter = models.CharField(max_length=80)
    started_on = models.DateField()
    stopped_on = models.DateField(null=True)

    class Meta:
        db_table = "cases_clock"
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(stopped_on__isnull=True), name="cases_clock_runs_once"
            ),
            models.CheckConstraint(condition=Q(days__gte=0), name="cases_clock_days"),
            models.CheckConstraint(
                condition=Q(stopped_on__isnull=True) | Q(stopped_on__gte=F("started_on")), name="cases_clock_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.days} {self.unit}"

    @property
    def unit_label(self) -> str:
        """The unit in the reader's language."""
        return str(Unit(self.unit).label)


class Pause(OfCase):
    """Days in which no limit of the case ran."""

    path = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    reason = models.CharField(max_length=20, choices=Event.choices)

    class Meta:
        db_table = "cases_pause"
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(until_on__isnull=True), name="cases_pause_once"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")), name="cases_pause_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_on} {self.reason}"


class Decision(OfCase):
    """What was decided, by whom, and what it did. With two persons the first proposes and another confirms."""

    path = models.CharField(max_length=64, db_collation="C")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    words = models.ForeignKey(SealedText, on_delete=models.PROTECT, null=True, related_name="+")
    by_person = models.BigIntegerField()
    second_by = models.BigIntegerField(null=True)
    needs_second = models.BooleanField()
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    #: What it did, in codes: `{"reference": "…", …}`.
    effect = models.JSONField(default=dict)

    class Meta:
        db_table = "cases_decision"
        constraints = [
            models.CheckConstraint(
                condition=Q(second_by__isnull=True) | ~Q(second_by=F("by_person")),
                name="cases_decision_two_persons",
                violation_error_message=_("The second person is another one."),
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(needs_second=False) | Q(second_by__isnull=False),
                name="cases_decision_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(dropped_at__isnull=True), name="cases_decision_one_end"
            ),
            models.UniqueConstraint(fields=["case"], condition=Q(dropped_at__isnull=True), name="cases_decision_once"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="cases_decision_outcome"),
        ]
        indexes = [
            models.Index(
                fields=["-decided_at", "-id"],
                name="cases_decision_public",
                condition=Q(decided_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.outcome}"


class CaseFile(OfCase):
    """A file that answers a question of a case. The file itself stands in `files`; removing one keeps the row."""

    path = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    section = models.CharField(max_length=40)
    field = models.CharField(max_length=40)
    upload_id = models.BigIntegerField()
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.BigIntegerField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_file"
        indexes = [models.Index(fields=["case", "id"], name="cases_file_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.section}.{self.field}"


class RatingQuerySet(models.QuerySet["Rating"]):
    """Questions about ratings."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; an agency's official those of cases within reach; a process all."""
        return _of_scope(self, actor)

    def bad(self) -> Self:
        """Those that must be answered."""
        return self.filter(grade__lte=BAD)

    def unanswered(self) -> Self:
        """Bad ones nobody has answered."""
        return self.bad().filter(answered_at=None)


class Rating(OfCase):
    """What the applicant of a closed case says of the service (好差评), once: a grade, and how often they had to come.

    A bad one is answered by the office within a number of days of the rulebook.
    """

    path = models.CharField(max_length=64, db_collation="C")
    grade = models.SmallIntegerField(choices=Grade.choices)
    trips = models.SmallIntegerField()
    trip_reasons = ArrayField(models.CharField(max_length=12, choices=TripReason.choices), default=list)
    words = models.ForeignKey(SealedText, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    by_person = models.BigIntegerField()
    #: The last day to answer a bad one; null for the others.
    answer_by = models.DateField(null=True)
    answer_settled = models.BooleanField(default=True)
    answer = models.ForeignKey(SealedText, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.BigIntegerField(null=True)

    objects = RatingQuerySet.as_manager()

    class Meta:
        db_table = "cases_rating"
        constraints = [
            models.UniqueConstraint(fields=["case"], name="cases_rating_once"),
            models.CheckConstraint(condition=Q(grade__in=Grade.values), name="cases_rating_grade"),
            models.CheckConstraint(condition=Q(trips__gte=0, trips__lte=99), name="cases_rating_trips"),
            models.CheckConstraint(
                condition=Q(answer__isnull=True, answered_at__isnull=True, answered_by__isnull=True)
                | Q(answer__isnull=False, answered_at__isnull=False, answered_by__isnull=False),
                name="cases_rating_answered",
            ),
        ]
        indexes = [
            models.Index(
                fields=["path", "answer_by"], name="cases_rating_open", condition=Q(answered_at=None, grade__lte=BAD)
            ),
            models.Index(fields=["path", "-id"], name="cases_rating_bad", condition=Q(grade__lte=BAD)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.grade}"

    @property
    def is_bad(self) -> bool:
        """Whether it must be answered."""
        return self.grade <= BAD


class Tally(models.Model):
    """Ratings of one service at one office in one year, counted as they come, so that results are public at once."""

    code = models.CharField(max_length=60, db_collation="C")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    year = models.SmallIntegerField()
    #: How many of each grade: `{"5": 12, …}`.
    grades = models.JSONField(default=dict)
    rated = models.IntegerField(default=0)
    #: Trips in all, and trips the guide had promised, of the rated cases.
    trips = models.IntegerField(default=0)
    promised_trips = models.IntegerField(default=0)
    #: Reason → how many cases named it.
    reasons = models.JSONField(default=dict)
    bad = models.IntegerField(default=0)
    answered = models.IntegerField(default=0)
    answered_in_time = models.IntegerField(default=0)

    class Meta:
        db_table = "cases_tally"
        constraints = [models.UniqueConstraint(fields=["code", "agency", "year"], name="cases_tally_once")]
        indexes = [models.Index(fields=["year", "-rated", "id"], name="cases_tally_year")]
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.code} {self.agency_id} {self.year}"


class Document(OfCase):
    """One document an office wrote in a case (文书), or the receipt of its delivery. Append-only.

    `words` seals what it says, in both languages and in codes, as JSON (`wording.Paper`); `template` is the version of the
    layout. Both together make the same page and the same PDF again at any time. Numbers are counted for each agency,
    kind and year, without a gap.
    """

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    path = models.CharField(max_length=64, db_collation="C")
    kind = models.CharField(max_length=16, choices=DocumentKind.choices)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    year = models.SmallIntegerField()
    serial = models.IntegerField()
    #: The number as it is printed (文号).
    number = models.CharField(max_length=160)
    template = models.SmallIntegerField()
    words = models.ForeignKey(SealedText, on_delete=models.PROTECT, related_name="+")
    #: The document a receipt of delivery is about.
    about = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="deliveries")
    on = models.DateField()
    at = models.DateTimeField(auto_now_add=True)
    #: The capacity: `agency:3`, `org:7`, `person`, `process:cases.watch`. And the person behind it, if one is.
    by = models.CharField(max_length=64)
    by_person = models.BigIntegerField(null=True)

    class Meta:
        db_table = "cases_document"
        constraints = [
            models.UniqueConstraint(fields=["agency", "kind", "year", "serial"], name="cases_document_number"),
            models.UniqueConstraint(
                fields=["about"], condition=Q(about__isnull=False), name="cases_document_delivered_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=DocumentKind.values), name="cases_document_kind"),
            models.CheckConstraint(
                condition=Q(kind=DocumentKind.DELIVERY, about__isnull=False)
                | ~Q(kind=DocumentKind.DELIVERY) & Q(about__isnull=True),
                name="cases_document_about",
            ),
            models.CheckConstraint(condition=Q(serial__gte=1), name="cases_document_counted"),
        ]
        indexes = [models.Index(fields=["case", "id"], name="cases_document_case")]

    def __str__(self) -> str:
        return self.number


def wall_columns(case: Case) -> dict[str, Any]:
    """What a row of a case copies for the second wall."""
    return {"case": case, "person_id": case.person_id, "org_id": case.org_id}


# --- what both sides write to each other, and what an office notes for itself ---


class MessageQuerySet(models.QuerySet["Message"]):
    """Questions about messages."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of cases one may see; an office also sees what it was asked about a draft."""
        return _of_scope(self, actor)

    def open_questions(self) -> Self:
        """What applicants asked and no office has answered."""
        return self.filter(wants_answer=True, closed_at=None)

    def unread(self) -> Self:
        """What an office wrote and the applicant has not said they read."""
        return self.filter(side=Side.OFFICE, closed_at=None)


class Message(OfCase):
    """Something one side wrote to the other about a case, or about one question of its form. Append-only.

    It may be asked while the case is a draft, which no official sees: so it names the service, the office and the question
    itself. Only the office it is with, and that it was answered or read, is written later.
    """

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    #: Division of the office it is with, from the first moment on.
    path = models.CharField(max_length=64, db_collation="C")
    type = models.ForeignKey(CaseType, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=12, choices=Side.choices)
    #: The question of the form it is about, `section.key`; empty for the case as a whole.
    place = models.CharField(max_length=140, blank=True, default="")
    #: JSON: `text`, and `error`, what the page said was wrong there.
    words = models.ForeignKey(SealedText, on_delete=models.PROTECT, related_name="+")
    upload_id = models.BigIntegerField(null=True)
    answers = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="answer_rows")
    wants_answer = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)
    by_person = models.BigIntegerField()
    #: Name of the office as it was then; empty for applicants.
    office = models.CharField(max_length=120, blank=True, default="")
    due_on = models.DateField(null=True)
    due_settled = models.BooleanField(default=True)
    #: When a question was answered, or the applicant said that they read what the office wrote.
    closed_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        db_table = "cases_message"
        constraints = [
            models.CheckConstraint(condition=Q(side__in=Side.values), name="cases_message_side"),
            models.CheckConstraint(
                condition=Q(answers__isnull=True) | Q(side=Side.OFFICE), name="cases_message_office_answers"
            ),
            models.CheckConstraint(
                condition=Q(wants_answer=False, due_on__isnull=True)
                | Q(wants_answer=True, due_on__isnull=False, side=Side.APPLICANT),
                name="cases_message_due",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "id"], name="cases_message_case"),
            models.Index(
                fields=["agency", "due_on", "id"],
                name="cases_message_open",
                condition=Q(wants_answer=True, closed_at__isnull=True),
            ),
            models.Index(
                fields=["person_id", "org_id"],
                name="cases_message_unread",
                condition=Q(side=Side.OFFICE, closed_at__isnull=True),
            ),
            models.Index(fields=["type", "at"], name="cases_message_by_type", condition=Q(wants_answer=True)),
            models.Index(fields=["agency", "at"], name="cases_message_by_office", condition=Q(wants_answer=True)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.side} {self.place}"


class NoteQuerySet(models.QuerySet["Note"]):
    """Questions about notes."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of the actor's own office, and of a case it has; nobody's but officials'. A process sees all."""
        if actor.kind is ActorKind.PROCESS:
            return self
        if actor.kind is not ActorKind.AGENCY or actor.agency_id is None:
            return self.none()
        return self.filter(Q(agency_id=actor.agency_id) | Q(case__agency_id=actor.agency_id))


class Note(models.Model):
    """Something an office noted about a case for itself. Append-only. No column names the applicant, so that neither the
    second wall nor a list of theirs ever opens it to them."""

    personal_fields: ClassVar[dict[str, str]] = {
        "text_sealed": "what officials note for themselves; as long as the case is kept",
    }

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="note_rows")
    path = models.CharField(max_length=64, db_collation="C")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    office = models.CharField(max_length=120)
    text_sealed = models.BinaryField()
    by_person = models.BigIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        db_table = "cases_note"
        indexes = [models.Index(fields=["case", "id"], name="cases_note_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.office}"


class CaseLink(OfCase):
    """That a case belongs together with another of the same applicant. Two rows, one from each side. Append-only."""

    path = models.CharField(max_length=64, db_collation="C")
    other = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "cases_link"
        constraints = [
            models.UniqueConstraint(fields=["case", "other"], name="cases_link_once"),
            models.CheckConstraint(condition=~Q(case=F("other")), name="cases_link_two_cases"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.other_id}"


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Questions about saved views."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own at the agency one acts for."""
        return self.filter(agency_id=actor.agency_id or 0, person_id=actor.person_id or 0)


class SavedView(models.Model):
    """A choice of filters an official gave a name to, at one agency. It says nothing about a case."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    #: The values of the list's address, name → value.
    asked = models.JSONField()
    made_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        db_table = "cases_saved_view"
        constraints = [models.UniqueConstraint(fields=["agency", "person", "name"], name="cases_saved_view_once")]

    def __str__(self) -> str:
        return self.name
