"""What the register answers about an organization, for those who claim to be in charge of one."""

from __future__ import annotations

from typing import Protocol


class Representatives(Protocol):
    """Knows who the legal representative of an organization is. The register registers one."""

    def name_of(self, *, org_id: int) -> str:
        """The name the register states today, public by law; empty where it states none."""
        ...


_representatives: list[Representatives] = []


def register_representatives(book: Representatives) -> None:
    """Set who knows legal representatives. ValueError when another does."""
    if _representatives and _representatives[0] is not book:
        raise ValueError("somebody knows the legal representatives already")
    _representatives[:] = [book]


def representative_of(org_id: int) -> str:
    """The name of an organization's legal representative in the register; empty where none is stated or known."""
    return _representatives[0].name_of(org_id=org_id) if _representatives else ""
