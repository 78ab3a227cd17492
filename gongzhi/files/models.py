"""Private files people handed in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Func, IntegerField, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.ids import public_id
from gongzhi.files import store
from gongzhi.files.enums import Format, Purpose, ScanState


class UploadQuerySet(models.QuerySet["Upload"]):
    """Questions about files."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own, one's organization's, those addressed to one's agency's divisions; a system process sees all.

        The second wall says the same, except that there a reach over the whole country also covers files addressed to
        no agency.
        """
        if actor.kind is ActorKind.PROCESS:
            return self
        scope = actor.scope
        if scope.person is not None:
            return self.filter(person_id=scope.person)
        if scope.org is not None:
            return self.filter(org_id=scope.org)
        if scope.path == "/":
            return self.exclude(path="")
        if scope.path:
            return self.filter(path__gte=scope.path, path__lt=scope.path + chr(1114111))
        return self.none()

    def not_scanned(self) -> Self:
        """Those the virus scanner has not seen yet, oldest first."""
        return self.filter(scan_state=ScanState.NOT_SCANNED).order_by("pk")


class Upload(models.Model):
    """One file somebody handed in, checked and kept under a random name in `settings.UPLOADS`.

    Its content may be personal, so opening somebody else's file is a look. A picture is kept as we wrote it anew, so
    `sha256` and `size` are of the file as kept. Only the scan state changes after the row was written: the database
    refuses the rest. Ids of people and things are plain numbers, because they stand above this floor.
    """

    #: People name files after people and cases ("王小明身份证.jpg"), so the name is sealed like any personal field.
    personal_fields: ClassVar[dict[str, str]] = {
        "name_sealed": "to give the file back under the name its owner gave it; as long as the file is kept",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    #: The random name on the disk: 32 hexadecimal digits that say nothing about the file.
    stored_name = models.CharField(max_length=32, unique=True, db_collation="C")
    name_sealed = models.BinaryField()
    #: First character and extension: what lists show.
    name_masked = models.CharField(max_length=16)
    sha256 = models.BinaryField()
    size = models.BigIntegerField()
    format = models.CharField(max_length=8, choices=Format.choices)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    person_id = models.BigIntegerField(null=True)
    org_id = models.BigIntegerField(null=True)
    #: Division path of the agency it is addressed to, such as `44/4403/`; empty when it is addressed to none.
    path = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    scan_state = models.CharField(max_length=12, choices=ScanState.choices, default=ScanState.NOT_SCANNED)
    scanned_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_person = models.BigIntegerField(null=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        db_table = "files_upload"
        constraints = [
            models.CheckConstraint(
                condition=Q(person_id__isnull=False) | Q(org_id__isnull=False) | ~Q(path=""),
                name="files_upload_has_owner",
                violation_error_message=_("A file belongs to a person, an organization or an agency."),
            ),
            models.CheckConstraint(
                condition=Q(path="") | Q(path__endswith="/"),
                name="files_upload_path_form",
                violation_error_message=_("A division path ends with a slash, such as 44/4403/."),
            ),
            models.CheckConstraint(
                condition=Q(size__gt=0),
                name="files_upload_not_empty",
                violation_error_message=_("This file is empty."),
            ),
            models.CheckConstraint(
                condition=Exact(Func(F("sha256"), function="octet_length", output_field=IntegerField()), 32),
                name="files_upload_sha256_size",
            ),
            models.CheckConstraint(condition=Q(stored_name__regex="^[0-9a-f]{32}$"), name="files_upload_stored_name"),
            models.CheckConstraint(condition=Q(format__in=Format.values), name="files_upload_format"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="files_upload_purpose"),
            models.CheckConstraint(
                condition=Q(scan_state=ScanState.NOT_SCANNED, scanned_at__isnull=True)
                | Q(scan_state__in=[ScanState.CLEAN, ScanState.INFECTED], scanned_at__isnull=False),
                name="files_upload_scan",
            ),
        ]
        indexes = [
            models.Index(fields=["person_id"], name="files_upload_person", condition=Q(person_id__isnull=False)),
            models.Index(fields=["org_id"], name="files_upload_org", condition=Q(org_id__isnull=False)),
            models.Index(fields=["path"], name="files_upload_path"),
            models.Index(fields=["id"], name="files_upload_to_scan", condition=Q(scan_state=ScanState.NOT_SCANNED)),
        ]

    def __str__(self) -> str:
        return self.name_masked

    @property
    def key(self) -> str:
        """Where the store keeps the bytes."""
        return key_of(self.stored_name)

    @property
    def place(self) -> Path:
        """A path on this machine that holds the bytes; from a remote store they are fetched. Raises `OSError`."""
        return store.at(self.key)


def key_of(name: str) -> str:
    """The key of a stored name, two folders deep, so that no folder grows too long to list."""
    return f"{name[:2]}/{name[2:4]}/{name}"


class TransferQuerySet(models.QuerySet["Transfer"]):
    """Questions about files on their way."""

    def visible_to(self, actor: Actor) -> Self:
        """What this person sends, in the capacity they began it in; a system process sees all. The second wall asks
        for the capacity only."""
        if actor.kind is ActorKind.PROCESS:
            return self
        mine = self.filter(created_by_person=actor.person_id) if actor.person_id is not None else self.none()
        scope = actor.scope
        if scope.person is not None:
            return mine.filter(person_id=scope.person)
        if scope.org is not None:
            return mine.filter(org_id=scope.org)
        return mine.filter(path=scope.path) if scope.path else mine.none()

    def expired(self, now: dt.datetime) -> Self:
        """Those of which no piece has come for too long."""
        return self.filter(expires_at__lt=now)


class Transfer(models.Model):
    """One file on its way in: what its sender said it is. Its pieces say how much of it has arrived.

    It ends as an `Upload`, or is forgotten some time after the last piece. `sha256` is of the whole file as its sender
    has it, so the same file chosen again after a lost connection or on another device is the same transfer.
    """

    personal_fields: ClassVar[dict[str, str]] = {
        "name_sealed": "to tell the sender which file has not arrived whole; until it has, or two days after the last piece",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    stored_name = models.CharField(max_length=32, unique=True, db_collation="C")
    name_sealed = models.BinaryField()
    name_masked = models.CharField(max_length=16)
    sha256 = models.BinaryField()
    size = models.BigIntegerField()
    piece_size = models.IntegerField()
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    person_id = models.BigIntegerField(null=True)
    org_id = models.BigIntegerField(null=True)
    path = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    created_by_person = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    objects = TransferQuerySet.as_manager()

    class Meta:
        db_table = "files_transfer"
        constraints = [
            models.CheckConstraint(
                condition=Q(person_id__isnull=False) | Q(org_id__isnull=False) | ~Q(path=""),
                name="files_transfer_has_owner",
                violation_error_message=_("A file belongs to a person, an organization or an agency."),
            ),
            models.CheckConstraint(condition=Q(size__gt=0) & Q(piece_size__gt=0), name="files_transfer_not_empty"),
            models.CheckConstraint(
                condition=Exact(Func(F("sha256"), function="octet_length", output_field=IntegerField()), 32),
                name="files_transfer_sha256_size",
            ),
            models.CheckConstraint(condition=Q(stored_name__regex="^[0-9a-f]{32}$"), name="files_transfer_stored_name"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="files_transfer_purpose"),
        ]
        indexes = [
            models.Index(fields=["created_by_person"], name="files_transfer_by_person"),
            models.Index(fields=["expires_at"], name="files_transfer_expires"),
        ]

    def __str__(self) -> str:
        return self.name_masked

    @property
    def pieces_wanted(self) -> int:
        """How many pieces the whole file has."""
        return -(-self.size // self.piece_size)

    def size_of(self, number: int) -> int:
        """How many bytes the piece with this number (from 0) has; 0 for a number that is none."""
        return max(0, min(self.piece_size, self.size - number * self.piece_size)) if number >= 0 else 0

    def key_of(self, number: int) -> str:
        """Where the store keeps a piece."""
        return f"pieces/{self.stored_name}/{number}"


class Piece(models.Model):
    """One piece of a file on its way that has arrived and was checked. It is never sent again."""

    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="pieces")
    number = models.IntegerField()
    sha256 = models.BinaryField()

    class Meta:
        db_table = "files_piece"
        constraints = [
            models.UniqueConstraint(fields=["transfer", "number"], name="files_piece_once"),
            models.CheckConstraint(condition=Q(number__gte=0), name="files_piece_number"),
            models.CheckConstraint(
                condition=Exact(Func(F("sha256"), function="octet_length", output_field=IntegerField()), 32),
                name="files_piece_sha256_size",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transfer_id}:{self.number}"
