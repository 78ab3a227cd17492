"""What every benchmark shares: the result, the verdict, a throw-away stack, and the accounts of a process tree.

A benchmark alternates product and anchor in one run and compares medians. What it promises stands in `aim`, one
condition for each of `ratios`; `ok` follows from the two and from nothing else, so that a reader can judge it again.
"""

from __future__ import annotations

import http.client
import json
import operator
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from gongzhi.config.cli import use_embedded
from gongzhi.config.database import Cluster

ROUNDS = 3
KEYS = ("name", "size", "rounds", "product", "anchors", "ratios", "aim", "ok")

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_AIM = re.compile(r"(<=|>=|<|>) (-?\d+(?:\.\d+)?)")


class Broken(Exception):
    """The benchmark could not be run; the text says why. Not the same as a bad result."""


def holds(ratio: float, aim: str) -> bool:
    """Whether `ratio` fulfils an aim such as `<= 0.8`; ValueError when the aim cannot be read."""
    found = _AIM.fullmatch(aim)
    if found is None:
        raise ValueError(f"{aim!r} is not an aim such as '<= 1'")
    return _COMPARISONS[found[1]](ratio, float(found[2]))


@dataclass(frozen=True)
class Result:
    """One finished benchmark. `product` and `anchors` hold figures with their unit in the name (`cpu_ms`, `…_mb`)."""

    name: str
    size: int
    product: Mapping[str, Any]
    anchors: Mapping[str, Any]
    ratios: Mapping[str, float]
    aim: Mapping[str, str]
    rounds: int = ROUNDS

    @property
    def ok(self) -> bool:
        """Every ratio has an aim, every aim a ratio, and all hold."""
        return bool(self.aim) and set(self.ratios) == set(self.aim) and not self.missed()

    def missed(self) -> list[str]:
        """The names of the aims that do not hold."""
        return [name for name, aim in self.aim.items() if name not in self.ratios or not holds(self.ratios[name], aim)]

    def as_json(self) -> str:
        """One line with exactly the keys of `KEYS`."""
        return json.dumps({key: getattr(self, key) for key in KEYS}, ensure_ascii=False)

    def as_text(self) -> str:
        """For people: the ratios beside what they should be."""
        lines = [f"{self.name}, size {self.size}, median of {self.rounds} rounds"]
        lines += [
            f"  {'ok    ' if holds(self.ratios[name], aim) else 'MISSED'} {name:<24} {self.ratios[name]:>8.3f}  aim {aim}"
            for name, aim in self.aim.items()
            if name in self.ratios
        ]
        return "\n".join(lines)


def say(text: str) -> None:
    """Progress, on standard error: the last line of standard output belongs to the result."""
    print(text, file=sys.stderr, flush=True)


def median(values: Iterable[float]) -> float:
    """The median, rounded to what a clock of 10 ms can support over many requests."""
    return round(statistics.median(values), 4)


# --- processes ---


def family(roots: Sequence[int]) -> list[psutil.Process]:
    """These processes and everything below them, as far as they are still there."""
    found: dict[int, psutil.Process] = {}
    for pid in roots:
        try:
            top = psutil.Process(pid)
            for process in (top, *top.children(recursive=True)):
                found[process.pid] = process
        except psutil.Error:
            continue
    return list(found.values())


def cpu_seconds(roots: Sequence[int]) -> float:
    """User and system time of these trees so far, with the children that have ended and were waited for."""
    total = 0.0
    for process in family(roots):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
        if process.pid in roots:  # what ended below it; a living child is counted by itself
            total += times.children_user + times.children_system
    return total


def memory_bytes(roots: Sequence[int]) -> int:
    """Memory of these trees; pages shared by several processes are counted once (PSS) where the system says so."""
    total = 0
    for process in family(roots):
        try:
            info = process.memory_full_info()
        except (psutil.Error, OSError):
            continue
        total += int(getattr(info, "pss", 0) or info.rss)
    return total


class PeakMemory:
    """The highest memory of some trees while the `with` block runs, looked at twice a second."""

    def __init__(self, roots: Sequence[int]) -> None:
        self.roots = roots
        self.peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while True:
            self.peak = max(self.peak, memory_bytes(self.roots))
            if self._done.wait(0.5):
                return

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()
        self.peak = max(self.peak, memory_bytes(self.roots))


def end(process: subprocess.Popen[Any], *, within: float = 40) -> None:
    """Stop a process gently, then by force, with everything below it."""
    below = family([process.pid])
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for left in below:
        try:
            if left.pid != process.pid and left.is_running():
                left.kill()
        except psutil.Error:
            continue


# --- a place to run in ---


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """What children see: the few variables they need and nothing of ours that would point them elsewhere."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {**keep, "GONGZHI_HTTPS": "0", **more}


@contextmanager
def folder() -> Iterator[Path]:
    """A data folder that other accounts can enter (as root the database runs as `nobody`), and no trace of it later."""
    var = Path(tempfile.mkdtemp(prefix="gongzhi-bench-"))
    var.chmod(0o755)
    try:
        yield var
    finally:
        cluster = Cluster(var)
        cluster.stop()
        sockets = cluster.sockets
        shutil.rmtree(var, ignore_errors=True)
        shutil.rmtree(sockets, ignore_errors=True)  # beside the temporary files when the folder lies deep


def command(var: Path, *words: str) -> list[str]:
    """A `gongzhi` command on this data folder, as a list for `subprocess`."""
    return [sys.executable, "-m", "gongzhi.config.cli", "--var", str(var), *words]


def run(var: Path, *words: str, allowed: Sequence[int] = (0,), more: Mapping[str, str] | None = None) -> str:
    """Run one `gongzhi` command to its end and return what it printed; `Broken` when it fails. `more` is environment."""
    answer = subprocess.run(
        command(var, *words), capture_output=True, text=True, env=environment(**(more or {})), timeout=500, check=False
    )
    if answer.returncode not in allowed:
        raise Broken(f"gongzhi {' '.join(words)} ended with {answer.returncode}: {answer.stderr.strip()[-400:]}")
    return answer.stdout


def wait_for(address: tuple[str, int], path: str, *, process: subprocess.Popen[Any], within: float = 120) -> None:
    """Wait until `path` answers 200; `Broken` when the process ends or the time is over."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Broken(f"the server ended by itself with {process.returncode}")
        try:
            if get(address, path).status == 200:
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise Broken(f"{path} did not answer 200 within {within:.0f} seconds")


@dataclass(frozen=True)
class Served:
    """A running server: where it answers, and the roots of its process trees by part (`web`, `database`, `worker`)."""

    address: tuple[str, int]
    parts: Mapping[str, int] = field(default_factory=dict)

    @property
    def roots(self) -> list[int]:
        """Every part's root."""
        return list(self.parts.values())


@contextmanager
def stack(var: Path, *, prepare: Callable[[], None] = lambda: None) -> Iterator[Served]:
    """The platform as an operator runs it: database, `gongzhi serve` and `gongzhi worker`, prepared and then stopped.

    `prepare` runs after migration and before the web starts: the place to load data.
    """
    cluster = Cluster(var)
    started: list[subprocess.Popen[bytes]] = []
    try:
        cluster.start()
        run(var, "prepare", more=urls(cluster))
        prepare()
        port = free_port()
        started.append(_background(command(var, "serve", "--port", str(port)), var))
        started.append(_background(command(var, "worker"), var))
        wait_for(("127.0.0.1", port), "/healthz", process=started[0])
        postmaster = cluster.postmaster()
        if postmaster is None:
            raise Broken("the database ended by itself")
        yield Served(
            ("127.0.0.1", port),
            {"web": started[0].pid, "worker": started[1].pid, "database": postmaster.pid},
        )
    finally:
        for process in started:
            end(process)
        cluster.stop()


def urls(cluster: Cluster) -> dict[str, str]:
    """The database's addresses for a child's environment."""
    before = dict(os.environ)
    try:
        use_embedded(cluster)
        return {name: os.environ[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_LOG_URL")}
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def floor(var: Path) -> Iterator[Served]:
    """The floor: a bare Django view without database behind the product's own gunicorn configuration."""
    port = free_port()
    process = _background([sys.executable, "-m", "bench.floor", str(port)], var)
    try:
        wait_for(("127.0.0.1", port), "/", process=process)
        yield Served(("127.0.0.1", port), {"web": process.pid})
    finally:
        end(process)


def _background(words: Sequence[str], var: Path) -> subprocess.Popen[bytes]:
    """Start a process whose output goes into the data folder."""
    with (var / "bench.log").open("ab") as log:
        return subprocess.Popen(
            list(words), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), start_new_session=True,
            cwd=Path(__file__).resolve().parent.parent,
        )  # fmt: skip


# --- requests ---


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire: `body` is still compressed when `encoding` says so."""

    status: int
    body: bytes
    encoding: str
    kind: str


def _ask(connection: http.client.HTTPConnection, path: str) -> Answer:
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", "Host": "localhost"})
    answer = connection.getresponse()
    return Answer(
        answer.status,
        answer.read(),
        answer.headers.get("Content-Encoding", ""),
        answer.headers.get("Content-Type", ""),
    )


def get(address: tuple[str, int], path: str) -> Answer:
    """One request on a connection of its own, as a browser asks: compressed where the server can."""
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        return _ask(connection, path)
    finally:
        connection.close()


def load(address: tuple[str, int], path: str, requests: int, *, clients: int = 4) -> None:
    """Ask `requests` times over `clients` connections that are kept; `Broken` when one is not answered 200."""

    def client(share: int) -> None:
        connection = http.client.HTTPConnection(*address, timeout=30)
        try:
            for _turn in range(share):
                try:
                    answer = _ask(connection, path)
                except (http.client.HTTPException, OSError):  # the server closed an idle connection: ask anew
                    connection.close()
                    answer = _ask(connection, path)
                if answer.status != 200:
                    raise Broken(f"{path} answered {answer.status} under load")
        finally:
            connection.close()

    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(client, requests // clients) for _client in range(clients)]:
            done.result()


def cpu_ms_per_request(served: Served, path: str, requests: int) -> dict[str, float]:
    """CPU milliseconds of each part for one request of `path`, over `requests` of them. The client's own time is not
    in it: it runs in this process."""
    before = {part: cpu_seconds([root]) for part, root in served.parts.items()}
    load(served.address, path, requests)
    share = requests // 4 * 4  # what `load` sends with its four clients
    return {part: (cpu_seconds([root]) - before[part]) * 1000 / share for part, root in served.parts.items()}
