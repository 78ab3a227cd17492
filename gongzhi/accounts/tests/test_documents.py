"""Numbers of documents: what is wrong with one, who it says somebody is, and what is only doubted."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.accounts import numbers
from gongzhi.accounts.documents import Fault, age_on, check_digit, read_document
from gongzhi.accounts.enums import DocumentKind
from gongzhi.accounts.tests.people import resident_number

ON = dt.date(2026, 11, 27)
#: The standard's own sample.
SAMPLE = "11010519491231002X"


def code_of(kind: str, text: str) -> str:
    with pytest.raises(Fault) as caught:
        read_document(kind, text, on=ON)
    assert str(caught.value.message)
    return caught.value.code


def test_the_sample_of_the_standard_is_read_however_it_is_typed() -> None:
    for typed in (SAMPLE, "110105 19491231 002x", "１１０１０５１９４９１２３１００２Ｘ", "110105-19491231-002X"):
        found = read_document("resident_id", typed, on=ON)
        assert (found.number, found.born_on, found.doubts) == (SAMPLE, dt.date(1949, 12, 31), ())
    assert found.masked == "1****************X"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "missing"),
        ("110105491231002", "old"),
        (SAMPLE[:-1], "length"),
        (f"{SAMPLE}0", "length"),
        ("1101051949123100XX", "characters"),
        ("99010519491231002X", "other_kind"),
        ("810000194912310020", "other_kind"),
        ("10010519491231002X", "division"),
        ("110105194902300027", "birth"),
        ("110105189912310020", "birth"),
        ("110105299912310020", "future"),
        ("110105194912310021", "check"),
    ],
)
def test_what_is_wrong_with_a_resident_number_is_named(typed: str, code: str) -> None:
    assert code_of("resident_id", typed) == code


@given(place=st.integers(0, 16), digit=st.integers(1, 9))
def test_one_wrong_digit_never_passes(place: int, digit: int) -> None:
    wrong = list(SAMPLE)
    wrong[place] = str((int(wrong[place]) + digit) % 10)
    with pytest.raises(Fault):
        read_document("resident_id", "".join(wrong), on=ON)


def test_the_control_a_number_made_with_its_check_digit_passes() -> None:
    body = "44030019800101" + "123"
    assert read_document("resident_id", body + check_digit(body), on=ON).born_on == dt.date(1980, 1, 1)
    assert read_document("resident_id", resident_number(dt.date(2001, 2, 3)), on=ON).born_on == dt.date(2001, 2, 3)


def test_a_residence_permit_has_the_same_form_and_beginnings_of_its_own() -> None:
    body = "83000019800101" + "123"
    assert read_document("hmt_residence", body + check_digit(body), on=ON).born_on == dt.date(1980, 1, 1)
    assert code_of("hmt_residence", SAMPLE) == "other_kind"


@pytest.mark.parametrize(
    ("kind", "typed", "number", "doubts"),
    [
        ("passport", "e12345678", "E12345678", ()),
        ("passport", "ABCDEF", "ABCDEF", ("form",)),
        ("hk_macao_permit", "H12345678", "H12345678", ()),
        ("hk_macao_permit", "H1234567801", "H12345678", ()),
        ("hk_macao_permit", "K12345678", "K12345678", ("form",)),
        ("taiwan_permit", "12345678", "12345678", ()),
        ("taiwan_permit", "1234567", "1234567", ("form",)),
        ("foreign_residence", "ABC110180133112", "ABC110180133112", ("birth",)),
        ("foreign_residence", "ABC440080010112", "ABC440080010112", ()),
    ],
)
def test_forms_that_are_only_generally_known_are_doubted_and_refuse_nobody(
    kind: str, typed: str, number: str, doubts: tuple[str, ...]
) -> None:
    found = read_document(kind, typed, on=ON)
    assert (found.number, found.doubts) == (number, doubts)


@pytest.mark.parametrize("kind", DocumentKind.values)
def test_impossible_characters_are_refused_for_every_kind(kind: str) -> None:
    assert code_of(kind, "身份证") in {"characters", "length"}


def test_the_card_for_foreigners_of_2023_tells_the_birthday_and_its_check_is_only_doubted() -> None:
    body = "91110319800101" + "123"
    good = read_document("foreign_residence", body + check_digit(body), on=ON)
    assert (good.born_on, good.doubts) == (dt.date(1980, 1, 1), ())
    other = "0" if check_digit(body) != "0" else "1"
    assert read_document("foreign_residence", body + other, on=ON).doubts == ("check",)
    assert read_document("foreign_residence", "911103198013011230", on=ON).born_on is None


def test_age_counts_full_years_and_who_was_born_on_the_29th_waits_for_the_day_after() -> None:
    assert age_on(dt.date(2008, 11, 27), ON) == 18
    assert age_on(dt.date(2008, 11, 28), ON) == 17
    assert age_on(dt.date(2008, 2, 29), dt.date(2026, 2, 28)) == 17
    assert age_on(dt.date(2008, 2, 29), dt.date(2026, 3, 1)) == 18


# --- numbers of the platform's own ---


@given(st.integers(0, 10), st.integers(1, 9))
def test_a_volunteer_number_with_one_wrong_digit_does_not_fit(place: int, digit: int) -> None:
    number = numbers.draw(numbers.VOLUNTEER)
    assert numbers.fits(number, numbers.VOLUNTEER)
    wrong = list(number)
    wrong[place] = str((int(wrong[place]) + digit) % 10)
    assert not numbers.fits("".join(wrong), numbers.VOLUNTEER)


def test_numbers_are_read_as_they_are_printed() -> None:
    number = numbers.draw(numbers.CARD)
    assert len(number) == 16
    assert number[0] not in "01"
    assert numbers.clean(numbers.grouped(number)) == number
    assert not numbers.fits("²" * 16, numbers.CARD)
