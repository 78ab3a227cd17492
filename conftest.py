"""Fixtures every app's tests share. The server itself is started by `tests.plugin`."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.plugin import administer, cluster, copy_of_template, make_template, point_django_at, template_name


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make access` prints the rows the access table lacks."""
    parser.addoption("--print-access", action="store_true", help="print missing rows of tests/access.py")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where the real lists, a browser, a virus scanner and a voice are at hand, a test that skips itself has failed (set by .ci/run)."""
    report = yield
    wanted = {"real_data", "browser", "scanner", "speech", "pool"} & {mark.name for mark in item.iter_markers()}
    if report.skipped and wanted and os.environ.get("GONGZHI_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although nothing it needs is missing: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures tests recorded as `figure`, also those of other processes, above the closing line."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(str(value))


@pytest.fixture(autouse=True)
def in_chinese() -> None:
    """Each test begins in the platform's own language, whatever the one before it read."""
    from django.conf import settings
    from django.utils import translation

    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def database_template(django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> str:
    """The migrated and seeded template; made by the first process that comes, the others wait."""
    name = template_name()
    with psycopg.connect(cluster.url("gz_owner", "postgres"), autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(727274)")
        with django_db_blocker.unblock():
            make_template(name)
    return name


@pytest.fixture(scope="session")
def django_db_setup(database_template: str, worker_id: str, django_db_blocker: Any) -> Iterator[None]:
    """A database of this process's own, used as the application's role."""
    from django.db import connection

    name = f"test_run_{worker_id}"
    copy_of_template(name, database_template)
    with django_db_blocker.unblock():
        point_django_at(name)
    yield
    with django_db_blocker.unblock():
        connection.close()
    administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def fresh_database(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    database_template: str,
    worker_id: str,
    django_db_blocker: Any,
) -> Iterator[str]:
    """A database for one test that needs real commits; its name. Gone afterwards."""
    assert request.node.get_closest_marker("django_db") is None, "a test in a transaction cannot have a fresh database"
    from django.db import connection

    before = connection.settings_dict["NAME"]
    name = f"test_fresh_{worker_id}"
    copy_of_template(name, database_template)
    with django_db_blocker.unblock():
        point_django_at(name)
        yield name
        connection.close()
        point_django_at(before)
    administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def real_data() -> Path:
    """The folder of real lists, or a skip that says how to name it."""
    folder = os.environ.get("REAL_DATA")
    if not folder:
        pytest.skip("REAL_DATA is not set: this test reads real lists")
    return Path(folder).resolve()
