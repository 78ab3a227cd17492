"""Formats, purposes, scan states and the permission code of files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

#: May open files of the people and organizations one is responsible for.
READ: Final = "files.read"

MB: Final = 1024 * 1024


class Format(models.TextChoices):
    """What a file is, found from its bytes. The value is the name of the format and its first extension."""

    PDF = "pdf", _("PDF document")
    OFD = "ofd", _("OFD document")
    DOCX = "docx", _("Word document (.docx)")
    XLSX = "xlsx", _("Excel workbook (.xlsx)")
    CSV = "csv", _("table as text (.csv)")
    TSV = "tsv", _("table as text (.tsv)")
    TXT = "txt", _("plain text (.txt)")
    JPEG = "jpeg", _("JPEG picture")
    PNG = "png", _("PNG picture")
    WEBP = "webp", _("WebP picture")
    WAV = "wav", _("WAV recording")
    MP3 = "mp3", _("MP3 recording")
    OGG = "ogg", _("Ogg recording")
    M4A = "m4a", _("M4A recording")


#: What a name of this format may end with.
EXTENSIONS: Final[dict[str, frozenset[str]]] = {
    **{value: frozenset({value}) for value in Format.values},
    Format.JPEG: frozenset({"jpeg", "jpg"}),
    Format.OGG: frozenset({"ogg", "oga", "opus"}),
}
#: What the browser is told. Never HTML or SVG, which would run in our origin.
CONTENT_TYPES: Final[dict[str, str]] = {
    Format.PDF: "application/pdf",
    Format.OFD: "application/ofd",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv",
    Format.TSV: "text/tab-separated-values",
    Format.TXT: "text/plain",
    Format.JPEG: "image/jpeg",
    Format.PNG: "image/png",
    Format.WEBP: "image/webp",
    Format.WAV: "audio/wav",
    Format.MP3: "audio/mpeg",
    Format.OGG: "audio/ogg",
    Format.M4A: "audio/mp4",
}
PICTURES: Final = frozenset({Format.JPEG, Format.PNG, Format.WEBP})
RECORDINGS: Final = frozenset({Format.WAV, Format.MP3, Format.OGG, Format.M4A})
#: What is kept as we wrote it anew: pictures, and recordings without what phones write beside the sound.
WRITTEN_ANEW: Final = PICTURES | {Format.WAV, Format.MP3, Format.M4A}
#: What a browser may show inside a page of ours; everything else is only ever saved.
SHOWN_IN_PAGE: Final = PICTURES | RECORDINGS | {Format.PDF}


class Purpose(models.TextChoices):
    """What a file is handed in for. Apps above choose one; it decides what comes in."""

    DOCUMENT = "document", _("document or scanned paper")
    PICTURE = "picture", _("picture")
    TABLE = "table", _("list to be read in")
    EVIDENCE = "evidence", _("evidence of any kind")
    OWN = "own", _("kept for yourself")
    RECORDING = "recording", _("recording to be broadcast")
    IDENTITY = "identity", _("proof of who somebody is")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What comes in for a purpose: formats, and bytes at most."""

    formats: frozenset[Format]
    most_bytes: int


ALLOWED: Final[dict[str, Allowed]] = {
    Purpose.DOCUMENT: Allowed(PICTURES | {Format.PDF, Format.OFD, Format.DOCX}, 20 * MB),
    Purpose.PICTURE: Allowed(PICTURES, 10 * MB),
    Purpose.TABLE: Allowed(frozenset({Format.XLSX, Format.CSV, Format.TSV}), 20 * MB),
    Purpose.EVIDENCE: Allowed(frozenset(Format) - RECORDINGS, 20 * MB),
    Purpose.OWN: Allowed(frozenset(Format) - RECORDINGS, 20 * MB),
    Purpose.RECORDING: Allowed(RECORDINGS, 40 * MB),
    Purpose.IDENTITY: Allowed(PICTURES | {Format.PDF}, 10 * MB),
}

#: Bytes of one piece: half a minute on the slowest line, so that little is lost with a connection.
PIECE: Final = 256 * 1024
#: Files one sender may have on the way at once.
MOST_TRANSFERS: Final = 10


class ScanState(models.TextChoices):
    """What the virus scanner said."""

    NOT_SCANNED = "not_scanned", _("not scanned")
    CLEAN = "clean", _("clean")
    INFECTED = "infected", _("infected")
