"""What the `gongzhi` commands do once Django is loaded. Each enters through `acting`, as a page does."""

from __future__ import annotations

import datetime as dt
import gc
import getpass
import json
import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account
from gongzhi.config import env, seeds
from gongzhi.config.indexer import prepare_rows
from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import RuleViolation
from gongzhi.core.times import SHANGHAI
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.enums import ROLES_OF_KIND, AgencyKind, Role
from gongzhi.orgs.selectors import duties_vacant
from gongzhi.reference import selectors as reference
from gongzhi.registry.feed import renumber

#: What the operator's own agency is called until an administrator names it.
OPERATOR = "平台运营单位"


def become_application() -> None:
    """After migrating as the owner, go on as the application's role in the same process."""
    connection.close()
    connection.settings_dict.update(env.database(os.environ["DATABASE_URL"]))
    connection.settings_dict["OPTIONS"]["prepare_threshold"] = None


def prepare() -> None:
    """Migrate, mend what a restore left, load what is missing, bring search rows up to date, collect static files.

    Quick when there is nothing to do.
    """
    call_command("migrate", interactive=False, verbosity=0)
    renumber()
    become_application()
    seed("small", if_empty=True, demo=settings.DEMO)
    prepare_rows()
    call_command("collectstatic", interactive=False, verbosity=0)


def seed(size: str, *, if_empty: bool, demo: bool) -> int:
    """Load reference data, and demonstration data if asked for. Both change nothing the second time."""
    seeds.load_reference()
    if demo:
        seeds.load_demo(settings.VAR, size=size, if_empty=if_empty)
    return 0


#: What `createadmin --duty` calls the three administrators.
DUTIES = {"system": Role.ADMINISTRATOR, "security": Role.SECURITY, "audit": Role.AUDIT}


def create_admin(
    name: str, *, email: str, phone: str, agency_name: str, division: str, role: str, duty: str = "system"
) -> int:
    """Make one of the three administrators, or with an agency one of its officers, so that lists have an author.

    Afterwards it says which of the three administrators are still missing, and how to make them.
    The password is asked for, or read from standard input; it is never a default.
    """
    if bool(agency_name) != bool(division):
        print("gongzhi: --agency and --division belong together; nothing was made.", file=sys.stderr)
        return 1
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            print("gongzhi: the two passwords differ; nothing was made.", file=sys.stderr)
            return 1
    else:
        password = sys.stdin.readline().rstrip("\n")
    actor = Actor.system("createadmin", permissions=frozenset({"accounts.create", "orgs.appoint"}))
    kind, path, given = AgencyKind.OPERATOR, "/", DUTIES[duty]
    try:
        with acting(actor):
            if agency_name:
                path, given = reference.path_of(division), Role(role)
                kind = AgencyKind(next(one for one, roles in ROLES_OF_KIND.items() if given in roles))
            account = accounts.create_account(actor=actor, name=name, password=password, email=email, phone=phone)
            agency = orgs.found_agency(actor=actor, name=agency_name or OPERATOR, kind=kind, path=path)
            orgs.appoint(actor=actor, person=account.person, agency=agency, role=given)
    except RuleViolation as error:
        print(f"gongzhi: {error.message}", file=sys.stderr)
        return 1
    except reference.UnknownDivision:
        print(f"gongzhi: no division has the code {division}; nothing was made.", file=sys.stderr)
        return 1
    print(
        f"Account {account.public_id} was made: {given.value} at {agency.name} ({path}). Sign in with {email or phone}."
    )
    for missing in duties_vacant():
        word = next(word for word, role_of in DUTIES.items() if role_of is missing)
        print(f"Nobody is {word} administrator yet: gongzhi createadmin --duty {word} --name … --email …")
    return 0


def acting_officer(login: str) -> Actor:
    """The registry officer a command acts as; SystemExit with a sentence when there is none."""
    account = accounts.find_account(login)
    if account is None:
        raise SystemExit(f"gongzhi: no active account has the address or number {login}.")
    return _officer(account)


def _officer(account: Account) -> Actor:
    from gongzhi.orgs.acting import capacities, for_agency

    for agency in capacities(account):
        actor = for_agency(account, agency.pk, Actor.visitor().request_id)
        if actor is not None and agency.kind == AgencyKind.REGISTRY:
            return actor
    raise SystemExit("gongzhi: this account works for no registration authority.")


def import_file(
    what: str,
    file: Path,
    *,
    apply: bool,
    as_json: bool,
    account: str,
    dated_on: dt.date | None,
    mapping: Path | None = None,
) -> int:
    """Read a list into the register: a dry run unless `apply`. Exit 0 all in, 3 with problems, 2 unreadable."""
    gc.freeze()  # what starting up made stays for good: a million rows need not have it looked through again and again
    from django.utils import translation

    from gongzhi.registry.commands import import_organizations

    translation.activate("zh-hans" if os.environ.get("LANG", "").startswith("zh") else "en")  # the terminal's language
    actor = acting_officer(account) if account else Actor.system("import", permissions=frozenset({"registry.import"}))
    return import_organizations(
        actor=actor, file=file, apply=apply, as_json=as_json, dated_on=dated_on, mapping=mapping
    )


def export(what: str, file: Path) -> int:
    """Write today's public register as CSV."""
    from gongzhi.registry.commands import export_organizations

    return export_organizations(file)


def show_jobs(*, as_json: bool) -> int:
    """How many jobs wait, run, failed; and the failed ones by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2 ORDER BY 1, 2")
        rows = cursor.fetchall()
    if as_json:
        print(json.dumps([{"job": name, "state": state, "count": count} for name, state, count in rows]))
    else:
        for name, state, count in rows:
            print(f"{name:<32} {state:<12} {count:>8}")
        if not rows:
            print("The queue is empty.")
    return 0


def list_jobs() -> int:
    """Every job by name: its clock (UTC), whether it can be told another time, and what it does."""
    for name, declared in sorted(jobs.DECLARED.items()):
        print(f"{name:<32} {declared.cron or '-':<16} {'--at' if declared.takes_time else '':<5} {declared.about}")
    return 0


def run_job(name: str, *, at: str) -> int:
    """Run one job in this process, now or as if it were another time. Exit 2 for a name or a time nobody understands."""
    if name not in jobs.DECLARED:
        print(f"gongzhi: there is no job {name!r}; `gongzhi jobs list` shows all.", file=sys.stderr)
        return 2
    try:
        moment = dt.datetime.fromisoformat(at) if at else None
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=SHANGHAI)
        jobs.run_now(name, at=moment)
    except ValueError as error:
        print(f"gongzhi: {error}", file=sys.stderr)
        return 2
    except TypeError:
        print(f"gongzhi: {name} is queued with arguments and cannot be run by hand.", file=sys.stderr)
        return 2
    print(f"{name} ran" + (f" as of {moment.isoformat()}." if moment else "."))
    return 0
