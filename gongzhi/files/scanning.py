"""The virus scanner, where one is installed: clamd over its Unix socket, by its INSTREAM command."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import IO, Final

from django.conf import settings
from django.utils.translation import gettext as _

TIMEOUT_S: Final = 30.0
CHUNK: Final = 64 * 1024


class ScannerAway(Exception):
    """The scanner is set up and gave no verdict; the text says why."""


def address() -> str:
    """The path of clamd's socket; empty where no scanner is set up."""
    return str(getattr(settings, "CLAMD_SOCKET", "") or "")


def _ask(command: bytes, stream: IO[bytes] | None = None) -> str:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as talk:
            talk.settimeout(TIMEOUT_S)
            talk.connect(address())
            talk.sendall(b"z" + command + b"\0")
            if stream is not None:
                while data := stream.read(CHUNK):
                    talk.sendall(struct.pack("!L", len(data)) + data)
                talk.sendall(struct.pack("!L", 0))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < 4096:
                data = talk.recv(4096)
                if not data:
                    break
                answer += data
    except OSError as error:
        raise ScannerAway(f"{address()}: {error}") from error
    return answer.rstrip(b"\0").decode("utf-8", "replace")


def is_infected(file: Path) -> bool:
    """Have the scanner read a file. Raises `ScannerAway` when it gave no verdict (also: file larger than it reads)."""
    with file.open("rb") as stream:
        answer = _ask(b"INSTREAM", stream)
    if answer.endswith(" FOUND"):
        return True
    if answer == "stream: OK":
        return False
    raise ScannerAway(answer or "no answer")


def unavailable() -> str:
    """Why uploads are not scanned for viruses, as one sentence for `gongzhi doctor`; empty when they are."""
    if not address():
        return _(
            "Uploaded files are not scanned for viruses: install the Debian package clamav-daemon and set GONGZHI_CLAMD_SOCKET "
            "to its socket, usually /run/clamav/clamd.ctl."
        )
    try:
        if _ask(b"PING") == "PONG":
            return ""
        reason = "no PONG"
    except ScannerAway as error:
        reason = str(error)
    return _("The virus scanner does not answer (%(reason)s): start the service clamav-daemon.") % {"reason": reason}
