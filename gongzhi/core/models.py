"""Four technical tables. They hold no facts about anybody."""

from __future__ import annotations

from django.db import models


class Sequence(models.Model):
    """The last number given in a series of human references in one year."""

    pk = models.CompositePrimaryKey("code", "year")
    code = models.CharField(max_length=16)
    year = models.IntegerField()
    last = models.BigIntegerField(default=0)

    class Meta:
        db_table = "core_sequence"

    def __str__(self) -> str:
        return f"{self.code}-{self.year}"


class IdempotencyKey(models.Model):
    """One answered request of an API client, so that a repeated request gets the same answer and no second effect."""

    pk = models.CompositePrimaryKey("key", "actor")
    key = models.CharField(max_length=255)
    actor = models.CharField(max_length=64)
    route = models.CharField(max_length=255)
    body_sha256 = models.BinaryField()
    status = models.SmallIntegerField()
    answer = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "core_idempotency"
        indexes = [models.Index(fields=["at"], name="core_idempotency_at")]

    def __str__(self) -> str:
        return f"{self.actor} {self.key}"


class Throttle(models.Model):
    """How often something was tried in the present window. Unlogged: a crash forgives, a second process does not."""

    bucket = models.CharField(max_length=128, primary_key=True)
    window_start = models.DateTimeField()
    count = models.IntegerField()

    class Meta:
        db_table = "core_throttle"

    def __str__(self) -> str:
        return self.bucket


class Heartbeat(models.Model):
    """When a process of the platform was last alive."""

    process = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "core_heartbeat"

    def __str__(self) -> str:
        return self.process
