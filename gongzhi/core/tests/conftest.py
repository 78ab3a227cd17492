"""A database with real commits that a whole module shares, because a copy for every test costs more than the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import sql

from tests.plugin import administer, copy_of_template, point_django_at


@pytest.fixture(scope="module")
def module_database(django_db_setup: None, database_template: str, worker_id: str) -> Iterator[str]:
    """A copy of the template for the tests of one module; its name."""
    name = f"test_module_{worker_id}"
    copy_of_template(name, database_template)
    yield name
    administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def committed(module_database: str, django_db_blocker: Any) -> Iterator[str]:
    """Django works on the module's database and really commits; the technical tables are emptied afterwards."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        point_django_at(module_database)
        try:
            yield module_database
        finally:
            point_django_at(module_database)
            with connection.cursor() as cursor:
                for table in ("core_heartbeat", "core_throttle", "core_sequence", "procrastinate_jobs"):
                    cursor.execute(f"DELETE FROM {table}")
            point_django_at(before)
