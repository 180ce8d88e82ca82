"""Account numbers: ten digits, random, the last a check digit (Luhn, ISO/IEC 7812-1 annex B).

The check digit lets a mis-keyed number be told without asking who is registered, and random digits keep the register
from being counted through.
"""

from __future__ import annotations

import re
from collections.abc import Callable

LENGTH = 10

_FORM = re.compile(r"[1-9][0-9]{9}", re.ASCII)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def new(randbelow: Callable[[int], int]) -> str:
    """A fresh account number; `randbelow` is `secrets.randbelow` outside tests."""
    body = str(10 ** (LENGTH - 2) + randbelow(9 * 10 ** (LENGTH - 2)))
    return body + check_digit(body)


def is_well_formed(digits: str) -> bool:
    """Right length and check digit; says nothing of whether such an account exists."""
    return _FORM.fullmatch(digits) is not None and check_digit(digits[:-1]) == digits[-1]


def check_digit(body: str) -> str:
    """The Luhn digit that follows `body`."""
    digits = [int(digit) for digit in reversed(body)]
    total = sum(_DOUBLED[digit] for digit in digits[::2]) + sum(digits[1::2])
    return str(-total % 10)
