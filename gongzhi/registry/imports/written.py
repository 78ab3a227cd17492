"""What a list has written, read back once into a file, so that it can be sealed and prepared for search as a stream.

On one connection nothing can be read while COPY is writing; and a million versions are more than fits into memory.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Iterator
from typing import IO, Final

from django.db import connection

from gongzhi.orgs.models import Organization
from gongzhi.orgs.search.text import Known
from gongzhi.registry.models import Intake, Source, Version
from gongzhi.tlog.contracts import SealedRow, Value, WrittenRecord
from gongzhi.tlog.entries import Layout

_ITEMS: Final = Version.facts
_SQL: Final = f"""
    SELECT v.id, v.org_id, v.event, coalesce(body.credit_code, body.number), body.kind, body.path,
           to_char(v.valid_from, 'YYYY-MM-DD'), to_char(v.known_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
           s."row", s.host,
           {", ".join("to_char(v.registered_on, 'YYYY-MM-DD')" if item == "registered_on" else f"v.{item}" for item in _ITEMS)}
    FROM registry_version AS v JOIN orgs_organization AS body ON body.id = v.org_id
    LEFT JOIN registry_staged AS s ON s.intake_id = %s AND s."row" = v.source_row AND s.fate = 'new'
    WHERE v.source_id = %s ORDER BY v.id
"""  # noqa: S608  # names of our own columns
_BEFORE_ITEMS: Final = 10
_ESCAPED: Final = re.compile(r"\\(.)")
_MEANS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "\\": "\\"}
_LAYOUT: Final = Layout((*_ITEMS, "org", "valid_from", "known_from", "event"))
_DIRECTLY, _FUND = (_ITEMS.index(item) for item in ("registered_directly", "fund_fen"))


class Written:
    """The versions of one source in the order they were written. Use it in a `with` block."""

    def __init__(self, intake: Intake, source: Source) -> None:
        self.intake, self.source = intake, source
        self.versions = 0
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the block

    def __enter__(self) -> Written:
        with connection.wrap_database_errors, connection.cursor() as cursor:
            with cursor.copy(f"COPY ({_SQL}) TO STDOUT (NULL '')", [self.intake.pk, self.source.pk]) as copy:
                for data in copy:
                    self._file.write(data)
            self.versions = cursor.rowcount
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def _rows(self) -> Iterator[list[str]]:
        """The columns of `_SQL`; what is null is empty."""
        self._file.seek(0)
        for line in self._file:
            text = line.decode()[:-1]
            cells = text.split("\t")
            yield [_ESCAPED.sub(lambda found: _MEANS[found[1]], cell) for cell in cells] if "\\" in text else cells

    def sealed(self) -> Iterator[SealedRow]:
        """Each version as `Version.sealed_record` has it."""
        kind = Version._meta.label_lower
        for number, _org, event, reference, _kind, _path, valid_from, known_from, _row, _host, *items in self._rows():
            values: list[Value] = [*items, reference, valid_from, f"{known_from.removesuffix('.000000')}+00:00", event]
            values[_DIRECTLY] = items[_DIRECTLY] == "t"
            if items[_FUND]:
                values[_FUND] = int(items[_FUND])
            yield SealedRow(kind, int(number), WrittenRecord(_LAYOUT.text(values)))

    def entered(self) -> Iterator[tuple[Organization, Known]]:
        """Each body that is new, with what search finds it by. The same object every time, filled anew: a million of
        them take longer to make than to write.
        """
        body = Organization()
        at = {name: place for place, name in enumerate(_ITEMS, start=_BEFORE_ITEMS)}
        name, standing, day, person, field = (
            at[item] for item in ("name", "standing", "registered_on", "legal_representative", "field")
        )
        for row in self._rows():
            if not row[8]:
                continue
            body.pk, body.kind, body.path = int(row[1]), row[4], row[5]
            body.name, body.standing = row[name], row[standing]
            body.registered_on = dt.date.fromisoformat(row[day]) if row[day] else None
            hosts, people = [[row[place]] if row[place] else [] for place in (9, person)]
            yield body, Known(hosts=hosts, people=people, field=row[field])
