"""Files that come in pieces, over lines that break: begun, gone on with, put together, or forgotten.

A finished piece is never sent again: its row is written in the transaction of the request that brought it. Who chooses
the same file again, after a closed page or on another device, is told which pieces are there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from gongzhi.audit import actions as audit
from gongzhi.audit import looks
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import seal
from gongzhi.core.door import after
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.files import policies, store
from gongzhi.files.actions.keeping import check_room, clean_name, receive
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import ALLOWED, EXTENSIONS, MB, MOST_TRANSFERS, PIECE, Purpose
from gongzhi.files.models import Piece, Transfer, Upload

#: Which log entry each action seals; a sentence where it seals none.
SEALS: dict[str, str] = {
    "begin_transfer": "A private file: nothing about it is public.",
    "add_piece": "A private file: nothing about it is public.",
    "finish_transfer": "A private file: nothing about it is public.",
    "take_in": "A private file: nothing about it is public.",
    "give_up": "A private file: nothing about it is public.",
    "forget_transfers": "Removes only what never came in whole.",
}

#: How long after its last piece a file on its way is kept: a weekend without a connection.
KEPT: Final = dt.timedelta(days=2)


def _owner_of(actor: Actor) -> Owner:
    """Whose a file is that this actor begins to send: the capacity they act in."""
    scope = actor.scope
    return Owner(person_id=scope.person, org_id=scope.org, path=scope.path or "")


def _gone() -> RuleViolation:
    return RuleViolation(
        "files.transfer_gone",
        _("This file did not arrive whole, or too long ago. Choose it again."),
        field="file",
    )


@transaction.atomic
def begin_transfer(*, actor: Actor, name: str, size: int, sha256: bytes, purpose: Purpose) -> Transfer:
    """Begin to send a file in pieces, or go on with the same file: same sender, purpose, size and SHA-256.

    What a name or a size tells already is refused here, before anything is sent. Raises `NotAllowed`, `RuleViolation`.
    """
    owner = _owner_of(actor)
    if actor.person_id is None or not policies.can_receive(actor, owner):
        raise NotAllowed("files.receive")
    allowed = ALLOWED[purpose]
    shown, extension = clean_name(name)
    check_room(owner, 1)  # also makes a second beginning of the same sender wait
    same = Transfer.objects.visible_to(actor).filter(sha256=sha256, size=size, purpose=purpose).first()
    if same is not None:
        return same
    if len(sha256) != 32 or size <= 0:
        raise RuleViolation("files.empty", _("This file is empty. Choose another one."), field="file")
    if size > allowed.most_bytes:
        raise RuleViolation(
            "files.too_large",
            _("This file is larger than %(most)s MB. Make it smaller or split it, and send it again.")
            % {"most": allowed.most_bytes // MB},
            field="file",
        )
    if not any(extension in EXTENSIONS[kind] for kind in allowed.formats):
        raise RuleViolation(
            "files.not_allowed_kind",
            _("This file is of a kind that is not accepted here, whatever its name says. Accepted are: %(accepted)s.")
            % {"accepted": ", ".join(str(kind.label) for kind in sorted(allowed.formats))},
            field="file",
        )
    others = Transfer.objects.visible_to(actor)
    if others.count() >= MOST_TRANSFERS:
        raise RuleViolation(
            "files.too_many_transfers",
            _("%(most)s of your files have not arrived whole yet. Finish or give up one of them first.")
            % {"most": MOST_TRANSFERS},
            field="file",
        )
    check_room(owner, size + (others.aggregate(sum=Sum("size"))["sum"] or 0))
    pk = next_pk(Transfer)
    transfer = Transfer.objects.create(
        pk=pk,
        stored_name=secrets.token_hex(16),
        name_sealed=seal(shown, where="files_transfer.name_sealed", pk=pk),
        name_masked=f"{shown[0]}××.{extension}",
        sha256=sha256,
        size=size,
        piece_size=PIECE,
        purpose=purpose,
        person_id=owner.person_id,
        org_id=owner.org_id,
        path=owner.path,
        created_by_person=actor.person_id,
        expires_at=timezone.now() + KEPT,
    )
    audit.record(
        actor=actor, event="files.transfer.begun", subject=transfer, details={"size": size, "purpose": str(purpose)}
    )
    return transfer


def _locked(actor: Actor, transfer: Transfer) -> Transfer:
    """The row, locked; `NotAllowed` for who is not its sender, `RuleViolation` where it is gone."""
    row = Transfer.objects.select_for_update(of=("self",)).filter(pk=transfer.pk).first()
    if row is None:
        raise _gone()
    if not policies.can_send(actor, row):
        raise NotAllowed("files.send_pieces")
    return row


@transaction.atomic
def add_piece(*, actor: Actor, transfer: Transfer, number: int, content: bytes, sha256: bytes) -> Piece:
    """Keep one piece, if it is as long as it must be and its SHA-256 is the one its sender says.

    The same piece a second time changes nothing. Raises `NotAllowed`, `RuleViolation`.
    """
    transfer = _locked(actor, transfer)
    known = Piece.objects.filter(transfer=transfer, number=number).first()
    if known is not None and bytes(known.sha256) == sha256:
        return known
    digest = hashlib.sha256(content).digest()
    if known is not None or not content or len(content) != transfer.size_of(number) or digest != sha256:
        raise RuleViolation(
            "files.piece_damaged", _("This piece of the file did not arrive as it was sent. Send it again.")
        )
    piece = Piece.objects.create(transfer=transfer, number=number, sha256=digest)
    transfer.expires_at = timezone.now() + KEPT
    transfer.save(update_fields=["expires_at"])
    file = store.workplace() / secrets.token_hex(16)
    try:
        with file.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        store.put(file, transfer.key_of(number))
    except OSError as error:
        raise RuleViolation(
            "files.not_stored",
            _("The file could not be stored just now. Nothing else was lost; try again in a few minutes."),
        ) from error
    finally:
        file.unlink(missing_ok=True)
    return piece


@transaction.atomic
def finish_transfer(*, actor: Actor, transfer: Transfer, owner: Owner | None = None) -> Upload:
    """Put the pieces together, check the whole and take it in like any file. `owner` may add an agency's path.

    A file that must not come in is given up, whatever else becomes of the request. Raises `NotAllowed`,
    `RuleViolation`.
    """
    transfer = _locked(actor, transfer)
    wanted = transfer.pieces_wanted
    if Piece.objects.filter(transfer=transfer).count() != wanted:
        raise RuleViolation(
            "files.not_whole", _("Not all of this file has arrived yet. Choose it again to go on."), field="file"
        )
    name = looks.reveal(actor, transfer, "name_sealed", purpose="files.send", own=True)  # only its sender gets here
    file = store.workplace() / secrets.token_hex(16)
    try:
        with file.open("xb") as stream:
            digest = hashlib.sha256()
            for number in range(wanted):
                content = store.at(transfer.key_of(number)).read_bytes()
                digest.update(content)
                stream.write(content)
        if digest.digest() != bytes(transfer.sha256):
            raise RuleViolation(
                "files.damaged_on_the_way", _("This file did not arrive as it was sent. Choose it again."), field="file"
            )
        with file.open("rb") as stream:
            upload = receive(
                actor=actor,
                stream=stream,
                name=name,
                purpose=Purpose(transfer.purpose),
                owner=owner or _owner_of(actor),
            )
    except FileNotFoundError as error:
        after(lambda: _discard(transfer))
        raise _gone() from error
    except RuleViolation as violation:
        if violation.code not in _PASSING:
            after(lambda: _discard(transfer))
        raise
    finally:
        file.unlink(missing_ok=True)
    _discard(transfer)
    return upload


#: Refusals that say nothing against the file: it is kept, and handing it in may be tried again.
_PASSING: Final = frozenset({"files.not_stored", "files.no_room", "files.store_away"})


def _discard(transfer: Transfer) -> None:
    """Forget a transfer, and its pieces when that is committed."""
    keys = [transfer.key_of(number) for number in range(transfer.pieces_wanted)]
    Transfer.objects.filter(pk=transfer.pk).delete()
    transaction.on_commit(lambda: _remove(keys))


def _remove(keys: list[str]) -> None:
    """What cannot be removed now, `sweep` removes."""
    for key in keys:
        try:
            store.remove(key)
        except OSError:
            return


def take_in(*, actor: Actor, handed: UploadedFile[Any] | str, purpose: Purpose, owner: Owner | None = None) -> Upload:
    """Take in what a `PiecesField` gave: a file of the form itself, or one that has arrived in pieces.

    Raises `NotAllowed`, `RuleViolation` with the field `file`.
    """
    if not isinstance(handed, str):
        return receive(
            actor=actor, stream=handed, name=handed.name or "", purpose=purpose, owner=owner or _owner_of(actor)
        )
    transfer = Transfer.objects.visible_to(actor).filter(public_id=handed, purpose=purpose).first()
    if transfer is None:
        raise _gone()
    return finish_transfer(actor=actor, transfer=transfer, owner=owner)


@transaction.atomic
def give_up(*, actor: Actor, transfer: Transfer) -> None:
    """Forget a file on its way, because its sender does not want to send it any more."""
    transfer = _locked(actor, transfer)
    audit.record(actor=actor, event="files.transfer.given_up", subject=transfer)
    _discard(transfer)


@transaction.atomic
def forget_transfers(*, actor: Actor) -> int:
    """Forget every file of which no piece has come for two days. How many."""
    if not policies.can_keep_store(actor):
        raise NotAllowed("files.sweep")
    late = list(Transfer.objects.visible_to(actor).expired(timezone.now()).select_for_update(skip_locked=True)[:200])
    for transfer in late:
        _discard(transfer)
    if late:
        audit.record(actor=actor, event="files.transfers.forgotten", details={"transfers": len(late)})
    return len(late)
