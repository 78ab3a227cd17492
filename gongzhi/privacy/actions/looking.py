"""Looking on purpose: finding a person by their number, reading out at a counter."""

from __future__ import annotations

from gongzhi.accounts.models import Person
from gongzhi.audit.enums import How
from gongzhi.audit.looks import Looking, look
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed
from gongzhi.privacy import policies
from gongzhi.privacy.enums import READ_OUT

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "read_out": "It is about a person; the look says it.",
}


def read_out(*, actor: Actor, person: Person) -> None:
    """Note that an official reads out to a person at a counter who looked at their data: a look like any other.

    Raises `NotAllowed` for whoever is no official with that task.
    """
    if not policies.can_read_out(actor):
        raise NotAllowed(READ_OUT, about=person)
    look(actor=actor, subject=person, purpose="privacy.read_out", fields=["looks"], looking=Looking(How.COUNTER))
