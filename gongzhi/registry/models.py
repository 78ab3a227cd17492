"""The official register: what was registered, since when, and how the platform knows."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from gongzhi.core.clocks import Version as TwoClocks
from gongzhi.core.clocks import VersionQuerySet as TwoClocksQuerySet
from gongzhi.core.clocks import clock_constraints
from gongzhi.orgs.enums import Standing
from gongzhi.orgs.models import Organization
from gongzhi.registry.enums import EventKind, SourceKind
from gongzhi.tlog.contracts import SealedRecord


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
