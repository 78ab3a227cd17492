"""Sealed fields: what opens, and what must not."""

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.core import crypto


@given(st.text(max_size=200), st.integers(min_value=1, max_value=10**12))
def test_what_is_sealed_opens_in_its_own_row(text: str, pk: int) -> None:
    assert crypto.unseal(crypto.seal(text, where="t.c", pk=pk), where="t.c", pk=pk) == text


def test_a_value_moved_to_another_row_or_column_does_not_open() -> None:
    value = crypto.seal("王小明", where="t.c", pk=1)
    for where, pk in (("t.c", 2), ("t.d", 1)):
        with pytest.raises(crypto.CannotOpen):
            crypto.unseal(value, where=where, pk=pk)


@pytest.mark.parametrize("at", [0, 1, 2, 13, 14, -1])
def test_one_changed_byte_is_noticed(at: int) -> None:
    value = bytearray(crypto.seal("王小明", where="t.c", pk=1))
    value[at] ^= 1
    with pytest.raises(crypto.CannotOpen):
        crypto.unseal(bytes(value), where="t.c", pk=1)


def test_sm4_values_and_aes_values_stand_side_by_side(settings) -> None:  # type: ignore[no-untyped-def]
    aes = crypto.seal("一", where="t.c", pk=1)
    settings.FIELD_CIPHER = "SM4-GCM"
    sm4 = crypto.seal("一", where="t.c", pk=1)
    assert aes[0] == crypto.AES_256_GCM
    assert sm4[0] == crypto.SM4_GCM
    assert crypto.unseal(aes, where="t.c", pk=1) == crypto.unseal(sm4, where="t.c", pk=1) == "一"


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert crypto.seal("一", where="t.c", pk=1) != crypto.seal("一", where="t.c", pk=1)


def test_a_blind_index_is_equal_for_equal_values_and_tells_purposes_apart() -> None:
    assert crypto.blind_index("phone", "13812340013") == crypto.blind_index("phone", "13812340013")
    assert crypto.blind_index("phone", "13812340013") != crypto.blind_index("card", "13812340013")
    assert crypto.blind_index("phone", "13812340013") != crypto.blind_index("phone", "13812340014")


@pytest.mark.parametrize("cipher", ["AES-256-GCM", "SM4-GCM"])
def test_both_ciphers_bind_a_value_to_its_row_and_notice_a_change(settings: Any, cipher: str) -> None:
    settings.FIELD_CIPHER = cipher
    value = crypto.seal("王小明", where="t.c", pk=1)
    assert crypto.unseal(memoryview(value), where="t.c", pk=1) == "王小明"  # as the database driver may hand it over
    assert "王小明".encode() not in value
    changed = value[:-1] + bytes([value[-1] ^ 1])
    for broken, where, pk in ((value, "t.c", 2), (value, "t.d", 1), (value, "t", 11), (changed, "t.c", 1)):
        with pytest.raises(crypto.CannotOpen):
            crypto.unseal(broken, where=where, pk=pk)


def test_an_old_key_opens_and_the_newest_seals(settings: Any) -> None:
    old = crypto.seal("一", where="t.c", pk=1)
    first = settings.KEYS.encryption
    settings.KEYS = replace(settings.KEYS, encryption={**first, 7: os.urandom(32)})
    new = crypto.seal("一", where="t.c", pk=1)
    assert (old[1], new[1]) == (max(first), 7)
    assert crypto.unseal(old, where="t.c", pk=1) == crypto.unseal(new, where="t.c", pk=1) == "一"
    settings.KEYS = replace(settings.KEYS, encryption={7: os.urandom(32)})
    for value in (old, new):  # the first has no key any more, the second a wrong one
        with pytest.raises(crypto.CannotOpen):
            crypto.unseal(value, where="t.c", pk=1)


@pytest.mark.parametrize("length", [0, 1, 2, 14, 29])
def test_a_value_that_is_too_short_does_not_open(length: int) -> None:
    value = crypto.seal("", where="t.c", pk=1)
    assert len(value) == 30
    with pytest.raises(crypto.CannotOpen):
        crypto.unseal(value[:length], where="t.c", pk=1)


def test_a_cipher_that_is_not_known_does_not_open() -> None:
    value = crypto.seal("一", where="t.c", pk=1)
    with pytest.raises(crypto.CannotOpen, match="unknown algorithm 9"):
        crypto.unseal(b"\x09" + value[1:], where="t.c", pk=1)


def test_a_blind_index_depends_on_the_key_and_on_where_the_purpose_ends(settings: Any) -> None:
    before = crypto.blind_index("phone", "13812340013")
    assert len(before) == 16
    assert crypto.blind_index("phone1", "3812340013") != before
    settings.KEYS = replace(settings.KEYS, blind_index=os.urandom(32))
    assert crypto.blind_index("phone", "13812340013") != before
