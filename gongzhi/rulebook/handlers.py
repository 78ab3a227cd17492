"""What the settings give to lower apps: the words and modules of the place a request speaks for."""

from __future__ import annotations

import re
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest

from gongzhi.core.actor import Actor
from gongzhi.rulebook import catalogue
from gongzhi.rulebook.selectors import layers
from gongzhi.rulebook.selectors.layers import Held
from gongzhi.ui.contracts import Words

#: The place a visitor chose: the codes of its path with a hyphen between, `44-4403`. It names no person.
PLACE_COOKIE: Final = "__Host-place" if settings.HTTPS else "place"
_PLACE: Final = re.compile(r"[0-9]{2}(-[0-9]{4})?(-[0-9]{6})?(-[0-9]{9})?", re.ASCII)


def place_of(request: HttpRequest) -> str:
    """The division path a request speaks for: that of the body acted for, else what the visitor chose; empty for none.

    What stands in the cookie need not exist: it then has no settings of its own.
    """
    actor: Actor | None = getattr(request, "actor", None)
    if actor is not None and actor.place:
        return actor.place
    kept = request.COOKIES.get(PLACE_COOKIE, "")
    return f"{kept.replace('-', '/')}/" if _PLACE.fullmatch(kept) else ""


def of_request(request: HttpRequest) -> dict[str, Held]:
    """Every setting as it holds for a request. One query, once a request; the defaults where nothing can be asked."""
    found: dict[str, Held] | None = getattr(request, "settings_in_force", None)
    if found is not None:
        return found
    defaults = layers.resolved(catalogue.definitions(), ())
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or connection.needs_rollback or getattr(request, "asks_no_database", False):
        return defaults
    try:
        found = layers.in_force(path=place_of(request), org_id=actor.org_id)
    except DatabaseError:
        if connection.in_atomic_block:
            raise
        return defaults  # a page of refusal after the transaction: it is shown all the same
    request.settings_in_force = found  # type: ignore[attr-defined]
    return found


class Places:
    """The words and modules of a request's place, out of one query."""

    def words(self, request: HttpRequest) -> Words:
        """Name, welcome, help line and the words on the desk."""
        held = of_request(request)
        return Words(
            name=held[catalogue.SITE_NAME].value,
            welcome=held[catalogue.WELCOME].value,
            help_line=held[catalogue.HELP_LINE].value,
            greeting=held[catalogue.GREETING].value,
        )

    def is_on(self, request: HttpRequest, module: str) -> bool:
        """A module nobody registered is no module, and so never off."""
        held = of_request(request).get(catalogue.module(module))
        return held is None or held.is_on


PLACES: Final = Places()
