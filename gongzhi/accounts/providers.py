"""Other places that vouch for people. None is offered until an operator configures it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Offered:
    """A provider as the sign-in page shows it."""

    code: str
    label: str | Promise
    note: str | Promise
    icon: str


def offered() -> list[Offered]:
    """The providers an operator has configured."""
    return []
