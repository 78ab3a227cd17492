"""Whole journeys in Debian's Chromium against the running platform: each with JavaScript and without it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gongzhi.config.tests.test_stack import free_port, start, stop, wait_until_healthy

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: install the Debian package chromium"),
]
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Stack:
    """A running platform with demonstration data."""

    address: str
    var: Path

    def account(self, role: str) -> tuple[str, str]:
        """Login and password of the demonstration account of a role."""
        accounts = json.loads((self.var / "demo-accounts.json").read_text(encoding="utf-8"))
        found = next(one for one in accounts if one["role"] == role)
        return found["email"], found["password"]

    def second(self, role: str) -> tuple[str, str]:
        """Login and password of the second demonstration account of a role, who approves what the first made."""
        accounts = json.loads((self.var / "demo-accounts.json").read_text(encoding="utf-8"))
        found = [one for one in accounts if one["role"] == role][1]
        return found["email"], found["password"]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One platform for all journeys of this module."""
    import signal

    var = Path(tempfile.mkdtemp(prefix="gongzhi-browser-"))
    var.chmod(0o755)
    port = free_port()
    process = start(var, port)
    wait_until_healthy(port, process)
    said = var / "said.txt"
    said.touch()

    def listen() -> None:
        """Keep what the demonstration prints, codes among it: a journey that signs up reads its own there."""
        assert process.stdout is not None
        for line in process.stdout:
            with said.open("a", encoding="utf-8") as file:
                file.write(line)

    threading.Thread(target=listen, daemon=True).start()
    yield Stack(f"http://localhost:{port}", var)
    stop(process, signal.SIGTERM)
    shutil.rmtree(var, ignore_errors=True)


def run(stack: Stack, journey: str, *, javascript: bool, width: int = 1440, role: str = "registrar") -> None:
    """One journey of `tests/journeys.py` in a process of its own: the browser's sync API stops the ORM in its thread."""
    login, password = stack.account(role)
    other, others = stack.second("registrar")
    resident, secret = stack.account("reader")
    owner, member = stack.account("owner"), stack.account("resident")
    head, admin = stack.account("head"), stack.account("administrator")
    more = {
        "LOGIN_OWNER": owner[0],
        "PASSWORD_OWNER": owner[1],
        "LOGIN_RESIDENT": member[0],
        "PASSWORD_RESIDENT": member[1],
        "LOGIN_HEAD": head[0],
        "PASSWORD_HEAD": head[1],
        "LOGIN_ADMIN": admin[0],
        "PASSWORD_ADMIN": admin[1],
    }
    answer = subprocess.run(
        [sys.executable, "-m", "tests.journeys", journey, stack.address, "on" if javascript else "off", str(width)],
        cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
        env={
            **os.environ, "LOGIN": login, "PASSWORD": password, "OTHER_LOGIN": other, "OTHER_PASSWORD": others,
            "RESIDENT": resident, "RESIDENT_PASSWORD": secret, "SAID": str(stack.var / "said.txt"), **more,
        },
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "journey",
    [
        "find",
        "sign_in",
        "modes",
        "language",
        "parameters",
        "narrow",
        "keep",
        "sign_up",
        "hand_in",
        "announce",
        "looked",
        "handler",
        "verify",
        "counter",
        "in_charge",
        "layers",
        "file_group",
    ],
)
def test_each_journey_works_with_and_without_javascript(
    stack: Stack, journey: str, width: int, javascript: bool
) -> None:
    run(stack, journey, javascript=javascript, width=width)


@pytest.mark.parametrize("width", [1440, 390])
def test_an_official_signs_in_with_a_passkey_of_the_browser(stack: Stack, width: int) -> None:
    run(stack, "passkey", javascript=True, width=width, role="reader")


@pytest.mark.parametrize("part", ["1/4", "2/4", "3/4", "4/4"])
def test_the_accessibility_rules_find_nothing_on_any_page(stack: Stack, part: str) -> None:
    """In four parts, so that every worker takes its share."""
    answer = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "axe.py"), stack.address, part],
        cwd=ROOT, capture_output=True, text=True, timeout=1500, check=False,
        env={**os.environ, "VAR": str(stack.var)},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-2000:]
    summary = json.loads((stack.var / "axe.json").read_text(encoding="utf-8"))
    assert summary["violations"] == 0
    assert summary["pages"] >= 15
    assert summary["runs"] == 12 * summary["pages"]
