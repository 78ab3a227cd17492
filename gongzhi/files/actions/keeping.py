"""Taking whole files in, giving them back, and keeping the store clean."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import secrets
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.http import FileResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.audit import actions as audit
from gongzhi.audit import looks
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import seal
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.files import inspection, policies, scanning, store
from gongzhi.files.contracts import Owner, Readable
from gongzhi.files.enums import (
    ALLOWED,
    CONTENT_TYPES,
    EXTENSIONS,
    MB,
    SHOWN_IN_PAGE,
    WRITTEN_ANEW,
    Allowed,
    Format,
    Purpose,
    ScanState,
)
from gongzhi.files.models import Transfer, Upload, key_of

log = logging.getLogger("gongzhi.files")

#: Which log entry each action seals; a sentence where it seals none.
SEALS: dict[str, str] = {
    "receive": "A private file: nothing about it is public. What refers to it seals its sha256 if it must be provable.",
    "send": "A reading: the audit of looks holds it.",
    "remove": "A private file: nothing about it is public.",
    "discard": "A private file: nothing about it is public.",
    "scan": "A technical state of a private file.",
    "sweep": "Removes only what no row refers to.",
}

#: Wall-clock seconds for looking into one file; its processor time is limited inside the program.
INSPECTION_S: Final = 30
LONGEST_NAME: Final = 100
#: A file that a rolled back transaction left behind is removed after this long; restoring yesterday's database within
#: this time finds the files of today still there.
ORPHAN_S: Final = 7 * 24 * 3600
UNFINISHED_S: Final = 24 * 3600
#: More leftovers than this, and more than half of all files: rather a wrong database than a mess to clear.
MOST_ORPHANS: Final = 100

#: Refusal by `inspection` → what is wrong and what to do. `%(where)s` names the part of the file.
REFUSALS: Final[dict[str, str | Promise]] = {
    "not_allowed_kind": gettext_lazy(
        "This file is of a kind that is not accepted here, whatever its name says. Accepted are: %(accepted)s."
    ),
    "damaged": gettext_lazy(
        "This file is damaged or incomplete (%(where)s). Open it on your computer, save it again and send the new copy."
    ),
    "encrypted": gettext_lazy(
        "This file is protected by a password or by restrictions (%(where)s), so nobody here could check it. Save it "
        "without protection and send that copy."
    ),
    "old_or_encrypted_office": gettext_lazy(
        "This is an Office file in the old format, or one protected by a password. Save it as .docx or .xlsx without a "
        "password and send that copy."
    ),
    "macros": gettext_lazy(
        "This file contains macros (%(where)s). Save it as .docx or .xlsx, which cannot hold macros, and send that copy."
    ),
    "active_content": gettext_lazy(
        "This file contains something that would run or be fetched when it is opened (%(where)s): a script, an attached "
        "file or an outside object. Print it to PDF and send the PDF."
    ),
    "formula": gettext_lazy(
        "The cell in row and column %(where)s begins with a formula. In a text table only values are accepted: copy the "
        "values into a new sheet and save it again."
    ),
    "picture_too_large": gettext_lazy(
        "This picture has too many pixels (%(where)s). Make it smaller, to 40 million pixels at most (WebP: 12 million), and send it again."
    ),
    "no_sound": gettext_lazy(
        "This file says that it is a recording, but holds no sound that could be played, or a picture as well "
        "(%(where)s). Save it as WAV or MP3 and send that copy."
    ),
    "two_in_one": gettext_lazy(
        "This file is two files in one (%(where)s), which different programs would show differently. Save it again with "
        "an ordinary program and send the new copy."
    ),
    "nested_archive": gettext_lazy(
        "This file has an archive packed inside it (%(where)s). Take it out and send the documents one by one."
    ),
    "unpacks_too_large": gettext_lazy(
        "Unpacked, this file is many times larger than it looks (%(where)s). Split it, or remove what is not needed, and "
        "send it again."
    ),
    "too_many_members": gettext_lazy(
        "This file is made of far too many parts (%(where)s). Save it again with an ordinary program and send the new copy."
    ),
    "unsafe_member_name": gettext_lazy(
        "A part of this file has a name that points outside it (%(where)s). Save it again with an ordinary program and "
        "send the new copy."
    ),
    "symbolic_link": gettext_lazy(
        "A part of this file is a link to another place (%(where)s). Save it again with an ordinary program and send the "
        "new copy."
    ),
    "xml_entities": gettext_lazy(
        "A part of this file contains declarations that office programs never write (%(where)s). Save it again with an "
        "ordinary program and send the new copy."
    ),
    "too_complex": gettext_lazy(
        "This file could not be checked with reasonable effort. Save it again with an ordinary program, or print it to "
        "PDF, and send the new copy."
    ),
}


def clean_name(name: str) -> tuple[str, str]:
    """The name as it may be shown, and its extension in small letters without the dot.

    Folders, control characters and invisible characters (which can turn the reading direction, so that `gpj.exe` reads
    as `exe.jpg`) are dropped; Chinese stays as it was typed. A name of which nothing is left raises `RuleViolation`.
    """
    name = unicodedata.normalize("NFC", name)
    name = "".join(
        " " if unicodedata.category(character) in {"Zs", "Zl", "Zp"} else character
        for character in name
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    name = " ".join(re.split(r"[/\\]", name)[-1].split()).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = extension, ""
    if not stem.strip(" ."):
        raise RuleViolation(
            "files.unnamed", _("This file has no usable name. Rename it and send it again."), field="file"
        )
    return f"{stem[:LONGEST_NAME]}{dot}{extension[:16]}", extension.lower()


def _accepted(allowed: Allowed) -> str:
    return ", ".join(str(kind.label) for kind in Format if kind in allowed.formats)


def _refusal(code: str, where: str, allowed: Allowed) -> RuleViolation:
    text = str(REFUSALS[code]) % {"where": where or "–", "accepted": _accepted(allowed)}
    return RuleViolation(f"files.{code}", text, field="file")


@contextmanager
def _incoming() -> Iterator[tuple[Path, Path]]:
    """Two names in the folder for unfinished files, readable by us alone; whatever is left there is removed."""
    folder = store.workplace()
    name = secrets.token_hex(16)
    paths = folder / name, folder / f"{name}.new"
    try:
        for path in paths:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield paths
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _keep(stream: Readable, path: Path, most_bytes: int) -> None:
    """Write the stream to `path`, never more than the cap, whatever the sender claimed its length to be."""
    size = 0
    with path.open("wb") as target:
        while data := stream.read(64 * 1024):
            size += len(data)
            if size > most_bytes:
                raise RuleViolation(
                    "files.too_large",
                    _("This file is larger than %(most)s MB. Make it smaller or split it, and send it again.")
                    % {"most": most_bytes // MB},
                    field="file",
                )
            target.write(data)
    if size == 0:
        raise RuleViolation("files.empty", _("This file is empty. Choose another one."), field="file")


def _inspected(source: Path, target: Path, extension: str, allowed: Allowed) -> Format:
    """Have the file looked into by a program of its own. Raises `RuleViolation` for what must not come in."""
    claimed = extension if re.fullmatch(r"[a-z0-9]{1,8}", extension) else "none"
    command = [sys.executable, "-I", inspection.__file__, str(source), str(target), claimed]
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=INSPECTION_S,
            check=False,
            cwd="/",
            env={"LC_ALL": "C.UTF-8"},
        )
        said = json.loads(answer.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        # Killed by one of its limits, or crashed: both are an answer about the file.
        log.warning("files.inspection_died", exc_info=error)
        raise _refusal("too_complex", "", allowed) from error
    if "refused" in said:
        raise _refusal(said["refused"], said["where"], allowed)
    kind = Format(said["format"])
    if extension not in EXTENSIONS[kind]:
        raise RuleViolation(
            "files.name_mismatch",
            _(
                "The name of this file ends with “.%(extension)s”, but its content is: %(kind)s. Give it the right "
                "ending, or send the file you meant."
            )
            % {"extension": extension, "kind": kind.label},
            field="file",
        )
    if kind not in allowed.formats:
        raise _refusal("not_allowed_kind", kind, allowed)
    return kind


def _sha256(path: Path) -> tuple[bytes, int]:
    """Digest and size, after making sure that the bytes are on the disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        return hashlib.file_digest(stream, "sha256").digest(), path.stat().st_size


def _first_scan(path: Path) -> ScanState:
    """What the scanner says at the door. One that is away does not stop the work: a job scans the file later."""
    if not scanning.address():
        return ScanState.NOT_SCANNED
    try:
        if scanning.is_infected(path):
            raise RuleViolation(
                "files.infected",
                _("The virus scanner found something harmful in this file. It was not kept. Scan your computer."),
                field="file",
            )
    except scanning.ScannerAway as error:
        log.warning("files.scanner_away: %s", error)
        return ScanState.NOT_SCANNED
    return ScanState.CLEAN


def check_room(owner: Owner, size: int) -> None:
    """Raise `RuleViolation` where another `size` bytes are more than the owner may have in the store.

    What is on its way counts by its own measure (`begin`). Whoever checks waits for others of the same owner, so that
    two files handed in at once do not both find the last room. Files of an agency alone have no limit.
    """
    if owner.org_id is not None:
        field, number, most = "org_id", owner.org_id, settings.UPLOADS_PER_ORGANIZATION_MB
    elif owner.person_id is not None:
        field, number, most = "person_id", owner.person_id, settings.UPLOADS_PER_PERSON_MB
    else:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"files.{field}:{number}"])
    kept = Upload.objects.filter(**{field: number}).aggregate(sum=Sum("size"))["sum"] or 0
    if kept + size > most * MB:
        raise RuleViolation(
            "files.no_room",
            _("There is room for %(most)s MB of your files, and it is used up. Remove files you kept for yourself.")
            % {"most": most},
            field="file",
        )


@transaction.atomic
def receive(*, actor: Actor, stream: Readable, name: str, purpose: Purpose, owner: Owner) -> Upload:
    """Take in one file: check it, write pictures anew, put it into the store, and write its row.

    The row is written in the caller's transaction; if that is rolled back, a job removes the file. Raises `NotAllowed`,
    or `RuleViolation` with a code `files.*` for everything that must not come in, telling what, where and what to do.
    """
    if not policies.can_receive(actor, owner):
        raise NotAllowed("files.receive")
    allowed = ALLOWED[purpose]
    shown, extension = clean_name(name)
    check_room(owner, 1)
    try:
        with _incoming() as (source, target):
            _keep(stream, source, allowed.most_bytes)
            kind = _inspected(source, target, extension, allowed)
            kept = target if kind in WRITTEN_ANEW else source
            state = _first_scan(kept)
            digest, size = _sha256(kept)
            check_room(owner, size)
            pk, stored = next_pk(Upload), secrets.token_hex(16)
            upload = Upload.objects.create(
                pk=pk,
                stored_name=stored,
                name_sealed=seal(shown, where="files_upload.name_sealed", pk=pk),
                name_masked=f"{shown[0]}××.{extension}",
                sha256=digest,
                size=size,
                format=kind,
                purpose=purpose,
                person_id=owner.person_id,
                org_id=owner.org_id,
                path=owner.path,
                scan_state=state,
                scanned_at=timezone.now() if state is ScanState.CLEAN else None,
                created_by_person=actor.person_id,
            )
            details = {"sha256": digest.hex(), "size": size, "format": str(kind), "purpose": str(purpose)}
            audit.record(actor=actor, event="files.upload.received", subject=upload, details=details)
            store.put(kept, key_of(stored))
    except OSError as error:
        log.error("files.store_failed", exc_info=error)
        raise RuleViolation(
            "files.not_stored",
            _("The file could not be stored just now. Nothing else was lost; try again in a few minutes."),
            field="file",
        ) from error
    return upload


def send(
    upload: Upload,
    *,
    actor: Actor,
    purpose: str = "files.download",
    in_page: bool = False,
    granted: bool = False,
) -> FileResponse:
    """The file as an answer, under the name its owner gave it.

    Always to be saved, unless `in_page` is asked for and it is a PDF or a picture; never HTML. Opening what is not
    one's own writes a look with `purpose`. The caller found `upload` through `visible_to`; `granted` says that the caller
    has shown another rule that opens it, such as an opening of the record it belongs to. Raises `NotAllowed`, and
    `RuleViolation` for a file that is infected, not scanned yet, or gone from the disk.
    """
    if not granted and not policies.can_read(actor, upload):
        raise NotAllowed("files.read", about=upload)
    own = policies.is_own(actor, upload)
    if upload.scan_state == ScanState.INFECTED:
        raise RuleViolation(
            "files.infected", _("The virus scanner found something harmful in this file. It is not given out.")
        )
    if scanning.address() and upload.scan_state == ScanState.NOT_SCANNED and not own:
        raise RuleViolation(
            "files.not_scanned", _("This file has not been scanned for viruses yet. Try again in some minutes.")
        )
    try:
        stream = upload.place.open("rb")
    except store.StoreAway as error:
        log.error("files.store_away: upload %s: %s", upload.pk, error)
        raise RuleViolation(
            "files.store_away", _("The store of files does not answer just now. Try again in a few minutes.")
        ) from error
    except OSError as error:
        log.error("files.lost: upload %s", upload.pk)
        raise RuleViolation(
            "files.lost",
            _("This file is recorded but not found in the store. Tell the platform's operator its number."),
        ) from error
    if not own:
        looks.look(actor=actor, subject=upload, purpose=purpose, fields=["content", "name_sealed"])
    name = looks.reveal(actor, upload, "name_sealed", purpose=purpose, own=True)  # the look above covers the name
    response = FileResponse(
        stream,
        as_attachment=not (in_page and upload.format in SHOWN_IN_PAGE),
        filename=name,
        content_type=CONTENT_TYPES[upload.format],
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    # A browser that shows it all the same gives it no origin, no script and no form. (Its reader of PDF files would then
    # show nothing, and has walls of its own.)
    response.sandboxed = not (in_page and upload.format == Format.PDF)  # type: ignore[attr-defined]
    return response


@transaction.atomic
def remove(*, actor: Actor, upload: Upload) -> None:
    """Remove a file that its owner kept for themself. Others were handed in for something, and belong to it.

    The row goes at once, the bytes after some days (`sweep`), so that yesterday's database still finds them. Raises
    `NotAllowed`, `RuleViolation`.
    """
    upload = Upload.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=upload.pk)
    if not policies.can_remove(actor, upload):
        raise NotAllowed("files.remove")
    if upload.purpose != Purpose.OWN:
        raise RuleViolation(
            "files.in_use", _("This file was handed in for something and stays with it. It is not removed from here.")
        )
    audit.record(
        actor=actor, event="files.upload.removed", subject=upload, details={"sha256": bytes(upload.sha256).hex()}
    )
    upload.delete()


@transaction.atomic
def discard(*, actor: Actor, upload: Upload) -> None:
    """Remove a file together with what it was handed in for; called by the action that removes that thing.

    As with `remove` the bytes go some days later. Raises `NotAllowed`.
    """
    upload = Upload.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=upload.pk)
    if not policies.is_own(actor, upload):
        raise NotAllowed("files.remove")
    details = {"sha256": bytes(upload.sha256).hex()}
    audit.record(actor=actor, event="files.upload.removed", subject=upload, details=details)
    upload.delete()


@transaction.atomic
def scan(*, actor: Actor, upload: Upload) -> ScanState:
    """Have the virus scanner read a file that came in while it was away. Raises `scanning.ScannerAway`."""
    upload = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if not policies.can_keep_store(actor):
        raise NotAllowed("files.scan")
    if upload.scan_state != ScanState.NOT_SCANNED:
        raise RuleViolation("files.already_scanned", _("This file has been scanned already."))
    upload.scan_state = ScanState.INFECTED if scanning.is_infected(upload.place) else ScanState.CLEAN
    upload.scanned_at = timezone.now()
    upload.save(update_fields=["scan_state", "scanned_at"])
    audit.record(actor=actor, event="files.upload.scanned", subject=upload, details={"state": str(upload.scan_state)})
    return ScanState(upload.scan_state)


def _older_than(path: Path, seconds: int) -> bool:
    try:
        return time.time() - path.stat().st_mtime > seconds
    except FileNotFoundError:
        return False  # it was just finished or removed


@transaction.atomic
def sweep(*, actor: Actor) -> int:
    """Remove files no row refers to: left by rolled back transactions, by erased rows, by killed uploads.

    Only old ones, because a young one may belong to a transaction that is still open. Returns how many were removed.
    Raises `RuleViolation` and removes nothing when most files have no row: then the database is the wrong one.
    """
    if not policies.can_keep_store(actor):
        raise NotAllowed("files.sweep")
    with connection.cursor() as cursor:
        # Without this scope the second wall hides every row, and every file would look like a leftover.
        cursor.execute("SELECT current_setting('gz.process', true)")
        if not cursor.fetchone()[0]:
            raise NotAllowed("files.sweep")
    unfinished = [path for path in store.workplace().glob("*") if _older_than(path, UNFINISHED_S)]
    orphans: list[str] = []
    total = 0
    for folder in (f"{number:02x}" for number in range(256)):
        known = set(Upload.objects.filter(stored_name__startswith=folder).values_list("stored_name", flat=True))
        for key, age in store.listed(f"{folder}/"):
            total += 1
            if key.rpartition("/")[2] not in known and age > ORPHAN_S:
                orphans.append(key)
    if len(orphans) > MOST_ORPHANS and len(orphans) * 2 > total:
        raise RuleViolation(
            "files.store_mismatch",
            _(
                "Most files of the store have no row in this database. Nothing was removed: check which database this is."
            ),
        )
    on_the_way = set(Transfer.objects.values_list("stored_name", flat=True))
    pieces = [key for key, age in store.listed("pieces/") if key.split("/")[1] not in on_the_way and age > UNFINISHED_S]
    for path in unfinished:
        path.unlink(missing_ok=True)
    for key in (*orphans, *pieces):
        store.remove(key)
    removed = len(unfinished) + len(orphans) + len(pieces)
    if removed:
        audit.record(
            actor=actor,
            event="files.store.swept",
            details={"unfinished": len(unfinished) + len(pieces), "orphans": len(orphans), "files": total},
        )
    return removed
