"""A database with real commits for tests in which several people save at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import sql

from tests.plugin import administer, copy_of_template, point_django_at


@pytest.fixture
def committed(django_db_setup: None, database_template: str, worker_id: str, django_db_blocker: Any) -> Iterator[str]:
    """A copy of the template of its own, whose rows are really committed."""
    from django.db import connection

    name = f"test_cases_{worker_id}"
    copy_of_template(name, database_template)
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        point_django_at(name)
        try:
            yield name
        finally:
            point_django_at(before)
    administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
