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
import http.client
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import psutil
from deploy.checks import Checks, Failed, answers, need, until
from deploy.place import ROOT, Guide, Place, Service, account, give
from deploy.servers import PEOPLE, SITE, Browser, Postgres, certificates, health, healthy, start_nginx

from gongzhi.config.database import binaries

GUIDE: Final = ROOT / "docs" / "guides" / "deploy.md"
JOB: Final = "builtin:procrastinate.builtin_tasks.remove_old_jobs"
#: Few, so that forty requests at once must share them.
POOL: Final = 3


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


def administrator(place: Place, machine: Path, login: str, name: str, duty: str = "system") -> str:
    """An account with a random password, which is the answer."""
    password = secrets.token_urlsafe(18)
    place.run(machine, "createadmin", "--duty", duty, "--name", name, "--email", login, text=f"{password}\n")
    return password


def one_machine(place: Place, checks: Checks, database: Postgres) -> dict[str, str]:
    """Part A; the answer is login → password of two people."""
    machine = place.machine("one")
    database.initialise()
    tool, *words = place.step("checksums", place.folder / "primary")
    database.tool(Path(tool).name, *words)
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
    for duty in ("security", "audit"):
        administrator(place, machine, f"{duty}@gongzhi.example", "陈××", duty)
    web = place.unit(machine, "gongzhi-web.service")
    worker = place.unit(machine, "gongzhi-worker.service")
    index = place.unit(machine, "gongzhi-index.service")
    running = [place.start(name="web", **web), place.start(name="index", **index), start_nginx(place, machine)]
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
    signing_in(place, checks, passwords, web["env"])
    with checks.check("A4 gongzhi doctor finds nothing wrong"):
        need("Nothing is wrong." in place.run(machine, "doctor"), place.run(machine, "doctor"))
    backups(place, checks, database, machine, web["env"])
    place.end(*running)
    return passwords


def signing_in(place: Place, checks: Checks, passwords: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """Part A5: cookies, and whose tries are counted."""
    with checks.check("A5 signing in works and its cookies are __Host-, Secure, HttpOnly, SameSite"):
        one_page_cookies(place, passwords)
    with checks.check("A5 a failed sign-in is counted for the visitor's own address, not for one the browser claims"):
        counted_address(place, environment)


def counted_address(place: Place, environment: Mapping[str, str]) -> None:
    """Fail to sign in from another address while claiming a third; see which one the platform counted."""
    claimed = {"X-Real-IP": "192.0.2.9", "X-Forwarded-For": "192.0.2.9"}
    try:
        Browser(place, source="127.0.0.2", more=claimed).sign_in(next(iter(PEOPLE)), "a wrong password")
    except Failed as refusal:
        need("422" in str(refusal), refusal)
    else:
        raise Failed("a wrong password was accepted")
    counted = place.python(
        "from gongzhi.core.crypto import blind_index\nfrom django.db import connection\n"
        "cursor = connection.cursor()\ncursor.execute('SELECT bucket FROM core_throttle')\n"
        "buckets = {row[0].rpartition(':')[2] for row in cursor.fetchall()}\n"
        "tried = ['127.0.0.1', '127.0.0.2', '192.0.2.9']\n"
        "print(*(one for one in tried if blind_index('throttle.address', one).hex() in buckets))",
        environment,
    )
    need(counted == "127.0.0.2", f"counted for {counted or 'no address'}")


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


def start_pgbouncer(place: Place, database: Postgres) -> Service:
    """PgBouncer on the database machine, with the guide's file and a smaller pool."""
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
    service = place.start([shutil.which("pgbouncer") or "pgbouncer", str(settings)], "pgbouncer", **account())
    until(lambda: answers(place.ports["pool"]), "PgBouncer listens")
    return service


def pool(place: Place, checks: Checks, database: Postgres, state: dict[str, Any], passwords: Mapping[str, str]) -> None:
    """Part D."""
    pgbouncer = start_pgbouncer(place, database)
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
        held = connections(pgbouncer, place.ports["primary"])
        need(0 < held <= POOL, f"PgBouncer holds {held} connections")
        worker = connections(running["worker"], place.ports["primary"])
        need(0 < worker <= 8, f"a worker holds {worker} connections, the guide says eight")
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


def connections(service: Service, port: int) -> int:
    """How many connections a service holds to a port of this machine."""
    held = psutil.Process(service.process.pid).net_connections("tcp")
    return sum(bool(one.raddr) and one.raddr.port == port for one in held)


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
