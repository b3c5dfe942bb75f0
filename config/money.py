"""Money is an integer number of minor units beside an ISO 4217 currency; nothing about money is ever a float."""

from __future__ import annotations

BASIS_POINTS = 10_000

# ISO 4217 currencies whose minor unit is not a hundredth, of those that card providers settle in.
_EXPONENTS = {"BHD": 3, "CLP": 0, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "OMR": 3, "TND": 3, "VND": 0}


def minor_unit_exponent(currency: str) -> int:
    """How many decimal places the currency's minor unit stands for (ISO 4217)."""
    return _EXPONENTS.get(currency.upper(), 2)


def format_minor(amount_minor: int, currency: str) -> str:
    """`-5.00 USD`: plain text for descriptions and the command line; pages format by locale themselves."""
    exponent = minor_unit_exponent(currency)
    sign, digits = ("-" if amount_minor < 0 else ""), str(abs(amount_minor)).rjust(exponent + 1, "0")
    whole, fraction = (digits[:-exponent], "." + digits[-exponent:]) if exponent else (digits, "")
    return f"{sign}{whole}{fraction} {currency.upper()}"


def ceil_div(numerator: int, denominator: int) -> int:
    """The quotient rounded up, in integers."""
    return -(-numerator // denominator)
