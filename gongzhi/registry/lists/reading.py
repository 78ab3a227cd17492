"""From the bytes of a file to records with line numbers. What cannot be read is refused whole, with one reason."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.core.errors import RuleViolation
from gongzhi.registry.lists.columns import Columns, understand

DELIMITERS: Final = ("\t", ",", ";", "|")
#: Longest header, in characters, and most columns: a real list has some dozens, a damaged file has thousands.
LONGEST_HEADER: Final = 20_000
MOST_COLUMNS: Final = 200
#: Share of private-use characters among the non-ASCII ones above which a GB 18030 reading is not believed. Real lists
#: hold a rare one; Big5 read as GB 18030 holds very many.
PRIVATE_USE: Final = 0.02

_UTF16: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_NON_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_PRIVATE: Final = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")

UNREADABLE: Final[dict[str, str | Promise]] = {
    "list.empty": _("The file is empty."),
    "list.workbook": _("This is a workbook or another packed file. Save the sheet as CSV (UTF-8) and use that file."),
    "list.binary": _("This is not a text file."),
    "list.encoding": _("The characters cannot be read with certainty (line %(line)s). Save the file as UTF-8."),
    "list.header_too_long": _("The first line is too long to be a header. The first line must name the columns."),
    "list.no_name_column": _(
        "No column with the names of organizations was found. The first line must name the columns."
    ),
    "list.no_identity_column": _("No column with credit codes or registration numbers was found."),
    "list.heading_repeated": _("The heading “%(heading)s” stands there twice."),
    "list.no_rows": _("The file has a header and no rows."),
    "list.quotes": _("A quotation mark is not closed or stands in the wrong place, near line %(line)s."),
    "list.cell_too_long": _("A cell near line %(line)s is too long."),
}


class ListUnreadable(RuleViolation):
    """The file as a whole cannot be read as a list. `code` is a key of `UNREADABLE`."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code, str(UNREADABLE[code]) % params)


@dataclass(frozen=True)
class Record:
    """The cells of one row as written. `line` is the line it begins on, 1 for the first line of the file."""

    line: int
    cells: list[str]


def decode(data: bytes) -> tuple[str, str]:
    """The text and the encoding it was read with: utf-8, utf-8-sig, utf-16-le, utf-16-be or gb18030.

    No statistics on languages: UTF-8 is either right or wrong, and what is neither that nor GB 18030 is refused. A
    UTF-8 file with a few broken bytes is refused too, because GB 18030 would read nearly any bytes as *something*.
    """
    if not data.strip():
        raise ListUnreadable("list.empty")
    if data.startswith(_WORKBOOKS):
        raise ListUnreadable("list.workbook")
    encoding = _UTF16.get(data[:2], "")
    if encoding:
        try:
            text = data[2:].decode(encoding)
        except UnicodeDecodeError as error:
            readable = data[2 : 2 + error.start].decode(encoding, "ignore")
            raise ListUnreadable("list.encoding", line=readable.count("\n") + 1) from error
        if "\0" in text:
            raise ListUnreadable("list.binary")
        return text, encoding
    if b"\0" in data:
        raise ListUnreadable("list.binary")
    marked = data.startswith(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8-sig"), "utf-8-sig" if marked else "utf-8"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        if marked or _is_damaged_utf8(data):
            raise ListUnreadable("list.encoding", line=line) from error
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise ListUnreadable("list.encoding", line=data.count(b"\n", 0, error.start) + 1) from error
    if len(_PRIVATE.findall(text)) > PRIVATE_USE * sum(map(len, _NON_ASCII.findall(text))):
        raise ListUnreadable("list.encoding", line=line)
    return text, "gb18030"


def _is_damaged_utf8(data: bytes) -> bool:
    """More Chinese characters than breaks: GB 18030 bytes hardly ever form a three-byte sequence of UTF-8."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(len(run) for run in re.findall("[\u0800-\ufffc]+", text)) > broken


def _records(text: str, delimiter: str, *, quoted: bool = True) -> Iterator[Record]:
    """All records, blank ones left out. A misplaced quotation mark or an endless cell raises ListUnreadable."""
    # newline="": the csv module must see the line ends itself, or a line break inside quotes would be altered.
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        strict=True,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
    )
    line = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Record(line + 1, cells)
            line = reader.line_num
    except csv.Error as error:
        # The csv module has no types of error: the limit of one cell is the only one that is not about quotes.
        code = "list.cell_too_long" if "field limit" in str(error) else "list.quotes"
        raise ListUnreadable(code, line=line + 1) from error


def _header(text: str, delimiter: str) -> Columns:
    """The first record understood with one delimiter; no columns if it cannot even be split."""
    try:
        first = next(_records(text, delimiter), None)
    except ListUnreadable:
        first = None
    return understand(first.cells) if first else Columns(())


def split(text: str) -> tuple[str, Columns, list[Record]]:
    """Delimiter, header and rows. The delimiter is the one by which most headings are known."""
    first = re.split("[\r\n]", text.strip(), maxsplit=1)[0].strip("\ufeff")
    if not first:
        raise ListUnreadable("list.empty")
    if len(first) > LONGEST_HEADER:
        raise ListUnreadable("list.header_too_long")
    headers = {delimiter: _header(text, delimiter) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda one: len(headers[one].index))
    header = headers[delimiter]
    _judge_header(header)
    records = _rows(text, delimiter)
    if len(records) < 2:
        raise ListUnreadable("list.no_rows")
    return delimiter, header, records[1:]


def _judge_header(header: Columns) -> None:
    if len(header.headings) > MOST_COLUMNS:
        raise ListUnreadable("list.header_too_long")
    if "name" not in header.index:
        raise ListUnreadable("list.no_name_column")
    for heading in header.headings:
        if header.headings.count(heading) > 1:
            raise ListUnreadable("list.heading_repeated", heading=heading[:80])
    if not header.index.keys() & {"code", "number"}:
        raise ListUnreadable("list.no_identity_column")


def _rows(text: str, delimiter: str) -> list[Record]:
    try:
        return list(_records(text, delimiter))
    except ListUnreadable as error:
        # Tabs need no quotes, and many tab-separated files never heard of them: “"爱心"基金会” is then just a name.
        if delimiter != "\t" or error.code != "list.quotes":
            raise
        return list(_records(text, delimiter, quoted=False))
