"""What is wrong with this installation, each with a remedy. `gongzhi doctor --json` for machines.

A problem makes the exit code 1. What is merely off because a system library is missing is listed apart: it says which
Debian package brings it, and everything else works without.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from gongzhi.config import env
from gongzhi.config.cli import database, start_django
from gongzhi.config.database import SMALLEST_DISK, CannotStart

LARGEST_CLOCK_DIFFERENCE_S = 60
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a stable id, what it is, what to do."""

    id: str
    text: str
    remedy: str


def _disk(var: Path) -> Iterator[Problem]:
    folder = next(path for path in (var, *var.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < SMALLEST_DISK:
        yield Problem(
            "disk.full",
            f"Only {free // 1048576} MB are free on the disk of {var}.",
            "Free some space or move VAR to a larger disk; below 200 MB the database does not start.",
        )


def _settings() -> Iterator[Problem]:
    from django.conf import settings

    if settings.DEBUG:
        yield Problem("debug.on", "DEBUG is on: error pages show the inside of the platform.", "Unset DEBUG.")
    if (
        env.EXAMPLE_SECRET in {settings.SECRET_KEY, os.environ.get("GONGZHI_SECRET_KEY")}
        or len(settings.SECRET_KEY) < 40
    ):
        yield Problem(
            "key.default",
            "The secret key is the example of the guide or too short: anybody can forge a session.",
            "Unset GONGZHI_SECRET_KEY (a key is then made), or set one of 50 random characters.",
        )
    if set(settings.ALLOWED_HOSTS) - LOOPBACK and not settings.HTTPS:
        yield Problem(
            "https.off",
            "The platform is served under a public name without https: passwords can be read on the way.",
            "Set GONGZHI_HTTPS=1 and put nginx with a certificate in front (docs/guides/deploy.md).",
        )
    if set(settings.ALLOWED_HOSTS) - LOOPBACK and settings.HTTPS and not settings.BEHIND_PROXY:
        yield Problem(
            "proxy.unset",
            "The platform is served under a public name, but not told of the proxy in front: all visitors count as one.",
            "Set GONGZHI_BEHIND_PROXY=1 where nginx sets X-Real-IP and X-Forwarded-Proto (docs/guides/deploy.md).",
        )
    if set(settings.ALLOWED_HOSTS) - LOOPBACK and not (settings.STAFF_SECOND_FACTOR and settings.STEP_UP):
        yield Problem(
            "factor.waived",
            "Officials work without a second factor under a public name: one stolen password opens other people's data.",
            "Unset GONGZHI_STAFF_SECOND_FACTOR and GONGZHI_STEP_UP (docs/guides/sign-in.md).",
        )
    yield from _exposed()
    for keys in (
        Path(os.environ.get("GONGZHI_KEYS_FILE") or settings.VAR / "keys.json"),
        env.certificate_keys_file(settings.VAR),
    ):
        if keys.exists() and keys.stat().st_mode & 0o077:
            yield Problem("key.readable", f"Other accounts can read {keys}.", f"chmod 600 {keys}")


def _exposed() -> Iterator[Problem]:
    """What shows more, or to more people, than an installation under a public name should."""
    from django.conf import settings

    if any(host == "*" for host in settings.ALLOWED_HOSTS):
        yield Problem(
            "hosts.any",
            "The platform answers under any name: links in its mails can be made to lead elsewhere.",
            "Name the site's own names in GONGZHI_HOSTS, without *.",
        )
    if settings.DEMO and set(settings.ALLOWED_HOSTS) - LOOPBACK:
        yield Problem(
            "demo.public",
            "Demonstration accounts, whose passwords everybody can read, are open under a public name.",
            "Unset GONGZHI_DEMO and begin with an empty data folder.",
        )
    if logging.getLogger().level and logging.getLogger().level < logging.INFO:
        yield Problem(
            "log.verbose",
            "The log holds everything, statements and addresses of requests included.",
            "Unset GONGZHI_LOG_LEVEL, or set it to WARNING.",
        )
    by_smtp = settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
    if by_smtp and not settings.EMAIL_USE_TLS and settings.EMAIL_HOST not in LOOPBACK | {"::1"}:
        yield Problem(
            "mail.plain",
            "Mails with one-time codes leave this machine unencrypted.",
            "Set GONGZHI_EMAIL_TLS=1 and the port of the mail server that speaks TLS, usually GONGZHI_EMAIL_PORT=587.",
        )
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_LOG_URL"):
        if _travels_plain(os.environ.get(name, "")):
            yield Problem(
                "database.plain",
                f"{name} leads to another machine and does not ask for encryption: passwords and data can be read on the way.",
                "Add ?sslmode=verify-full&sslrootcert=FILE to the address, FILE being the certificate that signed the server's.",
            )
            break
        if _trusts_anybody(os.environ.get(name, "")):
            yield Problem(
                "database.unchecked",
                f"{name} leads to another machine whose certificate nobody checks: another machine can pass itself off as it.",
                "Set sslmode=verify-full and sslrootcert=FILE in the address, FILE being the certificate that signed the"
                " server's.",
            )
            break


def _sslmode_away(url: str) -> str | None:
    """The `sslmode` of an address that leaves this machine, empty where it says none; None for one that stays here: a
    socket, the loopback, or no address."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return None
    hosts = str(parts.get("host") or "").split(",")
    away = [host for host in hosts if host and not host.startswith("/") and host not in LOOPBACK | {"::1"}]
    return str(parts.get("sslmode") or "") if away else None


def _travels_plain(url: str) -> bool:
    """Whether a connection leaves this machine and may be unencrypted."""
    return _sslmode_away(url) not in {None, "require", "verify-ca", "verify-full"}


def _trusts_anybody(url: str) -> bool:
    """Whether a connection leaves this machine, is encrypted, and takes whoever answers for the database: only
    `verify-full` compares the certificate and the name."""
    return _sslmode_away(url) in {"require", "verify-ca"}


EXPECTED = {
    "fsync": ("on", "fsync is off: a power cut loses what was saved."),
    "synchronous_commit": ("on", "synchronous_commit is off: the last saved entries can be lost."),
    "full_page_writes": ("on", "full_page_writes is off: a power cut can damage pages."),
    "data_checksums": ("on", "Data checksums are off: a damaged page goes unnoticed."),
}
REMEDIES = {
    "data_checksums": "Stop the database and run pg_checksums --enable on its folder.",
}


def _database() -> Iterator[Problem]:
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as connection:
            for name, (wanted, text) in EXPECTED.items():
                row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
                if row is None or row[0] not in {wanted, "remote_apply", "remote_write", "local"}:
                    yield Problem(
                        f"database.{name}", text, REMEDIES.get(name, f"Set {name} = on in postgresql.conf and reload.")
                    )
            yield from _clock(connection)
            yield from _roles(connection)
    except psycopg.OperationalError as error:
        yield Problem(
            "database.unreachable",
            f"The database does not answer: {str(error).strip().splitlines()[-1]}",
            "Start it, and check DATABASE_URL.",
        )


def _clock(connection: psycopg.Connection[Any]) -> Iterator[Problem]:
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    difference = abs(time.time() - float(row[0])) if row else 0.0
    if difference > LARGEST_CLOCK_DIFFERENCE_S:
        yield Problem(
            "clock.wrong",
            f"The clocks of this machine and of the database differ by {difference:.0f} seconds.",
            "Let both follow a time server (systemd-timesyncd or chrony).",
        )


def _roles(connection: psycopg.Connection[Any]) -> Iterator[Problem]:
    row = connection.execute(
        "SELECT current_user, rolsuper OR rolbypassrls, EXISTS ("
        "  SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user)"
        " FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if row and (row[1] or row[2]):
        yield Problem(
            "database.role",
            f"The application connects as {row[0]}, who is a superuser or owns the tables: the second wall is open.",
            "Point DATABASE_URL at the role gz_app (gongzhi/config/roles.sql).",
        )


def _migrations() -> Iterator[Problem]:
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return  # reported as unreachable, or as a role that may not read
    if pending:
        yield Problem(
            "database.migrations",
            f"{len(pending)} migrations were not applied.",
            "Run `gongzhi migrate` and start again.",
        )


def _worker() -> Iterator[Problem]:
    from django.db import DatabaseError

    from gongzhi.core import heartbeat

    try:
        alive = heartbeat.alive("worker")
    except DatabaseError:
        return
    if not alive:
        yield Problem(
            "worker.silent", "No worker has been heard of lately: notices and exports wait.", "Start `gongzhi worker`."
        )


def _index() -> Iterator[Problem]:
    from django.db import DatabaseError, transaction

    from gongzhi.core import heartbeat
    from gongzhi.orgs.models import OrganizationSearch
    from gongzhi.orgs.search import index

    try:
        alive = heartbeat.alive("index")
        if not OrganizationSearch.objects.exists():
            return  # there is nothing to find, and no copy is needed
        with transaction.atomic():
            index.consult()
    except index.Unusable:
        yield Problem(
            "index.behind",
            "This machine's search index is missing, belongs to another state of the database, or is far behind:"
            " searches are answered by the database, exactly and more slowly.",
            "Start `gongzhi index` and give it a minute; delete the folder VAR/index if it stays so.",
        )
    except DatabaseError:
        return
    if not alive:
        yield Problem(
            "index.silent",
            "No process that keeps a search index has been heard of lately: searches become slower and slower.",
            "Start `gongzhi index`.",
        )


def _store() -> Iterator[Problem]:
    from gongzhi.files import store

    reason = store.unavailable()
    if reason:
        yield Problem(
            "store.away",
            f"The object store cannot be used, so no file comes in or goes out: {reason}",
            "Check the GONGZHI_S3_ variables, and that the key may list, read, write and delete in the bucket.",
        )


def _duties() -> Iterator[Problem]:
    from django.db import DatabaseError

    from gongzhi.config.commands import DUTIES
    from gongzhi.orgs.models import Appointment
    from gongzhi.orgs.selectors import duties_vacant

    try:
        if not Appointment.objects.exists():
            return  # nobody works here yet
        vacant = duties_vacant()
    except DatabaseError:
        return
    for word, role in DUTIES.items():
        if role in vacant:
            yield Problem(
                f"duty.{word}",
                f"Nobody is {word} administrator: what only that person may do, nobody does.",
                f"Make one, who holds neither of the two other duties: gongzhi createadmin --duty {word} --name …"
                " --email …",
            )


def examine(var: Path) -> list[Problem]:
    """Every problem, the worst that can be found without the database first."""
    problems = list(_disk(var))
    parts: list[Callable[[], Iterator[Problem]]] = [_settings, _database, _migrations, _worker, _index, _store, _duties]
    try:
        with database(var):
            start_django()
            for part in parts:
                problems += part()
    except CannotStart as error:
        if not problems:
            problems.append(Problem("start.refused", str(error), "Do as the sentence says, then try again."))
    except env.BadSetting as error:
        problems.append(Problem("setting.bad", str(error), "Correct the variable and try again."))
    return problems


def _off() -> list[dict[str, str]]:
    """What is off here, in English: a terminal's language is not a reader's."""
    try:
        start_django()  # also where the database refused to start
    except env.BadSetting:
        return []
    from django.utils import translation

    from gongzhi.core.capabilities import switched_off

    with translation.override("en"):
        return [{"id": one.id, "text": str(one.text), "package": one.package} for one in switched_off()]


def run(var: Path, *, as_json: bool) -> int:
    """Print the findings. Exit 0 when nothing is wrong, else 1."""
    problems = examine(var)
    off = _off()
    if as_json:
        answer = {
            "ok": not problems,
            "problems": [asdict(problem) for problem in problems],
            "off": off,
        }
        print(json.dumps(answer, ensure_ascii=False))
    else:
        for problem in problems:
            print(f"PROBLEM {problem.id}: {problem.text}\n        {problem.remedy}")
        for one in off:
            print(f"off     {one['id']}: {one['text']} Debian package: {one['package']}")
        print(
            "Nothing is wrong." if not problems else f"{len(problems)} problems.",
            file=sys.stderr if problems else sys.stdout,
        )
    return 1 if problems else 0
