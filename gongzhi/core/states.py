"""Lifecycle of ordinary records: a transition table, one way to move, one refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from gongzhi.core.errors import RuleViolation


class HasState(models.Model):
    """A record with a `state` column. The subclass gives `transitions`: which state may follow which."""

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {}
    state: Any

    class Meta:
        abstract = True

    def move_to(self, state: str) -> None:
        """Change the state in memory, if the table allows it; the caller saves inside its action."""
        if state not in self.transitions.get(self.state, frozenset()):
            raise RuleViolation(
                f"{self._meta.label_lower}.wrong_state",
                _("This step is not possible now: it was changed meanwhile. Reload the page and look again."),
            )
        self.state = state
