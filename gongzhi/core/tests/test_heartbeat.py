"""Signs of life: of a process by name, on whichever machine."""

import datetime as dt

import pytest
from django.db.models import F

from gongzhi.core import heartbeat
from gongzhi.core.models import Heartbeat


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["worker", "worker@host:1"])
def test_a_process_that_beat_lately_is_alive_and_a_silent_one_is_not(name: str) -> None:
    assert not heartbeat.alive("worker")
    heartbeat.beat(name)
    assert heartbeat.alive("worker")
    Heartbeat.objects.update(at=F("at") - dt.timedelta(seconds=heartbeat.SILENCE_S + 1))
    assert not heartbeat.alive("worker")
    heartbeat.beat(name)
    assert heartbeat.alive("worker")
    assert Heartbeat.objects.count() == 1


@pytest.mark.django_db
def test_one_of_several_machines_is_enough() -> None:
    heartbeat.beat("worker@a:1")
    Heartbeat.objects.update(at=F("at") - dt.timedelta(days=1))
    heartbeat.beat("worker@b:1")
    assert heartbeat.alive("worker")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["workers", "worker2@host:1", "web@worker", "sequencerXa@host:1"])
def test_another_process_is_not_taken_for_it(name: str) -> None:
    heartbeat.beat(name)
    assert not heartbeat.alive("worker")
    assert not heartbeat.alive("sequencer_a")
    assert not heartbeat.alive("%")
