"""Salts at rest: each encrypted under the key of its subject, each key sealed with the platform's key ring."""

from __future__ import annotations

import os
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection

from gongzhi.core import crypto
from gongzhi.tlog.contracts import Subject
from gongzhi.tlog.models import Salt, copy_in

_WHERE: Final = "vault_subject_key.dek_sealed"


@dataclass(frozen=True, slots=True)
class Key:
    """A subject's key, opened: the row it stands in and its 32 bytes."""

    id: int
    dek: bytes


def _bound(seal: uuid.UUID, field: str) -> bytes:
    """What ties a salt to its row, so that one moved to another row does not open."""
    return f"vault_salt:{seal.hex}:{field}".encode()


def lock_salt(key: Key, *, seal: uuid.UUID, field: str, salt: bytes) -> bytes:
    """Encrypt a salt for its row: algorithm(1) | nonce(12) | ciphertext | tag(16)."""
    nonce = os.urandom(crypto.NONCE)
    return bytes([crypto.AES_256_GCM]) + nonce + AESGCM(key.dek).encrypt(nonce, salt, _bound(seal, field))


def unlock_salt(key: Key, *, seal: uuid.UUID, field: str, value: bytes | memoryview) -> bytes:
    """The salt `lock_salt` encrypted for the same row; anything else raises `core.crypto.CannotOpen`."""
    raw = bytes(value)
    if len(raw) < 1 + crypto.NONCE + crypto.TAG or raw[0] != crypto.AES_256_GCM:
        raise crypto.CannotOpen("no salt of a known form")
    try:
        return AESGCM(key.dek).decrypt(raw[1 : 1 + crypto.NONCE], raw[1 + crypto.NONCE :], _bound(seal, field))
    except InvalidTag as error:
        raise crypto.CannotOpen("the salt was changed or moved") from error


def keys_of(subjects: Collection[Subject]) -> dict[Subject, Key]:
    """The key of each subject, made where there is none. Holds each row until the transaction ends, so that an erasure
    waits for the seal or the seal starts anew after it. One statement each for any number of subjects."""
    wanted = sorted(set(subjects))  # one order everywhere, so that two seals cannot wait for each other
    found = _existing(wanted)
    missing = [subject for subject in wanted if subject not in found]
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('vault_subject_key', 'id')) FROM generate_series(1, %s)",
                [len(missing)],
            )
            ids = [int(row[0]) for row in cursor.fetchall()]
            sealed = [crypto.seal(os.urandom(32).hex(), where=_WHERE, pk=pk) for pk in ids]
            # Another transaction may have been first; then its key counts and this one was never used.
            cursor.execute(
                "INSERT INTO vault_subject_key (id, subject_kind, subject_id, dek_sealed)"
                " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bytea[])"
                " ON CONFLICT (subject_kind, subject_id) DO NOTHING",
                [ids, [subject.kind for subject in missing], [subject.id for subject in missing], sealed],
            )
        found |= _existing(missing)
    return found


def _existing(subjects: list[Subject]) -> dict[Subject, Key]:
    if not subjects:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.subject_kind, k.subject_id, k.id, k.dek_sealed FROM vault_subject_key k"
            " JOIN unnest(%s::text[], %s::bigint[]) AS wanted(kind, id)"
            " ON k.subject_kind = wanted.kind AND k.subject_id = wanted.id FOR KEY SHARE OF k",
            [[subject.kind for subject in subjects], [subject.id for subject in subjects]],
        )
        return {
            Subject(kind, number): Key(pk, bytes.fromhex(crypto.unseal(sealed, where=_WHERE, pk=pk)))
            for kind, number, pk, sealed in cursor.fetchall()
        }


def store(rows: Iterable[tuple[uuid.UUID, str, Key, bytes]]) -> None:
    """Keep salts: seal, field, the subject's key, the 32-byte salt."""
    copy_in(
        Salt._meta.db_table,
        {"seal": "uuid", "field": "varchar", "subject_key_id": "int8", "salt_ciphertext": "bytea"},
        ((seal, field, key.id, lock_salt(key, seal=seal, field=field, salt=salt)) for seal, field, key, salt in rows),
    )


def open_salts(seal: uuid.UUID) -> dict[str, bytes]:
    """The salts of an entry that were not erased: field name → 32 bytes. For receipts and `gongzhi audit`."""
    opened: dict[str, bytes] = {}
    for row in Salt.objects.filter(seal=seal).select_related("subject_key"):
        pk = row.subject_key_id
        key = Key(pk, bytes.fromhex(crypto.unseal(row.subject_key.dek_sealed, where=_WHERE, pk=pk)))
        opened[row.field] = unlock_salt(key, seal=seal, field=row.field, value=row.salt_ciphertext)
    return opened
