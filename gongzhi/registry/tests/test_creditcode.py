"""The unified social credit code: known vectors, what its checks find, and what they cannot find."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gongzhi.orgs.enums import Kind
from gongzhi.registry import creditcode
from gongzhi.registry.creditcode import ALPHABET, Fault, FaultCode

FOUNDATION = "53440000MJ100001XH"
SOCIAL = ("51100000MJ0000018U", "52310101MJ5000017R", FOUNDATION)
COMPANIES = ("9144030071526726XG", "91330100799655058B")


def code_of(head: str, entity: str) -> str:
    """A sound code for eight first characters and the eight of the entity."""
    body = head + entity + creditcode.organization_check(entity)
    return body + creditcode.check_character(body)


entities = st.text(ALPHABET, min_size=8, max_size=8)
heads = st.builds("{}{:06}".format, st.sampled_from(["51", "52", "53", "54", "91"]), st.integers(0, 999_999))
sound_codes = st.builds(code_of, heads, entities)
social_codes = st.builds(
    lambda tail, entity: code_of("53" + tail, entity), st.from_regex(r"[0-9]{6}", fullmatch=True), entities
)


@pytest.mark.parametrize("code", SOCIAL)
def test_codes_of_social_organizations_pass(code: str) -> None:
    assert creditcode.check(code) == []


@pytest.mark.parametrize("code", COMPANIES)
def test_a_companys_code_is_sound_but_for_a_person_to_judge(code: str) -> None:
    assert creditcode.check(code) == [Fault(FaultCode.NOT_CIVIL_AFFAIRS, 1)]
    assert creditcode.is_sound(code)
    assert creditcode.kind_of(code) is None


def test_the_check_agrees_with_the_formula_of_the_standard_written_out() -> None:
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    for code in SOCIAL + COMPANIES:
        total = sum(
            "0123456789ABCDEFGHJKLMNPQRTUWXY".index(one) * weight for one, weight in zip(code, weights, strict=False)
        )
        assert "0123456789ABCDEFGHJKLMNPQRTUWXY"[(31 - total % 31) % 31] == code[17]
    assert list(creditcode.WEIGHTS) == weights


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("", FaultCode.LENGTH),
        (FOUNDATION[:-1], FaultCode.LENGTH),
        (FOUNDATION + "0", FaultCode.LENGTH),
        ("53440000MJI00001XH", FaultCode.ALPHABET),
        ("53440000MJ1000О1XH", FaultCode.ALPHABET),  # a Cyrillic letter that looks like a zero
        ("5344000०MJ100001XH", FaultCode.ALPHABET),  # a Devanagari zero is a digit for str.isdigit
        ("53440000MJ100001XJ", FaultCode.CHECK_CHARACTER),
    ],
)
def test_what_is_wrong_is_named_and_fatal(code: str, fault: FaultCode) -> None:
    first = creditcode.check(code)[0]
    assert first.code is fault
    assert first.fatal
    assert not creditcode.is_sound(code)
    assert creditcode.kind_of(code) is None
    assert creditcode.registry_division(code) == ""


def test_a_symbol_outside_the_alphabet_is_pointed_at() -> None:
    assert creditcode.check("53440000MJI00001XH") == [Fault(FaultCode.ALPHABET, 11)]


def test_an_o_is_never_read_as_a_zero() -> None:
    assert creditcode.check(FOUNDATION.replace("0", "O"))[0].code is FaultCode.ALPHABET


def test_a_wrong_organization_code_is_found_under_a_right_last_character() -> None:
    body = "53440000MJ1000010"
    code = body + creditcode.check_character(body)
    assert [fault.code for fault in creditcode.check(code)] == [FaultCode.ORGANIZATION_CHECK]


def test_letters_in_the_place_of_the_division_are_found() -> None:
    assert FaultCode.DIVISION in {fault.code for fault in creditcode.check(code_of("5344A000", "MJ100001"))}


@pytest.mark.parametrize("category", ["54", "55", "59"])
def test_other_categories_of_civil_affairs_are_kept_for_a_person(category: str) -> None:
    code = code_of(f"{category}440305", "MJ100001")
    (fault,) = creditcode.check(code)
    assert fault == Fault(FaultCode.CATEGORY, 2)
    assert not fault.fatal
    assert creditcode.is_sound(code)
    assert creditcode.kind_of(code) is None
    assert creditcode.registry_division(code) == "440305"


def test_fifteen_digits_are_an_old_number_and_not_refused() -> None:
    (fault,) = creditcode.check("１１0000 500123456")
    assert fault == Fault(FaultCode.OLD_NUMBER)
    assert not fault.fatal
    assert not creditcode.is_sound("110000500123456")
    assert not creditcode.is_old_number("11000050012345X")


@pytest.mark.parametrize(
    ("code", "kind"), list(zip(SOCIAL, (Kind.SOCIAL_GROUP, Kind.SERVICE, Kind.FOUNDATION), strict=True))
)
def test_the_second_character_says_the_kind(code: str, kind: Kind) -> None:
    assert creditcode.kind_of(code) is kind


def test_the_registry_is_told_by_digits_three_to_eight() -> None:
    assert creditcode.registry_division(SOCIAL[0]) == creditcode.NATIONAL_DIVISION
    assert creditcode.registry_division(FOUNDATION) == "440000"


@pytest.mark.parametrize(
    "written",
    [
        "53440000mj100001xh",
        " 5344 0000 MJ10 0001 XH\u3000",
        "５３４４００００ＭＪ１００００１ＸＨ",
        "５３44００００ｍｊ100001\u200bｘｈ\ufeff",
    ],
)
def test_width_case_and_spaces_do_not_matter(written: str) -> None:
    assert creditcode.normalise(written) == FOUNDATION
    assert creditcode.check(written) == []


@given(st.text())
def test_normalising_twice_changes_nothing_and_never_makes_up_characters(text: str) -> None:
    once = creditcode.normalise(text)
    assert creditcode.normalise(once) == once
    assert len(once) <= len(text)


@pytest.mark.parametrize("body", ["", "5344", "I" * 17, "5344000０MJ100001X", "53440000mj100001x"])
def test_a_check_character_needs_seventeen_characters_of_the_alphabet(body: str) -> None:
    with pytest.raises(ValueError, match="17 characters"):
        creditcode.check_character(body)


@pytest.mark.parametrize("body", ["", "mj100001", "MJ10000", "MJ1000０1", "MJ-00001"])
def test_an_organization_check_needs_eight_digits_and_capitals(body: str) -> None:
    with pytest.raises(ValueError, match="eight"):
        creditcode.organization_check(body)


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    faults = creditcode.check(text)
    looks_right = re.fullmatch(rf"5[123][0-9]{{6}}[{ALPHABET}]{{10}}", creditcode.normalise(text), re.ASCII)
    assert faults or looks_right


@given(sound_codes)
def test_what_we_build_is_sound(code: str) -> None:
    assert creditcode.is_sound(code)


@given(sound_codes, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_change_of_one_character_is_found(code: str, place: int, symbol: str) -> None:
    assume(code[place] != symbol)
    assert not creditcode.is_sound(code[:place] + symbol + code[place + 1 :])


@given(sound_codes, st.integers(0, 16))
def test_every_transposition_of_neighbours_is_found(code: str, place: int) -> None:
    assume(code[place] != code[place + 1])
    changed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert not creditcode.is_sound(changed)


@given(sound_codes, st.integers(0, 16), st.integers(0, 16))
def test_every_exchange_among_the_first_seventeen_is_found(code: str, one: int, two: int) -> None:
    assume(code[one] != code[two])
    symbols = list(code)
    symbols[one], symbols[two] = symbols[two], symbols[one]
    assert not creditcode.is_sound("".join(symbols))


@given(social_codes)
def test_an_exchange_of_first_and_last_slips_past_the_check_but_not_past_the_first_character(code: str) -> None:
    assume(code[17] != code[0])
    changed = code[17] + code[1:17] + code[0]
    assert creditcode.is_sound(changed)
    assert FaultCode.NOT_CIVIL_AFFAIRS in {fault.code for fault in creditcode.check(changed)}


def test_some_pairs_of_changes_slip_through_as_the_module_says() -> None:
    """Weights 1 and 3: adding 3 to the first value and taking 1 from the second leaves the sum alone."""
    body = SOCIAL[0][:17]
    changed = ALPHABET[ALPHABET.index(body[0]) + 3] + ALPHABET[ALPHABET.index(body[1]) - 1] + body[2:]
    assert creditcode.check_character(changed) == creditcode.check_character(body)


def test_the_organization_code_alone_misses_values_that_differ_by_eleven() -> None:
    assert creditcode.organization_check("MJ100001") == creditcode.organization_check("MJ1B0001")


def test_every_fault_has_a_sentence() -> None:
    assert set(creditcode.MESSAGES) == set(FaultCode)
    assert all(str(Fault(code).message) for code in FaultCode)
