"""A child process that ends when its supervisor does, even when that was killed: the pipe between them closes."""

from __future__ import annotations

import os
import signal
import threading


def hold(descriptor: int | None) -> None:
    """Watch the pipe `descriptor`; when its other end closes, end this process as SIGTERM would."""
    if descriptor is None:
        return

    def watch() -> None:
        while True:
            try:
                if not os.read(descriptor, 1):
                    break
            except OSError:
                break
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
