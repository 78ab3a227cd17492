"""What other apps ask about people: marks, and the age the law ties something to."""

from __future__ import annotations

import datetime as dt

from gongzhi.accounts.documents import age_on
from gongzhi.accounts.models import PersonMark, Verification
from gongzhi.audit.looks import reveal
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.times import today

#: The platform reads a mark for an app that asks; which app may set one is `contracts.PERSON_MARKS`.
READER = "accounts.marks"


def mark_of(
    person_id: int, code: str, *, on: dt.date | None = None, known_at: dt.datetime | None = None
) -> PersonMark | None:
    """The mark of a person that holds on a day (today), as known at a moment (now); None if there is none or it ended."""
    with acting(Actor.system(READER)):
        found = PersonMark.objects.filter(person_id=person_id, code=code).as_of(on or today(), known_at).first()
    return found if found is not None and found.value else None


def age_of(person_id: int, *, on: dt.date | None = None) -> int | None:
    """The age of a verified person on a day, in full years; None while nobody has checked it. Shows no date."""
    with acting(Actor.system(READER)) as actor:
        found = Verification.objects.standing().filter(person_id=person_id).first()
        born = reveal(actor, found, "born_sealed", purpose="verification.age", own=True) if found else ""
    return age_on(dt.date.fromisoformat(born), on or today()) if born else None
