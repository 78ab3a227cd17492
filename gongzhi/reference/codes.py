"""Code lists: short, stable codes with a Chinese and an English word, read from YAML files.

A list is not a table: nobody joins it, and a code in a record stays valid for ever. The package brings an edition; an
operator's folder (`settings.REFERENCE_CODES`) may hold files of the same names that add codes, change words or end a
code with `until`. Nothing is ever removed, so old records keep their words.

    fields.yaml:
        title: {zh: 活动领域, en: Field of activity}
        source: …        where the list comes from
        evidence: S      the tag of the whole list; a code may have its own
        codes:
          education: {zh: 教育, en: Education}
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation import get_language

PACKAGED = Path(__file__).parent / "data" / "codes"
#: V read in the law, S in a secondary source, D in a draft, G general knowledge: the last two show 待核实.
EVIDENCE = frozenset("VSDG")
_CODE = re.compile(r"^[a-z][a-z0-9_]{0,31}$")


class BadCodeList(ValueError):
    """A file of a code list cannot be used; the text names the file and the code."""


def _english() -> bool:
    return (get_language() or "").startswith("en")


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a list."""

    code: str
    zh: str
    en: str
    evidence: str
    #: Which kinds of organization it is for (`orgs.Kind` values); empty for all.
    kinds: frozenset[str] = frozenset()
    #: The last day it may be chosen; records keep it.
    until: dt.date | None = None

    @property
    def label(self) -> str:
        """The word in the reader's language."""
        return self.en if _english() else self.zh

    @property
    def verified(self) -> bool:
        """Whether somebody read the source; otherwise the page shows 待核实."""
        return self.evidence in {"V", "S"}


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list of codes in the order of its file."""

    name: str
    zh: str
    en: str
    source: str
    codes: Mapping[str, Code] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the list is called, in the reader's language."""
        return self.en if _english() else self.zh

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def get(self, code: str) -> Code:
        """The code, also one that has ended. Raises KeyError."""
        return self.codes[code]

    def label(self, code: str) -> str:
        """The word of a code in the reader's language; a code nobody knows is shown as it is."""
        known = self.codes.get(code)
        return known.label if known is not None else code

    def choices(self, *, on: dt.date | None = None, kind: str = "") -> list[tuple[str, str]]:
        """Pairs for a form: codes that may be chosen on a day (all days if None), for a kind of organization."""
        return [
            (code.code, code.label)
            for code in self.codes.values()
            if (on is None or code.until is None or on <= code.until)
            and (not kind or not code.kinds or kind in code.kinds)
        ]


def code_list(name: str) -> CodeList:
    """The list `name`: `fields`, `forms`, `services`, `skills`, or one of the operator's. Raises KeyError."""
    return code_lists()[name]


@functools.cache
def code_lists() -> Mapping[str, CodeList]:
    """Every list by name, read once a process: an operator's new file needs a restart. Raises `BadCodeList`."""
    lists = {file.stem: read(file) for file in sorted(PACKAGED.glob("*.yaml"))}
    folder = getattr(settings, "REFERENCE_CODES", None)
    if folder:
        for file in sorted(Path(folder).glob("*.yaml")):
            lists[file.stem] = read(file, lists.get(file.stem))
    return MappingProxyType(lists)


def read(file: Path, edition: CodeList | None = None) -> CodeList:
    """One file as a list; on top of `edition` if given, whose codes all stay. Raises `BadCodeList`."""
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
        given = {str(code): dict(entry) for code, entry in content["codes"].items()}
        title = content.get("title", {})
        codes = dict(edition.codes) if edition is not None else {}
        for code, entry in given.items():
            codes[code] = _code(code, entry, codes.get(code), str(content.get("evidence", "G")))
        return CodeList(
            name=file.stem,
            zh=title.get("zh") or (edition.zh if edition else file.stem),
            en=title.get("en") or (edition.en if edition else file.stem),
            source=content.get("source") or (edition.source if edition else ""),
            codes=MappingProxyType(codes),
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadCodeList(f"{file.name}: {error}") from error


def _code(code: str, entry: dict[str, Any], before: Code | None, evidence: str) -> Code:
    if not _CODE.match(code):
        raise ValueError(f"{code!r} is no code: lower-case letters, digits and underscores")
    unknown = set(entry) - {"zh", "en", "evidence", "kinds", "until"}
    if unknown:
        raise ValueError(f"{code}: unknown {sorted(unknown)}")
    if before is None:
        base = Code(code, str(entry.get("zh", "")), str(entry.get("en", "")), str(entry.get("evidence", evidence)))
    else:
        base = replace(
            before,
            zh=str(entry.get("zh", before.zh)),
            en=str(entry.get("en", before.en)),
            evidence=str(entry.get("evidence", before.evidence)),
        )
    if not base.zh or not base.en:
        raise ValueError(f"{code}: a code has a Chinese and an English word")
    if base.evidence not in EVIDENCE:
        raise ValueError(f"{code}: evidence is one of V, S, D, G")
    until = entry.get("until", base.until)
    if until is not None and not isinstance(until, dt.date):
        raise ValueError(f"{code}: until is a date")
    return replace(base, kinds=frozenset(entry.get("kinds", base.kinds)), until=until)
