"""Reading the divisions by code and by path, and the list of data sources. A few indexed rows a call."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from pathlib import Path

import yaml
from django.utils.translation import get_language

from gongzhi.reference.enums import NATIONAL_CODE, NATIONAL_PATH
from gongzhi.reference.models import Division, DivisionQuerySet, DivisionSuccessor

DATA = Path(__file__).parent / "data"
MUNICIPALITIES = frozenset({"11", "12", "31", "50"})


class UnknownDivision(LookupError):
    """No edition ever held this code."""


def standard_code(code: str) -> str:
    """The code as the register holds it: twelve digits cut to the level they mean, statistical groups to their whole.

    `440305001000` → `440305001`, `440305000000` → `440305`, `000000` → `100000`; the statistical middle level of a
    municipality (`110100`) and of directly administered counties (`429000`) → the province. Anything else comes back
    as it is, stripped of spaces.
    """
    code = code.strip()
    if len(code) == 12 and code.isdigit():
        code = code[:9]
    if len(code) == 9 and code.endswith("000"):
        code = code[:6]
    if code == "000000":
        return NATIONAL_CODE
    if len(code) == 6 and (code.endswith("9000") or (code[:2] in MUNICIPALITIES and code[2:] in {"0100", "0200"})):
        return code[:2] + "0000"
    return code


def division(code: str, on: dt.date | None = None) -> Division | None:
    """What a code meant on a day. Without a day: what it means now, or meant last. None if it meant nothing.

    Takes six, nine or twelve digits. `440301`, the "city district" that only statistics know, is the city.
    """
    code = standard_code(code)
    rows = Division.objects.current() if on is None else Division.objects.in_use(on)
    found = rows.filter(code=code).order_by("-valid_from").first()
    if found is None and len(code) == 6 and code.endswith("01") and not Division.objects.filter(code=code).exists():
        found = rows.filter(code=code[:4] + "00").order_by("-valid_from").first()
    return found


def current(code: str, on: dt.date | None = None) -> list[Division]:
    """The divisions of today that hold the place a code names, in code order: one, or several after a division.

    `on` says when the code was written, where a number was given to a second place later. Empty for an unknown code
    and for the few old ones whose successor no source names.
    """
    start = division(code, on)
    if start is None:
        return []
    if start.is_in_use:
        return [start]
    return _heirs(start)


def path_of(code: str, on: dt.date | None = None) -> str:
    """The path where the place of a code lies today; `/` for the nation.

    An old code leads to its successor. Where it was divided among several, the path is the smallest division that
    holds them all; where no successor is known, the place above. Raises `UnknownDivision`.
    """
    start = division(code, on)
    if start is None:
        raise UnknownDivision(code)
    heirs = [start] if start.is_in_use else _heirs(start)
    if not heirs:
        return path_of(start.parent)
    return _shared_path([heir.path for heir in heirs])


def _heirs(start: Division) -> list[Division]:
    """Divisions in use that hold the place of an ended one, in code order: two indexed queries for every step."""
    found: dict[str, Division] = {}
    seen, ended = {start.pk}, [start]
    while ended:
        ends = {(division.code, division.valid_to) for division in ended}
        steps = DivisionSuccessor.objects.filter(code__in={code for code, _on in ends})
        wanted: dict[str, list[dt.date]] = {}
        for step in steps:
            if (step.code, step.ended_on) in ends:
                wanted.setdefault(step.to_code, []).append(step.ended_on)
        held = [
            division
            for division in Division.objects.current().filter(code__in=wanted)
            if division.pk not in seen and any(division.holds(day) for day in wanted[division.code])
        ]
        seen.update(division.pk for division in held)
        found.update({division.code: division for division in held if division.is_in_use})
        ended = [division for division in held if not division.is_in_use]
    return [found[code] for code in sorted(found)]


def _shared_path(paths: list[str]) -> str:
    """The longest path that all these lie under."""
    shared: list[str] = []
    for parts in zip(*(path.rstrip("/").split("/") for path in paths), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return f"{'/'.join(part for part in shared if part)}/" if any(shared) else NATIONAL_PATH


def code_of(path: str) -> str:
    """The code of the division a path ends in: `44/4403/` → `440300`, `/` → `100000`."""
    if path == NATIONAL_PATH:
        return NATIONAL_CODE
    return path.rstrip("/").rsplit("/", 1)[-1].ljust(6, "0")


def children(path: str) -> DivisionQuerySet:
    """The divisions in use directly below a path, in code order."""
    return Division.objects.in_use().children_of(code_of(path)).order_by("code")


def place_name(code: str, on: dt.date | None = None, *, separator: str = " ") -> str:
    """`广东省 深圳市 福田区`: the names from the province down, as they were on a day (or now, or last).

    Two queries. An unknown code raises `UnknownDivision`.
    """
    found = division(code, on)
    if found is None:
        raise UnknownDivision(code)
    return _full_name(found, on, separator)


def name_of_path(path: str, *, separator: str = " ") -> str:
    """The full name of the division in use at a path, empty if there is none. One query."""
    wanted = [code_of(part) for part in path.split("/") if part] or [NATIONAL_CODE]
    names = dict(Division.objects.in_use().filter(code__in=wanted).values_list("code", "name"))
    if wanted[-1] not in names:
        return ""
    return separator.join(names[code] for code in wanted if code in names)


def _full_name(found: Division, on: dt.date | None, separator: str) -> str:
    """Names along the path; for an ended division those of its last day."""
    if found.path == NATIONAL_PATH:
        return found.name
    if found.valid_to is not None and (on is None or on >= found.valid_to):
        on = found.valid_to - dt.timedelta(days=1)
    above = found.ancestors[:-1]
    names: dict[str, str] = {}
    for row in Division.objects.in_use(on).filter(code__in=above).order_by("valid_from"):
        names[row.code] = row.name
    return separator.join([*(names[code] for code in above if code in names), found.name])


@dataclass(frozen=True, slots=True)
class DataSource:
    """One source of reference data, as the attribution page shows it."""

    key: str
    title_zh: str
    title_en: str
    what_zh: str
    what_en: str
    licence: str
    licence_url: str
    origin: str
    origin_url: str
    as_of: str

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return self.title_en if (get_language() or "").startswith("en") else self.title_zh

    @property
    def what(self) -> str:
        """What was taken, in the reader's language."""
        return self.what_en if (get_language() or "").startswith("en") else self.what_zh


@functools.cache
def sources() -> tuple[DataSource, ...]:
    """Every source the packaged reference data was made from, with its licence and its day."""
    content: list[dict[str, str]] = yaml.safe_load((DATA / "sources.yaml").read_text("utf-8"))
    return tuple(DataSource(**entry) for entry in content)
