"""What is asked, granted and held back about personal data. Every table stands behind the second wall."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.models import Person
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.ids import public_id
from gongzhi.orgs.models import Agency

#: No notice is held back for longer, whatever two officials wish. The ordinary longest term is a parameter.
LONGEST_HOLD_DAYS: Final = 366


def within(rows: models.QuerySet, actor: Actor) -> models.QuerySet:  # type: ignore[type-arg]  # any model with a path
    """Rows of the divisions an agency reaches; a process sees all, everybody else none. As the second wall has it."""
    if actor.kind is ActorKind.PROCESS or actor.scope.path == "/":
        return rows
    if actor.scope.path:
        return rows.filter(path__gte=actor.scope.path, path__lt=actor.scope.path + chr(1114111))
    return rows.none()


class HoldQuerySet(models.QuerySet["Hold"]):
    """Questions about held-back notices."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of the agency's divisions. The person concerned sees their number and last day, never the row."""
        return within(self, actor)  # type: ignore[return-value]

    def holding(self, day: dt.date) -> Self:
        """Those that keep looks from being shown on a day: approved by a second official, open, within their term."""
        return self.filter(approved_at__isnull=False, closed_at__isnull=True, until__gte=day)


class Hold(models.Model):
    """One investigation whose looks are shown later: proposed by one official, approved by another, with a last day.

    Looks made under it appear when it closes, at the latest on the day after `until`. None is held for ever.
    """

    #: Nothing of the person concerned stands here: which looks it covers is said by the looks.
    personal_fields: ClassVar[dict[str, str]] = {
        "reason": "why the notice waits, in words that may speak of persons; 3 years after it closed",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=64, db_collation="C")
    #: The investigation's own reference, such as the number of its file.
    matter = models.CharField(max_length=60)
    reason = models.TextField()
    until = models.DateField()
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_on = models.DateField()
    approved_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        db_table = "privacy_hold"
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
                name="privacy_hold_two_persons",
                violation_error_message=_("A second official has to approve it."),
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="privacy_hold_approved",
            ),
            models.CheckConstraint(
                condition=Q(until__gte=F("proposed_on"))
                & Q(until__lte=F("proposed_on") + dt.timedelta(days=LONGEST_HOLD_DAYS)),
                name="privacy_hold_has_an_end",
                violation_error_message=_("A notice is held back for a year at most."),
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(matter=""), name="privacy_hold_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.matter} until {self.until}"

    def holds_on(self, day: dt.date) -> bool:
        """Whether looks made under it are not shown yet on a day."""
        return self.approved_at is not None and self.closed_at is None and self.until >= day
