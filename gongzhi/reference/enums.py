"""Permission codes, levels and kinds of the reference data."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

#: The path of the whole country; every other path is a chain of segments such as `44/4403/440305/`.
NATIONAL_PATH = "/"
NATIONAL_CODE = "100000"


#: May load the packaged editions (an installation's own seeding).
LOAD = "reference.load"
#: May enter a division that no published edition holds, such as a development zone with a registry of its own.
ENTER_DIVISION = "reference.enter_division"
#: Divisions entered here; an edition never closes them.
LOCAL = "local"
#: May enter the holidays of a year.
ANNOUNCE_YEAR = "reference.announce_year"


class Level(models.IntegerChoices):
    """How deep a division stands. Levels may be skipped: a municipality's districts hang on the province."""

    NATION = 0, _("nation")
    PROVINCE = 1, _("province")
    PREFECTURE = 2, _("prefecture")
    COUNTY = 3, _("county")
    TOWNSHIP = 4, _("street or township")


class Succession(models.TextChoices):
    """What became of a code that ended."""

    RENAMED = "renamed", _("renamed")
    RECODED = "recoded", _("given a new code")
    MERGED = "merged", _("merged into another")
    SPLIT = "split", _("divided among several")


class Origin(models.TextChoices):
    """Who told the platform about a year's holidays."""

    PACKAGED = "packaged", _("shipped with the platform")
    OPERATOR = "operator", _("entered here")
