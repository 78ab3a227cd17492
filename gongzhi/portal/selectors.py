"""Read models of the public pages: search results with their reasons, the register in numbers."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Count, F, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from gongzhi.core import searchtext
from gongzhi.core.paging import BadCursor, page_of
from gongzhi.core.times import SHANGHAI, today
from gongzhi.orgs.enums import ENDED, Kind, Standing
from gongzhi.orgs.models import Organization, Tally
from gongzhi.reference.models import Division
from gongzhi.registry.models import Confirmation, Source

PAGE = 20
#: Matches are counted one by one up to here; beyond it the page says "more than".
COUNTED = 1000

SORTS: dict[str, tuple[str, ...]] = {
    "name": ("sort_pinyin", "pk"),
    "newest": ("-sort_since", "-pk"),
    "oldest": ("sort_since", "pk"),
}


@dataclass(frozen=True)
class Row:
    """One organization in a list, and why it is there."""

    name: str
    url: str
    kind: str
    kind_label: str
    code: str
    place: str
    registered_on: dt.date | None
    standing: str
    standing_label: str
    ended: bool
    confirmed_on: dt.date | None
    #: (label, text) pairs: what else matched, when the name itself did not.
    why: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Option:
    """One value of a filter."""

    value: str
    label: str | Promise
    count: int | None
    url: str
    selected: bool


@dataclass(frozen=True)
class Facet:
    """One filter with its values."""

    name: str
    label: str
    options: Sequence[Option]


@dataclass(frozen=True)
class Found:
    """One page of search results."""

    query: str
    rows: Sequence[Row]
    total: int
    #: Whether there are more matches than `total`, which stopped at `COUNTED`.
    more: bool
    facets: Sequence[Facet]
    chips: Sequence[tuple[str, str]]
    sorts: Sequence[Option]
    previous_url: str
    next_url: str
    near: Sequence[Row] = field(default_factory=list)
    tried: Sequence[str] = field(default_factory=list)
    bad_cursor: bool = False


@dataclass(frozen=True)
class Asked:
    """What a reader asked the search for. Values that do not exist are dropped."""

    query: str = ""
    kind: str = ""
    standing: str = ""
    place: str = ""
    sort: str = "name"
    cursor: str = ""

    @classmethod
    def of(cls, given: dict[str, str]) -> Asked:
        """From the parameters of an address; anything unknown counts as not asked."""
        sort = given.get("sort", "")
        place = given.get("place", "")
        return cls(
            query=" ".join(given.get("q", "").replace("\0", " ").split())[:100],
            kind=given.get("kind", "") if given.get("kind") in Kind.values else "",
            standing=given.get("standing", "") if given.get("standing") in Standing.values else "",
            place=place if place.endswith("/") and place.replace("/", "").isdigit() and len(place) <= 40 else "",
            sort=sort if sort in SORTS else "name",
            cursor=given.get("cursor", ""),
        )

    def url(self, **changes: str) -> str:
        """The address of this search with some values changed; a change of filter begins at the first page."""
        values = {
            "q": self.query,
            "kind": self.kind,
            "standing": self.standing,
            "place": self.place,
            "sort": self.sort if self.sort != "name" else "",
            **changes,
        }
        text = urlencode({name: value for name, value in values.items() if value})
        return reverse("portal:organization_search") + (f"?{text}" if text else "")


@dataclass(frozen=True)
class PastDay:
    """Which day of an organization's past a reader asked for, and as known when.

    From an address with `on=2020-01-01` and perhaps `known=2021-01-01`, or from the form's boxes `y`, `m`, `d` with
    `known` saying `today` or `then`. A day that does not exist is an error to show, never a guess.
    """

    on: dt.date | None = None
    known_on: dt.date | None = None
    known: str = "today"
    year: str = ""
    month: str = ""
    day: str = ""
    error: str = ""
    today_url: str = "?"

    @property
    def known_at(self) -> dt.datetime | None:
        """The end of the day, in China, whose knowledge is asked for; None for today's."""
        if self.known == "today" or self.known_on is None:
            return None
        return dt.datetime.combine(self.known_on + dt.timedelta(days=1), dt.time(), SHANGHAI)

    @classmethod
    def of(cls, given: dict[str, str]) -> PastDay:
        """From the parameters of an address."""
        year, month, day = (unicodedata.normalize("NFKC", given.get(part, "")).strip()[:4] for part in ("y", "m", "d"))
        text = given.get("on", "").strip()[:10] or (f"{year:0>4}-{month:0>2}-{day:0>2}" if year or month or day else "")
        known = given.get("known", "today").strip()[:10]
        if not text:
            return cls(today_url="?")
        try:
            on = dt.date.fromisoformat(text)
            known_on = (
                on if known == "then" else dt.date.fromisoformat(known) if known not in {"", "today"} else today()
            )
        except ValueError:
            return cls(
                year=year, month=month, day=day, known=known, error=_("Enter a day that exists, such as 2020 1 1.")
            )
        return cls(
            on=on,
            known_on=known_on,
            known="today" if known in {"", "today"} else "then",
            year=str(on.year),
            month=str(on.month),
            day=str(on.day),
        )


def _matching(asked: Asked, *, leave_out: str = "") -> QuerySet[Organization]:
    rows: QuerySet[Organization] = (
        Organization.objects.matching(asked.query) if asked.query else Organization.objects.all()
    )
    if asked.kind and leave_out != "kind":
        rows = rows.filter(kind=asked.kind)
    if asked.standing and leave_out != "standing":
        rows = rows.filter(standing=asked.standing)
    if asked.place and leave_out != "place":
        rows = rows.filter(path__gte=asked.place, path__lt=asked.place[:-1] + "0")  # "0" follows "/"
    return rows


def find(asked: Asked) -> Found:
    """One page of the register for what was asked: the same number of queries whatever is found."""
    rows = _matching(asked)
    sortable = rows.select_related("search").annotate(sort_pinyin=F("search__pinyin"), sort_since=F("search__since"))
    bad_cursor = False
    try:
        page = page_of(sortable, name="organizations", order=SORTS[asked.sort], cursor=asked.cursor, size=PAGE)
    except BadCursor:
        bad_cursor = True
        page = page_of(sortable, name="organizations", order=SORTS[asked.sort], size=PAGE)
    filtered = bool(asked.query or asked.kind or asked.standing or asked.place)
    counted = rows.order_by().values("pk")[: COUNTED + 1].count() if filtered else registered_total()
    more = filtered and counted > COUNTED
    found = Found(
        query=asked.query,
        rows=rows_of(page.rows, asked.query),
        total=min(counted, COUNTED) if filtered else counted,
        more=more,
        facets=_facets(asked, exact=not more),
        chips=_chips(asked),
        sorts=[
            Option(value, label, None, asked.url(sort=value if value != "name" else ""), asked.sort == value)
            for value, label in (("name", _("Name")), ("newest", _("Newest")), ("oldest", _("Oldest")))
        ],
        previous_url=asked.url(cursor=page.previous) if page.previous else "",
        next_url=asked.url(cursor=page.next) if page.next else "",
        bad_cursor=bad_cursor,
    )
    if found.rows or not asked.query:
        return found
    return _with_help(found, asked)


def _with_help(found: Found, asked: Asked) -> Found:
    """Nothing was found: say what was tried, and show what is near."""
    body = searchtext.compact(asked.query)
    tried = [
        _("names and former names that hold “%(text)s”, whatever the width or script") % {"text": body or asked.query},
        _("credit codes and registration numbers that begin so"),
        _("pinyin and first letters that begin so"),
    ]
    near: list[Organization] = []
    if asked.kind or asked.standing or asked.place:
        near = list(Organization.objects.matching(asked.query).select_related("search")[:5])
    if not near and len(body) > 2:
        near = list(
            Organization.objects.filter(search__grams__overlap=searchtext.query_grams(body))
            .annotate(shared=_shared_grams(body))
            .select_related("search")
            .order_by("-shared", "pk")[:5]
        )
    return Found(**{**found.__dict__, "near": rows_of(near, ""), "tried": tried})


def _shared_grams(body: str) -> object:
    """How many pairs of characters a name shares with what was typed."""
    from django.contrib.postgres.fields import ArrayField
    from django.db.models import Func, IntegerField, Value

    wanted = Value(searchtext.query_grams(body), output_field=ArrayField(IntegerField()))
    both = Func(
        F("search__grams"),
        wanted,
        template="(%(expressions)s)",
        arg_joiner=" & ",
        output_field=ArrayField(IntegerField()),
    )
    return Func(both, function="icount", output_field=IntegerField())


def _facets(asked: Asked, *, exact: bool) -> list[Facet]:
    """Kinds and standings with their counts; without counts when there are too many matches to count."""
    filtered = bool(asked.query or asked.kind or asked.standing or asked.place)
    facets = []
    for name, label, choices in (
        ("kind", _("Kind"), Kind.choices),
        ("standing", _("Standing"), Standing.choices),
    ):
        chosen = getattr(asked, name)
        counts: dict[str, int] | None
        if not filtered:
            counts = tally_by(name)
        elif exact and not (chosen and not asked.query):
            counts = dict(
                _matching(asked, leave_out=name).order_by().values(name).annotate(n=Count("pk")).values_list(name, "n")
            )
        else:
            counts = None
        options = [
            Option(
                value,
                text,
                counts.get(value, 0) if counts is not None else None,
                asked.url(**{name: "" if chosen == value else value}),
                chosen == value,
            )
            for value, text in choices
            if counts is None or counts.get(value) or chosen == value
        ]
        facets.append(Facet(name, label, options))
    return facets


def _chips(asked: Asked) -> list[tuple[str, str]]:
    """(label, address without it) of every filter in use."""
    chips = []
    if asked.kind:
        chips.append((f"{_('Kind')}: {Kind(asked.kind).label}", asked.url(kind="")))
    if asked.standing:
        chips.append((f"{_('Standing')}: {Standing(asked.standing).label}", asked.url(standing="")))
    if asked.place:
        names = place_names([asked.place])
        chips.append((f"{_('Registered in')}: {names.get(asked.place, asked.place)}", asked.url(place="")))
    return chips


def rows_of(organizations: Sequence[Organization], query: str) -> list[Row]:
    """List rows with places and last confirmations: two queries for any number of rows."""
    places = place_names([one.path for one in organizations])
    confirmed = dict(
        Confirmation.objects.filter(org__in=[one.pk for one in organizations])
        .order_by("org_id", "confirmed_on")
        .values_list("org_id", "confirmed_on")
    )
    return [
        Row(
            name=one.name,
            url=reverse("portal:organization_detail", args=[one.reference]),
            kind=one.kind,
            kind_label=one.get_kind_display(),
            code=one.reference,
            place=places.get(one.path, ""),
            registered_on=one.registered_on,
            standing=one.standing,
            standing_label=one.get_standing_display(),
            ended=one.standing in ENDED,
            confirmed_on=confirmed.get(one.pk),
            why=_why(one, query),
        )
        for one in organizations
    ]


def _why(organization: Organization, query: str) -> list[tuple[str, str]]:
    """Why a row matches when its present name does not show it."""
    body = searchtext.compact(query)
    if not body or body in searchtext.compact(organization.name):
        return []
    former = next((name for name in organization.search.text.split("<")[1:] if body in name), "")
    if former:
        return [(_("Former name"), former)]
    if organization.search.pinyin.startswith(body) or organization.search.initials.startswith(body):
        return [(_("Pinyin"), organization.search.pinyin)]
    return []


def place_names(paths: Sequence[str]) -> dict[str, str]:
    """Division path → its own name, the nation's as it is; one query for any number of paths."""
    wanted = {path: (path.rstrip("/").rsplit("/", 1)[-1].ljust(6, "0") if path != "/" else "") for path in set(paths)}
    names = dict(
        Division.objects.in_use()
        .filter(code__in=[code for code in wanted.values() if code])
        .values_list("code", "name")
    )
    return {path: names.get(code, "") if code else _("National") for path, code in wanted.items()}


def tally_by(column: str) -> dict[str, int]:
    """How many organizations there are of each kind or standing; from the tally, never from the register itself."""
    counts: dict[str, int] = {}
    for row in Tally.objects.all():
        value = getattr(row, column)
        counts[value] = counts.get(value, 0) + row.count
    return counts


def registered_total() -> int:
    """How many organizations the register holds."""
    return sum(tally_by("kind").values())


def last_source() -> Source | None:
    """The newest evidence the register took in."""
    return Source.objects.order_by("-pk").first()
