"""Getting notices out: sent once, tried again, given up in sight, never lost."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from gongzhi.audit.models import Event
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed
from gongzhi.notify import actions, contracts, selectors
from gongzhi.notify.enums import Delivery
from gongzhi.notify.models import Preference
from gongzhi.notify.tests.conftest import Book
from gongzhi.notify.tests.factories import (
    PROCESS,
    Courier,
    Killed,
    a_quarter_of_an_hour_later,
    break_down,
    change,
    die,
    leave,
    row,
    run_queue,
    use,
)
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db


def test_a_notice_goes_out_once_in_the_persons_language(book: Book) -> None:
    book.language = "zh-hans"
    pk = leave()
    assert run_queue() == ["notify.deliver", "notify.send"]
    sent = row()
    assert (sent.state, sent.attempts, sent.unknown_ends, bool(sent.sent_at)) == (Delivery.SENT, 1, 0, True)
    (letter,) = mail.outbox
    assert (letter.subject, letter.body) == ("星期一", "Case 7 waits.")
    assert letter.to == [f"{sent.person_id}@people.example"]
    assert str(sent.reference) in letter.extra_headers["Message-ID"]
    # the same jobs again change nothing
    with acting(PROCESS) as actor:
        assert not actions.begin_sending(actor=actor, outbox_id=pk)
        assert not actions.send(actor=actor, outbox_id=pk, attempt=1)
    a_quarter_of_an_hour_later()
    assert run_queue() == []
    assert len(mail.outbox) == 1


def test_killed_before_sending_is_not_lost(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    leave()
    use(monkeypatch, Courier(before=die))
    with pytest.raises(Killed):
        run_queue()
    use(monkeypatch, Courier())
    a_quarter_of_an_hour_later()
    run_queue()
    assert (row().state, len(mail.outbox)) == (Delivery.SENT, 1)


def test_a_lost_job_is_made_up_for(book: Book) -> None:
    leave()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    with acting(PROCESS) as actor:
        assert actions.requeue(actor=actor) == 0  # the first job may still come
    a_quarter_of_an_hour_later()
    run_queue()
    assert row().state == Delivery.SENT


def test_an_old_try_cannot_end_a_newer_one(book: Book) -> None:
    pk = leave()
    with acting(PROCESS) as actor:
        actions.begin_sending(actor=actor, outbox_id=pk)
    change(attempts=2)
    with acting(PROCESS) as actor:
        assert not actions.send(actor=actor, outbox_id=pk, attempt=1)
    assert mail.outbox == []


def test_a_broken_server_is_tried_again_and_then_given_up_in_sight(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    leave()
    use(monkeypatch, Courier(before=break_down))
    waits = []
    for attempt in range(1, actions.TRIES):
        run_queue()
        tried = row()
        assert (tried.state, tried.attempts, tried.reason) == (Delivery.FAILED, attempt, "error")
        waits.append(round((tried.next_try_at - timezone.now()).total_seconds() / 60))
        with acting(PROCESS) as actor:
            assert not actions.begin_sending(actor=actor, outbox_id=tried.pk)  # its time has not come
        a_quarter_of_an_hour_later()
    run_queue()
    ended = row()
    assert waits == [10, 20, 40, 80, 160, 320, 640]
    assert (ended.state, ended.attempts, ended.fault) == (Delivery.GIVEN_UP, 8, "SMTPServerDisconnected")
    with acting(PROCESS) as actor:
        assert [one.pk for one in selectors.broken(actor)] == [ended.pk]
        assert selectors.deliveries_by_state(actor) == {"given_up": 1}
    event = Event.objects.get(event="notify.delivery.given_up")
    assert (event.subject_id, event.details["reason"]) == (ended.pk, "error")
    assert "rita@" not in str(event.details) + ended.fault  # the server's words may hold an address
    a_quarter_of_an_hour_later()
    assert run_queue() == []


def test_tries_that_never_end_are_given_up_too(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    leave()
    use(monkeypatch, Courier(before=die))
    change(attempts=actions.TRIES - 1)
    with pytest.raises(Killed):
        run_queue()
    a_quarter_of_an_hour_later()
    run_queue()
    assert (row().state, row().reason, row().unknown_ends) == (Delivery.GIVEN_UP, "unknown_end", 1)


def test_a_person_without_address_is_no_fault(book: Book) -> None:
    book.nowhere = {account_of("rita").person_id}
    leave()
    run_queue()
    assert (row().state, row().reason) == (Delivery.GIVEN_UP, "no_address")
    with acting(PROCESS) as actor:
        assert selectors.broken(actor) == []
    assert not Event.objects.filter(event="notify.delivery.given_up").exists()


def test_without_a_courier_it_is_given_up_in_sight(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    leave()
    monkeypatch.setattr(contracts, "_couriers", {})
    run_queue()
    with acting(PROCESS) as actor:
        assert [one.reason for one in selectors.broken(actor)] == ["no_courier"]


def test_a_kind_that_is_gone_is_given_up_in_the_end(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    leave()
    monkeypatch.setattr(contracts, "_kinds", {})
    run_queue()
    assert (row().state, row().fault) == (Delivery.FAILED, "UnknownKind")
    with acting(actor_of("rita")) as rita:
        assert selectors.latest(rita)[0].subject == "tests.reminder"


@pytest.mark.parametrize(
    ("kind", "state", "mails"), [("tests.reminder", Delivery.GIVEN_UP, 0), ("tests.decision", Delivery.SENT, 1)]
)
def test_what_is_switched_off_is_not_sent_unless_it_must_be(book: Book, kind: str, state: str, mails: int) -> None:
    rita = actor_of("rita")
    with acting(rita):
        # written past the action, which would refuse it for the mandatory kind
        Preference.objects.create(person_id=account_of("rita").person_id, kind=kind, channel="mail", on=False)
    leave(kind)
    run_queue()
    assert (row().state, len(mail.outbox)) == (state, mails)
    with acting(rita):
        assert selectors.unread_count(rita) == 1  # the message is there in any case


@pytest.mark.parametrize("name", ["visitor", "rita", "dana", "adam"])
def test_only_a_process_delivers(book: Book, name: str) -> None:
    pk = leave()
    with acting(actor_of(name)) as actor:
        with pytest.raises(NotAllowed):
            actions.begin_sending(actor=actor, outbox_id=pk)
        with pytest.raises(NotAllowed):
            actions.send(actor=actor, outbox_id=pk, attempt=1)
        with pytest.raises(NotAllowed):
            actions.requeue(actor=actor)
