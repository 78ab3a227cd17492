"""Reading numbers: one query each. Rules, pages and other apps ask here, never the table itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from gongzhi.core.times import today
from gongzhi.reference.models import Division
from gongzhi.reference.selectors import code_of
from gongzhi.rulebook import packaged
from gongzhi.rulebook.models import Parameter, Statement
from gongzhi.rulebook.packaged import Definition, PackagedVersion, RuleSet


class UnknownParameter(KeyError):
    """No number with this code holds for this place on this day, as far as was known then."""

    def __init__(self, code: str, path: str = "", on: dt.date | None = None) -> None:
        super().__init__(code)
        self.code, self.path, self.on = code, path, on

    def __str__(self) -> str:
        return f"no parameter {self.code!r} for {self.path or 'the nation'} on {self.on or 'any day'}"


@dataclass(frozen=True)
class Row:
    """One line of the parameter list: a version believed now, its words, and what the package says instead."""

    parameter: Parameter
    definition: Definition | None
    #: The day the next version begins; None for the last.
    until: dt.date | None
    #: Packaged versions that do not hold because this operator's version stands in their place.
    differences: tuple[PackagedVersion, ...]

    @property
    def label(self) -> str:
        """What the number is, in the reader's language; its code when the package no longer knows it."""
        return self.definition.label if self.definition else self.parameter.code

    @property
    def rule_set(self) -> RuleSet | None:
        """The set a packaged number belongs to, if it belongs to one."""
        return rule_set_of(self.parameter)

    @property
    def date_is_unverified(self) -> bool:
        """Whether the day it holds from was not read in the instrument."""
        version = _packaged_as(self.parameter)
        return version is not None and version.date_is_unverified

    @property
    def begins_later(self) -> bool:
        """Whether it does not hold yet."""
        return self.parameter.valid_from > today()


def definition(code: str) -> Definition:
    """What a code means: label, note, unit, packaged versions. Raises `UnknownParameter`. No query."""
    try:
        return packaged.edition().definitions[code]
    except KeyError as error:
        raise UnknownParameter(code) from error


def parameter(
    code: str, *, path: str = "", on: dt.date | None = None, known_at: dt.datetime | None = None
) -> Parameter:
    """The version that holds in a place on a day (today if None), as known at a moment (now if None).

    The deepest division with a number of its own wins: `44/4403/`, then `44/`, then the nation (`""` or `/`). The row
    carries article, source and evidence for quoting. Raises `UnknownParameter`. One query.
    """
    return values([code], path=path, on=on, known_at=known_at)[code]


def value(code: str, *, path: str = "", on: dt.date | None = None, known_at: dt.datetime | None = None) -> Decimal:
    """The number alone, without trailing zeros, in the unit of its definition; otherwise like `parameter`."""
    return parameter(code, path=path, on=on, known_at=known_at).number


def values(
    codes: Sequence[str], *, path: str = "", on: dt.date | None = None, known_at: dt.datetime | None = None
) -> dict[str, Parameter]:
    """Several numbers by code, in one query; otherwise like `parameter`. Raises for the first that is missing."""
    found = known_values(codes, path=path, on=on, known_at=known_at)
    for code in codes:
        if code not in found:
            raise UnknownParameter(code, path, on or today())
    return found


def known_values(
    codes: Sequence[str], *, path: str = "", on: dt.date | None = None, known_at: dt.datetime | None = None
) -> dict[str, Parameter]:
    """Like `values`, without those that hold nowhere on the way up from this place. One query."""
    found: dict[str, Parameter] = {}
    for row in Parameter.objects.as_of(on or today(), known_at).filter(code__in=codes).for_place(path):
        found.setdefault(row.code, row)  # the deepest division comes first
    return found


def rule_set_of(row: Parameter) -> RuleSet | None:
    """The rule set of a packaged number, with its warning; None for amendments and for numbers without a set."""
    version = _packaged_as(row)
    return packaged.edition().rule_sets.get(version.instrument.rule_set) if version else None


def rule_sets() -> list[RuleSet]:
    """Every rule set, also one that holds no number yet."""
    return list(packaged.edition().rule_sets.values())


def listed(*, text: str = "", evidence: str = "", section: str = "", changed: bool = False) -> list[Row]:
    """The numbers that hold today or begin later, by code, division and day. One query.

    `text` is looked for in code, label, article and source, in any case; `evidence` and `section` are exact; `changed`
    keeps what an operator amended.
    """
    wanted = text.strip().lower()
    now = today()
    return [
        row
        for row in _believed()
        if (row.until is None or row.until > now)
        and (not evidence or row.parameter.evidence == evidence)
        and (not section or (row.definition is not None and row.definition.section == section))
        and (not changed or not row.parameter.is_packaged)
        and (not wanted or wanted in _searched(row))
    ]


def differences() -> list[Row]:
    """Operators' versions that stand in the place of a packaged one, each with the packaged ones. One query."""
    return [row for row in _believed() if row.differences]


def history(code: str, path: str = "") -> list[Parameter]:
    """Every version ever of one number for exactly one division: the latest day first, then the latest knowledge."""
    return list(Parameter.objects.filter(code=code, path=path).order_by("-valid_from", "-known_from"))


def places(*codes: str) -> list[str]:
    """The divisions that have one of these numbers of their own, the nation (`""`) first. One query."""
    return sorted(set(Parameter.objects.current().filter(code__in=codes).values_list("path", flat=True)))


def named(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Division paths with the names of the divisions, without the nation. One query for all of them."""
    codes = {path: code_of(path.strip("/").rpartition("/")[2]) for path in paths if path.strip("/")}
    names = dict(Division.objects.in_use().filter(code__in=codes.values()).values_list("code", "name"))
    return [(path, names.get(code, path)) for path, code in codes.items()]


def statement_of(version: PackagedVersion) -> Statement:
    """A packaged version as the fact a row holds."""
    return Statement(
        value=packaged.plain(version.value),
        unit=version.unit.value,
        article=version.article,
        source=version.source,
        evidence=version.evidence.value,
    )


def _believed() -> list[Row]:
    """Everything believed now, with what it keeps the package from saying."""
    known = packaged.edition().definitions
    rows = Parameter.objects.current().order_by("code", "path", "valid_from")
    found = []
    for (code, _path), group in groupby(rows, key=lambda row: (row.code, row.path)):
        versions = list(group)
        for version, following in zip(versions, [*versions[1:], None], strict=True):
            until = following.valid_from if following else None
            meant = known.get(code)
            found.append(Row(version, meant, until, _replaced(version, until, meant)))
    return found


def _replaced(row: Parameter, until: dt.date | None, meant: Definition | None) -> tuple[PackagedVersion, ...]:
    """The packaged versions that would hold while an operator's version does, and that say something else."""
    if row.is_packaged or meant is None:
        return ()
    at_start = meant.holding(row.path, row.valid_from)
    later = [
        version
        for version in meant.versions
        if version.path == row.path
        and version.valid_from > row.valid_from
        and (until is None or version.valid_from < until)
    ]
    both = [*([at_start] if at_start else []), *later]
    return tuple(version for version in both if statement_of(version) != row.statement)


def _packaged_as(row: Parameter) -> PackagedVersion | None:
    """The packaged version a packaged row was made from."""
    meant = packaged.edition().definitions.get(row.code)
    if meant is None or not row.is_packaged:
        return None
    version = meant.holding(row.path, row.valid_from)
    return version if version is not None and version.valid_from == row.valid_from else None


def _searched(row: Row) -> str:
    """What the text filter looks into, in one lower-case line."""
    one = row.parameter
    words = [one.code, one.path, one.article, one.source]
    if row.definition:
        words += [row.definition.zh, row.definition.en]
    return "\n".join(words).lower()
