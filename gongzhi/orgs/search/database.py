"""The answer from PostgreSQL: the truth, and who answers when there is no index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import connection
from django.db.models import Case, Count, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import ExtractYear

from gongzhi.core import searchtext
from gongzhi.orgs.models import Organization, OrganizationSearch
from gongzhi.orgs.search.asking import Asked, Key, Walk
from gongzhi.orgs.search.naming import above_of, divisions_named, fields_named

Rows = QuerySet[OrganizationSearch]

#: `since` of a body whose day of registration nobody stated: no filter by day finds it.
UNKNOWN_DAY: Final = dt.date.min
#: A word that names more divisions than this is looked for among the paths that occur in the register.
_MOST_RANGES: Final = 50
#: With more bodies whose code begins so, each row's own code is looked at instead.
_MOST_NUMBERED: Final = 2000
#: Facet → the expression of its value; `place` is counted by whole paths, which are folded afterwards.
_COUNTED: Final[dict[str, Any]] = {
    "kind": F("kind"),
    "standing": F("standing"),
    "level": F("level"),
    "place": F("path"),
    "field": F("field"),
    "since": ExtractYear("since"),
}
#: Every path that occurs, found by jumping through the index: one step for each instead of one for each row.
_PATHS: Final = """
    WITH RECURSIVE found AS (
      (SELECT path FROM orgs_search ORDER BY path LIMIT 1)
      UNION ALL
      SELECT (SELECT s.path FROM orgs_search AS s WHERE s.path > found.path ORDER BY s.path LIMIT 1)
      FROM found WHERE found.path IS NOT NULL)
    SELECT path FROM found WHERE path IS NOT NULL
"""


# --- what matches ---


def below(path: str) -> Q:
    """Bodies registered in a division or below it; for `/` those registered nationally."""
    return Q(path="/") if path == "/" else Q(path__gte=path, path__lt=path[:-1] + "0")  # "0" follows "/"


def in_text(word: str) -> Q:
    """Rows one of whose texts holds the word: pairs by the index, then the text itself."""
    return Q(grams__contains=searchtext.query_grams(word), text__contains=word)


def _named_places(word: str) -> Q:
    paths = divisions_named(word)
    if len(paths) > _MOST_RANGES:
        wanted = set(paths)
        with connection.cursor() as cursor:
            cursor.execute(_PATHS)
            present = [path for (path,) in cursor.fetchall()]
        return Q(path__in=[path for path in present if not wanted.isdisjoint([path, *above_of(path)])])
    found = Q()
    for path in paths:
        found |= below(path)
    return found


def _numbered(word: str) -> Q:
    """Bodies whose code or number begins with the word: by their ids, or where those are many one look-up a row.

    A list of many ids would be read for every row, and the codes stand in another table.
    """
    begins = Q(credit_code__startswith=word.upper()) | Q(number__startswith=word.upper()) & ~Q(number="")
    ids = list(Organization.objects.filter(begins).values_list("pk", flat=True)[: _MOST_NUMBERED + 1])
    if len(ids) > _MOST_NUMBERED:
        return Q(Exists(Organization.objects.filter(begins, pk=OuterRef("pk"))))
    return Q(pk__in=ids)


def word_matches(word: str) -> Q:
    """The condition of one compact word, as the package defines it. Each part has an index of its own."""
    found = in_text(word) | _named_places(word)
    fields = fields_named(word)
    if fields:
        found |= Q(field__in=fields)
    if word.isascii():
        found |= _numbered(word) | Q(pinyin__startswith=word) | Q(initials__startswith=word)
    return found


def matching(asked: Asked) -> Rows:
    """Exactly the rows that answer what was asked, in no order. Reads no rows yet: names of divisions, and a few codes."""
    if asked.impossible:
        return OrganizationSearch.objects.none()
    rows: Rows = OrganizationSearch.objects.all()
    for word in asked.words:
        rows = rows.filter(word_matches(word))
    for name, values in (("kind", asked.kind), ("standing", asked.standing), ("level", asked.level)):
        if values:
            rows = rows.filter(**{f"{name}__in": values})
    if asked.place:
        rows = rows.filter(below(asked.place))
    if asked.field:
        rows = rows.filter(field__in=asked.field)
    if asked.mark:
        rows = rows.filter(marks__overlap=list(asked.mark))
    if asked.since_from or asked.since_to:
        rows = rows.filter(since__gt=UNKNOWN_DAY)
    if asked.since_from:
        rows = rows.filter(since__gte=asked.since_from)
    if asked.since_to:
        rows = rows.filter(since__lte=asked.since_to)
    return rows


# --- in which order ---


def _tier(asked: Asked) -> Case | Value:
    """0 where the name begins with the first word and holds all, 1 where it holds all, 2 elsewhere."""
    if not asked.words:
        return Value(0, output_field=IntegerField())
    held = Q()
    for word in asked.words:
        held &= Q(name__contains=word)
    return Case(
        When(held & Q(name__startswith=asked.words[0]), then=0), When(held, then=1), default=2,
        output_field=IntegerField(),
    )  # fmt: skip


def keys(asked: Asked, walk: Walk, limit: int, *, only: Collection[int] | None = None, among: int = 0) -> list[Key]:
    """The sort keys of the next `limit` results, as they are met; `only` among these organizations.

    With `among`, among the first so many that are found in no order: bounded, and not always the best.
    """
    rows = matching(asked) if only is None else matching(asked).filter(pk__in=only)
    if among:
        rows = OrganizationSearch.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:among]))
    if walk.sort == "best":
        rows = rows.annotate(tier=_tier(asked))
    beyond, same = Q(), Q()
    for column, value in zip(walk.columns, walk.beyond, strict=False):
        beyond |= same & Q(**{f"{column}__{'lt' if walk.descending else 'gt'}": value})
        same &= Q(**{column: value})
    order = [f"-{column}" if walk.descending else column for column in walk.columns]
    return list(rows.filter(beyond).order_by(*order).values_list(*walk.columns)[:limit])


# --- how many ---


def count(
    asked: Asked, facets: Sequence[str], *, only: Collection[int] | None = None
) -> tuple[int, dict[str, dict[str, int]]]:
    """The exact number of results and of each facet's values; `only` among these organizations.

    One pass counts everything whose own filter is not set; each filter that is set costs a pass more.
    """

    def rows_of(one: Asked) -> Rows:
        return matching(one) if only is None else matching(one).filter(pk__in=only)

    own = [name for name in facets if filter_is_set(asked, name)]
    total, counts = _passes(rows_of(asked), asked, [name for name in facets if name not in own])
    for name in own:
        counts.update(_passes(rows_of(without(asked, name)), asked, [name])[1])
    return total, {name: counts[name] for name in facets}


def filter_is_set(asked: Asked, facet: str) -> bool:
    """Whether this facet's own choice has to be left out to count it. A place is counted within the chosen one."""
    if facet == "since":
        return bool(asked.since_from or asked.since_to)
    return facet != "place" and bool(getattr(asked, facet))


def without(asked: Asked, facet: str) -> Asked:
    """The same search without one filter."""
    left: dict[str, Any] = {"since_from": None, "since_to": None} if facet == "since" else {facet: ()}
    return replace(asked, **left)


def child_of(place: str, path: str) -> str:
    """Under which value of the facet `place` a path counts: the division one step below the chosen one, or itself."""
    depth = place.count("/") if place not in {"", "/"} else 0
    return "/" if path == "/" else "/".join(path.split("/")[: depth + 1]).rstrip("/") + "/"


def _passes(rows: Rows, asked: Asked, facets: Sequence[str]) -> tuple[int, dict[str, dict[str, int]]]:
    """Total and counts of one set of rows: one statement, and one more for marks."""
    counts: dict[str, dict[str, int]] = {name: {} for name in facets}
    columns = [name for name in facets if name in _COUNTED]
    if asked.impossible:
        return 0, counts
    total = 0
    inner, values = (
        rows.values_list(*[_COUNTED[name] for name in columns]) if columns else rows.values_list("pk")
    ).query.sql_with_params()
    names = [f"c{at}" for at in range(len(columns))] or ["c0"]
    sets = ", ".join(["()", *(f"({name})" for name in names if columns)])
    statement = (
        f"SELECT {', '.join(f'grouping({name}), {name}::text' for name in names)}, count(*)"  # noqa: S608 - our names
        f" FROM ({inner}) AS found ({', '.join(names)}) GROUP BY GROUPING SETS ({sets})"
    )
    if not columns:
        statement = f"SELECT 1, NULL, count(*) FROM ({inner}) AS found"  # noqa: S608 - our own statement
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        for *groups, number in cursor.fetchall():
            grouped = [at for at in range(len(names)) if groups[2 * at] == 0]
            if not grouped:
                total = number
                continue
            name, value = columns[grouped[0]], groups[2 * grouped[0] + 1]
            if name == "place":
                value = child_of(asked.place, value)
            if value and (name, value) != ("since", str(UNKNOWN_DAY.year)):
                counts[name][value] = counts[name].get(value, 0) + number
    if "mark" in facets:
        marks = rows.annotate(one=Func(F("marks"), function="unnest")).values_list("one")
        counts["mark"] = dict(marks.annotate(number=Count("pk")).order_by())
    return total, counts
