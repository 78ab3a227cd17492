"""The packaged register, loaded where a test asks for it."""

from __future__ import annotations

import pytest

from gongzhi.core.actor import Actor
from gongzhi.reference.enums import ANNOUNCE_YEAR, LOAD
from gongzhi.reference.models import CalendarYear, Division
from gongzhi.reference.seeds import load


@pytest.fixture
def seeder() -> Actor:
    """The process that loads packaged data."""
    return Actor.system("seed", permissions=frozenset({LOAD}))


@pytest.fixture
def keeper() -> Actor:
    """The one who enters the holidays of a year."""
    return Actor.system("keeper", permissions=frozenset({ANNOUNCE_YEAR}))


@pytest.fixture
def register(db: None, seeder: Actor) -> None:
    """Divisions and calendar as packaged: the seeded test database has them, an empty one gets them."""
    if not (Division.objects.exists() and CalendarYear.objects.exists()):
        load(seeder)
