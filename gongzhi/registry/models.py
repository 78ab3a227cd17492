"""The official register: what was registered, since when, and how the platform knows."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self, TypeVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import MD5
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.clocks import Version as TwoClocks
from gongzhi.core.clocks import VersionQuerySet as TwoClocksQuerySet
from gongzhi.core.clocks import clock_constraints
from gongzhi.core.ids import public_id
from gongzhi.core.retention import Retention
from gongzhi.core.states import HasState
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Agency, CurrentTransaction, Organization, TransactionId
from gongzhi.registry.enums import (
    INTAKE_STEPS,
    BranchKind,
    CredentialKind,
    DownloadState,
    EventKind,
    Fate,
    IntakeState,
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
    #: Number of the case it was decided in (`cases.Case.number`); empty for everything else.
    case_number = models.CharField(max_length=24, blank=True, default="", db_collation="C")
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

    #: `registry_version_as_of` begins with it, so it needs no index of its own.
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="versions", db_index=False)
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
    #: Number of the transaction that wrote or closed the row: the order of the changes feed (`registry.feed`).
    written = TransactionId(db_default=CurrentTransaction())

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
        indexes = [
            models.Index(fields=["org", "-valid_from"], name="registry_version_as_of"),
            models.Index(fields=["written", "id"], name="registry_version_written"),
        ]

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


class ConfirmationQuerySet(models.QuerySet["Confirmation"]):
    """Questions about confirmations."""

    def believed(self) -> Self:
        """All but those of lists that were undone."""
        return self.exclude(source__intake__state=IntakeState.UNDONE)


class Confirmation(models.Model):
    """A source that agreed with the register about an organization on a day. The source that brought a version confirms
    it by itself and has no row here.
    """

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="confirmations")
    confirmed_on = models.DateField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="confirmations")

    objects = ConfirmationQuerySet.as_manager()

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
    #: Number of the transaction that wrote or closed the row: the order of the changes feed (`registry.feed`).
    written = TransactionId(db_default=CurrentTransaction())

    class Meta:
        db_table = "registry_certificate"
        indexes = [models.Index(fields=["written", "id"], name="registry_certificate_written")]
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

    def sealed_record(self) -> SealedRecord:
        """The period and whose it is; all of it is public."""
        days = {name: day.isoformat() for name in ("valid_from", "valid_to") if (day := getattr(self, name))}
        return SealedRecord(public={**days, "org": self.org.reference, "known_from": self.known_from.isoformat()})


class Credential(models.Model):
    """A certificate or an extract the platform signed: a statement about an organization, and the signature. Append-only.

    `statement` is canonical JSON (RFC 8785) and holds every word its PDF shows, all of it public; the file is made from it
    whenever somebody asks, the same bytes each time. What was revoked has a `Revocation`.
    """

    #: `BAZ-2026-000001`.
    number = models.CharField(max_length=24, unique=True, db_collation="C")
    kind = models.CharField(max_length=12, choices=CredentialKind.choices)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="credentials")
    statement = models.TextField()
    #: Which key signed, and what: 64 bytes in base64.
    key_id = models.CharField(max_length=8, db_collation="C")
    signature = models.CharField(max_length=88, db_collation="C")
    #: Number of the case whose decision brought it; empty for an extract.
    case_number = models.CharField(max_length=24, blank=True, default="", db_collation="C")
    issued_on = models.DateField()
    issued_at = models.DateTimeField(auto_now_add=True)
    #: The transparency log's seal, by which its proof is found later.
    seal = models.UUIDField()

    class Meta:
        db_table = "registry_credential"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CredentialKind.values), name="registry_credential_kind"),
            models.CheckConstraint(
                condition=Q(kind=CredentialKind.EXTRACT, case_number="")
                | ~Q(kind=CredentialKind.EXTRACT) & ~Q(case_number=""),
                name="registry_credential_ground",
            ),
        ]
        indexes = [models.Index(fields=["org", "-id"], name="registry_credential_org")]

    def __str__(self) -> str:
        return self.number


class Revocation(models.Model):
    """A credential that holds no more, since when and why. Everybody reads the reason. Append-only."""

    credential = models.OneToOneField(Credential, on_delete=models.PROTECT, related_name="revocation")
    revoked_on = models.DateField()
    at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=500)
    #: Name of the authority as it was then.
    office = models.CharField(max_length=120)
    seal = models.UUIDField()

    class Meta:
        db_table = "registry_revocation"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="registry_revocation_reason")]

    def __str__(self) -> str:
        return f"{self.credential_id} {self.revoked_on}"


class DoubtQuerySet(models.QuerySet["Doubt"]):
    """Questions about doubtful values."""

    def waiting_within(self, path: str) -> Self:
        """Those nobody has settled, about bodies at a division path and below; `/` is the whole country."""
        rows = self.filter(settled_at__isnull=True)
        return rows if path == "/" else rows.filter(org__path__gte=path, org__path__lt=path[:-1] + "0")


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

    objects = DoubtQuerySet.as_manager()

    class Meta:
        db_table = "registry_doubt"
        constraints = [
            # The hash, because a scope of activity may be longer than an index can hold.
            models.UniqueConstraint("org", "column", MD5("value"), "rule", name="registry_doubt_once")
        ]

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
    #: Number of the transaction that wrote or closed the row: the order of the changes feed (`registry.feed`).
    written = TransactionId(db_default=CurrentTransaction())

    #: The columns that say what it is, besides its days.
    told: ClassVar[tuple[str, ...]] = ()
    #: Every table of this kind has one, each under its own name on the other side.
    org: models.ForeignKey[Organization, Organization]

    class Meta:
        abstract = True

    def sealed_record(self) -> SealedRecord:
        """What the row says; all of it is public by law, so it is sealed in clear."""
        values = {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name in (*self.told, "valid_from", "valid_to")
            if (value := getattr(self, name)) not in (None, "")
        }
        return SealedRecord(public={**values, "org": self.org.reference, "known_from": self.known_from.isoformat()})


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
    told: ClassVar[tuple[str, ...]] = ("name", "post")

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="officers")
    name = models.CharField(max_length=100)
    post = models.CharField(max_length=24, choices=Post.choices)

    objects = RecordedQuerySet["Officer"].as_manager()

    class Meta:
        db_table = "registry_officer"
        indexes = [models.Index(fields=["written", "id"], name="registry_officer_written")]
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

    told: ClassVar[tuple[str, ...]] = ("kind", "name")

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="branches")
    kind = models.CharField(max_length=24, choices=BranchKind.choices)
    name = models.CharField(max_length=200)

    objects = RecordedQuerySet["Branch"].as_manager()

    class Meta:
        db_table = "registry_branch"
        indexes = [models.Index(fields=["written", "id"], name="registry_branch_written")]
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

    told: ClassVar[tuple[str, ...]] = ("name",)

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="hosts")
    #: The host's name as the source writes it; and the body itself where the register knows it.
    name = models.CharField(max_length=200)
    host = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="hosted")

    objects = RecordedQuerySet["Host"].as_manager()

    class Meta:
        db_table = "registry_host"
        indexes = [models.Index(fields=["written", "id"], name="registry_host_written")]
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
    #: Number of the transaction that wrote or closed the row: the order of the changes feed (`registry.feed`).
    written = TransactionId(db_default=CurrentTransaction())

    class Meta:
        db_table = "registry_lineage"
        indexes = [models.Index(fields=["written", "id"], name="registry_lineage_written")]
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

    def sealed_record(self) -> SealedRecord:
        """Which body came out of which, how and when: public by law, sealed in clear."""
        return SealedRecord(
            public={
                "from": self.from_org.reference,
                "to": self.to_org.reference,
                "kind": str(self.kind),
                "on_date": self.on_date.isoformat(),
                "known_from": self.known_from.isoformat(),
            }
        )


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
        if actor.scope.person is None:
            return self.none()  # a visitor's objections have no person either
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
    retention: ClassVar[tuple[Retention, ...]] = (Retention("answered_at", 90, ("contact_sealed", "contact_masked")),)

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

    def look_owner(self) -> tuple[int | None, int | None]:
        """Whose data it holds: the person who raised it, not the organization it is about."""
        return self.person_id, None


class CodeBlock(models.Model):
    """A run of organization codes allotted to a registration authority, from which new bodies get theirs.

    A code is the stem and six digits: `MJ000123`. They are given in order, each once.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    stem = models.CharField(max_length=2, db_collation="C")
    first = models.IntegerField()
    last = models.IntegerField()
    #: How many have been given.
    given = models.IntegerField(default=0)
    added_at = models.DateTimeField(auto_now_add=True)
    #: The official who entered it.
    added_by = models.BigIntegerField()

    class Meta:
        db_table = "registry_code_block"
        constraints = [
            models.CheckConstraint(
                condition=Q(stem__regex="^[0-9A-HJ-NPQRTUWXY]{2}$"), name="registry_code_block_stem"
            ),
            models.CheckConstraint(
                condition=Q(first__gte=0, last__gte=F("first"), last__lte=999_999), name="registry_code_block_order"
            ),
            models.CheckConstraint(
                condition=Q(given__gte=0, given__lte=F("last") - F("first") + 1), name="registry_code_block_given"
            ),
            ExclusionConstraint(
                name="registry_code_block_apart",
                expressions=[
                    ("stem", RangeOperators.EQUAL),
                    (Func(F("first"), F("last"), Value("[]"), function="int4range"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("Some of these codes were allotted before."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_code}–{self.last_code}"

    @property
    def first_code(self) -> str:
        """The first organization code of the run, without its check character."""
        return f"{self.stem}{self.first:06d}"

    @property
    def last_code(self) -> str:
        """The last one."""
        return f"{self.stem}{self.last:06d}"

    @property
    def left(self) -> int:
        """How many can still be given."""
        return self.last - self.first + 1 - self.given


class DownloadQuerySet(models.QuerySet["Download"]):
    """Questions about downloads. They hold nothing but the public register, and their ids are not listed for searches."""

    def of_register(self) -> Self:
        """The whole register, not one search."""
        return self.filter(asked={})

    def ready(self) -> Self:
        """Those with files to take."""
        return self.filter(state=DownloadState.READY).exclude(files={})


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
    #: File name → {"sha256": …, "bytes": n}; the files lie in `files.published` under their hash.
    files = models.JSONField(default=dict)
    seal = models.UUIDField(null=True)
    asked_at = models.DateTimeField(auto_now_add=True)

    objects = DownloadQuerySet.as_manager()

    class Meta:
        db_table = "registry_download"
        indexes = [models.Index(fields=["-asked_at"], name="registry_download_newest")]

    def __str__(self) -> str:
        return f"{self.dated_on} {self.asked or 'register'}"

    @property
    def is_removed(self) -> bool:
        """Whether its files have been removed after their time. What was sealed about them stays."""
        return self.state == DownloadState.READY and not self.files

    @property
    def sizes(self) -> list[tuple[str, int, str]]:
        """(file name, bytes, SHA-256) of its files: the register itself, the dictionary, the sums."""
        order = sorted(self.files, key=lambda name: (name == "SHA256SUMS", name == "dictionary.csv", name))
        return [(name, self.files[name]["bytes"], self.files[name]["sha256"]) for name in order]


# --- lists on their way into the register ---


class IntakeQuerySet(models.QuerySet["Intake"]):
    """Questions about lists somebody brought."""

    def visible_to(self, actor: Actor) -> Self:
        """Those brought by an authority within the officer's reach; a system process sees all."""
        if actor.kind is ActorKind.PROCESS:
            return self
        if actor.kind is not ActorKind.AGENCY:
            return self.none()
        if actor.path == "/":
            return self
        return self.filter(path__gte=actor.path, path__lt=actor.path[:-1] + "0")


class Intake(HasState):
    """One list somebody brought: received, checked against the register, taken in, perhaps undone.

    What its rows state waits in `StagedRow`, what is doubtful in `IntakeProblem`. Its rows are gone once it has been
    taken in; the register then says by its sources what it brought.
    """

    transitions = INTAKE_STEPS

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    #: Division path of the authority that brought it; `/` for the operator's commands.
    path = models.CharField(max_length=64, db_collation="C")
    #: The officer; null for a command.
    person_id = models.BigIntegerField(null=True)
    #: The file in the private store (`files.Upload`); null where it was too large to keep.
    upload_id = models.BigIntegerField(null=True)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=16, blank=True, default="")
    delimiter = models.CharField(max_length=1, blank=True, default="")
    sheet = models.CharField(max_length=120, blank=True, default="")
    #: The headings in the order of the file.
    header = ArrayField(models.TextField(), default=list)
    #: `{"columns": {heading: field or ""}, "values": {field: unit}}`: our guess, then what a person made of it.
    mapping = models.JSONField(default=dict)
    #: The day the list speaks of.
    dated_on = models.DateField()
    state = models.CharField(max_length=16, choices=IntakeState.choices, default=IntakeState.RECEIVED)
    #: rows, created, changed, unchanged, flagged, rejected, vanished.
    counts = models.JSONField(default=dict)
    #: Why it could not be taken in.
    message = models.CharField(max_length=400, blank=True, default="")
    #: What it became in the register; null before, and where the same file had brought everything already.
    source = models.OneToOneField(Source, on_delete=models.PROTECT, null=True, related_name="intake")
    #: The evidence of its undoing.
    undone_by = models.OneToOneField(Source, on_delete=models.PROTECT, null=True, related_name="undone")
    received_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = IntakeQuerySet.as_manager()

    class Meta:
        db_table = "registry_intake"
        constraints = [
            models.CheckConstraint(condition=Q(path__endswith="/"), name="registry_intake_path"),
            models.CheckConstraint(
                condition=~Q(state=IntakeState.UNDONE) | Q(undone_by__isnull=False), name="registry_intake_undone"
            ),
        ]
        indexes = [models.Index(fields=["path", "-received_at"], name="registry_intake_newest")]

    def __str__(self) -> str:
        return f"{self.file_name} {self.state}"


class StagedRow(models.Model):
    """What one row of a list states, as far as it can be believed, until the list has been taken in.

    Null says that the row states nothing. Unlogged: a server that crashes forgets it, and the list is checked again.
    """

    public_by_law: ClassVar[dict[str, str]] = {
        "legal_representative": "社会团体登记管理条例 Art 23: announced on registration and on every change",
    }

    pk = models.CompositePrimaryKey("intake_id", "row")
    #: `Intake`, without a constraint: a million rows come and go with their list.
    intake_id = models.BigIntegerField()
    #: The line a person sees in the file.
    row = models.IntegerField()
    fate = models.CharField(max_length=16, choices=Fate.choices)
    #: Division path of the authority that registered the body.
    path = models.CharField(max_length=64, db_collation="C")
    #: The body where the register has it, and its version the row was compared with.
    org_id = models.BigIntegerField(null=True)
    version_id = models.BigIntegerField(null=True)
    #: What a new body will be called in addresses.
    public_id = models.CharField(max_length=10)
    name = models.TextField()
    code = models.TextField(null=True, db_collation="C")  # null: the row does not say
    number = models.TextField(null=True, db_collation="C")
    kind = models.CharField(max_length=24, choices=Kind.choices, null=True)
    established_on = models.DateField(null=True)
    fund_fen = models.BigIntegerField(null=True)
    domicile = models.TextField(null=True)
    business_authority = models.TextField(null=True)
    registered_directly = models.BooleanField(null=True)
    registry_name = models.TextField(null=True)
    legal_representative = models.TextField(null=True)
    province = models.TextField(null=True)
    area = models.TextField(null=True)
    scope = models.TextField(null=True)
    purpose = models.TextField(null=True)
    standing = models.CharField(max_length=16, choices=Standing.choices, null=True)
    certificate_from = models.DateField(null=True)
    certificate_to = models.DateField(null=True)
    field = models.TextField(null=True)
    industry_department = models.TextField(null=True)
    party_body = models.TextField(null=True)
    host = models.TextField(null=True)

    class Meta:
        db_table = "registry_staged"

    def __str__(self) -> str:
        return f"{self.row} {self.name}"


class IntakeProblem(models.Model):
    """One doubt about one cell, one row or one column of a list, and what a person chose to do about it."""

    intake = models.ForeignKey(Intake, on_delete=models.CASCADE, related_name="problems")
    #: The line a person sees in the file, 1 for the header.
    row = models.IntegerField()
    #: The heading as written; empty where the whole row is meant.
    column = models.TextField(blank=True, default="")
    #: What stands in the cell, untouched.
    value = models.TextField(blank=True, default="")
    rule = models.CharField(max_length=64)
    severity = models.CharField(max_length=12)
    params = models.JSONField(default=dict)
    #: `{"value": "…"}`, `{"unit": "万元"}`, `{"leave": "open"}` or `{"leave": "out"}`; null while nobody has chosen.
    choice = models.JSONField(null=True)
    chosen_by = models.BigIntegerField(null=True)
    chosen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "registry_intake_problem"
        indexes = [models.Index(fields=["intake", "row", "id"], name="registry_intake_problem_row")]

    def __str__(self) -> str:
        return f"{self.row} {self.column} {self.rule}"
