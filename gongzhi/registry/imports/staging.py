"""A file's rows and problems into the tables where they wait: one stream in, whatever the length of the list."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import IO, Any, Final

import psycopg
from django.db import connection

from gongzhi.core.actor import Actor
from gongzhi.core.ids import public_ids
from gongzhi.reference import selectors as reference
from gongzhi.registry import policies
from gongzhi.registry.creditcode import NATIONAL_DIVISION
from gongzhi.registry.enums import Fate
from gongzhi.registry.lists import ListedOrganization, ListFile, ListUnreadable, Problem, Severity
from gongzhi.registry.lists.fast import FIELDS, Clean, FastReader, values_of
from gongzhi.registry.lists.organizations import CarefulReader, ColumnWatch, Likenesses, judge_together, read_again
from gongzhi.registry.models import Intake, IntakeProblem, StagedRow

MINISTRY: Final = "民政部"
#: Bytes of problems kept in memory; more wait in a file.
_SPOOL: Final = 8 * 1024 * 1024
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_ROWS: Final = f"COPY registry_staged (intake_id, row, fate, path, public_id, {', '.join(FIELDS)}) FROM STDIN (NULL '')"
_PROBLEMS: Final = 'COPY registry_intake_problem (intake_id, "row", "column", value, rule, severity, params) FROM STDIN'
_REGISTRY_NAME: Final = FIELDS.index("registry_name")


@dataclass(frozen=True)
class Place:
    """Where the registry of a division's code lies today, and what is to be said about that."""

    path: str
    known: bool
    within_reach: bool
    #: The row waits for another reason.
    held: bool = False

    @property
    def fate(self) -> Fate:
        """What becomes of the body's row, before it is compared."""
        if self.held:
            return Fate.HELD
        return Fate.NEW if self.within_reach else Fate.REJECTED


class _Places(dict[str, Place]):
    """Division in a code → its place; few occur, each is resolved once. "" is for a body without a code."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def __missing__(self, division: str) -> Place:
        otherwise = self.actor.path or "/"
        path, known = (otherwise, True) if not division else (_path_of(division), True)
        if not path:
            path, known = _path_of(f"{division[:2]}0000") or otherwise, False
        self[division] = found = Place(path, known, policies.can_import_at(self.actor, path))
        return found

    def remarkable(self, divisions: Iterable[str]) -> bool:
        """Whether there is anything to say about one of these."""
        return not all(self[division].known and self[division].within_reach for division in set(divisions))

    def problems(self, row: int, division: str, identity: str) -> Iterator[Problem]:
        """What is to be said about a row because of where it belongs."""
        place = self[division]
        if not place.known:
            yield Problem(row, "", division, "import.registry_unknown", Severity.FLAGGED, {"division": division})
        if not place.within_reach:
            yield Problem(row, "", identity, "import.out_of_reach", Severity.REJECTED)


def _path_of(code: str) -> str:
    try:
        return reference.path_of(code)
    except reference.UnknownDivision:
        return ""


class _Spool:
    """Problems on their way: only one COPY can be under way on a connection, and that of the rows is."""

    def __init__(self, intake: Intake, file: IO[bytes]) -> None:
        self._file, self._intake = file, intake.pk

    def add(self, problems: Iterable[Problem]) -> None:
        """Keep problems in the order they are to be read in."""
        for one in problems:
            cells = (str(self._intake), str(one.row), one.column, one.value, one.rule, str(one.severity))
            texts = [cell.translate(_ESCAPES) for cell in (*cells, json.dumps(dict(one.params)))]
            self._file.write(("\t".join(texts) + "\n").encode())

    def load(self) -> None:
        """Write them all."""
        self._file.seek(0)
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(_PROBLEMS) as copy:
            while data := self._file.read(1024 * 1024):
                copy.write(data)


def _lines(intake: Intake, lines: Sequence[int], places: Sequence[Place], values: Iterable[Sequence[str]]) -> bytes:
    """Rows as the text COPY reads. `values` holds a sequence for each of `FIELDS`."""
    number = str(intake.pk)
    columns = (
        [number] * len(lines),
        map(str, lines),
        [place.fate.value for place in places],
        [place.path for place in places],
        public_ids(len(lines)),
        *values,
    )
    return ("\n".join(map("\t".join, zip(*columns, strict=True))) + "\n").encode()


class _RowCopy:
    """The stream of rows into the table. It is interrupted when the database is asked something else."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._copy: psycopg.Copy | None = None

    def __enter__(self) -> _RowCopy:
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)

    def write(self, data: bytes) -> None:
        """Some more rows."""
        if self._copy is None:
            self._open.enter_context(connection.wrap_database_errors)
            cursor = self._open.enter_context(connection.cursor())
            self._copy = self._open.enter_context(cursor.copy(_ROWS))
        self._copy.write(data)

    def pause(self) -> None:
        """Finish what has been written; the connection is free."""
        self._open.close()
        self._copy = None


def stage(*, intake: Intake, file: ListFile, actor: Actor, today: dt.date) -> int:
    """Read a list into the tables where it waits, in place of what was there; the number of rows that are not blank.

    `today` decides what lies in the future. Raises `ListUnreadable` for what only the rows show.
    """
    StagedRow.objects.filter(intake_id=intake.pk).delete()
    IntakeProblem.objects.filter(intake=intake).delete()
    careful, fast = CarefulReader(file, today), FastReader(file.columns, today, file.odd)
    watch, likenesses, places = ColumnWatch(file.columns), Likenesses(), _Places(actor)
    total = 0
    with tempfile.SpooledTemporaryFile(_SPOOL) as spooled:
        spool = _Spool(intake, spooled)
        with _RowCopy() as copy:
            for batch in file.batches():
                watch.look(batch.rows)
                clean, others = fast.read(batch.lines, batch.rows)
                come = [one for at in others if (one := careful.read(batch.lines[at], batch.rows[at])) is not None]
                divisions = [code[2:8] for code in clean.codes]
                if strange := {*divisions, *(one.registry_division for one in come)} - places.keys():
                    copy.pause()
                    for division in strange:
                        places[division]
                total += len(clean.lines)
                if clean.lines:
                    copy.write(
                        _lines(intake, clean.lines, [places[one] for one in divisions], _named(clean, divisions))
                    )
                    likenesses.add(clean.lines, clean.codes, clean.names)
                    for at, division in enumerate(divisions) if places.remarkable(divisions) else ():
                        spool.add(places.problems(clean.lines[at], division, clean.codes[at]))
                spool.add(careful.problems)
                careful.problems.clear()
                if come:
                    copy.write(_careful_lines(intake, come, careful.waiting, places))
                for one in come:
                    likenesses.add_one(one)
                    if one.row not in careful.waiting:
                        spool.add(places.problems(one.row, one.registry_division, one.code or one.number))
        total += careful.total
        if not total:
            raise ListUnreadable("list.no_rows")
        spool.add((*file.notes, *watch.problems()))
        spool.add(_judge_together(intake, file, today, likenesses.lines()))
        spool.load()
    return total


def _named(clean: Clean, divisions: Sequence[str]) -> Sequence[Sequence[str]]:
    """The values of clean rows; of a national body the registry is known without the list saying so."""
    if NATIONAL_DIVISION not in divisions:
        return clean.values
    values = list(clean.values)
    values[_REGISTRY_NAME] = [
        name or (MINISTRY if division == NATIONAL_DIVISION else "")
        for name, division in zip(values[_REGISTRY_NAME], divisions, strict=True)
    ]
    return values


def _careful_lines(
    intake: Intake, come: Sequence[ListedOrganization], waiting: Container[int], places: _Places
) -> bytes:
    rows = []
    for one in come:
        values = list(values_of(one))
        if one.registry_division == NATIONAL_DIVISION:
            values[_REGISTRY_NAME] = values[_REGISTRY_NAME] or MINISTRY
        rows.append([value.translate(_ESCAPES) for value in values])
    found = [
        replace(place, held=one.row in waiting) for one, place in ((one, places[one.registry_division]) for one in come)
    ]
    return _lines(intake, [one.row for one in come], found, list(zip(*rows, strict=True)))


def _judge_together(intake: Intake, file: ListFile, today: dt.date, lines: set[int]) -> list[Problem]:
    """What rows say about each other. Those that come in nowhere are marked in the table."""
    if not lines:
        return []
    come, problems = judge_together(read_again(file, today, lines), file.columns)
    rejected = lines - {one.row for one in come}
    StagedRow.objects.filter(intake_id=intake.pk, row__in=rejected).update(fate=Fate.REJECTED)
    return problems
