"""The background worker: runs queued jobs, beats its heart, and stops gently."""

from __future__ import annotations

import asyncio
import os
import socket
import threading

from django.db import DatabaseError, close_old_connections
from procrastinate.contrib.django import app

from gongzhi.config import lifeline as lifelines
from gongzhi.core import heartbeat

BEAT_S = 5


def _beat(stopped: threading.Event) -> None:
    """Say every few seconds that this worker is alive; a database that is away for a while is waited for."""
    name = f"worker@{socket.gethostname()}:{os.getpid()}"[:64]
    while True:
        try:
            close_old_connections()
            heartbeat.beat(name)
        except DatabaseError:
            close_old_connections()
        if stopped.wait(BEAT_S):
            return


def work(*, concurrency: int, lifeline: int | None = None) -> int:
    """Run jobs until SIGTERM; a job that has begun is finished first (for at most 20 s)."""
    lifelines.hold(lifeline)
    stopped = threading.Event()
    threading.Thread(target=_beat, args=[stopped], name="heartbeat", daemon=True).start()

    async def run() -> None:
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]  # Django's connector has it
        with app.replace_connector(connector):
            async with app.open_async():
                await app.run_worker_async(
                    concurrency=concurrency,
                    install_signal_handlers=True,
                    shutdown_graceful_timeout=20,
                    delete_jobs="successful",
                )

    try:
        asyncio.run(run())
    finally:
        stopped.set()
    return 0
