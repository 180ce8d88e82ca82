"""PINs: computed when needed, stored nowhere.

A PIN is HOTP (RFC 4226) under a key of 160 bits that HKDF derives from the master key and the 160 random bits of its
challenge. A stolen database holds the random bits and no master key, so it yields no PIN. The counter counts the PINs
that were asked for anew. HOTP's own bias at 8 digits (at most 2 in 10^7 a PIN) is accepted.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import Protocol

import pyotp
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.keys import Keyring

RANDOM_BYTES = 20  # RFC 4226, R6 recommends 160 bits
USUAL_DIGITS = 6  # NIST SP 800-63B-4, 3.1.3.2
HIGH_RISK_DIGITS = 8
_LENGTHS = frozenset({USUAL_DIGITS, HIGH_RISK_DIGITS})
_ASCII_DIGITS = re.compile(r"[0-9]{1,16}", re.ASCII)


class PinSource(Protocol):
    """The columns of a challenge that its PIN is computed from."""

    @property
    def key_id(self) -> str: ...
    @property
    def random(self) -> bytes: ...
    @property
    def counter(self) -> int: ...
    @property
    def digits(self) -> int: ...


def pin_for(keyring: Keyring, challenge: PinSource) -> str:
    """The PIN of a challenge, leading zeros kept. Raises `SealError` when its master key is not held any more."""
    if len(challenge.random) != RANDOM_BYTES or challenge.digits not in _LENGTHS:
        raise ValueError("a PIN has 6 or 8 digits and 160 random bits")
    master = keyring.derive("pin", challenge.key_id)
    seed = HKDF(algorithm=SHA256(), length=20, salt=challenge.random, info=b"vouchline/pin/hotp").derive(master)
    return pyotp.HOTP(base64.b32encode(seed).decode(), digits=challenge.digits).at(challenge.counter)


def keyed(raw: object) -> str:
    """What counts as keyed: text without one final `#`; an empty result, or a lone `*`, is "nothing entered"."""
    return raw.removesuffix("#") if isinstance(raw, str) else ""


def is_nothing(raw: object) -> bool:
    """Silence, a bare finish key or the repeat key: not a try (BP1)."""
    return raw is None or (isinstance(raw, str) and keyed(raw) in {"", "*"})


def equal(expected: str, raw: object) -> bool:
    """Whether exactly this PIN was keyed, in ASCII digits alone, compared in constant time.

    The form is judged before any library sees the text: pyotp's own check would take full-width digits and integers.
    """
    text = keyed(raw)
    well_formed = _ASCII_DIGITS.fullmatch(text) is not None and len(text) == len(expected)
    candidate = text if well_formed else "0" * len(expected)
    return hmac.compare_digest(expected.encode(), candidate.encode()) & well_formed
