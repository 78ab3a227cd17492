"""Administrative divisions with their past, and the holidays of the years."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.core.clocks import Version, VersionQuerySet, clock_constraints
from gongzhi.reference.enums import NATIONAL_PATH, Level, Origin, Succession


class DivisionQuerySet(VersionQuerySet["Division"]):
    """Questions to the divisions. Everything starts from what is believed now."""

    def in_use(self, on: dt.date | None = None) -> Self:
        """Divisions that exist on a day; without a day, those that have not ended."""
        if on is None:
            return self.current().filter(valid_to__isnull=True)
        return self.current().filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), valid_from__lte=on)

    def under(self, path: str) -> Self:
        """The division with this path and everything below it: a range over `path`, so that an index serves it."""
        if path == NATIONAL_PATH:
            return self.all()
        if not path.endswith("/"):
            raise ValueError("a division path ends with a slash")
        return self.filter(path__gte=path, path__lt=path[:-1] + "0")  # "0" is the character after "/"

    def children_of(self, code: str) -> Self:
        """Divisions whose direct parent is `code`."""
        return self.filter(parent=code)


class Division(Version):
    """One administrative division under one name and one parent, from a day on and until it ended.

    A code of six digits (county and above) or nine (street, town, township). The yearly lists speak of 31 December:
    a county or city that changed in a year holds under both codes until that year's last day, because the registers
    of that year speak of either. For streets and townships `valid_from` is the day of the edition, not of founding.
    Two clocks: a corrected edition closes a row (`known_to`) and appends another.
    """

    owner: ClassVar[tuple[str, ...]] = ("code",)
    facts: ClassVar[tuple[str, ...]] = ("name", "level", "parent", "path", "valid_to")
    about: ClassVar[tuple[str, ...]] = ("source",)

    code = models.CharField(_("code"), max_length=9)
    name = models.CharField(_("name"), max_length=40)
    level = models.SmallIntegerField(_("level"), choices=Level)
    #: Code of the division above; empty for the nation.
    parent = models.CharField(_("parent"), max_length=6, blank=True)
    #: Where it stands: `44/4403/440305/`; `/` is the nation. Byte order, so that a subtree is a range.
    path = models.TextField(_("path"), db_collation="C")
    valid_to = models.DateField(_("ended on"), null=True, blank=True)
    #: Which of the data sources said so; see `data/sources.yaml`.
    source = models.CharField(_("source"), max_length=20)

    objects: ClassVar[DivisionQuerySet] = DivisionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "reference_division"
        constraints = [
            *clock_constraints("reference_division", ("code",)),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(known_to__isnull=True, valid_to__isnull=True),
                name="reference_division_in_use",
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^([0-9]{6}|[0-9]{9})$"),
                name="reference_division_code",
                violation_error_message=_("A division code has six or nine digits."),
            ),
            models.CheckConstraint(
                condition=Q(path="/") | Q(path__regex=r"^[0-9]{2}/([0-9]{4}/)?([0-9]{6}/)?([0-9]{9}/)?$"),
                name="reference_division_path",
                violation_error_message=_("A division path is a chain of codes, each followed by a slash."),
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="reference_division_period",
                violation_error_message=_("A division ends after it began."),
            ),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="reference_division_level"),
        ]
        indexes = [
            models.Index(fields=["code", "-valid_from"], name="reference_division_history"),
            models.Index(
                fields=["path"],
                condition=Q(known_to__isnull=True, valid_to__isnull=True),
                name="reference_division_tree",
            ),
            models.Index(fields=["parent"], condition=Q(known_to__isnull=True), name="reference_division_parent"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def is_in_use(self) -> bool:
        """Whether the division exists today, as far as the edition knows."""
        return self.valid_to is None

    def holds(self, on: dt.date) -> bool:
        """Whether this period holds on a day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)

    @property
    def ancestors(self) -> tuple[str, ...]:
        """Codes along the path from the province down to the division itself: 440000, 440300, 440305."""
        return tuple(part.ljust(6, "0") for part in self.path.split("/") if part)


class DivisionSuccessor(models.Model):
    """After `ended_on` the place that `code` named is, or is part of, `to_code`. One row for every heir.

    A division may be its own heir: renamed under the same code, or one of the parts it was divided into.
    """

    code = models.CharField(max_length=9)
    #: The `valid_to` of the period that ended.
    ended_on = models.DateField()
    to_code = models.CharField(max_length=9)
    kind = models.CharField(max_length=10, choices=Succession)

    class Meta:
        db_table = "reference_division_successor"
        constraints = [
            models.UniqueConstraint(fields=["code", "ended_on", "to_code"], name="reference_successor_once"),
            models.CheckConstraint(condition=Q(kind__in=Succession.values), name="reference_successor_kind"),
            models.CheckConstraint(
                condition=~Q(code=F("to_code")) | Q(kind__in=[Succession.RENAMED, Succession.SPLIT]),
                name="reference_successor_of_itself",
                violation_error_message=_("Only a renamed or divided division succeeds itself."),
            ),
        ]
        indexes = [models.Index(fields=["to_code"], name="reference_successor_to")]

    def __str__(self) -> str:
        return f"{self.code} → {self.to_code}"


class CalendarYearQuerySet(models.QuerySet["CalendarYear"]):
    """Questions to the announced years."""

    def current(self) -> Self:
        """The newest announcement of every year."""
        return self.filter(known_to__isnull=True)


class CalendarYear(models.Model):
    """The holidays and make-up days of one year as announced; a new announcement is a new row.

    `days` is a list of `{"date": "2026-02-14", "rest": false, "name": "春节"}`: only days that differ from the
    ordinary week. The first days of a year may pull in the last days of the December before (2019: 29 to 31
    December 2018).
    """

    year = models.SmallIntegerField(_("year"))
    days: models.JSONField[Any, Any] = models.JSONField(_("days"))
    source = models.TextField(_("source"), help_text=_("Number or address of the State Council's notice."))
    origin = models.CharField(_("origin"), max_length=10, choices=Origin)
    known_from = models.DateTimeField()
    known_to = models.DateTimeField(null=True, blank=True)

    objects = CalendarYearQuerySet.as_manager()

    class Meta:
        db_table = "reference_calendar_year"
        constraints = [
            models.UniqueConstraint(
                fields=["year"], condition=Q(known_to__isnull=True), name="reference_calendar_one_current"
            ),
            models.CheckConstraint(
                condition=Q(known_to__isnull=True) | Q(known_to__gte=F("known_from")), name="reference_calendar_known"
            ),
            models.CheckConstraint(
                condition=Q(year__gte=1949, year__lte=2200),
                name="reference_calendar_year",
                violation_error_message=_("This is no year of the calendar."),
            ),
            models.CheckConstraint(
                condition=~Q(source=""),
                name="reference_calendar_source",
                violation_error_message=_("Say where the holidays were announced."),
            ),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="reference_calendar_origin"),
        ]

    def __str__(self) -> str:
        return str(self.year)
