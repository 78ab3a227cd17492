"""Declared retention that a job carries out: which fields of a row are emptied, or the row removed, how long after what.

A model lists its rules as `retention`; `privacy.actions.forget_expired` carries them out and shows beforehand what it
would do. What is kept for as long as something else exists has no rule here and says so in `personal_fields`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import models


@dataclass(frozen=True, slots=True)
class Retention:
    """One rule: `days` after the moment (or day) in `after`, `fields` are emptied; without fields the row is removed."""

    after: str
    days: int
    fields: tuple[str, ...] = ()

    def due(self, model: type[models.Model], now: dt.datetime) -> models.QuerySet[Any]:
        """The rows whose time is over and that still hold something."""
        limit: dt.date | dt.datetime = now - dt.timedelta(days=self.days)
        if not isinstance(model._meta.get_field(self.after), models.DateTimeField):
            limit = (now - dt.timedelta(days=self.days)).date()
        rows = model._default_manager.filter(**{f"{self.after}__lt": limit})
        if not self.fields:
            return rows
        holding = models.Q()
        for name, empty in self.emptied(model).items():
            holding |= ~models.Q(**{name: empty})
        return rows.filter(holding)

    def emptied(self, model: type[models.Model]) -> dict[str, Any]:
        """Each field and what it holds afterwards."""
        found = {}
        for name in self.fields:
            field = model._meta.get_field(name)
            found[name] = b"" if isinstance(field, models.BinaryField) else ""
        return found

    def carry_out(self, model: type[models.Model], now: dt.datetime) -> int:
        """Empty or remove what is due; how many rows."""
        rows = self.due(model, now)
        if self.fields:
            return int(rows.update(**self.emptied(model)))
        return int(rows._raw_delete(rows.db))


def rules_of(model: type[models.Model]) -> tuple[Retention, ...]:
    """The rules a model declares."""
    return tuple(getattr(model, "retention", ()))
