"""Sessions end by the clock: unused, and some hours after signing in."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from gongzhi.accounts.actions.sessions import carry_session, end_sessions_of
from gongzhi.accounts.middleware import NOTED_S, PUBLIC_IDLE_S
from gongzhi.accounts.models import SignIn
from gongzhi.accounts.sessions import OPENED, PROVED, SEEN
from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed
from gongzhi.core.sessions import stored_key
from gongzhi.notify.models import Message
from tests.test_access import signed_in
from tests.world import PASSWORD, account_of, actor_of

HOUR = 3600


def sign_in(client: Client, **more: str) -> None:
    body = {"login": "rita@world.example", "password": PASSWORD, **more}
    assert client.post("/accounts/sign-in/", body, secure=True).status_code == 302


def aged(client: Client, *, opened: int, seen: int) -> None:
    """The session as it will be so many seconds after signing in and after its last use."""
    session, now = client.session, int(time.time())
    session[OPENED], session[SEEN] = now - opened, now - seen
    session.save()


def is_in(client: Client) -> bool:
    return bool(client.get("/my/", secure=True).status_code == 200)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("opened", "seen", "stays"),
    [
        (11 * HOUR, 60, True),
        (settings.SESSION_COOKIE_AGE + 60, 60, False),
        (3 * HOUR, settings.SESSION_IDLE_S - 60, True),
        (3 * HOUR, settings.SESSION_IDLE_S + 60, False),
    ],
)
def test_a_session_ends_twelve_hours_after_signing_in_or_two_without_use(
    client: Client, opened: int, seen: int, stays: bool
) -> None:
    sign_in(client)
    assert is_in(client)
    aged(client, opened=opened, seen=seen)
    key = client.session.session_key
    answer = client.get("/my/", secure=True)
    assert answer.status_code == (200 if stays else 302)
    assert ("Clear-Site-Data" in answer.headers) is not stays
    other = Client()
    other.cookies["__Host-sid"] = str(key)
    assert is_in(other) is stays, "the key of an ended session opens nothing either"


@pytest.mark.django_db
def test_on_a_public_computer_half_an_hour_is_enough(client: Client) -> None:
    sign_in(client, public_computer="on")
    aged(client, opened=HOUR, seen=PUBLIC_IDLE_S - 60)
    assert is_in(client)
    aged(client, opened=HOUR, seen=PUBLIC_IDLE_S + 60)
    assert not is_in(client)


@pytest.mark.django_db
def test_use_keeps_a_session_alive_and_is_noted_every_five_minutes_only(client: Client) -> None:
    sign_in(client)
    aged(client, opened=HOUR, seen=NOTED_S - 60)
    before = client.session[SEEN]
    assert is_in(client)
    assert client.session[SEEN] == before
    aged(client, opened=HOUR, seen=NOTED_S + 60)
    assert is_in(client)
    assert client.session[SEEN] >= int(time.time()) - 60


@pytest.mark.django_db
def test_negative_control_without_the_limits_an_old_session_stays(client: Client) -> None:
    sign_in(client)
    aged(client, opened=100 * HOUR, seen=100 * HOUR)
    kept = [one for one in settings.MIDDLEWARE if not one.endswith("SessionLimits")]
    assert len(kept) == len(settings.MIDDLEWARE) - 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "MIDDLEWARE", kept)
        client.handler.load_middleware()
        assert is_in(client)


# --- a new key after a proof ---


def stale(client: Client) -> str:
    """Let the last proof be long ago; the session's key."""
    session = client.session
    session[PROVED] = 0
    session.save()
    return str(session.session_key)


def opens(key: str) -> bool:
    other = Client()
    other.cookies["__Host-sid"] = key
    return is_in(other)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["good", "refused"])
def test_after_a_proof_the_session_goes_on_under_a_new_key_only(client: Client, settings: Any, page: str) -> None:
    settings.STEP_UP = True
    sign_in(client)
    before = stale(client)
    new = "two boats on a quiet lake" if page == "good" else "short"
    body = {"proof": "post", "proof-password": PASSWORD, "old": PASSWORD, "new": new}
    answer = client.post("/my/security/password/", body, secure=True)
    assert answer.status_code == (302 if page == "good" else 422)
    after = client.cookies["__Host-sid"].value
    assert after != before
    assert is_in(client)
    assert not opens(before)
    assert opens(after)
    row = SignIn.objects.get(account=account_of("rita"))
    assert row.stored_key == stored_key(after)
    assert row.ended_at is None


@pytest.mark.django_db
def test_without_a_proof_the_key_stays(client: Client, settings: Any) -> None:
    settings.STEP_UP = True
    sign_in(client)
    before = stale(client)
    client.post("/my/security/password/", {"proof": "post", "proof-password": "wrong"}, secure=True)
    assert client.cookies["__Host-sid"].value == before
    assert opens(before)


@pytest.mark.django_db
def test_nobody_carries_the_session_of_somebody_else(client: Client) -> None:
    sign_in(client)
    row = SignIn.objects.get(account=account_of("rita"))
    with pytest.raises(NotAllowed), acting(actor_of("dana")) as dana:
        carry_session(actor=dana, old=row.stored_key, new="x" * 40)
    SignIn.objects.filter(pk=row.pk).update(ended_at=timezone.now())
    with acting(actor_of("rita")) as rita:  # what has ended does not go on
        assert not carry_session(actor=rita, old=row.stored_key, new="x" * 40)
    with acting(Actor.visitor()) as visitor:
        assert not carry_session(actor=visitor, old="nothing", new="x" * 40)


# --- the security administrator ends somebody's sessions ---


@pytest.mark.django_db
def test_the_security_administrator_ends_all_sessions_and_the_account_stays_open(client: Client) -> None:
    first, second = Client(), Client()
    sign_in(first)
    sign_in(second)
    assert is_in(first)
    assert is_in(second)
    signed_in(client, "sena")
    page = client.get("/workbench/account-sessions/", secure=True).content.decode()
    assert "/workbench/account-sessions/" in page
    answer = client.post("/workbench/account-sessions/", {"login": "rita@world.example"}, secure=True)
    assert answer.status_code == 302
    assert "已结束 2 个登录会话" in client.get(answer["Location"], secure=True).content.decode()
    assert not is_in(first)
    assert not is_in(second)
    event = Event.objects.filter(event="accounts.session.all_ended").latest("id")
    assert (event.subject_id, event.details) == (account_of("rita").pk, {"count": 2})
    with acting(actor_of("rita")):
        assert "accounts.sessions_ended" in {one.kind for one in Message.objects.all()}
    sign_in(first)  # the account is open, and its password is what it was
    assert is_in(first)


@pytest.mark.django_db
def test_sessions_of_an_account_are_found_by_its_number_and_an_unknown_or_unused_one_is_said(client: Client) -> None:
    signed_in(client, "sena")
    ask = {"login": account_of("victor").public_id.lower()}
    nobody = client.post("/workbench/account-sessions/", ask, secure=True)
    assert nobody.status_code == 422
    assert "没有登录" in nobody.content.decode()
    unknown = client.post("/workbench/account-sessions/", {"login": "nobody@world.example"}, secure=True)
    assert unknown.status_code == 422
    assert "nobody@world.example" in unknown.content.decode(), "what was typed is kept"
    body = {"login": "victor@world.example", "password": PASSWORD}
    assert Client().post("/accounts/sign-in/", body, secure=True).status_code == 302
    assert client.post("/workbench/account-sessions/", ask, secure=True).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["adam", "aude", "dana", "rita", "visitor"])
def test_nobody_else_ends_them_and_nobody_their_own_this_way(name: str) -> None:
    other = Client()
    sign_in(other)
    with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
        end_sessions_of(actor=actor, account=account_of("rita"))
    with acting(actor_of("sena")) as sena, pytest.raises(NotAllowed):
        end_sessions_of(actor=sena, account=account_of("sena"))
    assert is_in(other)
