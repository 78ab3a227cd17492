"""Puts the packaged numbers into the database. Safe to run at every start of a new release."""

from __future__ import annotations

from gongzhi.core.actor import Actor
from gongzhi.rulebook import actions
from gongzhi.rulebook.actions import Loaded


def load(actor: Actor) -> Loaded:
    """The packaged edition. The actor needs `rulebook.load`."""
    return actions.load_parameters(actor=actor)
