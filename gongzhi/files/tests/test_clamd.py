"""Debian's own virus scanner, started by the test with a signature database of one line."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gongzhi.core.door import acting
from gongzhi.core.errors import RuleViolation
from gongzhi.files import actions, jobs, scanning
from gongzhi.files.enums import ScanState
from gongzhi.files.models import Upload
from gongzhi.files.tests import samples as make
from gongzhi.files.tests.test_actions import PROCESS, hand_in
from tests.world import actor_of

CLAMD = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [
    pytest.mark.scanner,
    pytest.mark.skipif(CLAMD is None, reason="no clamd: install the Debian package clamav-daemon"),
]
SIGN = "某某测试病毒".encode()


@pytest.fixture(scope="module")
def scanner() -> Iterator[str]:
    """The path of the socket of a clamd that knows one signature."""
    # A short folder of its own: a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="gz-clamd-"))
    (folder / "db").mkdir()
    (folder / "db" / "own.ndb").write_text(f"Gongzhi.Test:0:*:{SIGN.hex()}\n", encoding="ascii")
    socket = folder / "s"
    (folder / "clamd.conf").write_text(
        f"LocalSocket {socket}\nDatabaseDirectory {folder / 'db'}\nTemporaryDirectory {folder}\n"
        "Foreground yes\nMaxThreads 2\nConcurrentDatabaseReload no\nSelfCheck 0\n",
        encoding="ascii",
    )
    command = [str(CLAMD), "--config-file", str(folder / "clamd.conf")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        while not socket.exists():
            assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")
            time.sleep(0.05)
        yield str(socket)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.UPLOADS = tmp_path / "uploads"


@pytest.mark.django_db
def test_a_clean_file_is_marked_clean_and_an_infected_one_does_not_come_in(scanner: str, settings: Any) -> None:
    settings.CLAMD_SOCKET = scanner
    assert scanning.unavailable() == ""
    rita = actor_of("rita")
    clean = hand_in(rita, "情况说明\n".encode() * 100, name="a.txt")
    assert clean.scan_state == ScanState.CLEAN
    with pytest.raises(RuleViolation) as caught:
        hand_in(rita, b"before " + SIGN + b" after", name="b.txt")
    assert caught.value.code == "files.infected"
    inside = make.docx(("word/media/a.bin", SIGN))  # packed, inside an office file
    with pytest.raises(RuleViolation) as caught:
        hand_in(rita, inside, name="c.docx")
    assert caught.value.code == "files.infected"
    assert Upload.objects.count() == 1


@pytest.mark.django_db
def test_what_came_in_while_it_was_away_is_found_later_and_then_not_given_out(scanner: str, settings: Any) -> None:
    rita = actor_of("rita")
    uploads = [hand_in(rita, content, name="a.txt") for content in (b"clean", SIGN)]
    assert {upload.scan_state for upload in uploads} == {ScanState.NOT_SCANNED}
    settings.CLAMD_SOCKET = scanner
    with acting(PROCESS):
        jobs.scan_waiting(actor=PROCESS)
        states = [Upload.objects.get(pk=upload.pk).scan_state for upload in uploads]
    assert states == [ScanState.CLEAN, ScanState.INFECTED]
    with acting(rita), pytest.raises(RuleViolation) as caught:
        actions.send(Upload.objects.get(pk=uploads[1].pk), actor=rita)
    assert caught.value.code == "files.infected"


@pytest.mark.django_db
def test_the_scanner_and_its_own_client_agree(scanner: str, tmp_path: Path) -> None:
    """The control: clamdscan, which is not ours, finds the same."""
    client = shutil.which("clamdscan")
    if client is None:
        pytest.skip("no clamdscan: install the Debian package clamdscan")
    config = tmp_path / "clamd.conf"
    config.write_text(f"LocalSocket {scanner}\n", encoding="ascii")
    for content, found in ((b"clean", 0), (SIGN, 1)):
        file = tmp_path / "file"
        file.write_bytes(content)
        answer = subprocess.run(
            [client, "--config-file", str(config), "--stream", "--no-summary", str(file)],
            capture_output=True, check=False,
        )  # fmt: skip
        assert answer.returncode == found, answer.stdout + answer.stderr
