"""Evidence, units, parts and permissions of the rulebook."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

#: Change a number for one's own division and everything below it.
AMEND = "rulebook.amend"
#: Load the packaged edition; held by the platform's own processes.
LOAD = "rulebook.load"

#: Set, lock and take back settings for one's own division and everything below it.
KEEP_SETTINGS = "rulebook.keep_settings"
#: Choose for one's own organization what the levels above leave open.
CHOOSE_SETTINGS = "rulebook.choose_settings"

#: `set_by` of a version that came with the platform.
PACKAGE = "package"

#: How a switch is kept.
YES, NO = "yes", "no"
#: What stands before the number of an organization in the scope of a setting.
ORGANIZATION = "org:"


class Evidence(models.TextChoices):
    """How a number is known (domain rules §0.1)."""

    READ = "V", _("Read in the text itself")
    SECONDARY = "S", _("Read in a secondary source")
    DRAFT = "D", _("Read only in a draft")
    GENERAL = "G", _("General knowledge, not verified")


#: Evidence that is shown as 待核实 and never carries a hard refusal.
TO_BE_VERIFIED = frozenset({Evidence.DRAFT, Evidence.GENERAL})


class Unit(models.TextChoices):
    """What a number counts."""

    PERSON = "person", _("people")
    ORGANIZATION = "organization", _("organizations")
    MEMBER = "member", _("members, people and organizations together")
    YUAN = "yuan", _("yuan")
    PERCENT = "percent", _("percent")
    THIRD = "third", _("thirds")
    TIMES = "times", _("times the amount")
    DAY = "day", _("calendar days")
    WORKING_DAY = "working_day", _("working days")
    HOUR = "hour", _("hours")
    MONTH = "month", _("months")
    YEAR = "year", _("years")
    MONTH_DAY = "month_day", _("day of the year")
    COUNT = "count", _("how many times")
    AGE = "age", _("years of age")
    GRADE = "grade", _("grade of the assessment")
    SCORE = "score", _("points")
    FACTOR = "factor", _("factor")
    CHARACTER = "character", _("characters of a text")
    EDITION = "edition", _("year of a text")


#: How a number is said in each unit, with `count` for the plural and `n` for the figure. Percent, thirds, grades and days
#: of the year have a form of their own (`packaged.spoken`).
PHRASES = {
    Unit.PERSON: ngettext_lazy("%(n)s person", "%(n)s people", "count"),
    Unit.ORGANIZATION: ngettext_lazy("%(n)s organization", "%(n)s organizations", "count"),
    Unit.MEMBER: ngettext_lazy("%(n)s member", "%(n)s members", "count"),
    Unit.YUAN: ngettext_lazy("%(n)s yuan", "%(n)s yuan", "count"),
    Unit.TIMES: ngettext_lazy("%(n)s time the amount", "%(n)s times the amount", "count"),
    Unit.DAY: ngettext_lazy("%(n)s calendar day", "%(n)s calendar days", "count"),
    Unit.WORKING_DAY: ngettext_lazy("%(n)s working day", "%(n)s working days", "count"),
    Unit.HOUR: ngettext_lazy("%(n)s hour", "%(n)s hours", "count"),
    Unit.MONTH: ngettext_lazy("%(n)s month", "%(n)s months", "count"),
    Unit.YEAR: ngettext_lazy("%(n)s year", "%(n)s years", "count"),
    Unit.COUNT: ngettext_lazy("%(n)s time", "%(n)s times", "count"),
    Unit.AGE: ngettext_lazy("%(n)s year of age", "%(n)s years of age", "count"),
    Unit.SCORE: ngettext_lazy("%(n)s point", "%(n)s points", "count"),
    Unit.CHARACTER: ngettext_lazy("%(n)s character", "%(n)s characters", "count"),
}

#: Units that may have decimals; everything else is counted in whole numbers.
FRACTIONAL = frozenset({Unit.PERCENT, Unit.FACTOR, Unit.YUAN, Unit.SCORE, Unit.HOUR})


class Area(models.TextChoices):
    """The parts of the settings, in the order of their page."""

    WORDS = "words", _("Names and local texts")
    MODULES = "modules", _("Modules")
    CHANNELS = "channels", _("Ways notices go out")
    PROMISES = "promises", _("Promised days")


class Shape(models.TextChoices):
    """What the value of a setting looks like."""

    LINE = "line", _("One line of text")
    TEXT = "text", _("A short text")
    SWITCH = "switch", _("On or off")
    DAYS = "days", _("Working days")


class Section(models.TextChoices):
    """The parts of the package: one file each below `parameters/`."""

    ACCESSIBILITY_AND_PRIVACY = "privacy", _("Personal data, security, accessibility")
    ANNUAL = "annual", _("Annual inspection and report")
    ASSESSMENT = "assessment", _("Assessment")
    CHANGE = "change", _("Change, cancellation, liquidation")
    CHARITY = "charity", _("Charity status and public fundraising")
    DISCLOSURE = "disclosure", _("Disclosure and fundraising plans")
    ESTABLISHMENT = "establishment", _("Establishment")
    FILING = "filing", _("Filings")
    GOVERNANCE = "governance", _("Councils, meetings, officers")
    LICENCE = "licence", _("Time limits of licences")
    NAME = "name", _("Names")
    RATIO = "ratio", _("Spending and cost ratios")
    RULE_SETS = "rule_sets", _("Which text is in force")
    SERVICES = "services", _("Government purchase and aid")
    SUPERVISION = "supervision", _("Checks, complaints, credit, penalties")
    VOLUNTEER = "volunteer", _("Volunteer service")


class FactType(models.TextChoices):
    """What kind of value a fact is. Money is whole fen; nothing is ever a float."""

    INTEGER = "integer", _("Whole number")
    MONEY = "money", _("Amount of money")
    DATE = "date", _("Day")
    TEXT = "text", _("Word of a list")
    YES_NO = "yes_no", _("Yes or no")


class Verdict(models.TextChoices):
    """What the engine finds about one rule and one set of facts. A missing fact is never "holds" and never "broken"."""

    DOES_NOT_APPLY = "does_not_apply", _("Does not apply")
    UNKNOWN = "unknown", _("Cannot be told yet")
    HOLDS = "holds", _("Fits the rule")
    BROKEN = "broken", _("Does not fit the rule")
