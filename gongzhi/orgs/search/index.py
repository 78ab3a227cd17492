"""The derived index, read: a copy of what PostgreSQL knows, with the moment it was true written in its own commit.

It lies in a folder of each host (`settings.SEARCH_INDEX`) and is written by one process (`writing.py`). A copy is good
for this database when the database knows its token and has not gone back behind its horizon (a restored backup has);
what changed since the horizon is named by PostgreSQL and left to it. So an answer is exact whatever age the copy has.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import tantivy
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from tantivy import FieldType, Occur, Order, Query, SchemaBuilder

from gongzhi.orgs.search.asking import Asked, Key, Walk
from gongzhi.orgs.search.database import UNKNOWN_DAY, filter_is_set, without
from gongzhi.orgs.search.naming import Gazetteer, divisions_named, fields_named, gazetteer
from gongzhi.orgs.search.text import NAME

log = logging.getLogger(__name__)

#: Changes with what is written and how; another format is another folder, and the old one is removed.
FORMAT: Final = 3
#: With more changes than this PostgreSQL answers alone.
MOST_CHANGED: Final = 5000
#: Beginnings of codes, numbers, pinyin and initials that are terms of their own, and so is a text no longer than the last.
BEGINNINGS: Final = (1, 2, 3, 4, 5, 6, 8, 12, 18)
#: Living bodies whose name has at most so many characters carry a term each: they stand before all others by `rank`.
SHORT: Final = (4, 6, 8, 10, 12, 14, 16)
#: An organization's id in the low bits of `rank`, under the length of its name (see `text.rank_of`), and of `day`.
ID_BITS: Final = 55
DAY_ID_BITS: Final = 40
#: More values than any facet has.
_VALUES: Final = 8000
#: These three are one field too, so that one pass counts all three, each without its own filter.
STATE: Final = ("kind", "standing", "level")
#: A word that more names hold than this is looked for among the short names first.
_OFTEN: Final = 3000
#: How many totals are kept, for phrases that many ask for. They hold for one commit.
_KEPT: Final = 1024


class Unusable(Exception):
    """There is no index, or none that may answer just now. PostgreSQL answers; nobody notices."""


def schema() -> tantivy.Schema:
    """The fields of a document. A document is one organization, but for one: `about`, which says what the copy is."""
    build = SchemaBuilder()
    build.add_text_field("role", tokenizer_name="raw", index_option="basic")
    build.add_text_field("about", stored=True, tokenizer_name="raw", index_option="basic")
    build.add_integer_field("id", indexed=True)  # signed: of an unsigned one no document is deleted by its term
    for name in ("name", "text"):  # runs of one, two and three characters; of three with positions: a phrase is exact
        for length in (1, 2):
            build.add_text_field(f"{name}{length}", tokenizer_name="whitespace", index_option="basic")
        build.add_text_field(f"{name}3", tokenizer_name="whitespace", index_option="position")
    build.add_text_field("begins", tokenizer_name="raw", index_option="basic")
    build.add_text_field("whole", tokenizer_name="raw", index_option="basic")
    build.add_text_field("short", tokenizer_name="raw", index_option="basic")
    for name in STATE:
        build.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("state", "state_place", "field", "mark", "year"):
        build.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    build.add_text_field("path", tokenizer_name="raw", index_option="basic")
    for depth in range(1, 5):
        build.add_text_field(f"place{depth}", fast=True, tokenizer_name="raw", index_option="basic")
    build.add_unsigned_field("rank", fast=True)
    build.add_unsigned_field("day", fast=True)
    build.add_text_field("sound", fast=True, tokenizer_name="raw", index_option="basic")
    return build.build()


SCHEMA: Final = schema()


def folder() -> Path:
    """Where this host keeps its copy."""
    return Path(settings.SEARCH_INDEX) / str(FORMAT)


def is_panic(error: BaseException) -> bool:
    """Whether the library gave up in the middle: its panics are no `Exception`, and its class is not to be imported."""
    return type(error).__name__ == "PanicException"


@contextmanager
def guarded() -> Iterator[None]:
    """Turn whatever goes wrong inside the index into `Unusable`; an error of the database stays one.

    A damaged file can make the library panic, which is no `Exception`.
    """
    try:
        yield
    except (Unusable, DatabaseError):
        raise
    except BaseException as error:
        if not (isinstance(error, Exception) or is_panic(error)):
            raise
        _readers.forget()
        log.warning("search.index_unusable", exc_info=error)
        raise Unusable from error


# --- the copy on this host ---


@dataclass(frozen=True)
class About:
    """What a copy says of itself, in the same commit as its documents."""

    #: Made anew with each full build; the database keeps it too.
    token: str
    #: `pg_snapshot_xmin` of the snapshot it was made from: every older transaction is in it.
    horizon: int
    #: Counts the commits, so that what is remembered of one is not taken for another's.
    commit: int

    def as_text(self) -> str:
        """For the stored field."""
        return json.dumps([self.token, self.horizon, self.commit])


@dataclass(frozen=True, eq=False)
class Opened:
    """One commit of the copy, opened."""

    searcher: tantivy.Searcher
    about: About
    #: Every division path that occurs, with all above it.
    paths: frozenset[str]


class _Readers:
    """The copy as this process has it open; looked at anew when its folder holds another commit."""

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._index: tantivy.Index | None = None
        self._opened: tuple[object, Opened] | None = None

    def current(self) -> Opened:
        """The newest commit. Raises `Unusable` where there is none, and whatever the library says of a damaged one."""
        at = folder()
        try:
            found = (at / "meta.json").stat()
        except OSError as error:
            self.forget()
            raise Unusable from error
        seen = (at, found.st_ino, found.st_mtime_ns, found.st_size)
        opened = self._opened
        if opened is not None and opened[0] == seen:
            return opened[1]
        with self._opening:
            if self._index is None or opened is None or opened[0][0] != at:  # type: ignore[index]
                self._index = tantivy.Index.open(str(at))
                self._index.config_reader("manual")
            self._index.reload()
            searcher = self._index.searcher()
            fresh = Opened(
                searcher, read_about(searcher), frozenset(path for path, _n in searcher.terms_with_prefix("path", ""))
            )
            self._opened = (seen, fresh)
            return fresh

    def forget(self) -> None:
        """Open everything anew next time."""
        self._index, self._opened = None, None


_readers: Final = _Readers()


def read_about(searcher: tantivy.Searcher) -> About:
    """What this commit says of itself. Raises `Unusable` where no build was finished yet."""
    hits = searcher.search(term("role", "about"), limit=1).hits
    if not hits:
        raise Unusable
    return About(*json.loads(searcher.doc(hits[0][1])["about"][0]))


#: Whether the database knows the copy and has not gone back behind it: then one row holds the newest division's number.
#: The other rows are what changed since. Ordered, so that the index on `changed` is used whatever the statistics say.
_SINCE: Final = """
    SELECT NULL::bigint, (SELECT max(id) FROM reference_division) FROM orgs_search_copy
    WHERE token = %s AND horizon >= %s::xid8 AND pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8
    UNION ALL (SELECT org_id, NULL FROM orgs_search WHERE changed >= %s::xid8 ORDER BY changed LIMIT %s)
"""


def consult() -> Copy:
    """The copy on this host and what changed since, in the caller's transaction. Raises `Unusable`."""
    with guarded():
        opened = _readers.current()
    horizon = str(opened.about.horizon)
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [opened.about.token, horizon, horizon, horizon, MOST_CHANGED + 1])
        found = cursor.fetchall()
    changed = [pk for pk, _newest in found if pk is not None]
    if len(changed) == len(found) or len(changed) > MOST_CHANGED:
        raise Unusable
    return Copy(opened, changed, gazetteer(next(newest or 0 for pk, newest in found if pk is None)))


# --- what is asked, as the library wants it ---

Clauses = list[tuple[Occur, Query]]


def term(name: str, value: object) -> Query:
    """Documents with exactly this value in a field."""
    return Query.term_query(SCHEMA, name, value, "basic")


def any_of(name: str, values: Sequence[object]) -> Query:
    """Documents with one of these values in a field."""
    return term(name, values[0]) if len(values) == 1 else Query.term_set_query(SCHEMA, name, values)


def runs(text: str, length: int) -> list[str]:
    """Every run of so many characters in order: how texts are written into the index and looked up in it."""
    return [text[at : at + length] for at in range(len(text) - length + 1)]


def holds(name: str, word: str) -> Query:
    """Documents that hold the word in their `name`, or in any of their texts (`text`)."""
    if len(word) <= 3:
        return term(f"{name}{len(word)}", word)
    return Query.phrase_query(SCHEMA, f"{name}3", list(runs(word, 3)))


def _begins(word: str) -> Query:
    """Documents with a code, number, pinyin or initials that begin so. `word` is ASCII letters and digits."""
    forms = list(dict.fromkeys([word, word.upper()]))
    longer = [length for length in BEGINNINGS if length >= len(word)]
    if longer and longer[0] == len(word):
        return any_of("begins", forms)
    if longer:  # every text that begins so has a beginning of the next length, or is itself one
        more = f".{{0,{longer[0] - len(word)}}}"
        return _either([Query.regex_query(SCHEMA, "begins", form + more) for form in forms])
    whole = [Query.regex_query(SCHEMA, "whole", f"{form}.*") for form in forms]
    return _either([*whole, Query.regex_query(SCHEMA, "sound", f"{word}.*")])


def _either(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, one) for one in queries])


def _answers(opened: Opened, within: Gazetteer, word: str) -> Query:
    """The condition of one word, as the package defines it."""
    either = [holds("text", word)]
    paths = [path for path in divisions_named(word, within) if path in opened.paths]
    if paths:
        either.append(any_of("path", paths))
    fields = fields_named(word)
    if fields:
        either.append(any_of("field", fields))
    if word.isascii():
        either.append(_begins(word))
    return _either(either)


def _filters(asked: Asked) -> Clauses:
    found = [
        any_of(name, values)
        for name, values in (
            ("kind", asked.kind), ("standing", asked.standing), ("level", [str(level) for level in asked.level]),
            ("field", asked.field), ("mark", asked.mark),
        )
        if values
    ]  # fmt: skip
    if asked.place:
        found.append(term("path", asked.place))
    if asked.since_from or asked.since_to:
        first = max(asked.since_from or UNKNOWN_DAY, UNKNOWN_DAY + dt.timedelta(days=1))
        last = asked.since_to or dt.date.max
        found.append(_between("day", day_of(first, 0), day_of(last, 1 << DAY_ID_BITS)))
    return [(Occur.Must, one) for one in found]


def _between(name: str, lowest: int | None, highest: int | None) -> Query:
    """Documents whose number lies between the two, neither included."""
    return Query.range_query(
        SCHEMA,
        name,
        FieldType.Unsigned,
        lower_bound=lowest,
        upper_bound=highest,
        include_lower=lowest is None,  # an open side must be said to be included
        include_upper=highest is None,
    )


def day_of(day: dt.date, pk: int) -> int:
    """Day and id as one number: the order of `newest` and `oldest`."""
    return (day.toordinal() << DAY_ID_BITS) + pk


@dataclass(frozen=True, eq=False)
class Copy:
    """The copy in one transaction: what it says holds for everything but `changed`."""

    opened: Opened
    #: Organizations that changed since it was made, or may have: PostgreSQL judges them.
    changed: Sequence[int]
    #: The divisions as this transaction sees them.
    divisions: Gazetteer

    def _asked(self, asked: Asked) -> Clauses:
        words = [(Occur.Must, _answers(self.opened, self.divisions, word)) for word in asked.words]
        return [*words, *_filters(asked)]

    # --- in which order ---

    def keys(self, asked: Asked, walk: Walk, limit: int) -> list[Key]:
        """The sort keys of the next `limit` results that did not change, as they are met.

        By name only the first page: the library has no ranges over texts (raises `Unusable`).
        """
        order = Order.Desc if walk.descending else Order.Asc
        with guarded():
            if walk.sort == "best":
                return self._best(asked, walk, limit, order)
            found = self._asked(asked)
            if walk.sort == "name":
                if walk.beyond:
                    raise Unusable
                keys = [sound.rsplit("\0", 1) for sound in self._top(found, "sound", limit, order)]
                return [(sound, int(pk)) for sound, pk in keys]
            if walk.beyond:
                at = day_of(*walk.beyond)
                found.append((Occur.Must, _between("day", *((None, at) if walk.descending else (at, None)))))
            days = self._top(found, "day", limit, order)
            low = (1 << DAY_ID_BITS) - 1
            return [(dt.date.fromordinal(day >> DAY_ID_BITS), day & low) for day in days]

    def _best(self, asked: Asked, walk: Walk, limit: int, order: Order) -> list[Key]:
        """Tier after tier, each by rank, until there are enough."""
        tiers = self._tiers(asked)
        keys: list[Key] = []
        for tier in reversed(range(len(tiers))) if walk.descending else range(len(tiers)):
            found = tiers[tier]
            if walk.beyond:
                last, rank, _pk = walk.beyond
                if (tier > last) if walk.descending else (tier < last):
                    continue
                if tier == last:
                    bounds = (None, rank) if walk.descending else (rank, None)
                    found = [*found, (Occur.Must, _between("rank", *bounds))]
            ranks = self._first(asked, found, limit - len(keys)) if not walk.descending else None
            ranks = ranks or self._top(found, "rank", limit - len(keys), order)
            keys += [(tier, rank, rank & ((1 << ID_BITS) - 1)) for rank in ranks]
            if len(keys) >= limit:
                break
        return keys

    def _tiers(self, asked: Asked) -> list[Clauses]:
        """The name begins with the first word and holds all; it holds all; the rest. One tier without words."""
        filters = _filters(asked)
        if not asked.words:
            return [filters]
        names: Clauses = [(Occur.Must, holds("name", word)) for word in asked.words]
        begins = holds("name", NAME + asked.words[0])
        return [
            [(Occur.Must, begins), *names[1:], *filters],
            [*names, (Occur.MustNot, begins), *filters],
            [*self._asked(asked), (Occur.MustNot, Query.boolean_query(names))],
        ]

    def _first(self, asked: Asked, found: Clauses, limit: int) -> list[Any] | None:
        """The first ranks, where a common word lets them be found among the short names alone; None where not.

        Short living names come first by rank. So whatever number of results they hold, those are the first.
        """
        searcher = self.opened.searcher
        often = min((self._often(word) for word in asked.words), default=searcher.num_docs)
        if often < _OFTEN:
            return None
        for length in SHORT:
            # Twice as many as are wanted, by chance: the words are rarer together, and filters take some away.
            if often * searcher.doc_freq("short", str(length)) >= 8 * limit * searcher.num_docs:
                ranks = self._top([*found, (Occur.Must, term("short", str(length)))], "rank", limit, Order.Asc)
                return ranks if len(ranks) == limit else None
        return None

    def _often(self, word: str) -> int:
        """At most so many names hold the word."""
        field, length = ("name3", 3) if len(word) >= 3 else (f"name{len(word)}", len(word))
        return min(self.opened.searcher.doc_freq(field, run) for run in runs(word, length))

    def _top(self, found: Clauses, name: str, limit: int, order: Order) -> list[Any]:
        """The first values of a field among the documents found, leaving out what changed."""
        if self.changed:
            found = [*found, (Occur.MustNot, any_of("id", self.changed))]
        query = _whole(found)
        hits = self.opened.searcher.search(query, limit=limit, order_by_field=name, order=order, count=False).hits
        return [value for value, _address in hits]

    # --- how many ---

    def count(self, asked: Asked, facets: Sequence[str]) -> tuple[int, dict[str, dict[str, int]]]:
        """The exact number of results that did not change, and of each facet's values.

        The commit's own counts are remembered; what changed is counted and taken off.
        """
        with guarded():
            about = self.opened.about
            said = (about, self.divisions.edition, replace(asked, sort="best"), tuple(facets))
            known = _totals.get(said)
            if known is None:
                known = _totals.keep(said, self._count(asked, facets, []))
            total, counts = known
            if self.changed:
                off, taken = self._count(asked, facets, [(Occur.Must, any_of("id", self.changed))])
                return total - off, {name: _less(counts[name], taken[name]) for name in facets}
            return total, {name: dict(values) for name, values in counts.items()}

    def _count(self, asked: Asked, facets: Sequence[str], more: Clauses) -> tuple[int, dict[str, dict[str, int]]]:
        """One pass, and one more for each facet besides kind, standing and level whose own filter is set.

        The first counts by these three together and without their filters; what needs these filters is counted inside,
        because long lists of documents are dear to intersect. The widest places are one field with the three, because
        counting inside is dear too.
        """
        own = [name for name in facets if name not in STATE and filter_is_set(asked, name)]
        inside = [name for name in facets if name not in STATE and name not in own]
        chosen: list[tuple[str, ...]] = [asked.kind, asked.standing, tuple(str(level) for level in asked.level)]
        wide = replace(asked, kind=(), standing=(), level=())
        total, counts = 0, {name: Counter[str]() for name in (*STATE, *facets)}
        if not any(chosen):
            found = self._buckets(wide, more, ["state", *inside])
        elif "place" in inside and _depth(asked) == 1:
            others = [name for name in inside if name != "place"]
            found = self._buckets(wide, more, ["state", "state_place"] if others else ["state_place"], others)
            found["state"] = _with_places(found.get("state"), found.pop("state_place"))
        else:
            found = self._buckets(wide, more, ["state"], inside)
        for state in found.pop("state"):
            values, number = state["key"].split(" "), state["doc_count"]
            misses = [at for at, value in enumerate(values) if chosen[at] and value not in chosen[at]]
            for at, name in enumerate(STATE):
                if values[at] and misses in ([], [at]):
                    counts[name][values[at]] += number
            if not misses:
                total += number
                _add(counts, {name: state[name]["buckets"] for name in inside if name in state})
        _add(counts, found)
        for name in own:
            _add(counts, self._buckets(without(asked, name), more, [name]))
        return total, {name: dict(counts[name]) for name in facets}

    def _buckets(
        self, asked: Asked, more: Clauses, facets: Sequence[str], inside: Sequence[str] = ()
    ) -> dict[str, list[dict[str, Any]]]:
        """How many documents have each value of these facets (or of `state`), and of the facets `inside` each state."""
        fields = {"place": f"place{_depth(asked)}", "since": "year"}

        def terms(names: Sequence[str], below: Sequence[str]) -> dict[str, Any]:
            return {
                name: {
                    "terms": {"field": fields.get(name, name), "size": _VALUES},
                    **({"aggs": terms(below, ())} if below and name == "state" else {}),
                }
                for name in names
            }

        answer = self.opened.searcher.aggregate(_whole([*self._asked(asked), *more]), terms(facets, inside))
        found = {name: answer[name]["buckets"] for name in facets}
        within = [one[name] for name in inside for one in found.get("state", [])]
        if any(one["sum_other_doc_count"] for one in (*(answer[name] for name in facets), *within)):
            raise Unusable
        return found


def _depth(asked: Asked) -> int:
    """How many steps deep the places lie that are counted: one below the chosen one."""
    return min(asked.place.count("/") if asked.place != "/" else 0, 3) + 1


def _with_places(states: list[dict[str, Any]] | None, placed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The buckets of `state`, each with its places; made from those of `state_place` alone where None are given."""
    places: dict[str, list[dict[str, Any]]] = {}
    for one in placed:
        state, _space, one["key"] = one["key"].rpartition(" ")
        places.setdefault(state, []).append(one)
    if states is None:
        states = [{"key": key, "doc_count": sum(one["doc_count"] for one in found)} for key, found in places.items()]
    for found in states:
        found["place"] = {"buckets": places.get(found["key"], [])}
    return states


def _add(counts: dict[str, Counter[str]], found: dict[str, list[dict[str, Any]]]) -> None:
    """Add the library's buckets to the counts of their facets."""
    for name, buckets in found.items():
        for one in buckets:
            counts[name][one["key"]] += one["doc_count"]


def _whole(found: Clauses) -> Query:
    """All clauses together; everything where there is none, and where there are only exclusions everything else."""
    if all(occur is Occur.MustNot for occur, _query in found):
        found = [(Occur.Must, Query.all_query()), *found]
    return Query.boolean_query(found)


def _less(counts: dict[str, int], taken: dict[str, int]) -> dict[str, int]:
    return {value: left for value, number in counts.items() if (left := number - taken.get(value, 0))}


class _Totals:
    """Counts of searches that many ask, the longest unused forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, tuple[int, dict[str, dict[str, int]]]] = OrderedDict()
        self._writing = threading.Lock()

    def get(self, said: object) -> tuple[int, dict[str, dict[str, int]]] | None:
        """What was counted for this search in this commit."""
        with self._writing:
            if said in self._kept:
                self._kept.move_to_end(said)
            return self._kept.get(said)

    def keep(
        self, said: object, counted: tuple[int, dict[str, dict[str, int]]]
    ) -> tuple[int, dict[str, dict[str, int]]]:
        """Remember it and give it back."""
        with self._writing:
            self._kept[said] = counted
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return counted

    def forget(self) -> None:
        """Count everything anew: for measurements."""
        with self._writing:
            self._kept.clear()


_totals: Final = _Totals()


def forget_counts() -> None:
    """Forget every count of this process, so that the next is made and not remembered: for measurements."""
    _totals.forget()
