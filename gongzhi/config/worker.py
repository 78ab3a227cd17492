"""The background worker: runs queued jobs, beats its heart, and stops gently."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading

from django.db import DatabaseError, close_old_connections
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from gongzhi.config import lifeline as lifelines
from gongzhi.core import heartbeat

BEAT_S = 5


def keep_beating(name: str, stopped: threading.Event) -> None:
    """Say every few seconds that this process is alive; a database that is away for a while is waited for."""
    while True:
        try:
            close_old_connections()
            heartbeat.beat(name[:64])
        except DatabaseError:
            close_old_connections()
        if stopped.wait(BEAT_S):
            return


def work(*, concurrency: int, lifeline: int | None = None) -> int:
    """Run jobs until SIGTERM; a job that has begun is finished first (for at most 20 s).

    Returns 0 when it was asked to stop, 1 when it ended by itself, for example because the database restarted: whoever
    watches it then starts it again.
    """
    lifelines.hold(lifeline)
    stopped = threading.Event()
    beating = f"worker@{socket.gethostname()}:{os.getpid()}"
    threading.Thread(target=keep_beating, args=[beating, stopped], name="heartbeat", daemon=True).start()

    async def run() -> None:
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]  # Django's connector has it
        with app.replace_connector(connector):
            async with app.open_async():
                working = asyncio.create_task(
                    app.run_worker_async(
                        concurrency=concurrency,
                        install_signal_handlers=False,
                        shutdown_graceful_timeout=20,
                        delete_jobs="successful",
                    )
                )

                def ask_to_stop() -> None:
                    stopped.set()
                    working.cancel()  # the library finishes what runs, then ends

                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                    asyncio.get_running_loop().add_signal_handler(number, ask_to_stop)
                try:
                    await working
                except asyncio.CancelledError:
                    if not stopped.is_set():
                        raise

    try:
        asyncio.run(run())
    except ConnectorException as error:
        print(f"gongzhi: the worker lost the database: {error}", file=sys.stderr)
    asked = stopped.is_set()
    stopped.set()
    return 0 if asked else 1
