"""Stripe's amounts: integers whose number of decimals depends on the currency.

Stripe's units are ISO 4217's minor units with three exceptions, which `to_minor` and `from_minor` translate:
ISK and UGX have no minor unit any more but keep two decimals at Stripe, MGA has one but none at Stripe.
Source: https://docs.stripe.com/currencies (zero-decimal, three-decimal, special cases).
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeGuard

from babel.numbers import format_currency, get_currency_symbol

ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_ISO_EXPONENTS = {"ISK": 0, "UGX": 0, "MGA": 2}
_LARGEST = 10**15


def decimals(currency: str) -> int:
    """How many digits of Stripe's integer stand behind the point."""
    code = currency.upper()
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


def to_minor(amount: int, currency: str) -> int:
    """Stripe's integer in ISO 4217 minor units."""
    return _scale(amount, _iso_decimals(currency) - decimals(currency))


def from_minor(amount_minor: int, currency: str) -> int:
    """ISO 4217 minor units as the integer that Stripe expects."""
    return _scale(amount_minor, decimals(currency) - _iso_decimals(currency))


def readable(amount: Any, currency: Any) -> str:
    """`€120.00` for Stripe's integer and currency; "" when they are not an amount and a currency."""
    if not is_amount(amount) or not is_currency(currency):
        return ""
    code = currency.upper()
    digits = 0 if _iso_decimals(code) == 0 else decimals(code)
    value = Decimal(amount).scaleb(-decimals(code))
    return format_currency(value, code, format=_pattern(code, digits), locale="en")


def is_amount(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST


def is_currency(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha()


def _iso_decimals(currency: str) -> int:
    return _ISO_EXPONENTS.get(currency.upper(), decimals(currency))


def _scale(amount: int, power: int) -> int:
    return amount * int(10**power) if power >= 0 else amount // int(10**-power)


@lru_cache(maxsize=256)
def _pattern(code: str, digits: int) -> str:
    """A pattern with a space where the symbol is letters: `CHF 5.00`, but `€5.00`."""
    space = " " if get_currency_symbol(code, locale="en")[-1].isalpha() else ""
    return f"¤{space}#,##0" + ("." + "0" * digits if digits else "")
