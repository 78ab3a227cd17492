"""The packaged edition: the numbers of `parameters/*.yaml` as typed values, with every mistake named by file and line.

`instruments.yaml` lists the papers and the rule sets, every other file holds parameters. A parameter has one version
in the plain case and more under `also`: other days, or other divisions. Numbers are read as decimal text, never as
floats. The edition is read once a process.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path

import yaml
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language

from gongzhi.rulebook.enums import FRACTIONAL, PHRASES, TO_BE_VERIFIED, Evidence, Unit

FOLDER = Path(__file__).parent / "parameters"
INSTRUMENTS = "instruments.yaml"

CODE = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+){1,3}$")
PATH = re.compile(r"^([0-9]{2}/([0-9]{4}/)?([0-9]{6}/)?([0-9]{9}/)?)?$")
NAME = re.compile(r"^[a-z][a-z0-9_]*$")
LARGEST = Decimal(10) ** 12
PLACES = 4


class BadEdition(ValueError):
    """The packaged files cannot be used; `problems` holds every mistake as `file:line: sentence`."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Numbers that belong together and are replaced together, such as SG-2016. `warning` says why to look twice."""

    code: str
    zh: str
    en: str
    warning_zh: str = ""
    warning_en: str = ""

    @property
    def label(self) -> str:
        """Its name in the reader's language."""
        return _spoken(self.zh, self.en)

    @property
    def warning(self) -> str:
        """What the clerk must know, in the reader's language; empty when there is nothing."""
        return _spoken(self.warning_zh, self.warning_en)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A paper that numbers come from. `cite` is how an article of it is quoted, `date_evidence` how its day is known."""

    code: str
    cite: str
    source: str
    effective_from: dt.date
    date_evidence: Evidence
    rule_set: str = ""


@dataclass(frozen=True, slots=True)
class PackagedVersion:
    """One number as packaged: for one division (empty: the nation) from one day on."""

    code: str
    path: str
    valid_from: dt.date
    value: Decimal
    unit: Unit
    article: str
    source: str
    evidence: Evidence
    instrument: Instrument
    where: str

    @property
    def shown(self) -> str:
        """The number as it is typed."""
        return shown(self.value, self.unit)

    @property
    def spoken(self) -> str:
        """The number with its unit, in the reader's language."""
        return spoken(self.value, self.unit)

    @property
    def date_is_unverified(self) -> bool:
        """Whether the day of the instrument was not read."""
        return self.valid_from == self.instrument.effective_from and self.instrument.date_evidence in TO_BE_VERIFIED


@dataclass(frozen=True, slots=True)
class Definition:
    """What a parameter means: its unit, its words, and its packaged versions in order of division and day."""

    code: str
    unit: Unit
    zh: str
    en: str
    note_zh: str
    note_en: str
    versions: tuple[PackagedVersion, ...]
    section: str

    @property
    def label(self) -> str:
        """What it is, in the reader's language."""
        return _spoken(self.zh, self.en)

    @property
    def note(self) -> str:
        """What to know about it, in the reader's language; often empty."""
        return _spoken(self.note_zh, self.note_en)

    def holding(self, path: str, on: dt.date) -> PackagedVersion | None:
        """The packaged version of exactly this division that holds on a day."""
        found = None
        for version in self.versions:
            if version.path == path and version.valid_from <= on:
                found = version
        return found


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything the package says, by code."""

    definitions: dict[str, Definition]
    instruments: dict[str, Instrument]
    rule_sets: dict[str, RuleSet]

    def versions(self) -> Iterator[PackagedVersion]:
        """All versions, by code, division and day."""
        for code in sorted(self.definitions):
            yield from self.definitions[code].versions


def _spoken(zh: str, en: str) -> str:
    return en if (get_language() or "zh").startswith("en") else zh


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent: 50, not 50.0000 or 5E+1."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if int(short.as_tuple().exponent) > 0 else short


def shown(number: Decimal, unit: str) -> str:
    """The number as it is typed: `50`, `4.5`, a day of the year as `0531`."""
    return f"{int(number):04d}" if unit == Unit.MONTH_DAY else f"{plain(number):f}"


def spoken(number: Decimal, unit: str) -> str:
    """The number with its unit as the reader says it: `30,000 yuan`, `31 May`, `2/3`."""
    if unit == Unit.MONTH_DAY:
        month, day = divmod(int(number), 100)
        return date_format(dt.date(2001, month, day), "MONTH_DAY_FORMAT")
    if unit == Unit.THIRD:
        return f"{shown(number, unit)}/3"
    if unit == Unit.EDITION:
        return shown(number, unit)
    figure = number_format(plain(number), force_grouping=True)
    if unit == Unit.PERCENT:
        return f"{figure}%"
    if unit == Unit.GRADE:
        return f"{figure}A"
    phrase = PHRASES.get(Unit(unit))
    return str(phrase % {"n": figure, "count": math.ceil(number)}) if phrase else figure


def is_month_day(number: Decimal) -> bool:
    """Whether a number such as 531 is a day every year has (31 May)."""
    month, day = divmod(int(number), 100)
    try:
        dt.date(2001, month, day)  # no leap year: 29 February is not a day of every year
    except ValueError:
        return False
    return True


def fault_of(number: Decimal, unit: str) -> str:
    """Why this number cannot stand in this unit; empty when it can. The codes are `FAULTS` of the actions."""
    if not number.is_finite() or number < 0 or number > LARGEST:
        return "range"
    if number != round(number, PLACES):
        return "places"
    if unit not in FRACTIONAL and number != int(number):
        return "whole"
    if unit == Unit.MONTH_DAY and not is_month_day(number):
        return "month_day"
    return ""


@functools.cache
def edition() -> Edition:
    """The edition shipped with this release."""
    return read(FOLDER)


# --- reading ---


@dataclass(slots=True)
class _Map:
    """A YAML mapping with the line of every key. Values are texts, maps and lists; nothing is guessed."""

    file: str
    line: int
    values: dict[str, _Node]


@dataclass(slots=True)
class _Text:
    line: int
    text: str


@dataclass(slots=True)
class _List:
    line: int
    items: list[_Node]


_Node = _Map | _Text | _List


class _Reader:
    """Collects every problem instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def fault(self, file: str, line: int, sentence: str) -> None:
        self.problems.append(f"{file}:{line}: {sentence}")

    def load(self, file: Path) -> _Node | None:
        try:
            with file.open(encoding="utf-8") as handle:
                node = yaml.compose(handle, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.fault(file.name, line, f"no YAML: {error.problem}")
            return None
        return self.convert(file.name, node) if node is not None else None

    def convert(self, file: str, node: yaml.Node) -> _Node:
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            values: dict[str, _Node] = {}
            for key, value in node.value:
                if key.value in values:
                    self.fault(file, key.start_mark.line + 1, f"{key.value} is given twice")
                values[str(key.value)] = self.convert(file, value)
            return _Map(file, line, values)
        if isinstance(node, yaml.SequenceNode):
            return _List(line, [self.convert(file, item) for item in node.value])
        return _Text(line, str(node.value).strip())

    def keys(self, entry: _Map, needed: set[str], allowed: set[str]) -> bool:
        """Say which keys are missing or unknown; whether all needed ones are there."""
        missing = sorted(needed - set(entry.values))
        if missing:
            self.fault(entry.file, entry.line, f"missing: {', '.join(missing)}")
        for key, value in entry.values.items():
            if key not in needed | allowed:
                self.fault(entry.file, value.line, f"unknown key {key}")
        return not missing

    def text(self, entry: _Map, key: str, *, needed: bool = True) -> str:
        node = entry.values.get(key)
        if node is None:
            return ""
        if not isinstance(node, _Text):
            self.fault(entry.file, node.line, f"{key} must be one text")
            return ""
        if needed and not node.text:
            self.fault(entry.file, node.line, f"{key} is empty")
        return node.text

    def date(self, entry: _Map, key: str) -> dt.date:
        written = self.text(entry, key)
        try:
            return dt.date.fromisoformat(written)
        except ValueError:
            self.fault(entry.file, entry.values[key].line, f"{key} {written!r} is no day such as 2026-01-01")
            return dt.date(1949, 10, 1)

    def evidence(self, entry: _Map, key: str) -> Evidence:
        written = self.text(entry, key)
        if written not in Evidence.values:
            self.fault(entry.file, entry.values[key].line, f"{key} {written!r} is none of {', '.join(Evidence.values)}")
            return Evidence.GENERAL
        return Evidence(written)

    def maps(self, file: str, node: _Node | None, what: str) -> list[_Map]:
        if node is None:
            return []
        if not isinstance(node, _List):
            self.fault(file, node.line, f"{what} must be a list")
            return []
        found = []
        for item in node.items:
            if isinstance(item, _Map):
                found.append(item)
            else:
                self.fault(file, item.line, f"each of {what} must be a mapping")
        return found

    def both_or_none(self, entry: _Map, zh: str, en: str) -> tuple[str, str]:
        if (zh in entry.values) != (en in entry.values):
            self.fault(entry.file, entry.line, f"{zh} and {en} go together")
        return self.text(entry, zh), self.text(entry, en)

    def rule_set(self, entry: _Map) -> RuleSet | None:
        if not self.keys(entry, {"code", "zh", "en"}, {"warning_zh", "warning_en"}):
            return None
        warning_zh, warning_en = self.both_or_none(entry, "warning_zh", "warning_en")
        return RuleSet(self.text(entry, "code"), self.text(entry, "zh"), self.text(entry, "en"), warning_zh, warning_en)

    def instrument(self, entry: _Map, rule_sets: dict[str, RuleSet]) -> Instrument | None:
        if not self.keys(entry, {"code", "cite", "source", "effective_from", "date_evidence"}, {"rule_set", "note"}):
            return None
        code, rule_set = self.text(entry, "code"), self.text(entry, "rule_set")
        if not NAME.match(code):
            self.fault(entry.file, entry.values["code"].line, f"code {code!r} is no name such as sg_2016")
        if rule_set and rule_set not in rule_sets:
            self.fault(entry.file, entry.values["rule_set"].line, f"unknown rule set {rule_set}")
        return Instrument(
            code=code,
            cite=self.text(entry, "cite"),
            source=self.text(entry, "source"),
            effective_from=self.date(entry, "effective_from"),
            date_evidence=self.evidence(entry, "date_evidence"),
            rule_set=rule_set,
        )

    def version(self, entry: _Map, code: str, unit: Unit, papers: dict[str, Instrument]) -> PackagedVersion | None:
        """One version out of an entry or one of its `also`."""
        if not {"value", "instrument", "article", "evidence"} <= set(entry.values):
            return None
        line = entry.values["value"].line
        written = self.text(entry, "value")
        try:
            value = Decimal(written)
        except InvalidOperation:
            self.fault(entry.file, line, f"value {written!r} is no number")
            return None
        fault = fault_of(value, unit)
        if fault:
            self.fault(entry.file, line, f"value {written} cannot stand in {unit.value} ({fault})")
        paper = papers.get(self.text(entry, "instrument"))
        if paper is None:
            self.fault(
                entry.file, entry.values["instrument"].line, f"unknown instrument {self.text(entry, 'instrument')}"
            )
            return None
        path = self.text(entry, "path", needed=False)
        if not PATH.match(path):
            self.fault(entry.file, entry.values["path"].line, f"path {path!r} is no chain such as 44/4403/")
        article = self.text(entry, "article", needed=False)
        return PackagedVersion(
            code=code,
            path=path,
            valid_from=self.date(entry, "effective_from") if "effective_from" in entry.values else paper.effective_from,
            value=value,
            unit=unit,
            article=f"{paper.cite}{article}",
            source=paper.source,
            evidence=self.evidence(entry, "evidence"),
            instrument=paper,
            where=f"{entry.file}:{entry.line}",
        )

    def definition(self, entry: _Map, papers: dict[str, Instrument]) -> Definition | None:
        once = {"code", "unit", "zh", "en"}
        one = {"value", "instrument", "article", "evidence"}
        free = {"path", "effective_from"}
        if not self.keys(entry, once | one, free | {"note_zh", "note_en", "also"}):
            return None
        code, unit_text = self.text(entry, "code"), self.text(entry, "unit")
        if not CODE.match(code):
            self.fault(entry.file, entry.values["code"].line, f"code {code!r} is no code such as name.window_years")
        if unit_text not in Unit.values:
            self.fault(entry.file, entry.values["unit"].line, f"unknown unit {unit_text!r}")
            return None
        unit = Unit(unit_text)
        versions = [self.version(entry, code, unit, papers)]
        more = self.maps(entry.file, entry.values.get("also"), "also")
        versions += [self.version(other, code, unit, papers) for other in more if self.keys(other, one, free)]
        known = sorted((one for one in versions if one is not None), key=lambda one: (one.path, one.valid_from))
        for before, after in pairwise(known):
            if before.path != after.path:
                continue
            if before.valid_from == after.valid_from:
                self.fault(entry.file, entry.line, f"{code} has two versions from {after.valid_from}")
            elif replace(before, valid_from=after.valid_from, where=after.where, instrument=after.instrument) == after:
                self.fault(
                    entry.file, entry.line, f"{code} says the same twice; leave out the one from {after.valid_from}"
                )
        note_zh, note_en = self.both_or_none(entry, "note_zh", "note_en")
        return Definition(
            code=code,
            unit=unit,
            zh=self.text(entry, "zh"),
            en=self.text(entry, "en"),
            note_zh=note_zh,
            note_en=note_en,
            versions=tuple(known),
            section=entry.file.removesuffix(".yaml"),
        )


def read(folder: Path) -> Edition:
    """Read a folder of parameter files. Raises `BadEdition` with every mistake, each with its file and line."""
    reader = _Reader()
    rule_sets, papers = _read_instruments(reader, folder)
    definitions: dict[str, Definition] = {}
    for file in sorted(folder.glob("*.yaml")):
        if file.name == INSTRUMENTS:
            continue
        for entry in reader.maps(file.name, reader.load(file), "the file"):
            definition = reader.definition(entry, papers)
            if definition is None:
                continue
            if definition.code in definitions:
                reader.fault(entry.file, entry.line, f"{definition.code} is given twice")
            definitions[definition.code] = definition
    if reader.problems:
        raise BadEdition(reader.problems)
    return Edition(definitions, papers, rule_sets)


def _read_instruments(reader: _Reader, folder: Path) -> tuple[dict[str, RuleSet], dict[str, Instrument]]:
    rule_sets: dict[str, RuleSet] = {}
    papers: dict[str, Instrument] = {}
    top = reader.load(folder / INSTRUMENTS)
    if not isinstance(top, _Map):
        if not reader.problems:
            reader.fault(INSTRUMENTS, 1, "must hold rule_sets and instruments")
        return rule_sets, papers
    reader.keys(top, {"rule_sets", "instruments"}, set())
    for entry in reader.maps(INSTRUMENTS, top.values.get("rule_sets"), "rule_sets"):
        rule_set = reader.rule_set(entry)
        if rule_set is not None:
            rule_sets[rule_set.code] = rule_set
    for entry in reader.maps(INSTRUMENTS, top.values.get("instruments"), "instruments"):
        paper = reader.instrument(entry, rule_sets)
        if paper is not None:
            if paper.code in papers:
                reader.fault(entry.file, entry.line, f"instrument {paper.code} is listed twice")
            papers[paper.code] = paper
    return rule_sets, papers
