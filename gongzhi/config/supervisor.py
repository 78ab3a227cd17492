"""`gongzhi demo`: one process that starts everything and, when it ends, has stopped everything.

The children know their supervisor by a pipe (`lifeline`), so that they end even when it is killed; the database does
not, because losing it in the middle of a write is worse than leaving it to be adopted by the next start.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

from gongzhi.config.cli import use_embedded
from gongzhi.config.database import CannotStart, Cluster

RESTARTS = 5


def _ours(var: Path) -> list[psutil.Process]:
    """Running `gongzhi … --var VAR` processes other than this one and its parents."""
    mine = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if process.info["pid"] in mine or "--var" not in words or "gongzhi.config.cli" not in words:
            continue
        at = words.index("--var") + 1
        if at < len(words) and words[at] == str(var):
            found.append(process)
    return found


def _end_leftovers(var: Path) -> None:
    """End web and worker of a killed run; refuse when another supervisor is alive and well."""
    leftovers = _ours(var)
    note = var / "supervisor.pid"
    try:
        holder = psutil.Process(int(note.read_text()))
        alive = holder.pid != os.getpid() and "demo" in holder.cmdline() and holder.is_running()
    except (OSError, ValueError, psutil.Error):
        alive = False
    if alive:
        raise CannotStart(
            f"The platform is already running in {var} (process {note.read_text().strip()}): stop it first."
        )
    for process in leftovers:
        process.terminate()
    _gone, alive_still = psutil.wait_procs(leftovers, timeout=10)
    for process in alive_still:
        process.kill()
    psutil.wait_procs(alive_still, timeout=5)
    note.write_text(str(os.getpid()))


def end_everything(var: Path) -> None:
    """Stop a running platform in this folder, its children and its database."""
    try:
        holder = psutil.Process(int((var / "supervisor.pid").read_text()))
        if "demo" in holder.cmdline():
            holder.terminate()
            holder.wait(40)
    except (OSError, ValueError, psutil.Error):
        pass
    for process in _ours(var):
        process.kill()
    Cluster(var).stop()


def _addresses(port: int) -> list[str]:
    """The loopback addresses to serve on: IPv4 always, IPv6 where the machine has it. `localhost` may be either."""
    addresses = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotStart(f"Port {port} is taken by another program: choose one with PORT=8001.") from error
            if error.errno == errno.EACCES:
                raise CannotStart(f"Port {port} may not be used by this account: choose one above 1023.") from error
            if family is socket.AF_INET:
                raise CannotStart(f"Nothing can be served on {host}:{port} ({error.strerror}).") from error
            continue
        addresses.append(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    return addresses


class Supervisor:
    """Starts, watches and stops the processes of one data folder."""

    def __init__(self, var: Path, port: int) -> None:
        self.var = var
        self.port = port
        self.cluster = Cluster(var)
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.arguments: dict[str, tuple[str, ...]] = {}
        self.restarts = 0
        self.stopping = threading.Event()
        self._lifeline, self._held = os.pipe()

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "gongzhi.config.cli", "--var", str(self.var), *words]

    def _run(self, *words: str) -> None:
        """Run one command to its end, unless a stop is asked for meanwhile."""
        process = subprocess.Popen(self._command(*words), start_new_session=True)
        self.children["preparation"] = process
        while process.poll() is None:
            if self.stopping.wait(0.05):
                process.terminate()
                process.wait()
                break
        del self.children["preparation"]
        if process.returncode and not self.stopping.is_set():
            raise CannotStart(f"`gongzhi {' '.join(words)}` failed; the reason stands above.")

    def _launch(self, name: str, *words: str) -> None:
        self.arguments[name] = words
        self.children[name] = subprocess.Popen(
            self._command(name, *words, "--lifeline", str(self._lifeline)),
            pass_fds=[self._lifeline],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # the terminal's Ctrl-C reaches the supervisor alone, which stops them in order
        )

    def start(self) -> None:
        """Bring everything up and print where it is."""
        addresses = _addresses(self.port)
        self.cluster.check()
        _end_leftovers(self.var)
        self.cluster.start()
        use_embedded(self.cluster)
        os.environ.setdefault("GONGZHI_HTTPS", "0")
        os.environ.setdefault("GONGZHI_DEMO", "1")
        os.environ.setdefault("GONGZHI_STATIC_FROM_SOURCE", "0")
        self._run("prepare")
        if self.stopping.is_set():
            return
        self._launch("worker")
        self._launch("index")
        self._launch("serve", *(word for address in addresses for word in ("--bind", address)))
        self._wait_until_answering()

    def _wait_until_answering(self) -> None:
        while not self.stopping.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                if self.children["serve"].poll() is not None:
                    raise CannotStart("The web server did not start; the reason stands above.") from None
                self.stopping.wait(0.05)

    def banner(self) -> str:
        """What the person at the terminal needs: the address, the accounts, how to stop."""
        lines = ["", f"  共治 Gongzhi   http://localhost:{self.port}/", ""]
        accounts = demo_accounts(self.var)
        if accounts:
            lines.append("  Demo accounts / 演示账号")
            lines += [f"    {account['role']:<16} {account['email']:<28} {account['password']}" for account in accounts]
            lines.append("")
        lines += ["  Stop with Ctrl-C / 按 Ctrl-C 停止", ""]
        return "\n".join(lines)

    def watch(self) -> int:
        """Wait for a signal; start a child again that ended by itself, but not for ever."""
        while not self.stopping.wait(0.5):
            for name, process in list(self.children.items()):
                if process.poll() is None:
                    continue
                self.restarts += 1
                if self.restarts > RESTARTS:
                    print(f"gongzhi: {name} ended {RESTARTS} times; stopping.", file=sys.stderr)
                    return 1
                print(f"gongzhi: {name} ended (exit {process.returncode}); starting it again.", file=sys.stderr)
                self._launch(name, *self.arguments[name])
            if not self.cluster.running():
                print("gongzhi: the database ended; starting it again.", file=sys.stderr)
                self.cluster.start()
        return 0

    def stop(self) -> None:
        """Stop every child, then the database, however it came to run."""
        for process in self.children.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + 25
        for process in self.children.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.cluster.stop()
        (self.var / "supervisor.pid").unlink(missing_ok=True)


def demo_accounts(var: Path) -> list[dict[str, str]]:
    """The demonstration accounts of this data folder, with the passwords made for it."""
    file = var / "demo-accounts.json"
    if not file.exists():
        return []
    accounts: list[dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return accounts


def run_demo(var: Path, port: int) -> int:
    """Start everything, wait, stop everything. SIGINT, SIGTERM and SIGHUP all mean stop."""
    supervisor = Supervisor(var, port)

    def ask_to_stop(number: int, frame: object) -> None:
        supervisor.stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask_to_stop)
    owns = False
    try:
        supervisor.start()
        owns = True
        if not supervisor.stopping.is_set():
            print(supervisor.banner(), flush=True)
        return supervisor.watch()
    except BrokenPipeError:
        return 0  # the terminal is gone
    finally:
        if owns or supervisor.children or _holds(var):
            supervisor.stop()


def _holds(var: Path) -> bool:
    """Whether this process has taken the folder."""
    try:
        return (var / "supervisor.pid").read_text() == str(os.getpid())
    except OSError:
        return False
