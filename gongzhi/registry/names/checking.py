"""A proposed name against the rules and the register, in one answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.core.errors import RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs.enums import Kind
from gongzhi.reference import selectors as reference
from gongzhi.reference.codes import code_list
from gongzhi.reference.enums import NATIONAL_PATH
from gongzhi.reference.models import Division
from gongzhi.registry.models import Source
from gongzhi.registry.names import rules
from gongzhi.registry.names.findings import Finding, Severity, of
from gongzhi.registry.names.grammar import Parsed, clean, parse
from gongzhi.registry.names.places import places
from gongzhi.registry.names.similar import Thresholds, named_in, similar
from gongzhi.registry.names.taken import Taken, Windows, taken
from gongzhi.rulebook.selectors import UnknownParameter, values

#: Kinds whose names the rules speak of; the others are closed or only filed.
KINDS: Final = (Kind.SOCIAL_GROUP, Kind.SERVICE, Kind.FOUNDATION)
NAME_MISSING: Final = gettext_lazy("Type the name you have in mind.")


@dataclass(frozen=True)
class Check:
    """Everything the checker has to say about one name. Advice: the registration authority decides."""

    parsed: Parsed
    #: Path of the registration authority the name was compared in; empty where it is not known.
    registry: str
    registry_name: str
    #: Whether the registry was taken from the division the name begins with.
    registry_guessed: bool
    #: Code of the field, if one was given.
    field: str
    on: dt.date
    windows: Windows
    findings: Sequence[Finding]
    #: How many bodies of the registry were compared with their whole history.
    compared: int
    #: Whether every body that could hold the name was compared.
    complete: bool
    #: The day the newest list or decision in the register speaks of; None for an empty register.
    data_until: dt.date | None

    @property
    def conflicts(self) -> list[Finding]:
        """The same by Art 16."""
        return of(self.findings, Severity.CONFLICT)

    @property
    def advice(self) -> list[Finding]:
        """What to look at in the name."""
        return of(self.findings, Severity.ADVICE)

    @property
    def similar(self) -> list[Finding]:
        """What is near."""
        return of(self.findings, Severity.SIMILAR)


def check(*, name: str, kind: str, registry: str = "", field: str = "", on: dt.date | None = None) -> Check:
    """Advice on a name of this kind at a registry (a division path; empty: the division the name begins with).

    `field` is a code of the list "fields": with it, "the same field" is judged by registered codes where both have one.
    `on` (today if None) is the day asked about: who is registered, and which windows run. Reads only, and the same
    number of statements whatever it finds. Raises `RuleViolation` for an empty name, another kind, an unknown field or
    division, and a day on which no rule on names is known.
    """
    if not clean(name):
        raise RuleViolation("registry.name_empty", NAME_MISSING, field="name")
    if kind not in KINDS:
        raise RuleViolation("registry.kind_without_names", _("No rule on names is known for this kind."), field="kind")
    if field and field not in code_list("fields"):
        raise RuleViolation("registry.field_unknown", _("There is no such field of activity."), field="field")
    day = on or today()
    known = places()
    parsed = parse(name, kind=kind, places=known, registry=registry)
    guessed = not registry and bool(parsed.begins.path)
    registry = registry or _registry_of(parsed)
    registry_name = _name_of(registry)
    windows, thresholds = _numbers(registry, day)
    held = Taken([], 0, True)
    if registry:
        held = taken(
            parsed, registry=registry, field=field, on=day, windows=windows, places=known, place_name=registry_name
        )
    near = similar(parsed, registry=registry, places=known, thresholds=thresholds, leave_out=named_in(held.findings))
    newest = Source.objects.order_by("-pk").first()
    return Check(
        parsed=parsed,
        registry=registry,
        registry_name=registry_name,
        registry_guessed=guessed,
        field=field,
        on=day,
        windows=windows,
        findings=[*held.findings, *rules.about(parsed, registry, registry_name), *_with_places(near)],
        compared=held.read,
        complete=held.complete,
        data_until=newest.dated_on if newest else None,
    )


def _registry_of(parsed: Parsed) -> str:
    """The path of the division a name begins with; a street's registry is its county's."""
    depth = parsed.begins.path.split("/")[:-1]
    return "/".join(part for part in depth if len(part) < 9) + "/" if depth else ""


def _name_of(registry: str) -> str:
    if registry == NATIONAL_PATH:
        return _("Ministry of Civil Affairs")
    return reference.name_of_path(registry) if registry else ""


def _numbers(registry: str, on: dt.date) -> tuple[Windows, Thresholds]:
    codes = [
        *("name.renamed_window_years", "name.cancelled_window_years", "name.withdrawn_window_years"),
        *("name.similar_shown", "name.similar_candidates", "name.similar_shortest", "name.similar_edits"),
    ]
    try:
        found = values(codes, path=registry, on=on)
    except UnknownParameter as error:
        raise RuleViolation(
            "registry.no_name_rules_then", _("No rule on names is known for this day."), field="on"
        ) from error
    numbers = [int(found[code].number) for code in codes]
    return Windows(*numbers[:3]), Thresholds(*numbers[3:])


def _with_places(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the name of each body's registry: one query."""
    paths = {one.other.organization.path for one in findings if one.other}
    codes = {path: reference.code_of(path) for path in paths}
    named = dict(Division.objects.in_use().filter(code__in=codes.values()).values_list("code", "name"))
    return [
        replace(one, other=replace(one.other, place=named.get(codes[one.other.organization.path], "")))
        if one.other
        else one
        for one in findings
    ]
