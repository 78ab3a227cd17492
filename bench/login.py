"""Whether the clock tells an unknown name, a closed account and a wrong password apart.

The platform runs as an operator runs it; sign-ins of the three kinds alternate, one after the other, on one connection,
while the network address and the names have tries left. Judged are the medians of the three kinds against one
another, and a two-sample test: the share of pairs in which one kind takes longer (the area under the curve of an
attacker who guesses by the clock; 0.5 tells nothing, 1 tells all). The anchor is the same kind compared with itself.

`--control` sends no password for unknown names, which is answered without a hash, as a careless sign-in answers them
all: it must end not ok.
"""

from __future__ import annotations

import http.client
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from bench.harness import Broken, Result, environment, folder, say, stack, urls
from gongzhi.config.database import Cluster

NAME = "login"
#: Tries of each kind.
SIZE = 60
KINDS = ("unknown", "closed", "wrong")
AIM = {"slowest_vs_quickest": "<= 1.1", "told_apart": "<= 0.65"}

#: Makes the accounts.
PREPARE = """
import sys
from gongzhi.config.cli import start_django

start_django()
from gongzhi.accounts import actions
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting

actor = Actor.system("bench", permissions=frozenset({"accounts.create", "accounts.disable"}))
with acting(actor):
    for number in range(int(sys.argv[1])):
        for kind in ("closed", "wrong"):
            made = actions.make_account(name="x", password=None, email=f"{kind}{number}@bench.example")
            made.is_active = kind == "wrong"
            made.password = actions._NOBODY
            made.save()
"""


def _prepare(cluster: Cluster, var: Path, count: int) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", PREPARE, str(count)], env=environment(VAR=str(var), **urls(cluster)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if answer.returncode:
        raise Broken(f"the accounts could not be made: {answer.stderr[-400:]}")


def _forget_tries(cluster: Cluster) -> None:
    """Forget what was counted, or the limit would answer before the password is looked at."""
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("DELETE FROM core_throttle")


class Visitor:
    """One connection that signs in again and again, with cookies, and forgets nothing but its failures."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.connection = http.client.HTTPConnection(*address, timeout=30)
        self.cookie = self.token = ""

    def _ask(self, method: str, body: str = "") -> tuple[int, str]:
        headers = {
            "Cookie": self.cookie,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.connection.request(method, "/accounts/sign-in/", body or None, headers)
        answer = self.connection.getresponse()
        for value in answer.headers.get_all("Set-Cookie") or []:
            self.cookie = value.split(";")[0]
        return answer.status, answer.read().decode()

    def begin(self) -> None:
        """Fetch the form and what protects it."""
        _status, page = self._ask("GET")
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        if found is None:
            raise Broken("the sign-in page has no form")
        self.token = found[1]

    def fail(self, login: str, password: str = "wrong wrong wrong") -> float:
        """Milliseconds of one failed sign-in."""
        body = urlencode({"csrfmiddlewaretoken": self.token, "login": login, "password": password})
        begun = time.perf_counter()
        status, _page = self._ask("POST", body)
        took = (time.perf_counter() - begun) * 1000
        if status != 422:
            raise Broken(f"a failed sign-in answered {status}")
        return took


def told_apart(one: Sequence[float], other: Sequence[float]) -> float:
    """How well the clock tells two samples apart: 0.5 not at all, 1 always (two-sample rank statistic)."""
    longer = sum((a > b) + (a == b) / 2 for a in one for b in other) / (len(one) * len(other))
    return max(longer, 1 - longer)


def measure(size: int, *, control: bool) -> Result:
    """Alternate the three kinds `size` times and compare them."""
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with folder() as var:
        cluster = Cluster(var)
        with stack(var, prepare=lambda: _prepare(cluster, var, size)) as served:
            visitor = Visitor(served.address)
            visitor.begin()
            for number in range(3):
                visitor.fail(f"warm{number}@bench.example")
            say(f"{size} failed sign-ins of each kind")
            for number in range(size):
                if number % 10 == 0:
                    _forget_tries(cluster)
                for kind in KINDS:
                    careless = control and kind == "unknown"
                    login = f"{kind}{number}@bench.example"
                    times[kind].append(visitor.fail(login, "") if careless else visitor.fail(login))
    medians = {kind: statistics.median(values) for kind, values in times.items()}
    half = times["wrong"][::2], times["wrong"][1::2]
    pairs = [(a, b) for index, a in enumerate(KINDS) for b in KINDS[index + 1 :]]
    return Result(
        name=NAME,
        size=size,
        rounds=size,
        product={f"{kind}_ms": round(value, 2) for kind, value in medians.items()},
        anchors={"same_kind_told_apart": round(told_apart(*half), 3)},
        ratios={
            "slowest_vs_quickest": round(max(medians.values()) / min(medians.values()), 3),
            "told_apart": round(max(told_apart(times[a], times[b]) for a, b in pairs), 3),
        },
        aim=AIM,
    )
