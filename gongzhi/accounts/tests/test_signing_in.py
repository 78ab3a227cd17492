"""Signing up, signing in by code, a new password, sessions: as people do it, and as others try it."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.accounts import actions
from gongzhi.accounts.actions import codes, sessions
from gongzhi.accounts.enums import CodePurpose, Method
from gongzhi.accounts.models import Account, OneTimeCode, Person, SignIn
from gongzhi.accounts.sessions import cookie_name, device_of, mask_address
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import unseal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.sessions import SessionStore, stored_key
from gongzhi.notify.models import Message
from tests.world import PASSWORD, account_of, actor_of

SENDER = Actor.system("accounts.send_code")
NEW = "seven purple umbrellas"


class Phone:
    """Catches text messages."""

    channel = "sms"

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, *, address: Any, subject: str, text: str, reference: str) -> None:
        self.sent.append((address.value, text))


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Phone:
    """The courier of text messages."""
    one = Phone()
    monkeypatch.setattr("gongzhi.accounts.actions.codes.courier_of", lambda channel: one if channel == "sms" else None)
    return one


def newest() -> OneTimeCode:
    return OneTimeCode.objects.latest("pk")


def deliver() -> bool:
    """What the worker does with the newest code; whether anything went out."""
    with acting(SENDER):
        return codes.send_code(actor=SENDER, code_id=newest().pk)


def code_in(text: Any) -> str:
    found = re.search(r"\b(\d{6})\b", str(text))
    assert found, text
    return found[1]


def post(client: Client, address: str, **data: str) -> Any:
    return client.post(address, data, secure=True)


def sign_in(client: Client, name: str = "rita", password: str = PASSWORD, **more: str) -> Any:
    return post(client, "/accounts/sign-in/", login=f"{name}@world.example", password=password, **more)


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/my/security/", secure=True).status_code == 200)


# --- signing up ---


@pytest.mark.django_db
@pytest.mark.parametrize("login", ["13912340013", "new@example.org"])
def test_somebody_signs_up_with_a_number_or_an_address(client: Client, phone: Phone, login: str) -> None:
    assert post(client, "/accounts/sign-up/", login=login).status_code == 302
    assert deliver()
    text = phone.sent[0][1] if phone.sent else mail.outbox[0].body
    answer = post(client, "/accounts/sign-up/finish/", code=code_in(text), name="王××", password=NEW)
    assert answer.status_code == 302
    assert is_signed_in(client)
    account = actions.find_account(login)
    assert account is not None
    assert SignIn.objects.get(account=account).method == Method.SIGN_UP
    assert bytes(newest().code_sealed) == b""
    with acting(SENDER):
        assert Person.objects.get(pk=account.person_id).name_masked == "王××"


@pytest.mark.django_db
def test_signing_up_with_a_taken_address_looks_the_same_and_its_owner_is_told(client: Client) -> None:
    free = Client()
    answers = [
        post(free, "/accounts/sign-up/", login="free@example.org"),
        post(client, "/accounts/sign-up/", login="rita@world.example"),
    ]
    assert {(one.status_code, one.headers["Location"]) for one in answers} == {(302, "/accounts/sign-up/finish/")}
    pages = [one.get("/accounts/sign-up/finish/", secure=True).content.decode() for one in (free, client)]
    bare = [re.sub(r'value="[A-Za-z0-9]{64}"|[fr]\*\*\*@[a-z.]+', "", page) for page in pages]
    assert bare[0] == bare[1]
    assert deliver()
    assert not re.search(r"\d{6}", str(mail.outbox[-1].body))
    before = Account.objects.count()
    assert post(client, "/accounts/sign-up/finish/", code="123456", name="王××", password=NEW).status_code == 422
    assert Account.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "gongzhi2026!!", "共治共治共治123456", "aaaaaaaaaaaaaa", "password1234"])
def test_a_weak_password_is_refused_and_what_was_typed_stays(client: Client, password: str) -> None:
    post(client, "/accounts/sign-up/", login="new@example.org")
    deliver()
    page = post(client, "/accounts/sign-up/finish/", code=code_in(mail.outbox[0].body), name="王××", password=password)
    assert page.status_code == 422
    assert "王××" in page.content.decode()
    assert actions.find_account("new@example.org") is None


@pytest.mark.django_db
def test_a_long_sentence_without_signs_and_digits_is_a_good_password() -> None:
    actions.check_password_rules("one two three four five six seven")
    actions.check_password_rules("x" * 5 + "abcdefg" * 17)
    with pytest.raises(RuleViolation):
        actions.check_password_rules("abcdefgh" * 17)


@pytest.mark.django_db
def test_only_a_visitor_signs_up_and_only_the_process_sends_codes() -> None:
    with acting(Actor.visitor()) as visitor:
        code = codes.request_code(
            actor=visitor, purpose=CodePurpose.SIGN_UP, login="a@example.org", address="192.0.2.1"
        )
    for refuse in (
        lambda: codes.sign_up(actor=actor_of("rita"), code_id=code.pk, typed="1", name="王××", password=NEW),
        lambda: codes.recover_password(actor=actor_of("rita"), code_id=code.pk, typed="1", password=NEW),
        lambda: codes.send_code(actor=actor_of("adam"), code_id=code.pk),
        lambda: codes.forget_codes(actor=actor_of("adam")),
        lambda: codes.request_code(actor=actor_of("rita"), purpose="sign_in", login="a@example.org", address=""),
    ):
        with pytest.raises(NotAllowed):
            refuse()


# --- codes ---


@pytest.mark.django_db
def test_a_code_signs_in_once_and_never_again(client: Client) -> None:
    post(client, "/accounts/sign-in/code/", login="rita@world.example")
    deliver()
    digits = code_in(mail.outbox[0].body)
    held = dict(client.session)
    assert post(client, "/accounts/sign-in/code/enter/", code=digits).status_code == 302
    assert is_signed_in(client)
    other = Client()
    session = other.session
    session.update({"code": held["code"]})
    session.save()
    other.cookies[_session_cookie()] = str(session.session_key)
    assert post(other, "/accounts/sign-in/code/enter/", code=digits).status_code == 422
    assert not is_signed_in(other)


def _session_cookie() -> str:
    from django.conf import settings

    return settings.SESSION_COOKIE_NAME


@pytest.mark.django_db
def test_a_code_opens_nothing_for_another_browser_another_purpose_or_after_ten_minutes(client: Client) -> None:
    post(client, "/accounts/sign-in/code/", login="rita@world.example")
    deliver()
    digits = code_in(mail.outbox[0].body)
    assert post(Client(), "/accounts/sign-in/code/enter/", code=digits).headers["Location"] == "/accounts/sign-in/code/"
    visitor = Actor.visitor()
    with pytest.raises(RuleViolation):
        codes.recover_password(actor=visitor, code_id=newest().pk, typed=digits, password=NEW)
    OneTimeCode.objects.update(expires_at=newest().made_at)
    with pytest.raises(RuleViolation):
        codes.sign_in_with_code(actor=visitor, code_id=newest().pk, typed=digits)


@pytest.mark.django_db
def test_after_five_wrong_tries_the_right_code_is_refused(client: Client) -> None:
    post(client, "/accounts/sign-in/code/", login="rita@world.example")
    deliver()
    digits = code_in(mail.outbox[0].body)
    wrong = f"{(int(digits) + 1) % 1_000_000:06d}"
    for _ in range(codes.TRIES):
        assert post(client, "/accounts/sign-in/code/enter/", code=wrong).status_code == 422
    assert newest().tries == codes.TRIES
    assert post(client, "/accounts/sign-in/code/enter/", code=digits).status_code == 422


@pytest.mark.django_db
def test_nobody_is_sent_more_than_five_codes_an_hour(client: Client) -> None:
    for _ in range(codes.CODES_PER_TARGET):
        assert post(client, "/accounts/recover/", login="nobody@example.org").status_code == 302
    assert post(client, "/accounts/recover/", login="NOBODY@example.org").status_code == 422
    assert post(client, "/accounts/recover/", login="else@example.org").status_code == 302  # the negative control


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/accounts/sign-in/code/", "/accounts/sign-up/", "/accounts/recover/"])
def test_asking_for_a_code_runs_the_same_queries_whoever_has_the_address(address: str) -> None:
    closed = account_of("rosa")
    Account.objects.filter(pk=closed.pk).update(is_active=False)
    post(Client(), address, login="warm@example.org")
    counts, answers = set(), set()
    for login in ("rita@world.example", "nobody@example.org", "rosa@world.example"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = post(Client(), address, login=login)
        counts.add(len(queries))
        answers.add((answer.status_code, answer.headers["Location"]))
    assert len(counts) == 1
    assert len(answers) == 1


@pytest.mark.django_db
def test_nothing_goes_to_an_address_without_account_and_nothing_twice(client: Client) -> None:
    post(client, "/accounts/sign-in/code/", login="nobody@example.org")
    assert not deliver()
    assert not mail.outbox
    post(client, "/accounts/sign-in/code/", login="rita@world.example")
    assert deliver()
    assert not deliver()
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_no_table_holds_a_code_or_where_it_went_in_clear(client: Client) -> None:
    post(client, "/accounts/sign-up/", login="13912340013")
    row = newest()
    digits = unseal(row.code_sealed, where="accounts_one_time_code.code_sealed", pk=row.pk)
    found = []
    with connection.cursor() as cursor:
        for table in ("accounts_one_time_code", "procrastinate_jobs", "django_session", "audit_event", "core_throttle"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s OR t::text LIKE %s",
                           [f"%{digits}%", "%13912340013%"])  # fmt: skip
            found.append((table, cursor.fetchone()[0]))
    assert all(count == 0 for _table, count in found), found
    assert client.session["code"]["id"] == row.pk  # the control: the session knows which code it waits for


@pytest.mark.django_db
def test_without_anybody_for_text_messages_a_code_is_printed_on_a_demonstration_only(
    client: Client, settings: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gongzhi.accounts.actions.codes.courier_of", lambda channel: None)
    post(client, "/accounts/sign-up/", login="13912340013")
    with pytest.raises(LookupError):
        deliver()
    settings.DEMO = True
    assert deliver()
    assert code_in(capsys.readouterr().err)


@pytest.mark.django_db
def test_old_codes_and_old_sessions_are_forgotten() -> None:
    with acting(SENDER):
        assert codes.forget_codes(actor=SENDER) == 0
    with acting(Actor.visitor()) as visitor:
        codes.request_code(actor=visitor, purpose="sign_up", login="a@example.org", address="")
    OneTimeCode.objects.update(made_at=newest().made_at - codes.KEPT * 2)
    with acting(SENDER):
        assert codes.forget_codes(actor=SENDER) == 1


@pytest.mark.django_db
def test_what_is_known_of_sessions_goes_after_a_year_and_ended_sessions_at_once(client: Client) -> None:
    sign_in(client)
    row = SignIn.objects.get()
    with acting(SENDER):
        assert sessions.forget_sign_ins(actor=SENDER) == 0
    assert is_signed_in(client)
    Session.objects.update(expire_date=row.opened_at)
    SignIn.objects.update(opened_at=row.opened_at - sessions.KEPT * 2)
    with acting(SENDER):
        assert sessions.forget_sign_ins(actor=SENDER) == 1
    assert not Session.objects.exists()
    with pytest.raises(NotAllowed):
        sessions.forget_sign_ins(actor=actor_of("adam"))


# --- a new password ---


@pytest.mark.django_db
def test_a_new_password_by_code_ends_every_session_and_is_told(client: Client) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    post(client, "/accounts/recover/", login="rita@world.example")
    deliver()
    answer = post(client, "/accounts/recover/finish/", code=code_in(mail.outbox[0].body), password=NEW)
    assert answer.status_code == 302
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert sign_in(Client(), password=NEW).status_code == 302
    with acting(SENDER):
        assert Message.objects.filter(kind="accounts.password_changed").count() == 1


@pytest.mark.django_db
def test_changing_ones_password_keeps_this_session_and_ends_the_others(client: Client) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    sign_in(client)
    assert post(client, "/my/security/password/", old="wrong one here", new=NEW).status_code == 422
    assert post(client, "/my/security/password/", old=PASSWORD, new="short").status_code == 422
    assert is_signed_in(elsewhere)
    assert post(client, "/my/security/password/", old=PASSWORD, new=NEW).status_code == 302
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    with pytest.raises(NotAllowed):
        codes.change_password(actor=actor_of("dana"), account=account_of("rita"), old=NEW, new=NEW)


@pytest.mark.django_db
def test_a_new_number_takes_the_place_of_the_old_one_after_its_code(client: Client, phone: Phone) -> None:
    client.force_login(account_of("rita"))
    post(client, "/my/security/contact/", login="139 1234 0013")
    deliver()
    assert post(client, "/my/security/contact/confirm/", code="000000").status_code == 422
    assert post(client, "/my/security/contact/confirm/", code=code_in(phone.sent[0][1])).status_code == 302
    assert actions.find_account("13912340013") == account_of("rita")
    assert "139****0013" in client.get("/my/security/", secure=True).content.decode()
    with acting(SENDER):
        assert Message.objects.filter(kind="accounts.contact_changed").exists()


@pytest.mark.django_db
def test_the_old_mailbox_is_told_when_it_is_replaced(client: Client) -> None:
    client.force_login(account_of("rita"))
    post(client, "/my/security/contact/", login="new@example.org")
    deliver()
    digits = code_in(mail.outbox[0].body)
    assert post(client, "/my/security/contact/confirm/", code=digits).status_code == 302
    assert deliver()
    assert mail.outbox[-1].to == ["rita@world.example"]
    assert not re.search(r"\d{6}", str(mail.outbox[-1].body))


@pytest.mark.django_db
def test_a_number_somebody_else_has_is_never_taken_over(client: Client, phone: Phone) -> None:
    client.force_login(account_of("rita"))
    post(client, "/my/security/contact/", login="dana@world.example")
    deliver()
    digits = OneTimeCode.objects.latest("pk")
    with pytest.raises(RuleViolation):
        codes.change_contact(actor=actor_of("rita"), account=account_of("rita"), code_id=digits.pk, typed="000000")
    with pytest.raises(NotAllowed):
        codes.change_contact(actor=actor_of("dana"), account=account_of("rita"), code_id=digits.pk, typed="000000")
    assert account_of("dana").email == "dana@world.example"


# --- sessions ---


@pytest.mark.django_db
def test_a_key_that_was_planted_before_signing_in_opens_nothing(client: Client) -> None:
    planted = client.session
    planted["planted"] = "yes"
    planted.save()
    client.cookies[_session_cookie()] = str(planted.session_key)
    sign_in(client)
    assert client.session.session_key != planted.session_key
    thief = Client()
    thief.cookies[_session_cookie()] = str(planted.session_key)
    assert not is_signed_in(thief)
    assert is_signed_in(client)  # the negative control


@pytest.mark.django_db
def test_the_table_of_sessions_holds_neither_key_nor_content(client: Client) -> None:
    sign_in(client)
    key = client.session.session_key
    row = Session.objects.get(pk=stored_key(key))
    assert str(key) not in str(row.pk) + row.session_data
    assert SessionStore().decode(row.session_data)["began"]["method"] == "password"
    assert SessionStore().decode("AAAA") == {}
    thief = Client()
    thief.cookies[_session_cookie()] = str(row.pk)  # a dump's key is no key
    assert not is_signed_in(thief)


@pytest.mark.django_db
def test_one_session_and_all_others_are_ended_from_the_list(client: Client) -> None:
    others = [Client(), Client()]
    for one in (client, *others):
        sign_in(one)
    rita = account_of("rita")
    first = SignIn.objects.get(account=rita, stored_key=stored_key(others[0].session.session_key))
    assert post(client, "/my/security/sessions/end/", session=first.public_id).status_code == 302
    assert [is_signed_in(one) for one in (client, *others)] == [True, False, True]
    assert post(client, "/my/security/sessions/end/", session=first.public_id).status_code == 422
    assert post(client, "/my/security/sessions/end/", session="others").status_code == 302
    assert [is_signed_in(one) for one in (client, *others)] == [True, False, False]
    dana = Client()
    dana.force_login(account_of("dana"))
    mine = SignIn.objects.open().get(account=rita)
    assert post(dana, "/my/security/sessions/end/", session=mine.public_id).status_code == 404
    assert is_signed_in(client)


@pytest.mark.django_db
def test_a_session_that_ran_out_is_listed_as_ended(client: Client) -> None:
    late = Client()
    sign_in(late)
    sign_in(client)
    shown = 'name="session" value="{}"'
    row = SignIn.objects.get(stored_key=stored_key(late.session.session_key))
    assert shown.format(row.public_id) in client.get("/my/security/", secure=True).content.decode()
    Session.objects.filter(pk=row.stored_key).update(expire_date=row.opened_at)
    assert shown.format(row.public_id) not in client.get("/my/security/", secure=True).content.decode()


@pytest.mark.django_db
def test_signing_out_ends_the_recorded_session(client: Client) -> None:
    sign_in(client)
    post(client, "/accounts/sign-out/")
    assert not SignIn.objects.open().filter(account=account_of("rita")).exists()
    assert not is_signed_in(client)


@pytest.mark.django_db
def test_a_new_device_is_told_and_a_known_one_is_not(client: Client) -> None:
    def told() -> int:
        with acting(SENDER):
            return Message.objects.filter(kind="accounts.new_device").count()

    sign_in(client)
    assert told() == 0  # the first of all is no news
    post(client, "/accounts/sign-out/")
    sign_in(client)
    assert told() == 0
    sign_in(Client())
    assert told() == 1


@pytest.mark.django_db
def test_a_public_computer_keeps_no_mark_and_its_session_ends_with_the_browser(client: Client) -> None:
    sign_in(client, public_computer="on")
    assert cookie_name() not in client.cookies
    assert client.cookies[_session_cookie()]["max-age"] == ""
    home = Client()
    sign_in(home)
    assert home.cookies[cookie_name()]["httponly"]


@pytest.mark.django_db
def test_a_closed_account_is_out_with_its_next_request(client: Client) -> None:
    sign_in(client)
    assert is_signed_in(client)
    with acting(actor_of("sena")) as sena:
        actions.disable_account(actor=sena, account=account_of("rita"))
    assert not is_signed_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/accounts/sign-in/", "/accounts/sign-up/", "/my/security/sessions/end/"])
def test_no_form_is_taken_from_another_site(address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(account_of("rita"))
    assert strict.post(address, {"login": "a@example.org"}, secure=True).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_after_signing_in_nobody_is_sent_to_another_site(client: Client, wanted: str) -> None:
    assert "evil" not in sign_in(client, next=wanted).headers["Location"]
    assert "alert" not in client.get(f"/accounts/sign-in/code/?next={wanted}", secure=True).headers.get("Location", "")


@pytest.mark.django_db
def test_the_list_of_sessions_costs_the_same_for_three_and_for_thirty(client: Client) -> None:
    client.force_login(account_of("rita"))

    def cost(rows: int) -> int:
        for number in range(rows):
            SignIn.objects.create(
                account=account_of("rita"), stored_key=f"{rows}-{number}", method="password", device="chrome-linux",
                device_index=b"x",
            )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/my/security/", secure=True).status_code == 200
        return len(queries)

    cost(1)
    assert cost(3) == cost(30)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36", "chrome-windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0", "wechat-iphone"),
        ("", "other-other"),
    ],
)
def test_a_device_is_a_short_code(line: str, code: str) -> None:
    assert device_of(line) == code


def test_half_of_a_network_address_is_kept() -> None:
    assert [mask_address(one) for one in ("203.0.113.7", "2001:db8:1::7", "", "::1")] == [
        "203.0.*.*",
        "2001:0db8:*",
        "",
        "",
    ]


# --- guessing ---


def _guess(client: Client, login: str, address: str) -> int:
    data = {"login": login, "password": "wrong wrong wrong"}
    return int(client.post("/accounts/sign-in/", data, secure=True, REMOTE_ADDR=address).status_code)


@pytest.mark.django_db
def test_unknown_closed_and_wrong_password_run_the_same_hashes_and_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """By way of the page, whole request: what an attacker can measure."""
    Account.objects.filter(pk=account_of("rosa").pk).update(is_active=False)
    hashes: list[int] = []
    real = hashers.check_password

    def counted(*given: Any) -> bool:
        hashes.append(1)
        return bool(real(*given))

    monkeypatch.setattr("gongzhi.accounts.actions.check_password", counted)
    _guess(Client(), "warm@example.org", "192.0.2.1")
    seen = set()
    for login in ("nobody@example.org", "rosa@world.example", "rita@world.example"):
        hashes.clear()
        with CaptureQueriesContext(connection) as queries:
            status = _guess(Client(), login, "192.0.2.1")
        seen.add((status, len(hashes), len(queries)))
    assert len(seen) == 1
    assert {one[1] for one in seen} == {1}


@pytest.mark.django_db
def test_a_number_typed_in_ten_ways_has_one_count() -> None:
    ways = {
        actions._buckets(way, "192.0.2.1")[0] for way in ("13812340013", "+86 138-1234-0013", "１３８１２３４００１３")
    }
    assert len(ways) == 1
    nets = {actions._buckets("a", way)[1] for way in ("2001:db8::1", "2001:db8::ffff:2")}
    assert len(nets) == 1


GUESSER = """
import sys
from gongzhi.config.cli import start_django

start_django()
from django.db import connection

connection.settings_dict["NAME"] = sys.argv[1]
from gongzhi.accounts import actions
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting, after
from gongzhi.core.errors import RuleViolation

hashes = 0


def counted(password, stored):
    global hashes
    hashes += 1
    return False


actions.check_password = counted
ways = ["13812340019", "+86 138-1234-0019", "138 1234 0019"]
for number in range(int(sys.argv[2])):
    given = {"login": ways[number % 3], "address": f"10.{sys.argv[3]}.{number // 250}.{number % 250}"}
    try:
        with acting(Actor.visitor()) as actor:
            actions.sign_in(actor=actor, password=str(number), **given)
    except RuleViolation as error:
        if error.code == "accounts.sign_in_failed":
            with acting(actor):
                actions.count_failed_sign_in(**given)
print(hashes)
"""


def test_of_ten_thousand_guesses_over_four_processes_a_dozen_are_looked_at(fresh_database: str) -> None:
    """Ten, and at most one more for each process that was between looking and counting."""
    start = [sys.executable, "-c", GUESSER, fresh_database, "2500"]
    guessing = [subprocess.Popen([*start, str(n)], stdout=subprocess.PIPE, text=True) for n in range(4)]
    looked_at = sum(int(one.communicate(timeout=300)[0].split()[-1]) for one in guessing)
    assert actions.TRIES_PER_NAME <= looked_at <= actions.TRIES_PER_NAME + 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        ("/accounts/sign-in/code/", "/accounts/sign-in/code/enter/"),
        ("/accounts/sign-up/", "/accounts/sign-up/finish/"),
        ("/accounts/recover/", "/accounts/recover/finish/"),
    ],
)
def test_a_wrong_code_is_answered_with_the_same_words_and_queries_whoever_has_the_address(
    ask: str, answer: str
) -> None:
    Account.objects.filter(pk=account_of("rosa").pk).update(is_active=False)
    given = {"code": "00000x", "name": "王××", "password": NEW}
    seen = set()
    for login in ("warm@world.example", "rita@world.example", "nobody@world.example", "rosa@world.example"):
        browser = Client()
        assert post(browser, ask, login=login).status_code == 302
        with CaptureQueriesContext(connection) as queries:
            page = post(browser, answer, **given)
        said = re.sub(r'value="[A-Za-z0-9]{64}"|\w\*\*\*@', "", page.content.decode())
        if not login.startswith("warm"):
            seen.add((page.status_code, len(queries), said))
    assert len(seen) == 1
    assert next(iter(seen))[0] == 422
