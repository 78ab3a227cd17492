"""The servers of the rehearsal, and a browser that talks to them."""

from __future__ import annotations

import html
import http.client
import json
import re
import shutil
import signal
import ssl
import subprocess
from collections.abc import Mapping
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from deploy.checks import Failed, answers, need, until
from deploy.place import Place, Service, account, give
from gongzhi.config.database import major_version

SITE: Final = "gongzhi.example.org"
PEOPLE: Final = {"wang@example.org": ("王小明", "王××"), "li@example.org": ("李小红", "李××")}


# --- a browser ---


class Encrypted(http.client.HTTPConnection):
    """https to the public name on a port of this machine; the certificate is checked."""

    def __init__(self, port: int, trusted: Path, source: str) -> None:
        super().__init__("127.0.0.1", port, timeout=60, source_address=(source, 0))
        self.trusted = ssl.create_default_context(cafile=str(trusted))

    def connect(self) -> None:
        """Called by http.client."""
        super().connect()
        self.sock = self.trusted.wrap_socket(self.sock, server_hostname=SITE)


class Browser:
    """Keeps cookies, asks through nginx or, with `web`, one web process as nginx would. `source` is its address."""

    def __init__(self, place: Place, *, source: str = "127.0.0.1", more: Mapping[str, str] | None = None) -> None:
        self.place = place
        self.source = source
        self.more = more or {}
        self.cookies: dict[str, Morsel[str]] = {}

    def ask(self, path: str, *, form: Mapping[str, str] | None = None, web: str = "") -> tuple[int, str, Any]:
        """Status, text and headers of one answer; nothing is followed."""
        headers = {"Host": SITE, "Cookie": "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())}
        headers |= self.more
        connection: http.client.HTTPConnection
        if web:
            connection = http.client.HTTPConnection("127.0.0.1", self.place.ports[web], timeout=60)
            headers |= {"X-Forwarded-Proto": "https", "X-Real-IP": "127.0.0.1"}
        else:
            connection = Encrypted(self.place.ports["https"], self.place.folder / "certificate.pem", self.source)
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
        words = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        if int(major_version(self.place.postgres)) >= 18:
            words.append("--no-data-checksums")  # as Debian's 15 leaves it; the guide turns them on
        self.tool("initdb", "-D", str(self.data), "-U", "postgres", *words)
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
