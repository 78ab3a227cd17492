"""A file shows one moment, whatever is written while it is made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.orgs.models import Organization
from gongzhi.registry import exports
from tests.plugin import cluster
from tests.world import SHENZHEN


def test_a_change_that_is_committed_meanwhile_is_in_no_row(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two batches somebody renames the last body; the control reads row by row and sees it."""
    monkeypatch.setattr(exports, "BATCH", 1)
    batches = exports._batches
    before = Organization.objects.get(credit_code=SHENZHEN).name

    def renamed_meanwhile(*arguments: Any) -> Iterator[pl.DataFrame]:
        for number, batch in enumerate(batches(*arguments)):
            if number == 0:
                with psycopg.connect(cluster.url("gz_app", fresh_database), autocommit=True) as other:
                    other.execute("UPDATE orgs_organization SET name = '新名称' WHERE credit_code = %s", [SHENZHEN])
            yield batch

    monkeypatch.setattr(exports, "_batches", renamed_meanwhile)
    file = tmp_path / "a.parquet"
    with acting(Actor.system("export"), read_only=True):
        exports.write_files([file], site="https://gongzhi.example.org")
        assert Organization.objects.get(credit_code=SHENZHEN).name == "新名称"
    names = {row["code"]: row["name"] for row in pl.read_parquet(file).to_dicts()}
    assert names[SHENZHEN] == before
