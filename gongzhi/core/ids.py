"""Numbers inside, short random names outside."""

from __future__ import annotations

import os
import secrets
from typing import Any

from django.db import connection, models

#: No 0/O, 1/I/L: a public id may be read out over the telephone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def public_id() -> str:
    """Ten random characters for an address. It is a name, not a secret: what it names still checks who asks."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


#: A random byte → a character, each equally likely; bytes beyond the last whole round of the alphabet are left out.
_ROUNDS = 256 // len(ALPHABET) * len(ALPHABET)
_CHARACTERS = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))
_LEFT_OUT = bytes(range(_ROUNDS, 256))


def public_ids(count: int) -> list[str]:
    """As many new public ids, for rows that enter by the hundred thousand."""
    text = ""
    while len(text) < count * 10:
        text += os.urandom(count * 11).translate(_CHARACTERS, _LEFT_OUT).decode()
    return [text[at : at + 10] for at in range(0, count * 10, 10)]


def unguessable() -> str:
    """A secret for a link that opens something by itself: 256 random bits."""
    return secrets.token_urlsafe(32)


def next_pk(model: type[models.Model]) -> int:
    """A primary key taken in advance, because a sealed field is bound to the row it will stand in."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s))", [table, column])
        return int(cursor.fetchone()[0])


def next_in_series(code: str, year: int) -> int:
    """The next number of a series in a year, from 1 on, without a gap: a rolled back transaction gives it back.

    `code` has at most 16 characters. It takes a row lock until the transaction ends: never on sign-up or donation paths.
    """
    statement = """
        INSERT INTO core_sequence (code, year, last) VALUES (%s, %s, 1)
        ON CONFLICT (code, year) DO UPDATE SET last = core_sequence.last + 1 RETURNING last
    """
    arguments: list[Any] = [code, year]
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return int(cursor.fetchone()[0])


def next_number(code: str, year: int) -> str:
    """The next human reference of a series, such as `DJ-2026-000123`; otherwise like `next_in_series`."""
    return f"{code}-{year}-{next_in_series(code, year):06d}"
