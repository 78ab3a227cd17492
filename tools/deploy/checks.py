"""Checks that print one line each, and small things to wait with."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Failed(Exception):
    """A check did not hold, or something could not be set up; the text says what was seen."""


def need(condition: bool, seen: object) -> None:
    """Fail with what was seen instead."""
    if not condition:
        raise Failed(str(seen))


class Checks:
    """Prints one line for each check and remembers whether one failed."""

    def __init__(self) -> None:
        self.failed = 0
        self.done = 0

    @contextmanager
    def check(self, text: str) -> Iterator[None]:
        """One check: whatever goes wrong inside makes it a failed line, and the rehearsal goes on."""
        self.done += 1
        try:
            yield
        except Exception as error:
            self.failed += 1
            print(f"FAILED  {text}: {type(error).__name__}: {str(error)[-600:]}", flush=True)
        else:
            print(f"ok      {text}", flush=True)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(test: Callable[[], bool], what: str, *, within: float = 60) -> None:
    """Wait until the test holds."""
    deadline = time.monotonic() + within
    while not test():
        need(time.monotonic() < deadline, f"after {within:.0f} s still not: {what}")
        time.sleep(0.1)


def answers(port: int) -> bool:
    """Whether something listens on this port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
