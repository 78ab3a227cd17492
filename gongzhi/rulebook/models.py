"""Dated parameters: the numbers the law asks for, each with its article and with how it is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongzhi.core.clocks import Version, VersionQuerySet, clock_constraints
from gongzhi.reference.enums import Level
from gongzhi.rulebook import packaged
from gongzhi.rulebook.enums import ORGANIZATION, PACKAGE, TO_BE_VERIFIED, Evidence, Unit
from gongzhi.rulebook.packaged import plain


@dataclass(frozen=True, slots=True)
class Statement:
    """A number with its citation. One fact: a number is never carried forward under another number's article."""

    value: Decimal
    unit: str
    article: str
    source: str
    evidence: str


def path_chain(path: str) -> list[str]:
    """The divisions whose word counts in a place, the nation first: `44/4403/` → ``["", "44/", "44/4403/"]``."""
    chain = [""]
    for part in path.split("/"):
        if part:
            chain.append(f"{chain[-1]}{part}/")
    return chain


class ParameterQuerySet(VersionQuerySet["Parameter"]):
    """Questions about parameters. They are public: everybody may see every row."""

    def for_place(self, path: str) -> Self:
        """Rows of a division and of everything above it, the deepest division first."""
        return self.filter(path__in=path_chain(path)).order_by("-path")

    def packaged(self) -> Self:
        """Rows that came with the platform."""
        return self.filter(set_by=PACKAGE)


class Parameter(Version):
    """One version of one number for one division: what it is from a day on, and since when the platform knows it.

    Two clocks, append-only. `path` is the division it is for, empty for the nation; the deepest division wins.
    """

    owner: ClassVar[tuple[str, ...]] = ("code", "path")
    facts: ClassVar[tuple[str, ...]] = ("statement",)
    about: ClassVar[tuple[str, ...]] = ("set_by", "set_by_name", "reason", "seal")

    code = models.CharField(max_length=80, db_collation="C")
    path = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    value = models.DecimalField(max_digits=18, decimal_places=4)
    unit = models.CharField(max_length=16, choices=Unit.choices)
    #: Where it stands, ready to be quoted: `《慈善法》第二十二条`.
    article = models.CharField(max_length=200)
    #: Which edition or paper was used: `民政部令第74号`.
    source = models.CharField(max_length=200)
    evidence = models.CharField(max_length=1, choices=Evidence.choices)
    #: `package`, or the capacity of who amended it: `agency:3`, `process:seed`.
    set_by = models.CharField(max_length=64)
    #: The name of that body as it was then; never a person's.
    set_by_name = models.CharField(max_length=120, blank=True, default="")
    #: Why it was amended; empty for packaged versions.
    reason = models.TextField(blank=True, default="")
    #: The transparency log's seal of the amendment; null for packaged versions, which the release proves.
    seal = models.UUIDField(null=True)

    objects: ClassVar[ParameterQuerySet] = ParameterQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "rulebook_parameter"
        constraints = [
            *clock_constraints("rulebook_parameter", ("code", "path")),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+){1,3}$"),
                name="rulebook_parameter_code",
                violation_error_message=_("A parameter's code is words joined by dots."),
            ),
            models.CheckConstraint(
                condition=Q(path__regex=r"^([0-9]{2}/([0-9]{4}/)?([0-9]{6}/)?([0-9]{9}/)?)?$"),
                name="rulebook_parameter_path",
                violation_error_message=_("A division path is a chain of codes, each followed by a slash."),
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0),
                name="rulebook_parameter_value",
                violation_error_message=_("The number cannot be below zero."),
            ),
            models.CheckConstraint(
                condition=~Q(unit=Unit.MONTH_DAY) | Q(value__gte=101, value__lte=1231),
                name="rulebook_parameter_month_day",
                violation_error_message=_("Write the day as month and day in four digits: 0531 is 31 May."),
            ),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="rulebook_parameter_unit"),
            models.CheckConstraint(condition=Q(evidence__in=Evidence.values), name="rulebook_parameter_evidence"),
            models.CheckConstraint(
                condition=~Q(article="") & ~Q(source=""),
                name="rulebook_parameter_cited",
                violation_error_message=_("A number needs its article and its source."),
            ),
            models.CheckConstraint(
                condition=~Q(set_by="") & (Q(set_by=PACKAGE) | ~Q(reason="")),
                name="rulebook_parameter_reasoned",
                violation_error_message=_("An amendment needs a reason."),
            ),
        ]
        indexes = [models.Index(fields=["code", "path", "-valid_from"], name="rulebook_parameter_history")]

    def __str__(self) -> str:
        return f"{self.code} {self.path} {plain(self.value)} {self.unit}"

    @property
    def statement(self) -> Statement:
        """The number with its citation, as one value."""
        return Statement(
            value=plain(self.value),
            unit=str(self.unit),
            article=self.article,
            source=self.source,
            evidence=str(self.evidence),
        )

    @statement.setter
    def statement(self, statement: Statement) -> None:
        """Used when `core.clocks.amend` builds a version; rows in the database never change."""
        self.value, self.unit = statement.value, statement.unit
        self.article, self.source, self.evidence = statement.article, statement.source, statement.evidence

    @property
    def number(self) -> Decimal:
        """The value without trailing zeros."""
        return plain(self.value)

    @property
    def shown(self) -> str:
        """The number as it is typed: a day of the year has four digits."""
        return packaged.shown(self.value, self.unit)

    @property
    def spoken(self) -> str:
        """The number with its unit, in the reader's language."""
        return packaged.spoken(self.value, self.unit)

    @property
    def is_unverified(self) -> bool:
        """Whether it is shown as 待核实 and must not carry a hard refusal."""
        return self.evidence in TO_BE_VERIFIED

    @property
    def is_packaged(self) -> bool:
        """Whether it came with the platform, and not from an operator."""
        return self.set_by == PACKAGE

    def day_in(self, year: int) -> dt.date:
        """The day a parameter of unit `month_day` means in a year. ValueError for other units."""
        if self.unit != Unit.MONTH_DAY:
            raise ValueError(f"{self.code} is no day of the year")
        month, day = divmod(int(self.value), 100)
        return dt.date(year, month, day)


@dataclass(frozen=True, slots=True)
class Choice:
    """What one level says of a setting: a value, perhaps locked for everything below, or that it says nothing any more.

    One fact: a lock is never carried forward to another value.
    """

    given: bool
    value: str = ""
    locked: bool = False


#: Digits of the last code of a division's path → its level.
LEVELS = {0: Level.NATION, 2: Level.PROVINCE, 4: Level.PREFECTURE, 6: Level.COUNTY, 9: Level.TOWNSHIP}


def scope_of_organization(org_id: int) -> str:
    """The scope in which an organization chooses for itself."""
    return f"{ORGANIZATION}{org_id}"


def level_of(scope: str) -> Level | None:
    """The level of a scope; None for an organization. A municipality's districts hang on the province."""
    if scope.startswith(ORGANIZATION):
        return None
    return LEVELS[len(scope.rstrip("/").rpartition("/")[2])]


class SettingQuerySet(VersionQuerySet["Setting"]):
    """Questions about settings. Those of divisions are public; an organization's are shown to its own people."""

    def in_scopes(self, scopes: Sequence[str]) -> Self:
        """Rows of exactly these scopes."""
        return self.filter(scope__in=scopes)

    def of_divisions(self) -> Self:
        """Rows of divisions: what everybody may know."""
        return self.exclude(scope__startswith=ORGANIZATION)


class Setting(Version):
    """One version of what one level says of one setting: a value, a lock or the end of both, from a day on.

    Two clocks, append-only. `scope` is a division path, empty for the nation, or `org:` and the organization's number. The
    deepest level that says something wins, unless one above it has locked its own value.
    """

    owner: ClassVar[tuple[str, ...]] = ("code", "scope")
    facts: ClassVar[tuple[str, ...]] = ("choice",)
    about: ClassVar[tuple[str, ...]] = ("reach", "set_by", "set_by_name", "reason")

    code = models.CharField(max_length=48, db_collation="C")
    scope = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    #: Whether the level says anything; a row that does not takes the value back.
    given = models.BooleanField()
    value = models.TextField(blank=True, default="")
    locked = models.BooleanField()
    #: Division path of the body that set it, `/` for the whole country, empty for an organization: what a body above has
    #: locked here, one below does not open.
    reach = models.CharField(max_length=64, blank=True, db_collation="C")
    #: The capacity of who set it: `agency:3`, `org:12`, `process:seed`.
    set_by = models.CharField(max_length=64)
    #: The name of that body as it was then; never a person's.
    set_by_name = models.CharField(max_length=200, blank=True, default="")
    reason = models.TextField()

    objects: ClassVar[SettingQuerySet] = SettingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "rulebook_setting"
        constraints = [
            *clock_constraints("rulebook_setting", ("code", "scope")),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[a-z]+\.[a-z_]+$"),
                name="rulebook_setting_code",
                violation_error_message=_("A setting's code is two words joined by a dot."),
            ),
            models.CheckConstraint(
                condition=Q(scope__regex=r"^(([0-9]{2}/([0-9]{4}/)?([0-9]{6}/)?([0-9]{9}/)?)?|org:[1-9][0-9]*)$"),
                name="rulebook_setting_scope",
                violation_error_message=_("A setting holds for a division or for an organization."),
            ),
            models.CheckConstraint(
                condition=Q(given=True) | Q(value="", locked=False),
                name="rulebook_setting_taken_back",
                violation_error_message=_("What is taken back has no value and locks nothing."),
            ),
            models.CheckConstraint(
                condition=Q(given=False) | ~Q(value=""),
                name="rulebook_setting_says_something",
                violation_error_message=_("A setting says something, or is taken back."),
            ),
            models.CheckConstraint(
                condition=Q(locked=False) | ~Q(scope__startswith=ORGANIZATION),
                name="rulebook_setting_lock",
                violation_error_message=_("An organization locks nothing."),
            ),
            models.CheckConstraint(
                condition=~Q(set_by="") & ~Q(reason=""),
                name="rulebook_setting_reasoned",
                violation_error_message=_("A setting says who set it and why."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["scope", "code", "-valid_from"],
                condition=Q(known_to__isnull=True),
                name="rulebook_setting_in_force",
            ),
            models.Index(fields=["code", "scope", "-valid_from"], name="rulebook_setting_history"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.scope} {'=' if self.given else 'taken back'} {self.value}".rstrip()

    @property
    def choice(self) -> Choice:
        """What the level says, as one value."""
        return Choice(self.given, self.value, self.locked)

    @choice.setter
    def choice(self, choice: Choice) -> None:
        """Used when `core.clocks.amend` builds a version; rows in the database never change."""
        self.given, self.value, self.locked = choice.given, choice.value, choice.locked
