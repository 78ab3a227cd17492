"""The `gongzhi` command. Light on purpose: Django is loaded only by the commands that need it."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gongzhi.config.database import CannotStart, Cluster
from gongzhi.config.env import BadSetting, text


def use_embedded(cluster: Cluster) -> None:
    """Point this process at an embedded cluster."""
    os.environ["DATABASE_URL"] = cluster.url()
    os.environ["DATABASE_OWNER_URL"] = cluster.url("gz_owner")
    os.environ["DATABASE_LOG_URL"] = cluster.url("gz_log")


@contextmanager
def database(var: Path) -> Iterator[None]:
    """A reachable database for one command: DATABASE_URL, a running embedded one, or one started for the moment."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    cluster = Cluster(var)
    found = cluster.running()
    if found:
        cluster.check()
    else:
        cluster.start()
    use_embedded(cluster)
    try:
        yield
    finally:
        if not found:
            cluster.stop()


def start_django(*, as_owner: bool = False) -> None:
    """Load Django for this process."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "gongzhi.config.settings"
    if as_owner:
        os.environ["GONGZHI_AS_OWNER"] = "1"
    import django

    django.setup()


def _demo(options: argparse.Namespace) -> int:
    from gongzhi.config.supervisor import run_demo

    return run_demo(options.var, options.port)


def _serve(options: argparse.Namespace) -> int:
    from gongzhi.config.web import serve

    if not os.environ.get("DATABASE_URL"):
        cluster = Cluster(options.var)
        if not cluster.running():
            raise CannotStart("There is no database: set DATABASE_URL, or start everything with `gongzhi demo`.")
        use_embedded(cluster)
    return serve(options.bind or [f"127.0.0.1:{options.port}"], workers=options.workers, lifeline=options.lifeline)


def _worker(options: argparse.Namespace) -> int:
    from gongzhi.config.worker import work

    if not os.environ.get("DATABASE_URL"):
        cluster = Cluster(options.var)
        if not cluster.running():
            raise CannotStart("There is no database: set DATABASE_URL, or start everything with `gongzhi demo`.")
        use_embedded(cluster)
    start_django()
    return work(concurrency=options.concurrency, lifeline=options.lifeline)


def _index(options: argparse.Namespace) -> int:
    if options.rebuild:
        with database(options.var):
            start_django()
            from gongzhi.config.indexer import prepare_rows

            print(f"{prepare_rows()} organizations were prepared anew.")
        return 0
    if not os.environ.get("DATABASE_URL"):
        cluster = Cluster(options.var)
        if not cluster.running():
            raise CannotStart("There is no database: set DATABASE_URL, or start everything with `gongzhi demo`.")
        use_embedded(cluster)
    start_django()
    from gongzhi.config.indexer import keep_index

    return keep_index(lifeline=options.lifeline)


def _migrate(options: argparse.Namespace) -> int:
    with database(options.var):
        start_django(as_owner=True)
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=1 if options.verbose else 0)
    return 0


def _prepare(options: argparse.Namespace) -> int:
    with database(options.var):
        start_django(as_owner=True)
        from gongzhi.config.commands import prepare

        prepare()
    return 0


def _seed(options: argparse.Namespace) -> int:
    with database(options.var):
        start_django()
        from gongzhi.config.commands import seed

        return seed(options.size, if_empty=options.if_empty, demo=options.demo)


def _import(options: argparse.Namespace) -> int:
    with database(options.var):
        start_django()
        from gongzhi.config.commands import import_file

        return import_file(
            options.what,
            options.file,
            apply=options.apply,
            as_json=options.json,
            account=options.account,
            dated_on=options.dated,
            mapping=options.map,
        )


def _export(options: argparse.Namespace) -> int:
    with database(options.var):
        start_django()
        from gongzhi.config.commands import export

        return export(options.what, options.file)


def _casetypes(options: argparse.Namespace) -> int:
    start_django()  # no database: files are compared with what the package brings
    from gongzhi.cases.commands import check_types

    return check_types(options.files, as_json=options.json)


def _verify(options: argparse.Namespace) -> int:
    from gongzhi.config.verifying import verify  # no database, and no Django

    return verify(options.file, key=options.key, var=options.var, as_json=options.json)


def _doctor(options: argparse.Namespace) -> int:
    from gongzhi.config.doctor import run

    return run(options.var, as_json=options.json)


def _createadmin(options: argparse.Namespace) -> int:
    with database(options.var):
        start_django()
        from gongzhi.config.commands import create_admin

        return create_admin(
            options.name,
            email=options.email,
            phone=options.phone,
            agency_name=options.agency,
            division=options.division,
            role=options.role,
            duty=options.duty,
        )


def _jobs(options: argparse.Namespace) -> int:
    with database(options.var):
        start_django()
        from gongzhi.config import commands

        if options.what == "list":
            return commands.list_jobs()
        if options.what == "run":
            return commands.run_job(options.name, at=options.at)
        return commands.show_jobs(as_json=options.json)


def _keys(options: argparse.Namespace) -> int:
    with database(options.var):
        start_django()
        from gongzhi.config.keys import run

        return run(options.what, var=options.var, version=options.version)


def _reset(options: argparse.Namespace) -> int:
    """Delete the data folder, after stopping what runs in it."""
    import shutil

    from gongzhi.config.supervisor import end_everything

    var: Path = options.var
    if not (var / "pg").exists() and not (var / "keys.json").exists():
        print(f"There is nothing to delete in {var}.")
        return 0
    end_everything(var)
    shutil.rmtree(var)
    print(f"{var} was deleted.")
    return 0


def _manage(options: argparse.Namespace) -> int:
    """Django's own commands, for developers: `gongzhi manage makemigrations`."""
    with database(options.var):
        start_django(as_owner=options.arguments[:1] in (["migrate"], ["sqlmigrate"], ["dbshell"]))
        from django.core.management import execute_from_command_line

        execute_from_command_line(["gongzhi manage", *options.arguments])
    return 0


def parser() -> argparse.ArgumentParser:  # noqa: PLR0915  # one statement an option
    """The command line."""
    top = argparse.ArgumentParser(prog="gongzhi", description="共治: the platform's commands.")
    top.add_argument(
        "--var", type=Path, default=Path(os.environ.get("VAR") or "var"), help="data folder (also VAR; default: var)"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    port = int(os.environ.get("PORT") or 8000)
    demo = command("demo", _demo, "start everything on this machine: database, demo data, web and worker")
    demo.add_argument("--port", type=int, default=port)

    serve = command("serve", _serve, "serve the web pages")
    serve.add_argument("--port", type=int, default=port)
    serve.add_argument("--bind", action="append", help="address:port or unix:path; may be repeated")
    serve.add_argument("--workers", type=int, default=int(os.environ.get("GONGZHI_WEB_WORKERS") or 2))
    serve.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)

    worker = command("worker", _worker, "run background jobs")
    worker.add_argument("--concurrency", type=int, default=2)
    worker.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)

    index = command("index", _index, "keep this machine's search index up to date")
    index.add_argument(
        "--rebuild", action="store_true", help="prepare anew what an older release or a restored dump left; then end"
    )
    index.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)

    migrate = command("migrate", _migrate, "bring the database up to this version (as its owner)")
    migrate.add_argument("--verbose", action="store_true")

    command(
        "prepare", _prepare, "migrate, load reference and demonstration data where there is none, collect static files"
    )

    seed = command("seed", _seed, "load reference data and, with --demo, demonstration data")
    seed.add_argument("--size", choices=["small", "large"], default="small")
    seed.add_argument("--if-empty", action="store_true")
    seed.add_argument("--demo", action="store_true")

    load = command("import", _import, "read a list into the register; shows what would happen unless --apply is given")
    load.add_argument("what", choices=["organizations"])
    load.add_argument("file", type=Path)
    load.add_argument("--apply", action="store_true")
    load.add_argument("--json", action="store_true")
    load.add_argument("--dated", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="the day the list speaks of")
    load.add_argument("--map", type=Path, metavar="TOML", help="what the columns and units mean, in place of our guess")
    load.add_argument("--as", dest="account", default="", metavar="LOGIN", help="act as this registry officer")

    export = command("export", _export, "write the public register into a file")
    export.add_argument("what", choices=["organizations"])
    export.add_argument("file", type=Path)

    doctor = command("doctor", _doctor, "say what is wrong with this installation")
    doctor.add_argument("--json", action="store_true")

    admin = command(
        "createadmin", _createadmin, "make an account for an administrator, or an agency's officer; asks for a password"
    )
    admin.add_argument("--name", required=True)
    admin.add_argument("--email", default="")
    admin.add_argument("--phone", default="")
    admin.add_argument("--agency", default="", help="name of the registration authority the person works for")
    admin.add_argument("--division", default="", metavar="CODE", help="code of the agency's division, such as 440300")
    roles = ["registrar", "reader", "head", "overseer", "industry_officer", "community_worker", "assessor", "auditor"]
    roles += ["funder", "helper"]  # as `orgs.enums.Role`; the agency's kind follows from it
    admin.add_argument("--role", choices=roles, default="registrar", help="role at that agency")

    admin.add_argument(
        "--duty",
        choices=["system", "security", "audit"],
        default="system",
        help="which of the three administrators, where no agency is named",
    )

    keys = command("keys", _keys, "show the keys of personal fields; add one, seal old values anew, remove one")
    keys.add_argument("what", nargs="?", choices=["status", "add", "rotate", "remove"], default="status")
    keys.add_argument("version", nargs="?", type=int, default=0, help="with remove: the version")

    command("reset", _reset, "stop everything and delete the data folder")

    jobs = command("jobs", _jobs, "show the job queue; list jobs, or run one now")
    jobs.add_argument("what", nargs="?", choices=["queue", "list", "run"], default="queue")
    jobs.add_argument("name", nargs="?", default="", help="with run: the job, such as privacy.monthly_notice")
    jobs.add_argument("--at", default="", metavar="TIME", help="with run: the moment the job believes in (2026-12-01)")
    jobs.add_argument("--json", action="store_true")

    types = command("casetypes", _casetypes, "check the files of services, and say what is wrong by file and line")
    types.add_argument("what", choices=["check"])
    types.add_argument(
        "files", nargs="*", type=Path, help="files to check; all the platform would load if none is named"
    )
    types.add_argument("--json", action="store_true")

    check = command("verify", _verify, "say whether a certificate is genuine; needs the public key and nothing else")
    check.add_argument("file", type=Path)
    check.add_argument(
        "--key", default="", help="a public key, or a file of such lines; without it the keys of the data folder"
    )
    check.add_argument("--json", action="store_true")

    command("manage", _manage, "Django's own commands, for developers").add_argument(
        "arguments", nargs=argparse.REMAINDER
    )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit 2 and one sentence when the platform cannot start here."""
    options = parser().parse_args(arguments)
    options.var = options.var.resolve()
    os.environ["VAR"] = str(options.var)
    try:
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_LOG_URL"):
            if os.environ.get(f"{name}_FILE"):
                os.environ[name] = text(name)
        result: int = options.run(options)
    except (CannotStart, BadSetting) as error:
        print(f"gongzhi: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return result


if __name__ == "__main__":
    sys.exit(main())
