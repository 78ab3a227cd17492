"""What a reader asks the search for, what comes back, and the orders results may stand in."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, Self

from gongzhi.core import searchtext
from gongzhi.core.paging import BadCursor, decode_cursor, encode_cursor
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.reference.codes import code_list

#: Filters that are counted. `since` is counted by year.
FACETS: Final = ("kind", "standing", "level", "place", "field", "mark", "since")
#: Order → the columns of a result that make it, unique together, all in one direction.
SORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "best": ("tier", "rank", "org_id"),
    "name": ("pinyin", "org_id"),
    "newest": ("-since", "-org_id"),
    "oldest": ("since", "org_id"),
}
MOST_WORDS: Final = 8
_LONGEST_QUERY: Final = 200
_LEVELS: Final = range(4)
_PLACE = re.compile(r"/|\d{2}/(\d{4}/)?(\d{6}/)?(\d{9}/)?", re.ASCII)
_MARK = re.compile(r"[a-z][a-z0-9_]{0,31}")

#: The sort columns of one result, as Python values in the order of `SORTS`. The last is always the organization's id.
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Asked:
    """One search. Several values of one filter mean any of them; different filters must all hold."""

    query: str = ""
    kind: tuple[str, ...] = ()
    standing: tuple[str, ...] = ()
    level: tuple[int, ...] = ()
    #: A division's path: it and everything below. `/` means bodies registered nationally, and only those.
    place: str = ""
    field: tuple[str, ...] = ()
    mark: tuple[str, ...] = ()
    since_from: dt.date | None = None
    since_to: dt.date | None = None
    sort: str = "best"

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From an address's parameters (one value or a list each). What does not exist counts as not asked."""
        fields = code_list("fields")
        place, sort = _first(given, "place"), _first(given, "sort")
        return cls(
            query=" ".join(_first(given, "q").replace("\0", " ").split())[:_LONGEST_QUERY].rstrip(),
            kind=_known(given, "kind", Kind.values),
            standing=_known(given, "standing", Standing.values),
            level=tuple(int(level) for level in _known(given, "level", [str(level) for level in _LEVELS])),
            place=place if _PLACE.fullmatch(place) else "",
            field=_known(given, "field", fields.codes),
            mark=_known(given, "mark", [mark for mark in _all(given, "mark") if _MARK.fullmatch(mark)]),
            since_from=_day(_first(given, "since_from")),
            since_to=_day(_first(given, "since_to")),
            sort=sort if sort in SORTS else "best",
        )

    def values(self) -> dict[str, list[str]]:
        """The address's parameters again, without what was not asked: `Asked.of(asked.values()) == asked`."""
        found: dict[str, Iterable[object]] = {
            "q": [self.query],
            "kind": self.kind,
            "standing": self.standing,
            "level": self.level,
            "place": [self.place],
            "field": self.field,
            "mark": self.mark,
            "since_from": [self.since_from or ""],
            "since_to": [self.since_to or ""],
            "sort": [self.sort if self.sort != "best" else ""],
        }
        texts = {name: [text for value in values if (text := str(value))] for name, values in found.items()}
        return {name: values for name, values in texts.items() if values}

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the query as search reads them, each once."""
        read = [word for part in self.query.split() if (word := searchtext.compact(part))]
        return tuple(dict.fromkeys(read))[:MOST_WORDS]

    @property
    def filtered(self) -> bool:
        """Whether a filter is set."""
        return bool(
            self.kind or self.standing or self.level or self.place or self.field or self.mark
            or self.since_from or self.since_to
        )  # fmt: skip

    @property
    def narrowed(self) -> bool:
        """Whether anything but an order is asked."""
        return bool(self.query) or self.filtered

    @property
    def impossible(self) -> bool:
        """Something was typed, and nothing in it can be searched: it matches nothing."""
        return bool(self.query) and not self.words


@dataclass(frozen=True)
class Answer:
    """One page of results with the exact number of all of them."""

    ids: list[int]
    total: int
    #: Filter → value → how many results it would leave, with the filter's own choice left out.
    facets: dict[str, dict[str, int]]
    next: str | None
    previous: str | None
    answered_by: Literal["index", "database"]


@dataclass(frozen=True)
class Walk:
    """From where, in which direction and in which order results are read."""

    sort: str
    #: The key of the last result seen; empty for the first page.
    beyond: Key = ()
    backwards: bool = False

    @classmethod
    def of(cls, sort: str, cursor: str) -> Self:
        """The walk a cursor of this platform stands for. Raises `BadCursor`."""
        if not cursor:
            return cls(sort)
        texts, backwards = decode_cursor(_LIST, SORTS[sort], cursor)
        try:
            return cls(
                sort, tuple(_READ[column.lstrip("-")](text) for column, text in zip(SORTS[sort], texts, strict=True)),
                backwards,
            )  # fmt: skip
        except ValueError as error:
            raise BadCursor(_LIST) from error

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the order, without signs."""
        return tuple(column.lstrip("-") for column in SORTS[self.sort])

    @property
    def descending(self) -> bool:
        """Whether keys are met from the highest to the lowest."""
        return SORTS[self.sort][0].startswith("-") != self.backwards

    def neighbours(self, keys: Sequence[Key], size: int) -> tuple[list[Key], str | None, str | None]:
        """The page's keys in the order they are shown and the cursors of the next and the previous page.

        `keys` are up to `size + 1` in the order they were met.
        """
        more, shown = len(keys) > size, list(keys[:size])
        if self.backwards:
            shown.reverse()
        has_next = bool(shown) and (more or self.backwards)
        has_previous = bool(shown) and bool(self.beyond) and (more or not self.backwards)
        return (
            shown,
            encode_cursor(_LIST, SORTS[self.sort], shown[-1], backwards=False) if has_next else None,
            encode_cursor(_LIST, SORTS[self.sort], shown[0], backwards=True) if has_previous else None,
        )


#: What ties a cursor to the search; the filters are not in it, a place in an order is one for any of them.
_LIST: Final = "orgs.search"
_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "tier": int,
    "rank": int,
    "org_id": int,
    "pinyin": str,
    "since": dt.date.fromisoformat,
}


def _all(given: Mapping[str, Any], name: str) -> list[str]:
    """Every value of one parameter."""
    values = given.getlist(name) if hasattr(given, "getlist") else given.get(name, [])
    return [str(value) for value in (values if isinstance(values, list | tuple) else [values])]


def _first(given: Mapping[str, Any], name: str) -> str:
    return next(iter(_all(given, name)), "")


def _known(given: Mapping[str, Any], name: str, known: Iterable[str]) -> tuple[str, ...]:
    """The values that exist, each once and in one order, so that equal searches are equal."""
    asked = set(_all(given, name))
    return tuple(dict.fromkeys(value for value in known if value in asked))


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        return None
