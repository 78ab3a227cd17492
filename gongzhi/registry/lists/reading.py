"""From a file to rows of cells with line numbers, batch by batch. What cannot be read is refused whole, with one reason.

A list may have a million rows, so a file is gone through several times and never held: once for its bytes (hash,
encoding), once for its header, then for its rows.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Protocol

from gongzhi.registry.lists.columns import Chosen, Columns, understand
from gongzhi.registry.lists.rules import UNREADABLE, ListUnreadable, Problem

__all__ = ["DELIMITERS", "UNREADABLE", "Batch", "ListFile", "ListUnreadable", "Record", "TextFile"]

DELIMITERS: Final = ("\t", ",", ";", "|")
#: Longest header, in characters, and most columns: a real list has some dozens, a damaged file has thousands.
LONGEST_HEADER: Final = 20_000
MOST_COLUMNS: Final = 200
#: Bytes without a line end after which the file is no list; a row is read into memory whole.
LONGEST_LINE: Final = 16 * 1024 * 1024
#: Share of private-use characters among the non-ASCII ones above which a GB 18030 reading is not believed. Real lists
#: hold a rare one; Big5 read as GB 18030 holds very many.
PRIVATE_USE: Final = 0.02
#: Rows read at a time.
BATCH: Final = 10_000

_CHUNK: Final = 1024 * 1024
_UTF16: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_NON_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_PRIVATE: Final = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Record:
    """The cells of one row as written. `line` is the line it begins on, 1 for the first line of the file.

    `odd` names cells whose text is no value of this row: place (from 0) → rule.
    """

    line: int
    cells: Sequence[str]
    odd: Mapping[int, str] = field(default_factory=dict)


class Batch(NamedTuple):
    """Some rows below the header, in the order of the file; blank ones are still among them."""

    lines: Sequence[int]
    rows: list[list[str]]


class ListFile(Protocol):
    """A list whose header has been understood. `batches` may be called again and again."""

    filename: str
    sha256: str
    #: Of a text: how it was read. A workbook has the name of its sheet instead.
    encoding: str
    delimiter: str
    sheet: str
    columns: Columns
    #: What is to be said about the file besides its rows, such as sheets that are not read.
    notes: Sequence[Problem]
    #: Line → place → rule, for cells whose text is no value of their row.
    odd: Mapping[int, Mapping[int, str]]

    def batches(self) -> Iterator[Batch]:
        """Every row below the header. Raises `ListUnreadable`."""
        ...


def judge_header(header: Columns, chosen: Chosen) -> None:
    """Raise `ListUnreadable` for a header that names no list of organizations, or does not fit a person's mapping."""
    if len(header.headings) > MOST_COLUMNS:
        raise ListUnreadable("list.header_too_long")
    for heading in chosen.columns:
        if heading not in header.headings:
            raise ListUnreadable("list.map_heading", heading=heading[:80])
    given = [known for known in chosen.columns.values() if known]
    for known in given:
        if given.count(known) > 1:
            raise ListUnreadable("list.map_twice", entry=known)
    if "name" not in header.index:
        raise ListUnreadable("list.no_name_column")
    for heading in header.headings:
        if header.headings.count(heading) > 1:
            raise ListUnreadable("list.heading_repeated", heading=heading[:80])
    if not header.index.keys() & {"code", "number"}:
        raise ListUnreadable("list.no_identity_column")


def is_blank(cells: Sequence[str]) -> bool:
    """Nothing but spaces."""
    return not any(cell.strip() for cell in cells)


# --- bytes and characters ---


def opened(source: bytes | Path) -> IO[bytes]:
    """The bytes of a list from their beginning."""
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _chunks(source: bytes | Path) -> Iterator[bytes]:
    with opened(source) as stream:
        yield from iter(lambda: stream.read(_CHUNK), b"")


def _texts(source: bytes | Path, encoding: str, errors: str = "strict", *, skip: int = 0) -> Iterator[str]:
    """The text in pieces. A byte that is wrong raises `ListUnreadable` with its line."""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    before, readable = 1, ""  # the line the present piece begins on
    for number, chunk in enumerate(_chunks(source)):
        data = chunk[skip:] if number == 0 else chunk
        waiting = bytes(decoder.getstate()[0]) + data
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError as error:
            readable = waiting[: error.start].decode(encoding, "ignore")
            raise ListUnreadable("list.encoding", line=before + readable.count("\n")) from error
        before += text.count("\n")
        yield text
    try:
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise ListUnreadable("list.encoding", line=before) from error


@dataclass(frozen=True)
class Bytes:
    """What one pass over the bytes finds."""

    sha256: str
    head: bytes
    blank: bool
    has_nul: bool
    has_quotes: bool


def survey(source: bytes | Path) -> Bytes:
    """Hash the bytes and find what decides how they are read. A line without end raises `ListUnreadable`."""
    digest = hashlib.sha256()
    head, blank, has_nul, has_quotes, line, lines = b"", True, False, False, 0, 0
    for chunk in _chunks(source):
        digest.update(chunk)
        head = head or chunk[:8]
        blank = blank and not chunk.strip()
        has_nul = has_nul or b"\0" in chunk
        has_quotes = has_quotes or b'"' in chunk
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        line = line + len(chunk) if end < 0 else len(chunk) - end - 1
        if line > LONGEST_LINE and not head.startswith((_ZIP, _OLE)):
            raise ListUnreadable("list.cell_too_long", line=lines + 1)
        lines += chunk.count(b"\n")
    return Bytes(digest.hexdigest(), head, blank, has_nul, has_quotes)


def encoding_of(source: bytes | Path, found: Bytes) -> str:
    """utf-8, utf-8-sig, utf-16-le, utf-16-be or gb18030; every byte has been tried.

    No statistics on languages: UTF-8 is either right or wrong, and what is neither that nor GB 18030 is refused. A
    UTF-8 file with a few broken bytes is refused too, because GB 18030 would read nearly any bytes as *something*.
    """
    encoding = _UTF16.get(found.head[:2], "")
    if encoding:
        if any("\0" in text for text in _texts(source, encoding, skip=2)):
            raise ListUnreadable("list.binary")
        return encoding
    if found.has_nul:
        raise ListUnreadable("list.binary")
    marked = found.head.startswith(_UTF8_MARK)
    try:
        for _text in _texts(source, "utf-8"):
            pass
    except ListUnreadable as broken:
        if marked or _is_damaged_utf8(source):
            raise
        private = characters = 0
        for text in _texts(source, "gb18030"):
            private += len(_PRIVATE.findall(text))
            characters += sum(map(len, _NON_ASCII.findall(text)))
        if private > PRIVATE_USE * characters:
            raise broken from None
        return "gb18030"
    return "utf-8-sig" if marked else "utf-8"


def _is_damaged_utf8(source: bytes | Path) -> bool:
    """More Chinese characters than breaks: GB 18030 bytes hardly ever form a three-byte sequence of UTF-8."""
    characters = broken = 0
    for text in _texts(source, "utf-8", "replace"):
        broken += text.count("\ufffd")
        characters += sum(map(len, re.findall("[\u0800-\ufffc]+", text)))
    return characters > broken


# --- text files ---


class TextFile:
    """A list as CSV or TSV: bytes or a file, its encoding and delimiter found, its header understood."""

    sheet = ""
    notes: Sequence[Problem] = ()
    odd: Mapping[int, Mapping[int, str]] = {}

    def __init__(self, source: bytes | Path, found: Bytes, *, filename: str, chosen: Chosen) -> None:
        """Raises `ListUnreadable` for what cannot be a list; what only the rows show, `batches` raises."""
        self.filename, self.sha256 = filename, found.sha256
        self._source = source
        self.encoding = encoding_of(source, found)
        first = self._first_line()
        if not first:
            raise ListUnreadable("list.empty")
        if len(first) > LONGEST_HEADER:
            raise ListUnreadable("list.header_too_long")
        headers = {one: self._header(one, chosen) for one in DELIMITERS}
        self.delimiter = max(DELIMITERS, key=lambda one: len(headers[one].index))
        self.columns = headers[self.delimiter]
        judge_header(self.columns, chosen)
        # Tabs need no quotes, and many tab-separated files never heard of them: “"爱心"基金会” is then just a name.
        self._quoted = self.delimiter != "\t" or not found.has_quotes or self._quotes_hold()

    def batches(self) -> Iterator[Batch]:
        """Every row below the header. Raises `ListUnreadable`."""
        below = False
        for batch in self._batches(self.delimiter, quoted=self._quoted):
            if below:
                yield batch
                continue
            at = next((at for at, cells in enumerate(batch.rows) if not is_blank(cells)), None)
            if at is not None:
                below = True
                yield Batch(batch.lines[at + 1 :], batch.rows[at + 1 :])

    def _text(self) -> io.TextIOWrapper:
        stream = opened(self._source)
        if self.encoding.startswith("utf-16"):
            stream.read(2)  # the mark
        # newline="": the csv module must see the line ends itself, or a line break inside quotes would be altered.
        return io.TextIOWrapper(stream, encoding=self.encoding, newline="")

    def _first_line(self) -> str:
        """The first line that is not blank, or as much of it as shows that it is too long."""
        with self._text() as text:
            for piece in iter(lambda: text.readline(LONGEST_HEADER), ""):
                if piece.strip():
                    line = piece.lstrip() + ("" if piece.endswith(("\n", "\r")) else text.readline(LONGEST_HEADER))
                    return line.strip().strip("\ufeff")
        return ""

    def _header(self, delimiter: str, chosen: Chosen) -> Columns:
        """The first record understood with one delimiter; no columns if it cannot even be split."""
        try:
            for batch in self._batches(delimiter, size=1):
                if not is_blank(batch.rows[0]):
                    return understand(batch.rows[0], chosen)
        except ListUnreadable:
            pass
        return Columns(())

    def _quotes_hold(self) -> bool:
        try:
            for _batch in self._batches("\t"):
                pass
        except ListUnreadable as error:
            if error.code != "list.quotes":
                raise
            return False
        return True

    def _batches(self, delimiter: str, *, quoted: bool = True, size: int = BATCH) -> Iterator[Batch]:
        """All records with the lines they begin on. A misplaced quotation mark or an endless cell raises
        `ListUnreadable`.
        """
        with self._text() as text:
            reader = csv.reader(
                text,
                delimiter=delimiter,
                strict=True,
                quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            )
            while True:
                before = reader.line_num
                rows: list[list[str]] = []
                try:
                    rows.extend(islice(reader, size))
                except csv.Error as error:
                    # The csv module has no types of error: the limit of one cell is the only one that is not about
                    # quotes. What was read before it is still in `rows`.
                    code = "list.cell_too_long" if "field limit" in str(error) else "list.quotes"
                    raise ListUnreadable(code, line=before + sum(map(_lines_in, rows)) + 1) from error
                if not rows:
                    return
                yield Batch(_lines(before, reader, rows), rows)


def _lines_in(cells: Sequence[str]) -> int:
    """How many lines of the file a record takes: one, and one for each line end inside its cells."""
    return 1 + sum(len(_LINE_END.findall(cell)) for cell in cells if "\n" in cell or "\r" in cell)


def _lines(before: int, reader: Any, rows: list[list[str]]) -> Sequence[int]:
    """The line each record begins on, with no look at the cells where every record has a line of its own."""
    if reader.line_num - before == len(rows):
        return range(before + 1, before + 1 + len(rows))
    lines, line = [], before + 1
    for cells in rows:
        lines.append(line)
        line += _lines_in(cells)
    return lines
