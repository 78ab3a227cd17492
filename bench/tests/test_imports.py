"""The benchmark of lists: its rows are clean, and its control cannot be ok."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from bench import imports
from gongzhi.registry.lists import read_list

FIGURES = {
    "cpu": 10.0,
    "wall": 9.0,
    "again": 3.0,
    "copy_cpu": 6.0,
    "copy_wall": 6.0,
    "peer_all": 0.01,
    "peer_one": 0.004,
    "peer_unchecked": 0.009,
    "book_product": 0.00003,
    "book_peer": 0.0003,
    "memory": 300.0,
    "changes": 0.0,
}


def test_the_invented_list_is_always_the_same_and_nothing_in_it_is_doubtful(tmp_path: Path) -> None:
    file, again = tmp_path / "one.csv", tmp_path / "two.csv"
    imports.write_list(file, 300)
    imports.write_list(again, 300)
    assert file.read_bytes() == again.read_bytes()
    reading = read_list(file.read_bytes(), filename="list.csv", today=dt.date(2026, 11, 24))
    assert (len(reading.rows), reading.problems) == (300, ())
    assert all("××" in one.name and one.registry_division == "999900" for one in reading.rows)


def test_a_workbook_holds_the_same_rows(tmp_path: Path) -> None:
    book, file = tmp_path / "list.xlsx", tmp_path / "list.csv"
    imports.write_workbook(book, 50)
    imports.write_list(file, 50)
    today = dt.date(2026, 11, 24)
    one, other = (read_list(path.read_bytes(), filename=path.name, today=today) for path in (book, file))
    assert [(row.code, row.name, row.fund_fen) for row in one.rows] == [
        (row.code, row.name, row.fund_fen) for row in other.rows
    ]


def test_the_verdict_follows_from_the_figures_and_the_control_cannot_be_ok() -> None:
    assert imports.judged(10_000, 3, FIGURES, control=False).ok
    assert imports.judged(10_000, 3, {**FIGURES, "memory": 700.0}, control=False).missed() == ["memory_vs_limit"]
    assert imports.judged(10_000, 3, {**FIGURES, "changes": 1.0}, control=False).missed() == ["second_run_changes"]
    control = imports.judged(10_000, 3, FIGURES, control=True)
    assert set(control.missed()) == {"product_vs_import_export", "workbook_vs_openpyxl"}
