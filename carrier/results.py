"""What a provider's answer means for a delivery, as a table (Twilio's error dictionary; TELEPHONY section 4).

An unknown code is a failure of kind `other`: permanent when the provider said the request was wrong (4xx).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import VouchlineError


class Kind(StrEnum):
    """What to do next: another address, an alarm, once more, another channel, later, or find out first."""

    BAD_ADDRESS = "bad-address"
    CONFIGURATION = "configuration"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    BACK_OFF = "back-off"
    UNKNOWN_OUTCOME = "unknown-outcome"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Result:
    """The meaning of one code. `permanent`: trying the same again cannot help."""

    kind: Kind
    permanent: bool


class DeliveryError(VouchlineError):
    """Something did not leave, or nobody knows whether it did (`unknown-outcome`).

    `code` is the provider's own ("21211", "smtp-550") or ours ("timeout"). The message holds no address and no text.
    """

    def __init__(self, code: str, *, permanent: bool, kind: Kind) -> None:
        super().__init__(f"delivery failed: {code} ({kind}, {'permanent' if permanent else 'temporary'})", code=code)
        self.permanent = permanent
        self.kind = kind


_BAD_ADDRESS = Result(Kind.BAD_ADDRESS, permanent=True)
_CONFIGURATION = Result(Kind.CONFIGURATION, permanent=True)
_BLOCKED = Result(Kind.BLOCKED, permanent=True)
_UNREACHABLE = Result(Kind.UNREACHABLE, permanent=False)
_BACK_OFF = Result(Kind.BACK_OFF, permanent=False)
_UNKNOWN = Result(Kind.UNKNOWN_OUTCOME, permanent=False)
_WRONG = Result(Kind.OTHER, permanent=True)
_TRY_AGAIN = Result(Kind.OTHER, permanent=False)

CODES: dict[str, Result] = {
    # the address cannot get a text or a call
    "13223": _BAD_ADDRESS,  # Dial: invalid phone number format
    "13224": _BAD_ADDRESS,  # Dial: invalid phone number
    "21201": _BAD_ADDRESS,  # no To
    "21211": _BAD_ADDRESS,  # invalid To
    "21214": _BAD_ADDRESS,  # To cannot be reached
    "21217": _BAD_ADDRESS,  # number does not appear to be valid
    "21614": _BAD_ADDRESS,  # not a mobile number
    "30005": _BAD_ADDRESS,  # unknown destination
    "30006": _BAD_ADDRESS,  # landline or unreachable carrier
    # the account is not set up for it: an alarm for the operator
    "20003": _CONFIGURATION,  # authentication
    "20005": _CONFIGURATION,  # account not active
    "21210": _CONFIGURATION,  # From not verified
    "21212": _CONFIGURATION,  # invalid From
    "21215": _CONFIGURATION,  # region not enabled for calls
    "21219": _CONFIGURATION,  # To not verified (trial account)
    "21408": _CONFIGURATION,  # region not enabled for texts
    "21606": _CONFIGURATION,  # From cannot send texts
    "21608": _CONFIGURATION,  # To not verified (trial account)
    "21612": _CONFIGURATION,  # From cannot reach To
    "30002": _CONFIGURATION,  # account suspended
    "30034": _CONFIGURATION,  # sender not registered (10DLC)
    "30042": _CONFIGURATION,  # sender ID blocked
    # the recipient or a filter says no: another channel
    "21610": _BLOCKED,  # recipient sent STOP
    "30004": _BLOCKED,  # blocked by the recipient or carrier
    "30007": _BLOCKED,  # filtered
    # once more may help
    "30001": _UNREACHABLE,  # queue overflow
    "30003": _UNREACHABLE,  # unreachable handset
    "30008": _UNREACHABLE,  # unknown error at the carrier
    "20429": _BACK_OFF,  # too many requests; this one was not processed
    "21611": _BACK_OFF,  # the sender's queue is full
    # mistakes of ours
    "20404": _WRONG,  # no such resource
    "21220": _WRONG,  # call is not in progress
    "21617": _WRONG,  # more than 1600 characters
}

# A gateway may have lost the answer of a request that was carried out; 503 and 429 are said before anything is done.
_STATUSES: dict[int, Result] = {
    401: _CONFIGURATION,
    403: _CONFIGURATION,
    408: _BACK_OFF,
    429: _BACK_OFF,
    500: _UNKNOWN,
    502: _UNKNOWN,
    503: _BACK_OFF,
    504: _UNKNOWN,
}


def result(code: str | None, status: int | None = None) -> Result:
    """The meaning of a provider's code, else of an HTTP status; of neither it is a permanent `other`."""
    if code in CODES:
        return CODES[code]
    if status in _STATUSES:
        return _STATUSES[status]
    return _TRY_AGAIN if status is not None and status >= 500 else _WRONG


def failure(code: str | None, status: int | None = None) -> DeliveryError:
    """The error to raise for an answer."""
    meaning = result(code, status)
    return DeliveryError(code or f"http-{status}", permanent=meaning.permanent, kind=meaning.kind)


def unreachable(code: str) -> DeliveryError:
    """Nothing was handed over: trying again is safe."""
    return DeliveryError(code, permanent=False, kind=Kind.UNREACHABLE)


def unknown(code: str) -> DeliveryError:
    """It was handed over and nobody knows what became of it: find out before sending again (REQUIREMENTS G3)."""
    return DeliveryError(code, permanent=False, kind=Kind.UNKNOWN_OUTCOME)


def not_configured(what: str) -> DeliveryError:
    """No provider is set up for this."""
    return DeliveryError(f"no-{what}-provider", permanent=True, kind=Kind.CONFIGURATION)
