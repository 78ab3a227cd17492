"""Navigation shows only what exists, and only to whom it is for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory, override_settings
from django.urls import include, path
from django.utils import translation

from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.ui import context, navigation
from gongzhi.ui.navigation import Audience, Entry, links, navigation_for, url_of

VISITOR = Actor.visitor()
PERSON = Actor(kind=ActorKind.PERSON, scope=Scope(person=1), person_id=1)
OFFICER = Actor(kind=ActorKind.AGENCY, scope=Scope(path="44/"), person_id=1, agency_id=1, path="44/")

urlpatterns = [path("", include("gongzhi.ui.urls"))]


class OnlyUi:
    """A site on which nothing but the interface's own pages is built."""

    urlpatterns = urlpatterns


def request_for(actor: Actor | None = None) -> Any:
    request = RequestFactory().get("/ui/")
    request.actor = actor  # type: ignore[attr-defined]
    return request


def test_an_address_that_is_not_built_is_no_link() -> None:
    assert url_of("nowhere:at_all") == ""
    assert links([Entry("Nowhere", "house", "nowhere:at_all")], actor=None, here="") == []


@override_settings(ROOT_URLCONF=__name__)
def test_a_site_with_little_shows_little() -> None:
    shown = navigation_for(request_for())
    assert list(shown.main) == []
    assert [link.url for group in shown.footer for link in group.links] == ["/ui/settings/", "/ui/"]
    assert shown.home == shown.search == shown.sign_in == ""


@pytest.mark.parametrize(
    ("audience", "sees"),
    [
        (Audience.ANYONE, {"nobody", "visitor", "person", "officer"}),
        (Audience.VISITORS, {"nobody", "visitor"}),
        (Audience.SIGNED_IN, {"person", "officer"}),
        (Audience.PERSON, {"person"}),
        (Audience.STAFF, {"officer"}),
    ],
)
def test_an_entry_is_shown_to_its_audience(audience: Audience, sees: set[str]) -> None:
    cast = {"nobody": None, "visitor": VISITOR, "person": PERSON, "officer": OFFICER}
    assert {name for name, actor in cast.items() if audience.includes(actor)} == sees


def test_the_place_we_are_at_is_marked_and_so_is_the_place_a_page_belongs_to() -> None:
    entry = Entry("Components", "layers", "ui:gallery", also=("ui:settings",))
    assert [link.current for link in links([entry], actor=None, here="ui:gallery")] == [True]
    assert [link.current for link in links([entry], actor=None, here="ui:settings")] == [True]
    assert [link.current for link in links([entry], actor=None, here="ui:language")] == [False]


def test_every_declared_icon_is_in_the_sprite() -> None:
    from gongzhi.ui.templatetags.ui import icons

    declared = [*navigation.MAIN, *navigation.TABS, *navigation.ROLES]
    declared += [entry for _, entries in (*navigation.FOOTER, *navigation.STAFF) for entry in entries]
    assert {entry.icon for entry in declared} <= icons()


@override_settings(ROOT_URLCONF=__name__)
def test_the_other_language_keeps_the_page_by_a_post_where_addresses_do_not_differ() -> None:
    with translation.override("zh-hans"):
        others = context.other_languages(RequestFactory().get("/ui/?a=1"))
    assert [(one.code, one.url) for one in others] == [("en", "")]


def test_the_context_asks_no_database_and_needs_no_actor() -> None:
    given = context.interface(RequestFactory().get("/ui/"))
    assert given["actor"] is None
    assert given["html_language"] in {"zh-CN", "en"}
    assert {"modes", "navigation", "site", "DEMO", "other_languages"} <= given.keys()
