"""Lists as workbooks (.xlsx): one visible sheet, values only.

The file is judged by `files.inspection` before anything else opens it, so sizes are bounded and no part is read in two
ways. A formula's last value is never taken, and hidden sheets are named and not read.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from defusedxml.ElementTree import ParseError, fromstring
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from gongzhi.files import inspection
from gongzhi.registry.lists.columns import Chosen, Columns, understand
from gongzhi.registry.lists.reading import BATCH, LONGEST_HEADER, Batch, is_blank, judge_header, opened
from gongzhi.registry.lists.rules import ListUnreadable, Problem, Severity

#: Refusal of the inspection → ours; every other one is `list.workbook_unsafe`.
_REFUSALS: Final = {
    "damaged": "list.workbook_damaged",
    "unpacks_too_large": "list.workbook_too_large",
    "too_many_members": "list.workbook_too_large",
    "encrypted": "list.workbook",
    "not_allowed_kind": "list.workbook",
}
#: Cells of merged areas that are kept in mind one by one; a list with more is a layout.
MOST_MERGED: Final = 100_000

_RELATIONSHIP: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FORMULA: Final = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
_ERROR: Final = re.compile(rb"""<(?:[\w.-]+:)?c\s[^>]*?\bt\s*=\s*["']e["']""")
_CELL: Final = re.compile(rb"""<(?:[\w.-]+:)?c\s[^>]*?\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_OTHER_ENCODING: Final = re.compile(
    rb"""\A(?:\xff\xfe|\xfe\xff|[^<>]*<\?xml[^>]*encoding\s*=\s*["'](?!utf-8["']))""", re.I
)
#: How far before a formula the tag of its cell may stand, in bytes.
_NEAR: Final = 1000


def _inspected(source: bytes | Path) -> None:
    with opened(source) as stream:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        try:
            found = inspection.check_office(stream, size)
        except inspection.Refused as refused:
            code = _REFUSALS.get(refused.code, "list.workbook_unsafe")
            raise ListUnreadable(code, where=refused.where or refused.code) from refused
    if found != "xlsx":
        raise ListUnreadable("list.workbook")


def _name_of(column: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _number_of(letters: bytes) -> int:
    """A → 0, AA → 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _area(area: tuple[tuple[int, int], tuple[int, int]]) -> str:
    (top, left), (bottom, right) = area
    return f"{_name_of(left)}{top + 1}:{_name_of(right)}{bottom + 1}"


def text_of(cell: Any) -> str:
    """A cell as it would stand in a text file. Whole numbers have no decimals, dates no time at midnight."""
    if cell.__class__ is str:
        return str(cell).replace("\0", "\ufffd")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    return str(cell)


class WorkbookFile:
    """A list as a workbook: the first visible sheet whose header is understood."""

    encoding = ""
    delimiter = ""

    def __init__(self, source: bytes | Path, *, filename: str, sha256: str, chosen: Chosen) -> None:
        """Raises `ListUnreadable` for what cannot be a list."""
        self.filename, self.sha256 = filename, sha256
        _inspected(source)
        try:
            with opened(source) as stream:
                self._book = CalamineWorkbook.from_filelike(stream)
                self._pick(chosen)
        except (CalamineError, OSError, ValueError) as error:
            raise ListUnreadable("list.workbook_damaged", where=str(error)[:80]) from error
        if not self._sheet.height:
            raise ListUnreadable("list.no_sheet")
        self.odd = self._odd_cells(source)

    def batches(self) -> Iterator[Batch]:
        """Every row below the header."""
        rows = self._rows(self._sheet)
        line = self._header_at + 1
        for _row in islice(rows, line):
            pass
        while batch := list(islice(rows, BATCH)):
            yield Batch(range(line + 1, line + 1 + len(batch)), batch)
            line += len(batch)

    @staticmethod
    def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
        for row in sheet.iter_rows():
            yield [cell if cell.__class__ is str and "\0" not in cell else text_of(cell) for cell in row]

    def _pick(self, chosen: Chosen) -> None:
        """Choose the sheet, and note every other one that is not empty."""
        notes: list[Problem] = []
        refusal: ListUnreadable | None = None
        self.sheet = ""
        for number, about in enumerate(self._book.sheets_metadata):
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            if about.visible != SheetVisibleEnum.Visible:
                notes.append(Problem(1, "", about.name, "import.sheet_hidden", Severity.FLAGGED))
                continue
            sheet = self._book.get_sheet_by_index(number)
            if not sheet.height:
                continue
            if self.sheet:
                notes.append(Problem(1, "", about.name, "import.sheet_not_read", Severity.FLAGGED))
                continue
            try:
                header_at, columns = self._understand(sheet, chosen)
            except ListUnreadable as error:
                if error.code == "list.header_merged":
                    raise
                refusal = refusal or error
                notes.append(Problem(1, "", about.name, "import.sheet_not_read", Severity.FLAGGED))
                continue
            self.sheet, self._sheet, self._header_at, self.columns = about.name, sheet, header_at, columns
        if not self.sheet:
            raise refusal or ListUnreadable("list.no_sheet")
        self.notes: Sequence[Problem] = notes

    def _understand(self, sheet: CalamineSheet, chosen: Chosen) -> tuple[int, Columns]:
        """The row of the header (from 0) and what it says."""
        found = next(((at, row) for at, row in enumerate(self._rows(sheet)) if not is_blank(row)), None)
        if found is None:
            raise ListUnreadable("list.empty")
        at, cells = found
        for area in sheet.merged_cell_ranges or ():
            if area[0][0] <= at:
                raise ListUnreadable("list.header_merged", sheet=sheet.name[:80], where=_area(area))
        if sum(map(len, cells)) > LONGEST_HEADER:
            raise ListUnreadable("list.header_too_long")
        columns = understand(cells, chosen)
        judge_header(columns, chosen)
        return at, columns

    def _odd_cells(self, source: bytes | Path) -> Mapping[int, Mapping[int, str]]:
        """Cells whose text is no value: formulas, errors, parts of merged areas. Line → place → rule."""
        odd: dict[int, dict[int, str]] = {}
        first = (self._sheet.start or (0, 0))[1]
        width, last = len(self.columns.headings), (self._sheet.end or (0, 0))[0]
        kept = 0
        for area in self._sheet.merged_cell_ranges or ():
            (top, left), (bottom, right) = area
            lines, places = (
                range(top, min(bottom, last) + 1),
                range(max(left - first, 0), min(right - first, width) + 1),
            )
            kept += len(lines) * len(places)
            if kept > MOST_MERGED:
                raise ListUnreadable("list.workbook_unsafe", where=_area(area))
            for line in lines:
                odd.setdefault(line + 1, {}).update(dict.fromkeys(places, "import.cells_merged"))
        for line, column, rule in _marked_cells(_sheet_part(source, self.sheet)):
            if column >= first:
                odd.setdefault(line, {})[column - first] = rule
        return odd


def _sheet_part(source: bytes | Path, sheet: str) -> bytes:
    """The XML of a sheet, which the inspection has found to be of bearable size."""
    try:
        with opened(source) as stream, zipfile.ZipFile(stream) as archive:
            book = fromstring(archive.read("xl/workbook.xml"))
            links = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
            targets = {link.get("Id"): link.get("Target", "") for link in links}
            link = next(
                one.get(_RELATIONSHIP) for one in book.iter() if one.get("name") == sheet and one.get("sheetId")
            )
            data = archive.read(posixpath.normpath(posixpath.join("/xl", targets[link])).lstrip("/"))
    except (KeyError, StopIteration, ParseError, zipfile.BadZipFile) as error:
        raise ListUnreadable("list.workbook_damaged", where=sheet[:80]) from error
    if _OTHER_ENCODING.match(data[:200]):
        raise ListUnreadable("list.workbook_unsafe", where="encoding")
    return data


def _marked_cells(data: bytes) -> Iterator[tuple[int, int, str]]:
    """(line, column from 0, rule) of every cell with a formula or an error. A formula that belongs to no cell we can
    name makes the sheet unreadable.
    """
    # Searching for two bytes is a hundred times faster than the pattern, and most sheets hold no formula.
    if b"<f" in data or b":f" in data:
        for found in _FORMULA.finditer(data):
            cells = list(_CELL.finditer(data, max(0, found.start() - _NEAR), found.start()))
            if not cells:
                raise ListUnreadable("list.workbook_unsafe", where="formula")
            yield int(cells[-1][2]), _number_of(cells[-1][1]), "import.formula"
    if b"#" in data:  # every error begins with one
        for found in _ERROR.finditer(data):
            cell = _CELL.match(data, found.start())
            if cell is None:
                raise ListUnreadable("list.workbook_unsafe", where="error")
            yield int(cell[2]), _number_of(cell[1]), "import.placeholder"
