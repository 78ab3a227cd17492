"""Words a password is not made of."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from gongzhi.accounts.passwords import ContextWords


def test_the_numbers_of_an_address_are_no_words(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "volunteers.example"]
    ContextWords().validate("1286-1276-3b12-9127")  # a demonstration's password: chance may hold such digits
    with pytest.raises(ValidationError):  # the control
        ContextWords().validate("volunteers-2026!")
