"""Searches a person saved: kept, limited, removed, and looked through again without telling anything twice or never."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connections

from gongzhi.audit.models import Event
from gongzhi.core import jobs as queue
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.notify.actions import notify
from gongzhi.notify.models import Message, Outbox
from gongzhi.notify.selectors import latest
from gongzhi.orgs import actions, jobs
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Organization, SavedSearch
from gongzhi.orgs.search.asking import Asked
from tests.world import account_of, actor_of

REGISTER = Actor.system("test", permissions=frozenset({"orgs.write_register"}))
CLOCK = Actor.system("orgs.look_again")
HEARTS = Asked.of({"q": "爱心"})


def body(number: int, name: str) -> Organization:
    """An organization that is not yet in the register."""
    return Organization(
        kind=Kind.SERVICE, number=f"T-{number}", path="44/4403/", standing=Standing.NORMAL, name=name,
        registered_on=dt.date(2020, 1, 1),
    )  # fmt: skip


def enter(*bodies: Organization) -> None:
    with acting(REGISTER):
        actions.write_organizations(actor=REGISTER, fresh=list(bodies), changed=[])


def save(asked: Asked = HEARTS, *, who: str = "rita", name: str = "爱心") -> SavedSearch:
    actor = actor_of(who)
    with acting(actor):
        return actions.save_search(actor=actor, name=name, asked=asked)


def look() -> int:
    with acting(CLOCK):
        return actions.look_again(actor=CLOCK)


def told(who: str = "rita") -> list[int]:
    """How many organizations each message of a person speaks of, the oldest first."""
    actor = actor_of(who)
    with acting(actor):
        return [one.params["count"] for one in Message.objects.visible_to(actor).order_by("pk")]


@pytest.mark.django_db
def test_a_search_is_kept_as_it_was_asked_and_leaves_a_trace_without_its_words() -> None:
    asked = Asked.of({"q": "爱心", "kind": ["service", "foundation"], "place": "44/", "since_from": "2010-01-01"})
    saved = save(asked, name="  广东的爱心  ")
    assert saved.name == "广东的爱心"
    with acting(actor_of("rita")):
        assert Asked.of(SavedSearch.objects.get(pk=saved.pk).asked) == asked
    event = Event.objects.filter(event="orgs.search.saved").latest("pk")
    assert "爱心" not in str(event.details)


@pytest.mark.django_db
def test_only_a_person_in_their_own_capacity_saves_a_search() -> None:
    for who in ("dana", "visitor"):
        with pytest.raises(NotAllowed):
            save(who=who)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "asked", "rule"),
    [
        (" ", HEARTS, "orgs.search_unnamed"),
        ("名" * 101, HEARTS, "orgs.search_unnamed"),
        ("全部", Asked(), "orgs.search_empty"),
        ("标点", Asked.of({"q": "——"}), "orgs.search_empty"),
        ("次序", Asked(sort="newest"), "orgs.search_empty"),
    ],
)
def test_a_search_needs_a_name_and_something_to_find(name: str, asked: Asked, rule: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        save(asked, name=name)
    assert caught.value.code == rule


@pytest.mark.django_db
def test_two_searches_of_one_person_have_two_names_and_there_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "SAVED_SEARCHES", 2)
    save(name="一")
    with pytest.raises(RuleViolation) as caught:
        save(name="一")
    assert caught.value.code == "orgs.search_named_twice"
    save(name="二")
    with pytest.raises(RuleViolation) as caught:
        save(name="三")
    assert caught.value.code == "orgs.searches_full"


@pytest.mark.django_db
def test_a_search_is_removed_once_and_only_by_its_own_person() -> None:
    saved = save()
    for who, error in (("rosa", SavedSearch.DoesNotExist), ("visitor", SavedSearch.DoesNotExist)):
        with acting(actor_of(who)), pytest.raises(error):
            actions.forget_search(actor=actor_of(who), search=saved)
    with acting(CLOCK), pytest.raises(NotAllowed):
        actions.forget_search(actor=CLOCK, search=saved)
    rita = actor_of("rita")
    with acting(rita):
        actions.forget_search(actor=rita, search=saved)
        assert not SavedSearch.objects.exists()
        with pytest.raises(SavedSearch.DoesNotExist):
            actions.forget_search(actor=rita, search=saved)


@pytest.mark.django_db
def test_only_the_platform_itself_looks_again() -> None:
    for who in ("rita", "dana"):
        with pytest.raises(NotAllowed):
            actions.look_again(actor=actor_of(who))


def test_what_is_new_is_told_once_with_its_number_and_a_way_there(fresh_database: str) -> None:
    saved = save()
    look()
    assert told() == []
    enter(body(1, "深圳市××爱心服务社"), body(2, "深圳市××爱心互助社"), body(3, "深圳市××环保服务社"))
    look()
    assert told() == [2]
    look()
    assert told() == [2], "a second run tells nothing again"
    rita = actor_of("rita")
    with acting(rita):
        letter = latest(rita)[0]
    assert "2" in letter.subject
    assert letter.url == f"/my/searches/{saved.public_id}/"
    with acting(CLOCK):
        assert not Outbox.objects.exists(), "nothing leaves the platform"
    assert told("rosa") == []


def test_a_change_is_told_and_what_was_there_before_the_search_is_not(fresh_database: str) -> None:
    enter(body(1, "深圳市××爱心服务社"))
    save()
    look()
    assert told() == []
    changed = Organization.objects.get(number="T-1")
    changed.standing = Standing.CANCELLED
    with acting(REGISTER):
        actions.write_organizations(actor=REGISTER, fresh=[], changed=[changed])
    look()
    assert told() == [1]


def test_what_is_still_being_written_is_told_by_a_later_run(fresh_database: str) -> None:
    """The writer began before the run and commits after it: the run must neither see it nor step over it."""
    save()
    slow = connections["default"].copy()
    try:
        with slow.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_current_xact_id()")  # it holds a number now, and has not ended
            enter(body(1, "深圳市××爱心服务社"))
            look()
            assert told() == [], "a younger transaction waits for the older one"
            cursor.execute("ROLLBACK")
        look()
        assert told() == [1]
    finally:
        slow.close()


class Killed(BaseException):
    """The process dies here: nothing of ours catches it."""


def test_a_run_that_dies_tells_nothing_and_the_next_tells_everything(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(name="一")
    save(name="二")
    enter(body(1, "深圳市××爱心服务社"))
    calls: list[int] = []

    def dies(**arguments: Any) -> bool:
        if calls:
            raise Killed
        calls.append(1)
        return notify(**arguments)

    with monkeypatch.context() as patched:
        patched.setattr(actions, "notify", dies)
        with pytest.raises(Killed):
            look()
    assert told() == []
    look()
    assert told() == [1, 1]


def test_many_searches_are_looked_through_in_several_runs(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "LOOKED_AT_ONCE", 2)
    queued: list[int] = []
    monkeypatch.setattr(queue, "enqueue", lambda name, until: queued.append(until))
    for name in "一二三":
        save(name=name)
    enter(body(1, "深圳市××爱心服务社"))
    assert look() == 2
    assert len(queued) == 1
    with acting(CLOCK):
        assert actions.look_again(actor=CLOCK, until=queued[0]) == 1
    assert queued[1:] == []
    assert told() == [1, 1, 1]


def test_the_job_looks_again(fresh_database: str) -> None:
    save()
    enter(body(1, "深圳市××爱心服务社"))
    with acting(CLOCK):
        jobs.look_again(actor=CLOCK)
    assert told() == [1]


def test_the_second_wall_shows_a_person_their_own_searches_only(fresh_database: str) -> None:
    save()
    with acting(actor_of("rita")):
        assert SavedSearch.objects.count() == 1
    for who in ("dana", "rosa", "visitor"):
        with acting(actor_of(who)):
            assert SavedSearch.objects.count() == 0
    with acting(CLOCK):
        assert SavedSearch.objects.get().person_id == account_of("rita").person_id
