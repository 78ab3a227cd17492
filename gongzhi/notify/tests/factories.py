"""What the delivery tests share: couriers that break, a worker's turn, and time that passes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.notify import actions, contracts
from gongzhi.notify.contracts import Address
from gongzhi.notify.handlers import MailCourier
from gongzhi.notify.jobs import deliver, requeue, send
from gongzhi.notify.models import Outbox
from tests.world import account_of, actor_of

PROCESS = Actor.system("test")


class Killed(BaseException):
    """The process dies here: nothing of ours catches it."""


class Courier:
    """Sends through Django, then does what the test wants."""

    channel = "mail"

    def __init__(self, after: Callable[[], None] = lambda: None, before: Callable[[], None] = lambda: None) -> None:
        self.after, self.before = after, before

    def send(self, *, address: Address, subject: str, text: str, reference: str) -> None:
        """One mail."""
        self.before()
        MailCourier().send(address=address, subject=subject, text=text, reference=reference)
        self.after()


def die() -> None:
    raise Killed


def break_down() -> None:
    raise SMTPServerDisconnected("rita@people.example was refused")


def use(monkeypatch: pytest.MonkeyPatch, courier: Courier) -> None:
    monkeypatch.setattr(contracts, "_couriers", {"mail": courier})


def leave(kind: str = "tests.reminder") -> int:
    person_id = account_of("rita").person_id
    with acting(actor_of("dana")) as dana:
        actions.notify(actor=dana, person_id=person_id, kind=kind, params={"number": 7}, key="case:7")
    return row().pk


def row() -> Outbox:
    with acting(PROCESS):
        return Outbox.objects.get()


def change(**values: Any) -> None:
    with acting(PROCESS):
        Outbox.objects.update(**values)


def run_queue() -> list[str]:
    """Do what a worker would do with everything queued, once; the names of the jobs in order."""
    done: list[str] = []
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'doing' WHERE id ="
                " (SELECT min(id) FROM procrastinate_jobs WHERE status = 'todo' AND task_name LIKE 'notify.%')"
                " RETURNING task_name, args"
            )
            found = cursor.fetchone()
        if found is None:
            return done
        name, arguments = found[0], json.loads(found[1])
        done.append(name)
        if name == "notify.send":
            send(**arguments)
        else:
            with acting(Actor.system(name)) as actor:
                deliver(actor=actor, **arguments)


def a_quarter_of_an_hour_later() -> None:
    past = timezone.now() - dt.timedelta(minutes=15)
    with acting(PROCESS):
        Outbox.objects.filter(last_try_at__isnull=False).update(last_try_at=past)
        Outbox.objects.update(next_try_at=past)
    with acting(Actor.system("notify.requeue")) as actor:
        requeue(actor=actor)
