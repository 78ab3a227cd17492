"""What waits to be ordered, the rows under bulk entries, and the salts that open commitments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.db import connection, models
from django.db.models import F, Func, IntegerField
from django.db.models.functions import Now
from django.db.models.lookups import Exact, LessThanOrEqual


def octets(column: str) -> Func:
    """How many bytes a bytea column holds."""
    return Func(F(column), function="octet_length", output_field=IntegerField())


def copy_in(table: str, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Add many rows by COPY, the fastest way in: column → PostgreSQL type. Constraints raise as with the ORM."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    # Django does not translate what COPY raises at its end by itself.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)


class Pending(models.Model):
    """One entry that waits for its place in the log. Its bytes are public: commitments, codes, an hour.

    The application may add and read rows and nothing else; the sequencer's role takes them out once they are ordered.
    `seal` is the entry's own `id`: 128 random bits.
    """

    personal_fields: ClassVar[dict[str, str]] = {}

    seal = models.UUIDField(unique=True)
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "tlog_pending"
        constraints = [
            # 65,535 is what an entry bundle of the log can hold; the builder keeps far below.
            models.CheckConstraint(condition=LessThanOrEqual(octets("body"), 65535), name="tlog_pending_size"),
        ]

    def __str__(self) -> str:
        return str(self.seal)


class BatchRow(models.Model):
    """One row under a bulk entry: the leaf at `position` (from 0) of the tree whose root the entry holds."""

    personal_fields: ClassVar[dict[str, str]] = {}

    pk = models.CompositePrimaryKey("seal", "position")
    seal = models.UUIDField()
    position = models.IntegerField()
    row_kind = models.CharField(max_length=64)
    row_id = models.BigIntegerField()
    leaf = models.BinaryField()

    class Meta:
        db_table = "tlog_batch"
        constraints = [
            models.UniqueConstraint(fields=["seal", "row_kind", "row_id"], name="tlog_batch_row_once"),
            models.CheckConstraint(condition=Exact(octets("leaf"), 32), name="tlog_batch_leaf_size"),
            models.CheckConstraint(condition=models.Q(position__gte=0), name="tlog_batch_position"),
        ]

    def __str__(self) -> str:
        return f"{self.seal}/{self.position}"


class SubjectKey(models.Model):
    """The key of one subject (a person, an organization), under which the salts about it are encrypted.

    The 32-byte key stands as hex, sealed with the platform's key ring, which no database backup holds. Deleting the row
    is the erasure: what is left of the subject in the log are 32 bytes nobody can open. Only the sealed key may be
    updated, when the platform's key ring rotates.

    No row-level security: a row tells that a subject has sealed records, by number, and nothing about it; officials,
    visitors and processes all seal.
    """

    personal_fields: ClassVar[dict[str, str]] = {}

    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    dek_sealed = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "vault_subject_key"
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "subject_id"], name="vault_subject_key_one"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind}:{self.subject_id}"


class Salt(models.Model):
    """The salt of one committed field of one entry, encrypted under its subject's key.

    Under a bulk entry `field` is `row/<position>` and the value is the seed of that row's salts.
    """

    personal_fields: ClassVar[dict[str, str]] = {}

    pk = models.CompositePrimaryKey("seal", "field")
    seal = models.UUIDField()
    field = models.CharField(max_length=64)
    subject_key = models.ForeignKey(SubjectKey, on_delete=models.CASCADE, related_name="salts")
    salt_ciphertext = models.BinaryField()

    class Meta:
        db_table = "vault_salt"

    def __str__(self) -> str:
        return f"{self.seal}/{self.field}"
