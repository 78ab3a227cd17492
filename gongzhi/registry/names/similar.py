"""Names that are near, with the reason shown. The law has no measure for that; what is near is the platform's choice.

What is compared is the core: the name without division and form, because 深圳市 and 协会 make nothing alike.

**What bounds it.** Each way of being near is asked of the index of pairs (`orgs_search_grams`) by the pairs of the core,
never by those of the form, once within the registry and once anywhere, and each takes at most `name.similar_candidates`
rows. So the rows read are at most twice the number of ways times that number, however many bodies there are, and a name
of nothing but common words (基金会, 服务中心) fills its share and stops.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from gongzhi.core import searchtext
from gongzhi.orgs.enums import ENDED, Standing
from gongzhi.orgs.models import Organization, OrganizationSearch
from gongzhi.orgs.search import near as _lookup  # noqa: F401 - registers `grams__holds_one_of`
from gongzhi.registry.names.findings import PRACTICE, Finding, OtherBody, Severity
from gongzhi.registry.names.grammar import Parsed, parse
from gongzhi.registry.names.places import Places

#: Reasons from the nearest to the farthest.
REASONS: Final = ("name", "variant", "sound", "division", "form", "order", "characters", "brand", "contains")
#: Looked for only within the registry: elsewhere the same brand word, or a longer name, says nothing.
_HERE_ONLY: Final = frozenset({"brand", "contains"})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What counts as near, and how much is looked at; numbers of the rulebook."""

    #: So many are shown.
    shown: int
    #: So many rows are read for each way of being near.
    candidates: int
    #: Cores shorter than this are near everything by one character.
    shortest: int
    #: So many characters may differ.
    edits: int


def similar(
    parsed: Parsed, *, registry: str, places: Places, thresholds: Thresholds, leave_out: Iterable[int]
) -> list[Finding]:
    """The nearest names first, those of the same registry before others. Three queries, whatever there is.

    `leave_out` are bodies another finding already names. Bodies that ended are among them, as such. Without division
    names: the caller adds them for all findings at once.
    """
    core = parsed.core
    if len(core) < 2:
        return []
    left_out = set(leave_out)
    found: dict[int, tuple[int, bool, int]] = {}
    for pk, name, path, rank in _rows(parsed, registry, thresholds):
        if pk in left_out:
            continue
        other = parse(name, kind=parsed.kind, places=places, registry=path)
        here = bool(registry) and path == registry
        reason = reason_of(parsed, other, thresholds)
        if reason and (here or reason not in _HERE_ONLY):
            found[pk] = (REASONS.index(reason), here, rank)
    order = sorted(found, key=lambda pk: (not found[pk][1], found[pk][0], found[pk][2]))[: thresholds.shown]
    bodies = Organization.objects.in_bulk(order)
    return [_finding(REASONS[found[pk][0]], bodies[pk], here=found[pk][1]) for pk in order]


def reason_of(parsed: Parsed, other: Parsed, thresholds: Thresholds) -> str:
    """The first of `REASONS` that makes two names near, or nothing."""
    return next(_reasons(parsed, other, thresholds), "")


def _reasons(parsed: Parsed, other: Parsed, thresholds: Thresholds) -> Iterator[str]:
    one, two = parsed.core, other.core
    if parsed.key == other.key:
        yield "name"
    if searchtext.compact(parsed.written) == searchtext.compact(other.written):
        yield "variant"
    if not two:
        return
    if len(one) == len(two) and one != two and searchtext.syllables(one) == searchtext.syllables(two):
        yield "sound"
    if one == two:
        yield "division" if parsed.stem == other.stem else "form"
    if sorted(one) == sorted(two):
        yield "order"
    long_enough = min(len(one), len(two)) >= thresholds.shortest
    if long_enough and differs_by(one, two, thresholds.edits) <= thresholds.edits:
        yield "characters"
    brand = parsed.text_of("brand")
    if len(brand) >= 2 and searchtext.compact(brand) == searchtext.compact(other.text_of("brand")):
        yield "brand"
    if long_enough and (one in two or two in one):
        yield "contains"


def differs_by(one: str, two: str, most: int) -> int:
    """The fewest characters to change, add or leave out between two texts; more than `most` is not counted further."""
    if abs(len(one) - len(two)) > most:
        return most + 1
    row = list(range(len(two) + 1))
    for at, character in enumerate(one, 1):
        before, row = row, [at]
        for place, other in enumerate(two, 1):
            row.append(min(before[place - 1] + (character != other), before[place] + 1, row[place - 1] + 1))
        if min(row) > most:
            return most + 1
    return row[-1]


def _ways(parsed: Parsed, thresholds: Thresholds) -> Iterator[Q]:
    """The conditions that find what may be near: each needs the pairs, syllables or characters of the core."""
    core = parsed.core
    yield Q(grams__contains=searchtext.query_grams(core))
    sounds = searchtext.sound_grams(core)
    if sounds:
        yield Q(grams__contains=sounds)
    yield Q(grams__contains=sorted({gram for one in core for gram in searchtext.query_grams(one)}))
    untouched = list(_untouched(core, thresholds.edits)) if len(core) >= thresholds.shortest else []
    if untouched:
        yield Q(grams__holds_one_of=untouched)
    beginning = searchtext.compact(parsed.text_of("brand")) or core[: thresholds.shortest]
    if 2 <= len(beginning) < len(core):
        yield Q(grams__contains=searchtext.query_grams(beginning))


def _untouched(core: str, edits: int) -> Iterator[list[int]]:
    """For each stretch that may be wrong: the numbers that a name right in all else holds all the same."""
    for at in range(len(core) - edits + 1):
        parts = [part for part in (core[:at], core[at + edits :]) if part]
        wanted = sorted({gram for part in parts for gram in searchtext.query_grams(part)})
        if wanted:
            yield wanted


def _rows(parsed: Parsed, registry: str, thresholds: Thresholds) -> list[tuple[int, str, str, int]]:
    """Candidates as (id, name, path, rank). One statement finds them, each part with a limit of its own; a second reads
    their names, because a join would have to be made before the limit."""
    rows = OrganizationSearch.objects.exclude(standing=Standing.VOID).values_list("pk", "path", "rank")
    scopes = [rows.filter(path=registry), rows] if registry else [rows]
    parts = [
        scope.filter(way).order_by()[: thresholds.candidates] for scope in scopes for way in _ways(parsed, thresholds)
    ]
    found = {pk: (path, rank) for pk, path, rank in parts[0].union(*parts[1:], all=True)}
    names = dict(Organization.objects.filter(pk__in=list(found)).values_list("pk", "name"))
    return [(pk, names[pk], path, rank) for pk, (path, rank) in found.items()]


def _finding(reason: str, body: Organization, *, here: bool) -> Finding:
    over = here and body.standing in ENDED
    said = {
        "name": _("The name is the same; the time for which it stayed taken is over.")
        if over
        else _("The name is the same."),
        "variant": _("Written with other forms of the same characters."),
        "sound": _("Sounds the same, other characters."),
        "division": _("The same but for the division."),
        "form": _("The same but for the organization form."),
        "order": _("The same characters in another order."),
        "characters": _("Differs in single characters."),
        "brand": _("The same brand word."),
        "contains": _("One name holds the other."),
    }
    return Finding(
        code=f"similar.{reason}",
        severity=Severity.SIMILAR,
        message=said[reason],
        ground=PRACTICE,
        other=OtherBody(body, body.name, same_registry=here),
    )


def named_in(findings: Sequence[Finding]) -> set[int]:
    """The bodies findings name."""
    return {one.other.organization.pk for one in findings if one.other}
