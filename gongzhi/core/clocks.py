"""Two clocks on a fact: when it was true (`valid_from`) and when the platform knew it (`known_from`, `known_to`).

A version holds until the next `valid_from`; what ends is a version that says so, never a missing row. Rows are
appended: a trigger lets `known_to` be set once and nothing else change. `as_of` reads, `amend` is the one writer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from django.db import connection, models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

V = TypeVar("V", bound="Version")


class VersionQuerySet(models.QuerySet[V]):
    """Questions to a table with two clocks."""

    def current(self) -> Self:
        """What is believed now, for every validity."""
        return self.filter(known_to__isnull=True)

    def known(self, at: dt.datetime | None) -> Self:
        """What was believed at a moment; None means now."""
        if at is None:
            return self.current()
        return self.filter(Q(known_to__isnull=True) | Q(known_to__gt=at), known_from__lte=at)

    def as_of(self, valid_on: dt.date, known_at: dt.datetime | None = None) -> Self:
        """At most one version per owner: the one that held on a day, as it was known at a moment (now if None)."""
        key = self.model.owner_columns()
        newest = (
            self.model._default_manager.filter(**{column: OuterRef(column) for column in key}, valid_from__lte=valid_on)
            .order_by("-valid_from")
            .values("pk")
        )
        if known_at is None:
            newest = newest.filter(known_to__isnull=True)
        else:
            newest = newest.filter(Q(known_to__isnull=True) | Q(known_to__gt=known_at), known_from__lte=known_at)
        return self.filter(pk=Subquery(newest[:1]))


class Version(models.Model):
    """One version of the facts of one owner. `owner` names the columns that say whose facts they are."""

    #: Columns that identify the owner, for example ("org_id",).
    owner: ClassVar[tuple[str, ...]] = ()
    #: Columns that hold facts: what `amend` carries from version to version.
    facts: ClassVar[tuple[str, ...]] = ()
    #: Columns that describe the version itself and are given anew each time: source, event …
    about: ClassVar[tuple[str, ...]] = ()

    valid_from = models.DateField()
    known_from = models.DateTimeField()
    known_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @classmethod
    def owner_columns(cls) -> tuple[str, ...]:
        """The columns that say whose facts a row holds."""
        return cls.owner

    @classmethod
    def now(cls) -> dt.datetime:
        """The moment a change becomes known: the database's transaction time, equal for all rows of one action."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            moment = cursor.fetchone()[0]
        return moment if moment.tzinfo else timezone.make_aware(moment, dt.UTC)


def clock_constraints(name: str, owner: tuple[str, ...]) -> list[models.BaseConstraint]:
    """The constraints of every table with two clocks; put them into `Meta.constraints`."""
    fields = [column.removesuffix("_id") for column in owner]
    return [
        models.UniqueConstraint(
            fields=[*fields, "valid_from"], condition=Q(known_to__isnull=True), name=f"{name}_one_current"
        ),
        models.CheckConstraint(
            condition=Q(known_to__isnull=True) | Q(known_to__gte=F("known_from")), name=f"{name}_known"
        ),
    ]


def append_only_sql(table: str, *, may_close: bool = False, set_once: str = "") -> str:
    """SQL that takes UPDATE, DELETE and TRUNCATE on `table` from the application and refuses them to everybody else.

    An UPDATE may set one column once, from null, and change nothing else: `known_to` with `may_close`, or the column
    named by `set_once`.
    """
    column = "known_to" if may_close else set_once
    if column:
        body = f"""
  IF TG_OP = 'UPDATE' THEN
    IF OLD.{column} IS NULL AND NEW.{column} IS NOT NULL
       AND to_jsonb(NEW) - '{column}' = to_jsonb(OLD) - '{column}' THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION '{table} is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';"""
    else:
        body = f"""
  RAISE EXCEPTION '{table} is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';"""
    grant = f"GRANT UPDATE ({column}) ON {table} TO gz_app;" if column else ""
    return f"""
REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM gz_app;
{grant}
CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN{body}
END $$;
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
"""


def drop_append_only_sql(table: str) -> str:
    """The reverse of `append_only_sql`, for migrations."""
    return f"""
GRANT UPDATE, DELETE ON {table} TO gz_app;
DROP TRIGGER {table}_append_only ON {table};
DROP TRIGGER {table}_no_truncate ON {table};
DROP FUNCTION {table}_append_only();
"""


def amend(
    model: type[V],
    *,
    owner: Mapping[str, Any],
    on: dt.date,
    changes: Mapping[str, Any],
    about: Mapping[str, Any],
) -> list[V]:
    """From the day `on`, these facts have these values, until a later version that itself changed the fact.

    Closes the versions concerned (sets their `known_to`) and appends their replacements, all with one `known_from`.
    `about` describes the new knowledge (source, event). The caller holds the lock of the owner's row. Versions before
    `on` are untouched; if there is none, `changes` must hold every fact. Returns the appended versions, oldest first.
    New knowledge is later than what it replaces, also when this transaction began earlier and waited for the lock.
    Unknown fact names raise TypeError; a change that changes nothing returns an empty list.
    """
    unknown = set(changes) - set(model.facts)
    if unknown:
        raise TypeError(f"{model.__name__} has no facts {sorted(unknown)}")
    current = list(model._default_manager.filter(**owner, known_to__isnull=True).order_by("valid_from"))
    now = model.now()
    newest = max((version.known_from for version in current), default=now)
    if newest > now:
        now = newest + dt.timedelta(microseconds=1)
    before = [version for version in current if version.valid_from <= on]
    later = [version for version in current if version.valid_from > on]

    def facts_of(version: V) -> dict[str, Any]:
        return {name: getattr(version, name) for name in model.facts}

    if before:
        base = facts_of(before[-1])
    else:
        missing = set(model.facts) - set(changes)
        if missing:
            raise TypeError(f"the first version of {model.__name__} needs {sorted(missing)}")
        base = {}
    if before and all(base[name] == value for name, value in changes.items()):
        return []

    to_close: list[V] = []
    fresh: list[V] = []

    def append(valid_from: dt.date, values: Mapping[str, Any], described: Mapping[str, Any]) -> None:
        fresh.append(model(**owner, valid_from=valid_from, known_from=now, **values, **described))

    if before and before[-1].valid_from == on:
        to_close.append(before[-1])
    append(on, {**base, **changes}, about)
    if before:
        carried = dict(changes)
        previous = base
        for version in later:
            held = facts_of(version)
            carried = {name: value for name, value in carried.items() if held[name] == previous[name]}
            if not carried:
                break
            to_close.append(version)
            kept = {name: getattr(version, name) for name in model.about}
            append(version.valid_from, {**held, **carried}, kept)
            previous = held
    if to_close:
        model._default_manager.filter(pk__in=[version.pk for version in to_close]).update(known_to=now)
    return list(model._default_manager.bulk_create(fresh))
