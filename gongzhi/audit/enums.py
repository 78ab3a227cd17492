"""How a look was made, and who reads the trail."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

#: Reading what happened on the platform, whoever did it, and how emergency access was judged. Changes nothing.
READ_TRAIL = "audit.read_trail"


class How(models.TextChoices):
    """By what door somebody saw personal data, or wanted to."""

    PAGE = "page", _("On a page")
    API = "api", _("Through the interface for programs")
    EXPORT = "export", _("In a list that was exported")
    COUNTER = "counter", _("Read out at a counter")
    EMERGENCY = "emergency", _("By emergency access")
