"""What happened, and who looked. Append-only: neither table can be updated, deleted from or truncated."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from gongzhi.audit.enums import How


class Event(models.Model):
    """One change somebody made, written in the transaction of the change. Ids and codes only, no personal values.

    No foreign keys: an event outlives what it tells about. The table is partitioned by year of `at`.
    """

    at = models.DateTimeField()
    event = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=16)
    person_id = models.BigIntegerField(null=True)
    acting_for = models.CharField(max_length=64, default="")
    process = models.CharField(max_length=64, default="")
    request = models.UUIDField()
    subject_kind = models.CharField(max_length=64, default="")
    subject_id = models.BigIntegerField(null=True)
    case_id = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict)
    #: Persons for whom the author stood in during their leave: what was done may rest on their roles.
    covers = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        managed = False  # partitioned: the migration writes the SQL
        db_table = "audit_event"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.event}"


class LookQuerySet(models.QuerySet["Look"]):
    """Questions about looks."""

    def about(self, *, person: int | None = None, org: int | None = None) -> Self:
        """Looks at one person's data, or one organization's; none if neither is named."""
        if person is not None:
            # Before looks named whose data they are, a look at the record of a person said so by its subject.
            older = Q(owner_person__isnull=True, subject_kind="accounts.person", subject_id=person)
            return self.filter(Q(owner_person=person) | older)
        return self.filter(owner_org=org) if org is not None else self.none()

    def by_others(self, person: int | None) -> Self:
        """Without what a person did in their own name."""
        return self.exclude(person_id=person, acting_for="") if person is not None else self


class Look(models.Model):
    """One request in which somebody opened, or was refused, protected data about `subject`."""

    at = models.DateTimeField()
    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    acting_for = models.CharField(max_length=64, default="")
    process = models.CharField(max_length=64, default="")
    case_id = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=64, default="")
    page = models.CharField(max_length=128, default="")
    fields = ArrayField(models.CharField(max_length=64), default=list)
    refused = models.BooleanField(default=False)
    request = models.UUIDField()
    how = models.CharField(max_length=16, choices=How.choices, default=How.PAGE)
    #: Whose data they are. A look at what belongs to nobody (the API's contact of a program) has neither.
    owner_person = models.BigIntegerField(null=True)
    owner_org = models.BigIntegerField(null=True)
    #: What it was made under: a notice held back, an emergency access, an export. Rows of `privacy`.
    hold_id = models.BigIntegerField(null=True)
    grant_id = models.BigIntegerField(null=True)
    batch_id = models.BigIntegerField(null=True)
    #: Persons for whom the reader stood in during their leave.
    covers = ArrayField(models.BigIntegerField(), default=list)

    objects = LookQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "audit_look"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.subject_kind}:{self.subject_id}"
