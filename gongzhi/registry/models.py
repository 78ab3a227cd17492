"""The official register: what was registered, since when, and how the platform knows."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.clocks import Version as TwoClocks
from gongzhi.core.clocks import VersionQuerySet as TwoClocksQuerySet
from gongzhi.core.clocks import clock_constraints
from gongzhi.core.ids import public_id
from gongzhi.orgs.enums import Standing
from gongzhi.orgs.models import Organization
from gongzhi.registry.enums import (
    BranchKind,
    DownloadState,
    EventKind,
    LineageKind,
    ObjectionState,
    Post,
    SourceKind,
)
from gongzhi.tlog.contracts import SealedRecord

R = TypeVar("R", bound=models.Model)


class Source(models.Model):
    """One piece of evidence the register rests on: a list of a registry, or an official's correction."""

    kind = models.CharField(max_length=16, choices=SourceKind.choices)
    file_name = models.CharField(max_length=200, blank=True, default="")
    file_sha256 = models.CharField(max_length=64, blank=True, default="")
    #: The items the source speaks about: what it confirms where it agrees.
    items = ArrayField(models.CharField(max_length=32), default=list)
    rows = models.IntegerField(default=0)
    reason = models.TextField(blank=True, default="")
    #: The file as it came, in the private store (`files.Upload`); null where it was too large to keep.
    upload_id = models.BigIntegerField(null=True)
    #: The transparency log's seal over the versions this source brought; null where it changed nothing.
    seal = models.UUIDField(null=True)
    #: The day the source speaks of.
    dated_on = models.DateField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "registry_source"

    def __str__(self) -> str:
        return f"{self.kind} {self.dated_on}"


class VersionQuerySet(TwoClocksQuerySet["Version"]):
    """Questions to the register's history."""


class Version(TwoClocks):
    """The registered items of one organization from a day on, as known from a moment on.

    An empty text or null says that no source states the item; it never says that the body has none.
    """

    owner: ClassVar[tuple[str, ...]] = ("org_id",)
    facts: ClassVar[tuple[str, ...]] = (
        "standing",
        "name",
        "domicile",
        "province",
        "purpose",
        "scope",
        "area",
        "fund_fen",
        "legal_representative",
        "registry_name",
        "business_authority",
        "registered_directly",
        "registered_on",
        "industry_department",
        "party_body",
        "field",
    )
    about: ClassVar[tuple[str, ...]] = ("source_id", "source_row", "event")

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="versions")
    standing = models.CharField(max_length=16, choices=Standing.choices)
    name = models.CharField(max_length=200)
    domicile = models.TextField(blank=True, default="")
    #: Province of the domicile as the source names it; not the registry's division.
    province = models.CharField(max_length=40, blank=True, default="")
    purpose = models.TextField(blank=True, default="")
    scope = models.TextField(blank=True, default="")
    area = models.TextField(blank=True, default="")
    fund_fen = models.BigIntegerField(null=True)
    #: Public by law: it stands on the certificate and in the announcement of registration.
    legal_representative = models.CharField(max_length=100, blank=True, default="")
    registry_name = models.CharField(max_length=120, blank=True, default="")
    business_authority = models.CharField(max_length=200, blank=True, default="")
    #: Registered without a business authority (直接登记), said by a source; false says nothing.
    registered_directly = models.BooleanField(default=False)
    registered_on = models.DateField(null=True)
    #: 行业管理部门: the department of the trade, beside or instead of a business authority.
    industry_department = models.CharField(max_length=200, blank=True, default="")
    #: 党建工作机构: who leads party building in the body.
    party_body = models.CharField(max_length=200, blank=True, default="")
    #: Code of the list "fields" (`reference.codes`).
    field = models.CharField(max_length=32, blank=True, default="")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="versions")
    source_row = models.IntegerField(null=True)
    event = models.CharField(max_length=16, choices=EventKind.choices)

    #: The legal representative's name is public by law; nothing else here is about a person.
    public_by_law: ClassVar[dict[str, str]] = {
        "legal_representative": "社会团体登记管理条例 Art 23: announced on registration and on every change",
    }

    objects = VersionQuerySet.as_manager()

    class Meta:
        db_table = "registry_version"
        constraints = [
            *clock_constraints("registry_version", ("org_id",)),
            models.CheckConstraint(condition=~Q(name=""), name="registry_version_named"),
            models.CheckConstraint(
                condition=Q(fund_fen__isnull=True) | Q(fund_fen__gte=0), name="registry_version_fund"
            ),
            models.CheckConstraint(
                condition=~(Q(registered_directly=True) & ~Q(business_authority="")), name="registry_version_direct"
            ),
        ]
        indexes = [models.Index(fields=["org", "-valid_from"], name="registry_version_as_of")]

    def __str__(self) -> str:
        return f"{self.name} {self.valid_from}"

    def sealed_record(self) -> SealedRecord:
        """Everything the version says; all of it is public by law, so it is sealed in clear."""
        values = {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name in self.facts
            if (value := getattr(self, name)) not in (None, "")
        }
        return SealedRecord(
            public={
                **values,
                "org": self.org.reference,
                "valid_from": self.valid_from.isoformat(),
                "known_from": self.known_from.isoformat(),
                "event": str(self.event),
            }
        )


class Confirmation(models.Model):
    """A source that agreed with the register about an organization on a day."""

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="confirmations")
    confirmed_on = models.DateField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="confirmations")

    class Meta:
        db_table = "registry_confirmation"
        constraints = [
            models.UniqueConstraint(fields=["org", "confirmed_on", "source"], name="registry_confirmation_once")
        ]
        indexes = [models.Index(fields=["org", "-confirmed_on"], name="registry_confirmation_last")]

    def __str__(self) -> str:
        return f"{self.org_id} {self.confirmed_on}"


class Certificate(models.Model):
    """A certificate's period, as a source states it."""

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="certificates")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    known_from = models.DateTimeField()
    known_to = models.DateTimeField(null=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)

    class Meta:
        db_table = "registry_certificate"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=False) | Q(valid_to__isnull=False), name="registry_certificate_period"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="registry_certificate_order",
            ),
            models.UniqueConstraint(
                fields=["org", "valid_from", "valid_to"],
                condition=Q(known_to__isnull=True),
                nulls_distinct=False,
                name="registry_certificate_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.valid_from}–{self.valid_to}"


class Doubt(models.Model):
    """A value of a source that could not be believed and waits for a person. It never entered the register."""

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="doubts")
    #: The column as the list names it, and what stood there, untouched.
    column = models.CharField(max_length=120)
    value = models.TextField()
    rule = models.CharField(max_length=64)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    source_row = models.IntegerField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "registry_doubt"
        constraints = [models.UniqueConstraint(fields=["org", "column", "value", "rule"], name="registry_doubt_once")]

    def __str__(self) -> str:
        return f"{self.org_id} {self.column} {self.rule}"


class RecordedQuerySet(models.QuerySet[R]):
    """Questions to what comes and goes, with two clocks."""

    def known(self, at: dt.datetime | None = None) -> Self:
        """What was believed at a moment; None means now."""
        if at is None:
            return self.filter(known_to__isnull=True)
        return self.filter(Q(known_to__isnull=True) | Q(known_to__gt=at), known_from__lte=at)

    def on(self, day: dt.date) -> Self:
        """What held on a day; an unknown first or last day counts as holding."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day), Q(valid_to__isnull=True) | Q(valid_to__gte=day)
        )


class Recorded(models.Model):
    """Something that comes and goes with an organization. Rows are appended: what is learned later closes `known_to`
    and appends a row that says better.
    """

    #: First and last day; null where no source states it.
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    known_from = models.DateTimeField()
    known_to = models.DateTimeField(null=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


def recorded_constraints(name: str) -> list[models.BaseConstraint]:
    """The constraints of every table of what comes and goes."""
    return [
        models.CheckConstraint(
            condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
            name=f"{name}_order",
        ),
        models.CheckConstraint(
            condition=Q(known_to__isnull=True) | Q(known_to__gte=F("known_from")), name=f"{name}_known"
        ),
    ]


class Officer(Recorded):
    """A person's post in an organization, as far as the law makes it public: name and post, nothing else."""

    public_by_law: ClassVar[dict[str, str]] = {
        "name": "慈善法 Art 76 and 基金会信息公布: names of officers are disclosed; no number, no contact",
    }

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="officers")
    name = models.CharField(max_length=100)
    post = models.CharField(max_length=24, choices=Post.choices)

    objects = RecordedQuerySet["Officer"].as_manager()

    class Meta:
        db_table = "registry_officer"
        constraints = [
            *recorded_constraints("registry_officer"),
            models.CheckConstraint(condition=~Q(name=""), name="registry_officer_named"),
            models.UniqueConstraint(
                fields=["org", "name", "post", "valid_from"],
                condition=Q(known_to__isnull=True),
                nulls_distinct=False,
                name="registry_officer_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.post}"


class Branch(Recorded):
    """A branch or representative office an organization keeps a record of. Never a legal person, never the parent of
    another, never for a region (社会团体登记管理条例 Art 17), and none for social service institutions.
    """

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="branches")
    kind = models.CharField(max_length=24, choices=BranchKind.choices)
    name = models.CharField(max_length=200)

    objects = RecordedQuerySet["Branch"].as_manager()

    class Meta:
        db_table = "registry_branch"
        constraints = [
            *recorded_constraints("registry_branch"),
            models.CheckConstraint(condition=~Q(name=""), name="registry_branch_named"),
            models.UniqueConstraint(
                fields=["org", "name", "valid_from"],
                condition=Q(known_to__isnull=True),
                nulls_distinct=False,
                name="registry_branch_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Host(Recorded):
    """The body an organization or filed group leans on (挂靠单位). It gives no legal personality."""

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="hosts")
    #: The host's name as the source writes it; and the body itself where the register knows it.
    name = models.CharField(max_length=200)
    host = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="hosted")

    objects = RecordedQuerySet["Host"].as_manager()

    class Meta:
        db_table = "registry_host"
        constraints = [
            *recorded_constraints("registry_host"),
            models.CheckConstraint(condition=~Q(name=""), name="registry_host_named"),
            models.CheckConstraint(condition=~Q(host=F("org")), name="registry_host_other"),
            models.UniqueConstraint(
                fields=["org", "name", "valid_from"],
                condition=Q(known_to__isnull=True),
                nulls_distinct=False,
                name="registry_host_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Lineage(models.Model):
    """How one body came out of another: merger, split, succession. Both keep their own page and history."""

    from_org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="successors")
    to_org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="predecessors")
    kind = models.CharField(max_length=16, choices=LineageKind.choices)
    on_date = models.DateField()
    known_from = models.DateTimeField()
    known_to = models.DateTimeField(null=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "registry_lineage"
        constraints = [
            models.CheckConstraint(condition=~Q(from_org=F("to_org")), name="registry_lineage_two"),
            models.UniqueConstraint(
                fields=["from_org", "to_org", "kind"],
                condition=Q(known_to__isnull=True),
                name="registry_lineage_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_org_id} {self.kind} {self.to_org_id}"


class ObjectionQuerySet(models.QuerySet["Objection"]):
    """Questions about objections."""

    def visible_to(self, actor: Actor) -> Self:
        """Those the officer's authority answers, one's own, or all for a system process. The second wall agrees."""
        if actor.kind is ActorKind.PROCESS:
            return self
        if actor.kind is ActorKind.AGENCY:
            if actor.path == "/":
                return self
            return self.filter(path__gte=actor.path, path__lt=actor.path[:-1] + "0")
        return self.filter(person_id=actor.scope.person)

    def waiting(self) -> Self:
        """Not answered yet."""
        return self.filter(state=ObjectionState.OPEN)


class Objection(models.Model):
    """ "This is wrong": somebody says that an entry is not so, with a source. The authority answers it.

    What is typed is public only after an official has answered and shown it; the contact is sealed.
    """

    personal_fields: ClassVar[dict[str, str]] = {
        "says": "free text that may speak of persons; kept with the answer for the history of the entry",
        "evidence": "free text that may speak of persons; kept with the answer for the history of the entry",
        "contact_sealed": "to tell the answer; until 90 days after it",
        "code_index": "keyed hash of the code that opens the answer; while the objection is kept",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="objections")
    #: Division path of the authority that answers, copied from the organization for the second wall.
    path = models.CharField(max_length=64, db_collation="C")
    #: Person who was signed in; null for a visitor.
    person_id = models.BigIntegerField(null=True)
    #: A key of `ITEMS`, `standing`, or "" for the entry as a whole.
    item = models.CharField(max_length=32, blank=True, default="")
    says = models.TextField()
    evidence = models.TextField()
    contact_sealed = models.BinaryField(default=b"")
    contact_masked = models.CharField(max_length=64, blank=True, default="")
    #: Keyed hash of the code with which a visitor reads the answer.
    code_index = models.BinaryField(max_length=16)
    state = models.CharField(max_length=16, choices=ObjectionState.choices, default=ObjectionState.OPEN)
    answer = models.TextField(blank=True, default="")
    made_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)
    #: The correction it led to.
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, related_name="+")

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        db_table = "registry_objection"
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ObjectionState.OPEN) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="registry_objection_answered",
            ),
        ]
        indexes = [models.Index(fields=["path", "made_at"], condition=Q(state="open"), name="registry_objection_open")]

    def __str__(self) -> str:
        return f"{self.org_id} {self.item} {self.state}"


class Download(models.Model):
    """A file of the public register, whole or of one search, made by a job and open to everybody."""

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    #: The search it answers, name → value; empty for the whole register.
    asked = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=DownloadState.choices, default=DownloadState.WAITING)
    reason = models.CharField(max_length=200, blank=True, default="")
    rows = models.BigIntegerField(default=0)
    #: The register's day and the moment its snapshot was taken.
    dated_on = models.DateField()
    taken_at = models.DateTimeField(null=True)
    #: File name → {"upload": id, "sha256": …, "bytes": n}.
    files = models.JSONField(default=dict)
    seal = models.UUIDField(null=True)
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "registry_download"
        indexes = [models.Index(fields=["-asked_at"], name="registry_download_newest")]

    def __str__(self) -> str:
        return f"{self.dated_on} {self.asked or 'register'}"
