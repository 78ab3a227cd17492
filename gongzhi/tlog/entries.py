"""The bytes of an entry (reliability notes §5.3): canonical JSON, commitments with a salt per field. Pure.

A private value never leaves this module but as `HMAC-SHA256(salt, JCS([name, value]))`: the random salt hides it, the
keyed hash binds to it, and one field can be shown without the others. A bare hash of a number of a person would be
guessed in minutes and is made nowhere.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, Final

import rfc8785

from gongzhi.tlog.contracts import Fields, SealedRecord, Value, WrittenRecord
from gongzhi.tlog.enums import NEEDS_REF, PUBLIC_FIELDS, EntryType
from gongzhi.tlog.merkle import leaf_hash

VERSION: Final = 1
SALT_SIZE: Final = 32
LARGEST_ENTRY: Final = 1024
#: Two letters or more, so that a field can never be taken for one of an entry's own members (`c`, `p` …).
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,47}")
#: What a field may hold; a tuple, because a union is five times slower to ask.
_SHAPES: Final = (str, int, type(None))
_CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class NotSealable(ValueError):
    """The caller asked to seal something no entry may hold: a mistake in the program, not of a person."""


def canonical(value: Any) -> bytes:
    """JSON in the one form of RFC 8785 (JCS). `NotSealable` for what has no such form."""
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise NotSealable(str(error)) from error


@functools.lru_cache(maxsize=1024)
def _no_name(names: tuple[str, ...]) -> str | None:
    """The first that no sealed field may be called; a million rows ask about the same few sets of names."""
    return next((name for name in names if _NAME.fullmatch(name) is None), None)


#: For flat fields the standard encoder, in C, gives the text of RFC 8785: their names are ASCII, so the order is the
#: same, and both escape the same characters the same way (a test holds them together).
_encode_flat = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_LARGEST_INTEGER: Final = 2**53 - 1


def canonical_fields(fields: Fields) -> bytes:
    """`canonical` of fields that `check_fields` has passed, ten times as fast."""
    for value in fields.values():
        if isinstance(value, int) and not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
            raise NotSealable("a whole number beyond 2^53 has no one text in JSON")
    try:
        return _encode_flat(dict(fields)).encode()
    except UnicodeEncodeError as error:
        raise NotSealable(str(error)) from error


class Layout:
    """`canonical_fields` for a million records with the same names, which are judged and put in order once and not in a
    mapping of each record's own.
    """

    def __init__(self, names: Sequence[str]) -> None:
        """At least two, each once. Raises `NotSealable` for a name no sealed field may have."""
        check_fields(dict.fromkeys(names))
        self._heads = [f'"{name}":' for name in sorted(names)]
        self._in_order = itemgetter(*sorted(range(len(names)), key=names.__getitem__))

    def text(self, values: Sequence[Value]) -> bytes:
        """The canonical text of one record. `values` are in the order of the names; a field that is "" is left out."""
        pairs = zip(self._heads, self._in_order(values), strict=True)
        parts = [
            head + (encode_basestring(value) if value.__class__ is str else _plain(value))
            for head, value in pairs
            if value != ""
        ]
        try:
            return f"{{{','.join(parts)}}}".encode()
        except UnicodeEncodeError as error:
            raise NotSealable(str(error)) from error


def _plain(value: Value) -> str:
    """The text of a value that is no text."""
    if value is True or value is False:
        return "true" if value else "false"
    if type(value) is int and -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
        return str(value)
    check_fields({"value": value})
    return canonical(value).decode()


def check_fields(fields: Fields) -> None:
    """Raise `NotSealable` for a name or a value no entry may hold; a float has no one text, a date must be a text."""
    wrong = _no_name(tuple(fields))
    if wrong is not None:
        raise NotSealable(f"{wrong!r} is no name for a sealed field")
    for name, value in fields.items():
        if not isinstance(value, _SHAPES):
            raise NotSealable(f"{name} is a {type(value).__name__}: give a text, a whole number, a boolean or None")


def field_commitment(salt: bytes, name: str, value: Any) -> bytes:
    """32 bytes that bind to one field and tell nothing without its salt."""
    if len(salt) != SALT_SIZE:
        raise NotSealable("a salt has 32 bytes")
    return hmac.new(salt, canonical([name, value]), hashlib.sha256).digest()


def commitment(fields: Fields, salts: Mapping[str, bytes]) -> bytes:
    """The root over the commitments of all fields in the order of their names. KeyError if a salt is missing."""
    check_fields(fields)
    parts = [field_commitment(salts[name], name, fields[name]) for name in sorted(fields)]
    return hashlib.sha256(b"rec/v1\n" + b"".join(parts)).digest()


def row_salts(seed: bytes, fields: Fields) -> dict[str, bytes]:
    """The salts of one row under a bulk entry, from one stored seed: showing a field's salt shows no other."""
    return {name: hmac.new(seed, b"salt/v1\n" + name.encode(), hashlib.sha256).digest() for name in fields}


def row_leaf(record: SealedRecord | WrittenRecord, seed: bytes | None) -> bytes:
    """The leaf hash of one row under a bulk entry. A record with private fields needs its 32-byte seed."""
    if isinstance(record, WrittenRecord):
        return leaf_hash(record.text)
    check_fields(record.public)
    if not record.private:
        return leaf_hash(canonical_fields(record.public))
    if seed is None:
        raise NotSealable("a row with private fields needs a seed")
    committed = commitment(record.private, row_salts(seed, record.private))
    return leaf_hash(canonical({"c": text_of(committed), "p": dict(record.public)}))


def text_of(value: bytes) -> str:
    """Bytes as they stand in an entry: base64 with padding."""
    return base64.b64encode(value).decode()


def is_credit_code(text: str) -> bool:
    """Whether this is a unified social credit code with the right check character (GB 32100-2015).

    An identity number has 18 characters too; the check character keeps it out of the one field that could hold it.
    """
    if len(text) != 18 or any(character not in _CREDIT_ALPHABET for character in text):
        return False
    values = [_CREDIT_ALPHABET.index(character) for character in text]
    return (sum(value * pow(3, at, 31) for at, value in enumerate(values[:17])) + values[17]) % 31 == 0


def _check_public(kind: EntryType, public: Fields) -> None:
    allowed = PUBLIC_FIELDS.get(kind, {})
    for name, value in public.items():
        shape = allowed.get(name)
        if shape is None:
            raise NotSealable(f"{kind} may not show {name} in clear")
        if isinstance(shape, range):
            fits = isinstance(value, int) and not isinstance(value, bool) and value in shape
        else:
            fits = isinstance(value, str) and shape.fullmatch(value) is not None
        if not fits:
            raise NotSealable(f"{kind}: the value of {name} has not the shape that may stand in clear")


def build(
    *,
    kind: EntryType,
    seal: uuid.UUID,
    at: dt.datetime,
    committed: bytes,
    public: Fields,
    org: str | None = None,
    ref: uuid.UUID | None = None,
    rows: int | None = None,
) -> bytes:
    """The bytes of one entry: `{"c","id","org","ref","t","ts","v"}`, `p` with public fields, `n` for a bulk entry.

    `c` is the commitment, or the Merkle root over `n` rows. `ts` tells the hour only, so that an entry about a person
    cannot be matched with who was seen where. At most 1 KiB. Raises `NotSealable`.
    """
    _check_public(kind, public)
    if org is not None and not is_credit_code(org):
        raise NotSealable("org is not a unified social credit code; leave it out")
    if (kind in NEEDS_REF) and ref is None:
        raise NotSealable(f"{kind} must name the entry it is about")
    entry: dict[str, Any] = {
        "c": text_of(committed),
        "id": seal.hex,
        "org": org,
        "ref": ref.hex if ref else None,
        "t": kind.value,
        "ts": f"{at.astimezone(dt.UTC):%Y-%m-%dT%H}Z",
        "v": VERSION,
    }
    if public:
        entry["p"] = dict(public)
    if rows is not None:
        entry["n"] = rows
    body = canonical(entry)
    if len(body) > LARGEST_ENTRY:
        raise NotSealable(f"the entry has {len(body)} bytes, {LARGEST_ENTRY} are allowed")
    return body
