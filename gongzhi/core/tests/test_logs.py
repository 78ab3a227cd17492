"""What a line of the log holds, and what nobody can make of it."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from gongzhi.core.logs import Line

BEGINS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ \S+ ")


def written(message: str, *arguments: object, error: bool = False, **extra: object) -> str:
    """One record as the log shows it."""
    info = None
    if error:
        try:
            raise ValueError("first\n2026-01-01T00:00:00.000Z INFO gongzhi.accounts forged")
        except ValueError:
            info = sys.exc_info()
    record = logging.getLogger("gongzhi.tests").makeRecord(
        "gongzhi.tests", logging.WARNING, __file__, 1, message, arguments, info, extra=extra
    )
    return Line().format(record)


def test_a_line_begins_with_the_time_in_utc_and_ends_with_what_belongs_to_it() -> None:
    text = written("notify.failed", outbox=7, fault="Timeout")
    assert re.fullmatch(BEGINS.pattern + r"notify\.failed fault=Timeout outbox=7", text)


@pytest.mark.parametrize("evil", ["a\nb", "a\r\nb", "a\x1b[31mb", "a\u2028b", "a\x00b", "a\u202eb"])
def test_nobody_begins_a_line_by_what_they_send(evil: str) -> None:
    for text in (written("seen %s", evil), written("seen", what=evil)):
        assert len(text.splitlines()) == 1
        assert text.isprintable()


def test_a_traceback_stands_below_its_event_and_begins_no_other() -> None:
    first, *rest = written("door.failed", error=True).split("\n")
    assert BEGINS.match(first)
    assert rest
    assert all(line.startswith("  ") for line in rest)
    assert not any(BEGINS.match(line) for line in rest)


def test_negative_control_the_librarys_own_formatter_lets_a_line_begin() -> None:
    record = logging.makeLogRecord({"msg": "a\n2026-01-01T00:00:00.000Z INFO x forged", "levelname": "INFO"})
    assert any(BEGINS.match(line) for line in logging.Formatter("%(message)s").format(record).split("\n"))


def test_every_handler_of_the_settings_writes_such_lines() -> None:
    logged: dict[str, Any] = settings.LOGGING
    assert logged["formatters"]["line"]["()"] == "gongzhi.core.logs.Line"
    assert {handler["formatter"] for handler in logged["handlers"].values()} == {"line"}


@pytest.mark.django_db
def test_an_address_with_a_line_break_is_one_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/nothing%0A2026-01-01T00:00:00.000Z%20INFO%20gongzhi%20forged/", secure=True)
    assert caplog.records
    assert all("\n" not in Line().format(one) for one in caplog.records if not one.exc_info)
