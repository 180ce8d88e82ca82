"""PINs are HOTP, uniform, and compared as ASCII digits alone."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pyotp
import pytest

from core.keys import Keyring, SealError
from verification.pins import equal, is_nothing, pin_for

PIN = "012345"
# Nine degrees of freedom, p = 0.001.
CHI_SQUARE = 27.9


@dataclass(frozen=True)
class Source:
    key_id: str
    random: bytes = bytes(20)
    counter: int = 0
    digits: int = 6


def worst_position(keyring: Keyring, count: int) -> float:
    """The largest chi-square of the six positions over `count` PINs, all of one length."""
    source = random.Random(4226)
    pins = [pin_for(keyring, Source(keyring.current, source.randbytes(20))) for _ in range(count)]
    assert {len(pin) for pin in pins} == {6}
    expected = count / 10
    tallies = [Counter(pin[position] for pin in pins) for position in range(6)]
    return max(sum((seen[digit] - expected) ** 2 / expected for digit in "0123456789") for seen in tallies)


def test_the_library_computes_the_vectors_of_rfc_4226(shared: Path) -> None:
    vectors = json.loads((shared / "test-vectors" / "rfc4226_hotp.json").read_text())
    for digits, name in ((6, "hotp6"), (8, "hotp8_derived")):
        hotp = pyotp.HOTP(vectors["secret_base32"], digits=digits)
        assert [hotp.at(one["count"]) for one in vectors["vectors"]] == [one[name] for one in vectors["vectors"]]


def test_a_pin_follows_from_key_random_bits_counter_and_length(keyring: Keyring) -> None:
    source = Source(keyring.current)
    others = [replace(source, random=b"1" * 20), replace(source, counter=1), replace(source, digits=8)]
    pins = {pin_for(keyring, one) for one in (source, *others)}
    assert pin_for(keyring, source) == pin_for(keyring, source)
    assert len(pins) == 4


def test_another_master_key_gives_another_pin(keyring: Keyring) -> None:
    other = Keyring([b"another master secret, for tests only!!"])
    assert pin_for(keyring, Source(keyring.current)) != pin_for(other, Source(other.current))


def test_a_key_that_is_gone_gives_no_pin(keyring: Keyring) -> None:
    with pytest.raises(SealError):
        pin_for(keyring, Source("00000000"))


@pytest.mark.parametrize("fault", [{"digits": 4}, {"digits": 7}, {"random": b"short"}])
def test_a_weak_pin_is_never_made(keyring: Keyring, fault: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="6 or 8 digits"):
        pin_for(keyring, replace(Source(keyring.current), **fault))  # type: ignore[arg-type]


def test_every_position_is_uniform_and_leading_zeros_are_kept(keyring: Keyring) -> None:
    """`make soak` asks for a million."""
    assert worst_position(keyring, 6000) < CHI_SQUARE


@pytest.mark.parametrize("raw", [PIN, f"{PIN}#"])
def test_the_exact_digits_with_at_most_one_finish_key_are_equal(raw: str) -> None:
    assert equal(PIN, raw)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "#",
        "*",
        None,
        "01234",
        "0123456",
        "12345",
        "0" * 32,
        f"{PIN}##",
        f"#{PIN}",
        f" {PIN}",
        f"{PIN} ",
        "012 345",
        "012-345",
        f"{PIN}\n",
        f"\t{PIN}",
        "０１２３４５",
        "⁰¹²³⁴⁵",
        "𝟎𝟏𝟐𝟑𝟒𝟓",
        "٠١٢٣٤٥",
        "012\u200b345",
        "012\u200d345",
        12345,
        12345.0,
        "1e5",
        [PIN],
        {"pin": PIN},
        True,
        b"012345",
        "' OR '1'='1",
        "{{7*7}}",
        "%s%s%n",
        "$(id)",
        "0x3039",
        "+12345",
        "-12345",
        "A12345",
        "w12345",
        "012345\x00",
    ],
)
def test_everything_else_is_wrong_and_raises_nothing(raw: object) -> None:
    assert not equal(PIN, raw)


@pytest.mark.parametrize(
    ("raw", "nothing"), [(None, True), ("", True), ("#", True), ("*", True), ("*#", True), ("1", False), (1, False)]
)
def test_silence_and_the_repeat_key_are_nothing_entered(raw: object, nothing: bool) -> None:
    assert is_nothing(raw) is nothing
