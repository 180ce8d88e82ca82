"""What the carrier says about the caller's number (STIR/SHAKEN), compared as a whole string or not at all.

The 21 values are Twilio's table "Trusted Calling with SHAKEN/STIR". Anything else, a missing field, other case, a
blank at the end, a value of next year, means that nothing is known; it never means that the number is vouched for.
"""

from __future__ import annotations

from enum import StrEnum


class Attestation(StrEnum):
    """The documented values of `StirVerstat`."""

    PASSED_A = "TN-Validation-Passed-A"
    PASSED_B = "TN-Validation-Passed-B"
    PASSED_C = "TN-Validation-Passed-C"
    PASSED_A_DIVERTED = "TN-Validation-Passed-A-Diverted"
    PASSED_B_DIVERTED = "TN-Validation-Passed-B-Diverted"
    PASSED_C_DIVERTED = "TN-Validation-Passed-C-Diverted"
    PASSED_A_PASSTHROUGH = "TN-Validation-Passed-A-Passthrough"
    PASSED_B_PASSTHROUGH = "TN-Validation-Passed-B-Passthrough"
    PASSED_C_PASSTHROUGH = "TN-Validation-Passed-C-Passthrough"
    FAILED_A = "TN-Validation-Failed-A"
    FAILED_B = "TN-Validation-Failed-B"
    FAILED_C = "TN-Validation-Failed-C"
    FAILED_A_DIVERTED = "TN-Validation-Failed-A-Diverted"
    FAILED_B_DIVERTED = "TN-Validation-Failed-B-Diverted"
    FAILED_C_DIVERTED = "TN-Validation-Failed-C-Diverted"
    FAILED_A_PASSTHROUGH = "TN-Validation-Failed-A-Passthrough"
    FAILED_B_PASSTHROUGH = "TN-Validation-Failed-B-Passthrough"
    FAILED_C_PASSTHROUGH = "TN-Validation-Failed-C-Passthrough"
    FAILED = "TN-Validation-Failed"
    NOT_VALIDATED = "No-TN-Validation"
    NULL = "NULL"


class Trust(StrEnum):
    """What a value is worth for a registered number."""

    FULL = "full"  # the carrier knows the caller and the right to the number
    PARTIAL = "partial"  # knows the caller only (B), or a gateway (C)
    UNKNOWN = "unknown"  # nothing was said: most calls
    DIVERTED = "diverted"  # vouches for the diverting carrier, not for the caller
    PASSED_THROUGH = "passed-through"  # the signature was handed on by a carrier that did not sign
    FAILED = "failed"  # a signature that does not hold
    NOT_VALIDATED = "not-validated"  # malformed number, wrong destination, or too old


def read(raw: str | None) -> Attestation | None:
    """The documented value, or None for everything else."""
    return _VALUES.get(raw) if raw is not None else None


def trust(attestation: Attestation | None) -> Trust:
    """The worth of a value; a failed signature is worse news than the way it travelled."""
    if attestation is None or attestation is Attestation.NULL:
        return Trust.UNKNOWN
    if attestation is Attestation.PASSED_A:
        return Trust.FULL
    if attestation in {Attestation.PASSED_B, Attestation.PASSED_C}:
        return Trust.PARTIAL
    if attestation is Attestation.NOT_VALIDATED:
        return Trust.NOT_VALIDATED
    if attestation.value.startswith(Attestation.FAILED.value):
        return Trust.FAILED
    return Trust.DIVERTED if attestation.value.endswith("-Diverted") else Trust.PASSED_THROUGH


_VALUES = {member.value: member for member in Attestation}
