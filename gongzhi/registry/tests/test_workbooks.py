"""Workbooks: one visible sheet, values only; what is hidden, merged, computed or unsafe is named and never read."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from gongzhi.registry.lists import Chosen, ListUnreadable, open_list, read_list
from gongzhi.registry.tests.test_imports import code

HEAD = ["名称", "统一社会信用代码", "成立日期", "住所", "原始基金数额（万元）"]
TODAY = dt.date(2026, 11, 24)


def row(number: int, **other: object) -> list[object]:
    values: dict[str, object] = {
        "name": f"深圳市××第{number}助老基金会",
        "code": code(number),
        "day": dt.date(2015, 3, 1),
        "home": "深圳示例路 1 号",
        "fund": 200,
    }
    return list((values | other).values())


def book(*rows: list[object], change: Callable[[Workbook], None] | None = None) -> bytes:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "名录"
    for one in (HEAD, *rows):
        sheet.append(one)
    if change:
        change(made)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def repacked(data: bytes, name: str, text: bytes) -> bytes:
    """The workbook with one part replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, text if part == name else old.read(part))
    return stream.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(ListUnreadable) as caught:
        read_list(data, filename="名录.xlsx", today=TODAY)
    return caught.value.code


def test_dates_numbers_and_rare_characters_come_out_of_a_workbook_as_they_are() -> None:
    found = read_list(book(row(1, name="深圳市𬭎㼆䶮𠅤助老基金会"), row(2)), filename="名录.xlsx", today=TODAY)
    first, second = found.rows
    assert first.name == "深圳市𬭎㼆䶮𠅤助老基金会"
    assert (second.code, second.established_on, second.fund_fen) == (code(2), dt.date(2015, 3, 1), 200_000_000)
    assert not found.problems


def test_a_formula_is_never_taken_for_a_value() -> None:
    found = read_list(book(row(1, home='="深圳"&"路"'), row(2)), filename="名录.xlsx", today=TODAY)
    assert [(one.row, one.rule) for one in found.problems] == [(2, "import.formula")]
    assert [one.domicile for one in found.rows] == ["", "深圳示例路 1 号"]


def test_a_hidden_sheet_is_named_and_not_read() -> None:
    def hide(made: Workbook) -> None:
        other = made.create_sheet("旧名录", 0)
        other.append(HEAD)
        other.append(row(9))
        other.sheet_state = "hidden"

    found = read_list(book(row(1), change=hide), filename="名录.xlsx", today=TODAY)
    assert [one.code for one in found.rows] == [code(1)]
    assert [(one.rule, one.value) for one in found.problems] == [("import.sheet_hidden", "旧名录")]


def test_a_second_sheet_is_named_and_not_read() -> None:
    found = read_list(
        book(row(1), change=lambda made: made.create_sheet("说明").append(["请先阅读"])), filename="a.xlsx", today=TODAY
    )
    assert [one.rule for one in found.problems] == ["import.sheet_not_read"]


def test_a_merged_header_is_refused_and_merged_cells_below_are_doubts() -> None:
    def title(made: Workbook) -> None:
        sheet = made["名录"]
        sheet.insert_rows(1)
        sheet["A1"] = "2026 年名录"
        sheet.merge_cells("A1:E1")

    def below(made: Workbook) -> None:
        made["名录"].merge_cells("D2:D3")

    assert refused(book(row(1), change=title)) == "list.header_merged"
    found = read_list(book(row(1), row(2), change=below), filename="名录.xlsx", today=TODAY)
    assert {(one.row, one.rule) for one in found.problems} == {(2, "import.cells_merged"), (3, "import.cells_merged")}
    assert [one.domicile for one in found.rows] == ["", ""]


def test_a_workbook_without_a_visible_sheet_that_holds_rows_is_refused() -> None:
    def hide(made: Workbook) -> None:
        made["名录"].sheet_state = "hidden"
        made.create_sheet("空")

    assert refused(book(row(1), change=hide)) == "list.no_sheet"


def test_a_truncated_workbook_is_refused() -> None:
    data = book(row(1))
    assert refused(data[: len(data) // 2]) == "list.workbook_damaged"


def test_an_old_workbook_is_refused() -> None:
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1" + b"\0" * 600) == "list.workbook"


def test_an_xml_bomb_is_refused_before_anything_opens_it() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><workbook>&b;</workbook>'
    assert refused(repacked(book(row(1)), "xl/workbook.xml", bomb)) == "list.workbook_unsafe"


def test_a_zip_bomb_is_refused_before_anything_opens_it() -> None:
    sheet = b"<worksheet><sheetData>" + b" " * (600 * 1024 * 1024) + b"</sheetData></worksheet>"
    assert refused(repacked(book(row(1)), "xl/worksheets/sheet1.xml", sheet)) == "list.workbook_too_large"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"columns": {"没有这列": "name"}}, "list.map_heading"),
        ({"columns": {"住所": "weather"}}, "list.map_field"),
        ({"columns": {"住所": "scope", "成立日期": "scope"}}, "list.map_twice"),
        ({"weather": {}}, "list.map_unknown"),
    ],
)
def test_a_mapping_that_cannot_be_followed_is_refused(given: dict[str, object], refusal: str) -> None:
    with pytest.raises(ListUnreadable) as caught:
        open_list(book(row(1)), filename="名录.xlsx", chosen=Chosen.of(given))
    assert caught.value.code == refusal


def test_a_person_may_say_what_a_column_means() -> None:
    file = open_list(book(row(1)), filename="名录.xlsx", chosen=Chosen.of({"columns": {"住所": "scope"}}))
    assert file.columns.mapping()["住所"] == "scope"
