"""Organizations as they stand today, the marks other apps ask about, and the agencies that supervise them."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.models import Person
from gongzhi.core import searchtext
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.clocks import Version, VersionQuerySet, clock_constraints
from gongzhi.core.ids import public_id
from gongzhi.core.retention import Retention
from gongzhi.core.states import HasState
from gongzhi.orgs.enums import (
    CLAIM_OPEN,
    CLAIM_STEPS,
    THREE_DUTIES,
    AgencyKind,
    Basis,
    ClaimState,
    Ending,
    HouseKind,
    Kind,
    OpeningGround,
    OrgRole,
    OwnerSays,
    Role,
    Standing,
)
from gongzhi.tlog.contracts import SealedRecord


class OrganizationQuerySet(models.QuerySet["Organization"]):
    """Questions about organizations. Their register is public: everybody may see every row."""

    def named_by(self, reference: str) -> Self:
        """Organizations with this credit code, registration number or public id (as written in an address).

        Two registries may have given the same number; the public id then tells the two apart.
        """
        wanted = reference.strip().upper()
        return self.filter(Q(credit_code=wanted) | Q(number=wanted) | Q(public_id=wanted))

    def matching(self, query: str) -> Self:
        """Organizations whose name holds `query`, two characters included, or whose code, pinyin or initials begin so."""
        body = searchtext.compact(query)
        if not body:
            return self.none()
        found = Q(search__grams__contains=searchtext.query_grams(body), search__text__contains=body)
        if body.isascii():
            found |= Q(credit_code__startswith=body.upper()) | Q(number__startswith=body.upper())
            found |= Q(search__pinyin__startswith=body) | Q(search__initials__startswith=body)
        return self.filter(found)


class Organization(models.Model):
    """One body of the register as it stands today. History is in `registry`; this row is a copy kept by its actions."""

    public_id = models.CharField(max_length=10, default=public_id)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    credit_code = models.CharField(max_length=18, null=True, db_collation="C")
    #: Registration or filing number of a body without a (valid) credit code.
    number = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    #: Division path of the registration authority; `/` for bodies registered by the Ministry of Civil Affairs.
    path = models.CharField(max_length=64, default="/", db_collation="C")
    standing = models.CharField(max_length=16, choices=Standing.choices)
    name = models.CharField(max_length=200)
    registered_on = models.DateField(null=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        db_table = "orgs_organization"
        constraints = [
            # Not `unique=True`, which would add a second index of patterns for each: of codes in their collation this one
            # serves beginnings too, and nobody looks for the beginning of an id. A million rows pay for every index.
            models.UniqueConstraint(fields=["public_id"], name="orgs_organization_public_id"),
            models.UniqueConstraint(fields=["credit_code"], name="orgs_organization_credit_code"),
            models.CheckConstraint(condition=~Q(name=""), name="orgs_organization_named"),
            models.CheckConstraint(
                condition=Q(credit_code__isnull=False) | ~Q(number=""),
                name="orgs_organization_identified",
                violation_error_message=_("An organization needs a credit code or a number."),
            ),
            # Two registries may have given the same number, so it names a body only within one division.
            models.UniqueConstraint(
                fields=["number", "path"],
                condition=~Q(number="") & Q(credit_code__isnull=True),
                name="orgs_organization_number",
            ),
            models.CheckConstraint(condition=Q(path__endswith="/"), name="orgs_organization_path_form"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="orgs_organization_kind"),
            models.CheckConstraint(condition=Q(standing__in=Standing.values), name="orgs_organization_standing"),
        ]
        indexes = [
            models.Index(fields=["path"], name="orgs_organization_path"),
            models.Index(fields=["kind", "standing"], name="orgs_organization_kind_st"),
            models.Index(fields=["-registered_on", "-id"], name="orgs_organization_newest"),
            # For numbers typed from their beginning; the unique one above covers only bodies without a code.
            models.Index(fields=["number"], condition=~Q(number=""), name="orgs_organization_by_number"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reference(self) -> str:
        """What stands in the address of its page: the credit code, else the number."""
        return self.credit_code or self.number


class TransactionId(models.Field):  # type: ignore[type-arg]  # Django's own class takes no arguments when it runs
    """The number of the transaction that last wrote a row, set by PostgreSQL itself (`xid8`).

    A reader that remembers `pg_snapshot_xmin` and asks for what is not older misses nothing, whatever order
    concurrent writers commit in; a reader that remembers the highest number or the latest moment does.
    """

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else str(value)

    def from_db_value(self, value: Any, expression: object, connection: object) -> int | None:
        return None if value is None else int(value)


class CurrentTransaction(Func):
    """The number of the transaction that writes."""

    function = "pg_current_xact_id"
    arity = 0
    output_field = TransactionId()


class OrganizationSearch(models.Model):
    """What search needs to know about one organization, prepared when an action writes. Rebuildable at any time.

    One plain table, so that a filter, a count and an order need no join. What a word of a query may match is defined in
    `orgs.search`.
    """

    #: Without a constraint: the row is made from the organization's own, and checking it again costs more than writing it.
    org = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="search", db_constraint=False
    )
    #: Compact present name.
    name = models.TextField(db_collation="C", default="")
    #: Compact texts one after the other, each behind a sign no compact text holds: `=` name, `<` former name, `@` host,
    #: `&` person who is public by law.
    text = models.TextField(db_collation="C")
    #: Numbers of every character, every pair of characters and (of the present name) every pair of syllables.
    grams = ArrayField(models.IntegerField())
    pinyin = models.TextField(db_collation="C")
    initials = models.TextField(db_collation="C")
    kind = models.CharField(max_length=24, default="")
    standing = models.CharField(max_length=16, default="")
    #: 0 national, 1 province, 2 city, 3 county and below: how deep the registry's division lies.
    level = models.SmallIntegerField(default=0)
    path = models.CharField(max_length=64, db_collation="C", default="/")
    #: Code of `reference.codes` "fields"; empty where no source states it.
    field = models.CharField(max_length=32, default="")
    #: Codes of the marks that hold today.
    marks = ArrayField(models.CharField(max_length=32), default=list)
    #: Day of registration for sorting; unknown ones stand before all known ones.
    since = models.DateField()
    #: Unique order of results within one tier: bodies that ended last, then the shorter name, then the older row.
    rank = models.BigIntegerField(default=0)
    changed = TransactionId(db_default=CurrentTransaction())

    class Meta:
        db_table = "orgs_search"
        indexes = [
            GinIndex(fields=["grams"], name="orgs_search_grams", opclasses=["gin__int_ops"]),
            models.Index(fields=["pinyin", "org"], name="orgs_search_pinyin"),
            models.Index(fields=["initials"], name="orgs_search_initials"),
            models.Index(fields=["since", "org"], name="orgs_search_since"),
            models.Index(fields=["rank"], name="orgs_search_rank"),
            models.Index(fields=["path"], name="orgs_search_path"),
            models.Index(fields=["changed"], name="orgs_search_changed"),
            models.Index(fields=["field"], condition=~Q(field=""), name="orgs_search_field"),
        ]

    def __str__(self) -> str:
        return self.text


class SearchCopy(models.Model):
    """One copy of the search rows that a host keeps as an index (`orgs.search.index`), and how far it has come.

    The row moves before the copy does. So a copy that is ahead of its row belongs to a database that has since been
    restored from a backup, and may not answer.
    """

    #: Made anew with each full build of a copy.
    token = models.UUIDField(primary_key=True)
    host = models.CharField(max_length=64)
    #: `pg_snapshot_xmin` of the snapshot the copy is made from: every older transaction is in it.
    horizon = TransactionId()
    at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "orgs_search_copy"
        verbose_name_plural = "search copies"

    def __str__(self) -> str:
        return f"{self.host} {self.horizon}"


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    """Questions about saved searches."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; a system process sees all. The second wall says the same."""
        if actor.kind is ActorKind.PROCESS:
            return self
        return self.filter(person_id=actor.scope.person)


class SavedSearch(models.Model):
    """A search a person wants to be told about: new organizations that answer it bring a notice on the platform."""

    #: What a person looks for tells something about the person.
    personal_fields: ClassVar[dict[str, str]] = {
        "asked": "what the person wants to be told about; until the person removes it",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=100)
    #: The values of the search's address, name → value.
    asked = models.JSONField()
    #: `pg_snapshot_xmin` of the last look: what changed before it has been told.
    horizon = TransactionId()
    made_at = models.DateTimeField(auto_now_add=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        db_table = "orgs_saved_search"
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="orgs_saved_search_once")]

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """How many organizations there are of one kind in one standing. Kept by the register's actions: no page counts."""

    pk = models.CompositePrimaryKey("kind", "standing")
    kind = models.CharField(max_length=24, choices=Kind.choices)
    standing = models.CharField(max_length=16, choices=Standing.choices)
    count = models.BigIntegerField()

    class Meta:
        db_table = "orgs_tally"

    def __str__(self) -> str:
        return f"{self.kind}/{self.standing}: {self.count}"


class MarkQuerySet(VersionQuerySet["Mark"]):
    """Questions about marks."""


class Mark(Version):
    """A dated fact about an organization that other apps may ask, such as `charity`. Two clocks.

    Each code has exactly one app that may set it (`set_by_app`); an empty value says that the mark ended.
    """

    owner: ClassVar[tuple[str, ...]] = ("org_id", "code")
    facts: ClassVar[tuple[str, ...]] = ("value",)
    about: ClassVar[tuple[str, ...]] = ("set_by_app", "source")

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="marks")
    code = models.CharField(max_length=32)
    value = models.CharField(max_length=64, blank=True)
    set_by_app = models.CharField(max_length=32)
    #: What the fact rests on: a file's hash, a case number, a decision.
    source = models.CharField(max_length=128)
    #: Number of the transaction that wrote or closed the row: the order of the changes feed (`registry.feed`).
    written = TransactionId(db_default=CurrentTransaction())

    objects = MarkQuerySet.as_manager()

    class Meta:
        db_table = "orgs_mark"
        constraints = [*clock_constraints("orgs_mark", ("org_id", "code"))]
        indexes = [models.Index(fields=["written", "id"], name="orgs_mark_written")]

    def __str__(self) -> str:
        return f"{self.code}={self.value}"

    def sealed_record(self) -> SealedRecord:
        """The mark, its value and its day; all of it is public."""
        return SealedRecord(
            public={
                "org": self.org.reference,
                "code": self.code,
                "value": self.value,
                "valid_from": self.valid_from.isoformat(),
                "known_from": self.known_from.isoformat(),
            }
        )


class AgencyQuerySet(models.QuerySet["Agency"]):
    """Questions about agencies."""

    def within(self, path: str) -> Self:
        """Those of a division path and below; `/` is the whole country, nothing is none."""
        if not path:
            return self.none()
        return self if path == "/" else self.filter(path__gte=path, path__lt=path[:-1] + "0")

    def with_staff(self, day: dt.date) -> Self:
        """With `staff`: how many people hold a role there on a day."""
        holds = Q(appointments__since__lte=day, appointments__ended_at__isnull=True) & (
            Q(appointments__until__isnull=True) | Q(appointments__until__gte=day)
        )
        return self.annotate(staff=models.Count("appointments__person", filter=holds, distinct=True))


class Agency(models.Model):
    """A public body that works on the platform, of one of the kinds of `AgencyKind`."""

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=AgencyKind.choices)
    #: The division it answers for and everything below it; `/` is the whole country.
    path = models.CharField(max_length=64, db_collation="C")

    objects = AgencyQuerySet.as_manager()

    class Meta:
        db_table = "orgs_agency"
        verbose_name_plural = "agencies"
        constraints = [
            models.UniqueConstraint(fields=["name", "path"], name="orgs_agency_once"),
            models.CheckConstraint(condition=Q(path__endswith="/"), name="orgs_agency_path"),
        ]

    def __str__(self) -> str:
        return self.name


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Questions about who works where."""

    def on(self, day: dt.date) -> Self:
        """Appointments that hold on a day, as far as is known now: one that was ended at once holds no more."""
        return self.filter(Q(until__isnull=True) | Q(until__gte=day), since__lte=day, ended_at__isnull=True)


class Appointment(models.Model):
    """One person holding one role at one agency for a time. Actors are built from this table, so it has no policy."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="appointments")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="appointments")
    role = models.CharField(max_length=24, choices=Role.choices)
    since = models.DateField()
    until = models.DateField(null=True)
    #: When it was ended at once: the next request holds it no more, although the day is not over.
    ended_at = models.DateTimeField(null=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        db_table = "orgs_appointment"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "agency", "role"], condition=Q(until__isnull=True), name="orgs_appointment_once"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="orgs_appointment_order"
            ),
            # Over all agencies: one person holds at most one of the three administrators' roles on any day.
            ExclusionConstraint(
                name="orgs_appointment_one_duty",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("role", RangeOperators.NOT_EQUAL),
                    (Func("since", "until", Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(role__in=THREE_DUTIES),
                violation_error_message=_("Nobody holds two of the three administrators' roles."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}@{self.agency_id}:{self.role}"


class CoverQuerySet(models.QuerySet["Cover"]):
    """Questions about who stands in for whom."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own of the agency one acts for, given or taken; a system process sees all."""
        if actor.kind is ActorKind.PROCESS:
            return self
        if actor.kind is not ActorKind.AGENCY or actor.person_id is None:
            return self.none()
        own = Q(absent_id=actor.person_id) | Q(deputy_id=actor.person_id)
        return self.filter(own, agency_id=actor.agency_id)

    def living(self, day: dt.date) -> Self:
        """Those that count on a day."""
        return self.filter(since__lte=day, until__gte=day, ended_at__isnull=True)


class Cover(models.Model):
    """One official standing in for another of the same agency from a day to a day. It ends by itself, or early.

    Actors are built from this table, so it has no policy. What it says of a person is ids and days only.
    """

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="covers")
    absent = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    deputy = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    since = models.DateField()
    #: The last day.
    until = models.DateField()
    given_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = CoverQuerySet.as_manager()

    class Meta:
        db_table = "orgs_cover"
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gte=F("since")),
                name="orgs_cover_order",
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                condition=~Q(absent=F("deputy")),
                name="orgs_cover_two_people",
                violation_error_message=_("Nobody stands in for themself."),
            ),
            ExclusionConstraint(
                name="orgs_cover_one_at_a_time",
                expressions=[
                    ("agency", RangeOperators.EQUAL),
                    ("absent", RangeOperators.EQUAL),
                    (Func("since", "until", Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(ended_at__isnull=True),
                violation_error_message=_("Somebody stands in on these days already."),
            ),
        ]
        indexes = [
            models.Index(fields=["deputy", "agency", "until"], name="orgs_cover_by_deputy"),
            models.Index(fields=["absent", "agency", "until"], name="orgs_cover_by_absent"),
        ]

    def __str__(self) -> str:
        return f"{self.deputy_id} for {self.absent_id}@{self.agency_id}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Questions about who belongs to an organization."""

    def living(self, day: dt.date) -> Self:
        """Memberships that hold on a day, as far as is known now."""
        return self.filter(Q(until__isnull=True) | Q(until__gte=day), since__lte=day, ended_at__isnull=True)

    def visible_to(self, actor: Actor) -> Self:
        """Those of the organization one acts for, or one's own; a system process sees all. Officials see none."""
        if actor.kind is ActorKind.PROCESS:
            return self
        if actor.scope.org is not None:
            return self.filter(org_id=actor.scope.org)
        return self.filter(person_id=actor.scope.person) if actor.scope.person is not None else self.none()


class Membership(models.Model):
    """One person holding one role in one organization for a time. Another role is another row; the old one stays.

    Actors are built from this table, so it has no policy. What it says of a person is ids and codes only.
    """

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=24, choices=OrgRole.choices)
    #: Codes delegated to a handler; empty for every other role, which holds its own.
    delegated = ArrayField(models.CharField(max_length=64), default=list)
    since = models.DateField()
    #: The last day; every delegation to a handler has one.
    until = models.DateField(null=True)
    #: Person who named, invited or admitted this one.
    given_by = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=16, choices=Ending.choices, blank=True, default="")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        db_table = "orgs_membership"
        constraints = [
            models.UniqueConstraint(
                fields=["org", "person"], condition=Q(ended_at__isnull=True), name="orgs_membership_once"
            ),
            models.CheckConstraint(condition=Q(role__in=OrgRole.values), name="orgs_membership_role"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="orgs_membership_order"
            ),
            models.CheckConstraint(
                condition=~Q(role=OrgRole.HANDLER) | Q(until__isnull=False),
                name="orgs_membership_delegation_ends",
                violation_error_message=_("A delegation has a last day."),
            ),
            models.CheckConstraint(
                condition=Q(role=OrgRole.HANDLER) | Q(delegated=[]), name="orgs_membership_delegated"
            ),
            models.CheckConstraint(
                condition=(Q(ended_at__isnull=True) & Q(ending=""))
                | (Q(ended_at__isnull=False) & Q(ending__in=Ending.values)),
                name="orgs_membership_ending",
            ),
        ]
        indexes = [models.Index(fields=["person"], name="orgs_membership_living", condition=Q(ended_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.person_id}@{self.org_id}:{self.role}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Questions about invitations."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of the organization one acts for; a system process sees all. The second wall says the same."""
        if actor.kind is ActorKind.PROCESS:
            return self
        return self.filter(org_id=actor.scope.org) if actor.scope.org is not None else self.none()

    def open(self, now: dt.datetime) -> Self:
        """Those that can still be accepted."""
        return self.filter(
            taken_at__isnull=True, withdrawn_at__isnull=True, refused_at__isnull=True, expires_at__gt=now
        )


class Invitation(models.Model):
    """One invitation into one organization, for whoever owns one address: a link that works once, until a moment.

    Only the hash of the link's secret is kept, and of the invited address a keyed hash and a mask.
    """

    personal_fields: ClassVar[dict[str, str]] = {
        "for_index": "keyed hash of the invited address, to tell whether the link was passed on; 90 days after its end",
        "for_masked": "so that the organization knows whom it invited; 90 days after its end",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=24, choices=OrgRole.choices)
    delegated = ArrayField(models.CharField(max_length=64), default=list)
    #: Last day of the role that is offered; null for a role without one.
    until = models.DateField(null=True)
    #: SHA-256 of 256 random bits: nothing to guess, so nothing to slow down.
    token_sha256 = models.CharField(max_length=64, unique=True)
    for_index = models.BinaryField(max_length=16)
    for_masked = models.CharField(max_length=64)
    made_by = models.BigIntegerField()
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    taken_by = models.BigIntegerField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    #: Who was invited said no.
    refused_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        db_table = "orgs_invitation"
        constraints = [
            models.CheckConstraint(condition=Q(role__in=OrgRole.values), name="orgs_invitation_role"),
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True, taken_by__isnull=True)
                | Q(taken_at__isnull=False, taken_by__isnull=False, withdrawn_at__isnull=True),
                name="orgs_invitation_taken",
                violation_error_message=_("An invitation is accepted by somebody, and not after it was withdrawn."),
            ),
            models.CheckConstraint(
                condition=Q(refused_at__isnull=True) | Q(taken_at__isnull=True, withdrawn_at__isnull=True),
                name="orgs_invitation_refused",
                violation_error_message=_("An invitation that was accepted or withdrawn cannot be refused."),
            ),
            models.CheckConstraint(
                condition=~Q(role=OrgRole.HANDLER) | Q(until__isnull=False),
                name="orgs_invitation_delegation_ends",
                violation_error_message=_("A delegation has a last day."),
            ),
        ]
        indexes = [
            models.Index(fields=["org", "-made_at", "-id"], name="orgs_invitation_newest"),
            # Who is invited is shown it on their own page, found by the addresses they sign in with.
            models.Index(
                fields=["for_index"],
                condition=Q(taken_at__isnull=True, withdrawn_at__isnull=True, refused_at__isnull=True),
                name="orgs_invitation_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.org_id}:{self.role} {self.public_id}"


#: By so much a day can move back once the holidays of its year are announced.
LONGEST_REST = dt.timedelta(days=10)


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Questions about claims to be in charge of an organization."""

    def visible_to(self, actor: Actor) -> Self:
        """Who claims, the organization, the registry whose reach holds it; a system process sees all.

        The second wall says the same. Who of the organization is shown one is decided by the page: its persons in charge.
        """
        if actor.kind is ActorKind.PROCESS or actor.scope.path == "/":
            return self
        if actor.scope.person is not None:
            return self.filter(person_id=actor.scope.person)
        if actor.scope.org is not None:
            return self.filter(org_id=actor.scope.org)
        if actor.scope.path:
            return self.filter(path__gte=actor.scope.path, path__lt=actor.scope.path + chr(1114111))
        return self.none()

    def open(self) -> Self:
        """Those that wait for somebody."""
        return self.filter(state__in=CLAIM_OPEN)

    def unanswered(self, day: dt.date) -> Self:
        """Those whose person in charge has let the time pass; one that is not settled yet gets the longest rest."""
        settled = Q(owner_due_settled=True, owner_due_on__lt=day)
        rest = Q(owner_due_settled=False, owner_due_on__lt=day - LONGEST_REST)
        return self.filter(settled | rest, state=ClaimState.WITH_OWNER)


class Claim(HasState):
    """One person's claim to be in charge of a registered organization, with what proves control of it.

    Where the organization has a person in charge already, that one is asked first, for a time. Then the registry decides.
    """

    transitions = CLAIM_STEPS
    personal_fields: ClassVar[dict[str, str]] = {
        "name_sealed": "so that the registry compares the person's name with the letter; 3 years after the end",
        "name_masked": "so that both offices know whom it is about; 3 years after the end",
        "says": "what the person adds; 3 years after the end",
        "owner_words": "what the person in charge says about it; 3 years after the end",
        "answer": "why it was refused, which may speak of persons; 3 years after the end",
    }
    retention: ClassVar[tuple[Retention, ...]] = (Retention("ended_at", 3 * 365),)

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="claims")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="claims")
    #: Division path of the organization's registry when it was asked: whose reach holds it decides.
    path = models.CharField(max_length=64, db_collation="C")
    name_sealed = models.BinaryField()
    name_masked = models.CharField(max_length=16)
    basis = models.CharField(max_length=16, choices=Basis.choices)
    #: The letter, in `files`; null for who proved it by a verified identity.
    upload_id = models.BigIntegerField(null=True)
    says = models.TextField(blank=True, default="")
    state = models.CharField(max_length=16, choices=ClaimState.choices)
    asked_at = models.DateTimeField(auto_now_add=True)
    owner_due_on = models.DateField(null=True)
    #: False while the holidays of the due year are not announced: then it is the earliest day it can be.
    owner_due_settled = models.BooleanField(default=True)
    owner_says = models.CharField(max_length=16, choices=OwnerSays.choices, blank=True, default="")
    owner_words = models.TextField(blank=True, default="")
    owner_at = models.DateTimeField(null=True)
    owner_by = models.BigIntegerField(null=True)
    answer = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField(null=True)
    decided_by = models.BigIntegerField(null=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        db_table = "orgs_claim"
        constraints = [
            models.UniqueConstraint(
                fields=["org", "person"], condition=Q(state__in=CLAIM_OPEN), name="orgs_claim_once_open"
            ),
            models.CheckConstraint(condition=Q(state__in=ClaimState.values), name="orgs_claim_state"),
            models.CheckConstraint(
                condition=(Q(basis=Basis.LETTER) & Q(upload_id__isnull=False))
                | (Q(basis=Basis.VERIFIED) & Q(upload_id__isnull=True)),
                name="orgs_claim_proof",
                violation_error_message=_("Control is proved by a letter or by a verified identity."),
            ),
            models.CheckConstraint(
                condition=~Q(state=ClaimState.WITH_OWNER) | Q(owner_due_on__isnull=False, owner_says=""),
                name="orgs_claim_owner_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=CLAIM_OPEN, ended_at__isnull=True)
                | Q(state=ClaimState.WITHDRAWN, ended_at__isnull=False)
                | Q(state=ClaimState.ADMITTED, ended_at__isnull=False, decided_by__isnull=False)
                | (Q(state=ClaimState.REFUSED, ended_at__isnull=False, decided_by__isnull=False) & ~Q(answer="")),
                name="orgs_claim_decided",
                violation_error_message=_("Who refuses says why."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("person_id")), name="orgs_claim_two_persons"
            ),
        ]
        indexes = [
            models.Index(fields=["path", "asked_at", "id"], name="orgs_claim_by_reach"),
            models.Index(fields=["person", "-asked_at", "-id"], name="orgs_claim_by_person"),
            models.Index(fields=["org", "-asked_at", "-id"], name="orgs_claim_by_org"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.state}"

    def look_owner(self) -> tuple[int | None, int | None]:
        """Whose data it holds: those of who claims, not of the organization."""
        return self.person_id, None


#: Nothing stays open for longer, whatever an official wishes. The ordinary longest term is a parameter.
LONGEST_OPENING_DAYS = 366


class OpeningQuerySet(models.QuerySet["Opening"]):
    """Questions about openings of what organizations keep for themselves."""

    def visible_to(self, actor: Actor) -> Self:
        """The organization's own, and those made by agencies within the reach; a system process sees all. The second wall
        says the same."""
        if actor.kind is ActorKind.PROCESS or actor.scope.path == "/":
            return self
        if actor.scope.org is not None:
            return self.filter(org_id=actor.scope.org)
        if actor.scope.path:
            return self.filter(path__gte=actor.scope.path, path__lt=actor.scope.path + chr(1114111))
        return self.none()

    def open_at(self, moment: dt.datetime) -> Self:
        """Those that open something at a moment."""
        return self.filter(opened_at__lte=moment, until__gt=moment, closed_at__isnull=True)


class Opening(models.Model):
    """One official opens one kind of what an organization keeps for itself, on a legal ground, for a time, in its sight."""

    personal_fields: ClassVar[dict[str, str]] = {
        "reason": "why it was opened, which may speak of persons; 10 years after its end, in the organization's sight",
    }
    retention: ClassVar[tuple[Retention, ...]] = (Retention("until", 10 * 365),)

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="openings")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    #: Division path of the agency that opened it.
    path = models.CharField(max_length=64, db_collation="C")
    kind = models.CharField(max_length=16, choices=HouseKind.choices)
    ground = models.CharField(max_length=16, choices=OpeningGround.choices)
    #: The case's own reference, such as the number of its file.
    matter = models.CharField(max_length=60)
    reason = models.TextField()
    official = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = OpeningQuerySet.as_manager()

    class Meta:
        db_table = "orgs_opening"
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(matter=""),
                name="orgs_opening_reason",
                violation_error_message=_("An opening names its case and its reason."),
            ),
            models.CheckConstraint(
                condition=Q(ground__in=OpeningGround.values) & Q(kind__in=HouseKind.values), name="orgs_opening_ground"
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("opened_at"))
                & Q(until__lte=F("opened_at") + dt.timedelta(days=LONGEST_OPENING_DAYS)),
                name="orgs_opening_has_an_end",
                violation_error_message=_("An opening ends within a year."),
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")), name="orgs_opening_closed"
            ),
        ]
        indexes = [
            models.Index(fields=["org", "-opened_at", "-id"], name="orgs_opening_newest"),
            models.Index(fields=["org", "kind", "until"], name="orgs_opening_live"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.kind} until {self.until:%Y-%m-%d}"

    def opens_at(self, moment: dt.datetime) -> bool:
        """Whether it opens something at a moment."""
        return self.closed_at is None and self.opened_at <= moment < self.until


class HouseRecordQuerySet(models.QuerySet["HouseRecord"]):
    """Questions about what organizations keep for themselves."""

    def visible_to(self, actor: Actor) -> Self:
        """The organization's own; an agency what was filed to it, or what it has opened itself; a process sees all.

        The second wall says the same, except that it knows divisions and not agencies: there an opening holds for the
        agencies above the one that made it too.
        """
        if actor.kind is ActorKind.PROCESS:
            return self
        if actor.scope.org is not None:
            return self.filter(org_id=actor.scope.org)
        reach = actor.scope.path
        if not reach:
            return self.none()
        rows = self if reach == "/" else self.filter(path__gte=reach, path__lt=reach + chr(1114111))
        opened = Opening.objects.filter(org=OuterRef("org"), kind=OuterRef("kind"), agency_id=actor.agency_id or 0)
        return rows.filter(Q(filed_at__isnull=False) | Exists(opened.open_at(timezone.now())))


class HouseRecord(models.Model):
    """One thing an organization keeps for itself: contacts, minutes, a draft, a page of its accounts book.

    No official sees it until the organization files it, or an opening with a legal ground covers its kind.
    """

    personal_fields: ClassVar[dict[str, str]] = {
        "title_sealed": "what the organization keeps for itself; until it removes it, what was filed stays",
        "text_sealed": "what the organization keeps for itself; until it removes it, what was filed stays",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="house_records")
    #: Division path of the organization's registry, kept up to date by whoever writes or opens.
    path = models.CharField(max_length=64, db_collation="C")
    kind = models.CharField(max_length=16, choices=HouseKind.choices)
    title_sealed = models.BinaryField()
    text_sealed = models.BinaryField(default=b"")
    #: The day it speaks of.
    on = models.DateField()
    #: A paper that belongs to it, in `files`.
    upload_id = models.BigIntegerField(null=True)
    written_at = models.DateTimeField(auto_now_add=True)
    written_by = models.BigIntegerField()
    changed_at = models.DateTimeField(null=True)
    filed_at = models.DateTimeField(null=True)
    filed_by = models.BigIntegerField(null=True)

    objects = HouseRecordQuerySet.as_manager()

    class Meta:
        db_table = "orgs_house_record"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=HouseKind.values), name="orgs_house_record_kind"),
            models.CheckConstraint(
                condition=Q(filed_at__isnull=True, filed_by__isnull=True)
                | Q(filed_at__isnull=False, filed_by__isnull=False),
                name="orgs_house_record_filed",
            ),
            models.CheckConstraint(
                condition=Q(filed_at__isnull=True) | Q(changed_at__isnull=True) | Q(changed_at__lte=F("filed_at")),
                name="orgs_house_record_filed_stays",
                violation_error_message=_("What was filed is not changed any more."),
            ),
            models.CheckConstraint(condition=Q(path__endswith="/"), name="orgs_house_record_path"),
        ]
        indexes = [
            models.Index(fields=["org", "-on", "-id"], name="orgs_house_record_newest"),
            models.Index(fields=["path", "org"], condition=Q(filed_at__isnull=False), name="orgs_house_record_filed"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.kind}"

    def look_owner(self) -> tuple[int | None, int | None]:
        """Whose data it holds: the organization's."""
        return None, self.org_id
