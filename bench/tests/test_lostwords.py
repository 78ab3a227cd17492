"""The count of lost words, without browser and platform."""

from __future__ import annotations

import random

import pytest

from bench import lostwords
from bench.lostwords import KINDS, Count


def strokes(text: str, *, from_s: float = 0.0) -> list[tuple[float, str]]:
    """One character a second."""
    return [(from_s + number, character) for number, character in enumerate(text)]


@pytest.mark.parametrize(
    ("found", "lost", "late"),
    [
        ("甲乙丙丁戊", 0, 0),
        ("甲乙丙", 0, 2),  # what was typed in the last two seconds may be missing
        ("甲", 2, 2),
        ("", 3, 2),
        ("丁甲乙丙", 3, 2),  # characters in another order are no words
    ],
)
def test_what_was_typed_more_than_two_seconds_before_counts_as_lost(found: str, lost: int, late: int) -> None:
    count = Count()
    assert count.judge(strokes("甲乙丙丁戊"), 4.5, found) == lost
    assert (count.typed, count.due, count.lost, count.late) == (5, 3, lost, late)
    assert count.typed == count.restored + count.lost + count.late


def test_every_kind_of_fault_has_its_turn() -> None:
    kinds = lostwords._faults(24, random.Random(1))
    assert sorted(set(kinds)) == sorted(KINDS)
    assert max(kinds.count(kind) for kind in KINDS) == 3
    assert all(callable(getattr(lostwords.Typist, f"_{kind}")) for kind in KINDS)
