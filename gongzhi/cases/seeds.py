"""The services the platform brings."""

from __future__ import annotations

from gongzhi.cases.actions import load_types
from gongzhi.cases.models import CaseType
from gongzhi.core.actor import Actor


def load(*, actor: Actor) -> list[CaseType]:
    """Publish the case types of every folder; nothing changes the second time."""
    return load_types(actor=actor)
