"""Money: whole fen inside, yuan at the edge, and never a float."""

from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.core.money import fen, format_yuan, yuan

AMOUNTS = st.integers(min_value=-(2**63), max_value=2**63 - 1)  # what a column holds


@given(AMOUNTS)
def test_fen_to_yuan_and_back_is_the_same(amount: int) -> None:
    assert fen(yuan(amount)) == fen(str(yuan(amount))) == amount
    assert fen(format_yuan(amount).replace(",", "")) == amount


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_a_decimal_is_taken_exactly_or_not_at_all(value: Decimal) -> None:
    with localcontext(prec=2000):  # numbers longer than the usual context are judged too
        try:
            assert Decimal(fen(value)) == value * 100
        except ValueError:
            assert not value.is_finite() or value.adjusted() > 25 or value * 100 != (value * 100).to_integral_value()


@pytest.mark.parametrize(
    ("written", "amount"),
    [("0", 0), ("12", 1200), ("12.3", 1230), ("12.30", 1230), ("12.3000", 1230), ("-0.01", -1), ("1e3", 100_000)],
)
def test_what_people_write_is_read(written: str, amount: int) -> None:
    assert fen(written) == amount


@pytest.mark.parametrize(
    "written",
    [
        "",
        "abc",
        "12.345",
        "0.001",
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1e999999",
        "1e-999999",
        "1e1000000000",
        "1e29",
        "123456789012345678901234567890.12",
        "1." + "0" * 80 + "1",
    ],
)
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        fen(written)


def test_a_long_amount_is_not_rounded() -> None:
    assert fen("12345678901234567890123456789.12") == 1234567890123456789012345678912
    assert Decimal("12345678901234567890123456789.12") * 100 != 1234567890123456789012345678912  # Python's own digits


@pytest.mark.parametrize("value", [0.5, 1.0, 0.1, float("nan")])
def test_a_float_is_refused_even_when_it_looks_whole(value: Any) -> None:
    with pytest.raises(TypeError, match="float"):
        fen(value)
    assert fen(Decimal("0.5")) == 50  # the negative control


def test_an_amount_is_shown_with_groups_and_two_decimals() -> None:
    assert [format_yuan(amount) for amount in (400_000_000, 5, 0, -123_456)] == [
        "4,000,000.00",
        "0.05",
        "0.00",
        "-1,234.56",
    ]
