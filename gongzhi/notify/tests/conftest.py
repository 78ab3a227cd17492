"""Two kinds of notice, an address book and a courier that are there for one test."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor
from gongzhi.notify import contracts
from gongzhi.notify.contracts import Address, NoticeKind

#: The words are taken from Django's own catalogue, so that they have a translation in every test.
OPTIONAL = NoticeKind(
    code="tests.reminder",
    label="Reminder",
    purpose="So that you do not forget.",
    subject=_("Monday"),
    text="Case %(number)s waits.",
    params=frozenset({"number"}),
)
MANDATORY = NoticeKind(
    code="tests.decision",
    label="Decision",
    purpose="It tells you of your rights.",
    subject="Decided",
    text="Case %(number)s is decided.",
    params=frozenset({"number"}),
    may_be_switched_off=False,
)


@dataclass
class Book:
    """Finds an address for everybody but those who have none."""

    nowhere: set[int] = field(default_factory=set)
    language: str = "en"

    def find(self, *, actor: Actor, person_id: int, channel: str) -> Address | None:
        """`7@people.example`, unless they have none."""
        if person_id in self.nowhere:
            return None
        return Address(f"{person_id}@people.example", self.language)


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Book:
    """The kinds and the book; gone after the test."""
    monkeypatch.setattr(contracts, "_kinds", {})
    monkeypatch.setattr(contracts, "_books", [])
    contracts.register_kind(OPTIONAL)
    contracts.register_kind(MANDATORY)
    own = Book()
    contracts.register_address_book(own)
    return own
