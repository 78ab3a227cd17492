"""Masks: enough to recognise what one knows, too little to learn what one does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.core.masks import mask_email, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "mask"),
    [("王小明", "王××"), ("王明", "王××"), (" 欧阳修 ", "欧××"), ("Wang Xiaoming", "W××"), ("", ""), (" ", "")],
)
def test_of_a_name_one_character_is_left(name: str, mask: str) -> None:
    assert mask_name(name) == mask


@pytest.mark.parametrize(
    ("phone", "mask"),
    [("13812340013", "138****0013"), ("02165550013", "021****0013"), ("65550013", "****13"), ("", "****")],
)
def test_of_a_number_three_and_four_digits_are_left_or_two(phone: str, mask: str) -> None:
    assert mask_phone(phone) == mask


@pytest.mark.parametrize(
    ("address", "mask"), [("wang@example.org", "w***@example.org"), ("w@example.org", "w***@example.org"), ("", "***@")]
)
def test_of_an_address_one_letter_and_the_server_are_left(address: str, mask: str) -> None:
    assert mask_email(address) == mask


@given(st.text(alphabet="0123456789", min_size=11, max_size=15))
def test_two_numbers_that_differ_in_the_middle_have_one_mask(phone: str) -> None:
    other = phone[:3] + "".join("1" if digit == "0" else "0" for digit in phone[3:-4]) + phone[-4:]
    assert mask_phone(phone) == mask_phone(other)
    assert phone != other
