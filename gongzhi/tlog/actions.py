"""Sealing facts. Both ways add one pending row in the caller's transaction; the sequencer gives it its place later."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Iterable, Iterator

from django.db import connection, models, transaction
from django.utils import timezone

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed
from gongzhi.tlog import entries, merkle, policies, vault
from gongzhi.tlog.contracts import Fields, SealedRow, Subject
from gongzhi.tlog.entries import NotSealable
from gongzhi.tlog.enums import PUBLIC_ROWS, EntryType
from gongzhi.tlog.models import BatchRow, Salt, SubjectKey, copy_in

#: Which entry each action of this module seals; a sentence where it seals none.
SEALS: dict[str, EntryType | str] = {
    "seal": "It is the sealing itself.",
    "seal_batch": "It is the sealing itself.",
    "erase_subject": EntryType.RECORD_ERASED,
}


def _in_transaction() -> None:
    """A seal outside the transaction of what it seals could stay while the record is rolled back."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("seal inside the transaction of the record")


def _new_seal() -> uuid.UUID:
    """128 random bits. Not a UUID of version 4: that fixes six of them, and the entry's id promises 128."""
    return uuid.UUID(bytes=os.urandom(16))


def _add(seal: uuid.UUID, body: bytes) -> None:
    # Plain SQL, because the ORM would read the row's number back.
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tlog_pending (seal, body) VALUES (%s, %s)", [seal, body])


def seal(
    *,
    actor: Actor,
    kind: EntryType,
    subject: models.Model | Subject | None = None,
    public: Fields | None = None,
    private: Fields | None = None,
    org: str | None = None,
    ref: uuid.UUID | None = None,
) -> uuid.UUID:
    """Seal one fact in the caller's transaction and return the seal id, which the sealed row keeps.

    `public` fields stand in the entry in clear and must be on the list of the type (`enums.PUBLIC_FIELDS`). `private`
    fields are only committed to, each with a salt of its own, kept under the key of `subject`. `org` is the credit code
    of the organization concerned, `ref` the seal of an earlier entry. Dates are ISO texts, money is whole fen.

    Raises `NotAllowed` for an entry this actor may not cause, `NotSealable` for what no entry may hold, and
    `TransactionManagementError` outside a transaction.
    """
    _in_transaction()
    if not policies.can_seal(actor, kind):
        raise NotAllowed("tlog.seal")
    public, private = public or {}, private or {}
    if private and subject is None:
        raise NotSealable("private fields need the subject whose key protects them")
    number = _new_seal()
    salts = {name: os.urandom(entries.SALT_SIZE) for name in private}
    body = entries.build(
        kind=kind,
        seal=number,
        at=timezone.now(),
        committed=entries.commitment(private, salts),
        public=public,
        org=org,
        ref=ref,
    )
    if private and subject is not None:
        whose = subject if isinstance(subject, Subject) else Subject.of(subject)
        key = vault.keys_of([whose])[whose]
        vault.store((number, name, key, salt) for name, salt in salts.items())
    _add(number, body)
    return number


def seal_batch(
    *,
    actor: Actor,
    kind: EntryType,
    rows: Iterable[SealedRow],
    public: Fields | None = None,
    org: str | None = None,
    ref: uuid.UUID | None = None,
) -> uuid.UUID:
    """Seal many rows under one entry, whose `c` is the Merkle root of their leaves in the given order and `n` their
    number; return the seal id. The leaves are kept, so that any row can be proved by itself. `rows` are taken one at a
    time while they are being written, so they must not ask the database.

    A record without private fields is hashed as it is, which only types whose rows are public by law may do
    (`enums.PUBLIC_ROWS`); all others are salted under the key of the row's subject. Raises as `seal` does; no rows at
    all are `NotSealable`.
    """
    _in_transaction()
    if not policies.can_seal(actor, kind):
        raise NotAllowed("tlog.seal")
    number = _new_seal()
    salted: list[tuple[int, Subject, bytes]] = []
    tree = merkle.Growing()

    def batch() -> Iterator[tuple[uuid.UUID, int, str, int, bytes]]:
        """The rows as they are kept, one at a time: a list has a million."""
        for position, row in enumerate(rows):
            seed = None
            if row.record.private:
                if row.subject is None:
                    raise NotSealable("private fields need the subject whose key protects them")
                seed = os.urandom(entries.SALT_SIZE)
                salted.append((position, row.subject, seed))
            elif kind not in PUBLIC_ROWS:
                raise NotSealable(f"rows of {kind} need private fields: an unsalted leaf can be guessed")
            leaf = entries.row_leaf(row.record, seed)
            tree.add(leaf)
            yield number, position, row.row_kind, row.row_id, leaf

    with transaction.atomic():  # a row that cannot be sealed ends the COPY, and with it no more than this
        copy_in(
            BatchRow._meta.db_table,
            {"seal": "uuid", "position": "int4", "row_kind": "varchar", "row_id": "int8", "leaf": "bytea"},
            batch(),
        )
    if not tree.size:
        raise NotSealable("a bulk entry needs rows")
    body = entries.build(
        kind=kind,
        seal=number,
        at=timezone.now(),
        committed=tree.root(),
        public=public or {},
        org=org,
        ref=ref,
        rows=tree.size,
    )
    if salted:
        keys = vault.keys_of([whose for _, whose, _ in salted])
        vault.store((number, f"row/{position}", keys[whose], seed) for position, whose, seed in salted)
    _add(number, body)
    return number


@transaction.atomic
def erase_subject(*, actor: Actor, subject: models.Model | Subject) -> int:
    """Make everything sealed about a subject unopenable for ever (个人信息保护法 Art 47): key and salts are deleted.

    The entries stay and every proof still verifies; for each of them a `record.erased` entry names it, in random order.
    Returns how many entries were concerned. The caller deletes the records themselves in the same transaction. A
    subject without a key is nothing to do: 0.
    """
    whose = subject if isinstance(subject, Subject) else Subject.of(subject)
    if not policies.can_erase_subject(actor):
        raise NotAllowed("tlog.erase_subject")
    key = (
        SubjectKey.objects.select_for_update(of=("self",)).filter(subject_kind=whose.kind, subject_id=whose.id).first()
    )
    if key is None:
        return 0
    seals = list(Salt.objects.filter(subject_key=key).values_list("seal", flat=True).distinct())
    Salt.objects.filter(subject_key=key).delete()
    audited = SubjectKey(pk=key.pk)
    key.delete()
    # The order of sealing would tell which entries belong together; nothing hides that they were erased in one hour.
    random.SystemRandom().shuffle(seals)
    for ref in seals:
        seal(actor=actor, kind=EntryType.RECORD_ERASED, ref=ref)
    audit.record(actor=actor, event="tlog.subject.erased", subject=audited, details={"entries": len(seals)})
    return len(seals)
