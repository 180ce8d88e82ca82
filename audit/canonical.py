"""Canonical JSON, RFC 8785: one value has exactly one spelling, so that a hash of it means something.

Standard library only: the offline verifier reads this module too. Integers beyond 2**53 - 1 are refused because the
RFC counts in IEEE 754 doubles (section 3.2.2.3, RFC 7493 section 2.2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]

LARGEST = 2**53 - 1


class CanonicalError(ValueError):
    """A value has no canonical form."""


def canonical(value: Json) -> bytes:
    """The RFC 8785 bytes of a value. Raises `CanonicalError` for what JSON or the RFC cannot hold."""
    try:
        return _text(value).encode()
    except UnicodeEncodeError:
        raise CanonicalError("a lone surrogate cannot be written as UTF-8") from None
    except RecursionError:
        raise CanonicalError("nested too deeply") from None


def _text(value: Json) -> str:
    if isinstance(value, str):
        # The RFC's escapes (section 3.2.2.2) are those of Python's own writer without ASCII folding.
        return str(encode_basestring(value))
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_name(key)}:{_text(value[key])}" for key in _in_order(value)) + "}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return "[" + ",".join(map(_text, value)) + "]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, float):
        return number(value)
    raise CanonicalError(f"{type(value).__name__} is no JSON value")


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise CanonicalError("a name in an object must be text")
    return str(encode_basestring(key))


def _in_order(value: Mapping[str, Json]) -> list[str]:
    # Section 3.2.3 sorts by UTF-16 code units, which differs from code points beyond U+FFFF.
    names = list(value)
    if all(isinstance(name, str) and name.isascii() for name in names):
        return sorted(names)
    return sorted(names, key=_units)


def _units(name: object) -> bytes:
    if not isinstance(name, str):
        raise CanonicalError("a name in an object must be text")
    return name.encode("utf-16-be", "surrogatepass")


def _integer(value: int) -> str:
    if not -LARGEST <= value <= LARGEST:
        raise CanonicalError("an integer beyond 2**53 - 1 is not exact everywhere")
    return str(value)


def number(value: float) -> str:
    """A double as ECMAScript writes it (ECMA-262, Number::toString); Python's shortest digits are the same digits."""
    if not math.isfinite(value):
        raise CanonicalError("infinity and NaN are not JSON")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, point = _digits(abs(value))
    return sign + _placed(digits, point)


def _digits(value: float) -> tuple[str, int]:
    # value = 0.digits * 10**point
    mantissa, _, exponent = f"{value!r}e0".partition("e")
    whole, _, rest = mantissa.partition(".")
    shift = int(exponent.removesuffix("e0") or 0)
    figures = (whole + rest).lstrip("0")
    point = len(whole) + shift - (len(whole + rest) - len(figures))
    return figures.rstrip("0"), point


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{'+' if exponent > 0 else '-'}{abs(exponent)}"
