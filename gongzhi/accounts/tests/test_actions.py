"""Accounts: making one, signing in, closing it."""

import pytest
from django.test import Client

from gongzhi.accounts import actions
from gongzhi.accounts.models import Account, Person
from gongzhi.audit.looks import reveal
from gongzhi.audit.models import Event, Look
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from tests.world import PASSWORD, account_of, actor_of

MAKER = Actor.system("test", permissions=frozenset({"accounts.create"}))


def make(**changes: str) -> Account:
    values = {"name": "王小明", "password": PASSWORD, "email": "wang@example.org", "phone": "138 1234 0013"} | changes
    with acting(MAKER):
        return actions.create_account(actor=MAKER, **values)


@pytest.mark.django_db
def test_a_new_account_stores_no_name_and_no_number_in_clear() -> None:
    account = make()
    person = Person.objects.get(pk=account.person_id)
    assert (person.name_masked, person.phone_masked) == ("王××", "138****0013")
    assert b"\xe7\x8e\x8b" not in bytes(person.name_sealed)
    assert b"13812340013" not in bytes(person.phone_sealed)
    assert Event.objects.filter(event="accounts.account.created", subject_id=account.pk).count() == 1


@pytest.mark.django_db
def test_reveal_opens_a_field_and_writes_who_looked() -> None:
    account = make()
    with acting(MAKER):
        assert reveal(MAKER, account.person, "name_sealed", purpose="test") == "王小明"
    look = Look.objects.get(subject_kind="accounts.person", subject_id=account.person_id)
    assert (look.fields, look.purpose, look.refused) == (["name_sealed"], "test", False)


@pytest.mark.django_db
def test_looking_at_oneself_is_not_a_look() -> None:
    account = make()
    with acting(MAKER):
        reveal(MAKER, account.person, "name_sealed", purpose="test", own=True)
    assert not Look.objects.filter(subject_id=account.person_id).exists()


@pytest.mark.django_db
def test_an_undeclared_field_is_never_opened() -> None:
    account = make()
    with pytest.raises(KeyError):
        reveal(MAKER, account, "password", purpose="test")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"email": "no address"}, "email"),
        ({"phone": "12345"}, "phone"),
        ({"email": "", "phone": ""}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"email": "dana@world.example"}, "email"),
    ],
)
def test_bad_input_is_named_and_nothing_is_left_behind(changes: dict[str, str], field: str) -> None:
    before = Account.objects.count()
    with pytest.raises(RuleViolation) as caught:
        make(**changes)
    assert caught.value.field == field
    assert Account.objects.count() == before


@pytest.mark.django_db
def test_only_those_who_may_make_accounts() -> None:
    dana = actor_of("dana")
    with pytest.raises(NotAllowed):
        actions.create_account(actor=dana, name="王小明", password=PASSWORD, email="wang@example.org")


@pytest.mark.django_db
@pytest.mark.parametrize("login", ["wang@example.org", "WANG@example.org", "13812340013", "+86 138-1234-0013"])
def test_sign_in_by_address_or_number(login: str) -> None:
    account = make()
    visitor = Actor.visitor()
    assert actions.sign_in(actor=visitor, login=login, password=PASSWORD, address="192.0.2.1") == account


@pytest.mark.django_db
def test_every_failed_sign_in_says_the_same_and_costs_the_same(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    make()
    with acting(actor_of("sena")) as sena:
        closed = make(email="closed@example.org", phone="")
        actions.disable_account(actor=sena, account=closed)
    texts = set()
    for login, password in [
        ("wang@example.org", "wrong password here"),
        ("nobody@example.org", PASSWORD),
        ("closed@example.org", PASSWORD),
    ]:
        with django_assert_num_queries(6), pytest.raises(RuleViolation) as caught:
            actions.sign_in(actor=Actor.visitor(), login=login, password=password, address="192.0.2.1")
        texts.add((caught.value.code, str(caught.value.message)))
    assert len(texts) == 1


@pytest.mark.django_db
def test_after_ten_tries_even_the_right_password_waits() -> None:
    make()
    for _ in range(actions.TRIES_PER_NAME):
        actions.count_failed_sign_in(login="wang@example.org", address="192.0.2.1")
    with pytest.raises(RuleViolation) as caught:
        actions.sign_in(actor=Actor.visitor(), login="wang@example.org", password=PASSWORD, address="192.0.2.9")
    assert caught.value.code == "accounts.too_many_tries"
    # the negative control: another name from another address is not held up
    actions.sign_in(actor=Actor.visitor(), login="dana@world.example", password=PASSWORD, address="192.0.2.9")


@pytest.mark.django_db
def test_nobody_closes_their_own_account_and_a_closed_one_is_closed_once() -> None:
    sena = actor_of("sena")
    with pytest.raises(NotAllowed):
        actions.disable_account(actor=sena, account=account_of("sena"))
    rita = account_of("rita")
    actions.disable_account(actor=sena, account=rita)
    with pytest.raises(RuleViolation):
        actions.disable_account(actor=sena, account=rita)


@pytest.mark.django_db
def test_how_pages_look_follows_the_person_to_the_next_device(client: Client) -> None:
    client.force_login(account_of("rita"))
    client.post("/ui/settings/", {"toggle": "elder"}, secure=True)
    assert "elder" in account_of("rita").display
    other = Client()
    other.force_login(account_of("rita"))
    assert 'data-elder="on"' in other.get("/", secure=True).content.decode()
    assert 'data-elder="on"' not in Client().get("/", secure=True).content.decode()


@pytest.mark.django_db
def test_nobody_chooses_how_pages_look_for_somebody_else() -> None:
    with pytest.raises(NotAllowed):
        actions.choose_display(actor=actor_of("dana"), account=account_of("rita"), display="dark")
