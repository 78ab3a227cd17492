"""The derived index, written: one process of each host brings its copy up to what PostgreSQL holds, commit by commit.

A commit is made from one snapshot and stores the snapshot's horizon, below which everything is in it. What is newer than
the horizon is written too, but readers leave it to PostgreSQL until a later commit's horizon has passed it.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import tantivy
from django.db import connection, transaction
from django.utils import timezone

from gongzhi.orgs.models import OrganizationSearch, SearchCopy
from gongzhi.orgs.search.database import UNKNOWN_DAY
from gongzhi.orgs.search.index import (
    BEGINNINGS,
    ID_BITS,
    SCHEMA,
    SHORT,
    About,
    Unusable,
    day_of,
    read_about,
    runs,
)
from gongzhi.orgs.search.naming import above_of
from gongzhi.orgs.search.text import NAME

#: Memory the library gathers documents in before it writes them out.
_HEAP: Final = 48_000_000
#: Rows read and written at a time; between two such batches a stop is noticed.
_BATCH: Final = 2000
#: Below so many documents a full build costs nothing worth sparing.
_SMALL: Final = 1000
#: Copies nobody has written for so long belong to hosts that are gone.
_FORGOTTEN: Final = dt.timedelta(days=30)

_COLUMNS: Final = """
    s.org_id, s.name, s.text, s.pinyin, s.initials, s.kind, s.standing, s.level, s.path, s.field, s.marks, s.since,
    s.rank, s.changed::text::bigint, coalesce(o.credit_code, ''), o.number
"""
_ALL: Final = f"SELECT {_COLUMNS} FROM orgs_search AS s JOIN orgs_organization AS o ON o.id = s.org_id"  # noqa: S608
_SOME: Final = f"{_ALL} WHERE s.org_id = ANY(%s)"


class Busy(Exception):
    """Another process writes this copy."""


class Unprepared(Exception):
    """Rows from before this release have no rank yet: `gongzhi index --rebuild` prepares them."""


class Stopped(Exception):
    """A stop was asked for in the middle; nothing was committed."""


class Row(NamedTuple):
    """What the index is made from: a search row with the codes of its organization."""

    org_id: int
    name: str
    text: str
    pinyin: str
    initials: str
    kind: str
    standing: str
    level: int
    path: str
    field: str
    marks: list[str]
    since: dt.date
    rank: int
    changed: int
    credit_code: str
    number: str


def document(row: Row) -> tantivy.Document:
    """One organization as a document of the index."""
    found = tantivy.Document()
    named = NAME + row.name
    found.add_integer("id", row.org_id)
    for name, text in (("name", named), ("text", row.text)):
        found.add_text(f"{name}1", " ".join(set(text)))
        found.add_text(f"{name}2", " ".join(runs(text, 2)))
        found.add_text(f"{name}3", " ".join(runs(text, 3)))
    codes = (row.credit_code, row.number, row.initials)
    for beginning in {text[:length] for text in (*codes, row.pinyin) if text for length in BEGINNINGS}:
        found.add_text("begins", beginning)
    for text in {text for text in codes if len(text) > BEGINNINGS[-1]}:
        found.add_text("whole", text)
    for length in SHORT:
        if row.rank >> ID_BITS <= length:  # of an ended body the bit above the length is set
            found.add_text("short", str(length))
    level = str(row.level)
    for name, value in (("kind", row.kind), ("standing", row.standing), ("level", level), ("field", row.field)):
        if value:
            found.add_text(name, value)
    found.add_text("state", f"{row.kind} {row.standing} {level}")
    for mark in set(row.marks):
        found.add_text("mark", mark)
    if row.since != UNKNOWN_DAY:
        found.add_text("year", str(row.since.year))
    paths = [*above_of(row.path), row.path]
    for path in paths:
        found.add_text("path", path)
    for depth in range(1, 5):
        found.add_text(f"place{depth}", paths[min(depth, len(paths)) - 1])
    found.add_text("state_place", f"{row.kind} {row.standing} {level} {paths[0]}")
    found.add_unsigned("rank", row.rank)
    found.add_unsigned("day", day_of(row.since, row.org_id))
    found.add_text("sound", f"{row.pinyin}\0{row.org_id:013d}")
    return found


@contextmanager
def only_one(at: Path) -> Iterator[None]:
    """Hold the right to write the copy at `at`, which ends with this process however it ends. Raises `Busy`."""
    at.mkdir(parents=True, exist_ok=True)
    with (at / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy from error
        yield


class Writer:
    """Writes the copy in one folder. Make it inside `only_one`."""

    def __init__(self, at: Path, *, stopped: Callable[[], bool] = lambda: False) -> None:
        self._at = at
        self._stopped = stopped
        #: What was written although the horizon had not passed it: organization → the transaction that wrote it.
        self._ahead: dict[int, int] = {}
        for other in at.parent.iterdir():
            if other.is_dir() and other != at:
                shutil.rmtree(other, ignore_errors=True)  # of another format
        self._open()

    def _open(self) -> None:
        """Open the folder, or begin a new one where it cannot be read."""
        try:
            self._at.mkdir(exist_ok=True)
            self._index = tantivy.Index(SCHEMA, path=str(self._at))
            self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)
            self.about: About | None = self._read()
        except (ValueError, OSError):
            shutil.rmtree(self._at, ignore_errors=True)
            self._at.mkdir()
            self._index = tantivy.Index(SCHEMA, path=str(self._at))
            self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)
            self.about = None

    def _read(self) -> About | None:
        self._index.config_reader("manual")
        self._index.reload()
        try:
            return read_about(self._index.searcher())
        except Unusable:
            return None

    def close(self) -> None:
        """End what the library does in the background."""
        self._writer.wait_merging_threads()

    def start_over(self) -> None:
        """Forget the copy, whatever state it is in; the next round builds it anew."""
        del self._writer  # and with it the library's own lock
        self._ahead = {}
        shutil.rmtree(self._at, ignore_errors=True)
        self._open()

    def round(self) -> int | None:
        """Bring the copy up to date with one snapshot: how many documents were written, None if there was nothing to do.

        Raises `Unprepared` and `Stopped`, and whatever database and library raise; the copy is then as it was.
        """
        if not (self._at / "meta.json").exists():
            self.start_over()
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
                horizon = int(cursor.fetchone()[0])
                wanted = self._wanted(horizon)
                if wanted is None or self.about is None:
                    fresh = About(str(uuid.uuid4()), horizon, 1)
                elif wanted or any(changed < horizon for changed in self._ahead.values()):
                    fresh = replace(self.about, horizon=horizon, commit=self.about.commit + 1)
                else:
                    return None
                written, ahead = self._write(wanted, horizon)
            self._commit(fresh)
        except BaseException:
            self._undo()
            raise
        kept = {} if wanted is None else {pk: changed for pk, changed in self._ahead.items() if changed >= horizon}
        self._ahead = kept | ahead
        return written

    def _wanted(self, horizon: int) -> list[int] | None:
        """Organizations to write anew; None for all of them."""
        before = self.about
        if before is None or before.horizon > horizon:
            return None
        if not SearchCopy.objects.filter(token=before.token, horizon__gte=before.horizon).exists():
            return None
        rows = OrganizationSearch.objects.filter(changed__gte=before.horizon).order_by("changed")
        wanted = [pk for pk, changed in rows.values_list("pk", "changed") if self._ahead.get(pk) != changed]
        documents = self._index.searcher().num_docs
        return None if len(wanted) > max(_SMALL, documents // 2) else wanted

    def _write(self, wanted: list[int] | None, horizon: int) -> tuple[int, dict[int, int]]:
        """Give the library the documents: how many, and which of them the horizon has not passed."""
        if OrganizationSearch.objects.filter(rank=0).exists():
            raise Unprepared
        written, ahead = 0, {}
        if wanted is None:
            self._writer.delete_all_documents()
        for row in self._rows(wanted):
            if wanted is not None:
                self._writer.delete_documents_by_term("id", row.org_id)
            self._writer.add_document(document(row))
            written += 1
            if row.changed >= horizon:
                ahead[row.org_id] = row.changed
            if written % _BATCH == 0 and self._stopped():
                raise Stopped
        return written, ahead

    @staticmethod
    def _rows(wanted: list[int] | None) -> Iterator[Row]:
        if wanted is None:
            with connection.chunked_cursor() as cursor:
                cursor.execute(_ALL)
                yield from map(Row._make, iter_rows(cursor))
            return
        for at in range(0, len(wanted), _BATCH):
            with connection.cursor() as cursor:
                cursor.execute(_SOME, [wanted[at : at + _BATCH]])
                yield from map(Row._make, cursor.fetchall())

    def _commit(self, fresh: About) -> None:
        """Tell the database how far the copy comes, then commit it: never the other way round."""
        before = self.about
        SearchCopy.objects.update_or_create(
            token=fresh.token, defaults={"host": socket.gethostname()[:64], "horizon": fresh.horizon}
        )
        self._writer.delete_documents_by_term("role", "about")
        note = tantivy.Document()
        note.add_text("role", "about")
        note.add_text("about", fresh.as_text())
        self._writer.add_document(note)
        self._writer.commit()
        self._index.reload()
        self.about = fresh
        if before is None or before.token != fresh.token:
            SearchCopy.objects.filter(at__lt=timezone.now() - _FORGOTTEN).delete()
            SearchCopy.objects.filter(token__in=[before.token] if before else []).delete()

    def _undo(self) -> None:
        """Drop what was given to the library since the last commit."""
        try:
            self._writer.rollback()
        except (ValueError, OSError):
            self.start_over()


def iter_rows(cursor: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of an open cursor, a batch at a time."""
    while batch := cursor.fetchmany(_BATCH):
        yield from batch
