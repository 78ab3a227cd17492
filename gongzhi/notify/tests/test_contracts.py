"""Registering kinds, the book and couriers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gongzhi.notify import contracts
from gongzhi.notify.contracts import UnknownKind
from gongzhi.notify.handlers import MailCourier
from gongzhi.notify.tests.conftest import MANDATORY, OPTIONAL, Book


def test_a_kind_is_registered_once(book: Book) -> None:
    contracts.register_kind(OPTIONAL)  # the same again is no mistake
    with pytest.raises(ValueError, match="two kinds"):
        contracts.register_kind(replace(OPTIONAL, label="Other"))
    assert [kind.code for kind in contracts.kinds()] == ["tests.decision", "tests.reminder"]


@pytest.mark.parametrize("code", ["reminder", "Tests.reminder", "tests.reminder!"])
def test_a_kind_has_a_code(book: Book, code: str) -> None:
    with pytest.raises(ValueError, match="no code"):
        contracts.register_kind(replace(OPTIONAL, code=code))


@pytest.mark.parametrize("text", ["Case %(other)s", "Case %(number)", "100 % sure", "%(number)d"])
def test_the_words_of_a_kind_fit_its_params(book: Book, text: str) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        contracts.register_kind(replace(OPTIONAL, code="tests.other", text=text))


def test_an_unknown_kind_is_said_so(book: Book) -> None:
    with pytest.raises(UnknownKind):
        contracts.kind_of("tests.unheard_of")
    assert contracts.kind_of("tests.decision") is MANDATORY


def test_there_is_one_book_and_one_courier_a_channel(book: Book) -> None:
    contracts.register_address_book(book)
    with pytest.raises(ValueError, match="already"):
        contracts.register_address_book(Book())
    assert isinstance(contracts.courier_of("mail"), MailCourier)
    with pytest.raises(ValueError, match="two couriers"):
        contracts.register_courier(MailCourier())
