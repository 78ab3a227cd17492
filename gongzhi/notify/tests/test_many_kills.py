"""Workers killed 500 times around the handover: nothing is lost, and nothing goes out twice, because the provider is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from gongzhi.core.door import acting
from gongzhi.notify.enums import Delivery
from gongzhi.notify.models import Outbox
from gongzhi.notify.tests.factories import PROCESS
from gongzhi.notify.tests.gateway import KEY, SECRET, gateway
from tests.plugin import ROOT, cluster

KILLS = 500

#: Loads the platform once; every try is a process of its own, made by fork, that sends one notice and kills itself at one of
#: three points: before the handover, after it, after asking the provider.
WORK = """
import json, os, random, signal, sys
from gongzhi.config.cli import start_django
start_django()
from django.db import connection
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.notify import actions, contracts
from gongzhi.notify.contracts import Address, NoticeKind
from gongzhi.notify.enums import Category
from gongzhi.notify.gateways import GatewayCourier
from gongzhi.notify.jobs import send
from gongzhi.notify.models import Outbox

address, key, secret, kills, asks = *sys.argv[1:4], int(sys.argv[4]), sys.argv[5] == "asks"
point = [""]

class Doomed(GatewayCourier):
    def send(self, **given):
        self.die("before")
        super().send(**given)
        self.die("after")
    def fate_of(self, **given):
        found = super().fate_of(**given)
        self.die("asked")
        return found
    def die(self, where):
        if point[0] == where:
            os.kill(os.getpid(), signal.SIGKILL)

class Mute:  # the control: a courier whose provider cannot be asked
    channel = "sms"
    def send(self, **given):
        doomed.send(**given)

class Book:
    def find(self, *, actor, person_id, channel):
        return Address("13800000000", "en")

doomed = Doomed("sms", address, key, secret)
contracts._couriers["sms"] = doomed if asks else Mute()
contracts._books[:] = [Book()]
contracts.register_kind(NoticeKind(code="tests.legal", label="L", purpose="P", subject="S", text="T",
    channels=frozenset({"sms"}), category=Category.LEGAL, may_be_switched_off=False))
actions.SILENCE = actions.FIRST_WAIT * 0
process = Actor.system("test")

def leave(number):
    with acting(process):
        actions.notify(actor=process, person_id=1, kind="tests.legal", params={}, key=f"k:{number}")
        pk = Outbox.objects.order_by("-pk")[0].pk
    connection.close()
    return pk

def attempt(pk, where):
    pid = os.fork()
    if pid == 0:
        point[0] = where
        with acting(process) as actor:
            actions.begin_sending(actor=actor, outbox_id=pk)
            row = Outbox.objects.get(pk=pk)
        send(row.pk, row.attempts)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])

random.seed(4)
killed = number = 0
while killed < kills:
    pk, number = leave(number), number + 1
    for where in (random.choice(["before", "after"]), random.choice(["asked", "after"]), ""):
        killed += attempt(pk, where)
print(json.dumps({"killed": killed}))
"""


def kill(database: str, kills: int, *, asks: bool) -> tuple[int, list[int]]:
    """How many processes were killed, and how many copies of each notice went out, by a provider that sends what it gets."""
    environment = {**os.environ, "DATABASE_URL": cluster.url(name=database), "GONGZHI_HTTPS": "0"}
    with gateway(repeats=True) as provider:
        words = [provider.address, KEY, SECRET, str(kills), "asks" if asks else "mute"]
        answer = subprocess.run(
            [sys.executable, "-c", WORK, *words],
            capture_output=True, text=True, timeout=550, check=False, cwd=ROOT, env=environment,
        )  # fmt: skip
        assert answer.returncode == 0, answer.stderr[-2000:]
        with acting(PROCESS):
            rows = list(Outbox.objects.all())
        assert all(row.state == Delivery.SENT for row in rows), "nothing is lost"
        return json.loads(answer.stdout)["killed"], [provider.copies(str(row.reference)) for row in rows]


def test_five_hundred_kills_lose_no_notice_and_send_none_twice(fresh_database: str) -> None:
    killed, copies = kill(fresh_database, KILLS, asks=True)
    assert killed >= KILLS
    assert set(copies) == {1}


def test_without_asking_there_are_second_copies(fresh_database: str) -> None:
    """The control: a courier whose provider cannot be asked sends again what may have gone out."""
    _killed, copies = kill(fresh_database, 20, asks=False)
    assert max(copies) > 1
    assert min(copies) >= 1
