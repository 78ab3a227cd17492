"""Cheap password hashes for the tests of signing in, which hash many times and mean something else by it."""

from __future__ import annotations

from functools import cache

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password

from tests.world import PASSWORD

MEANT = {
    "test_signing_in",
    "test_factors",
    "test_identity",
    "test_recovery",
    "test_counter",
    "test_verification",
    "test_guardians",
}


@cache
def cheap_hash() -> str:
    """The cast's password, hashed with the least cost there is."""
    return make_password(PASSWORD)


@pytest.fixture(autouse=True)
def cheap_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the cost, and give the cast hashes of that cost. Tests that count hashes or compare work are not meant."""
    if request.module.__name__.rpartition(".")[2] not in MEANT or request.node.get_closest_marker("django_db") is None:
        return
    from gongzhi.accounts.models import Account

    request.getfixturevalue("db")
    for name, value in {"time_cost": 1, "memory_cost": 8, "parallelism": 1}.items():
        monkeypatch.setattr(Argon2PasswordHasher, name, value)
    Account.objects.update(password=cheap_hash())
