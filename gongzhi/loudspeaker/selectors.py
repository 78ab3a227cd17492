"""Quiet hours, what is due at a playing point, and which receipts are missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q
from django.utils import timezone

from gongzhi.core.times import local
from gongzhi.loudspeaker.enums import MODULE, State
from gongzhi.loudspeaker.models import Airing, Broadcast, Point, Receipt, below
from gongzhi.reference.models import Division
from gongzhi.rulebook import selectors as rulebook
from gongzhi.rulebook.selectors import layers

#: A receipt counts as missing this long after the airing's time.
GRACE: Final = dt.timedelta(minutes=30)
#: A playing point is told what comes within a day, so that a device can fetch it while there is a line.
AHEAD: Final = dt.timedelta(days=1)
#: … and what came within half a day, so that a confirmation that could not be sent is made up.
BEHIND: Final = dt.timedelta(hours=12)


@dataclass(frozen=True)
class Quiet:
    """The hours in which nothing is aired but what is urgent."""

    from_hour: int
    to_hour: int
    #: The article they come from, and whether it still has to be read.
    cited: str = ""
    to_be_verified: bool = False

    @property
    def begins(self) -> str:
        """The first minute of the quiet hours."""
        return f"{self.from_hour:02d}:00"

    @property
    def ends(self) -> str:
        """The first minute after them."""
        return f"{self.to_hour:02d}:00"

    def holds(self, time: str) -> bool:
        """Whether a time `HH:MM` lies in them; they may reach over midnight."""
        if self.from_hour > self.to_hour:
            return time >= self.begins or time < self.ends
        return self.begins <= time < self.ends


def quiet_hours(path: str, *, on: dt.date) -> Quiet:
    """The quiet hours of a division on a day: two parameters of the rulebook. One query."""
    found = rulebook.values(
        ["broadcast.quiet_from_hour", "broadcast.quiet_to_hour"], path="" if path == "/" else path, on=on
    )
    begin, end = found["broadcast.quiet_from_hour"], found["broadcast.quiet_to_hour"]
    return Quiet(int(begin.number), int(end.number), begin.article, begin.is_unverified)


def is_on(path: str) -> bool:
    """Whether the loudspeaker is switched on in a division. One query."""
    return layers.is_on(MODULE, path=path)


def _above(path: str) -> list[str]:
    """A path and every path above it, the nation too."""
    steps = path.strip("/").split("/") if path != "/" else []
    return ["/", *("/".join(steps[:count]) + "/" for count in range(1, len(steps) + 1))]


def due_at(point: Point) -> list[Airing]:
    """What a playing point is to play, or has just had to, in order, with its own receipt as `mine`; nothing
    where the module is switched off. Three queries."""
    if not is_on(point.path):
        return []
    now = timezone.now()
    airings = list(
        Airing.objects.filter(
            broadcast__path__in=_above(point.path),
            broadcast__state=State.APPROVED,
            at__gte=max(now - BEHIND, point.created_at),
            at__lte=now + AHEAD,
        )
        .select_related("broadcast__recording", "broadcast__agency")
        .order_by("at", "pk")[:50]
    )
    played = set(Receipt.objects.filter(point=point, airing__in=airings).values_list("airing_id", flat=True))
    for airing in airings:
        airing.mine = airing.pk in played  # type: ignore[attr-defined]
        airing.due = airing.at <= now  # type: ignore[attr-defined]
    return airings


def airing_at(point: Point, number: int) -> Airing | None:
    """An airing a playing point may have anything to do with."""
    return (
        Airing.objects.filter(pk=number, broadcast__path__in=_above(point.path))
        .select_related("broadcast__recording")
        .first()
    )


def point_with(key_sha256: str) -> Point | None:
    """The playing point in use whose link has this hash."""
    return Point.objects.in_use().filter(key_sha256=key_sha256).first()


@dataclass(frozen=True)
class Heard:
    """One airing: how many playing points there were, how many said that they played it, whether some are overdue."""

    airing: Airing
    expected: int
    played: int
    is_late: bool

    @property
    def missing(self) -> int:
        """How many have not said so."""
        return max(0, self.expected - self.played)


def expected_points(broadcast: Broadcast) -> Q:
    """Which playing points a broadcast is meant for; those that ended or came later are left out by `heard`."""
    return below(broadcast.path)


def heard(broadcast: Broadcast, airings: Sequence[Airing]) -> list[Heard]:
    """What came of some airings of one broadcast. Two queries for any number."""
    points = list(Point.objects.filter(expected_points(broadcast)).values_list("created_at", "ended_at"))
    played = dict(
        Receipt.objects.filter(airing__in=airings).values_list("airing").annotate(n=Count("pk")).order_by("airing")
    )
    now = timezone.now()
    found = []
    for airing in airings:
        expected = sum(made <= airing.at and (ended is None or ended > airing.at) for made, ended in points)
        count = played.get(airing.pk, 0)
        late = broadcast.state == State.APPROVED and airing.at + GRACE < now and count < expected
        found.append(Heard(airing, expected, count, late))
    return found


def place_names(paths: Sequence[str]) -> dict[str, str]:
    """Division path → its name with those above it; one query for any number of paths."""
    codes = {path: [step.ljust(6, "0") for step in path.strip("/").split("/") if step] for path in set(paths)}
    wanted = {code for steps in codes.values() for code in steps}
    names = dict(Division.objects.in_use().filter(code__in=wanted).values_list("code", "name"))
    return {path: "".join(names.get(code, "") for code in steps) for path, steps in codes.items()}


def shown_time(moment: dt.datetime) -> str:
    """Hour and minute in China."""
    return f"{local(moment):%H:%M}"
