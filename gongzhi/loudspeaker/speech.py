"""Texts spoken by Debian's espeak-ng, kept by their hash. Where it is missing, people read the text out themselves."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

from django.conf import settings

log = logging.getLogger("gongzhi.loudspeaker")

#: Words a minute: a village loudspeaker echoes, so slower than talk.
SPEED: Final = 150
VOICE: Final = "cmn"
LONGEST_S: Final = 60
#: What was spoken is kept this long after it was last asked for.
KEPT_S: Final = 30 * 24 * 3600


class Mute(Exception):
    """The text cannot be spoken on this machine; the text says why."""


def available() -> bool:
    """Whether texts can be spoken here."""
    return shutil.which("espeak-ng") is not None


def _folder() -> Path:
    folder = Path(settings.VAR) / "speech"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def spoken(text: str) -> Path:
    """A WAV file of the text in Mandarin; made once, the same text gives the same file. Raises `Mute`."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise Mute("espeak-ng is not installed")
    name = hashlib.sha256(f"{VOICE}:{SPEED}:{text}".encode()).hexdigest()
    place = _folder() / f"{name}.wav"
    if place.exists():
        os.utime(place)
        return place
    part = _folder() / f"{secrets.token_hex(8)}.part"
    # The text goes in by standard input: a text that begins with a dash is no option.
    command = [program, "-v", VOICE, "-s", str(SPEED), "-b", "1", "-w", str(part), "--stdin"]
    try:
        subprocess.run(command, input=text.encode(), capture_output=True, timeout=LONGEST_S, check=True, cwd="/")
        part.rename(place)
    except (subprocess.SubprocessError, OSError) as error:
        log.error("loudspeaker.speech_failed", exc_info=error)
        raise Mute(type(error).__name__) from error
    finally:
        part.unlink(missing_ok=True)
    return place


def forget() -> int:
    """Remove what nobody asked for lately; how many files."""
    old = [file for file in _folder().iterdir() if time.time() - file.stat().st_mtime > KEPT_S]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)
