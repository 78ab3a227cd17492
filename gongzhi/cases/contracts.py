"""What other apps plug in: folders of case types, sources that fill in answers, and handlers that give decisions effect.

Everything is registered from an app's `ready()` and called in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gongzhi.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Row:
    """One line of repeated rows or of a table: its key and its typed answers by column."""

    key: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answers:
    """The typed answers of what was handed in: text, whole numbers (money in fen), dates, yes or no, rows.

    `values` is by `section.key`; an empty answer is None, rows are a tuple of `Row`. Personal answers are open here: a
    handler gets them because the law asks it to register them, and keeps only what is public or seals the rest.
    """

    values: Mapping[str, Any]

    def get(self, path: str) -> Any:
        """The answer at `section.key`; None where nothing was answered."""
        return self.values.get(path)

    def text(self, path: str) -> str:
        """The answer as text, empty where there is none."""
        value = self.values.get(path)
        return "" if value is None else str(value)

    def rows(self, path: str) -> tuple[Row, ...]:
        """The lines at `section.key`."""
        return tuple(self.values.get(path) or ())


@dataclass(frozen=True, slots=True)
class Effect:
    """What an approval did: the organization it is about, the number it was given, the number of the certificate that was
    issued, and codes for the record (never personal values)."""

    org_id: int | None = None
    reference: str = ""
    certificate: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)


class DecisionHandler(Protocol):
    """Gives an approval its effect in the register, in the transaction of the decision."""

    name: str

    def check(self, *, actor: Actor, case_id: int, path: str, org_id: int | None, answers: Answers) -> Sequence[str]:
        """What would keep the approval from taking effect, as sentences for the official; empty if nothing would."""
        ...

    def advise(self, *, path: str, org_id: int | None, answers: Answers) -> Sequence[str]:
        """What applicant and official should look at before, as sentences. Advice keeps nobody from anything."""
        ...

    def apply(
        self, *, actor: Actor, case_id: int, path: str, org_id: int | None, number: str, answers: Answers
    ) -> Effect:
        """Do it. `path` is the office's division, `org_id` the organization that applied, `number` the case's."""
        ...


class PrefillSource(Protocol):
    """Knows an answer before it is asked."""

    name: str

    def value(self, *, actor: Actor, org_id: int | None) -> str:
        """The answer as it would be typed; empty when it is not known."""
        ...


_handlers: dict[str, DecisionHandler] = {}
_sources: dict[str, PrefillSource] = {}
_folders: list[Path] = []


def register_handler(handler: DecisionHandler) -> None:
    """Add a handler. ValueError when another has this name."""
    if _handlers.setdefault(handler.name, handler) is not handler:
        raise ValueError(f"two handlers are called {handler.name}")


def handler_of(name: str) -> DecisionHandler:
    """The handler with this name. LookupError when no app registered one."""
    return _handlers[name]


def handlers() -> frozenset[str]:
    """The names of all handlers."""
    return frozenset(_handlers)


def register_source(source: PrefillSource) -> None:
    """Add a source of answers. ValueError when another has this name."""
    if _sources.setdefault(source.name, source) is not source:
        raise ValueError(f"two sources are called {source.name}")


def source_of(name: str) -> PrefillSource | None:
    """The source with this name, if an app registered it."""
    return _sources.get(name)


def sources() -> frozenset[str]:
    """The names of all sources."""
    return frozenset(_sources)


def register_folder(folder: Path) -> None:
    """Add a folder of case type files that comes with an app."""
    if folder not in _folders:
        _folders.append(folder)


def folders() -> list[Path]:
    """The folders that come with apps, in the order of registration."""
    return list(_folders)
