"""Rows with nothing unusual, read column by column: some ten times as fast as the careful reader, with the same result.

A cell is taken only if the rules of `cells` have nothing to say about it, and a row only if all its cells are; every
other row goes to the careful reader, which alone makes problems. Cells that repeat are judged once. A test holds the
two readers together.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise
from typing import Final, cast

from gongzhi.orgs.enums import Kind, Standing
from gongzhi.registry import creditcode
from gongzhi.registry.lists import cells
from gongzhi.registry.lists.columns import Columns
from gongzhi.registry.lists.organizations import LINE_TEXTS, LONG_TEXTS, LONGEST, ListedOrganization

#: What one row states, in the order of the table rows are staged in. Every value is a text, "" where nothing is said.
FIELDS: Final = (
    "name",
    "code",
    "number",
    "kind",
    "established_on",
    "fund_fen",
    "domicile",
    "business_authority",
    "registered_directly",
    "registry_name",
    "legal_representative",
    "province",
    "area",
    "scope",
    "purpose",
    "standing",
    "certificate_from",
    "certificate_to",
    "field",
    "industry_department",
    "party_body",
    "host",
)

#: A cell or None: it is for the careful reader.
Cell = str | None
Judge = Callable[[str], Cell]
#: The cells of one column, each judged.
Column = Callable[[Sequence[str]], list[Cell]]

#: Longest memory of one column, in cells: a column of dates has some ten thousand.
_MOST: Final = 200_000
_HEAD: Final = re.compile(r"5[123][0-9]{6}")
_VALUES: Final = {symbol: value for value, symbol in enumerate(creditcode.ALPHABET)}
_KINDS: Final = {"1": Kind.SOCIAL_GROUP.value, "2": Kind.SERVICE.value, "3": Kind.FOUNDATION.value}


class _Judged(dict[str, Cell]):
    """Cell as written → its value, each judged once. `judge` answers None for what the careful reader must see."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def __missing__(self, cell: str) -> Cell:
        if len(self) >= _MOST:
            self.clear()
        self[cell] = found = self.judge(cell)
        return found


class _Weights(dict[str, int]):
    """Four characters of an organization code → their share of both checks: mod 31 below, mod 11 above 2^20."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __missing__(self, part: str) -> int:
        total = 0
        for offset, symbol in enumerate(part):
            value = _VALUES[symbol]  # KeyError: no code
            total += value * creditcode.WEIGHTS[8 + self.at + offset]
            total += int(symbol, 36) * creditcode.ORGANIZATION_WEIGHTS[self.at + offset] << 20
        if len(self) >= _MOST:
            self.clear()
        self[part] = total
        return total


class _Heads(dict[str, int]):
    """The first eight characters of a code of the three kinds → their share of the check mod 31."""

    def __missing__(self, head: str) -> int:
        if not _HEAD.fullmatch(head) or not head.isascii():
            raise KeyError(head)
        if len(self) >= _MOST:
            self.clear()
        self[head] = total = sum(
            _VALUES[symbol] * weight for symbol, weight in zip(head, creditcode.WEIGHTS[:8], strict=True)
        )
        return total


_heads, _first_half, _second_half = _Heads(), _Weights(0), _Weights(4)


def code_cell(cell: str) -> Cell:
    """The cell if it is a code of one of the three kinds as it is stored, sound in every respect."""
    if len(cell) != creditcode.LENGTH:
        return None
    try:
        total = _heads[cell[:8]] + _first_half[cell[8:12]] + _second_half[cell[12:16]]
        organization = "0X987654321"[(total >> 20) % 11]
        check = -((total & 0xFFFFF) + _VALUES[organization] * creditcode.WEIGHTS[16]) % 31
    except KeyError:
        return None
    return cell if cell[16] == organization and cell[17] == creditcode.ALPHABET[check] else None


def plain(cell: str) -> bool:
    """One line as it would be stored, that neither says nothing nor holds anything to complain about."""
    return cells.PLAIN.fullmatch(cell) is not None and not cells.is_placeholder(cell)


#: Length up to which a cell may be a placeholder.
_SHORT: Final = 8
#: Texts have no end by themselves.
_ENDLESS: Final = 1_000_000


def _text_cell(longest: int) -> Judge:
    most = longest or _ENDLESS

    def judge(cell: str) -> Cell:
        return cell if not cell or (len(cell) <= most and plain(cell)) else None

    return judge


class _Texts:
    """Judges a column of texts that seldom come again: all at once, and cell by cell only where one is not plain."""

    def __init__(self, judge: Judge, longest: int, *, filled: bool = False) -> None:
        """`filled`: an empty cell is one for the careful reader."""
        self.judge, self.longest, self.filled = judge, longest or _ENDLESS, filled
        self._says_nothing = _Judged(lambda cell: "y" if cells.is_placeholder(cell) else "").__getitem__

    def __call__(self, column: Sequence[str]) -> list[Cell]:
        text = "\n".join(column)
        as_it_stands = (
            len(max(column, key=len)) <= self.longest
            and text.count("\n") == len(column) - 1
            and cells.PLAIN_LINES.fullmatch(text) is not None
            and not any(map(self._says_nothing, {cell for cell in column if len(cell) <= _SHORT}))
        )
        if as_it_stands and not (self.filled and "" in column):
            return list(column)
        return list(map(self.judge, column))


def _name_cell(cell: str) -> Cell:
    return cell if cell and len(cell) <= LONGEST["name"] and plain(cell) else None


def _number_cell(cell: str) -> Cell:
    return (
        cell
        if not cell or (len(cell) <= LONGEST["number"] and plain(cell) and cells.half_width(cell) == cell)
        else None
    )


def _word_cell(words: dict[str, Kind] | dict[str, Standing]) -> Judge:
    def judge(cell: str) -> Cell:
        if not cell or not plain(cell):
            return None if cell else ""
        found = words.get(cells.half_width(cell))
        return str(found.value) if found else None

    return judge


def _date_cell(latest: dt.date | None) -> Judge:
    def judge(cell: str) -> Cell:
        if not cell or not plain(cell):
            return None if cell else ""
        found = cells.read_date(cell, latest=latest)
        return None if isinstance(found, str) else found.isoformat()

    return judge


def _fund_cell(note: str, chosen: str) -> Judge:
    def judge(cell: str) -> Cell:
        if not cell or not plain(cell):
            return None if cell else ""
        found = cells.read_amount(cell, note=note, chosen=chosen)
        return None if isinstance(found, str) else str(found)

    return judge


def _field_cell(cell: str) -> Cell:
    if not cell or not plain(cell):
        return None if cell else ""
    return cells.read_field(cell) or None


def _period_cell(side: int) -> Judge:
    def judge(cell: str) -> Cell:
        if not cell or not plain(cell):
            return None if cell else ""
        found = cells.read_period(cell)
        if isinstance(found, str) or cells.period_fault(*found):
            return None
        day = found[side]
        return day.isoformat() if day else ""

    return judge


def _authority_cell(cell: str) -> Cell:
    if not cell or _directly_cell(cell):
        return ""
    unclear = cells.half_width(cell) in cells.AUTHORITY_UNCLEAR
    return None if unclear or len(cell) > LONGEST["business_authority"] or not plain(cell) else cell


def _directly_cell(cell: str) -> Cell:
    return "t" if cells.half_width(cell) in cells.DIRECT else ""


def _form_cell(kind_and_ending: str) -> Cell:
    """Whether the form of a name, by its last five characters, goes with the kind (first character): "" if it does."""
    kind, ending = Kind(_KINDS[kind_and_ending[0]]), kind_and_ending[1:]
    if ending.endswith(cells.COMMITTEES):
        return None
    form = next((one for one, endings in cells.FORMS.items() if ending.endswith(endings)), None)
    return "" if form == kind or (form is None and kind != Kind.FOUNDATION) else None


@dataclass(frozen=True)
class Clean:
    """Rows that came in whole: `values` holds one sequence for each of `FIELDS`."""

    lines: Sequence[int]
    values: Sequence[Sequence[str]]

    @property
    def names(self) -> Sequence[str]:
        """The names of the rows."""
        return self.values[0]

    @property
    def codes(self) -> Sequence[str]:
        """The credit codes of the rows; all have one."""
        return self.values[1]


def _each(judge: Judge) -> Column:
    return lambda column: list(map(judge, column))


class FastReader:
    """Reads the rows of one file that have nothing unusual."""

    def __init__(self, columns: Columns, today: dt.date, odd: Container[int] = ()) -> None:
        """`odd` are lines with cells the careful reader must see whatever stands in them."""
        self.width = len(columns.headings)
        self.odd = odd
        texts = {name: _text_cell(LONGEST[name]) for name in (*LINE_TEXTS, *LONG_TEXTS)}
        seldom_again: dict[str, Column] = {
            "name": _Texts(_name_cell, LONGEST["name"], filled=True),
            "code": _each(code_cell),
            "number": _each(_number_cell),
        }
        for name in ("domicile", "scope", "purpose", "legal_representative"):
            seldom_again[name] = _Texts(texts.pop(name), LONGEST[name])
        fund = _fund_cell(columns.note.get("fund", ""), columns.unit.get("fund", ""))
        #: Few words, dates and amounts fill a column, so they are judged once each. Field → heading's field, judge.
        repeating: dict[str, tuple[str, Judge]] = {
            "kind": ("kind", _word_cell(cells.KINDS)),
            "standing": ("standing", _word_cell(cells.STANDINGS)),
            "established_on": ("established_on", _date_cell(today)),
            "fund_fen": ("fund", fund),
            "field": ("field", _field_cell),
            "business_authority": ("business_authority", _authority_cell),
            "registered_directly": ("business_authority", _directly_cell),
            **{name: (name, judge) for name, judge in texts.items()},
        }
        for side, name in enumerate(("certificate_from", "certificate_to")):
            whole = "certificate" in columns.index
            repeating[name] = ("certificate", _period_cell(side)) if whole else (name, _date_cell(None))
        judges = {name: (name, judge) for name, judge in seldom_again.items()}
        judges |= {name: (known, _each(_Judged(judge).__getitem__)) for name, (known, judge) in repeating.items()}
        #: Field → place of its column, judge of a whole column.
        self._judges = {
            name: (columns.index[known], judge) for name, (known, judge) in judges.items() if known in columns.index
        }
        self._forms = _Judged(_form_cell).__getitem__

    def read(self, lines: Sequence[int], rows: Sequence[list[str]]) -> tuple[Clean, list[int]]:
        """The rows that come in whole, and the places in `rows` of all others."""
        unfit = {at for at, row in enumerate(rows) if len(row) != self.width}
        if self.odd:
            unfit.update(at for at, line in enumerate(lines) if line in self.odd)
        if not isinstance(lines, range):  # a row of several lines may have swallowed others
            unfit.update(at for at, (line, after) in enumerate(pairwise(lines)) if after - line != 1)
            unfit.add(len(rows) - 1)
        places: Sequence[int] = [at for at in range(len(rows)) if at not in unfit] if unfit else range(len(rows))
        if not places or "code" not in self._judges:
            return Clean((), ((),) * len(FIELDS)), list(range(len(rows)))
        raw = list(zip(*(rows[at] for at in places), strict=True))
        judged = {name: judge(raw[place]) for name, (place, judge) in self._judges.items()}
        keep = [True] * len(places)
        for column in judged.values():
            if None in column:
                keep = [kept and cell is not None for kept, cell in zip(keep, column, strict=True)]
        places, values = _kept(places, judged, keep)
        places, values = _kept(places, values, self._fit_together(values))
        nothing = ("",) * len(places)
        clean = Clean([lines[at] for at in places], [values.get(name, nothing) for name in FIELDS])
        whole = set(places)
        return clean, [at for at in range(len(rows)) if at not in whole] if len(whole) < len(rows) else []

    def _fit_together(self, values: dict[str, list[str]]) -> list[bool]:
        """Row by row, whether the cells do not contradict each other. Fills in the kind the code states."""
        heads = [code[1] for code in values["code"]]
        kinds = list(map(_KINDS.__getitem__, heads))
        named = [head + name[-5:] for head, name in zip(heads, values["name"], strict=True)]
        keep = [form is not None for form in map(self._forms, named)]
        if "kind" in values:
            keep = [k and (not said or said == kind) for k, said, kind in zip(keep, values["kind"], kinds, strict=True)]
        values["kind"] = kinds
        begin = values.get("certificate_from")
        if begin:
            for other in ("established_on", "certificate_to"):
                if other in values:
                    # As texts: both are dates of four-digit years, or empty.
                    keep = [
                        k and (not day or not first or (first < day if other == "certificate_to" else day <= first))
                        for k, first, day in zip(keep, begin, values[other], strict=True)
                    ]
        return keep


def _kept(
    places: Sequence[int], values: Mapping[str, Sequence[Cell]], keep: Sequence[bool]
) -> tuple[Sequence[int], dict[str, list[str]]]:
    """Only the rows to keep; none of their cells is None."""
    if all(keep):
        return places, cast(dict[str, list[str]], dict(values))
    chosen = {name: list(compress(column, keep)) for name, column in values.items()}
    return list(compress(places, keep)), cast(dict[str, list[str]], chosen)


def values_of(one: ListedOrganization) -> tuple[str, ...]:
    """A carefully read row in the same form."""

    def text(value: object) -> str:
        if value is None or value is False:
            return ""
        if value is True:
            return "t"
        return value.isoformat() if isinstance(value, dt.date) else str(value)

    values = {name: text(getattr(one, name)) for name in FIELDS}
    if one.standing == Standing.UNKNOWN:
        values["standing"] = ""
    return tuple(values.values())
