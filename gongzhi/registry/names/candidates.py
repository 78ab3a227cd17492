"""Which bodies a name is compared with: found by numbers of pairs, a bounded number of rows however many there are.

A way is a condition on numbers that a body's texts keep. Each is asked of the index (`orgs_search_grams`) over the whole
register and gives at most `most` rows. A way that has more is one of common words; then the rows of the one registry are
gone through instead, by the index of paths. So one search reads at most `most + 1` rows for each way, and at most the rows
of one registry once. Left to itself the planner takes the numbers to be rare, and reads every 志愿者 of the country to
find those of a county.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, IntegerField, Q, Value

from gongzhi.orgs.enums import Standing
from gongzhi.orgs.models import OrganizationSearch
from gongzhi.orgs.search import near as _near  # noqa: F401 - registers the look-up `holds_one_of`

#: The same numbers as an expression no index serves: what is judged row by row within a registry.
_IN_PLACE: Final = Func(
    F("grams"), template="(%(expressions)s || '{}'::int[])", output_field=ArrayField(IntegerField())
)


@dataclass(frozen=True, slots=True)
class Way:
    """Texts that hold all numbers of at least one of these sets."""

    sets: tuple[tuple[int, ...], ...]

    @classmethod
    def all_of(cls, numbers: Sequence[int]) -> Way:
        """Texts that hold all of one set."""
        return cls((tuple(numbers),))

    def condition(self, column: str) -> Q:
        """As a condition on a column of numbers."""
        if len(self.sets) == 1:
            return Q(**{f"{column}__contains": list(self.sets[0])})
        return Q(**{f"{column}__holds_one_of": self.sets})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A body whose history or name is worth reading."""

    org_id: int
    path: str
    kind: str
    rank: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Bodies found by any way, each once."""

    rows: list[Candidate]
    #: Whether every body of the registry that any way finds is among them.
    complete: bool


def candidates(ways: Sequence[Way], *, registry: str, most: int) -> Candidates:
    """Bodies found by these ways, without those entered in error. `registry` is a path, or empty. Two queries at most."""
    wanted = ("pk", "path", "kind", "rank", "standing")
    parts = [
        OrganizationSearch.objects.filter(way.condition("grams"))
        .annotate(way=Value(number, output_field=IntegerField()))
        .values_list(*wanted, "way")[: most + 1]
        for number, way in enumerate(ways)
    ]
    rows = list(parts[0].union(*parts[1:], all=True)) if len(parts) > 1 else list(parts[0])
    counted = Counter(row[-1] for row in rows)
    common = [way for number, way in enumerate(ways) if counted[number] > most]
    complete = True
    if common and registry:
        limit = most * len(common)
        held = reduce(or_, (way.condition("numbers") for way in common))
        within = OrganizationSearch.objects.filter(path=registry).annotate(numbers=_IN_PLACE).filter(held)
        some = list(within.values_list(*wanted, Value(0, output_field=IntegerField()))[: limit + 1])
        complete = len(some) <= limit
        rows += some[:limit]
    found = {
        pk: Candidate(pk, path, kind, rank)
        for pk, path, kind, rank, standing, _way in rows
        if standing != Standing.VOID
    }
    return Candidates(list(found.values()), complete)
