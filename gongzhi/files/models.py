"""Private files people handed in."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Func, IntegerField, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.ids import public_id
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
    def place(self) -> Path:
        """Where the bytes are."""
        return place_of(self.stored_name)


def place_of(name: str) -> Path:
    """The path of a stored name, two folders deep, so that no folder grows too long to list."""
    return Path(settings.UPLOADS) / name[:2] / name[2:4] / name
