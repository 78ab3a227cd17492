"""How long the platform takes to start: with nothing (cold), and again with what it made (second).

A start is one `gongzhi demo` until /healthz answers 200 and a worker of *this* start has given a sign of life: the one
of the run before counts for 20 s more and would flatter the second start. The anchors are a limit of 10 s for the
second start, the cold start of the same round, and a bare stack that does nothing for it: `initdb`, `postgres` and
`bench.floor`, cold and again. The bare stack is a floor and not a product.

`--control` puts the cold start in the second start's place: what was saved by having a data folder is then nothing.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import psycopg

from bench import synthetic
from bench.harness import (
    ROUNDS,
    Broken,
    Result,
    command,
    end,
    environment,
    floor,
    folder,
    free_port,
    median,
    run,
    say,
    wait_for,
)
from gongzhi.config.database import Cluster, running_cluster

NAME = "start"
SIZE = 600
SECOND_LIMIT_S = 10.0
COLD_LIMIT_S = 60.0

AIM = {"second_vs_limit": "<= 1", "cold_vs_limit": "<= 1", "second_vs_cold": "<= 0.8"}


def _worker_beat(var: Path, since: float) -> bool:
    """Whether a worker has given a sign of life after the time `since` (seconds of the machine's clock)."""
    with psycopg.connect(Cluster(var).url()) as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM core_heartbeat WHERE process LIKE 'worker%%' AND at > to_timestamp(%s))",
            [since],
        ).fetchone()
    return bool(row and row[0])


def product_start(var: Path) -> float:
    """Seconds of one start of the platform, which is stopped again before this returns."""
    port = free_port()
    begun, clock = time.monotonic(), time.time()
    with (var / "bench.log").open("ab") as log:
        process = subprocess.Popen(
            command(var, "demo", "--port", str(port)),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(("127.0.0.1", port), "/healthz", process=process)
        while not _worker_beat(var, clock):
            if time.monotonic() - begun > 120:
                raise Broken("no worker gave a sign of life")
            time.sleep(0.02)
        return time.monotonic() - begun
    finally:
        end(process)


def bare_start(var: Path) -> float:
    """Seconds until the database and the floor answer, both stopped again before this returns."""
    begun = time.monotonic()
    with running_cluster(var), floor(var):
        return time.monotonic() - begun


def measure(size: int, *, control: bool) -> Result:
    """Three rounds: product cold and second, then the bare stack cold and second, each round in new folders.

    Between the two starts of the product `size` invented organizations are loaded, so that the second one is not the
    start of an empty platform.
    """
    cold, second, bare_cold, bare_second = [], [], [], []
    for turn in range(ROUNDS):
        say(f"round {turn + 1} of {ROUNDS}")
        with folder() as var:
            cold.append(product_start(var))
            if size:
                file = var / "organizations.csv"
                synthetic.write_list(file, synthetic.organizations(size))
                run(var, "import", "organizations", str(file), "--apply", "--json", allowed=(0, 3))
            second.append(product_start(var))
        with folder() as var:
            bare_cold.append(bare_start(var))
            bare_second.append(bare_start(var))
    judged = cold if control else second
    return Result(
        name=NAME,
        size=size,
        product={"cold_s": median(cold), "second_s": median(judged), "all_cold_s": cold, "all_second_s": judged},
        anchors={
            "second_limit_s": SECOND_LIMIT_S,
            "cold_limit_s": COLD_LIMIT_S,
            "cold_s": median(cold),
            "bare_cold_s": median(bare_cold),
            "bare_second_s": median(bare_second),
        },
        ratios={
            "second_vs_limit": round(median(judged) / SECOND_LIMIT_S, 3),
            "cold_vs_limit": round(median(cold) / COLD_LIMIT_S, 3),
            "second_vs_cold": round(median(judged) / median(cold), 3),
        },
        aim=AIM,
    )
