"""What a caller ID is worth, and what a number tells about its place."""

from __future__ import annotations

import pytest

from directory import numbers
from directory.numbers import CallerId, CallerKind

KEYPAD = ["266696687", "7378742833", "2562533", "8656696", "8566696", "86282452253", "464"]
WORDS = [
    "anonymous",
    "Anonymous",
    "RESTRICTED",
    "unknown",
    "Unavailable",
    "private",
    "blocked",
    "withheld",
    "",
    "  ",
    "+",
]


@pytest.mark.parametrize("raw", [*WORDS, *KEYPAD, *(f"+{digits}" for digits in KEYPAD), None])
def test_a_withheld_number_is_withheld(raw: str | None) -> None:
    assert CallerId.read(raw) == CallerId(CallerKind.WITHHELD)


@pytest.mark.parametrize(
    "raw",
    [
        "sip:anonymous@anonymous.invalid",
        "sip:Anonymous@carrier.example",
        "sip:@carrier.example",
        "sips:restricted@a.example",
    ],
)
def test_a_private_sip_address_is_withheld(raw: str) -> None:
    assert CallerId.read(raw).kind is CallerKind.WITHHELD


@pytest.mark.parametrize(
    "raw",
    [
        "14255550100",
        "+1425555O100",
        "+1911",
        "911",
        "+1234567890123456",
        "+04255550100",
        "+1 425 555 0100",
        "+１4255550100",
        "+٤٩٣٠١٢٣٤٥٦٧",
        "tel:+14255550100",
        "+14255550100;ext=12",
        "+14255550100\nX",
        "*67",
    ],
)
def test_anything_but_canonical_e164_is_malformed(raw: str) -> None:
    assert CallerId.read(raw) == CallerId(CallerKind.MALFORMED)


@pytest.mark.parametrize(("raw", "kind"), [("sip:robin@contoso.example", "sip"), ("client:robin", "client")])
def test_an_address_that_is_no_number_is_no_number(raw: str, kind: str) -> None:
    assert CallerId.read(raw) == CallerId(CallerKind(kind))


@pytest.mark.parametrize("raw", ["+14255550100", "+15555550123", "+442079460123", "+61491570156", "+8613800138000"])
def test_a_possible_number_is_valid_also_where_it_is_fictional(raw: str) -> None:
    assert CallerId.read(raw) == CallerId(CallerKind.VALID, raw)


@pytest.mark.parametrize(
    ("e164", "regions"),
    [
        ("+590690123456", ("GP", "BL", "MF")),
        ("+14255550100", ("US",)),
        ("+16045550100", ("CA",)),
        ("+12425550100", ("BS",)),
        ("+442079460123", ("GB",)),
        ("+447797712345", ("JE",)),
        ("+390669812345", ("VA",)),
        ("+79031234567", ("RU",)),
        ("+4790123456", ("NO", "SJ")),
        ("+18008659408", ()),
        ("+80025481044", ()),
        ("+15555550123", ()),
    ],
)
def test_a_number_tells_the_regions_of_its_area(e164: str, regions: tuple[str, ...]) -> None:
    assert numbers.region_candidates(e164) == regions


@pytest.mark.parametrize(
    ("e164", "zone"),
    [
        ("+14255550100", "America/Los_Angeles"),
        ("+16045550100", "America/Vancouver"),
        ("+18085550100", "Pacific/Honolulu"),
        ("+18008659408", None),
        ("+61491570156", None),
        ("+61891234567", "Australia/Perth"),
        ("+61881234567", None),
        ("+15555550123", None),
    ],
)
def test_a_number_tells_its_zone_only_where_there_is_one(e164: str, zone: str | None) -> None:
    assert numbers.zone(e164) == zone


@pytest.mark.parametrize(
    ("keyed", "regions"),
    [
        ("43", ("AT",)),
        ("0043", ("AT",)),
        ("590", ("GP", "BL", "MF")),
        ("1242", ("BS",)),
        ("1425", ("US",)),
        ("999", ()),
        ("", ()),
    ],
)
def test_a_keyed_dialling_code_tells_its_regions(keyed: str, regions: tuple[str, ...]) -> None:
    assert numbers.dialling_code(keyed) == regions


def test_a_masked_number_shows_two_digits() -> None:
    assert numbers.masked("+14255550199") == "***99"


def test_the_text_of_a_caller_is_kept_only_when_it_is_a_number() -> None:
    assert CallerId.read("sip:robin@contoso.example").e164 is None
