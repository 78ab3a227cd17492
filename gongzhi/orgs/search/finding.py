"""Who answers: the derived index with PostgreSQL judging what changed since, or PostgreSQL alone. Always the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gongzhi.core.paging import LARGEST_PAGE
from gongzhi.orgs.search import database, index
from gongzhi.orgs.search.asking import Answer, Asked, Key, Walk

#: Without an index suggestions are the best of this many that are found first.
_AMONG = 500


@dataclass(frozen=True)
class Suggested:
    """One organization to offer while somebody types."""

    org_id: int
    #: `name`: the present name holds what was typed; `other`: a former name, host, person, code, pinyin, place or field.
    group: Literal["name", "other"]


def find(
    asked: Asked, *, cursor: str = "", size: int = 20, facets: Sequence[str] = ("kind", "standing", "place")
) -> Answer:
    """One page of exactly the organizations that answer what was asked, how many there are, and how many of each value.

    `facets` are names of `asking.FACETS`. Raises `BadCursor`.
    """
    walk = Walk.of(asked.sort, cursor)
    size = max(1, min(size, LARGEST_PAGE))
    if asked.impossible:
        return Answer([], 0, {name: {} for name in facets}, None, None, "database")
    try:
        copy = index.consult()
        total, counts = copy.count(asked, facets)
        found = _keys(copy, asked, walk, size + 1)
        if copy.changed:
            more, others = database.count(asked, facets, only=copy.changed)
            total += more
            counts = {name: _sum(counts[name], others[name]) for name in facets}
        answered_by: Literal["index", "database"] = "index"
    except index.Unusable:
        total, counts = database.count(asked, facets)
        found = database.keys(asked, walk, size + 1)
        answered_by = "database"
    shown, following, previous = walk.neighbours(found, size)
    return Answer([key[-1] for key in shown], total, counts, following, previous, answered_by)


def suggest(text: str, limit: int = 8) -> list[Suggested]:
    """The best few organizations for what was typed so far: names that begin so, names that hold it, then the rest.

    With an index exactly the first results of `find`; without one the best of the first few hundred.
    """
    asked = Asked.of({"q": text})
    if not asked.words:
        return []
    walk = Walk("best")
    try:
        found = _keys(index.consult(), asked, walk, limit)
    except index.Unusable:
        found = database.keys(asked, walk, limit, among=_AMONG)
    return [Suggested(key[-1], "name" if key[0] < 2 else "other") for key in found]


def first(asked: Asked, limit: int) -> list[int]:
    """The first few results, without counting them."""
    walk = Walk(asked.sort)
    try:
        found = _keys(index.consult(), asked, walk, limit)
    except index.Unusable:
        found = database.keys(asked, walk, limit, among=_AMONG)
    return [key[-1] for key in found]


def _keys(copy: index.Copy, asked: Asked, walk: Walk, limit: int) -> list[Key]:
    """The sort keys of the next `limit` results, in the order they are met: the copy's and those that changed.

    Where PostgreSQL has the very order as an index and skips nothing, or the copy cannot continue one, it answers.
    """
    if not asked.narrowed or (walk.sort == "name" and walk.beyond):
        return database.keys(asked, walk, limit)
    found = copy.keys(asked, walk, limit)
    if not copy.changed:
        return found
    found += database.keys(asked, walk, limit, only=copy.changed)
    return sorted(found, reverse=walk.descending)[:limit]


def _sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {value: number for value in {**one, **other} if (number := one.get(value, 0) + other.get(value, 0))}
