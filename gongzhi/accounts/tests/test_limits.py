"""Sessions end by the clock: unused, and some hours after signing in."""

from __future__ import annotations

import time

import pytest
from django.conf import settings
from django.test import Client

from gongzhi.accounts.middleware import NOTED_S, PUBLIC_IDLE_S
from gongzhi.accounts.sessions import OPENED, SEEN
from tests.world import PASSWORD

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
    assert is_in(client) is stays
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
