"""Background entry points of notices."""

from __future__ import annotations

from procrastinate.contrib.django import app

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.jobs import job
from gongzhi.notify import actions


@job("notify.deliver")
def deliver(*, actor: Actor, outbox_id: int) -> None:
    """Begin a try of one delivery."""
    actions.begin_sending(actor=actor, outbox_id=outbox_id)


# Not declared with `job`: the queue must not repeat a handover by itself, because then nobody would count the second
# copy. A try without an end is repeated by `requeue` only.
@app.task(name="notify.send")
def send(outbox_id: int, attempt: int) -> None:
    """Hand one delivery over."""
    with acting(Actor.system("notify.send")) as actor:
        actions.send(actor=actor, outbox_id=outbox_id, attempt=attempt)


@job("notify.requeue", cron="*/10 * * * *")
def requeue(*, actor: Actor) -> None:
    """Take up what was left alone."""
    actions.requeue(actor=actor)


@job("notify.ask_receipts", cron="*/15 * * * *")
def ask_receipts(*, actor: Actor) -> None:
    """Ask providers what became of what they accepted."""
    actions.ask_receipts(actor=actor)


@job("notify.ask_receipt")
def ask_receipt(*, actor: Actor, outbox_id: int) -> None:
    """Ask about one delivery."""
    actions.ask_receipt(actor=actor, outbox_id=outbox_id)


@job("notify.reconcile", cron="17 * * * *")
def reconcile(*, actor: Actor) -> None:
    """Every hour: hold what was promised against what went out."""
    actions.reconcile(actor=actor)
