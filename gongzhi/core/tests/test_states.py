"""A lifecycle moves along its table, in memory, and refuses everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest
from django.apps import apps
from django.db import models

from gongzhi.core.errors import RuleViolation
from gongzhi.core.states import HasState


class Lamp(HasState):
    """One lamp of this test; it has no table."""

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {"off": frozenset({"on"}), "on": frozenset({"off", "broken"})}
    state = models.CharField(max_length=8, default="off")

    class Meta:
        app_label = "core"
        managed = False

    def __str__(self) -> str:
        return str(self.state)


del apps.all_models["core"]["lamp"]  # so that nothing else takes it for one of the platform's


@pytest.mark.parametrize(("before", "after"), [("off", "on"), ("on", "off"), ("on", "broken")])
def test_a_step_of_the_table_is_taken(before: str, after: str) -> None:
    lamp = Lamp(state=before)
    lamp.move_to(after)
    assert lamp.state == after


@pytest.mark.parametrize(
    ("before", "after"), [("off", "broken"), ("off", "off"), ("broken", "on"), ("on", "blue"), ("unheard of", "on")]
)
def test_every_other_step_is_refused_and_changes_nothing(before: str, after: str) -> None:
    lamp = Lamp(state=before)
    with pytest.raises(RuleViolation) as caught:
        lamp.move_to(after)
    assert (caught.value.code, lamp.state) == ("core.lamp.wrong_state", before)
    assert str(caught.value.message)


def test_a_record_without_a_table_goes_nowhere() -> None:
    class Stone(HasState):
        """It has no transitions."""

        state = models.CharField(max_length=8, default="still")

        class Meta:
            app_label = "core"
            managed = False

        def __str__(self) -> str:
            return str(self.state)

    del apps.all_models["core"]["stone"]
    with pytest.raises(RuleViolation):
        Stone().move_to("still")
