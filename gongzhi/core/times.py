"""UTC inside, Asia/Shanghai at the edge."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import timezone

SHANGHAI = ZoneInfo("Asia/Shanghai")


def today() -> dt.date:
    """The date on the wall in China: what deadlines and registers mean by a day."""
    return timezone.now().astimezone(SHANGHAI).date()


def local(moment: dt.datetime) -> dt.datetime:
    """A stored moment as the reader's clock shows it."""
    return moment.astimezone(SHANGHAI)
