"""Does a row still say what was sealed about it? Pure: the caller brings row, entry and salts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum

from gongzhi.tlog import entries, merkle
from gongzhi.tlog.contracts import SealedRecord, WrittenRecord


class Verdict(StrEnum):
    """What comparing a row with its entry shows.

    `ERASED` is trusted only when the log holds a `record.erased` entry that names this one: otherwise somebody removed
    salts to hide a change.
    """

    HOLDS = "holds"
    BROKEN = "broken"
    ERASED = "erased"


def entry_verdict(body: bytes, record: SealedRecord, salts: Mapping[str, bytes]) -> Verdict:
    """Compare the entry's bytes with the record built anew from the row and the salts opened from the vault."""
    entry = json.loads(body)
    if entry.get("p", {}) != dict(record.public):
        return Verdict.BROKEN
    if not set(record.private) <= set(salts):
        return Verdict.ERASED
    same = entry["c"] == entries.text_of(entries.commitment(record.private, salts))
    return Verdict.HOLDS if same else Verdict.BROKEN


def row_verdict(leaf: bytes, record: SealedRecord | WrittenRecord, seed: bytes | None) -> Verdict:
    """Compare the stored leaf of a row under a bulk entry with the record built anew from the row."""
    if record.private and seed is None:
        return Verdict.ERASED
    return Verdict.HOLDS if entries.row_leaf(record, seed) == leaf else Verdict.BROKEN


def batch_verdict(body: bytes, leaves: Sequence[bytes]) -> Verdict:
    """Compare a bulk entry with the stored leaves in the order of their positions: a leaf changed, lost or added breaks
    the root."""
    entry = json.loads(body)
    same = entry.get("n") == len(leaves) and entry["c"] == entries.text_of(merkle.root(leaves))
    return Verdict.HOLDS if same else Verdict.BROKEN
