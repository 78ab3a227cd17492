"""`gongzhi doctor` names each fault it is started with, and nothing when there is none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gongzhi.config.database import Cluster, running_cluster
from gongzhi.config.doctor import _exposed, _travels_plain, _trusts_anybody
from gongzhi.config.env import EXAMPLE_SECRET
from gongzhi.config.tests.test_stack import environment, var

pytestmark = pytest.mark.stack
__all__ = ["var"]

BEAT = "from gongzhi.core import heartbeat; heartbeat.beat('{}')"
#: One organization and what search knows of it: then a copy for searching is expected.
ONE_BODY = """
    INSERT INTO orgs_organization (public_id, kind, number, path, standing, name)
    VALUES ('ABCDEFGHJK', 'service', '1', '/', 'normal', '爱心社') RETURNING id
"""
ITS_ROW = """
    INSERT INTO orgs_search
      (org_id, name, text, grams, pinyin, initials, kind, standing, level, path, field, marks, since, rank)
    VALUES (%s, '爱心社', '=爱心社', '{}', '', '', 'service', 'normal', 0, '/', '', '{}', '0001-01-01', 1)
"""


@pytest.fixture(scope="session")
def migrated() -> Iterator[Path]:
    """A data folder with a migrated database that is not running; the tests copy it."""
    folder = Path(tempfile.mkdtemp(prefix="gongzhi-doctor-"))
    folder.chmod(0o755)
    assert run(folder, "migrate").returncode == 0
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def cluster(var: Path, migrated: Path) -> Iterator[Cluster]:
    """A migrated database in a folder of its own; not running yet."""
    subprocess.run(["cp", "-a", f"{migrated}/.", str(var)], check=True)
    cluster = Cluster(var)
    yield cluster
    cluster.stop()


def run(var: Path, *words: str, before: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """One command of ours in a process of its own; `before` is Python run first in that process."""
    program = f"import sys, time, shutil\n{before}\nfrom gongzhi.config.cli import main\nsys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", program, "--var", str(var), *words],
        capture_output=True, text=True, env=environment(**more), timeout=90, check=False,
    )  # fmt: skip


def beat(var: Path, *names: str) -> None:
    """A sign of life of every process, or of those named, so that only the fault under test is found."""
    program = "from gongzhi.config.cli import database, start_django\nfrom pathlib import Path\n"
    program += f"with database(Path({str(var)!r})):\n    start_django()\n"
    program += "".join(f"    {BEAT.format(name)}\n" for name in names or ("worker", "index"))
    subprocess.run([sys.executable, "-c", program], env=environment(VAR=str(var)), check=True, timeout=60)


def findings(var: Path, *, before: str = "", **more: str) -> tuple[int, list[str], dict[str, str]]:
    answer = run(var, "doctor", "--json", before=before, **more)
    found = json.loads(answer.stdout)
    assert found["ok"] is (answer.returncode == 0)
    for problem in found["problems"]:
        assert set(problem) == {"id", "text", "remedy"}
        assert problem["text"]
        assert problem["remedy"]
    return (
        answer.returncode,
        [one["id"] for one in found["problems"]],
        {one["id"]: one["text"] for one in found["problems"]},
    )


def test_a_sound_installation_has_no_problem(cluster: Cluster) -> None:
    cluster.start()
    beat(cluster.var)
    assert findings(cluster.var)[:2] == (0, [])


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ({"fsync": "off"}, "database.fsync"),
        ({"synchronous_commit": "off"}, "database.synchronous_commit"),
        ({"full_page_writes": "off"}, "database.full_page_writes"),
    ],
)
def test_a_database_that_may_lose_what_was_saved(cluster: Cluster, setting: dict[str, str], found: str) -> None:
    with running_cluster(cluster.var, setting):
        beat(cluster.var)
        assert findings(cluster.var)[:2] == (1, [found])


def test_a_database_without_checksums(cluster: Cluster) -> None:
    subprocess.run(
        [cluster._binaries() / "pg_checksums", "--disable", "-D", str(cluster.data)],
        check=True, capture_output=True, **cluster._as_account(),
    )  # fmt: skip
    cluster.start()
    beat(cluster.var)
    assert findings(cluster.var)[:2] == (1, ["database.data_checksums"])


@pytest.mark.parametrize(
    ("variables", "before", "found", "word"),
    [
        ({"DEBUG": "1"}, "", "debug.on", "DEBUG"),
        ({"GONGZHI_SECRET_KEY": EXAMPLE_SECRET}, "", "key.default", "key"),
        ({"GONGZHI_HOSTS": "gongzhi.example.org", "GONGZHI_HTTPS": "0"}, "", "https.off", "https"),
        ({"GONGZHI_HOSTS": "gongzhi.example.org"}, "", "proxy.unset", "proxy"),
        (
            {"GONGZHI_HOSTS": "a.example", "GONGZHI_BEHIND_PROXY": "1", "GONGZHI_STAFF_SECOND_FACTOR": "0"},
            "",
            "factor.waived",
            "second factor",
        ),
        (
            {"GONGZHI_HOSTS": "*", "GONGZHI_BEHIND_PROXY": "1"},
            "",
            "hosts.any",
            "any name",
        ),
        (
            {
                "GONGZHI_HOSTS": "a.example",
                "GONGZHI_BEHIND_PROXY": "1",
                "GONGZHI_DEMO": "1",
                "GONGZHI_STAFF_SECOND_FACTOR": "1",
            },
            "",
            "demo.public",
            "Demonstration",
        ),
        ({"GONGZHI_LOG_LEVEL": "DEBUG"}, "", "log.verbose", "statements"),
        ({}, "real = time.time; time.time = lambda: real() + 600", "clock.wrong", "600"),
        (
            {},
            "shutil.disk_usage = lambda path: shutil._ntuple_diskusage(10**9, 10**9, 90 * 1048576)",
            "disk.full",
            "90 MB",
        ),
    ],
)
def test_each_fault_is_named(cluster: Cluster, variables: dict[str, str], before: str, found: str, word: str) -> None:
    cluster.start()
    beat(cluster.var)
    code, ids, texts = findings(cluster.var, before=before, **variables)
    assert (code, ids[0]) == (1, found)
    assert word in texts[found]


@pytest.mark.parametrize(
    ("url", "plain", "unchecked"),
    [
        ("postgresql://gz_app@10.0.0.10/gongzhi", True, False),
        ("postgresql://gz_app@10.0.0.10/gongzhi?sslmode=prefer", True, False),
        ("postgresql://gz_app@10.0.0.10/gongzhi?sslmode=require", False, True),
        ("postgresql://gz_app@10.0.0.10/gongzhi?sslmode=verify-ca", False, True),
        ("postgresql://gz_app@10.0.0.10/gongzhi?sslmode=verify-full", False, False),
        ("postgresql://gz_app@127.0.0.1/gongzhi", False, False),
        ("postgresql://gz_app@127.0.0.1,10.0.0.10/gongzhi?sslmode=require", False, True),
        ("postgresql://gz_app@/gongzhi?host=/run/postgresql", False, False),
        ("", False, False),
        ("no address at all", False, False),
    ],
)
def test_only_a_connection_that_leaves_this_machine_must_be_encrypted_and_checked(
    url: str, plain: bool, unchecked: bool
) -> None:
    assert _travels_plain(url) is plain
    assert _trusts_anybody(url) is unchecked


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_LOG_URL"])
def test_a_database_elsewhere_whose_certificate_nobody_checks_is_named(
    settings: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings.DEMO = False
    monkeypatch.setenv(name, "postgresql://gz_app:x@10.0.0.10:5432/gongzhi?sslmode=require")
    (found,) = _exposed()
    assert (found.id, name in found.text, "gz_app:x" in found.text) == ("database.unchecked", True, False)
    for good in ("10.0.0.10:5432/gongzhi?sslmode=verify-full", "127.0.0.1/gongzhi", "/gongzhi?host=/run/postgresql"):
        monkeypatch.setenv(name, f"postgresql://gz_app:x@{good}")
        assert [one.id for one in _exposed()] == [], "the control: a checked, a local or a socket's connection is none"


def test_a_plain_connection_to_another_machine_is_named(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO = False
    assert [one.id for one in _exposed()] == []
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://gz_owner:x@10.0.0.10:5432/gongzhi")
    (found,) = _exposed()
    assert (found.id, "DATABASE_OWNER_URL" in found.text, "gz_owner:x" in found.text) == ("database.plain", True, False)


def test_mail_that_leaves_this_machine_in_clear_is_named(settings: Any) -> None:
    settings.DEMO = False
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "mail.example.org"
    assert [one.id for one in _exposed()] == ["mail.plain"]
    settings.EMAIL_USE_TLS = True
    assert [one.id for one in _exposed()] == []
    settings.EMAIL_USE_TLS, settings.EMAIL_HOST = False, "localhost"
    assert [one.id for one in _exposed()] == []


def test_a_silent_worker_is_named(cluster: Cluster) -> None:
    cluster.start()
    beat(cluster.var, "index")
    assert findings(cluster.var)[:2] == (1, ["worker.silent"])


def test_a_search_index_nobody_keeps_or_that_cannot_answer_is_named(cluster: Cluster) -> None:
    cluster.start()
    beat(cluster.var, "worker")
    assert findings(cluster.var)[:2] == (0, []), "with an empty register there is nothing to find"
    with psycopg.connect(cluster.url()) as connection:
        connection.execute(ITS_ROW, connection.execute(ONE_BODY).fetchone())
    assert findings(cluster.var)[:2] == (1, ["index.behind", "index.silent"])
    # Both again: on a slow machine the worker's sign of life has grown old by now.
    beat(cluster.var)
    assert findings(cluster.var)[:2] == (1, ["index.behind"])


def test_connecting_as_the_owner_is_named(cluster: Cluster) -> None:
    cluster.start()
    beat(cluster.var)
    assert "database.role" in findings(cluster.var, DATABASE_URL=cluster.url("gz_owner"))[1]


def test_a_database_that_does_not_answer_is_named(cluster: Cluster) -> None:
    assert findings(cluster.var, DATABASE_URL="postgresql://gz_app@/gongzhi?host=/nowhere")[1] == [
        "database.unreachable"
    ]


def test_a_key_file_others_can_read_is_named(cluster: Cluster) -> None:
    cluster.start()
    beat(cluster.var)
    os.chmod(cluster.var / "keys.json", 0o644)
    assert findings(cluster.var)[:2] == (1, ["key.readable"])


def test_a_damaged_key_file_is_one_sentence_and_not_a_traceback(cluster: Cluster) -> None:
    (cluster.var / "keys.json").write_text("{")
    cluster.start()
    answer = run(cluster.var, "jobs")
    assert answer.returncode == 2
    assert len(answer.stderr.strip().splitlines()) == 1
