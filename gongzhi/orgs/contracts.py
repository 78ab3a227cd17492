"""What apps above and beside answer about an organization or a person, for those who claim to be in charge of one."""

from __future__ import annotations

from typing import Protocol


class Representatives(Protocol):
    """Knows who the legal representative of an organization is. The register registers one."""

    def name_of(self, *, org_id: int) -> str:
        """The name the register states today, public by law; empty where it states none."""
        ...


class VerifiedNames(Protocol):
    """Knows whose real name was verified. Whoever verifies people registers one."""

    def name_of(self, *, person_id: int) -> str | None:
        """The verified full name of a person, None for somebody whose identity was not verified.

        It is asked for the person's own act, in their own scope, so it is no look.
        """
        ...


_representatives: list[Representatives] = []
_verified: list[VerifiedNames] = []


def register_representatives(book: Representatives) -> None:
    """Set who knows legal representatives. ValueError when another does."""
    if _representatives and _representatives[0] is not book:
        raise ValueError("somebody knows the legal representatives already")
    _representatives[:] = [book]


def register_verified_names(book: VerifiedNames) -> None:
    """Set who knows verified names. ValueError when another does."""
    if _verified and _verified[0] is not book:
        raise ValueError("somebody knows the verified names already")
    _verified[:] = [book]


def representative_of(org_id: int) -> str:
    """The name of an organization's legal representative in the register; empty where none is stated or known."""
    return _representatives[0].name_of(org_id=org_id) if _representatives else ""


def verified_name(person_id: int) -> str | None:
    """The verified name of a person. None for who was not verified, and as long as nobody on this platform verifies."""
    return _verified[0].name_of(person_id=person_id) if _verified else None
