"""What happened, and who looked. Append-only: neither table can be updated, deleted from or truncated."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


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

    class Meta:
        managed = False  # partitioned: the migration writes the SQL
        db_table = "audit_event"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.event}"


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

    class Meta:
        managed = False
        db_table = "audit_look"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.subject_kind}:{self.subject_id}"
