"""Names that are taken by law: 令69 Art 16 (domain rules N8).

In the same registry, with the same field and the same form, a name or brand word must not equal that of (a) a registered
body, (b) one renamed or cancelled less than a year ago, (c) one whose registration was withdrawn less than three years
ago. Three tests, each on its own: who holds a name and until when, whether it is the same name, whether field and form
are the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from gongzhi.core import searchtext
from gongzhi.orgs.enums import ENDED, Kind, Standing
from gongzhi.orgs.models import Organization
from gongzhi.registry.enums import EventKind
from gongzhi.registry.models import Version
from gongzhi.registry.names.candidates import Way, candidates
from gongzhi.registry.names.findings import GROUNDS, PRACTICE, Compared, Finding, OtherBody, Severity
from gongzhi.registry.names.grammar import Parsed, parse
from gongzhi.registry.names.places import Places

#: So many bodies of one registry that hold the brand word are read; past that the answer says it is not complete.
MOST_READ: Final = 300
#: A name that ended by one of these never was the name: the entry had been wrong.
_WAS_WRONG: Final = frozenset({EventKind.CORRECTED, EventKind.SETTLED, EventKind.OBJECTION_UPHELD, EventKind.UNDONE})
#: Groups that are filed, not registered: Art 16 does not speak of them.
_NOT_REGISTERED: Final = frozenset({Kind.COMMUNITY_GROUP})

Hold = Literal["registered", "renamed", "cancelled", "withdrawn", "returned", "revoked"]


@dataclass(frozen=True, slots=True)
class Windows:
    """How many years a name stays taken, each a number of the rulebook."""

    renamed: int
    cancelled: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One name a body has or had, and why it may be taken."""

    hold: Hold
    name: str
    #: Code of the list "fields" the register had for the body then; empty where no source states it.
    field: str
    #: The day it ended; None for a body that is registered.
    ended_on: dt.date | None = None
    #: The last day it stays taken; None without an end, or where no window is certain.
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Sameness:
    """How a claim's name compares: what is equal, and how the field was judged."""

    name: bool
    brand: bool
    form: bool
    field: bool
    compared: Compared


def last_day(ended_on: dt.date, years: int) -> dt.date:
    """The last day on which less than so many years have passed since a day.

    The day itself does not count and counting starts on the next (《民法典》Art 201), so a year is over when the same
    day of the next year is over; for 29 February when 28 February is, where there is no 29th.
    """
    try:
        return ended_on.replace(year=ended_on.year + years)
    except ValueError:
        return ended_on.replace(year=ended_on.year + years, day=28)


def claims(versions: Sequence[Version], *, on: dt.date, windows: Windows) -> Iterator[Claim]:
    """Who holds which name on a day: `versions` of one body as believed, oldest first, none after the day.

    Yields only what holds on the day, and what a person must judge: the name of a body whose certificate was revoked,
    and one that a body gave up for its earlier name, because the register cannot say whether its renaming was withdrawn.
    """
    present = versions[-1]
    if present.standing == Standing.VOID:
        return
    if present.standing not in ENDED:
        yield Claim("registered", present.name, present.field)
    elif present.standing == Standing.REVOKED:
        yield Claim("revoked", present.name, present.field, _since(versions))
    else:
        hold: Hold = "cancelled" if present.standing == Standing.CANCELLED else "withdrawn"
        years = windows.cancelled if hold == "cancelled" else windows.withdrawn
        ended_on = _since(versions)
        until = last_day(ended_on, years)
        if on <= until:
            yield Claim(hold, present.name, present.field, ended_on, until)
    before: set[str] = set()
    for older, newer in pairwise(versions):
        before.add(older.name)
        if newer.name == older.name or newer.event in _WAS_WRONG:
            continue
        until = last_day(newer.valid_from, windows.renamed)
        if on <= until:
            yield Claim("renamed", older.name, older.field, newer.valid_from, until)
        elif newer.name in before and on <= last_day(newer.valid_from, windows.withdrawn):
            yield Claim("returned", older.name, older.field, newer.valid_from)


def _since(versions: Sequence[Version]) -> dt.date:
    """The day from which a body stands as it does now."""
    since = versions[-1].valid_from
    for version in reversed(versions):
        if version.standing != versions[-1].standing:
            break
        since = version.valid_from
    return since


def sameness(parsed: Parsed, other: Parsed, *, field: str, other_field: str) -> Sameness:
    """What is the same. The field by registered codes where both have one, else by the words of the names."""
    same_field = parsed.text_of("field") == other.text_of("field")
    compared = Compared.WORDS
    if field and other_field:
        same_field, compared = field == other_field, Compared.CODES
    brand = parsed.text_of("brand")
    return Sameness(
        name=parsed.key == other.key,
        brand=bool(brand) and brand == other.text_of("brand"),
        form=parsed.text_of("form") == other.text_of("form"),
        field=same_field,
        compared=compared,
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """What was found in the registry, and what was looked at."""

    findings: list[Finding]
    #: How many bodies' histories were read.
    read: int
    #: Whether all bodies that could hold the name were read.
    complete: bool


def taken(
    parsed: Parsed, *, registry: str, field: str, on: dt.date, windows: Windows, places: Places, place_name: str
) -> Taken:
    """Findings about the same name or brand word in one registry: candidates, then the history of at most twice
    `MOST_READ` bodies.

    Candidates are the bodies whose texts (present and former names) hold the whole name, and those that hold the brand
    word and the form: what `names.candidates` bounds.
    """
    found = candidates(_ways(parsed), registry=registry, most=MOST_READ)
    ids = [one.org_id for one in found.rows if one.path == registry and one.kind not in _NOT_REGISTERED]
    histories: dict[int, list[Version]] = {}
    believed = Version.objects.current().filter(org__in=ids, valid_from__lte=on).order_by("org_id", "valid_from")
    for version in believed:
        histories.setdefault(version.org_id, []).append(version)
    bodies: Mapping[int, Organization] = Organization.objects.in_bulk(list(histories))
    findings = []
    for org_id, versions in histories.items():
        body = bodies[org_id]
        told = [
            finding
            for claim in claims(versions, on=on, windows=windows)
            if (finding := _judge(parsed, claim, body, registry, field, places, place_name))
        ]
        if told:
            findings.append(min(told, key=lambda one: _ORDER.index(one.code)))
    findings.sort(key=lambda one: (_ORDER.index(one.code), one.other.organization.pk if one.other else 0))
    return Taken(findings, len(histories), found.complete)


def _ways(parsed: Parsed) -> list[Way]:
    """Bodies with a text that holds the whole name, and those that hold the brand word and the form."""
    ways = [Way.all_of(searchtext.query_grams(parsed.written))]
    brand, form = searchtext.compact(parsed.text_of("brand")), searchtext.compact(parsed.text_of("form"))
    if brand:
        held = {*searchtext.query_grams(brand), *(searchtext.query_grams(form) if form else ())}
        ways.append(Way.all_of(sorted(held)))
    return ways


#: Findings of one body in the order in which one of them is told.
_ORDER: Final = (
    "same.registered",
    "same.renamed",
    "same.cancelled",
    "same.withdrawn",
    "same.revoked",
    "same.returned",
    "near.name",
    "near.brand",
)


def _judge(
    parsed: Parsed, claim: Claim, body: Organization, registry: str, field: str, places: Places, place_name: str
) -> Finding | None:
    other = parse(claim.name, kind=parsed.kind, places=places, registry=registry)
    same = sameness(parsed, other, field=field, other_field=claim.field)
    if not (same.name or same.brand) or not same.form:
        return None  # with another form it may still be near, which is judged elsewhere
    about = OtherBody(body, claim.name, place_name, same_registry=True)
    if not same.field:
        return _near(same, about)
    finding = Finding(
        code=f"same.{claim.hold}",
        severity=Severity.CONFLICT,
        message=_("%(why)s %(how)s") % {"why": _said(claim), "how": _how(parsed, same)},
        ground=GROUNDS["N8"],
        other=about,
        compared=same.compared,
        until=claim.until,
    )
    if claim.hold in {"revoked", "returned"}:
        finding = replace(finding, severity=Severity.ADVICE, ground=PRACTICE)
    return finding


def _said(claim: Claim) -> str:
    """Why the name is taken."""
    day = date_format(claim.ended_on) if claim.ended_on else ""
    until = date_format(claim.until) if claim.until else ""
    said = {
        "registered": _("A registered body has it."),
        "renamed": _("A body gave this name up on %(day)s; it stays taken until %(until)s."),
        "cancelled": _("The body that had it was cancelled on %(day)s; the name stays taken until %(until)s."),
        "withdrawn": _(
            "The registration of the body that had it was withdrawn on %(day)s; the name stays taken until %(until)s."
        ),
        "revoked": _(
            "The certificate of the body that has it was revoked on %(day)s, and no cancellation is known. Ask the"
            " registration authority whether the name is free."
        ),
        "returned": _(
            "A body gave this name up on %(day)s and took an earlier one again. If the renaming was withdrawn, a longer"
            " time applies: ask the registration authority."
        ),
    }
    return said[claim.hold] % {"day": day, "until": until}


def _how(parsed: Parsed, same: Sameness) -> str:
    """What was compared."""
    what = (
        _("The whole name is the same")
        if same.name
        else _("The brand word “%(brand)s” is the same") % {"brand": parsed.text_of("brand")}
    )
    field = (
        _("form and registered field too.")
        if same.compared is Compared.CODES
        else _("form and words of the field too.")
    )
    return _("%(what)s; %(field)s") % {"what": what, "field": field}


def _near(same: Sameness, about: OtherBody) -> Finding:
    """Same name or brand word and form, and another field: by Art 16 not the same."""
    if same.name:
        code, text = "near.name", _("The name is the same; the registered field is another.")
    else:
        code, text = "near.brand", _("The brand word and the form are the same; the field is another.")
    return Finding(
        code=code, severity=Severity.SIMILAR, message=text, ground=PRACTICE, other=about, compared=same.compared
    )
