"""Text as search sees it: what is the same, what is found, and how it sounds."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

from gongzhi.core.searchtext import (
    compact,
    elements_of,
    grams,
    initials,
    normalise,
    numbers_of,
    pinyin,
    query_grams,
    spoken,
)

#: Characters names are made of: simplified, traditional, those whose reading as a phrase differs, latin, full width.
CHARACTERS = (
    "深圳乾元坤隆瞭望著覆徵於麼餘鐘慈善總会會省广東东〇一二ABCxyz019ＡＢ９ａ０－—·（）()《》 　_,.，。、㈱Ⅳ①ßﬁﾊ"
)
TEXTS = st.text(alphabet=CHARACTERS, max_size=14)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("Ⅳ①㈱", "iv1(株)"),
        ("廣東省慈善總會", "广东省慈善总会"),
        ("  深圳　市\t慈善\n会 ", "深圳 市 慈善 会"),
        ("STRASSE ß", "strasse ss"),
        ("", ""),
    ],
)
def test_width_script_case_and_spaces_do_not_matter(written: str, same: str) -> None:
    assert normalise(written) == same


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("“爱心”公益（深圳）促进会", "爱心公益深圳促进会"),
        ("爱 心·公—益_促进会", "爱心公益促进会"),
        ("Ａ-1 (乙)", "a1乙"),
        ("（）·—  ", ""),
    ],
)
def test_names_are_compared_without_punctuation(written: str, same: str) -> None:
    assert compact(written) == same


@given(TEXTS)
def test_what_is_compact_stays_as_it_is(text: str) -> None:
    assert compact(compact(text)) == compact(text)
    assert normalise(normalise(text)) == normalise(text)


@given(TEXTS)
def test_every_part_of_a_text_is_found_in_it(text: str) -> None:
    stored, body = set(grams(text)), compact(text)
    for begin in range(len(text)):
        for end in range(begin + 1, len(text) + 1):
            part = text[begin:end]
            assert set(query_grams(part)) <= stored, part
            assert compact(part) in body, part


@pytest.mark.parametrize("part", ["乾", "乾元", "圳乾", "元基", "瞭望", "瞭"])
def test_a_character_that_a_phrase_protects_is_found_alone_too(part: str) -> None:
    assert set(query_grams(part)) <= set(grams("深圳乾元基金会瞭望"))


def test_a_text_that_is_not_part_of_it_is_not_found() -> None:
    stored = set(grams("深圳市慈善会"))
    for other in ("北京", "善慈", "会深", "圳慈", "基"):
        assert not set(query_grams(other)) <= stored, other
    # Pairs from different places can pass together: that is why a hit is judged again on the text itself.
    assert set(query_grams("善会深")) - stored
    assert set(query_grams("会善会")) <= set(grams("善会会善"))


def test_one_character_asks_for_itself_and_two_for_their_pair() -> None:
    stored = set(grams("慈善会"))
    assert len(stored) == 5  # three characters and two pairs
    assert len(query_grams("慈")) == len(query_grams("慈善")) == 1
    assert set(query_grams("慈")) | set(query_grams("慈善")) <= stored
    assert query_grams("慈") != query_grams("慈善")


def test_a_question_without_a_word_asks_for_nothing_and_would_find_everything() -> None:
    for empty in ("", " ", "（·）"):
        assert query_grams(empty) == grams(empty) == []


def test_stored_numbers_are_the_same_on_every_machine_and_fit_the_column() -> None:
    assert grams("慈善") == [-1650023940, -138866148, 1121157348]
    every = grams("".join(chr(number) for number in range(0x4E00, 0x5E00)))
    assert -(2**31) <= min(every) < 0 < max(every) < 2**31
    assert every == sorted(set(every))


@pytest.mark.parametrize(
    ("name", "sound", "letters"),
    [
        ("广东省慈善总会", "guangdongshengcishanzonghui", "gdscszh"),
        ("重庆市", "chongqingshi", "cqs"),
        ("重慶市", "chongqingshi", "cqs"),
        ("乾元基金会", "qianyuanjijinhui", "qyjjh"),
        ("ＹＭＣＡ青年会", "ymcaqingnianhui", "ymcaqnh"),
        ("深圳（24小时）志愿服务队", "shenzhen24xiaoshizhiyuanfuwudui", "sz24xszyfwd"),
        ("", "", ""),
    ],
)
def test_a_name_has_a_sound_and_initials(name: str, sound: str, letters: str) -> None:
    assert (pinyin(name), initials(name)) == (sound, letters)


#: Phrases with readings of their own, beginnings of phrases, and what has no reading.
SPOKEN = st.lists(
    st.one_of(
        st.sampled_from(sorted(PHRASES_DICT)),
        st.sampled_from(sorted(PHRASES_DICT)).map(lambda phrase: phrase[:2]),
        st.sampled_from([chr(code) for code in sorted(PINYIN_DICT)]),
        st.sampled_from(["重庆", "银行", "音乐", "A1", "，", " ", "𠅤"]),
    ),
    max_size=5,
).map("".join)


@given(SPOKEN)
def test_our_cutting_into_phrases_reads_as_the_librarys_does(text: str) -> None:
    flat = compact(text)
    read = spoken(flat)
    assert list(read.syllables) == lazy_pinyin(flat, style=Style.NORMAL, errors=lambda run: run)
    assert read.initials == "".join(lazy_pinyin(flat, style=Style.FIRST_LETTER, errors=lambda run: run))


@given(SPOKEN)
def test_elements_are_the_numbers_as_a_binary_array_has_them(text: str) -> None:
    def packed(numbers: set[int]) -> set[bytes]:
        return {struct.pack(">ii", 4, number) for number in numbers}

    for _again in range(2):  # found anew, and kept
        assert elements_of(compact(text)) == packed(numbers_of(compact(text)))
        assert spoken(text).elements == packed(spoken(text).numbers)


def test_names_that_sound_alike_share_their_pairs_of_sounds() -> None:
    assert spoken("慈善总会").grams == spoken("慈山总会").grams
    assert spoken("慈善总会").grams != spoken("总会慈善").grams
    assert not set(spoken("慈善总会").grams) & set(grams("慈善总会"))
