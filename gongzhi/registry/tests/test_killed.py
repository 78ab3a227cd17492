"""A list is taken in whole or not at all, wherever the process dies: kill -9 at 20 random points, then again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from gongzhi.orgs.models import Organization, OrganizationSearch, Tally
from gongzhi.registry.models import Confirmation, Doubt, Intake, Source, StagedRow
from gongzhi.registry.tests.test_imports import code
from gongzhi.tlog.models import BatchRow
from tests.plugin import ROOT, cluster

ROWS, KILLS = 600, 20

#: Loads the platform once; every attempt is a process of its own, made by fork, that runs the command and is killed.
ATTEMPTS = """
import json, os, random, signal, sys, time
from pathlib import Path
from gongzhi.config.cli import start_django
start_django()
from django.db import connection
from gongzhi.core.actor import Actor
from gongzhi.orgs.models import Organization
from gongzhi.registry import commands
from gongzhi.registry.models import Source, Version

file, kills = Path(sys.argv[1]), int(sys.argv[2])
actor = Actor.system("import", permissions=frozenset({"registry.import"}))

def attempt(apply):
    pid = os.fork()
    if pid == 0:
        sys.stdout = open(os.devnull, "w")
        os._exit(commands.import_organizations(actor=actor, file=file, apply=apply, as_json=True))
    return pid

def rest():
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            others = cursor.fetchone()[0] - 1
        if not others:
            break
        time.sleep(0.01)
    found = [Organization.objects.count(), Version.objects.count(), Source.objects.count()]
    connection.close()
    return found

begun = time.monotonic()
assert os.waitpid(attempt(False), 0)[1] == 3 << 8
longest = 2 * (time.monotonic() - begun)
before, seen, struck, tries = rest(), [], 0, 0
random.seed(6)
while struck < kills and tries < 10 * kills:  # an attempt that ends before it is killed shows nothing
    turn, tries = tries, tries + 1
    pid = attempt(True)
    time.sleep(random.uniform(0, longest) if turn % 4 else random.uniform(0, longest / 8))
    if os.waitpid(pid, os.WNOHANG)[0] == 0:
        os.kill(pid, signal.SIGKILL)
        struck += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    seen.append(rest())
assert os.waitpid(attempt(True), 0)[1] == 3 << 8
seen.append(rest())
print(json.dumps({"before": before, "seen": seen, "struck": struck}))
"""


def test_killed_at_any_point_the_register_holds_the_whole_list_or_nothing_of_it(
    fresh_database: str, tmp_path: Path
) -> None:
    file = tmp_path / "list.tsv"
    rows = [
        f"深圳市××第{number}基金会\t{code(number)}\t{'1900-01-01' if number % 50 == 0 else '2015-03-01'}"
        for number in range(1, ROWS + 1)
    ]
    file.write_text("\n".join(["名称\t统一社会信用代码\t成立日期", *rows]), encoding="utf-8")
    environment = {**os.environ, "DATABASE_URL": cluster.url(name=fresh_database), "GONGZHI_HTTPS": "0"}
    answer = subprocess.run(
        [sys.executable, "-c", ATTEMPTS, str(file), str(KILLS)],
        capture_output=True, text=True, timeout=300, check=False, cwd=ROOT, env=environment,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    organizations, versions, sources = told["before"]
    whole = [organizations + ROWS, versions + ROWS, sources + 1]
    assert told["struck"] == KILLS
    assert told["seen"][-1] == whole
    assert all(one in (told["before"], whole) for one in told["seen"])

    source = Source.objects.order_by("-pk")[0]
    loaded = Organization.objects.filter(versions__source=source)
    assert loaded.count() == loaded.distinct().count() == ROWS
    assert OrganizationSearch.objects.filter(org__in=loaded).count() == ROWS
    assert BatchRow.objects.filter(seal=source.seal).count() == ROWS  # type: ignore[misc]
    assert Doubt.objects.filter(source=source).count() == ROWS // 50
    assert not Confirmation.objects.filter(source=source).exists()
    assert sum(row.count for row in Tally.objects.all()) == Organization.objects.count()
    assert not StagedRow.objects.exists()
    assert set(Intake.objects.values_list("state", flat=True)) == {"applied"}
