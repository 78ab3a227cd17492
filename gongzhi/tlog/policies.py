"""Who may write into the log."""

from __future__ import annotations

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.tlog.enums import BY_PROCESS_ONLY, EntryType


def can_seal(actor: Actor, kind: EntryType) -> bool:
    """Whoever may do the act may have it sealed; the action above has judged that. Entries about the platform itself,
    and erasures, come from its own processes only."""
    return kind not in BY_PROCESS_ONLY or actor.kind is ActorKind.PROCESS


def can_erase_subject(actor: Actor) -> bool:
    """A process of the platform, after the app that knows the person has decided: erasing cannot be undone."""
    return actor.kind is ActorKind.PROCESS
