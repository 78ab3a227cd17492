"""What a sealed model declares, and the values that travel into the log."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, Self

from django.db import models

#: What a sealed field may hold. Dates and moments are ISO texts, money is whole fen: a float has no one text.
Value = str | int | bool | None
Fields = Mapping[str, Value]


class Subject(NamedTuple):
    """Whose data the salts protect: erasing this subject's key makes every commitment under it unopenable."""

    kind: str
    id: int

    @classmethod
    def of(cls, row: models.Model) -> Self:
        """The subject a row of `accounts.person`, `orgs.organization` … stands for."""
        return cls(row._meta.label_lower, row.pk)


#: No fields at all.
NOTHING: Final[Fields] = MappingProxyType({})


class SealedRecord(NamedTuple):
    """What was sealed about one row: fields shown in clear, and fields only committed to."""

    public: Fields = NOTHING
    private: Fields = NOTHING


class WrittenRecord(NamedTuple):
    """The same where all fields are shown in clear, as its canonical text (`entries.Layout`)."""

    text: bytes

    @property
    def private(self) -> Fields:
        """Never any."""
        return NOTHING


class SealedRow(NamedTuple):
    """One row under a bulk entry. `subject` is needed as soon as the record has private fields."""

    row_kind: str
    row_id: int
    record: SealedRecord | WrittenRecord
    subject: Subject | None = None


class Sealed(Protocol):
    """A model whose rows are in the log. `gongzhi audit` builds the record anew from the row and compares.

    `seal` is what `actions.seal` or `actions.seal_batch` returned when the row was written. `sealed_record` must give
    the same for ever, so it reads only columns of its own row that never change.
    """

    pk: Any
    seal: uuid.UUID

    def sealed_record(self) -> SealedRecord:
        """What was sealed about this row."""
        ...
