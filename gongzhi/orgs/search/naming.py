"""What a word names besides a text: divisions, whose bodies it then finds, and fields of activity."""

from __future__ import annotations

import functools
import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Max

from gongzhi.core import searchtext
from gongzhi.reference.codes import code_list
from gongzhi.reference.models import Division

#: A word of one character names nothing: 市 would be every city.
SHORTEST: Final = 2
#: Stands between two names in one long text; no compact name holds it.
_BETWEEN: Final = "\n"


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """The compact names of all divisions in use, one after the other, and where each lies."""

    #: The newest row it was read at: divisions are appended, so another newest row means another gazetteer.
    edition: int
    text: str
    starts: Sequence[int]
    paths: Sequence[str]

    @functools.lru_cache(maxsize=1024)  # noqa: B019 - there is one gazetteer at a time; a word such as 街道 names 8,000
    def named(self, word: str) -> tuple[str, ...]:
        """Paths of the divisions whose name holds the word, without those that lie below another of them."""
        found: set[str] = set()
        at = self.text.find(word)
        while at >= 0:
            found.add(self.paths[self._line(at)])
            at = self.text.find(word, self.text.index(_BETWEEN, at))
        return tuple(sorted(path for path in found if not any(above in found for above in above_of(path))))

    def _line(self, at: int) -> int:
        return bisect_right(self.starts, at) - 1


_kept: Gazetteer | None = None
_reading: Final = threading.Lock()


def gazetteer(newest: int | None = None) -> Gazetteer:
    """The divisions as they stand: one indexed look-up, and all of them anew after a division was entered or loaded.

    `newest` is the highest number of a division's row, where the caller has looked already. A division that only ended is noticed with the next one that is entered, or by the next start: editions come with
    releases.
    """
    global _kept  # noqa: PLW0603 - one for the process: 46,000 names take 0.3 s to read
    if newest is None:
        newest = Division.objects.aggregate(newest=Max("pk"))["newest"] or 0
    kept = _kept
    if kept is not None and kept.edition == newest:
        return kept
    with _reading:
        starts, paths, names, at = [], [], [], 0
        for path, name in Division.objects.in_use().values_list("path", "name").iterator():
            body = searchtext.compact(name)
            starts.append(at)
            paths.append(path)
            names.append(body)
            at += len(body) + 1
        _kept = Gazetteer(newest, _BETWEEN.join(names) + _BETWEEN, starts, paths)
        return _kept


def above_of(path: str) -> list[str]:
    """The paths a path lies below: `44/4403/440305/` → `44/`, `44/4403/`. The nation is above nothing here."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:depth]) + "/" for depth in range(1, len(parts))] if path != "/" else []


def divisions_named(word: str, within: Gazetteer | None = None) -> tuple[str, ...]:
    """Paths of the divisions in use whose name holds the word, none below another; `/` finds national bodies only."""
    return (within or gazetteer()).named(word) if len(word) >= SHORTEST else ()


@functools.cache
def _field_names() -> list[tuple[str, str]]:
    """(code, compact name) of every field in both languages; code lists are read once a process."""
    return [
        (code.code, searchtext.compact(name))
        for code in code_list("fields").codes.values()
        for name in (code.zh, code.en)
    ]


def fields_named(word: str) -> list[str]:
    """Codes of the fields of activity whose Chinese or English name holds the word."""
    if len(word) < SHORTEST:
        return []
    return list(dict.fromkeys(code for code, name in _field_names() if word in name))
