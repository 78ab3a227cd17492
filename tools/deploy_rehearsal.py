"""Rehearse docs/guides/deploy.md on this machine: parts A to D with real servers, then everything is stopped again.

Files and commands are taken from the marked blocks of the guide, so that the guide cannot drift from what works. Only
what must differ here is replaced: each machine of the guide is a folder that stands before its paths, each address is
a port of 127.0.0.1, accounts are the ones that are here, passwords are random. Where systemd would run a unit, its
ExecStart line is run with its environment files and nothing else in the environment.

`python tools/deploy_rehearsal.py [--postgres embedded|debian]`, as root on Debian. nginx and pgbouncer are installed if
missing and not started as services. The embedded PostgreSQL is built without TLS, so with it the database is reached
without; `--postgres debian` rehearses that too. One line for each check; exit 1 if one failed.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import configparser
import html
import http.client
import json
import os
import pwd
import re
import secrets
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import psutil

from gongzhi.config.database import binaries

ROOT: Final = Path(__file__).resolve().parent.parent
GUIDE: Final = ROOT / "docs" / "guides" / "deploy.md"
SITE: Final = "gongzhi.example.org"
BLOCK: Final = re.compile(r"^```\w+ (file|step)=(\S+)(?: case=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What must not be left in a text that runs here: an address, a password or a path of the guide's machines.
FOREIGN: Final = re.compile(
    r"10\.0\.0\.\d+|[A-Z]+-PASSWORD|DUMP-FILE|GONGZHI-COPY|(?<![\w/}.-])/(?:etc|var|usr/local|opt)/"
)
JOB: Final = "builtin:procrastinate.builtin_tasks.remove_old_jobs"
#: Few, so that forty requests at once must share them.
POOL: Final = 3
PEOPLE: Final = {"wang@example.org": ("王小明", "王××"), "li@example.org": ("李小红", "李××")}


class Failed(Exception):
    """A check did not hold, or something could not be set up; the text says what was seen."""


def need(condition: bool, seen: object) -> None:
    """Fail with what was seen instead."""
    if not condition:
        raise Failed(str(seen))


class Checks:
    """Prints one line for each check and remembers whether one failed."""

    def __init__(self) -> None:
        self.failed = 0
        self.done = 0

    @contextmanager
    def check(self, text: str) -> Iterator[None]:
        """One check: whatever goes wrong inside makes it a failed line, and the rehearsal goes on."""
        self.done += 1
        try:
            yield
        except Exception as error:
            self.failed += 1
            print(f"FAILED  {text}: {type(error).__name__}: {str(error)[-600:]}", flush=True)
        else:
            print(f"ok      {text}", flush=True)


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


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def until(test: Callable[[], bool], what: str, *, within: float = 60) -> None:
    """Wait until the test holds."""
    deadline = time.monotonic() + within
    while not test():
        need(time.monotonic() < deadline, f"after {within:.0f} s still not: {what}")
        time.sleep(0.1)


def answers(port: int) -> bool:
    """Whether something listens on this port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


# --- a browser ---


class Encrypted(http.client.HTTPConnection):
    """https to the public name on a port of this machine; the certificate is checked."""

    def __init__(self, port: int, trusted: Path) -> None:
        super().__init__("127.0.0.1", port, timeout=60)
        self.trusted = ssl.create_default_context(cafile=str(trusted))

    def connect(self) -> None:
        """Called by http.client."""
        super().connect()
        self.sock = self.trusted.wrap_socket(self.sock, server_hostname=SITE)


class Browser:
    """Keeps cookies, asks through nginx or, with `web`, one web process as nginx would."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.cookies: dict[str, Morsel[str]] = {}

    def ask(self, path: str, *, form: Mapping[str, str] | None = None, web: str = "") -> tuple[int, str, Any]:
        """Status, text and headers of one answer; nothing is followed."""
        headers = {"Host": SITE, "Cookie": "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())}
        connection: http.client.HTTPConnection
        if web:
            connection = http.client.HTTPConnection("127.0.0.1", self.place.ports[web], timeout=60)
            headers |= {"X-Forwarded-Proto": "https", "X-Real-IP": "127.0.0.1"}
        else:
            connection = Encrypted(self.place.ports["https"], self.place.folder / "certificate.pem")
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{SITE}"}
        try:
            connection.request("GET" if form is None else "POST", path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.cookies.update(SimpleCookie(line))
        return answer.status, text, answer.headers

    def sign_in(self, login: str, password: str) -> None:
        """Sign in through the page."""
        _status, text, _headers = self.ask("/accounts/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        need(token is not None, "the page has no form")
        form = {"csrfmiddlewaretoken": token[1] if token else "", "login": login, "password": password}
        status, text, headers = self.ask("/accounts/sign-in/", form=form)
        need(status == 302, f"signing in answered {status}: {re.sub('<[^>]+>', ' ', text)[-300:]}")
        self.ask(headers["Location"])

    def who(self, *, web: str = "") -> set[str]:
        """The people whose name stands on the first page."""
        status, text, _headers = self.ask("/", web=web)
        need(status == 200, f"the first page answered {status}")
        return {shown for _name, shown in PEOPLE.values() if shown in html.unescape(text)}


def health(place: Place, *, web: str = "") -> tuple[int, dict[str, Any]]:
    """Status and content of /healthz; 0 where nothing answers."""
    try:
        status, text, _headers = Browser(place).ask("/healthz", web=web)
        return status, json.loads(text)
    except (OSError, ValueError, http.client.HTTPException):
        return 0, {}


def healthy(place: Place, *, web: str = "") -> None:
    """Wait until /healthz says that all is well."""
    until(lambda: health(place, web=web)[0] == 200, f"/healthz is 200 (it is {health(place, web=web)})")


# --- servers ---


class Postgres:
    """One PostgreSQL server over TCP with passwords; the superuser comes in by the socket only."""

    def __init__(self, place: Place, name: str) -> None:
        self.place = place
        self.name = name
        self.data = place.folder / name / "var/lib/postgresql/15/main"
        self.service: Service | None = None

    def initialise(self) -> None:
        """A fresh server with what Debian's own pg_hba.conf says about this machine."""
        self.data.mkdir(parents=True)
        give(self.data, 0o700)
        self.tool("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--no-instructions")  # fmt: skip
        (self.data / "conf.d").mkdir()
        give(self.data / "conf.d", 0o700)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("include_dir = 'conf.d'\n")
            file.write(f"ssl_cert_file = '{self.place.folder / 'database.pem'}'\n")
            file.write(f"ssl_key_file = '{self.place.folder / 'database.key'}'\n")
        (self.data / "pg_hba.conf").write_text(
            "local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n", encoding="utf-8"
        )

    def tool(self, *words: str, **more: str) -> str:
        """One of PostgreSQL's own programs, as the database's account."""
        answer = subprocess.run(
            [str(self.place.postgres / words[0]), *words[1:]], capture_output=True, text=True, timeout=120,
            env=self.place.administrator(**more), cwd="/", check=False, **account(),
        )  # fmt: skip
        need(answer.returncode == 0, f"{words[0]}: {answer.stderr}")
        return str(answer.stdout).strip()

    def start(self) -> None:
        """Start and wait until it answers."""
        sockets = self.place.folder / "sockets"
        sockets.mkdir(exist_ok=True)
        give(sockets, 0o777)
        self.service = self.place.start(
            [str(self.place.postgres / "postgres"), "-D", str(self.data), "-p", str(self.place.ports[self.name]),
             "-c", f"unix_socket_directories={sockets}"],
            self.name, stop=signal.SIGINT, **account(),
        )  # fmt: skip

        def ready() -> bool:
            need(self.service is not None and self.service.process.poll() is None, "PostgreSQL ended by itself")
            try:
                return self.sql("SELECT 1", database="postgres") == "1"
            except Failed:
                return False

        until(ready, "PostgreSQL answers")

    def restart(self) -> None:
        """Stop and start, for settings that need it."""
        if self.service is not None:
            self.place.end(self.service)
        self.start()

    def configure(self, name: str, case: str = "") -> None:
        """Take over a settings file of the guide."""
        file = self.place.install(self.place.folder / self.name, name, case)
        if name.endswith("pg_hba.conf"):
            with (self.data / "pg_hba.conf").open("r+") as rules:  # before Debian's own, which would hide them
                before = rules.read()
                rules.seek(0)
                rules.write(file.read_text() + before)
        else:
            shutil.copy(file, self.data / "conf.d" / file.name)
            give(self.data / "conf.d" / file.name, 0o600)

    def sql(self, statement: str, *, database: str = "gongzhi", port: str = "") -> str:
        """The answer to one statement, asked by the superuser."""
        return self.tool(
            "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement,
            PGPORT=port or str(self.place.ports[self.name]),
        )  # fmt: skip


def certificates(place: Place) -> None:
    """A self-signed certificate for the public name, and a copy of it for database and pool."""
    key, certificate = place.folder / "certificate.key", place.folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={SITE}", "-addext",
         f"subjectAltName=DNS:{SITE}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    for source, name in ((certificate, "database.pem"), (key, "database.key")):
        shutil.copy(source, place.folder / name)
        give(place.folder / name, 0o600)


def start_nginx(place: Place, machine: Path, case: str = "") -> Service:
    """nginx with the guide's two files."""
    target = machine / "etc/ssl/gongzhi"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(place.folder / "certificate.pem", target / "fullchain.pem")
    shutil.copy(place.folder / "certificate.key", target / "privkey.pem")
    files = [
        place.install(machine, "/etc/nginx/conf.d/gongzhi-upstream.conf", case),
        place.install(machine, "/etc/nginx/conf.d/gongzhi.conf"),
    ]
    scratch = machine / "nginx"
    scratch.mkdir(exist_ok=True)
    scratch.chmod(0o777)
    parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    main = scratch / "nginx.conf"
    main.write_text(
        f"daemon off;\npid {scratch}/nginx.pid;\nerror_log {scratch}/error.log;\nevents {{}}\nhttp {{\n"
        f"access_log {scratch}/access.log;\n"
        + "".join(f"{part}_temp_path {scratch}/{part};\n" for part in parts)
        + "".join(f"include {file};\n" for file in files)
        + "}\n"
    )
    subprocess.run(["nginx", "-t", "-q", "-c", str(main)], check=True, env=place.environment())
    process = place.start(["nginx", "-c", str(main)], "nginx")
    until(lambda: answers(place.ports["https"]), "nginx listens")
    return process


# --- the parts of the guide ---


def embedded(place: Place, checks: Checks) -> None:
    """Part A8."""
    machine = place.machine("embedded")
    place.install(machine, "/etc/gongzhi/embedded.env", mode=0o600)
    nginx = start_nginx(place, machine)
    with checks.check("A8 the embedded database, web and worker start from their one unit and answer through nginx"):
        service = place.start(name="embedded", **place.unit(machine, "gongzhi.service"))
        healthy(place)
        need(not (machine / "var/lib/gongzhi/demo-accounts.json").exists(), "demonstration accounts were made")
    with checks.check("A8 a copy of the stopped folder starts elsewhere and answers"):
        place.end(service)
        copy = place.folder / "embedded.tar"
        subprocess.run(place.step("embedded-backup", machine, **{"GONGZHI-COPY": str(copy)}), check=True)
        other = place.machine("embedded-copy")
        subprocess.run(["tar", "-C", str(other / "var/lib"), "-xf", str(copy)], check=True)
        place.install(other, "/etc/gongzhi/embedded.env", mode=0o600)
        service = place.start(name="embedded-copy", **place.unit(other, "gongzhi.service"))
        healthy(place)
    place.end(service, nginx)


def administrator(place: Place, machine: Path, login: str, name: str) -> str:
    """An account with a random password, which is the answer."""
    password = secrets.token_urlsafe(18)
    place.run(machine, "createadmin", "--name", name, "--email", login, text=f"{password}\n")
    return password


def one_machine(place: Place, checks: Checks, database: Postgres) -> dict[str, str]:
    """Part A; the answer is login → password of two people."""
    machine = place.machine("one")
    database.initialise()
    database.start()
    database.tool("psql", "-Xq", "-d", "postgres", "-f", str(ROOT / "gongzhi/config/roles.sql"),
                  PGPORT=str(place.ports["primary"]))  # fmt: skip
    file = place.install(machine, "/etc/gongzhi/database.sql")
    database.tool("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-f", str(file),
                  PGPORT=str(place.ports["primary"]))  # fmt: skip
    for name in ("gongzhi.env", "owner.env"):
        place.install(machine, f"/etc/gongzhi/{name}", mode=0o600)
    for name in ("gongzhi-run", "gongzhi-backup"):
        place.install(machine, f"/usr/local/sbin/{name}", mode=0o755)
    with checks.check("A4 gongzhi-prepare migrates as gz_owner and collects static files"):
        prepare = place.unit(machine, "gongzhi-prepare.service")
        answer = subprocess.run(
            prepare["command"], env=prepare["env"], cwd="/", capture_output=True, text=True, check=False
        )
        need(answer.returncode == 0, answer.stderr)
        need((machine / "var/lib/gongzhi/static/staticfiles.json").exists(), "no static files")
        mode = (machine / "var/lib/gongzhi/keys.json").stat().st_mode & 0o777
        need(mode == 0o600, f"keys.json has mode {mode:o}")
    passwords = {login: administrator(place, machine, login, name) for login, (name, _shown) in PEOPLE.items()}
    web = place.unit(machine, "gongzhi-web.service")
    worker = place.unit(machine, "gongzhi-worker.service")
    running = [place.start(name="web", **web), start_nginx(place, machine)]
    with checks.check("A5 /healthz says 503 and names the worker while none runs"):
        until(lambda: health(place)[0] == 503, "503")
        said = health(place)[1]
        need(said["database"] is True and said["worker"] is False, said)
    with checks.check("A4 a job queued in a transaction waits, and is run by the worker"):
        queue(place, web["env"])
        need(jobs(place, machine) == {"todo": 1}, jobs(place, machine))
        running.append(place.start(name="worker", **worker))
        until(lambda: jobs(place, machine) == {}, "the queue is empty")
    with checks.check("A5 /healthz is 200 through nginx, by https, with HSTS"):
        healthy(place)
        _status, _text, headers = Browser(place).ask("/healthz")
        age = re.search(r"max-age=(\d+)", headers.get("Strict-Transport-Security", ""))
        need(age is not None and int(age[1]) >= 31_536_000, headers.items())
    with checks.check("A5 plain http is sent to https and answers nothing else"):
        connection = http.client.HTTPConnection("127.0.0.1", place.ports["http"])
        connection.request("GET", "/orgs/?q=1", headers={"Host": SITE})
        answer_http = connection.getresponse()
        need(answer_http.status == 301, answer_http.status)
        need(answer_http.headers["Location"] == f"https://{SITE}/orgs/?q=1", answer_http.headers["Location"])
        connection.close()
    with checks.check("A5 signing in works and its cookies are __Host-, Secure, HttpOnly, SameSite"):
        one_page_cookies(place, passwords)
    with checks.check("A4 gongzhi doctor finds nothing wrong"):
        need("Nothing is wrong." in place.run(machine, "doctor"), place.run(machine, "doctor"))
    backups(place, checks, database, machine, web["env"])
    place.end(*running)
    return passwords


def queue(place: Place, environment: Mapping[str, str]) -> None:
    """Queue a harmless job in a transaction, as an action does."""
    place.python(
        "from django.db import transaction\nfrom gongzhi.core.jobs import enqueue\n"
        f"with transaction.atomic():\n    enqueue({JOB!r}, max_hours=100000)",
        environment,
    )


def jobs(place: Place, machine: Path) -> dict[str, int]:
    """How many of these jobs are in which state; the worker removes what has succeeded."""
    rows = json.loads(place.run(machine, "jobs", "--json"))
    return {row["state"]: row["count"] for row in rows if row["job"] == JOB}


def one_page_cookies(place: Place, passwords: Mapping[str, str]) -> None:
    """Sign in and look at every cookie that was set."""
    login, (_name, shown) = next(iter(PEOPLE.items()))
    browser = Browser(place)
    need(browser.who() == set(), "a name stands on the page of a visitor")
    browser.sign_in(login, passwords[login])
    need(browser.who() == {shown}, "the name is missing after signing in")
    need({"__Host-sid", "__Host-csrf"} <= browser.cookies.keys(), list(browser.cookies))
    for name in ("__Host-sid", "__Host-csrf"):
        one = browser.cookies[name]
        need(bool(one["secure"] and one["httponly"] and one["samesite"] == "Lax" and one["path"] == "/"), one.output())


def backups(place: Place, checks: Checks, database: Postgres, machine: Path, environment: Mapping[str, str]) -> None:
    """Part A6: backup, restore, and that the dump needs the keys."""
    with checks.check("A6 the backup script runs from its unit; its timer names a time"):
        subprocess.run(place.unit(machine, "gongzhi-backup.service")["command"], env=place.administrator(), check=True)
        timer = place.install(machine, "/etc/systemd/system/gongzhi-backup.timer").read_text()
        need("OnCalendar=" in timer, timer)
    with checks.check("A6 the restored database holds the same rows"):
        (dump,) = (machine / "var/backups/gongzhi").glob("*.dump")
        for line in place.guide.block("restore").strip().splitlines():
            text = place.adapted(line.replace("DUMP-FILE", str(dump)), machine)
            place.script(*shlex.split(text), machine=machine)
        for table in ("accounts_account", "audit_event", "django_migrations", "reference_division"):
            rows = f"SELECT count(*), max(t::text) FROM {table} t"
            need(database.sql(rows) == database.sql(rows, database="gongzhi_restored"), f"{table} differs")
    (keys,) = (machine / "var/backups/gongzhi-keys").glob("*.keys.json")
    restored = {**environment, "DATABASE_URL": environment["DATABASE_URL"].replace("/gongzhi", "/gongzhi_restored")}
    opened = (
        "from gongzhi.accounts.models import Person\nfrom gongzhi.core.actor import Actor\n"
        "from gongzhi.core.crypto import CannotOpen, unseal\nfrom gongzhi.core.door import acting\n"
        "def name(one):\n    try:\n        return unseal(one.name_sealed, where='accounts_person.name_sealed', pk=one.pk)\n"
        "    except CannotOpen:\n        return 'closed'\n"
        "with acting(Actor.system('rehearsal')):\n    print(' '.join(sorted({name(one) for one in Person.objects.all()})))"
    )
    with checks.check("A6 sealed names open with the saved keys, and stay closed with others"):
        names = " ".join(sorted(name for name, _shown in PEOPLE.values()))
        seen = place.python(opened, {**restored, "GONGZHI_KEYS_FILE": str(keys)})
        need(seen == names, seen)
        seen = place.python(opened, {**restored, "GONGZHI_KEYS_FILE": str(place.folder / "other-keys.json")})
        need(seen == "closed", seen)


def several(place: Place, checks: Checks, database: Postgres, passwords: Mapping[str, str]) -> dict[str, Any]:
    """Part B; what runs afterwards, by name."""
    database.configure("/etc/postgresql/15/main/conf.d/gongzhi.conf")
    database.configure("/etc/postgresql/15/main/pg_hba.conf")
    database.restart()
    first, second = place.machine("web1"), place.machine("web2")
    for machine in (first, second):
        place.install(machine, "/etc/gongzhi/gongzhi.env", "several", mode=0o600)
        place.install(machine, "/usr/local/sbin/gongzhi-run", mode=0o755)
    place.install(first, "/etc/gongzhi/owner.env", "several", mode=0o600)
    with checks.check("B gongzhi-prepare runs on one web machine, collectstatic on the other"):
        prepare = place.unit(first, "gongzhi-prepare.service")
        shutil.copy(place.folder / "one/var/lib/gongzhi/keys.json", first / "var/lib/gongzhi/keys.json")
        subprocess.run(prepare["command"], env=prepare["env"], cwd="/", check=True)
        words = place.step("collect", second)
        place.script(str(second / "usr/local/sbin" / words[0]), *words[1:], machine=second)
        names = [sorted(one.name for one in (m / "var/lib/gongzhi/static/ui").iterdir()) for m in (first, second)]
        need(names[0] == names[1] and len(names[0]) > 0, "the static files differ")
    units = {
        "web1": place.unit(first, "gongzhi-web.service", drop_ins=["address.conf"]),
        "web2": place.unit(second, "gongzhi-web.service", drop_ins=["address.conf"]),
        "worker": place.unit(second, "gongzhi-worker.service"),
    }
    # The guide writes the first machine's address; the second has its own.
    for at, word in enumerate(units["web2"]["command"]):
        units["web2"]["command"][at] = word.replace(str(place.ports["web1"]), str(place.ports["web2"]))
    running = {name: place.start(name=name, **unit) for name, unit in units.items()}
    running["nginx"] = start_nginx(place, first, "several")
    healthy(place, web="web1")
    healthy(place, web="web2")
    login, (_name, shown) = next(iter(PEOPLE.items()))
    browser = Browser(place)
    with checks.check("B a session is not known to a web machine with keys of its own (control)"):
        browser.sign_in(login, passwords[login])
        need(sorted((browser.who(web="web1") == {shown}, browser.who(web="web2") == {shown})) == [False, True], "both")
        # The one that did not know the session has ended it: sign in anew below.
    place.end(running["web2"])
    shutil.copy(first / "var/lib/gongzhi/keys.json", second / "var/lib/gongzhi/keys.json")
    running["web2"] = place.start(name="web2", **units["web2"])
    healthy(place, web="web2")
    with checks.check("B signed in once through nginx, both web machines know the person"):
        browser = Browser(place)
        browser.sign_in(login, passwords[login])
        for web in ("web1", "web2", "web1", "web2"):
            need(browser.who(web=web) == {shown}, f"{web} does not know the person")
        for _turn in range(20):
            need(browser.who() == {shown}, "the session was lost")
    with checks.check("B one web machine is stopped and no request through nginx fails"):
        place.end(running.pop("web2"))
        for _turn in range(20):
            need(browser.who() == {shown}, "not the person's page")
    running["web2"] = place.start(name="web2", **units["web2"])
    healthy(place, web="web2")
    return {"running": running, "units": units, "browser": browser, "machines": (first, second)}


def replica(
    place: Place, checks: Checks, database: Postgres, state: Mapping[str, Any], passwords: Mapping[str, str]
) -> Postgres:
    """Part C without the loss of the first machine."""
    database.sql(place.adapted(place.guide.block("replica-role"), place.folder), database="postgres")
    database.configure("/etc/postgresql/15/main/pg_hba.conf", "replica")
    database.configure("/etc/postgresql/15/main/conf.d/gongzhi-replica.conf")
    with checks.check("B PostgreSQL is restarted: web and worker come back, and a job is run"):
        database.restart()
        machine = state["machines"][1]
        queue(place, state["units"]["web2"]["env"])
        until(lambda: jobs(place, machine) == {}, "the queue is empty")
        healthy(place)
    second = Postgres(place, "replica")
    machine = place.folder / "replica"
    second.data.parent.mkdir(parents=True)
    give(second.data.parent, 0o700)
    password_file = place.install(machine, "/var/lib/postgresql/.pgpass", mode=0o600)
    give(password_file, 0o600)
    with checks.check("C pg_basebackup copies the first server and the copy follows it"):
        second.tool(*place.step("replica-copy", machine), PGPASSFILE=str(password_file))
        need(".pgpass" in (second.data / "postgresql.auto.conf").read_text(), "the password file is not named")
        second.start()
        streaming = place.guide.block("replica-lag").strip()
        until(lambda: "|streaming|" in database.sql(streaming), "the replica streams")
    with checks.check("C a sign-in through nginx arrives on the replica"):
        rows = "SELECT count(*), max(session_key) FROM django_session"
        before = second.sql(rows)
        login = next(iter(PEOPLE))
        Browser(place).sign_in(login, passwords[login])
        need(database.sql(rows) != before, "no session was written")
        until(lambda: second.sql(rows) == database.sql(rows), "the same sessions", within=20)
    with checks.check("C the replica refuses every change"):
        try:
            second.sql("DELETE FROM django_session")
        except Failed as refusal:
            need("read-only transaction" in str(refusal), refusal)
        else:
            raise Failed("the replica let itself be changed")
    return second


def pool(place: Place, checks: Checks, database: Postgres, state: dict[str, Any], passwords: Mapping[str, str]) -> None:
    """Part D."""
    machine = place.folder / "primary"
    for folder in ("etc/pgbouncer", "var/log/postgresql", "var/run/postgresql", "etc/ssl/gongzhi"):
        (machine / folder).mkdir(parents=True, exist_ok=True)
        give(machine / folder, 0o755)
    for source, name in (("database.pem", "fullchain.pem"), ("database.key", "privkey.pem")):
        shutil.copy(place.folder / source, machine / "etc/ssl/gongzhi" / name)
        give(machine / "etc/ssl/gongzhi" / name, 0o600)
    users = machine / "etc/pgbouncer/userlist.txt"
    users.write_text(database.sql(place.guide.block("userlist").strip()) + "\n")
    settings = place.install(machine, "/etc/pgbouncer/pgbouncer.ini")
    small = settings.read_text().replace("default_pool_size = 20", f"default_pool_size = {POOL}")
    need(small != settings.read_text(), "the guide's pool size was not found")
    settings.write_text(small)
    for file in (users, settings):
        give(file, 0o600)
    pgbouncer = place.start([shutil.which("pgbouncer") or "pgbouncer", str(settings)], "pgbouncer", **account())
    until(lambda: answers(place.ports["pool"]), "PgBouncer listens")
    running, (first, second) = state["running"], state["machines"]
    place.end(running.pop("web1"), running.pop("web2"))
    for name, web in (("web1", first), ("web2", second)):
        place.install(web, "/etc/gongzhi/pgbouncer.env", mode=0o600)
        unit = place.unit(web, "gongzhi-web.service", drop_ins=["address.conf", "pgbouncer.conf"])
        unit["command"] = state["units"][name]["command"]
        running[name] = place.start(name=name, **unit)
    environment = unit["env"]
    with checks.check("D web through PgBouncer and worker beside it: /healthz is 200"):
        need(f":{place.ports['pool']}/" in environment["DATABASE_URL"], "web does not use the pool")
        need(f":{place.ports['pool']}/" not in state["units"]["worker"]["env"]["DATABASE_URL"], "the worker does")
        healthy(place, web="web1")
        healthy(place, web="web2")
        healthy(place)
    browsers = {}
    for login, (_name, shown) in PEOPLE.items():
        browsers[shown] = Browser(place)
        browsers[shown].sign_in(login, passwords[login])
    with checks.check(f"D 400 requests of two people, 40 at a time over {POOL} connections: each sees only themself"):
        turns = [shown for _turn in range(200) for shown in browsers]
        with concurrent.futures.ThreadPoolExecutor(40) as threads:
            seen = list(threads.map(lambda shown: (shown, browsers[shown].who()), turns))
        wrong = [one for one in seen if one[1] != {one[0]}]
        need(not wrong, f"{len(wrong)} of {len(seen)} pages, for example {wrong[:2]}")
        held = int(database.sql("SELECT count(*) FROM pg_stat_activity WHERE client_port IS NOT NULL"
                                " AND usename = 'gz_app' AND application_name = 'gongzhi'"))  # fmt: skip
        need(held <= POOL + 4, f"{held} connections are open: the web is not pooled")  # four are the worker's own
    with checks.check(
        "D the second wall, 4,000 looks of 40 threads through the pool: own row only, no scope left over"
    ):
        seen_text = place.python(WALL, environment)
        need(seen_text == "4000 looks, 0 wrong, 0 left over", seen_text)
    with checks.check("D a setting made for a session does leak through the pool (control)"):
        leaked = int(place.python(LEAK, environment))
        need(leaked > 0, "nothing leaked, so the check above could not have failed")
    with checks.check("D a job queued through the pool is run by the worker"):
        queue(place, environment)
        until(lambda: jobs(place, second) == {}, "the queue is empty", within=20)
    state["pgbouncer"] = pgbouncer


#: Two people, forty threads: without `visible_to`, the second wall alone must show each their own row.
WALL: Final = """
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from gongzhi.accounts.models import Account, Person
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.orgs.acting import for_self

accounts = list(Account.objects.order_by("pk"))
assert len(accounts) == 2
connection.close()

def look(turn):
    account, wrong, left = accounts[turn % 2], 0, 0
    for _again in range(100):
        with acting(for_self(account, Actor.visitor().request_id), read_only=True):
            wrong += [one.pk for one in Person.objects.all()] != [account.person_id]
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('gz.person', true), '')")
            left += cursor.fetchone()[0] != ""
    connection.close()
    return wrong, left

with ThreadPoolExecutor(40) as threads:
    found = list(threads.map(look, range(40)))
print(f"{len(found) * 100} looks, {sum(one[0] for one in found)} wrong, {sum(one[1] for one in found)} left over")
"""

#: What the platform never does: a setting for the session. Another client of the pool then meets it.
LEAK: Final = """
from concurrent.futures import ThreadPoolExecutor
from django.db import connection

def look(turn):
    met = 0
    for _again in range(50):
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('gz.rehearsal', true), '')")
            met += cursor.fetchone()[0] not in {"", str(turn)}
            cursor.execute("SELECT set_config('gz.rehearsal', %s, false)", [str(turn)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gz.rehearsal', '', false)")
    connection.close()
    return met

with ThreadPoolExecutor(10) as threads:
    print(sum(threads.map(look, range(10))))
"""


def loss(place: Place, checks: Checks, database: Postgres, second: Postgres, state: dict[str, Any]) -> None:
    """Part C, the loss of the first machine: it is stopped, the replica takes its place, sessions live on."""
    running, (first, _second) = state["running"], state["machines"]
    with checks.check("C the first server is lost: the replica becomes the first, and people are still signed in"):
        if database.service is not None:
            database.service.process.send_signal(signal.SIGQUIT)  # at once, as a lost machine
            database.service.process.wait(30)
        place.end(state["pgbouncer"], running.pop("web1"), running.pop("web2"), running.pop("worker"))
        second.tool(*place.step("replica-promote", place.folder / "replica"))
        place.database = "replica"
        place.install(first, "/etc/gongzhi/gongzhi.env", "several", mode=0o600)
        web = place.unit(first, "gongzhi-web.service", drop_ins=["address.conf"])
        running["web1"] = place.start(name="web1", **web)
        running["worker"] = place.start(name="worker", **place.unit(first, "gongzhi-worker.service"))
        healthy(place)
        _name, shown = next(iter(PEOPLE.values()))
        need(state["browser"].who() == {shown}, "the session was lost")
        queue(place, web["env"])
        until(lambda: jobs(place, first) == {}, "a job is run")


def install_packages() -> None:
    """nginx and pgbouncer from Debian, if missing; nothing is started (RUNLEVEL=1 is a machine that starts nothing)."""
    missing = [name for name in ("nginx", "pgbouncer") if shutil.which(name, path="/usr/sbin:/usr/bin") is None]
    if missing:
        options = ["-o", "DPkg::Lock::Timeout=300", "install", "--yes", "--no-install-recommends"]
        packages = ["nginx-light" if name == "nginx" else name for name in missing]
        environment = {**os.environ, "RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", *options, *packages], check=True, env=environment, stdout=subprocess.DEVNULL)


def left_over(folder: Path) -> list[psutil.Process]:
    """Processes whose command line names the folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if process.pid != os.getpid() and any(str(folder) in word for word in process.info["cmdline"] or [])
    ]


def rehearse(place: Place, checks: Checks) -> None:
    """All parts, in the order of the guide."""
    certificates(place)
    embedded(place, checks)
    database = Postgres(place, "primary")
    passwords = one_machine(place, checks, database)
    state = several(place, checks, database, passwords)
    second = replica(place, checks, database, state, passwords)
    pool(place, checks, database, state, passwords)
    loss(place, checks, database, second, state)
    with checks.check("every marked block of the guide was used"):
        need(not place.guide.unused(), place.guide.unused())


def debian_binaries() -> Path:
    """The newest PostgreSQL that Debian installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    need(bool(found), "PostgreSQL of Debian is not installed: apt-get install postgresql")
    return found[-1]


def main(arguments: Sequence[str]) -> int:
    """Run the rehearsal; exit 1 if a check failed."""
    parser = argparse.ArgumentParser(description="Rehearse docs/guides/deploy.md on this machine.")
    parser.add_argument("--postgres", choices=["embedded", "debian"], default="embedded")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    checks = Checks()
    install_packages()
    folder = Path(tempfile.mkdtemp(prefix="gongzhi-rehearsal-"))
    folder.chmod(0o755)
    debian = options.postgres == "debian"
    guide = Guide(GUIDE.read_text(encoding="utf-8"))
    place = Place(folder, guide, tls=debian, postgres=debian_binaries() if debian else binaries())
    try:
        with checks.check("the rehearsal came to its end"):
            rehearse(place, checks)
    finally:
        place.end()
        with checks.check("everything is stopped and no process is left"):
            left = left_over(folder)
            for process in left:
                process.kill()
            need(not left, [process.info["cmdline"] for process in left])
        if options.keep:
            print(f"logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{checks.done - checks.failed} of {checks.done} checks ok")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
