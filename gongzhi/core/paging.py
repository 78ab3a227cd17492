"""Pages by cursor: the last row's sort key, signed, so that page 1,000 costs what page 1 costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db import models
from django.db.models import Q

LARGEST_PAGE = 100

M = TypeVar("M", bound=models.Model)


class BadCursor(ValueError):
    """The cursor was not made by this platform or belongs to another list."""


@dataclass(frozen=True)
class Page(Generic[M]):
    """Some rows in order, and the cursors of the neighbouring pages (None where there is none)."""

    rows: list[M]
    next: str | None
    previous: str | None


def _salt(name: str, order: Sequence[str]) -> str:
    """A cursor belongs to one list in one order: a name is no date."""
    return f"cursor:{name}:{','.join(order)}"


def encode_cursor(name: str, order: Sequence[str], values: Sequence[Any], *, backwards: bool) -> str:
    """The cursor of a row with these sort values, in the list `name` in this order, to read on from or back from."""
    if None in values:
        raise ValueError(f"the list {name} is ordered by {list(order)}, and a row has none: such a column cannot order")
    return signing.dumps([[str(value) for value in values], backwards], salt=_salt(name, order))


def decode_cursor(name: str, order: Sequence[str], cursor: str) -> tuple[list[str], bool]:
    """A cursor's sort values as texts, and whether it reads backwards. Raises `BadCursor`."""
    try:
        values, backwards = signing.loads(cursor, salt=_salt(name, order))
        if len(values) != len(order):
            raise BadCursor(name)
        return list(values), bool(backwards)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadCursor(name) from error


def page_of(rows: models.QuerySet[M], *, name: str, order: Sequence[str], cursor: str = "", size: int = 20) -> Page[M]:
    """The page of `rows` after (or before) `cursor`, ordered by `order`.

    `order` names columns, each with an optional leading minus; together they must be unique, so the last is the
    primary key, and none may be null, because nothing comes after null (ValueError where a cursor would have to say
    it): annotate a value that stands for "unknown". `name` and `order` tie a cursor to its list. Raises `BadCursor`.
    """
    size = max(1, min(size, LARGEST_PAGE))
    values: list[str] = []
    backwards = False
    if cursor:
        values, backwards = decode_cursor(name, order, cursor)
    direction = [(column.lstrip("-"), column.startswith("-") != backwards) for column in order]
    if values:
        beyond = Q()
        for at, (column, descending) in enumerate(direction):
            same = Q(**{direction[before][0]: values[before] for before in range(at)})
            beyond |= same & Q(**{f"{column}__{'lt' if descending else 'gt'}": values[at]})
        rows = rows.filter(beyond)
    found = list(
        rows.order_by(*[f"-{column}" if descending else column for column, descending in direction])[: size + 1]
    )
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()

    def cursor_at(row: M, *, back: bool) -> str:
        return encode_cursor(name, order, [getattr(row, column.lstrip("-")) for column in order], backwards=back)

    has_next = bool(found) and (more or backwards)
    has_previous = bool(found) and bool(values) and (more or not backwards)
    return Page(
        rows=found,
        next=cursor_at(found[-1], back=False) if has_next else None,
        previous=cursor_at(found[0], back=True) if has_previous else None,
    )


def page_or_first(
    rows: models.QuerySet[M], *, name: str, order: Sequence[str], cursor: str = "", size: int = 20
) -> Page[M]:
    """`page_of`, and the first page where the cursor is none of this list's: an old or damaged link still shows rows."""
    try:
        return page_of(rows, name=name, order=order, cursor=cursor, size=size)
    except BadCursor:
        return page_of(rows, name=name, order=order, size=size)
