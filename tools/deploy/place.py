"""The guide's marked blocks, machines that are folders, and services that are kept running as systemd keeps them."""

from __future__ import annotations

import configparser
import os
import pwd
import re
import secrets
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy.checks import Failed, free_port, need

ROOT: Final = Path(__file__).resolve().parent.parent.parent
BLOCK: Final = re.compile(r"^```\w+ (file|step)=(\S+)(?: case=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What must not be left in a text that runs here: an address, a password or a path of the guide's machines.
FOREIGN: Final = re.compile(
    r"10\.0\.0\.\d+|[A-Z]+-PASSWORD|DUMP-FILE|GONGZHI-COPY|(?<![\w/}.-])/(?:etc|var|usr/local|opt)/"
)


def account() -> dict[str, Any]:
    """As root, database and pool run as `nobody`: both refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def give(path: Path, mode: int) -> None:
    """Hand a file or folder to the account of the database."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    path.chmod(mode)


class Service:
    """A process that is kept running as systemd keeps it: with `restart`, started again 2 s after it ended."""

    def __init__(self, launch: Callable[[], subprocess.Popen[bytes]], *, restart: bool, stop: signal.Signals) -> None:
        self.launch = launch
        self.stop_signal = stop
        self.restarts = 0
        self.process = launch()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        if restart:
            threading.Thread(target=self._keep, daemon=True).start()

    def _keep(self) -> None:
        while True:
            self.process.wait()
            if self._stopping.wait(2):
                return
            with self._lock:
                if self._stopping.is_set():
                    return
                self.process = self.launch()
                self.restarts += 1

    def end(self) -> None:
        """Stop for good: gently, after a minute by force."""
        with self._lock:
            self._stopping.set()
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Guide:
    """The marked blocks of the guide; remembers which were used."""

    def __init__(self, text: str) -> None:
        self.blocks: dict[tuple[str, str], str] = {}
        for _sort, name, case, body in BLOCK.findall(text):
            if (name, case) in self.blocks:
                raise Failed(f"the guide has two blocks {name} {case}")
            self.blocks[name, case] = body
        self.used: set[tuple[str, str]] = set()

    def block(self, name: str, case: str = "") -> str:
        """The text of one block."""
        self.used.add((name, case))
        return self.blocks[name, case]

    def unused(self) -> list[str]:
        """Blocks that nothing ran or read."""
        return sorted(" ".join(key).strip() for key in self.blocks.keys() - self.used)


class Place:
    """Everything the rehearsal made: one folder, ports, passwords, processes."""

    def __init__(self, folder: Path, guide: Guide, *, tls: bool, postgres: Path) -> None:
        self.folder = folder
        self.guide = guide
        self.tls = tls
        self.postgres = postgres
        self.services: list[Service] = []
        self.ports = {name: free_port() for name in ("primary", "replica", "pool", "http", "https", "web1", "web2")}
        self.passwords = {name: secrets.token_hex(12) for name in ("OWNER", "APP", "LOG", "REPLICA")}
        #: Where the guide's 10.0.0.10:5432 is: the first server, and after its loss the replica.
        self.database = "primary"

    def adapted(self, text: str, machine: Path) -> str:
        """A text of the guide for this machine; fails if something of the guide's machines is left in it."""
        port = {name: str(number) for name, number in self.ports.items()}
        text = re.sub(r"runuser -u \w+ -- ", "", text)
        text = re.sub(r"(?<![\w/}.-])/(etc|var|usr/local|opt)/", rf"{machine}/\1/", text)
        swaps: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
            (r"10\.0\.0\.11:8000|127\.0\.0\.1:8000", f"127.0.0.1:{port['web1']}"),
            (r"10\.0\.0\.12:8000", f"127.0.0.1:{port['web2']}"),
            (r"--port 8000", f"--port {port['web1']}"),
            (r"listen \[::\]:(80|443)[^;]*;", ""),  # this machine's loopback need not have IPv6
            (r"listen 80;", f"listen 127.0.0.1:{port['http']};"),
            (r"listen 443 ", f"listen 127.0.0.1:{port['https']} "),
            (r"\b6432\b", port["pool"]),
            (r"\b5432\b", port[self.database]),
            (r"localhost,10\.0\.0\.10", "127.0.0.1"),
            (r"10\.0\.0\.0/24", "127.0.0.1/32"),
            (r"10\.0\.0\.\d+", "127.0.0.1"),
            # The certificate of the rehearsal is made for nothing but itself.
            (r"sslmode=verify-full&sslrootcert=[^\s\"]+", "sslmode=require"),
            (r"([A-Z]+)-PASSWORD", lambda found: self.passwords[found[1]]),
        ]
        for pattern, here in swaps:
            text = re.sub(pattern, here, text)
        if not self.tls:
            text = text.replace("hostssl ", "host ").replace("ssl = on", "ssl = off")
            if port["pool"] not in text:  # PgBouncer has TLS in any case
                text = text.replace("sslmode=require", "sslmode=disable")
        left = FOREIGN.search(text.replace(str(self.folder), "HERE"))
        need(left is None, f"left in an adapted text: {left and left[0]}")
        return text

    def install(self, machine: Path, name: str, case: str = "", *, mode: int = 0o644) -> Path:
        """Write a file of the guide below a machine's folder."""
        file = machine / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.adapted(self.guide.block(name, case), machine), encoding="utf-8")
        file.chmod(mode)
        return file

    def machine(self, name: str) -> Path:
        """A folder that stands for one machine of the guide, with the program in /opt."""
        folder = self.folder / name
        for part in ("etc/gongzhi", "var/lib/gongzhi", "opt"):
            (folder / part).mkdir(parents=True)
        (folder / "opt" / "gongzhi").symlink_to(ROOT)
        return folder

    # --- processes ---

    def environment(self, **more: str) -> dict[str, str]:
        """The little that systemd gives a service."""
        return {"PATH": f"{self.postgres}:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **more}

    def administrator(self, **more: str) -> dict[str, str]:
        """An administrator's environment: PostgreSQL's own programs find this rehearsal's server."""
        return {
            **self.environment(),
            "PGHOST": str(self.folder / "sockets"),
            "PGPORT": str(self.ports[self.database]),
            "PGUSER": "postgres",
            **more,
        }

    def start(
        self, command: Sequence[str], name: str, *, restart: bool = False, stop: signal.Signals = signal.SIGTERM,
        **options: Any,
    ) -> Service:  # fmt: skip
        """Start a process that is ended at the latest when the rehearsal is; its output is kept beside."""
        options.setdefault("env", self.environment())

        def launch() -> subprocess.Popen[bytes]:
            with (self.folder / f"{name}.log").open("ab") as log:
                return subprocess.Popen(
                    list(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
                    **options,
                )  # fmt: skip

        service = Service(launch, restart=restart, stop=stop)
        self.services.append(service)
        return service

    def unit(self, machine: Path, name: str, *, case: str = "", drop_ins: Sequence[str] = ()) -> dict[str, Any]:
        """A service of the guide as arguments for `start`: ExecStart, environment files, Restart, and no more."""
        folder = "/etc/systemd/system"
        files = [self.install(machine, f"{folder}/{name}", case)]
        files += [self.install(machine, f"{folder}/{name}.d/{drop_in}") for drop_in in drop_ins]
        command: list[str] = []
        environment: dict[str, str] = {}
        restart = False
        for file in files:
            parser = configparser.ConfigParser(strict=False, interpolation=None)
            parser.read_string(file.read_text(encoding="utf-8"))  # a unit that is no unit fails here
            for line in file.read_text(encoding="utf-8").splitlines():
                key, _equals, value = line.partition("=")
                if key == "ExecStart":
                    command = shlex.split(value)
                elif key == "Restart":
                    restart = value == "always"
                elif key == "EnvironmentFile":
                    environment |= dict(row.split("=", 1) for row in Path(value).read_text().splitlines() if row)
        return {"command": command, "env": self.environment(**environment), "restart": restart}

    def script(self, *words: str, machine: Path, text: str = "") -> str:
        """Run a command to its end as an administrator would; its output."""
        answer = subprocess.run(
            list(words), input=text, capture_output=True, text=True, env=self.administrator(), cwd="/", timeout=300,
            check=False,
        )  # fmt: skip
        need(answer.returncode == 0, f"{words[0]} ended with {answer.returncode}: {answer.stderr or answer.stdout}")
        return answer.stdout

    def run(self, machine: Path, *words: str, text: str = "") -> str:
        """One `gongzhi` command through the guide's own `gongzhi-run`."""
        return self.script(str(machine / "usr/local/sbin/gongzhi-run"), *words, machine=machine, text=text)

    def step(self, name: str, machine: Path, **replaced: str) -> list[str]:
        """The command of a step of the guide, ready to run."""
        text = self.guide.block(name)
        for word, here in replaced.items():
            need(word in text, f"the step {name} does not hold {word}")
            text = text.replace(word, here)
        return shlex.split(self.adapted(text, machine))

    def python(self, program: str, environment: Mapping[str, str]) -> str:
        """Run a few lines inside the platform, with the environment of one of its services."""
        lines = f"from gongzhi.config.cli import start_django\nstart_django()\n{program}"
        answer = subprocess.run(
            [sys.executable, "-c", lines], capture_output=True, text=True, env=dict(environment), timeout=120,
            cwd=ROOT, check=False,
        )  # fmt: skip
        need(answer.returncode == 0, answer.stderr)
        return answer.stdout.strip()

    def end(self, *services: Service) -> None:
        """Stop services, the newest first; all of them if none is named."""
        for service in reversed(services or list(self.services)):
            service.end()
            if service in self.services:
                self.services.remove(service)
