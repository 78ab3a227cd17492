"""Money is a whole number of fen inside and a `Decimal` of yuan at the edges; never a float."""

from __future__ import annotations

from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow

WAN = 10_000
#: Refuses where Python's usual 28 digits would round.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])


def fen(yuan: Decimal | str | int) -> int:
    """Yuan to fen. More than two decimals, no number, or more than 30 digits raises ValueError; a float TypeError.

    A bigint column holds 18 digits of fen: whoever stores an amount that was typed sets a limit first.
    """
    if isinstance(yuan, float):
        raise TypeError("money is never a float")
    try:
        amount = _EXACT.multiply(_EXACT.create_decimal(yuan), Decimal(100))
    except DecimalException as error:
        raise ValueError(f"{yuan!r} is not an amount") from error
    # The size comes first: an exponent of a million is a short text and a long number.
    if not amount.is_finite() or amount.adjusted() > 30 or amount != amount.to_integral_value():
        raise ValueError(f"{yuan!r} is not a whole number of fen")
    return int(amount)


def yuan(amount: int) -> Decimal:
    """Fen to yuan with two decimals."""
    return (Decimal(amount) / 100).quantize(Decimal("0.01"))


def format_yuan(amount: int) -> str:
    """`400000000` → `4,000,000.00`, without the unit: the page adds 元 or CNY."""
    return f"{yuan(amount):,.2f}"
