"""Gateways, quiet hours, categories, receipts, proofs and the reconciler."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from gongzhi.audit.models import Event
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.notify import actions, contracts, selectors
from gongzhi.notify.contracts import Address, Fate, NoticeKind
from gongzhi.notify.enums import Category, Delivery
from gongzhi.notify.gateways import ConsoleCourier, GatewayRefused
from gongzhi.notify.models import Message, Outbox, Preference, Proof
from gongzhi.notify.tests.conftest import Book
from gongzhi.notify.tests.factories import PROCESS, a_quarter_of_an_hour_later, change, row, run_queue
from gongzhi.notify.tests.gateway import Gateway, gateway
from tests.world import account_of, actor_of

WORDS: dict[str, Any] = {
    "label": "L",
    "purpose": "P",
    "subject": "S %(number)s",
    "text": "T",
    "params": frozenset({"number"}),
}
REMINDER = NoticeKind(code="tests.ring", channels=frozenset({"sms"}), category=Category.DEADLINE, **WORDS)
LEGAL = NoticeKind(
    code="tests.legal", channels=frozenset({"sms"}), category=Category.LEGAL, may_be_switched_off=False, **WORDS
)
ADDRESS = Address("13800000000", "en")


@pytest.fixture
def sms() -> Iterator[Gateway]:
    with gateway() as one:
        yield one


@pytest.fixture
def ringing(sms: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """A gateway delivers text messages, nobody sleeps, and everybody has a number."""
    monkeypatch.setattr(contracts, "_couriers", {"sms": sms.courier()})
    monkeypatch.setattr("django.conf.settings.QUIET_HOURS", (dt.time(0), dt.time(0)))
    monkeypatch.setattr(Book, "find", lambda *_self, **_asked: ADDRESS)
    contracts.register_kind(REMINDER)
    contracts.register_kind(LEGAL)
    return sms


def leave(kind: str = "tests.ring", key: str = "case:7") -> int:
    with acting(actor_of("dana")) as dana:
        actions.notify(actor=dana, person_id=account_of("rita").person_id, kind=kind, params={"number": 7}, key=key)
    return row().pk


# --- the gateway's client ---


def test_what_is_handed_over_is_signed_and_asked_about(sms: Gateway) -> None:
    courier, reference = sms.courier(), str(uuid.uuid4())
    assert courier.fate_of(reference=reference) is Fate.UNKNOWN
    courier.send(address=ADDRESS, subject="通知", text="正文", reference=reference)
    assert sms.taken == [
        {"reference": reference, "channel": "sms", "to": "13800000000", "subject": "通知", "text": "正文"}
    ]
    assert courier.fate_of(reference=reference) is Fate.ACCEPTED
    sms.states[reference] = "delivered"
    assert courier.fate_of(reference=reference) is Fate.DELIVERED
    courier.send(address=ADDRESS, subject="通知", text="正文", reference=reference)  # it has that one already
    assert sms.copies(reference) == 1


def test_a_wrong_secret_a_fault_and_an_answer_without_sense_are_refusals(sms: Gateway) -> None:
    reference = str(uuid.uuid4())
    with pytest.raises(GatewayRefused, match="401"):
        sms.courier(secret="another").send(address=ADDRESS, subject="s", text="t", reference=reference)
    assert (sms.refused, sms.taken) == (1, [])
    for status in (500, 429, 302):
        sms.next_answers = [status]
        with pytest.raises(GatewayRefused, match=str(status)):
            sms.courier().send(address=ADDRESS, subject="s", text="t", reference=reference)
    sms.states[reference] = "perhaps"
    with pytest.raises(GatewayRefused):
        sms.courier().fate_of(reference=reference)
    sms.next_answers = [0]
    with pytest.raises(requests.ConnectionError):
        sms.courier().send(address=ADDRESS, subject="s", text="t", reference=str(uuid.uuid4()))


def test_a_signed_request_cannot_be_played_again(sms: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongzhi.notify.gateways.secrets.token_hex", lambda _length: "the same")
    sms.courier().send(address=ADDRESS, subject="s", text="t", reference="a")
    with pytest.raises(GatewayRefused, match="401"):
        sms.courier().send(address=ADDRESS, subject="s", text="t", reference="b")


def test_the_console_shows_a_developer_what_would_be_sent() -> None:
    out = io.StringIO()
    ConsoleCourier("sms", out).send(address=ADDRESS, subject="验证码", text="123456", reference="r")
    assert out.getvalue() == "[sms] 13800000000: 验证码\n123456\n"


def test_channels_without_a_gateway_are_off_and_the_demonstration_prints(settings: object) -> None:
    from django.conf import settings as live

    from gongzhi.notify.handlers import configured

    live.NOTICE_GATEWAYS = {"sms": ("https://sms.example/v1", "k", "s"), "wechat": ("", "", "")}
    assert [(one.channel, type(one).__name__) for one in configured()] == [("sms", "GatewayCourier")]
    live.DEMO = True
    assert [one.channel for one in configured()] == ["sms", "wechat"]


# --- on the way ---


@pytest.mark.django_db
def test_an_accepted_message_is_sent_once_and_its_receipt_asked_for(ringing: Gateway) -> None:
    leave()
    run_queue()
    sent = row()
    assert (sent.state, sent.address_masked, sent.receipt) == (Delivery.SENT, "138****0000", "")
    with acting(PROCESS) as actor:
        assert actions.ask_receipts(actor=actor) == 1
        assert not actions.ask_receipt(actor=actor, outbox_id=sent.pk), "accepted is not delivered"
        assert actions.ask_receipts(actor=actor) == 0, "not asked again within the hour"
    change(asked_at=timezone.now() - dt.timedelta(hours=2))
    ringing.states[str(sent.reference)] = "delivered"
    with acting(PROCESS) as actor:
        assert actions.ask_receipts(actor=actor) == 1
        assert actions.ask_receipt(actor=actor, outbox_id=sent.pk)
        assert not actions.ask_receipt(actor=actor, outbox_id=sent.pk), "known already"
    assert (row().receipt, bool(row().receipt_at)) == ("delivered", True)
    assert not Proof.objects.exists(), "a reminder needs no proof"


@pytest.mark.django_db
def test_the_provider_is_asked_before_a_second_copy_goes_out(ringing: Gateway) -> None:
    leave()
    ringing.next_answers = [0]  # it takes the message and hangs up
    run_queue()
    assert (row().state, row().fault) == (Delivery.FAILED, "ConnectionError")
    a_quarter_of_an_hour_later()
    run_queue()
    assert (row().state, row().attempts) == (Delivery.SENT, 2)
    assert ringing.copies(str(row().reference)) == 1


@pytest.mark.django_db
def test_what_never_arrived_is_sent_and_who_cannot_say_is_asked_later(ringing: Gateway) -> None:
    leave()
    ringing.next_answers = [503, 503]  # the first try fails, and so does the question before the second
    run_queue()
    a_quarter_of_an_hour_later()
    run_queue()
    assert (row().state, ringing.taken) == (Delivery.FAILED, [])
    a_quarter_of_an_hour_later()
    run_queue()
    assert (row().state, ringing.copies(str(row().reference))) == (Delivery.SENT, 1)


@pytest.mark.django_db
def test_what_was_accepted_and_not_delivered_is_in_the_operators_sight(ringing: Gateway) -> None:
    leave()
    run_queue()
    ringing.states[str(row().reference)] = "undelivered"
    with acting(PROCESS) as actor:
        assert actions.ask_receipt(actor=actor, outbox_id=row().pk)
    with acting(actor_of("adam")) as adam:
        found = selectors.oversight(adam)
    assert [one.id for one in found.wrong] == [row().pk]
    assert found.wrong[0].address == "138****0000"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("clock", "until"),
    [
        ("2026-11-26 22:30", "2026-11-27 08:00"),
        ("2026-11-27 03:00", "2026-11-27 08:00"),
        ("2026-11-27 08:00", None),
        ("2026-11-27 20:59", None),
    ],
)
def test_nobody_is_rung_in_the_night(
    ringing: Gateway, monkeypatch: pytest.MonkeyPatch, clock: str, until: str | None
) -> None:
    monkeypatch.setattr("django.conf.settings.QUIET_HOURS", (dt.time(21), dt.time(8)))
    now = timezone.make_aware(dt.datetime.fromisoformat(clock))
    leave()
    change(next_try_at=now, created_at=now)
    monkeypatch.setattr("gongzhi.notify.actions.timezone.now", lambda: now)
    run_queue()
    waits = timezone.make_aware(dt.datetime.fromisoformat(until)) if until else None
    if waits:
        assert (row().state, row().next_try_at, ringing.taken) == (Delivery.WAITING, waits, [])
    else:
        assert row().state == Delivery.SENT


@pytest.mark.django_db
def test_a_legal_notice_waits_for_no_morning_and_own_hours_go_before_the_platforms(
    ringing: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.conf.settings.QUIET_HOURS", (dt.time(21), dt.time(8)))
    night = timezone.make_aware(dt.datetime(2027, 1, 10, 23))
    monkeypatch.setattr("gongzhi.notify.actions.timezone.now", lambda: night)
    with acting(actor_of("rita")) as rita:
        actions.set_quiet_hours(actor=rita, begins=dt.time(1), ends=dt.time(5))
    leave()
    run_queue()
    assert row().state == Delivery.SENT, "she is awake at eleven"
    with acting(PROCESS):
        Outbox.objects.all().delete()
    with acting(actor_of("rita")) as rita:
        actions.set_quiet_hours(actor=rita, begins=dt.time(20), ends=dt.time(5))
    leave("tests.legal", "case:8")
    run_queue()
    assert row().state == Delivery.SENT


@pytest.mark.django_db
def test_a_category_is_switched_off_and_a_kind_of_it_on_again(ringing: Gateway) -> None:
    with acting(actor_of("rita")) as rita:
        actions.set_category(actor=rita, category="deadline", channel="sms", on=False)
    leave()
    run_queue()
    assert (row().state, row().reason) == (Delivery.GIVEN_UP, "switched_off")
    with acting(PROCESS):
        Outbox.objects.all().delete()
        Preference.objects.create(person_id=account_of("rita").person_id, kind="tests.ring", channel="sms", on=True)
    leave(key="case:9")
    run_queue()
    assert row().state == Delivery.SENT


@pytest.mark.django_db
def test_rights_and_duties_cannot_be_switched_off(ringing: Gateway) -> None:
    with acting(actor_of("rita")) as rita:
        with pytest.raises(RuleViolation, match=r"."):
            actions.set_category(actor=rita, category="legal", channel="sms", on=False)
        with pytest.raises(RuleViolation):
            actions.set_category(actor=rita, category="gossip", channel="sms", on=False)
        actions.set_category(actor=rita, category="legal", channel="sms", on=True)
    for name in ("visitor", "dana"):
        with acting(actor_of(name)) as actor:
            with pytest.raises(NotAllowed):
                actions.set_category(actor=actor, category="news", channel="sms", on=False)
            with pytest.raises(NotAllowed):
                actions.set_quiet_hours(actor=actor, begins=dt.time(1), ends=dt.time(2))
    with pytest.raises(ValueError, match="switched off"):
        contracts.register_kind(NoticeKind(code="tests.other", category=Category.SECURITY, **WORDS))
    with pytest.raises(ValueError, match="category"):
        contracts.register_kind(NoticeKind(code="tests.other", category="gossip", **WORDS))


# --- proof ---


@pytest.mark.django_db
def test_a_legal_notice_is_proved_by_opening_and_by_receipt_and_nobody_rewrites_it(ringing: Gateway) -> None:
    leave("tests.legal")
    run_queue()
    ringing.states[str(row().reference)] = "delivered"
    with acting(PROCESS) as actor:
        actions.ask_receipt(actor=actor, outbox_id=row().pk)
    with acting(actor_of("rita")) as rita:
        message = Message.objects.get()
        actions.mark_read(actor=rita, message_ids=[message.pk])
        actions.mark_read(actor=rita, message_ids=[message.pk])
        assert [str(how) for how, _channel, _at in selectors.proofs_of(message)] == ["供应商回执", "已在平台打开"]
    with acting(actor_of("rosa")):
        assert not Proof.objects.exists(), "another person's proofs are not there"
    for statement in ("UPDATE notify_proof SET how = 'opened', channel = ''", "DELETE FROM notify_proof"):
        with pytest.raises(DatabaseError), acting(PROCESS), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# --- the reconciler, and the operator ---


@pytest.mark.django_db
def test_the_reconciler_puts_into_the_outbox_what_was_promised_and_is_not_there(ringing: Gateway) -> None:
    leave()
    with acting(PROCESS) as actor:
        assert actions.reconcile(actor=actor) == actions.Reconciled(missing=0, overdue=0, wrong=0)
        assert not Event.objects.filter(event="notify.outbox.reconciled").exists()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
        Outbox.objects.all().delete()  # as a restore or a hand in the database would
        assert actions.reconcile(actor=actor).missing == 1
        assert actions.reconcile(actor=actor).missing == 0
    assert Event.objects.get(event="notify.outbox.reconciled").details["missing"] == 1
    run_queue()
    assert (row().state, len(ringing.taken)) == (Delivery.SENT, 1)


@pytest.mark.django_db
def test_the_reconciler_counts_what_is_late_and_what_went_wrong(ringing: Gateway) -> None:
    leave()
    change(created_at=timezone.now() - dt.timedelta(days=3))
    with acting(PROCESS) as actor:
        assert actions.reconcile(actor=actor).overdue == 1
    change(state=Delivery.GIVEN_UP, reason="error")
    with acting(PROCESS) as actor:
        assert actions.reconcile(actor=actor) == actions.Reconciled(missing=0, overdue=0, wrong=1)


@pytest.mark.django_db
def test_an_operator_has_a_lost_delivery_tried_anew(ringing: Gateway) -> None:
    pk = leave()
    change(state=Delivery.GIVEN_UP, reason="no_courier", attempts=8)
    with acting(actor_of("dana")) as dana, pytest.raises(NotAllowed):
        actions.try_again(actor=dana, outbox_id=pk)
    with acting(actor_of("adam")) as adam:
        actions.try_again(actor=adam, outbox_id=pk)
        with pytest.raises(RuleViolation):
            actions.try_again(actor=adam, outbox_id=pk)
        with pytest.raises(Outbox.DoesNotExist):
            actions.try_again(actor=adam, outbox_id=pk + 1000)
        assert not Outbox.objects.exists(), "the second wall shows an operator nobody's deliveries"
    run_queue()
    assert row().state == Delivery.SENT


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["visitor", "rita", "dana", "adam"])
def test_only_a_process_asks_and_reconciles(ringing: Gateway, name: str) -> None:
    pk = leave()
    with acting(actor_of(name)) as actor:
        with pytest.raises(NotAllowed):
            actions.ask_receipts(actor=actor)
        with pytest.raises(NotAllowed):
            actions.ask_receipt(actor=actor, outbox_id=pk)
        with pytest.raises(NotAllowed):
            actions.reconcile(actor=actor)


@pytest.mark.django_db
def test_what_is_promised_is_what_somebody_delivers(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    contracts.register_kind(REMINDER)
    monkeypatch.setattr(contracts, "_couriers", {})
    with acting(actor_of("dana")) as dana:
        actions.notify(
            actor=dana, person_id=account_of("rita").person_id, kind="tests.ring", params={"number": 7}, key="k"
        )
    with acting(PROCESS) as actor:
        assert Message.objects.get().promised == []
        assert not Outbox.objects.exists(), "no text message is promised where no gateway is set"
        assert actions.reconcile(actor=actor).missing == 0
