"""How a line of the log looks: UTC, one event a line, what belongs to it behind it. Named by `settings.LOGGING`.

Whatever a browser sent, it begins no line of its own: control characters are written as `\\x0a`, and the lines of a
traceback begin with two spaces.
"""

from __future__ import annotations

import logging
import time
from typing import Final

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
#: What every record has. Whatever else stands in one was given as `extra`.
_OWN: Final = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
#: What Django hangs on records for its mails to administrators, and holds whole requests.
_LEFT_OUT: Final = {"request", "response", "server_time", "status_code", "taskName", "color_message"}
_LONGEST: Final = 2000


def on_one_line(text: str) -> str:
    """The text with every character that could begin or hide a line written out."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)[:_LONGEST]


class Line(logging.Formatter):
    """Time with `Z`, level, name, message, `key=value` of what was given as `extra`; a traceback indented below."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__(FORMAT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the library's name
        """The first line."""
        more = {name: value for name, value in vars(record).items() if name not in _OWN | _LEFT_OUT}
        return on_one_line(
            " ".join([super().formatMessage(record), *(f"{name}={more[name]}" for name in sorted(more))])
        )

    def formatException(self, ei: object) -> str:  # noqa: N802  # the library's name
        """The traceback, no line of which looks like the beginning of an event."""
        lines = super().formatException(ei).splitlines()  # type: ignore[arg-type]
        return "\n".join(f"  {on_one_line(line)}" for line in lines)
