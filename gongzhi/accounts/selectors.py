"""What other apps ask about people: masked names, marks, and the age the law ties something to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from gongzhi.accounts.contracts import GUARDIAN_CONSENT
from gongzhi.accounts.documents import age_on
from gongzhi.accounts.enums import Consents
from gongzhi.accounts.models import Account, PersonMark, Verification
from gongzhi.audit.looks import reveal
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.times import today
from gongzhi.rulebook import selectors as rulebook

#: The platform reads a mark for an app that asks; which app may set one is `contracts.PERSON_MARKS`.
READER = "accounts.marks"


def mark_of(
    person_id: int, code: str, *, on: dt.date | None = None, known_at: dt.datetime | None = None
) -> PersonMark | None:
    """The mark of a person that holds on a day (today), as known at a moment (now); None if there is none or it ended."""
    with acting(Actor.system(READER)):
        found = PersonMark.objects.filter(person_id=person_id, code=code).as_of(on or today(), known_at).first()
    return found if found is not None and found.value else None


def masked_names(people: Iterable[int]) -> dict[int, str]:
    """Person → masked name: one query for any number, and no look. From the accounts, because a person's own record is
    open to that person alone."""
    return dict(Account.objects.filter(person_id__in=set(people)).values_list("person_id", "name_masked"))


def verified_name(person_id: int) -> str | None:
    """The full name in the document that verified a person; None for who was not verified.

    For the person's own act, to compare it with what they claim to be: nobody is shown it, so it is no look.
    """
    with acting(Actor.system(READER)) as actor:
        found = Verification.objects.standing().filter(person_id=person_id).first()
        return reveal(actor, found, "name_sealed", purpose="verification.claim", own=True) if found else None


def age_of(person_id: int, *, on: dt.date | None = None) -> int | None:
    """The age of a verified person on a day, in full years; None while nobody has checked it. Shows no date."""
    with acting(Actor.system(READER)) as actor:
        found = Verification.objects.standing().filter(person_id=person_id).first()
        born = reveal(actor, found, "born_sealed", purpose="verification.age", own=True) if found else ""
    return age_on(dt.date.fromisoformat(born), on or today()) if born else None


def is_agreed_to(person_id: int, what: str, *, on: dt.date | None = None) -> bool:
    """Whether a guardian of the person agrees to this (`enums.Consents`) on a day."""
    return mark_of(person_id, f"{GUARDIAN_CONSENT}:{what}", on=on) is not None


def hindrance(person_id: int, *, path: str, danger: bool = False, on: dt.date | None = None) -> str:
    """What keeps a person from volunteer service on a day, as a code; empty when nothing does (domain rules 7.2).

    `not_verified`: the age is not known. `too_young`: below the age without civil capacity, only along with the family.
    `danger`: dangerous service is never for minors. `no_consent`: no guardian agrees to it.
    """
    age = age_of(person_id, on=on)
    if age is None:
        return "not_verified"
    limits = rulebook.values(["volunteer.capacity_none_below", "volunteer.capacity_full_from"], path=path)
    if age < limits["volunteer.capacity_none_below"].number:
        return "too_young"
    if age >= limits["volunteer.capacity_full_from"].number:
        return ""
    if danger:
        return "danger"
    return "" if is_agreed_to(person_id, Consents.SERVICE, on=on) else "no_consent"
