"""What became known, in an order in which no reader misses anything, and marks by which a reader sees that nothing did.

Every fact keeps the number of the transaction that wrote it, or that closed it (`written`). Transactions commit in
another order than they begin, so a reader is only shown what is older than every transaction that is still open
(`pg_snapshot_xmin`): below that line nothing can appear any more. A reader that remembers the highest row number or the
latest moment misses what commits late (the tests show it).

The numbers belong to one PostgreSQL cluster: after a restore into another one they begin anew, `renumber` puts the old
facts below the new line, and cursors of the other cluster are refused, so that a reader knows to begin again.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core import signing
from django.db import connection, models, transaction

from gongzhi.core.paging import BadCursor
from gongzhi.orgs.models import Mark, Organization
from gongzhi.registry.models import Branch, Certificate, Host, Lineage, Officer, Source, Version

#: Kinds of facts in the feed. The place in this list is part of every cursor: new ones are appended.
KINDS: Final[tuple[tuple[str, type[models.Model]], ...]] = (
    ("items", Version),
    ("officer", Officer),
    ("branch", Branch),
    ("host", Host),
    ("lineage", Lineage),
    ("certificate", Certificate),
    ("mark", Mark),
)
#: How a mark of the register names what it rests on, before the number of the source.
MARK_SOURCE: Final = "registry.source:"
LARGEST: Final = 500
_HIGHEST: Final = 2**63 - 1
_SALT: Final = "cursor:registry.feed"


@functools.cache
def cluster() -> str:
    """What tells this PostgreSQL cluster from every other; it never changes while the platform runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
        return str(cursor.fetchone()[0])


@dataclass(frozen=True, order=True)
class Position:
    """A place in the feed: behind this row of this kind of this transaction."""

    transaction: int = 0
    kind: int = 0
    row: int = 0

    def cursor(self) -> str:
        """The place as a text for an address."""
        return signing.dumps([self.transaction, self.kind, self.row, cluster()], salt=_SALT)

    @classmethod
    def of(cls, cursor: str) -> Position:
        """The place a cursor names; the beginning for an empty one. Raises `BadCursor`, also for another cluster's."""
        if not cursor:
            return cls()
        try:
            number, kind, row, where = signing.loads(cursor, salt=_SALT)
            place = cls(int(number), int(kind), int(row))
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise BadCursor("registry.feed") from error
        if where != cluster():
            raise BadCursor("registry.feed")
        return place


@dataclass(frozen=True)
class Change:
    """One fact that became known, or that is believed no longer (`known_to`)."""

    position: Position
    kind: str
    fact: Any

    @property
    def number(self) -> str:
        """What names the fact for ever; the fact comes again under it when it is closed."""
        return f"{self.kind}-{self.fact.pk}"

    @property
    def organization(self) -> Organization:
        """Whose fact it is; of a lineage the body that was before."""
        found: Organization = self.fact.from_org if self.kind == "lineage" else self.fact.org
        return found

    @property
    def source(self) -> Source | None:
        """What the knowledge rests on; None for a mark that another app keeps."""
        found: Source | None = self.fact.evidence if self.kind == "mark" else self.fact.source
        return found

    @property
    def told_at(self) -> dt.datetime:
        """When the platform learned of it, or ceased to believe it."""
        moment: dt.datetime = self.fact.known_to or self.fact.known_from
        return moment

    @property
    def valid_from(self) -> dt.date | None:
        """The first day it speaks of."""
        day: dt.date | None = self.fact.on_date if self.kind == "lineage" else self.fact.valid_from
        return day

    @property
    def valid_to(self) -> dt.date | None:
        """The last day it speaks of; registered items hold until the next ones."""
        return getattr(self.fact, "valid_to", None)

    def values(self) -> dict[str, str | int | bool | None]:
        """What the fact says."""
        names = {"items": Version.facts, "lineage": ("kind",), "certificate": (), "mark": ("code", "value")}.get(
            self.kind, getattr(self.fact, "told", ())
        )
        values = {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name in names
            if (value := getattr(self.fact, name)) not in (None, "")
        }
        if self.kind == "lineage":
            values["to"] = self.fact.to_org.reference
        return values


def horizon() -> Position:
    """The place in front of everything that is still being written, and behind everything that can be read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return Position(transaction=int(cursor.fetchone()[0]))


def _positions(where: Position, *, size: int, backwards: bool) -> list[Position]:
    """Places behind `where` (or before it) and below the line, in order: one statement."""
    branches: list[str] = []
    values: list[str | int] = []
    for number, (_name, model) in enumerate(KINDS, 1):
        # Within the place's own transaction, kinds on its far side count whole and those on the near side not at all.
        beyond = number < where.kind if backwards else number > where.kind
        row = where.row if number == where.kind else _HIGHEST if beyond == backwards else -1
        branches.append(
            f"(SELECT written, {number} AS kind, id FROM {model._meta.db_table}"  # noqa: S608  # names of our own tables
            f" WHERE (written, id) {'<' if backwards else '>'} (%s::xid8, %s)"
            " AND written < pg_snapshot_xmin(pg_current_snapshot())"
            f" ORDER BY written {'DESC' if backwards else ''}, id {'DESC' if backwards else ''} LIMIT %s)"
        )
        values += [str(where.transaction), row, size]
    way = "DESC" if backwards else "ASC"
    statement = (
        f"SELECT written::text, kind, id FROM ({' UNION ALL '.join(branches)}) AS facts"  # noqa: S608
        f" ORDER BY facts.written {way}, kind {way}, id {way} LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, size])
        return [Position(int(number), kind, row) for number, kind, row in cursor.fetchall()]


def changes_at(positions: Sequence[Position]) -> list[Change]:
    """The facts at these places, in their order: one query for each kind among them."""
    found: dict[tuple[int, int], Any] = {}
    for number, (name, model) in enumerate(KINDS, 1):
        wanted = [one.row for one in positions if one.kind == number]
        if wanted:
            joined = {"lineage": ("source", "from_org", "to_org"), "mark": ("org",)}.get(name, ("source", "org"))
            rows = list(model._default_manager.filter(pk__in=wanted).select_related(*joined))
            if name == "mark":
                _with_evidence(rows)
            found |= {(number, row.pk): row for row in rows}
    return [Change(one, KINDS[one.kind - 1][0], found[one.kind, one.row]) for one in positions]


def _with_evidence(marks: Sequence[Any]) -> None:
    """Give each mark the source it names, if it is one of the register's: one query."""
    named = {mark.pk: mark.source.removeprefix(MARK_SOURCE) for mark in marks if mark.source.startswith(MARK_SOURCE)}
    sources = Source.objects.in_bulk([int(number) for number in named.values() if number.isdigit()])
    for mark in marks:
        number = named.get(mark.pk, "")
        mark.evidence = sources.get(int(number)) if number.isdigit() else None


def positions_after(where: Position, *, size: int) -> list[Position]:
    """At most `size` places behind a place, oldest first: the last is the one to go on from."""
    return _positions(where, size=size, backwards=False)


def changes_before(where: Position, *, size: int) -> tuple[list[Change], Position | None]:
    """At most `size` changes before a place, newest first, and the place to go on from; None at the beginning of all."""
    positions = _positions(where, size=size + 1, backwards=True)
    return changes_at(positions[:size]), positions[size - 1] if len(positions) > size else None


def renumber() -> int:
    """Give facts that another cluster numbered, above everything this one has reached, a number of this one; how many.

    Nothing would show them before this cluster had counted as far. For `gongzhi prepare` as the owner of the tables: it
    sets aside for one transaction the trigger that refuses changes, because only the number is changed.
    """
    renumbered = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for _name, model in KINDS:
            table = model._meta.db_table
            foreign = f"FROM {table} WHERE written >= pg_snapshot_xmax(pg_current_snapshot())"
            cursor.execute(f"SELECT EXISTS (SELECT {foreign})")  # names of our own tables
            if not cursor.fetchone()[0]:
                continue
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET written = pg_current_xact_id() WHERE id IN (SELECT id {foreign})")  # noqa: S608
            renumbered += cursor.rowcount
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return renumbered


def state_of_register() -> str:
    """A text that is another one as soon as any organization says something else in search.

    The newest transaction seen in the search rows, the newest division (its name is searched too), and those older than it that are still open: one of them may commit
    later and would not move the newest.
    """
    statement = """
        WITH newest AS (SELECT changed FROM orgs_search ORDER BY changed DESC LIMIT 1)
        SELECT coalesce((SELECT changed::text FROM newest), '')
          || ':' || (SELECT coalesce(max(id), 0) FROM reference_division)
          || ':' || coalesce((SELECT string_agg(open::text, ',' ORDER BY open)
                              FROM pg_snapshot_xip(pg_current_snapshot()) AS open
                              WHERE open < (SELECT changed FROM newest)), '')
    """
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0])


def state_of(organization: Organization) -> str:
    """A text that is another one as soon as anything the register tells about an organization is: one statement.

    Facts are only added and closed, and both give a higher number to `written`, so its sum never comes back. The bodies
    it came from, went into or leans on are named on its page, so their own rows count too.
    """
    seen = "coalesce(sum(written::text::numeric), 0) || '.' || count(known_to)"
    facts = " || ':' || ".join(
        f"(SELECT {seen} FROM {model._meta.db_table} WHERE {of})"  # noqa: S608  # names of our own tables
        for name, model in KINDS
        for of in (("from_org_id = %(org)s", "to_org_id = %(org)s") if name == "lineage" else ("org_id = %(org)s",))
    )
    statement = f"""
        SELECT {facts}
          || ':' || (SELECT count(*) FROM registry_confirmation WHERE org_id = %(org)s)
          || ':' || (SELECT count(*) || '.' || count(settled_at) FROM registry_doubt WHERE org_id = %(org)s)
          || ':' || (SELECT count(*) || '.' || count(known_to) FROM orgs_mark WHERE org_id = %(org)s)
          || ':' || (SELECT md5(string_agg(body::text, '' ORDER BY body.id)) FROM orgs_organization AS body
                     WHERE body.id IN (SELECT %(org)s
                                       UNION SELECT to_org_id FROM registry_lineage WHERE from_org_id = %(org)s
                                       UNION SELECT from_org_id FROM registry_lineage WHERE to_org_id = %(org)s
                                       UNION SELECT host_id FROM registry_host WHERE org_id = %(org)s))
    """  # noqa: S608  # names of our own tables
    with connection.cursor() as cursor:
        cursor.execute(statement, {"org": organization.pk})
        return str(cursor.fetchone()[0])
