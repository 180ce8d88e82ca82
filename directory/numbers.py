"""Telephone numbers: what a caller ID is worth, and what a number tells about its place.

A caller ID matches on its canonical E.164 form as a whole (ITU-T E.164: at most 15 digits, no leading zero) and only
where the length is possible in its numbering plan; validity is not asked, because plans change every fortnight and
stored numbers are not judged anew. The names and places of `phonenumbers.geocoder` and `carrier` cost seconds to import
and are never used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers import timezone as number_zones
from phonenumbers.phonemetadata import PhoneMetadata

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)

# "ANONYMOUS", "RESTRICTED", "BLOCKED", "UNKNOWN", "UNAVAILABLE" keyed on a dial pad, as carriers deliver them, with and
# without a plus sign; 464 and 8566696 are the shorter and the misspelt form that are also seen.
_KEYPAD = frozenset({"266696687", "7378742833", "2562533", "8656696", "8566696", "86282452253", "464"})
_WORDS = frozenset(
    [
        "+",
        "anonymous",
        "blocked",
        "hidden",
        "no caller id",
        "no-caller-id",
        "none",
        "not available",
        "null",
        "number withheld",
        "out of area",
        "private",
        "private number",
        "restricted",
        "unavailable",
        "undefined",
        "unknown",
        "unknown caller",
        "withheld",
    ]
)
# RFC 3261, 8.1.1.3 and RFC 3323, 4.1.1.3: the address of a caller who asked for privacy.
_PRIVATE_SIP = re.compile(r"sips?:(anonymous|restricted|unavailable|unknown)?@|sips?:.*anonymous\.invalid", re.ASCII)

# Numbers of these kinds are reached from anywhere: they tell no place.
_PLACELESS = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
# Where a numbering plan is finer than the library: Western Australia has the blocks 6 and 9 of area 08 (Australia's
# Telecommunications Numbering Plan 2015), which the library gives the whole area's two zones.
_BLOCKS = (("+6186", "Australia/Perth"), ("+6189", "Australia/Perth"))
_NO_REGION = "001"
_NANP = 1


class CallerKind(StrEnum):
    """What the carrier delivered as the caller."""

    VALID = "valid"
    WITHHELD = "withheld"
    MALFORMED = "malformed"
    SIP = "sip"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class CallerId:
    """A classified caller ID; `e164` is set for the kind `valid` alone, so that nothing else can match a person."""

    kind: CallerKind
    e164: str | None = None

    @classmethod
    def read(cls, raw: str | None) -> CallerId:
        """Classify what a carrier sent. Never raises."""
        text = (raw or "").strip()
        kind = _kind(text)
        return cls(kind, text if kind is CallerKind.VALID else None)


def is_e164(text: str) -> bool:
    """Canonical E.164 with a length that its numbering plan knows; 555 numbers count, they are only not valid."""
    if not _E164.fullmatch(text):
        return False
    parsed = _parse(text)
    return parsed is not None and phonenumbers.is_possible_number(parsed)


def masked(e164: str) -> str:
    """All but the last two digits hidden, in characters that a GSM-7 message can carry."""
    return f"***{e164[-2:]}"


def prefix(e164: str) -> str:
    """The number without its last four digits: the block that limits and prefix searches count by."""
    return e164[:-4]


def country(e164: str) -> str | None:
    """The one region (ISO 3166-1) the number belongs to; None where it is none or shared."""
    candidates = region_candidates(e164)
    return candidates[0] if len(candidates) == 1 else None


# One call asks this twice, before and after its organisation is known; few numbers are kept, and none for long.
@lru_cache(maxsize=64)
def region_candidates(e164: str) -> tuple[str, ...]:
    """Regions (ISO 3166-1) that the number's area may stand for; none for toll-free and other placeless numbers."""
    parsed = _parse(e164)
    if parsed is None or phonenumbers.number_type(parsed) in _PLACELESS:
        return ()
    regions = _regions(parsed.country_code)
    exact = tuple(region for region in regions if phonenumbers.is_valid_number_for_region(parsed, region))
    return exact or _by_leading_digits(parsed, regions)


def dialling_code(digits: str) -> tuple[str, ...]:
    """Regions of an international dialling code as keyed ("43", "0043", "1242"); none where it is no such code."""
    keyed = digits.removeprefix("00").removeprefix("011")
    if not keyed.isascii() or not keyed.isdigit():
        return ()
    if keyed.startswith("1") and len(keyed) == 4:
        return _by_leading_digits(phonenumbers.PhoneNumber(1, int(keyed[1:] + "5550100")), _regions(_NANP))
    return _regions(int(keyed)) if len(keyed) <= 3 else ()


def zones(e164: str) -> tuple[str, ...]:
    """Time zones (IANA) the number may be in, empty when unknown; toll-free numbers and mobiles often have dozens."""
    parsed = _parse(e164)
    if parsed is None:
        return ()
    if named := next((zone for block, zone in _BLOCKS if e164.startswith(block)), None):
        return (named,)
    found = number_zones.time_zones_for_number(parsed)
    return tuple(zone for zone in found if zone != "Etc/Unknown")


def zone(e164: str) -> str | None:
    """The caller's zone where the number tells exactly one."""
    found = zones(e164)
    return found[0] if len(found) == 1 else None


def _kind(text: str) -> CallerKind:
    lowered = text.lower()
    if not text or lowered in _WORDS or lowered.removeprefix("+") in _KEYPAD or _PRIVATE_SIP.match(lowered):
        return CallerKind.WITHHELD
    if lowered.startswith(("sip:", "sips:")):
        return CallerKind.SIP
    if lowered.startswith("client:"):
        return CallerKind.CLIENT
    return CallerKind.VALID if is_e164(text) else CallerKind.MALFORMED


@lru_cache(maxsize=64)
def _parse(e164: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None


def _regions(country_code: int | None) -> tuple[str, ...]:
    found = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(country_code or 0, ())
    return tuple(region for region in found if region != _NO_REGION)


def _by_leading_digits(parsed: phonenumbers.PhoneNumber, regions: tuple[str, ...]) -> tuple[str, ...]:
    """The place of a number that is possible and not valid, such as the fictional ones of a sample."""
    national = phonenumbers.national_significant_number(parsed)
    leading = {region: _leading_digits(region) for region in regions}
    named = tuple(region for region, digits in leading.items() if digits and re.match(digits, national))
    if named:
        return named
    if parsed.country_code == _NANP:
        # The United States and Canada have no leading digits of their own: a number that is always assigned tells them.
        probe = phonenumbers.PhoneNumber(_NANP, int(national[:3] + "5550100"))
        return tuple(region for region in regions if phonenumbers.is_valid_number_for_region(probe, region))
    return tuple(region for region, digits in leading.items() if not digits)


def _leading_digits(region: str) -> str | None:
    known = PhoneMetadata.metadata_for_region(region)
    return known.leading_digits if known else None
