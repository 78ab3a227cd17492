"""The counter: an old man without a phone is registered, gets a card, signs in with number and PIN."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.accounts import actions as accounts
from gongzhi.accounts import numbers, selectors
from gongzhi.accounts.actions import cards, counter
from gongzhi.accounts.actions.cards import FAILURES, Issued, draw_pin
from gongzhi.accounts.handlers import ADDRESS_BOOK
from gongzhi.accounts.models import Account, Card, CardWish, Person, Reach, Verification
from gongzhi.accounts.sessions import BEGAN
from gongzhi.accounts.tests.people import SYSTEM, again, approve, ask, born, register, resident_number, second
from gongzhi.accounts.tests.test_signing_in import is_signed_in
from gongzhi.audit.models import Event, Look
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.orgs.acting import ACTING_FOR, for_self
from gongzhi.orgs.models import Appointment
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db

TYPED = {
    "kind": "resident_id",
    "name": "赵××",
    "number": resident_number(born(80), 111),
    "division": "440300",
    "way": "letter",
    "reach": "示例村 5 号",
}


def enter(client: Client, number: str, pin: str) -> Any:
    return client.post("/accounts/card/", {"number": number, "pin": pin}, secure=True)


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 1_000_000:06}"


def the_card(issued: Issued) -> Card:
    with acting(SYSTEM):
        return Card.objects.get(pk=issued.card.pk)


# --- registering ---


def test_an_old_man_without_a_phone_is_registered_and_signs_in_with_his_card(client: Client) -> None:
    dana = signed_in(client, "dana")
    assert dana.get("/workbench/counter/people/", secure=True).status_code == 200
    compare = dana.post("/workbench/counter/people/", TYPED, secure=True)
    assert compare.status_code == 200
    assert TYPED["number"] in compare.content.decode()
    with acting(SYSTEM):
        assert not Verification.objects.exists()  # nothing yet
    unseen = dana.post("/workbench/counter/people/", TYPED | {"register": "1"}, secure=True)
    assert unseen.status_code == 422
    printed = dana.post("/workbench/counter/people/", TYPED | {"register": "1", "seen": "on"}, secure=True)
    page = printed.content.decode()
    assert printed.status_code == 200
    assert "no-store" in printed["Cache-Control"]
    number = re.search(r"(\d{4} \d{4} \d{4} \d{4})", page)
    pin = re.search(r">(\d{3} \d{3})<", page)
    assert number
    assert pin
    old = Client()
    answer = enter(old, number[1], pin[1])
    assert answer.status_code == 302
    assert is_signed_in(old)
    own = old.get("/my/identity/", secure=True).content.decode()
    assert "已认证" in own
    assert "赵×" in own
    assert TYPED["number"] not in own
    with acting(SYSTEM):
        person = Person.objects.get(account__by_card=True)
        assert selectors.age_of(person.pk) == 80
        reach = Reach.objects.get(person=person)
        assert (reach.way, reach.value_masked) == ("letter", "示××")
        assert person.path == "44/4403/"
    assert Event.objects.filter(event="accounts.person.registered").count() == 1


def test_what_was_typed_stays_when_the_official_changes_something(client: Client) -> None:
    dana = signed_in(client, "dana")
    answer = dana.post("/workbench/counter/people/", TYPED | {"change": "1"}, secure=True)
    assert answer.status_code == 200
    assert f'value="{TYPED["number"]}"' in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seen": False}, "seen"),
        ({"way": "pigeon"}, "way"),
        ({"reach": " "}, "reach"),
        ({"name": ""}, "name"),
        ({"number": "1"}, "number"),
        ({"division": "330000"}, "division"),
        ({"division": "nowhere"}, "division"),
        ({"number": resident_number(born(7))}, "number"),
        ({"number": resident_number(born(13))}, "number"),
    ],
)
def test_what_is_wrong_is_named_and_nobody_is_registered(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        register(**changes)
    assert caught.value.field == field
    assert not Account.objects.filter(by_card=True).exists()


@pytest.mark.parametrize("who", ["rita", "rosa", "edith", "adam", "alice", "visitor"])
def test_only_officials_of_the_counter_of_the_division_register(who: str) -> None:
    with pytest.raises((NotAllowed, RuleViolation)) as caught:
        register(who)
    assert isinstance(caught.value, NotAllowed) or getattr(caught.value, "field", "") == "division"
    assert not Account.objects.filter(by_card=True).exists()


def test_nobody_is_registered_twice_with_one_document() -> None:
    register()
    with pytest.raises(RuleViolation) as caught:
        register(name="别名××")
    assert caught.value.code == "accounts.document_known"


def test_several_people_of_a_household_share_a_number_to_be_called_and_nobody_minds() -> None:
    first = register(way="call", reach="13912340013")
    second = register(way="call", reach="13912340013", number=resident_number(born(78), 222), name="钱××")
    assert first.card.person_id != second.card.person_id
    with acting(SYSTEM):
        assert [row.value_masked for row in Reach.objects.order_by("pk")] == ["139****0013"] * 2


def test_text_messages_go_to_the_familys_phone_for_each_of_them_and_the_number_opens_nothing() -> None:
    people = [
        register(way="text", reach="139 1234 0013", number=resident_number(born(years), 222), name=name).card.person_id
        for years, name in ((78, "钱××"), (80, "赵××"))
    ]
    with acting(SYSTEM) as actor:
        for person in people:
            found = ADDRESS_BOOK.find(actor=actor, person_id=person, channel="sms")
            assert found is not None
            assert found.value == "13912340013"
    assert accounts.find_account("13912340013") is None
    with pytest.raises(RuleViolation) as caught:
        register(way="text", reach="示例村 5 号", number=resident_number(born(60), 222))
    assert caught.value.field == "reach"
    with acting(SYSTEM):
        first = Person.objects.get(pk=people[0])
    with acting(actor_of("dana")) as dana:
        counter.choose_reach(actor=dana, person=first, way="letter", reach="示例村 5 号")
    with acting(SYSTEM) as actor:
        assert ADDRESS_BOOK.find(actor=actor, person_id=people[0], channel="sms") is None
        assert ADDRESS_BOOK.find(actor=actor, person_id=people[1], channel="sms") is not None


def test_the_counter_changes_how_a_person_is_told_on_their_page(client: Client) -> None:
    issued = register()
    address, dana = f"/workbench/counter/people/{issued.card.person.public_id}/", signed_in(client, "dana")
    assert dana.post(address, {"do": "reach", "way": "text", "reach": "x"}, secure=True).status_code == 422
    assert dana.post(address, {"do": "reach", "way": "text", "reach": "13912340013"}, secure=True).status_code == 302
    assert "139****0013" in dana.get(address, secure=True).content.decode()


def test_the_person_chooses_anew_how_to_be_told_and_nobody_else_but_the_counter() -> None:
    person = register().card.person
    with acting(actor_of("dana")) as dana:
        counter.choose_reach(actor=dana, person=person, way="worker", reach="网格员 孙××")
    for who in ("rita", "edith", "rosa"):
        with pytest.raises(NotAllowed), acting(actor_of(who)) as actor:
            counter.choose_reach(actor=actor, person=person, way="call", reach="1")
    with acting(SYSTEM):
        assert Reach.objects.get(person=person).way == "worker"
        with pytest.raises(IntegrityError, match="way"), transaction.atomic():
            Reach.objects.update(way="pigeon")


# --- the card ---


def test_number_and_pin_stand_nowhere_in_clear(client: Client) -> None:
    issued = register()
    with connection.cursor() as cursor, acting(SYSTEM):
        for table in ("accounts_card", "audit_event", "notify_message", "core_throttle"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            text = str(cursor.fetchall())
            assert issued.number not in text, table
            assert issued.pin not in text, table


@pytest.mark.parametrize("pin", ["000000", "123456", "987654", "111111"])
def test_pins_people_try_first_are_never_drawn(pin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = iter([*map(int, pin), *map(int, "402917")])
    monkeypatch.setattr("gongzhi.accounts.actions.cards.secrets.randbelow", lambda _top: next(digits))
    assert draw_pin() == "402917"


def test_unknown_disabled_blocked_and_wrong_cost_the_same_and_say_the_same(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = register()
    disabled = register(number=resident_number(born(70), 333))
    Account.objects.filter(person=disabled.card.person).update(is_active=False)
    blocked = register(number=resident_number(born(71), 444))
    with acting(SYSTEM) as actor:
        cards.block_card(actor=actor_of("dana"), card=blocked.card)
        assert actor
    hashes: list[int] = []
    real = hashers.check_password

    def counted(*args: Any, **kwargs: Any) -> bool:
        hashes.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(cards, "check_password", counted)
    seen = []
    for number, pin in (
        (numbers.draw(numbers.CARD), issued.pin),
        (disabled.number, disabled.pin),
        (blocked.number, blocked.pin),
        (issued.number, wrong(issued.pin)),
        ("nonsense", "x"),
    ):
        hashes.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = enter(Client(), number, pin)
        page = re.sub(r'value="[^"]*"|nonce-\S+', "", answer.content.decode())
        words = re.search(r"error-message.*?</p>", page, re.S) or re.search(r"error-summary.*?</div>", page, re.S)
        assert words
        seen.append(
            (answer.status_code, len(hashes), len([q for q in asked if "core_throttle" not in q["sql"]]), words[0])
        )
    # A card that exists is counted as well; what it costs is asked for every number.
    assert len({row[:2] + row[3:] for row in seen}) == 1, seen
    assert len({row[2] for row in seen}) == 1, [row[2] for row in seen]
    assert enter(Client(), issued.number, issued.pin).status_code == 302  # the control


def test_three_wrong_pins_make_everybody_wait_known_number_or_not() -> None:
    issued = register()
    for number in (issued.number, numbers.draw(numbers.CARD)):
        for _try in range(3):
            assert enter(Client(), number, wrong(issued.pin)).status_code == 422
        assert "请等待" in enter(Client(), number, issued.pin).content.decode()
    assert not is_signed_in(Client())


def test_too_many_wrong_pins_block_the_card_for_good_and_the_owner_is_told() -> None:
    issued = register()
    with acting(SYSTEM):
        Card.objects.filter(pk=issued.card.pk).update(failures=FAILURES - 1)
    enter(Client(), issued.number, wrong(issued.pin))
    assert the_card(issued).state == "blocked"
    assert enter(Client(), issued.number, issued.pin).status_code == 422


def test_the_right_pin_forgets_the_wrong_ones() -> None:
    issued = register()
    enter(Client(), issued.number, wrong(issued.pin))
    assert the_card(issued).failures == 1
    assert enter(Client(), issued.number, issued.pin).status_code == 302
    assert the_card(issued).failures == 0


def test_the_pattern_on_the_card_brings_the_number_and_never_the_pin(client: Client) -> None:
    issued = register()
    page = client.get(f"/accounts/card/?card={issued.number}", secure=True).content.decode()
    assert numbers.grouped(issued.number) in page
    assert "<script>" not in client.get("/accounts/card/?card=<script>", secure=True).content.decode()


def test_a_new_pin_is_asked_for_by_one_official_and_printed_by_another(client: Client) -> None:
    issued = register()
    dana, other = signed_in(client, "dana"), Client()
    deputy = second()
    other.force_login(Account.objects.get(person=deputy.person_id))
    session = other.session
    session[ACTING_FOR] = f"agency:{deputy.agency_id}"
    session.save()
    address = f"/workbench/counter/people/{issued.card.person.public_id}/"
    assert dana.post(address, {"do": "pin"}, secure=True).status_code == 422
    assert dana.post(address, {"do": "pin", "present": "on"}, secure=True).status_code == 302
    assert dana.post(address, {"do": "confirm", "present": "on"}, secure=True).status_code == 403
    assert enter(Client(), issued.number, issued.pin).status_code == 302  # nothing has changed yet
    assert issued.card.person.public_id in other.get("/workbench/counter/people/", secure=True).content.decode()
    assert other.post(address, {"do": "confirm"}, secure=True).status_code == 422
    page = other.post(address, {"do": "confirm", "present": "on"}, secure=True).content.decode()
    assert numbers.grouped(issued.number) in page
    found = re.search(r">(\d{3} \d{3})<", page)
    assert found
    assert Look.objects.filter(purpose="card.print", owner_person=issued.card.person_id).exists()
    assert enter(Client(), issued.number, issued.pin).status_code == 422
    assert enter(Client(), issued.number, found[1]).status_code == 302
    assert other.post(address, {"do": "confirm", "present": "on"}, secure=True).status_code == 404


def test_the_owner_sees_that_a_pin_was_asked_for_and_stops_it() -> None:
    issued, own = register(), Client()
    enter(own, issued.number, issued.pin)
    with acting(actor_of("dana")) as dana:
        wish = cards.ask_card(actor=dana, person=issued.card.person, what="pin", present=True)
    assert "不是我" in own.get("/my/identity/", secure=True).content.decode()
    assert own.post("/my/identity/card/stop/", secure=True).status_code == 302
    with pytest.raises(RuleViolation), acting(second()) as actor:
        cards.confirm_card(actor=actor, wish=wish, present=True)
    assert own.post("/my/identity/card/stop/", secure=True).status_code == 404


def test_a_new_card_replaces_the_old_one() -> None:
    issued = register()
    new = again(issued.card.person, "card")
    assert the_card(issued).state == "replaced"
    assert enter(Client(), issued.number, issued.pin).status_code == 422
    assert enter(Client(), new.number, new.pin).status_code == 302


def test_a_wish_is_dropped_by_the_person_or_the_counter_and_by_nobody_else() -> None:
    issued = register()
    with acting(actor_of("dana")) as dana:
        wish = cards.ask_card(actor=dana, person=issued.card.person, what="card", present=True)
    with pytest.raises(RuleViolation, match="wish_waits"), acting(actor_of("dana")) as dana:
        cards.ask_card(actor=dana, person=issued.card.person, what="pin", present=True)
    for who in ("rita", "edith", "rosa", "adam"):
        for act in (cards.drop_card, partial(cards.confirm_card, present=True)):
            with pytest.raises((NotAllowed, CardWish.DoesNotExist)), acting(actor_of(who)) as actor:
                act(actor=actor, wish=wish)
    owner = for_self(Account.objects.get(person=issued.card.person), Actor.visitor().request_id)
    with acting(owner) as actor:
        cards.drop_card(actor=actor, wish=wish)
    with pytest.raises(RuleViolation), acting(second()) as actor:
        cards.confirm_card(actor=actor, wish=wish, present=True)
    with pytest.raises(RuleViolation), acting(actor_of("dana")) as actor:
        cards.drop_card(actor=actor, wish=wish)
    with acting(SYSTEM), pytest.raises(IntegrityError, match="two_persons"), transaction.atomic():
        CardWish.objects.filter(pk=wish.pk).update(state="done", confirmed_by=wish.asked_by)
    with acting(SYSTEM), pytest.raises(IntegrityError, match="ends"), transaction.atomic():
        CardWish.objects.filter(pk=wish.pk).update(ended_at=None)


def test_a_lost_card_is_blocked_by_its_owner_or_at_the_counter_and_by_nobody_else(client: Client) -> None:
    issued = register()
    for who in ("rita", "edith", "rosa"):
        with pytest.raises((NotAllowed, Card.DoesNotExist)), acting(actor_of(who)) as actor:
            cards.block_card(actor=actor, card=issued.card)
    old = Client()
    enter(old, issued.number, issued.pin)
    assert old.post("/my/identity/card/block/", secure=True).status_code == 302
    assert the_card(issued).state == "blocked"
    assert old.post("/my/identity/card/block/", secure=True).status_code == 404
    with pytest.raises(RuleViolation), acting(actor_of("dana")) as dana:
        cards.block_card(actor=dana, card=issued.card)
    with pytest.raises(RuleViolation), acting(actor_of("dana")) as dana:
        cards.ask_card(actor=dana, person=issued.card.person, what="pin", present=True)


def test_a_card_is_given_to_who_is_verified_present_and_of_the_division() -> None:
    with acting(SYSTEM):
        Person.objects.filter(pk=account_of("rita").person_id).update(path="44/4403/")
        rita = Person.objects.get(pk=account_of("rita").person_id)
    with pytest.raises(RuleViolation, match="not_verified"), acting(actor_of("dana")) as dana:
        cards.ask_card(actor=dana, person=rita, what="card", present=True)
    approve(ask())
    for who in ("rita", "edith", "rosa", "adam"):
        with pytest.raises(NotAllowed), acting(actor_of(who)) as actor:
            cards.ask_card(actor=actor, person=rita, what="card", present=True)
    with pytest.raises(RuleViolation) as caught, acting(actor_of("dana")) as dana:
        cards.ask_card(actor=dana, person=rita, what="card", present=False)
    assert caught.value.field == "present"
    issued = again(rita, "card")
    assert enter(Client(), issued.number, issued.pin).status_code == 302


def test_a_card_alone_opens_no_office_and_no_act_of_high_risk() -> None:
    dana = account_of("dana")
    with acting(SYSTEM) as actor:
        Person.objects.filter(pk=dana.person_id).update(path="44/4403/")
        issued = cards.make_card(actor=actor, person=Person.objects.get(pk=dana.person_id))
    client = Client()
    assert enter(client, issued.number, issued.pin).status_code == 302
    session = client.session
    session[ACTING_FOR] = f"agency:{Appointment.objects.get(person_id=dana.person_id).agency_id}"
    session.save()
    assert session[BEGAN]["method"] == "card"
    assert client.get("/workbench/identity/", secure=True).status_code == 403
    page = client.post("/my/security/password/", {}, secure=True)
    assert page.status_code == 422


def test_a_person_is_found_at_the_counter_by_the_number_on_the_card(client: Client) -> None:
    issued = register()
    dana = signed_in(client, "dana")
    number = numbers.grouped(issued.card.person.volunteer_number or "")
    answer = dana.get("/workbench/counter/people/", {"volunteer": number}, secure=True)
    assert answer["Location"].endswith(f"/{issued.card.person.public_id}/")
    page = dana.get(answer["Location"], secure=True).content.decode()
    assert TYPED["number"] not in page
    assert issued.number not in page
    assert dana.get("/workbench/counter/people/", {"volunteer": "1"}, secure=True).status_code == 404
    edith = signed_in(Client(), "edith")
    assert edith.get("/workbench/counter/people/", {"volunteer": number}, secure=True).status_code == 404
    assert edith.get(answer["Location"], secure=True).status_code == 404


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "blocked", "ended_at": None}, "ends"),
        ({"failures": -1}, "failures"),
    ],
)
def test_impossible_cards_are_refused_by_the_database(changes: dict[str, Any], constraint: str) -> None:
    issued = register()
    with acting(SYSTEM), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Card.objects.filter(pk=issued.card.pk).update(**changes)


def test_a_person_has_one_card_in_use() -> None:
    issued = register()
    with acting(SYSTEM), pytest.raises(IntegrityError, match="one_active"), transaction.atomic():
        card = Card.objects.get(pk=issued.card.pk)
        card.pk, card.public_id, card.number_index = None, "0000000000", b"x" * 16
        card.save(force_insert=True)


def test_an_account_needs_an_address_a_number_or_a_card() -> None:
    account = Account.objects.get(person=register().card.person)
    with pytest.raises(IntegrityError, match="reachable"), transaction.atomic():
        Account.objects.filter(pk=account.pk).update(by_card=False)
