"""The process that keeps the index: killed at any moment, the next answer is PostgreSQL's and equal."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from gongzhi.config.indexer import outdated, prepare_rows
from gongzhi.config.tests.test_stack import environment
from gongzhi.core import heartbeat
from gongzhi.orgs.models import OrganizationSearch
from gongzhi.orgs.search import find, index
from gongzhi.orgs.tests import oracle
from gongzhi.orgs.tests.test_index import changed
from tests.plugin import cluster


@pytest.fixture
def keeper(fresh_database: str, tmp_path: Path, settings: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts the process on a database of its own with real commits; ends what is left of it."""
    settings.SEARCH_INDEX = tmp_path / "index" / "orgs"
    OrganizationSearch.objects.all().delete()
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "gongzhi.config.cli", "--var", str(tmp_path), "index"],
                env=environment(DATABASE_URL=cluster.url(name=fresh_database)), stderr=subprocess.PIPE,
            )
        )  # fmt: skip
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(done: Callable[[], bool]) -> None:
    """Wait for something another process does."""
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def caught_up() -> bool:
    """Whether the index answers and nothing is left to PostgreSQL."""
    try:
        return not index.consult().changed
    except index.Unusable:
        return False


def compare(bodies: list[oracle.Body], draw: random.Random) -> set[str]:
    """Several searches are answered as the oracle does; by whom."""
    by: set[str] = set()
    for asked in oracle.questions(draw, bodies, 20):
        answer = find(asked, facets=("kind",))
        expected = oracle.ids(bodies, asked)
        assert (answer.ids, answer.total) == (expected[:20], len(expected)), asked
        assert answer.facets["kind"] == oracle.facet(bodies, asked, "kind"), asked
        by |= set() if asked.impossible else {answer.answered_by}
    return by


@pytest.mark.stack
def test_killed_at_any_moment_the_next_answer_is_equal(keeper: Callable[[], subprocess.Popen[bytes]]) -> None:
    draw = random.Random(9)
    now = {1000 + at: oracle.body(draw, 1000 + at) for at in range(200)}
    oracle.store(list(now.values()))
    assert compare(list(now.values()), draw) == {"database"}, "no process, no index"
    process = keeper()
    until(caught_up)
    assert heartbeat.alive("index")
    assert compare(list(now.values()), draw) == {"index"}
    for turn in range(6):
        some = changed(draw, list(now.values()))
        oracle.store(some)
        now |= {one.pk: one for one in some}
        time.sleep(draw.random() * 0.6)
        process.send_signal(signal.SIGKILL)
        process.wait()
        oracle.store(again := changed(draw, list(now.values())))
        now |= {one.pk: one for one in again}
        assert compare(list(now.values()), draw) == {"index"}, "with what changed since left to PostgreSQL"
        process = keeper()
        if turn % 2:
            until(caught_up)
            assert compare(list(now.values()), draw) == {"index"}
    process.terminate()
    assert process.wait(20) == 0


@pytest.mark.stack
def test_killed_during_its_first_build_it_leaves_the_answers_to_postgresql(
    keeper: Callable[[], subprocess.Popen[bytes]],
) -> None:
    draw = random.Random(10)
    bodies = [oracle.body(draw, 1000 + at) for at in range(3000)]
    oracle.store(bodies)
    process = keeper()
    until((index.folder() / "meta.json").exists)
    process.kill()
    process.wait()
    compare(bodies, draw)
    keeper()
    until(caught_up)
    assert compare(bodies, draw) == {"index"}


@pytest.mark.stack
def test_a_second_process_in_the_same_folder_ends(keeper: Callable[[], subprocess.Popen[bytes]]) -> None:
    keeper()
    until(caught_up)
    second = keeper()
    assert second.wait(30) == 1
    assert second.stderr is not None
    assert b"another process" in second.stderr.read()
    assert caught_up()


@contextmanager
def remembered() -> Iterator[None]:
    """What search knows is the same afterwards, however the rows were prepared anew."""
    columns = [field.name for field in OrganizationSearch._meta.concrete_fields if field.name != "changed"]

    def rows() -> list[dict[str, Any]]:
        found = list(OrganizationSearch.objects.order_by("pk").values(*columns))
        for one in found:
            one["grams"].sort()  # an index of numbers knows no order of them
        return found

    before = rows()
    assert len(before) > 3
    yield
    assert rows() == before


@pytest.mark.django_db
def test_rows_of_an_older_release_are_prepared_anew() -> None:
    with remembered():
        assert prepare_rows() == 0
        OrganizationSearch.objects.update(rank=0, name="", kind="", standing="", path="/", grams=[])
        assert prepare_rows() == OrganizationSearch.objects.count()


@pytest.mark.django_db
def test_numbers_of_another_cluster_are_written_anew() -> None:
    with remembered():
        OrganizationSearch.objects.update(changed=2**60)
        assert OrganizationSearch.objects.filter(outdated()).exists()
        assert prepare_rows() == OrganizationSearch.objects.count()
        assert not OrganizationSearch.objects.filter(outdated()).exists()
