"""Guardians and minors: who may have an account, who agrees to what, and what follows when they no longer do."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from gongzhi.accounts import selectors
from gongzhi.accounts.actions import guardians as actions
from gongzhi.accounts.actions.cards import Issued
from gongzhi.accounts.models import Account, Guardianship, Person
from gongzhi.accounts.tests.people import SYSTEM, approve, ask, born, register, resident_number
from gongzhi.accounts.tests.test_counter import TYPED, enter
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify.models import Message
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db


def adult() -> str:
    """Rita, verified: her volunteer number."""
    approve(ask())
    with acting(SYSTEM):
        return str(Person.objects.get(pk=account_of("rita").person_id).volunteer_number)


def child(years: int = 10, **changes: Any) -> Issued:
    given: dict[str, Any] = {
        "number": resident_number(born(years), 321),
        "name": "李小×",
        "guardian": adult(),
        "relation": "parent",
        "shown_by": "household",
    }
    return register(**given | changes)


def bond() -> Guardianship:
    with acting(SYSTEM):
        return Guardianship.objects.get()


def agree(do: str, what: str, who: str = "rita") -> None:
    change = {"give": actions.give_guardian_consent, "withdraw": actions.withdraw_guardian_consent}[do]
    with acting(actor_of(who)) as actor:
        change(actor=actor, guardianship=bond(), what=what)


def join(who: str = "dana", **changes: Any) -> Guardianship:
    with acting(SYSTEM):
        ward = Person.objects.get(pk=changes.pop("ward"))
    given: dict[str, Any] = {"relation": "parent", "shown_by": "birth", "agrees": False, "present": True}
    with acting(actor_of(who)) as actor:
        return actions.join_guardian(actor=actor, ward=ward, **given | changes)


def test_a_child_of_ten_is_registered_with_a_guardian_who_agrees(client: Client) -> None:
    issued = child(agrees=True)
    ward = issued.card.person_id
    assert selectors.is_agreed_to(ward, "data")
    assert selectors.is_agreed_to(ward, "service")
    assert enter(client, issued.number, issued.pin).status_code == 302
    page = client.get("/my/family/", secure=True).content.decode()
    assert "您的监护人" in page
    assert "李×" in page
    with acting(SYSTEM):
        kinds = set(Message.objects.filter(person_id=account_of("rita").person_id).values_list("kind", flat=True))
    assert "accounts.guardian_changed" in kinds


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"years": 7}, "number"),
        ({"guardian": "1"}, "guardian"),
        ({"relation": "neighbour"}, "relation"),
        ({"shown_by": "word"}, "shown_by"),
        ({"years": 30}, ""),
    ],
)
def test_what_is_wrong_is_named_and_no_child_is_registered(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        child(**changes)
    assert (caught.value.field or "") == field
    assert not Account.objects.filter(by_card=True).exists()


def test_the_form_asks_for_a_guardian_where_the_age_needs_one_and_keeps_what_was_typed(client: Client) -> None:
    number, dana = adult(), signed_in(client, "dana")
    typed = TYPED | {"number": resident_number(born(10), 321), "name": "李小×"}
    assert 'name="guardian"' not in dana.get("/workbench/counter/people/", secure=True).content.decode()
    answer = dana.post("/workbench/counter/people/", typed, secure=True)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'name="guardian"' in page
    assert typed["number"] in page
    typed |= {"guardian": number, "relation": "parent", "shown_by": "birth"}
    assert dana.post("/workbench/counter/people/", typed, secure=True).status_code == 200
    answer = dana.post("/workbench/counter/people/", typed | {"register": "1", "seen": "on"}, secure=True)
    assert answer.status_code == 200
    assert bond().shown_by == "birth"


def test_a_guardian_is_verified_and_of_full_age() -> None:
    adult()
    teen = register(number=resident_number(born(17), 555))
    with pytest.raises(RuleViolation) as caught:
        register(
            number=resident_number(born(10), 321),
            guardian=teen.card.person.volunteer_number,
            relation="sibling",
            shown_by="household",
        )
    assert caught.value.code == "accounts.guardian_not_of_age"


def test_only_the_counter_of_the_division_joins_and_never_for_oneself() -> None:
    teen = register(number=resident_number(born(16), 555))
    number = adult()
    for who in ("rita", "rosa", "edith", "adam", "alice"):
        with pytest.raises(NotAllowed):
            join(who, ward=teen.card.person_id, guardian=number)
    with pytest.raises(RuleViolation) as caught:
        join(ward=teen.card.person_id, guardian=number, present=False)
    assert caught.value.field == "present"
    with acting(SYSTEM):
        Person.objects.filter(pk=account_of("dana").person_id).update(volunteer_number="299999999999")
    with pytest.raises(NotAllowed):
        join(ward=teen.card.person_id, guardian="2999 9999 9999")
    assert join(ward=teen.card.person_id, guardian=number).pk == join(ward=teen.card.person_id, guardian=number).pk
    assert not selectors.is_agreed_to(teen.card.person_id, "data")  # from fourteen on nobody is asked


def test_nobody_is_their_own_guardian_nor_twice() -> None:
    child()
    row = bond()
    with acting(SYSTEM):
        with pytest.raises(IntegrityError, match="two_persons"), transaction.atomic():
            Guardianship.objects.filter(pk=row.pk).update(guardian=row.ward_id)
        with pytest.raises(IntegrityError, match="ends"), transaction.atomic():
            Guardianship.objects.filter(pk=row.pk).update(state="ended")
        with pytest.raises(IntegrityError, match="once"), transaction.atomic():
            row.pk, row.public_id = None, "0000000000"
            row.save(force_insert=True)


def test_service_is_agreed_to_and_no_longer_agreed_to_by_the_guardian_alone(client: Client) -> None:
    ward = child().card.person_id
    rita = signed_in(client, "rita")
    page = rita.get("/my/family/", secure=True).content.decode()
    assert "10 岁" in page
    given = {"row": bond().public_id, "what": "service", "do": "give"}
    assert rita.post("/my/family/", given, secure=True).status_code == 302
    assert selectors.is_agreed_to(ward, "service")
    agree("withdraw", "service")
    assert not selectors.is_agreed_to(ward, "service")
    for who in ("victor", "dana", "edith"):
        with pytest.raises((NotAllowed, Guardianship.DoesNotExist)):
            agree("give", "service", who)
    other = signed_in(Client(), "victor")
    assert other.post("/my/family/", given, secure=True).status_code == 404
    with pytest.raises(RuleViolation):
        agree("give", "everything")


def test_without_consent_to_data_a_young_childs_account_closes_until_both_come_to_the_counter(client: Client) -> None:
    issued = child()
    ward = issued.card.person_id
    enter(client, issued.number, issued.pin)
    agree("withdraw", "data")
    assert client.get("/my/family/", secure=True).status_code == 302  # its next request
    assert enter(Client(), issued.number, issued.pin).status_code == 422
    with pytest.raises(RuleViolation) as caught:
        agree("give", "data")
    assert caught.value.code == "accounts.closed_by_guardian"
    with acting(SYSTEM):
        number = str(Person.objects.get(pk=account_of("rita").person_id).volunteer_number)
    join(ward=ward, guardian=number)
    assert enter(Client(), issued.number, issued.pin).status_code == 302


def test_an_account_an_administrator_closed_is_not_opened_by_a_guardian() -> None:
    ward = child().card.person_id
    Account.objects.filter(person=ward).update(is_active=False)
    with acting(SYSTEM):
        number = str(Person.objects.get(pk=account_of("rita").person_id).volunteer_number)
    join(ward=ward, guardian=number)
    assert not Account.objects.get(person=ward).is_active


def test_when_a_guardian_is_it_no_more_what_they_agreed_to_ends(client: Client) -> None:
    ward = child(agrees=True).card.person_id
    row = bond()
    for who in ("rita", "edith", "rosa"):
        with pytest.raises((NotAllowed, Guardianship.DoesNotExist)), acting(actor_of(who)) as actor:
            actions.end_guardianship(actor=actor, guardianship=row)
    with acting(SYSTEM):
        address = f"/workbench/counter/people/{Person.objects.get(pk=ward).public_id}/"
    dana = signed_in(client, "dana")
    assert "监护人" in dana.get(address, secure=True).content.decode()
    assert dana.post(address, {"do": "end", "row": row.public_id}, secure=True).status_code == 302
    assert not selectors.is_agreed_to(ward, "service")
    with pytest.raises(RuleViolation):
        agree("give", "service")
    with pytest.raises(RuleViolation), acting(actor_of("dana")) as actor:
        actions.end_guardianship(actor=actor, guardianship=row)
    assert dana.post(address, {"do": "end", "row": "nothing"}, secure=True).status_code == 404


def test_the_counter_adds_a_guardian_of_a_teenager_on_the_persons_page(client: Client) -> None:
    teen, number = register(number=resident_number(born(16), 555)), adult()
    address, dana = f"/workbench/counter/people/{teen.card.person.public_id}/", signed_in(client, "dana")
    assert dana.post(address, {"do": "join"}, secure=True).status_code == 422
    given = {"do": "join", "guardian": number, "relation": "parent", "shown_by": "birth", "present": "on"}
    assert dana.post(address, given | {"agrees": "on"}, secure=True).status_code == 302
    assert selectors.is_agreed_to(teen.card.person_id, "service")


def test_what_keeps_somebody_from_service_is_said_by_a_code() -> None:
    assert selectors.hindrance(account_of("victor").person_id, path="44/4403/") == "not_verified"
    ward = child().card.person_id
    path = "44/4403/"
    assert selectors.hindrance(ward, path=path) == "no_consent"
    agree("give", "service")
    assert selectors.hindrance(ward, path=path) == ""
    assert selectors.hindrance(ward, path=path, danger=True) == "danger"
    assert selectors.hindrance(ward, path=path, on=today().replace(year=today().year - 4)) == "too_young"
    grown = today().replace(year=today().year + 9)
    assert selectors.hindrance(ward, path=path, danger=True, on=grown) == ""
    agree("withdraw", "service")
    assert selectors.hindrance(ward, path=path) == "no_consent"


def test_rows_about_guardians_are_seen_by_both_and_the_counter_alone() -> None:
    issued = child()
    with acting(SYSTEM):
        ward = Account.objects.get(person=issued.card.person_id)
    from gongzhi.core.actor import Actor
    from gongzhi.orgs.acting import for_self

    actors = {name: actor_of(name) for name in ("rita", "dana", "edith", "victor", "alice", "visitor")}
    actors["ward"] = for_self(ward, Actor.visitor().request_id)
    for name, many in {"rita": 1, "ward": 1, "dana": 1, "edith": 0, "victor": 0, "alice": 0, "visitor": 0}.items():
        with acting(actors[name]) as actor:
            assert Guardianship.objects.visible_to(actor).count() == Guardianship.objects.count() == many, name
