"""A process that dies between sending and noting it. Real commits, because that is what must survive."""

from __future__ import annotations

import pytest
from django.core import mail

from gongzhi.core.door import acting
from gongzhi.notify import actions
from gongzhi.notify.enums import Delivery
from gongzhi.notify.tests.conftest import Book
from gongzhi.notify.tests.factories import (
    PROCESS,
    Courier,
    Killed,
    a_quarter_of_an_hour_later,
    die,
    leave,
    row,
    run_queue,
    use,
)


def test_killed_between_sending_and_noting_it_is_one_more_copy_in_sight(
    fresh_database: str, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave()
    use(monkeypatch, Courier(after=die))
    with pytest.raises(Killed):
        run_queue()
    assert (row().state, row().attempts) == (Delivery.SENDING, 1)  # what was begun is known although the rest is lost

    use(monkeypatch, Courier())
    with acting(PROCESS) as actor:
        assert actions.requeue(actor=actor) == 0  # it may still be under way
    a_quarter_of_an_hour_later()
    run_queue()
    done = row()
    assert (done.state, done.attempts, done.unknown_ends) == (Delivery.SENT, 2, 1)
    assert len(mail.outbox) == 2
    assert len({letter.extra_headers["Message-ID"] for letter in mail.outbox}) == 1
