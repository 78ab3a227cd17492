"""Modes come from one cookie of known words, and rubbish is the default."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from gongzhi.ui import views
from gongzhi.ui.modes import COOKIE, Modes, modes_of


@pytest.mark.parametrize(
    "modes",
    [
        Modes(),
        Modes(theme="dark"),
        Modes(theme="auto", large=True),
        Modes(theme="dark", large=True, elder=True),
        Modes(keys=True),
    ],
)
def test_a_cookie_reads_back_what_it_wrote(modes: Modes) -> None:
    assert Modes.parse(modes.cookie) == modes


@pytest.mark.parametrize(
    "rubbish", ["", "-", "purple", "dark-light", "Dark", "dark elder", '"><script>', "\x00", "elder" * 1000]
)
def test_rubbish_in_the_cookie_is_the_default(rubbish: str) -> None:
    assert Modes.parse(rubbish) == Modes()


def test_known_words_count_beside_unknown_ones() -> None:
    assert Modes.parse("dark-purple-elder") == Modes(theme="dark", elder=True)


def test_the_attributes_hold_only_words_of_ours() -> None:
    assert Modes.parse('dark-"onload=x').attributes == 'data-theme="dark"'
    assert Modes(large=True, elder=True).attributes == 'data-theme="light" data-size="large" data-elder="on"'


def test_the_profile_goes_before_the_cookie_and_an_empty_profile_does_not() -> None:
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = "dark"
    assert modes_of(request) == Modes(theme="dark")
    request.display_modes = "light-elder"  # type: ignore[attr-defined]
    assert modes_of(request) == Modes(elder=True)
    request.display_modes = ""  # type: ignore[attr-defined]
    assert modes_of(request) == Modes(theme="dark")


def post(**answers: str) -> HttpResponse:
    request = RequestFactory().post("/ui/settings/", answers)
    request.COOKIES[COOKIE] = "dark-large"
    return views.settings_page(request)


def test_the_settings_form_writes_the_cookie_and_goes_back() -> None:
    response = post(theme="auto", size="large", version="elder", next="/orgs/?q=1")
    assert response.status_code == 302
    assert response.headers["Location"] == "/orgs/?q=1"
    cookie = response.cookies[COOKIE]
    assert Modes.parse(cookie.value) == Modes(theme="auto", large=True, elder=True)
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_keys_are_off_until_somebody_turns_them_on() -> None:
    assert Modes.parse(post(theme="light", next="/").cookies[COOKIE].value) == Modes()
    assert Modes.parse(post(theme="light", keys="on", next="/").cookies[COOKIE].value) == Modes(keys=True)
    assert Modes(keys=True).attributes == 'data-theme="light" data-keys="on"'


def test_the_button_of_the_strip_changes_only_the_care_version() -> None:
    response = post(toggle="elder", next="/")
    assert Modes.parse(response.cookies[COOKIE].value) == Modes(theme="dark", large=True, elder=True)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"])
def test_nobody_is_sent_to_another_site(elsewhere: str) -> None:
    assert post(next=elsewhere).headers["Location"].endswith("/ui/settings/")
