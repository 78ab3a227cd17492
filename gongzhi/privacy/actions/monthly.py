"""What everybody is told by itself in the first days of a month: how often others looked at their data."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import Count, F, Min

from gongzhi.audit import actions as audit
from gongzhi.audit.models import Look
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed
from gongzhi.core.times import local, today
from gongzhi.notify import actions as notify
from gongzhi.privacy import policies
from gongzhi.privacy.enums import Shown
from gongzhi.privacy.models import Hold, ToldMonth
from gongzhi.privacy.notifications import MONTHLY
from gongzhi.privacy.selectors import ONLY, first_of_month, moment

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {"tell_months": "It is about persons."}

#: A platform that stood still for longer makes up this many months.
MOST_MONTHS: Final = 12


@transaction.atomic
def tell_months(*, actor: Actor, day: dt.date | None = None) -> list[dt.date]:
    """Tell everybody whose data others looked at, for every month that is over and was not told yet. The months told.

    Run it as often as you like: a month is told once, and one that was missed is made up. Looks held back are counted
    as held back and not told of otherwise.
    """
    if not policies.can_run_clocks(actor):
        raise NotAllowed("privacy.tell_months")
    day = day or today()
    told = []
    for month in _months(day):
        _tell(actor, month, day)
        told.append(month)
    return told


def _months(day: dt.date) -> list[dt.date]:
    """The months before the present one that nobody was told about, the oldest first."""
    earliest = Look.objects.aggregate(at=Min("at"))["at"]
    if earliest is None:
        return []
    begun = first_of_month(local(earliest).date())
    wanted = [first_of_month(day, back) for back in range(MOST_MONTHS, 0, -1)]
    done = set(ToldMonth.objects.filter(first__in=wanted).values_list("first", flat=True))
    return [month for month in wanted if month >= begun and month not in done]


def _tell(actor: Actor, month: dt.date, day: dt.date) -> None:
    held = list(Hold.objects.visible_to(actor).holding(day).values_list("pk", flat=True))
    rows = (
        Look.objects.filter(at__gte=moment(month), at__lt=moment(first_of_month(month, -1)), owner_person__isnull=False)
        .exclude(person_id=F("owner_person"), acting_for="")
        .order_by()
        .values("owner_person")
    )
    held_counts = rows.filter(hold_id__in=held).annotate(n=Count("id")).values_list("owner_person", "n")
    waiting = {person: n for person, n in held_counts if person is not None}
    shown = rows.exclude(hold_id__in=held).annotate(
        seen=Count("id", filter=ONLY[Shown.SEEN]),
        export=Count("id", filter=ONLY[Shown.EXPORT]),
        refused=Count("id", filter=ONLY[Shown.REFUSED]),
    )
    counts = {
        person: (seen, export, refused)
        for person, seen, export, refused in shown.values_list("owner_person", "seen", "export", "refused")
        if person is not None
    }
    for person in sorted(counts.keys() | waiting.keys()):
        seen, export, refused = counts.get(person, (0, 0, 0))
        notify.notify(
            actor=actor,
            person_id=person,
            kind=MONTHLY.code,
            params={
                "month": f"{month:%Y-%m}",
                "seen": seen,
                "export": export,
                "refused": refused,
                "held": waiting.get(person, 0),
            },
            key=f"privacy.monthly.{month:%Y-%m}",
            url_name="privacy:looked",
        )
    looks = sum(map(sum, counts.values()))
    ToldMonth.objects.create(first=month, people=len(counts.keys() | waiting.keys()), looks=looks)
    audit.record(actor=actor, event="privacy.month.told", details={"month": f"{month:%Y-%m}", "people": len(counts)})
