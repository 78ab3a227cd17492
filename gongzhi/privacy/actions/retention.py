"""Declared retention carried out, and shown beforehand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.apps import apps
from django.db import models, transaction
from django.utils import timezone
from django.utils.functional import Promise

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed
from gongzhi.core.retention import Retention, rules_of
from gongzhi.privacy import policies
from gongzhi.privacy.purposes import KINDS

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {"forget_expired": "It is about persons."}


@dataclass(frozen=True)
class Due:
    """One rule of one model, and how many rows it concerns at a moment."""

    model: type[models.Model]
    rule: Retention
    rows: int

    @property
    def label(self) -> str:
        """`app.model`."""
        return self.model._meta.label_lower

    @property
    def words(self) -> str | Promise:
        """What kind of row it is, for people."""
        return KINDS.get(self.label, self.label)


def every_rule() -> list[tuple[type[models.Model], Retention]]:
    """Every rule some model declares, by model."""
    found = [(model, rule) for model in apps.get_models() for rule in rules_of(model)]
    return sorted(found, key=lambda one: (one[0]._meta.label_lower, one[1].days))


def due_now(now: dt.datetime | None = None) -> list[Due]:
    """What would be forgotten at a moment. Counted by the platform: no official may see the rows."""
    moment = now or timezone.now()
    with acting(Actor.system("privacy.retention")):
        return [Due(model, rule, rule.due(model, moment).count()) for model, rule in every_rule()]


@transaction.atomic
def forget_expired(*, actor: Actor, now: dt.datetime | None = None) -> list[Due]:
    """Empty or remove what has been kept for its declared time; what was done, rule by rule."""
    if not policies.can_run_clocks(actor):
        raise NotAllowed("privacy.forget_expired")
    moment = now or timezone.now()
    done = [Due(model, rule, rule.carry_out(model, moment)) for model, rule in every_rule()]
    counts = {f"{one.label}.{one.rule.after}.{one.rule.days}": one.rows for one in done if one.rows}
    if counts:
        audit.record(actor=actor, event="privacy.retention.carried_out", details=counts)
    return done
