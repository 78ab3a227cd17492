"""What callers hand over with a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Readable(Protocol):
    """A stream of bytes: an uploaded file of a request, an open file."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; empty at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose file it is: a person, an organization, and the division path of the agency that works with it.

    Any of the three may be missing, not all. A person's file for a case has the person and the agency's path.
    """

    person_id: int | None = None
    org_id: int | None = None
    path: str = ""
