"""Leaving, reading and choosing notices."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import translation

from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.notify import actions, selectors
from gongzhi.notify.contracts import UnknownKind
from gongzhi.notify.models import Message, Outbox, Preference
from gongzhi.notify.tests.conftest import Book
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db
PROCESS = Actor.system("test")


def leave(
    to: str = "rita", *, by: str = "dana", kind: str = "tests.reminder", key: str = "case:1", **more: Any
) -> bool:
    person_id = account_of(to).person_id
    with acting(actor_of(by)) as actor:
        values = {"params": {"number": "DJ-2026-000001"}} | more
        return actions.notify(actor=actor, person_id=person_id, kind=kind, key=key, **values)


def queued(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", [name])
        return int(cursor.fetchone()[0])


def test_an_official_leaves_a_message_for_somebody_else(book: Book) -> None:
    assert leave()
    with acting(actor_of("rita")) as rita:
        letters = selectors.latest(rita)
        assert [(one.text, one.is_unread) for one in letters] == [("Case DJ-2026-000001 waits.", True)]
        assert selectors.unread_count(rita) == 1
    with acting(PROCESS):
        row = Outbox.objects.get()
        assert (row.state, row.channel, row.person_id) == ("waiting", "mail", account_of("rita").person_id)
    assert queued("notify.deliver") == 1


def test_the_same_occasion_is_one_notice(book: Book) -> None:
    assert leave()
    assert not leave()
    assert leave(to="dana")  # the same occasion for another person is another notice
    assert leave(key="case:2")
    with acting(PROCESS):
        assert (Message.objects.count(), Outbox.objects.count(), queued("notify.deliver")) == (3, 3, 3)


def test_nothing_is_left_when_the_callers_transaction_fails(book: Book) -> None:
    def fail() -> None:
        with acting(actor_of("dana")):
            leave()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with acting(PROCESS):
        assert (Message.objects.count(), Outbox.objects.count(), queued("notify.deliver")) == (0, 0, 0)


@pytest.mark.parametrize(
    "number",
    ["李小明", "13812340013", "11010519491231002X", "rita@people.example", "two words", "x" * 65, True],
)
def test_a_personal_value_is_refused(book: Book, number: Any) -> None:
    with pytest.raises(ValueError, match="ids and codes only"):
        leave(params={"number": number})
    assert leave(params={"number": "DJ-2026-000123"})  # the negative control


def test_a_personal_value_in_the_address_is_refused(book: Book) -> None:
    with pytest.raises(ValueError, match="ids and codes only"):
        leave(url_name="portal:organization_detail", url_args=["李小明"])


def test_the_params_are_those_of_the_kind(book: Book) -> None:
    with pytest.raises(ValueError, match="takes"):
        leave(params={"number": 1, "other": 2})
    with pytest.raises(UnknownKind):
        leave(kind="tests.unheard_of")
    with pytest.raises(ValueError, match="key"):
        leave(key="")


def test_messages_are_read_in_the_readers_language(book: Book) -> None:
    leave()
    with acting(actor_of("rita")) as rita:
        with translation.override("en"):
            assert selectors.latest(rita)[0].subject == "Monday"
        with translation.override("zh-hans"):
            assert selectors.latest(rita)[0].subject == "星期一"


def test_a_message_leads_somewhere_or_nowhere(book: Book) -> None:
    leave(key="a", url_name="ui:settings")
    leave(key="b", url_name="no:such_page")
    with acting(actor_of("rita")) as rita:
        assert sorted(one.url for one in selectors.latest(rita)) == ["", reverse("ui:settings")]


def test_reading_is_noted_once(book: Book) -> None:
    leave()
    with acting(actor_of("rita")) as rita:
        ids = [one.id for one in selectors.latest(rita)]
        assert actions.mark_read(actor=rita, message_ids=ids) == 1
        assert actions.mark_read(actor=rita, message_ids=ids) == 0
        assert selectors.unread_count(rita) == 0
        assert selectors.latest(rita, only_unread=True) == []
    assert Event.objects.filter(event="notify.message.read").count() == 1


def test_nobody_reads_for_another(book: Book) -> None:
    leave(to="dana", by="edith")
    with acting(PROCESS):
        ids = list(Message.objects.values_list("pk", flat=True))
    with acting(actor_of("rita")) as rita, pytest.raises(Message.DoesNotExist):
        actions.mark_read(actor=rita, message_ids=ids)
    with acting(actor_of("dana")) as dana, pytest.raises(NotAllowed):  # acting for her agency
        actions.mark_read(actor=dana, message_ids=ids)


def test_who_acts_for_an_agency_sees_no_messages_and_asks_nothing(book: Book, django_assert_num_queries: Any) -> None:
    leave(to="dana", by="edith")
    with acting(actor_of("dana")) as dana, django_assert_num_queries(0):
        assert (selectors.unread_count(dana), selectors.latest(dana), selectors.choices(dana)) == (0, [], [])


def test_lists_cost_one_query_whatever_their_length(book: Book, django_assert_num_queries: Any) -> None:
    for number in range(30):
        leave(key=f"case:{number}")
    with acting(actor_of("rita")) as rita:
        for limit in (3, 30):
            with django_assert_num_queries(1):
                assert len(selectors.latest(rita, limit=limit)) == limit
        with django_assert_num_queries(1):
            assert selectors.unread_count(rita) == 30


def test_a_person_chooses_what_is_sent(book: Book) -> None:
    with acting(actor_of("rita")) as rita:
        actions.set_preference(actor=rita, kind="tests.reminder", channel="mail", on=False)
        assert [(one.kind, one.on, one.may_change) for one in selectors.choices(rita)] == [
            ("tests.decision", True, False),
            ("tests.reminder", False, True),
        ]
        actions.set_preference(actor=rita, kind="tests.reminder", channel="mail", on=True)
        assert Preference.objects.get().on


@pytest.mark.parametrize(
    ("kind", "channel", "code"),
    [("tests.decision", "mail", "notify.mandatory"), ("tests.reminder", "sms", "notify.no_such_channel")],
)
def test_what_cannot_be_chosen_is_refused(book: Book, kind: str, channel: str, code: str) -> None:
    with acting(actor_of("rita")) as rita, pytest.raises(RuleViolation) as caught:
        actions.set_preference(actor=rita, kind=kind, channel=channel, on=False)
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["visitor", "dana"])
def test_only_a_person_for_themself_chooses(book: Book, name: str) -> None:
    with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
        actions.set_preference(actor=actor, kind="tests.reminder", channel="mail", on=False)
