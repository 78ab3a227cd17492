"""Marks of people: dated facts other apps may ask, each code set by one app."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from gongzhi.accounts.contracts import check_mark
from gongzhi.accounts.models import Person, PersonMark
from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.door import acting

SEALS: dict[str, str] = {"set_person_mark": "It is about a person."}


@transaction.atomic
def set_person_mark(
    *, actor: Actor, person_id: int, code: str, value: str, app: str, source: str, on: dt.date
) -> PersonMark | None:
    """From a day on, this mark of the person has this value; an empty one ends it. None when it had it already.

    `source` names what it rests on (`verification:AB…`). Needs no permission of its own: the calling action was allowed.
    Raises `NotAllowed` for an app that does not own the code.
    """
    check_mark(code, app)
    with acting(Actor.system("accounts.marks")):  # officials see no marks of people: their scope is a division
        Person.objects.select_for_update(of=("self",)).get(pk=person_id)
        appended = amend(
            PersonMark,
            owner={"person_id": person_id, "code": code},
            on=on,
            changes={"value": value},
            about={"set_by_app": app, "source": source},
        )
    if not appended:
        return None
    audit.record(actor=actor, event="accounts.mark.set", details={"person": person_id, "code": code, "on": bool(value)})
    return appended[0]
