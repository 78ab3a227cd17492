"""Search as its pages show it: conditions that remove themselves, filters with counts, rows with their reasons.

What a word matches, how many there are and who answers is decided in `orgs.search`; nothing is searched here.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.core import searchtext
from gongzhi.core.actor import Actor
from gongzhi.core.paging import BadCursor
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Organization, SavedSearch
from gongzhi.orgs.search.asking import FACETS, Answer, Asked
from gongzhi.orgs.search.finding import find, suggest
from gongzhi.orgs.search.near import near as near_to
from gongzhi.portal import comparison
from gongzhi.portal.selectors import MARKS, Row, last_source, place_names, registered_total, rows_of
from gongzhi.reference.codes import code_list
from gongzhi.registry.models import Source

PAGE = 20
#: Values of one filter that are open at once; the others are folded.
OPEN = 6
SORTS: dict[str, str | Promise] = {
    "best": gettext_lazy("Relevance"),
    "name": gettext_lazy("Name"),
    "newest": gettext_lazy("Newest"),
    "oldest": gettext_lazy("Oldest"),
}
LEVELS: dict[str, str | Promise] = {
    "0": gettext_lazy("National level"),
    "1": gettext_lazy("Provincial level"),
    "2": gettext_lazy("City level"),
    "3": gettext_lazy("County level and below"),
}
#: Filters that are ticked, in the order of the page.
TICKED: dict[str, str | Promise] = {
    "kind": gettext_lazy("Kind"),
    "level": gettext_lazy("Registered at"),
    "field": gettext_lazy("Field of activity"),
    "standing": gettext_lazy("Standing"),
    "mark": gettext_lazy("Qualifications and marks"),
}


@dataclass(frozen=True)
class Condition:
    """One thing that was asked, in words, and the address of the search without it."""

    text: str
    without_url: str


@dataclass(frozen=True)
class Option:
    """One value of a filter and how many results it would leave."""

    value: str
    label: str | Promise
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """One filter. `folded` are its rarer values."""

    name: str
    label: str | Promise
    options: Sequence[Option]
    folded: Sequence[Option]


@dataclass(frozen=True)
class Place:
    """One division of the tree."""

    name: str
    url: str
    count: int | None = None


@dataclass(frozen=True)
class Tree:
    """Where one is, the way up, and what lies below with its counts."""

    above: Sequence[Place]
    here: Place
    below: Sequence[Place]


@dataclass(frozen=True)
class Bar:
    """Registrations of one year in the drawing; heights of at most 40."""

    x: int
    y: int
    height: int
    year: int
    count: int
    within: bool


@dataclass(frozen=True)
class Years:
    """The years of registration: bars, and what is asked."""

    bars: Sequence[Bar]
    width: int
    first: Bar | None
    most: Bar | None
    last: Bar | None
    #: What stands in the two boxes: a year where a whole year is meant, else a day.
    since_from: str
    since_to: str


@dataclass(frozen=True)
class Filters:
    """Everything the filter form holds."""

    facets: Sequence[Facet]
    tree: Tree
    years: Years
    sorts: Sequence[tuple[str, str | Promise, bool, str]]
    #: What the form carries along unseen: the query, the place, what is ticked for comparison.
    carried: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Near:
    """A body that is near what was asked, and in what way."""

    row: Row
    reason: str | Promise

    @property
    def as_rows(self) -> list[Row]:
        """The row alone, for the template that shows rows."""
        return [self.row]


@dataclass(frozen=True)
class Tried:
    """One way that was tried for a search without results."""

    label: str | Promise
    text: str
    count: int


@dataclass(frozen=True)
class Found:
    """One page of search results."""

    asked: Asked
    #: What to mark in names: the words as typed and as search reads them.
    words: str
    rows: Sequence[Row]
    total: int
    conditions: Sequence[Condition]
    clear_url: str
    filters: Filters
    filter_url: str
    save_url: str
    previous_url: str
    next_url: str
    picked: Sequence[Organization]
    source: Source | None
    near: Sequence[Near] = field(default_factory=list)
    tried: Sequence[Tried] = field(default_factory=list)
    bad_cursor: bool = False
    #: What was typed as a day of registration and is none.
    unread: Sequence[str] = field(default_factory=list)
    #: How many bodies the register holds at all; counted only where nothing was found.
    held: int = 0


# --- addresses and words of what was asked ---

_YEAR = re.compile(r"\d{4}", re.ASCII)
_FIRST_AND_LAST: Final = {"since_from": "-01-01", "since_to": "-12-31"}


def asked_of(given: QueryDict) -> tuple[Asked, list[str]]:
    """What an address asks, and what it says about days that is none. A year alone means its first or its last day."""
    read = given.copy()
    unread = []
    for name, rest in _FIRST_AND_LAST.items():
        typed = unicodedata.normalize("NFKC", given.get(name, "")).strip()
        day = typed + rest if _YEAR.fullmatch(typed) else typed.replace("/", "-")
        try:
            read[name] = dt.date.fromisoformat(day).isoformat() if day else ""
        except ValueError:
            unread.append(typed[:20])
            read[name] = ""
    return Asked.of(read), unread


def query_of(asked: Asked, *, leave_out: Iterable[str] = (), **changes: str | Sequence[str]) -> str:
    """What was asked as the query of an address; with some values changed, or some left out."""
    values: dict[str, Sequence[str]] = {**asked.values()}
    values.update({name: [value] if isinstance(value, str) else value for name, value in changes.items()})
    return urlencode(
        [(name, one) for name, many in values.items() if name not in set(leave_out) for one in many if one != ""]
    )


def address(
    asked: Asked,
    *,
    page: str = "organization_search",
    leave_out: Iterable[str] = (),
    **changes: str | Sequence[str],
) -> str:
    """The address of this search, or of another page about it. A changed condition begins at the first page."""
    text = query_of(asked, leave_out=leave_out, **changes)
    return reverse(f"portal:{page}") + (f"?{text}" if text else "")


def label_of(name: str, value: str) -> str | Promise:
    """What a value of a ticked filter is called; a code nobody knows is shown as it is."""
    if name == "kind":
        return Kind(value).label
    if name == "standing":
        return Standing(value).label
    if name == "level":
        return LEVELS[value]
    if name == "field":
        return code_list("fields").label(value)
    return MARKS.get(value, value)


def conditions(
    asked: Asked,
    *,
    places: Mapping[str, str] | None = None,
    picked: Sequence[str] = (),
    page: str = "organization_search",
) -> list[Condition]:
    """Every condition but the typed word, in words. `places` spares a query where many searches are listed."""

    def without(**changes: str | Sequence[str]) -> str:
        return address(asked, page=page, code=picked, **changes)

    found = []
    values = asked.values()
    for name, heading in TICKED.items():
        chosen = values.get(name, [])
        for value in chosen:
            left = [other for other in chosen if other != value]
            found.append(
                Condition(
                    _("%(what)s: %(value)s") % {"what": heading, "value": label_of(name, value)},
                    without(**{name: left}),
                )
            )
    if asked.place:
        names = places if places is not None else place_names([asked.place])
        found.append(
            Condition(
                _("%(what)s: %(value)s") % {"what": _("Place"), "value": names.get(asked.place) or asked.place},
                without(place=""),
            )
        )
    if asked.since_from or asked.since_to:
        found.append(Condition(_period(asked), without(since_from="", since_to="")))
    return found


def _period(asked: Asked) -> str:
    words = {"first": _box(asked.since_from, "since_from"), "last": _box(asked.since_to, "since_to")}
    if not asked.since_to:
        return _("Registered from %(first)s") % words
    if not asked.since_from:
        return _("Registered until %(last)s") % words
    return _("Registered %(first)s to %(last)s") % words


def _box(day: dt.date | None, name: str) -> str:
    """A day as it is typed: the year alone where the whole year is meant."""
    return day.isoformat().removesuffix(_FIRST_AND_LAST[name]) if day else ""


def in_words(asked: Asked, *, places: Mapping[str, str] | None = None) -> list[Condition]:
    """Everything that was asked, the typed word first."""
    return [*([Condition(asked.query, "")] if asked.query else []), *conditions(asked, places=places)]


def name_for(asked: Asked) -> str:
    """What a saved search is called unless the person calls it otherwise."""
    return " ".join(one.text for one in in_words(asked))[:100]


# --- the page of results ---


def found(asked: Asked, *, cursor: str = "", codes: Sequence[str] = (), unread: Sequence[str] = ()) -> Found:
    """One page of the register for what was asked: the same number of queries however many rows it has."""
    bad_cursor = False
    try:
        answer = find(asked, cursor=cursor, size=PAGE, facets=FACETS)
    except BadCursor:
        bad_cursor = True
        answer = find(asked, size=PAGE, facets=FACETS)
    picked = comparison.picked(codes)
    own = [comparison.code_of(one) for one in picked]
    page = Found(
        asked=asked,
        words=words_of(asked.query),
        rows=rows_of(organizations(answer.ids), asked.query),
        total=answer.total,
        conditions=conditions(asked, picked=own),
        clear_url=address(Asked(query=asked.query), code=own),
        filters=filters(asked, answer, picked=own),
        filter_url=address(asked, page="organization_filter", code=own),
        save_url=address(asked, page="saved_searches", leave_out=["sort"]) if asked.narrowed else "",
        previous_url=address(asked, cursor=answer.previous, code=own) if answer.previous else "",
        next_url=address(asked, cursor=answer.next, code=own) if answer.next else "",
        picked=picked,
        source=last_source(),
        bad_cursor=bad_cursor,
        unread=unread,
    )
    return page if answer.total else _with_help(page)


#: Ways of being near, in the order they are tried: what one is called, and why a row is offered.
NEAR: dict[str, tuple[str | Promise, str | Promise]] = {
    "without_filters": (gettext_lazy("Without the filters"), gettext_lazy("Found without the filters")),
    "sound": (gettext_lazy("Names that sound the same"), gettext_lazy("Sounds the same")),
    "typo": (gettext_lazy("One character wrong, missing or too many"), gettext_lazy("Differs by one character")),
    "order": (gettext_lazy("The same characters in another order"), gettext_lazy("The same characters, another order")),
}
NEAR_SHOWN = 5


def _with_help(page: Found) -> Found:
    """Nothing was found: say what was tried, with what came of it, and show what is near."""
    asked = page.asked
    near = near_to(asked, limit=NEAR_SHOWN)
    rows = rows_of(organizations([pk for pk, _reason in near]))
    counts: dict[str, int] = {}
    for _pk, reason in near:
        counts[reason] = counts.get(reason, 0) + 1
    tried = []
    if asked.words:
        tried.append(
            Tried(
                _("As you typed it: names, former names, codes, hosts, responsible persons, places, fields, pinyin"),
                asked.query,
                0,
            )
        )
        read = " ".join(asked.words)
        if read != asked.query:
            tried.append(Tried(_("In one width and script, without punctuation"), read, 0))
        for way in _ways(asked, counts):
            spoken = " ".join(" ".join(searchtext.syllables(word)) for word in asked.words)
            tried.append(Tried(NEAR[way][0], spoken if way == "sound" else "", counts.get(way, 0)))
    return replace(
        page,
        near=[Near(row, NEAR[reason][1]) for row, (_pk, reason) in zip(rows, near, strict=True)],
        tried=tried,
        held=registered_total(),
    )


def _ways(asked: Asked, counts: Mapping[str, int]) -> list[str]:
    """The ways that were really tried: a later one only when the earlier ones found too little."""
    if "without_filters" in counts:
        return ["without_filters"]
    ways = ["without_filters"] if asked.filtered else []
    for way in ("sound", "typo", "order"):
        ways.append(way)
        if sum(counts.get(one, 0) for one in ways) >= NEAR_SHOWN:
            break
    return ways


def words_of(query: str) -> str:
    """The words to mark in what was found: as typed, and in one width and script."""
    return " ".join(dict.fromkeys([*query.split(), *searchtext.normalise(query).split()]))


def organizations(ids: Sequence[int]) -> list[Organization]:
    """The bodies with these ids in this order; one query."""
    known = Organization.objects.select_related("search").in_bulk(list(ids))
    return [known[pk] for pk in ids if pk in known]


# --- filters ---


def filters(asked: Asked, answer: Answer, *, picked: Sequence[str] = (), page: str = "organization_search") -> Filters:
    """The form that narrows a search. A value without results is left out unless it is chosen."""
    values = asked.values()
    return Filters(
        facets=[facet for name in TICKED if (facet := _facet(name, values.get(name, []), answer.facets.get(name, {})))],
        tree=_tree(asked, answer, picked, page),
        years=_years(asked, answer.facets.get("since", {})),
        sorts=[
            (value, label, asked.sort == value, address(asked, sort="" if value == "best" else value, code=picked))
            for value, label in SORTS.items()
        ],
        carried=[
            (name, value)
            for name, value in (("q", asked.query), ("place", asked.place), *(("code", code) for code in picked))
            if value
        ],
    )


def _facet(name: str, chosen: Sequence[str], counts: Mapping[str, int]) -> Facet | None:
    known = [value for value, count in counts.items() if count or value in chosen]
    known += [value for value in chosen if value not in known]
    if not known:
        return None
    order = {value: at for at, value in enumerate(_in_order(name))}
    # Where there are many values the frequent come first; a short list keeps the order of the law.
    by_count = name in {"field", "mark"}
    known.sort(key=lambda value: (-counts.get(value, 0) if by_count else 0, order.get(value, len(order)), value))
    options = [Option(value, label_of(name, value), counts.get(value, 0), value in chosen) for value in known]
    open_now = [option for at, option in enumerate(options) if at < OPEN or option.chosen]
    return Facet(name, TICKED[name], open_now, [option for option in options if option not in open_now])


def _in_order(name: str) -> Sequence[str]:
    if name == "field":
        return list(code_list("fields").codes)
    return {"kind": Kind.values, "standing": Standing.values, "level": list(LEVELS), "mark": list(MARKS)}[name]


def _tree(asked: Asked, answer: Answer, picked: Sequence[str], page: str) -> Tree:
    """Where the search looks: the way up to the whole register, and what lies directly below with its counts."""
    codes = [part for part in asked.place.split("/") if part]
    chain = ["/".join(codes[: at + 1]) + "/" for at in range(len(codes))]
    counts = {path: count for path, count in answer.facets.get("place", {}).items() if count}
    names = place_names([*chain, *counts])

    def place(path: str, count: int | None = None) -> Place:
        if not path:
            return Place(_("Whole register"), address(asked, page=page, place="", code=picked), count)
        if path == asked.place and count is not None:  # those registered at the place itself
            level = [str(min(len(codes), 3))]
            return Place(_("Registered at this level"), address(asked, page=page, level=level, code=picked), count)
        return Place(names.get(path) or path, address(asked, page=page, place=path, code=picked), count)

    if asked.place == "/":
        return Tree([place("")], replace(place("/"), count=answer.total), [])
    here = replace(place(chain[-1] if chain else ""), count=answer.total)
    above = [place(path) for path in ["", *chain[:-1]]] if chain else []
    below = [place(path, counts[path]) for path in sorted(counts, key=lambda path: (path != asked.place, path))]
    return Tree(above, here, below if len(below) > 1 or (below and asked.place not in counts) else [])


#: The drawing has so many years at least and at most, the newest; a bar is 8 wide, and 2 lie between bars.
_FEWEST, _YEARS = 20, 40
_STEP, _BAR, _HIGH = 10, 8, 40


def _years(asked: Asked, counts: Mapping[str, int]) -> Years:
    known = {int(year): count for year, count in counts.items() if count and year.isdigit()}
    last = max(known, default=0)
    first = min(min(known, default=last), last - _FEWEST + 1)
    span = range(max(first, last - _YEARS + 1), last + 1) if known else range(0)
    first_asked = asked.since_from.year if asked.since_from else 0
    last_asked = asked.since_to.year if asked.since_to else 9999
    most = max((known.get(year, 0) for year in span), default=0)
    bars = [
        Bar(
            x=at * _STEP,
            y=2 + _HIGH - (height := round(known.get(year, 0) * _HIGH / most)),
            height=height,
            year=year,
            count=known.get(year, 0),
            within=first_asked <= year <= last_asked,
        )
        for at, year in enumerate(span)
    ]
    return Years(
        bars=bars,
        width=max(_STEP, len(bars) * _STEP),
        first=bars[0] if bars else None,
        most=max(bars, key=lambda bar: bar.count, default=None),
        last=bars[-1] if bars else None,
        since_from=_box(asked.since_from, "since_from"),
        since_to=_box(asked.since_to, "since_to"),
    )


# --- what one person saved ---


@dataclass(frozen=True)
class Saved:
    """A saved search in its list."""

    public_id: str
    name: str
    url: str
    conditions: Sequence[Condition]
    made_at: dt.datetime


def saved(actor: Actor) -> list[Saved]:
    """The searches of a person, newest first; two queries for any number."""
    mine = [(one, Asked.of(one.asked)) for one in SavedSearch.objects.visible_to(actor).order_by("-made_at", "-pk")]
    places = place_names([asked.place for _one, asked in mine if asked.place])
    found = []
    for one, asked in mine:
        url = reverse("portal:saved_search", args=[one.public_id])
        found.append(Saved(one.public_id, one.name, url, in_words(asked, places=places), one.made_at))
    return found


# --- while somebody types ---

SUGGESTED = 8


def suggestions(asked: Asked) -> dict[str, Any]:
    """What somebody may mean by what they have typed so far, as `portal/suggest.js` reads it."""
    found = suggest(asked.query, limit=SUGGESTED)
    groups = [
        _group(_("By their name"), [one.org_id for one in found if one.group == "name"], asked),
        _group(_("Found by something else"), [one.org_id for one in found if one.group == "other"], asked),
    ]
    if not found:
        near = near_to(asked, limit=3)
        groups = [_group(_("Near in sound or writing"), [pk for pk, _reason in near], asked)]
    groups = [group for group in groups if group["items"]]
    count = sum(len(group["items"]) for group in groups)
    status = _("%(n)s suggestions. Up and down arrows choose.") if count else _("No suggestions.")
    return {
        "groups": groups,
        "all": {
            "label": _("See all results"),
            "url": address(asked),
            "keys": _("Enter to search, arrows to choose, Esc to close"),
        },
        "status": status % {"n": count},
    }


def _group(label: str, ids: Sequence[int], asked: Asked) -> dict[str, Any]:
    rows = rows_of(organizations(ids), asked.query) if ids else []
    return {
        "label": label,
        "items": [
            {
                "name": row.name,
                "note": _note(row),
                "about": " · ".join([row.kind_label, row.place] + ([row.standing_label] if row.ended else [])),
                "url": row.url,
            }
            for row in rows
        ],
    }


def _note(row: Row) -> str:
    """Why a suggestion is there, in a few words; nothing where its name shows it."""
    if not row.why:
        return ""
    label, text = row.why[0]
    if text:
        return _("%(what)s: %(value)s") % {"what": label, "value": text}
    return _("Formerly %(name)s") % {"name": row.former[0].name} if row.former else label
