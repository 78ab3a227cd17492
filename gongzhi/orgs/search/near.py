"""What is near a search that found nothing: the same sound, one character wrong, another order, fewer conditions.

Candidates come from the pairs of characters and of syllables that the names keep, a bounded number each; Python judges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal

from django.contrib.postgres.fields import ArrayField
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup
from django.db.models.sql.compiler import SQLCompiler

from gongzhi.core import searchtext
from gongzhi.orgs.models import OrganizationSearch
from gongzhi.orgs.search.asking import Asked
from gongzhi.orgs.search.finding import first

Reason = Literal["sound", "typo", "order", "without_filters"]

#: So many names are judged for each way of being near.
_CANDIDATES: Final = 300
#: Two characters with one wrong are one character: that is near everything.
_SHORTEST_TYPO: Final = 3
#: Longer than nearly every name: nothing is near a paragraph.
_LONGEST: Final = 60


@ArrayField.register_lookup
class HoldsOneOf(Lookup):
    """`grams @@ query_int`: arrays that hold all numbers of at least one of several sets (extension `intarray`)."""

    lookup_name = "holds_one_of"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        """The condition, with the sets written as one `query_int`."""
        column, values = self.process_lhs(compiler, connection)
        sets = "|".join(f"({'&'.join(map(str, one))})" for one in self.rhs)
        return f"{column} @@ %s::query_int", (*values, sets)


def near(asked: Asked, limit: int = 5) -> list[tuple[int, Reason]]:
    """Up to `limit` organizations near a search without results, each once, with what makes them near.

    If the search only fails by its filters, those it finds without them. Otherwise names that sound the same, then names
    with one character wrong, missing or too many, then the same characters in another order.
    """
    if not 0 < len("".join(asked.words)) <= _LONGEST:
        return []
    if asked.filtered:
        found = first(Asked(query=asked.query), limit)
        if found:
            return [(pk, "without_filters") for pk in found]
    words = asked.words
    near_ones: dict[int, Reason] = {}
    for reason, candidates in (("sound", _alike), ("typo", _misspelt), ("order", _reordered)):
        for pk in candidates(words):
            near_ones.setdefault(pk, reason)  # type: ignore[arg-type]
        if len(near_ones) >= limit:
            break
    return list(near_ones.items())[:limit]


def _judged(grams: Sequence[Iterable[int]], fits: Callable[[str], bool]) -> list[int]:
    """Ids of the first candidates that hold one of these sets of numbers and fit, in the order of their rank."""
    wanted = [sorted(set(one)) for one in grams if one]
    if not wanted:
        return []
    rows = OrganizationSearch.objects.filter(grams__holds_one_of=wanted).values_list("rank", "pk", "name")
    return [pk for _rank, pk, name in sorted(rows[:_CANDIDATES]) if fits(name)]


def _alike(words: Sequence[str]) -> list[int]:
    """Present names that hold every word by its sound."""
    spoken = [searchtext.syllables(word) for word in words]

    def fits(name: str) -> bool:
        heard = searchtext.syllables(name)
        return all(any(heard[at : at + len(part)] == part for at in range(len(heard))) for part in spoken)

    pairs = [gram for word in words for gram in searchtext.sound_grams(word)]
    return _judged([pairs], fits)


def _misspelt(words: Sequence[str]) -> list[int]:
    """Present names that hold every word but for one character of one of them."""
    sets = []
    for at, word in enumerate(words):
        others = [gram for other in (*words[:at], *words[at + 1 :]) for gram in searchtext.query_grams(other)]
        if len(word) >= _SHORTEST_TYPO:
            sets += [[*others, *left] for left in _untouched(word)]

    def fits(name: str) -> bool:
        return sum(min(distance(word, name), 2) for word in words) <= 1

    return _judged(sets, fits)


def _untouched(word: str) -> Iterator[list[int]]:
    """For each place of a mistake: what the right word must hold all the same."""
    for at in range(len(word)):
        parts = [part for part in (word[:at], word[at + 1 :]) if part]
        yield [gram for part in parts for gram in searchtext.query_grams(part)]


def _reordered(words: Sequence[str]) -> list[int]:
    """Present names in which the characters of all words stand side by side in another order."""
    body = "".join(words)
    if len(body) < 2:
        return []
    wanted = Counter(body)

    def fits(name: str) -> bool:
        return any(Counter(name[at : at + len(body)]) == wanted for at in range(len(name) - len(body) + 1))

    return _judged([[gram for character in wanted for gram in searchtext.query_grams(character)]], fits)


def distance(word: str, name: str) -> int:
    """The fewest characters to change, add or leave out so that `word` is part of `name` (Sellers)."""
    row = [0] * (len(name) + 1)
    for at, character in enumerate(word, 1):
        before, row = row, [at]
        for place, other in enumerate(name, 1):
            row.append(min(before[place - 1] + (character != other), before[place] + 1, row[place - 1] + 1))
    return min(row)
