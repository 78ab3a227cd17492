"""From rows of cells to organizations and problems: what each row says, and what the rows say about each other."""

from __future__ import annotations

import datetime as dt
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial
from pathlib import Path
from typing import Any, Final

from gongzhi.core import times
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.registry import creditcode
from gongzhi.registry.creditcode import FaultCode
from gongzhi.registry.lists import cells
from gongzhi.registry.lists.columns import Chosen, Columns
from gongzhi.registry.lists.reading import ListFile, Record, TextFile, is_blank, survey
from gongzhi.registry.lists.rules import ListUnreadable, Problem, Severity
from gongzhi.registry.lists.workbooks import WorkbookFile

#: Texts stored as written → most characters (0: as many as a cell may have); those of the second group may run over
#: several lines.
LINE_TEXTS: Final = {
    "domicile": 0,
    "registry_name": 120,
    "legal_representative": 100,
    "area": 0,
    "province": 40,
    "industry_department": 200,
    "party_body": 200,
    "host": 200,
}
LONG_TEXTS: Final = {"scope": 0, "purpose": 0}
LONGEST: Final = {"name": 200, "number": 64, "business_authority": 200, **LINE_TEXTS, **LONG_TEXTS}
#: What a spreadsheet makes of an 18-digit code: fifteen digits and three zeros, or 5.3E+17.
_ROUNDED: Final = re.compile(r"[0-9]{15}000|[0-9](\.[0-9]+)?E\+?[0-9]+")


@dataclass(frozen=True)
class ListedOrganization:
    """One row as far as it can be believed.

    "" and None mean that the file says nothing certain; `raw` always holds what it says, heading → cell untouched.
    `code` is normalised and sound, `number` is a registration number of another kind. `kind` comes from the code or
    from a column of kinds, never from the name. `registered_directly` is 直接登记: there is no business authority and
    that is a fact, whereas an empty `business_authority` alone means that nobody knows. `province` is where the body
    sits, not where it is registered: that is `registry_division`. `field` is a code of the list "fields", `host` the name
    of the body it leans on.
    """

    row: int
    name: str
    code: str = ""
    number: str = ""
    kind: Kind | None = None
    established_on: dt.date | None = None
    fund_fen: int | None = None
    domicile: str = ""
    business_authority: str = ""
    registered_directly: bool = False
    registry_name: str = ""
    legal_representative: str = ""
    province: str = ""
    area: str = ""
    scope: str = ""
    purpose: str = ""
    standing: Standing = Standing.UNKNOWN
    certificate_from: dt.date | None = None
    certificate_to: dt.date | None = None
    field: str = ""
    industry_department: str = ""
    party_body: str = ""
    host: str = ""
    raw: Mapping[str, str] = dataclass_field(default_factory=dict)

    @property
    def registry_division(self) -> str:
        """Digits 3–8 of the code, 100000 for the Ministry of Civil Affairs; never to be compared with the domicile."""
        return creditcode.registry_division(self.code)


@dataclass(frozen=True)
class ListReading:
    """One list as read: nothing has been applied.

    `rows` may come in, `held` wait for a person, what was rejected stands only in `problems`. `columns` maps headings
    to fields, `sha256` is of the bytes as they came, `total` counts the rows that were not blank.
    """

    filename: str
    sha256: str
    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    unknown_columns: tuple[str, ...]
    rows: tuple[ListedOrganization, ...]
    held: tuple[ListedOrganization, ...]
    problems: tuple[Problem, ...]
    total: int

    @property
    def rejected(self) -> int:
        """Rows that do not come in as they stand."""
        return self.total - len(self.rows) - len(self.held)

    def problems_by_rule(self) -> Counter[str]:
        """How often each rule complains."""
        return Counter(problem.rule for problem in self.problems)


class _RowReader:
    """Reads one record and collects its problems, so that one doubt never hides the next."""

    def __init__(self, record: Record, columns: Columns, today: dt.date) -> None:
        self.row = record.line
        self.columns = columns
        self.today = today
        self.raw = dict(zip(columns.headings, record.cells, strict=False))
        self.problems: list[Problem] = []
        #: Fields whose cell holds no value of this row.
        self.odd = {name for name, place in columns.index.items() if place in record.odd and name != "sequence"}
        for name in columns.index:
            if name in self.odd:
                heading = columns.heading_of(name)
                severity = Severity.REJECTED if name == "name" else Severity.FLAGGED
                rule = record.odd[columns.index[name]]
                self.problems.append(Problem(self.row, heading, self.raw[heading], rule, severity))

    def written(self, name: str) -> str:
        """The cell of a field, untouched; "" if the file has no such column or the cell holds no value of this row."""
        return self.raw[self.columns.heading_of(name)] if name in self.columns.index and name not in self.odd else ""

    def doubt(self, name: str, rule: str, severity: Severity = Severity.FLAGGED, **params: str | int) -> None:
        """Note a problem with a field, or with the whole row if `name` is ""."""
        column = self.columns.heading_of(name) if name else ""
        value = self.raw[column] if name else ""
        self.problems.append(Problem(self.row, column, value, rule, severity, params))

    def value(self, name: str) -> str:
        """The trimmed text of a field; a placeholder is noted and read as empty."""
        text = cells.trim(self.written(name))
        if text and cells.is_placeholder(text):
            self.doubt(name, "import.placeholder")
            return ""
        return text

    @property
    def rejected(self) -> bool:
        return any(problem.severity == Severity.REJECTED for problem in self.problems)

    @property
    def held(self) -> bool:
        return any(problem.severity == Severity.HELD for problem in self.problems)

    def read(self) -> ListedOrganization | None:
        """The organization, or None if the row is rejected."""
        listed_name = self.name()
        code, number = self.identity()
        kind = self.kind(code, number)
        self.judge_name(listed_name, kind)
        established_on = self.date("established_on", latest=self.today)
        begin, end = self.certificate()
        if begin and established_on and begin < established_on:
            # One of the two is wrong and nothing here says which.
            self.doubt("established_on", "import.certificate_before_established")
            self.doubt(
                "certificate" if "certificate" in self.columns.index else "certificate_from",
                "import.certificate_before_established",
            )
            established_on = begin = end = None
        authority, directly = self.authority()
        texts = {name: self.text(name, lines=False) for name in LINE_TEXTS}
        texts |= {name: self.text(name, lines=True) for name in LONG_TEXTS}
        organization = ListedOrganization(
            row=self.row,
            name=listed_name,
            code=code,
            number=number,
            kind=kind,
            established_on=established_on,
            fund_fen=self.fund(),
            business_authority=authority,
            registered_directly=directly,
            standing=self.standing(),
            certificate_from=begin,
            certificate_to=end,
            field=self.field(),
            raw=self.raw,
            **texts,
        )
        return None if self.rejected else organization

    def name(self) -> str:
        text = cells.trim(self.written("name"))
        if "name" in self.odd:
            return ""
        if not text or cells.is_placeholder(text):
            self.doubt("name", "import.name_missing", Severity.REJECTED)
            return ""
        if cells.text_fault(text, lines=False) or "?" in cells.half_width(text):
            self.doubt("name", "import.name_damaged", Severity.HELD)
        if len(text) > LONGEST["name"]:
            self.doubt("name", "import.name_too_long", Severity.HELD)
        return text

    def identity(self) -> tuple[str, str]:
        """Credit code and registration number. A code that cannot be believed is never an identity."""
        code, number = creditcode.normalise(self.value("code")), self.number()
        if not code and creditcode.is_sound(number):
            code = creditcode.normalise(number)  # since 2015 the certificate's number is the unified code
        if not code:
            if not number:
                self.doubt("", "import.identity_missing", Severity.REJECTED)
            return "", number
        column = "code" if cells.trim(self.written("code")) else "number"
        faults = creditcode.check(code)
        if not faults:
            return code, number
        fault = faults[0]
        if fault.code is FaultCode.OLD_NUMBER:
            self.doubt(column, "import.code_old_number")
            return "", number or code
        if fault.code is FaultCode.CATEGORY:
            self.doubt(column, "import.code_category")
            return code, number
        rule = "import.code_rounded" if _ROUNDED.fullmatch(code) else f"import.code_{fault.code}"
        self.doubt(column, rule, Severity.FLAGGED if number else Severity.HELD)
        return "", number

    def number(self) -> str:
        text = cells.half_width(self.value("number"))
        fault = cells.text_fault(text, lines=False) or ("import.characters_lost" if "?" in text else "")
        if len(text) > LONGEST["number"]:
            fault = "import.text_too_long"
        if fault:
            self.doubt("number", fault)
        return "" if fault else text

    def kind(self, code: str, number: str) -> Kind | None:
        by_code = creditcode.kind_of(code)
        written = cells.half_width(self.value("kind"))
        by_column = cells.KINDS.get(written)
        if written and by_column is None:
            self.doubt("kind", "import.kind_unreadable")
        elif by_code and by_column and by_code != by_column:
            self.doubt("kind", "import.kind_conflict")
            return None
        elif number and not (by_column or code):
            self.doubt("", "import.kind_unclear")
        return by_code or by_column

    def judge_name(self, name: str, kind: Kind | None) -> None:
        """Advice on the name's form; the name is kept as written whatever it says."""
        if name.endswith(cells.COMMITTEES):
            self.doubt("name", "import.name_committee")
            return
        form = next((one for one, endings in cells.FORMS.items() if name.endswith(endings)), None)
        if not name or kind not in cells.FORMS or form == kind:
            return
        if form:
            self.doubt("name", "import.name_kind_mismatch")
        elif kind == Kind.FOUNDATION:
            self.doubt("name", "import.name_form")

    def date(self, name: str, *, latest: dt.date | None = None) -> dt.date | None:
        text = self.value(name)
        found = cells.read_date(text, latest=latest) if text else None
        if isinstance(found, str):
            self.doubt(name, found)
            return None
        return found

    def certificate(self) -> tuple[dt.date | None, dt.date | None]:
        """The certificate's period, from one column or from two. A doubtful half leaves the whole period out."""
        if "certificate" not in self.columns.index:
            begin, end = self.date("certificate_from"), self.date("certificate_to")
            fault = cells.period_fault(begin, end)
            if fault:
                self.doubt("certificate_from", fault)
                self.doubt("certificate_to", fault)
            return (None, None) if fault else (begin, end)
        text = self.value("certificate")
        found = cells.read_period(text) if text else (None, None)
        if not isinstance(found, str):
            found = cells.period_fault(*found) or found
        if isinstance(found, str):
            self.doubt("certificate", found)
            return None, None
        return found

    def authority(self) -> tuple[str, bool]:
        """The business authority, and whether the body is registered directly, that is without one."""
        written = cells.half_width(self.written("business_authority"))
        if written in cells.DIRECT:
            return "", True
        if written in cells.AUTHORITY_UNCLEAR:
            self.doubt("business_authority", "import.authority_unclear")
            return "", False
        return self.text("business_authority", lines=False), False

    def fund(self) -> int | None:
        text = self.value("fund")
        note, chosen = self.columns.note.get("fund", ""), self.columns.unit.get("fund", "")
        found = cells.read_amount(text, note=note, chosen=chosen) if text else None
        if isinstance(found, str):
            self.doubt("fund", found)
            return None
        return found

    def standing(self) -> Standing:
        text = cells.half_width(self.value("standing"))
        if text and text not in cells.STANDINGS:
            self.doubt("standing", "import.standing_unreadable")
        return cells.STANDINGS.get(text, Standing.UNKNOWN)

    def field(self) -> str:
        text = self.value("field")
        code = cells.read_field(text) if text else ""
        if text and not code:
            self.doubt("field", "import.field_unreadable")
        return code

    def text(self, name: str, *, lines: bool) -> str:
        text = self.value(name)
        fault = cells.text_fault(text, lines=lines)
        if LONGEST[name] and len(text) > LONGEST[name]:
            fault = "import.text_too_long"
        if fault:
            self.doubt(name, fault)
        return "" if fault else text


def read_value(name: str, text: str, *, today: dt.date) -> tuple[dict[str, Any], str]:
    """What one cell of a field says, by itself: attributes of `ListedOrganization`, and the rule that keeps it out, or
    "". A field no cell may say anything about (`sequence`) raises KeyError.
    """
    reader = _RowReader(Record(0, [text]), Columns((name,), {name: 0}), today)

    def text_of(one: str, lines: bool) -> dict[str, Any]:
        return {one: reader.text(one, lines=lines)}

    readers: dict[str, Callable[[], dict[str, Any]]] = {
        "name": lambda: {"name": reader.name()},
        "code": lambda: dict(zip(("code", "number"), reader.identity(), strict=True)),
        "number": lambda: dict(zip(("code", "number"), reader.identity(), strict=True)),
        "kind": lambda: {"kind": reader.kind("", "")},
        "established_on": lambda: {"established_on": reader.date("established_on", latest=today)},
        "fund": lambda: {"fund_fen": reader.fund()},
        "business_authority": lambda: dict(
            zip(("business_authority", "registered_directly"), reader.authority(), strict=True)
        ),
        "standing": lambda: {"standing": reader.standing()},
        "certificate": lambda: dict(zip(("certificate_from", "certificate_to"), reader.certificate(), strict=True)),
        "certificate_from": lambda: {"certificate_from": reader.date("certificate_from")},
        "certificate_to": lambda: {"certificate_to": reader.date("certificate_to")},
        "field": lambda: {"field": reader.field()},
        **{one: partial(text_of, one, lines=False) for one in LINE_TEXTS},
        **{one: partial(text_of, one, lines=True) for one in LONG_TEXTS},
    }
    values = readers[name]()
    if values.get("code"):
        values["kind"] = creditcode.kind_of(values["code"])
    return values, reader.problems[0].rule if reader.problems else ""


def _shape_fault(record: Record, columns: Columns, delimiter: str) -> Problem | None:
    """Why a record cannot be laid under the header. Surplus cells that are blank are only stray separators."""
    width = len(columns.headings)
    if len(record.cells) < width or any(cell.strip() for cell in record.cells[width:]):
        params = {"cells": len(record.cells), "headings": width}
        return Problem(record.line, "", "", "import.cell_count", Severity.REJECTED, params)
    if delimiter and any("\n" in cell and cell.count(delimiter) >= width - 1 > 0 for cell in record.cells):
        return Problem(record.line, "", "", "import.lines_swallowed", Severity.REJECTED)
    return None


def _facts(organization: ListedOrganization, columns: Columns) -> tuple[str, ...]:
    """What two rows must share to be the same row twice: every understood cell, the code in its normal form."""
    return (
        organization.code,
        *(
            cells.trim(organization.raw[columns.heading_of(name)])
            for name in columns.index
            if name not in {"sequence", "code"}
        ),
    )


def _repeats(organizations: list[ListedOrganization], columns: Columns) -> Iterator[Problem]:
    """The same identity twice: the same facts are read once, different facts come in nowhere."""
    groups: dict[tuple[str, ...], list[ListedOrganization]] = defaultdict(list)
    for one in organizations:
        if one.code:
            groups["code", one.code].append(one)
        elif one.number:
            groups["number", one.number, one.registry_name].append(one)
    for (column, *_identity), group in groups.items():
        first, *others = group
        if not others:
            continue
        heading = columns.heading_of(column if column in columns.index else "number")
        if len({_facts(one, columns) for one in group}) == 1:
            rule, repeated = "import.row_repeated", others
        else:
            rule, repeated = f"import.{column}_conflict", group
        for one in repeated:
            other = others[0].row if one is first else first.row
            params = {"other": other}
            yield Problem(one.row, heading, one.raw[heading], rule, Severity.REJECTED, params)


def _same_names(organizations: list[ListedOrganization], columns: Columns) -> Iterator[Problem]:
    """One name under two identities: one registry protects a name once, two registries may both have given it."""
    heading = columns.heading_of("name")
    groups: dict[str, list[ListedOrganization]] = defaultdict(list)
    for one in organizations:
        groups[one.name].append(one)
    for group in groups.values():
        for one in group if len(group) > 1 else ():
            params = {"other": group[1].row if one is group[0] else group[0].row}
            yield Problem(one.row, heading, one.raw[heading], "import.name_repeated", Severity.FLAGGED, params)


class ColumnWatch:
    """Which columns are not used, each named once. One without heading counts only if something stands in it."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._nameless = {at for at, heading in enumerate(columns.headings) if heading == f"#{at + 1}"}

    def look(self, rows: Sequence[Sequence[str]]) -> None:
        """See whether something stands in the columns without heading."""
        for place in list(self._nameless):
            if any(len(row) > place and row[place].strip() for row in rows):
                self._nameless.discard(place)

    def problems(self) -> Iterator[Problem]:
        """To be asked when all rows have been looked at."""
        for place, heading in enumerate(self.columns.headings):
            if heading in self.columns.second:
                yield Problem(1, heading, heading, "import.column_second", Severity.FLAGGED)
            elif heading in self.columns.unknown and place not in self._nameless:
                yield Problem(1, heading, heading, "import.column_unknown", Severity.FLAGGED)


def open_list(source: bytes | Path, *, filename: str, chosen: Chosen | None = None) -> ListFile:
    """A TSV, CSV or XLSX file as a list whose header is understood; its rows are read by whoever asks for them.

    A file that is no list raises `ListUnreadable` and nothing else; `OSError` where it cannot be opened.
    """
    chosen = chosen or Chosen()
    found = survey(source)
    if found.blank:
        raise ListUnreadable("list.empty")
    if found.head.startswith(b"PK\x03\x04"):
        return WorkbookFile(source, filename=filename, sha256=found.sha256, chosen=chosen)
    if found.head.startswith(b"\xd0\xcf\x11\xe0"):
        raise ListUnreadable("list.workbook")
    return TextFile(source, found, filename=filename, chosen=chosen)


class CarefulReader:
    """Reads rows one by one, every cell with all its rules. Counts what is not blank."""

    def __init__(self, file: ListFile, today: dt.date) -> None:
        self.file = file
        self.today = today
        self.problems: list[Problem] = []
        #: Lines of rows that are read and wait.
        self.waiting: set[int] = set()
        self.total = 0

    def read(self, line: int, cells_of_row: Sequence[str]) -> ListedOrganization | None:
        """The organization of one row; None if it is blank or rejected."""
        if is_blank(cells_of_row):
            return None
        self.total += 1
        record = Record(line, cells_of_row, self.file.odd.get(line, {}))
        misshapen = _shape_fault(record, self.file.columns, self.file.delimiter)
        if misshapen:
            self.problems.append(misshapen)
            return None
        reader = _RowReader(record, self.file.columns, self.today)
        organization = reader.read()
        self.problems += reader.problems
        if organization and reader.held:
            self.waiting.add(line)
        return organization


def judge_together(
    organizations: list[ListedOrganization], columns: Columns
) -> tuple[list[ListedOrganization], list[Problem]]:
    """What rows say about each other: those that still come in, and the problems."""
    repeats = list(_repeats(organizations, columns))
    rejected = {problem.row for problem in repeats}
    come = [one for one in organizations if one.row not in rejected]
    return come, [*repeats, *_same_names(come, columns)]


class Likenesses:
    """Finds the rows that may share an identity or a name with another one, without holding any: 24 bytes a row.

    Hashes may be equal by chance, so the rows found are read again and judged by what they say.
    """

    def __init__(self) -> None:
        self._lines = array("q")
        self._identities = array("q")
        self._names = array("q")

    def add(self, lines: Sequence[int], codes: Sequence[str], names: Sequence[str]) -> None:
        """Rows with a credit code."""
        self._lines.extend(lines)
        self._identities.extend(map(hash, codes))
        self._names.extend(map(hash, names))

    def add_one(self, one: ListedOrganization) -> None:
        """Any row; one without code and number is like no other."""
        identity = one.code or (one.number and (one.number, one.registry_name)) or one.row
        self._lines.append(one.row)
        self._identities.append(hash(identity))
        self._names.append(hash(one.name))

    def lines(self) -> set[int]:
        """The lines of all rows that may be like another."""
        found: set[int] = set()
        for hashes in (self._identities, self._names):
            if len(set(hashes)) == len(hashes):
                continue
            seen: set[int] = set()
            again = {one for one in hashes if one in seen or seen.add(one)}  # type: ignore[func-returns-value]
            found.update(line for line, one in zip(self._lines, hashes, strict=True) if one in again)
        return found


def read_again(file: ListFile, today: dt.date, lines: set[int]) -> list[ListedOrganization]:
    """The rows of these lines that are not rejected."""
    reader = CarefulReader(file, today)
    found = (reader.read(*row) for batch in file.batches() for row in zip(*batch, strict=True) if row[0] in lines)
    return [one for one in found if one is not None]


def read_list(data: bytes, *, filename: str, today: dt.date | None = None, chosen: Chosen | None = None) -> ListReading:
    """Read a whole list into memory, carefully. Nothing is written anywhere.

    `data` are the bytes of the file, `filename` is only carried along, `today` decides what lies in the future (the
    date in China if left out), `chosen` is what a person has said about the columns. Every problem of every row is
    reported at once. A file that is no list raises `ListUnreadable` and nothing else. What a list does to the register
    goes another way (`registry.imports`), which must read the same.
    """
    file = open_list(data, filename=filename, chosen=chosen)
    reader, watch = CarefulReader(file, today or times.today()), ColumnWatch(file.columns)
    organizations: list[ListedOrganization] = []
    for batch in file.batches():
        watch.look(batch.rows)
        organizations += [one for row in zip(*batch, strict=True) if (one := reader.read(*row)) is not None]
    if not reader.total:
        raise ListUnreadable("list.no_rows")
    come, together = judge_together(organizations, file.columns)
    problems = [*file.notes, *watch.problems(), *reader.problems, *together]
    return ListReading(
        filename=filename,
        sha256=file.sha256,
        encoding=file.encoding,
        delimiter=file.delimiter,
        columns=file.columns.mapping(),
        unknown_columns=file.columns.unknown,
        rows=tuple(one for one in come if one.row not in reader.waiting),
        held=tuple(one for one in come if one.row in reader.waiting),
        problems=tuple(sorted(problems, key=lambda problem: problem.row)),
        total=reader.total,
    )
