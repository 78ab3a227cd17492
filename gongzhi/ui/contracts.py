"""What another app plugs in: the words and modules of the place a request speaks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Words:
    """What the shells say of a place. Empty texts are not shown; an empty name is the platform's own."""

    name: str = ""
    welcome: str = ""
    help_line: str = ""
    #: What an organization's people read on its desk.
    greeting: str = ""


class PlaceKeeper(Protocol):
    """Knows the words and modules of the place a request speaks for. At most one query a request, for all of them."""

    def words(self, request: HttpRequest) -> Words:
        """The words; those of the platform where nothing can be asked."""
        ...

    def is_on(self, request: HttpRequest, module: str) -> bool:
        """Whether a module is switched on there."""
        ...


_keepers: list[PlaceKeeper] = []


def register_place_keeper(keeper: PlaceKeeper) -> None:
    """Set the one keeper; called from an app's `ready()`. ValueError when another is there."""
    if _keepers and _keepers[0] is not keeper:
        raise ValueError("there is a place keeper already")
    _keepers[:] = [keeper]


def words_of(request: HttpRequest) -> Words:
    """The words of the place of a request."""
    return _keepers[0].words(request) if _keepers else Words()


def is_on(request: HttpRequest, module: str) -> bool:
    """Whether a module is switched on at the place of a request; true where nobody keeps places."""
    return _keepers[0].is_on(request, module) if _keepers else True
