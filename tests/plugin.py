"""The test servers: one embedded server for each test process, with one migrated template and a copy of it.

Only pytest's main process starts and stops them. A server each, because what is still being written anywhere in a
server holds back what readers of changes may see: two processes on one server would wait for each other. Everything is migrated as the owner and run as `gz_app`, as in life. The
template is made anew when a migration, the reference data or the seeded world changes.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pytest_socket import socket_allow_hosts

from gongzhi.config.database import Cluster, first_closed

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("TEST_VAR") or ROOT / "var" / "test").resolve()
if os.geteuid() == 0 and first_closed(ROOT, pwd.getpwnam("nobody")) is not None:
    # A checkout only root can enter: the database runs as `nobody`, so its folder lies beside the temporary files.
    VAR = Path(tempfile.gettempdir()) / f"gongzhi-test-{hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]}"
    VAR.mkdir(mode=0o755, exist_ok=True)
HOME = VAR
VAR = HOME / os.environ.get("PYTEST_XDIST_WORKER", "")


def server(folder: Path) -> Cluster:
    """The test server of a folder."""
    # No autovacuum: its workers are a superuser's and would refuse `DROP DATABASE … WITH (FORCE)`.
    return Cluster(folder, {"autovacuum": "off"})


cluster = server(VAR)
#: What pytest's main process has started.
started: list[Cluster] = []

os.environ["VAR"] = str(VAR)
os.environ["GONGZHI_HTTPS"] = "1"
os.environ["GONGZHI_STATIC_FROM_SOURCE"] = "1"
os.environ.pop("GONGZHI_DEMO", None)
# Sessions of tests begin without signing in; the tests of second factors turn both on.
os.environ["GONGZHI_STAFF_SECOND_FACTOR"] = os.environ["GONGZHI_STEP_UP"] = "0"
os.environ["DATABASE_URL"] = cluster.url()
os.environ["DATABASE_OWNER_URL"] = cluster.url("gz_owner")
os.environ["DATABASE_LOG_URL"] = cluster.url("gz_log")


def is_main(config: pytest.Config) -> bool:
    """Whether this is pytest's main process and not a worker of xdist."""
    return not hasattr(config, "workerinput")


def fingerprint() -> str:
    """What the template was made from: migrations, seeds, packaged data."""
    digest = hashlib.sha256()
    sources = [
        *ROOT.glob("gongzhi/*/migrations/*.py"),
        *ROOT.glob("gongzhi/reference/data/**/*"),
        *ROOT.glob("gongzhi/rulebook/parameters/*"),
        *ROOT.glob("gongzhi/*/seeds.py"),
        ROOT / "gongzhi/core/rls.py",
        ROOT / "gongzhi/core/clocks.py",
        *ROOT.glob("gongzhi/orgs/actions/*.py"),
        ROOT / "tests" / "world.py",
    ]
    for source in sorted(sources):
        if source.is_file():
            digest.update(str(source.relative_to(ROOT)).encode() + source.read_bytes())
    return digest.hexdigest()[:16]


def administer(statement: sql.Composable | str, *, name: str = "postgres") -> list[tuple[Any, ...]]:
    """Run one statement as the superuser, outside a transaction: only that role may end other roles' sessions."""
    with psycopg.connect(cluster.url("postgres", name), autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def copy_of_template(name: str, template: str) -> None:
    """A fresh database `name` with everything the template has."""
    administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    administer(
        sql.SQL("CREATE DATABASE {} OWNER gz_owner TEMPLATE {} STRATEGY file_copy").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def point_django_at(name: str, role: str = "gz_app") -> None:
    """Send Django's connection to another database or role."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name
    connection.settings_dict["USER"] = role


def make_template(name: str) -> None:
    """Migrate and seed a database, then keep it as template `name`; leave it if it is there."""
    if administer(sql.SQL("SELECT 1 FROM pg_database WHERE datname = {}").format(sql.Literal(name))):
        return
    for (old,) in administer("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'"):
        administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
    building = f"{name}_building"
    administer(sql.SQL("CREATE DATABASE {} OWNER gz_owner").format(sql.Identifier(building)))
    from django.core.management import call_command
    from django.db import connection

    from tests.world import build_world

    point_django_at(building, "gz_owner")
    call_command("migrate", interactive=False, verbosity=0)
    point_django_at(building)
    build_world()
    connection.close()
    administer(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name)))


def template_name() -> str:
    """The name of the template for this state of the tree."""
    return f"test_template_{fingerprint()}"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the servers once: one for each process that will run tests."""
    (VAR / "static").mkdir(parents=True, exist_ok=True)
    if is_main(config) and not config.option.collectonly:
        processes = getattr(config.option, "numprocesses", None) or 0
        folders = [HOME / f"gw{number}" for number in range(processes)] or [HOME]
        for folder in folders:
            folder.mkdir(mode=0o755, exist_ok=True)
            one = server(folder)
            one.start()
            started.append(one)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers with the main process."""
    for one in started:
        one.stop()


def pytest_runtest_setup() -> None:
    """No test talks to another machine."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
