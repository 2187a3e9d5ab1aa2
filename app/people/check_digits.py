"""A last digit that tells a slip of the finger from another number.

The digit is Damm's (H. M. Damm, Total anti-symmetrische Quasigruppen, 2004): it finds
every single wrong digit and every swap of two neighbours.
"""

from __future__ import annotations

import unicodedata

_QUASIGROUP = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def with_check_digit(digits: str) -> str:
    """Return digits with their check digit behind them."""
    return digits + str(_folded(digits))


def is_checked(digits: str) -> bool:
    """Whether the last of these digits is the check digit of the others."""
    return len(digits) > 1 and digits.isascii() and digits.isdigit() and _folded(digits) == 0


def typed_digits(typed: str) -> str:
    """Return what was typed with digits of every script as ASCII, without blanks and dashes."""
    plain = (str(unicodedata.decimal(sign, sign)) for sign in unicodedata.normalize("NFKC", typed))
    return "".join(sign for sign in "".join(plain) if not sign.isspace() and sign not in "-.‐‑–")


def _folded(digits: str) -> int:
    carried = 0
    for digit in digits:
        carried = int(_QUASIGROUP[carried][int(digit)])
    return carried
