"""Second factors: set up, used, replayed, removed; passkeys; asking again before acts of high risk."""

from __future__ import annotations

import html
import json
import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from gongzhi.accounts import factors
from gongzhi.accounts.actions import factors as actions
from gongzhi.accounts.models import SignIn
from gongzhi.accounts.tests.passkeys import SoftPasskey
from gongzhi.accounts.tests.test_signing_in import is_signed_in, post, sign_in
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import CannotOpen
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.orgs.acting import ACTING_FOR
from gongzhi.portal.tests.test_pages import visible
from tests.world import PASSWORD, account_of, actor_of


class Clock:
    """The time authenticators and the server see."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is moved."""
    one = Clock(float(int(time.time()) // 30 * 30))
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", one)
    return one


def shown(secret: str, at: float) -> str:
    """What an authenticator whose clock says `at` shows."""
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(at) // 30)))


def with_authenticator(name: str, at: float) -> tuple[str, list[str]]:
    """Give one of the cast an authenticator; its secret and the recovery codes. The step before `at` is used up."""
    account, secret = account_of(name), factors.new_secret()
    with acting(actor_of(name)) as actor:
        codes = actions.add_authenticator(actor=actor, account=account, secret=secret, typed=shown(secret, at - 30))
    return secret, codes


def options_on(page: Any) -> str:
    found = re.search(r'data-passkey="([^"]+)"', page.content.decode())
    assert found, page.status_code
    return html.unescape(found[1])


def with_passkey(client: Client, **more: Any) -> SoftPasskey:
    """Add a passkey to whoever is signed in, by way of the page."""
    key = SoftPasskey(**more)
    options = options_on(client.get("/my/security/passkey/", secure=True))
    answer = post(client, "/my/security/passkey/", name="示例", credential=json.dumps(key.make(options)))
    assert answer.status_code == 200, visible(answer.content.decode())[-300:]
    return key


# --- authenticator ---


@pytest.mark.django_db
def test_somebody_sets_up_an_authenticator_and_signs_in_in_two_steps(client: Client, clock: Clock) -> None:
    client.force_login(account_of("rita"))
    page = client.get("/my/security/authenticator/", secure=True).content.decode()
    secret = client.session["authenticator"]
    assert "data:image/svg+xml;base64," in page
    assert post(client, "/my/security/authenticator/", code="000000").status_code == 422
    done = post(client, "/my/security/authenticator/", code=shown(secret, clock.now))
    codes = re.findall(r'class="code">(\d{8})<', done.content.decode())
    assert len(codes) == 10
    other = Client()
    answer = sign_in(other, next="/data/")
    assert answer.headers["Location"] == "/accounts/sign-in/second/"
    assert not is_signed_in(other)
    clock.now += 30
    assert post(other, "/accounts/sign-in/second/", code="123456").status_code == 422
    answer = post(other, "/accounts/sign-in/second/", code=shown(secret, clock.now))
    assert answer.headers["Location"].endswith("?next=%2Fdata%2F")
    assert is_signed_in(other)
    assert SignIn.objects.filter(account=account_of("rita"), second_factor=True).count() == 1


@pytest.mark.django_db
def test_a_code_of_an_authenticator_is_good_once_in_whatever_process(clock: Clock) -> None:
    secret, _codes = with_authenticator("rita", clock.now)
    rita, visitor = account_of("rita"), Actor.visitor()
    actions.use_code(actor=visitor, account=rita, typed=shown(secret, clock.now))
    for _ in range(2):
        with pytest.raises(RuleViolation):
            actions.use_code(actor=visitor, account=rita, typed=shown(secret, clock.now))
    with pytest.raises(RuleViolation):  # nor the one before, that was never typed
        actions.use_code(actor=visitor, account=rita, typed=shown(secret, clock.now - 30))
    clock.now += 30
    actions.use_code(actor=visitor, account=rita, typed=shown(secret, clock.now))  # the negative control
    row = Authenticator.objects.get(user_id=rita.pk, type="totp")
    assert row.data["last_step"] == clock.now // 30


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("shift", "good"), [(-90, False), (-60, False), (-30, True), (0, True), (30, True), (60, False), (90, False)]
)
def test_a_clock_may_be_one_step_off_and_no_more(clock: Clock, shift: int, good: bool) -> None:
    clock.now -= 300
    secret, _codes = with_authenticator("rita", clock.now)
    clock.now += 300
    account = account_of("rita")
    if good:
        actions.use_code(actor=Actor.visitor(), account=account, typed=shown(secret, clock.now + shift))
        return
    with pytest.raises(RuleViolation):
        actions.use_code(actor=Actor.visitor(), account=account, typed=shown(secret, clock.now + shift))


@pytest.mark.django_db
def test_a_recovery_code_is_good_once_and_new_ones_end_the_old(clock: Clock) -> None:
    _secret, codes = with_authenticator("rita", clock.now)
    rita, visitor = account_of("rita"), Actor.visitor()
    actions.use_code(actor=visitor, account=rita, typed=codes[3])
    with pytest.raises(RuleViolation):
        actions.use_code(actor=visitor, account=rita, typed=codes[3])
    assert factors.unused_recovery_codes(rita) == 9
    with acting(actor_of("rita")) as actor:
        fresh = actions.renew_recovery_codes(actor=actor, account=rita)
    with pytest.raises(RuleViolation):
        actions.use_code(actor=visitor, account=rita, typed=codes[4])
    actions.use_code(actor=visitor, account=rita, typed=fresh[4])


@pytest.mark.django_db
def test_after_ten_wrong_codes_even_the_right_one_waits(client: Client, clock: Clock) -> None:
    secret, _codes = with_authenticator("rita", clock.now)
    sign_in(client)
    for _ in range(actions.TRIES):
        assert post(client, "/accounts/sign-in/second/", code="000000").status_code == 422
    assert post(client, "/accounts/sign-in/second/", code=shown(secret, clock.now)).status_code == 422
    assert not is_signed_in(client)


@pytest.mark.django_db
def test_secrets_stand_sealed_and_open_for_their_own_account_only(clock: Clock) -> None:
    secret, codes = with_authenticator("rita", clock.now)
    stored = json.dumps(
        list(Authenticator.objects.filter(user_id=account_of("rita").pk).values_list("data", flat=True))
    )
    assert secret not in stored
    assert not any(code in stored for code in codes)
    row = Authenticator.objects.get(user_id=account_of("rita").pk, type="totp")
    with factors.bound_to(account_of("rita")):
        assert factors.SealedAdapter().decrypt(row.data["secret"]) == secret
    with factors.bound_to(account_of("dana")), pytest.raises(CannotOpen):
        factors.SealedAdapter().decrypt(row.data["secret"])


@pytest.mark.django_db
def test_nobody_changes_the_factors_of_somebody_else(clock: Clock) -> None:
    with_authenticator("rita", clock.now)
    rita, dana = account_of("rita"), actor_of("dana")
    row = Authenticator.objects.get(user_id=rita.pk, type="totp")
    for refuse in (
        lambda: actions.add_authenticator(actor=dana, account=rita, secret="A" * 32, typed="1"),
        lambda: actions.add_passkey(actor=dana, account=rita, name="x", answer={}),
        lambda: actions.remove_factor(actor=dana, account=rita, number=row.pk),
        lambda: actions.renew_recovery_codes(actor=dana, account=rita),
        lambda: actions.use_code(actor=dana, account=rita, typed="1"),
        lambda: actions.prove_by_password(actor=dana, account=rita, password=PASSWORD),
        lambda: actions.sign_in_with_passkey(actor=dana, answer={}),
    ):
        with pytest.raises(NotAllowed):
            refuse()
    with pytest.raises(Authenticator.DoesNotExist):
        actions.remove_factor(actor=dana, account=account_of("dana"), number=row.pk)


@pytest.mark.django_db
def test_a_second_authenticator_is_refused_and_codes_need_a_factor(clock: Clock) -> None:
    with_authenticator("rita", clock.now)
    with pytest.raises(RuleViolation), acting(actor_of("rita")) as actor:
        actions.add_authenticator(actor=actor, account=account_of("rita"), secret=factors.new_secret(), typed="1")
    with pytest.raises(RuleViolation), acting(actor_of("dana")) as actor:
        actions.renew_recovery_codes(actor=actor, account=account_of("dana"))


@pytest.mark.django_db
def test_who_acts_for_an_agency_keeps_a_factor_and_a_resident_may_remove_the_last(client: Client, clock: Clock) -> None:
    for name, left in (("dana", True), ("rita", False)):
        with_authenticator(name, clock.now)
        row = Authenticator.objects.get(user_id=account_of(name).pk, type="totp")
        if left:
            with pytest.raises(RuleViolation):
                actions.remove_factor(actor=actor_of(name), account=account_of(name), number=row.pk)
        else:
            client.force_login(account_of(name))
            assert post(client, f"/my/security/factors/{row.pk}/remove/").status_code == 302
        assert Authenticator.objects.filter(user_id=account_of(name).pk).exists() is left


# --- passkeys ---


@pytest.mark.django_db
def test_somebody_adds_a_passkey_and_signs_in_with_nothing_else(client: Client) -> None:
    client.force_login(account_of("rita"))
    key = with_passkey(client)
    other = Client()
    options = options_on(other.get("/accounts/sign-in/passkey/", secure=True))
    answer = json.dumps(key.answer(options))
    assert post(other, "/accounts/sign-in/passkey/", credential=answer).status_code == 302
    assert is_signed_in(other)
    assert SignIn.objects.get(account=account_of("rita")).method == "passkey"
    thief = Client()
    thief.get("/accounts/sign-in/passkey/", secure=True)
    assert post(thief, "/accounts/sign-in/passkey/", credential=answer).status_code == 422  # replayed elsewhere
    assert post(Client(), "/accounts/sign-in/passkey/", credential=answer).status_code == 422  # without a challenge


@pytest.mark.django_db
def test_a_passkey_answers_once_for_its_own_site_and_only_with_the_person_checked(client: Client) -> None:
    client.force_login(account_of("rita"))
    key = with_passkey(client)
    for change in ("origin", "flags", "key"):
        other, before = Client(), getattr(key, change)
        wrong = {"origin": "https://evil.example", "flags": 1, "key": SoftPasskey().key}
        setattr(key, change, wrong[change])
        options = options_on(other.get("/accounts/sign-in/passkey/", secure=True))
        answer = json.dumps(key.answer(options))
        assert post(other, "/accounts/sign-in/passkey/", credential=answer).status_code == 422, change
        assert not is_signed_in(other)
        setattr(key, change, before)
    options = options_on(other.get("/accounts/sign-in/passkey/", secure=True))
    assert post(other, "/accounts/sign-in/passkey/", credential=json.dumps(key.answer(options))).status_code == 302


@pytest.mark.django_db
def test_a_passkey_that_did_not_check_the_person_is_not_added(client: Client) -> None:
    client.force_login(account_of("rita"))
    key = SoftPasskey(verifies=False)
    options = options_on(client.get("/my/security/passkey/", secure=True))
    answer = post(client, "/my/security/passkey/", name="示例", credential=json.dumps(key.make(options)))
    assert answer.status_code == 422
    assert not Authenticator.objects.filter(user_id=account_of("rita").pk).exists()


@pytest.mark.django_db
def test_a_closed_account_is_not_opened_by_its_passkey(client: Client) -> None:
    client.force_login(account_of("rita"))
    key = with_passkey(client)
    account = account_of("rita")
    account.is_active = False
    account.save()
    other = Client()
    options = options_on(other.get("/accounts/sign-in/passkey/", secure=True))
    assert post(other, "/accounts/sign-in/passkey/", credential=json.dumps(key.answer(options))).status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{", "{}", '{"response": 8}', '{"response": {"userHandle": "8"}}', '{"id": null, "rawId": "a"}',
     '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA", "attestationObject": "AA"}}',
     '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"userHandle": "MQ", "clientDataJSON": "e30"}}'],
)  # fmt: skip
@pytest.mark.parametrize("address", ["/accounts/sign-in/passkey/", "/my/security/passkey/"])
def test_what_is_no_answer_of_a_browser_is_refused_without_a_fault(client: Client, address: str, answer: str) -> None:
    if address.startswith("/my/"):
        client.force_login(account_of("rita"))
    client.get(address, secure=True)
    assert post(client, address, name="x", credential=answer).status_code == 422


@pytest.mark.django_db
def test_a_passkey_is_a_second_step_too(client: Client) -> None:
    client.force_login(account_of("rita"))
    key = with_passkey(client)
    other = Client()
    sign_in(other)
    options = options_on(other.get("/accounts/sign-in/second/", secure=True))
    assert post(other, "/accounts/sign-in/second/", credential="{}").status_code == 422
    options = options_on(other.get("/accounts/sign-in/second/", secure=True))
    assert post(other, "/accounts/sign-in/second/", credential=json.dumps(key.answer(options))).status_code == 302
    assert is_signed_in(other)


@pytest.mark.django_db
def test_the_second_step_needs_the_first_and_waits_ten_minutes_only(client: Client, clock: Clock) -> None:
    assert post(client, "/accounts/sign-in/second/", code="1").headers["Location"] == "/accounts/sign-in/"
    secret, _codes = with_authenticator("rita", clock.now)
    sign_in(client)
    session = client.session
    session["second_step"] = {**session["second_step"], "at": time.time() - 601}
    session.save()
    late = post(client, "/accounts/sign-in/second/", code=shown(secret, clock.now))
    assert late.headers["Location"] == "/accounts/sign-in/"
    assert not is_signed_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "handle", [b"9" * 40, b"-1", b"\x00", b"\xff\xfe", b"1e5", b" 1", "１".encode(), b"1\x00", b""]
)
def test_a_passkey_may_claim_to_belong_to_anybody(client: Client, handle: bytes) -> None:
    key = SoftPasskey()
    key.handle = handle
    options = options_on(client.get("/accounts/sign-in/passkey/", secure=True))
    assert post(client, "/accounts/sign-in/passkey/", credential=json.dumps(key.answer(options))).status_code == 422


# --- officials ---


@pytest.mark.django_db
def test_an_official_without_second_factor_is_led_to_set_one_up_before_the_workbench_opens(
    client: Client, settings: Any, clock: Clock
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    answer = sign_in(client, "dana", next="/workbench/")
    answer = client.get(answer.headers["Location"], secure=True)
    assert answer.headers["Location"] == "/my/security/needed/?next=%2Fworkbench%2F"
    assert client.get(answer.headers["Location"], secure=True).status_code == 200
    agency = actor_of("dana").agency_id
    assert post(client, "/acting/", agency=str(agency)).headers["Location"] == "/my/security/needed/"
    assert not client.session.get(ACTING_FOR)
    page = client.get("/my/security/authenticator/?next=/workbench/", secure=True)
    assert page.status_code == 200
    done = post(
        client,
        "/my/security/authenticator/",
        code=shown(client.session["authenticator"], clock.now),
        next="/workbench/",
    )
    onward = re.search(r'href="(/acting/first/[^"]+)"', done.content.decode())
    assert onward
    assert client.get(html.unescape(onward[1]), secure=True).headers["Location"] == "/workbench/"
    assert client.session[ACTING_FOR] == f"agency:{agency}"
    assert client.get("/workbench/", secure=True).status_code == 200


@pytest.mark.django_db
def test_an_official_who_has_a_factor_confirms_it_before_acting_in_a_session_without(
    client: Client, settings: Any, clock: Clock
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    secret, _codes = with_authenticator("dana", clock.now)
    client.force_login(account_of("dana"))
    agency = str(actor_of("dana").agency_id)
    assert post(client, "/acting/", agency=agency).headers["Location"] == "/my/security/needed/"
    assert post(client, "/my/security/needed/", **{"proof-code": "000000"}).status_code == 422
    assert post(client, "/my/security/needed/", **{"proof-code": shown(secret, clock.now)}).status_code == 302
    assert post(client, "/acting/", agency=agency).headers["Location"] == "/workbench/"


# --- asking again ---


def old_session(client: Client, name: str) -> None:
    """Signed in and acting for the agency, long ago."""
    client.force_login(account_of(name))
    session = client.session
    session[ACTING_FOR] = f"agency:{actor_of(name).agency_id}"
    session.save()


CLIENT = {"name": "示例程序", "purpose": "示例", "contact": "a@example.org"}


@pytest.mark.django_db
def test_an_act_of_high_risk_asks_again_and_what_was_typed_goes_on(client: Client, settings: Any) -> None:
    from gongzhi.accounts.models import ApiClient

    settings.STEP_UP = True
    old_session(client, "adam")
    assert client.get("/workbench/api-clients/", secure=True).status_code == 200
    asked = post(client, "/workbench/api-clients/", **CLIENT)
    assert asked.status_code == 422
    page = asked.content.decode()
    assert 'name="purpose" value="示例"' in page
    assert not ApiClient.objects.exists()
    assert post(client, "/workbench/api-clients/", **CLIENT, proof="post", **{"proof-password": "x"}).status_code == 422
    assert not ApiClient.objects.exists()
    done = post(client, "/workbench/api-clients/", **CLIENT, proof="post", **{"proof-password": PASSWORD})
    assert done.status_code == 200
    assert ApiClient.objects.get().name == "示例程序"
    again = post(client, "/workbench/api-clients/", **{**CLIENT, "name": "另一个"})  # within ten minutes: not asked
    assert again.status_code == 200


@pytest.mark.django_db
def test_who_has_a_second_factor_is_asked_for_it_and_not_for_the_password(
    client: Client, settings: Any, clock: Clock
) -> None:
    settings.STEP_UP = True
    secret, _codes = with_authenticator("rita", clock.now)
    client.force_login(account_of("rita"))
    page = client.get("/my/security/contact/", secure=True)
    assert page.status_code == 200
    assert 'name="proof-code"' in page.content.decode()
    assert 'name="login"' not in page.content.decode()
    wrong = post(client, "/my/security/contact/", proof="get", **{"proof-password": PASSWORD})
    assert wrong.status_code == 422
    right = post(client, "/my/security/contact/", proof="get", **{"proof-code": shown(secret, clock.now)})
    assert right.headers["Location"] == "/my/security/contact/"
    assert 'name="login"' in client.get("/my/security/contact/", secure=True).content.decode()


@pytest.mark.django_db
def test_guessing_the_password_where_one_is_asked_again_ends_after_ten_tries(client: Client, settings: Any) -> None:
    settings.STEP_UP = True
    client.force_login(account_of("rita"))
    for _ in range(actions.TRIES):
        post(client, "/my/security/contact/", proof="get", **{"proof-password": "wrong"})
    assert post(client, "/my/security/contact/", proof="get", **{"proof-password": PASSWORD}).status_code == 422


@pytest.mark.django_db
def test_nobody_shuts_the_passkeys_of_others_out(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongzhi.accounts.actions.check_password", lambda *given: False)
    client.force_login(account_of("rita"))
    key = with_passkey(client)
    for _ in range(12):
        post(Client(), "/accounts/sign-in/", login="passkey", password="x")
    other = Client()
    for _ in range(12):
        other.get("/accounts/sign-in/passkey/", secure=True)
        other.post("/accounts/sign-in/passkey/", {"credential": "{}"}, secure=True, REMOTE_ADDR="192.0.2.77")
    options = options_on(other.get("/accounts/sign-in/passkey/", secure=True))
    assert post(other, "/accounts/sign-in/passkey/", credential=json.dumps(key.answer(options))).status_code == 302


GUARDED = [
    ("get", "/my/security/password/"),
    ("get", "/my/security/contact/"),
    ("get", "/my/security/authenticator/"),
    ("get", "/my/security/passkey/"),
    ("post", "/my/security/recovery-codes/"),
    ("post", "/my/security/factors/1/remove/"),
    ("post", "/my/security/sessions/end/"),
    ("post", "/accounts/identity/gov/disconnect/"),
    ("post", "/workbench/account-sessions/"),
    ("post", "/workbench/api-clients/"),
    ("post", "/workbench/api-clients/ABCDEFGHJK/"),
    ("post", "/workbench/import/ABCDEFGHJK/undo/"),
    ("post", "/workbench/agencies/"),
    ("post", "/workbench/agencies/ABCDEFGHJK/"),
    ("post", "/workbench/agencies/ABCDEFGHJK/1/end/"),
    ("post", "/workbench/account-recovery/"),
    ("post", "/workbench/account-recovery/ABCDEFGHJK/"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "address"), GUARDED)
def test_each_act_of_high_risk_asks_again_after_ten_minutes(
    client: Client, settings: Any, method: str, address: str
) -> None:
    settings.STEP_UP = True
    old_session(client, "sena" if "/account-" in address else "adam")
    ask = client.post if method == "post" else client.get
    asked = ask(address, secure=True)
    assert asked.status_code == (422 if method == "post" else 200)
    assert 'name="proof-password"' in asked.content.decode()
    session = client.session
    session["proved_at"] = int(time.time())
    session.save()
    assert 'name="proof-password"' not in ask(address, secure=True).content.decode()  # the negative control


def test_no_address_of_the_library_is_mounted() -> None:
    from django.urls import get_resolver

    from gongzhi.core.door import every_view

    modules = {pattern.callback.__module__ for _route, pattern in every_view(get_resolver().url_patterns)}
    assert len(modules) > 5
    assert not {name for name in modules if name.startswith("allauth")}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("dana", "/workbench/people/export/"),
        ("edith", "/workbench/people/emergency/"),
        ("dana", "/workbench/orgs/52440300MJ0000093M/owner/"),
        ("adam", "/workbench/api-clients/"),
        ("dana", "/workbench/cover/"),
    ],
)
def test_lists_of_people_emergencies_and_admissions_ask_again(
    client: Client, settings: Any, who: str, address: str
) -> None:
    settings.STEP_UP = True
    old_session(client, who)
    assert client.get(address, secure=True).status_code == 200
    asked = post(client, address, reason="示例")
    assert asked.status_code == 422
    assert 'name="proof-password"' in asked.content.decode()
    settings.STEP_UP = False  # the control: without the step the page itself answers
    assert 'name="proof-password"' not in post(client, address, reason="示例").content.decode()
