"""Names that are near, with the reason shown. The law has no measure for that; what is near is the platform's choice.

What is compared is the core: the name without division and form, because 深圳市 and 协会 make nothing alike.

**What bounds it.** Each way of being near asks by the pairs, syllables or characters of the core, never by those of the
form, and gives at most `name.similar_candidates` rows; `names.candidates` says what more is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from gongzhi.core import searchtext
from gongzhi.orgs.enums import ENDED
from gongzhi.orgs.models import Organization
from gongzhi.registry.names.candidates import Way, candidates
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
    """The nearest names first, those of the same registry before others.

    `leave_out` are bodies another finding already names. Bodies that ended are among them, as such. Without division
    names: the caller adds them for all findings at once.
    """
    core = parsed.core
    if len(core) < 2:
        return []
    left_out = set(leave_out)
    found: dict[int, tuple[int, bool, int]] = {}
    near = candidates(_ways(parsed, thresholds), registry=registry, most=thresholds.candidates)
    names = dict(Organization.objects.filter(pk__in=[one.org_id for one in near.rows]).values_list("pk", "name"))
    for one in near.rows:
        if one.org_id in left_out:
            continue
        other = parse(names[one.org_id], kind=parsed.kind, places=places, registry=one.path)
        here = bool(registry) and one.path == registry
        reason = reason_of(parsed, other, thresholds)
        if reason and (here or reason not in _HERE_ONLY):
            found[one.org_id] = (REASONS.index(reason), here, one.rank)
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


def _ways(parsed: Parsed, thresholds: Thresholds) -> list[Way]:
    """What a name that is near holds of the core: all pairs, all syllables, all characters, all but what may be wrong, or
    the brand word."""
    core = parsed.core
    ways = [
        Way.all_of(searchtext.query_grams(core)),
        Way.all_of(sorted({gram for one in core for gram in searchtext.query_grams(one)})),
    ]
    sounds = searchtext.sound_grams(core)
    if sounds:
        ways.append(Way.all_of(sounds))
    untouched = tuple(_untouched(core, thresholds.edits)) if len(core) >= thresholds.shortest else ()
    if untouched:
        ways.append(Way(untouched))
    beginning = searchtext.compact(parsed.text_of("brand")) or core[: thresholds.shortest]
    if 2 <= len(beginning) < len(core):
        ways.append(Way.all_of(searchtext.query_grams(beginning)))
    return ways


def _untouched(core: str, edits: int) -> Iterator[tuple[int, ...]]:
    """For each stretch that may be wrong: the numbers that a name right in all else holds all the same."""
    for at in range(len(core) - edits + 1):
        parts = [part for part in (core[:at], core[at + edits :]) if part]
        wanted = tuple(sorted({gram for part in parts for gram in searchtext.query_grams(part)}))
        if wanted:
            yield wanted


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
