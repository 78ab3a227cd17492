"""Sealed fields: what opens, and what must not."""

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
