"""Words a password is not made of."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.contrib.auth.password_validation import MinimumLengthValidator, validate_password
from django.core.exceptions import ValidationError

from gongzhi.accounts.passwords import CommonAtHeart, ContextWords, common_passwords, weight_of


def test_the_numbers_of_an_address_are_no_words(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "volunteers.example"]
    ContextWords().validate("1286-1276-3b12-9127")  # a demonstration's password: chance may hold such digits
    with pytest.raises(ValidationError):  # the control
        ContextWords().validate("volunteers-2026!")


#: Long passwords that stand on every list of stolen ones, as people here and elsewhere write them.
STOLEN = ["123456789012", "111111222222", "1q2w3e4r5t6y", "1qaz2wsx3edc", "qazwsxedcrfv", "qwertyuiop12", "asdfghjkl123", "abcd12345678", "a1b2c3d4e5f6", "password1234", "P@ssw0rd1234", "passwordpassword", "iloveyou1234", "woaini1314520", "5201314woaini", "woaizuguo1949", "zhangwei19900101", "qwerty123456", "123456qwerty", "1234qwer1234", "football2024", "letmein12345", "unitedstates", "shenzhen2026", "zhongguo888888", "nihao123456", "monkey-dragon", "superman.1234", "dragon", "20001231", "aaaa11112222"]  # fmt: skip


@pytest.mark.parametrize("password", STOLEN)
def test_a_password_of_the_stolen_ones_is_refused(password: str) -> None:
    if len(password) >= 12:
        with pytest.raises(ValidationError, match="常见"):
            CommonAtHeart().validate(password)


def test_far_more_than_three_thousand_long_common_passwords_are_refused_by_the_whole_of_the_rules() -> None:
    """ASVS 5.0, 6.2.4: a set of at least 3,000 that fit the rule of length. Each is refused for being common alone."""
    alike = sorted(one for one in common_passwords() if 6 <= len(one) <= 9 and one.isalpha())
    words = alike[:: len(alike) // 80]
    made = {a + b for a, b in itertools.product(words, words) if len(a + b) >= 12}
    made |= {f"{a}{end}" for a in words for end in ("123456", "12345678", "1234567890", "20250101")}
    long_ones = [one for one in sorted(made) if len(one) >= 12]
    assert len(long_ones) > 3000
    length, heart = MinimumLengthValidator(12), CommonAtHeart()
    for password in long_ones:
        length.validate(password)
        with pytest.raises(ValidationError):
            heart.validate(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "winter sun table lamp",
        "monkeydragonfootball",
        "kf83jf02kd9x",
        "493810275566104",
        "四个毫无关系的词语拼在一起",
        "1286-1276-3b12-9127",
        "x" * 5 + "abcdefg" * 17,
    ],
)
def test_sentences_and_random_signs_are_taken(password: str) -> None:
    CommonAtHeart().validate(password)


def test_the_rule_stands_among_those_of_the_settings_and_long_input_costs_little() -> None:
    with pytest.raises(ValidationError) as caught:
        validate_password("shenzhen20260101")
    assert "password_of_common_ones" in {one.code for one in caught.value.error_list}
    assert weight_of("") is None
    assert weight_of("password" * 500) == weight_of("password" * 16), "nothing beyond the longest is looked at"
