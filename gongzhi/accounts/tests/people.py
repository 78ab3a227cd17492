"""Invented people with invented documents, and pictures of them, for the tests of identity."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from gongzhi.accounts.actions import cards, counter, create_account, errands
from gongzhi.accounts.actions import verification as actions
from gongzhi.accounts.actions.cards import Issued
from gongzhi.accounts.documents import check_digit
from gongzhi.accounts.models import Account, Errand, Person, Verification
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.times import today
from gongzhi.orgs.acting import for_agency
from gongzhi.orgs.actions import appoint
from gongzhi.orgs.enums import Role
from gongzhi.orgs.models import Agency
from tests.world import PASSWORD, actor_of


def resident_number(born_on: dt.date, serial: int = 777) -> str:
    """A number of somebody who does not exist: Shenzhen, this day of birth, right check digit."""
    body = f"440300{born_on:%Y%m%d}{serial:03}"
    return body + check_digit(body)


def born(years: int) -> dt.date:
    """The day of birth of somebody who has been so many years old for some days."""
    day = today() - dt.timedelta(days=30)
    return dt.date(day.year - years, day.month, min(day.day, 28))


def picture(name: str = "card.png") -> SimpleUploadedFile:
    """A picture that shows nothing."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/png")


def typed(**changes: Any) -> dict[str, Any]:
    """What somebody of 46 hands in."""
    return {
        "kind": "resident_id",
        "name": "李××",
        "number": resident_number(born(46)),
        "division": "440300",
        "proof": picture(),
    } | changes


def ask(who: str = "rita", **changes: Any) -> Verification:
    """One of the cast hands a document in."""
    with acting(actor_of(who)) as actor:
        return actions.ask_verification(actor=actor, **typed(**changes))


def approve(row: Verification, by: str = "dana", because: str = "") -> Verification:
    """An official approves it."""
    with acting(actor_of(by)) as actor:
        return actions.approve_verification(actor=actor, verification=row, because=because)


def register(by: str = "dana", **changes: Any) -> Issued:
    """An old man without a phone stands at the counter."""
    given: dict[str, Any] = {
        "kind": "resident_id",
        "name": "赵××",
        "number": resident_number(born(80), 111),
        "division": "440300",
        "way": "letter",
        "reach": "示例村 5 号",
        "seen": True,
    }
    with acting(actor_of(by)) as actor:
        return counter.register_at_counter(actor=actor, **given | changes)


SYSTEM = Actor.system("test")


def second() -> Actor:
    """Another official of the counter in Shenzhen."""
    dana = actor_of("dana")
    seeder = Actor.system("test", permissions=frozenset({"accounts.create", "orgs.appoint"}))
    known = Account.objects.filter(email="deputy@world.example").first()
    if known is None:
        with acting(seeder):
            known = create_account(actor=seeder, name="杜××", password=PASSWORD, email="deputy@world.example")
            agency = Agency.objects.get(pk=dana.agency_id or 0)
            appoint(actor=seeder, person=known.person, agency=agency, role=Role.REGISTRAR)
    found = for_agency(known, dana.agency_id or 0, Actor.visitor().request_id)
    assert found is not None
    return found


def again(person: Person, what: str) -> Issued:
    """A new card or PIN, asked for by one official and printed by another."""
    with acting(actor_of("dana")) as actor:
        wish = cards.ask_card(actor=actor, person=person, what=what, present=True)
    with acting(second()) as actor:
        return cards.confirm_card(actor=actor, wish=wish, present=True)


def errand(**changes: Any) -> Errand:
    """A letter to write to the old man, because his card was blocked."""
    issued = register(**changes)
    with acting(actor_of("dana")) as actor:
        cards.block_card(actor=actor, card=issued.card)
    with acting(SYSTEM) as actor:
        errands.make_errands(actor=actor)
        return Errand.objects.filter(person=issued.card.person_id).latest("pk")
