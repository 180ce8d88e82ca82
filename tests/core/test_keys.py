"""Keys: derivation by purpose, look-up over a rotation, seals that belong to one row."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from core.keys import Keyring, SealError

OLD, NEW = b"an old master secret of 32 bytes or more", b"a new master secret of 32 bytes or more."


@pytest.fixture
def rotated() -> Keyring:
    return Keyring([NEW, OLD])


def test_a_ring_without_a_master_is_refused() -> None:
    with pytest.raises(ValueError, match="master"):
        Keyring([])


def test_keys_of_two_purposes_differ(keyring: Keyring) -> None:
    assert keyring.derive("a") != keyring.derive("b")
    assert keyring.derive("a") == keyring.derive("a")
    assert len(keyring.derive("a")) == 32


def test_derivation_is_hkdf_with_the_purpose_as_its_info() -> None:
    expected = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vouchline/pin").derive(NEW)
    assert Keyring([NEW]).derive("pin") == expected


def test_the_first_master_is_the_current_one(rotated: Keyring) -> None:
    assert rotated.current == Keyring([NEW]).current
    assert rotated.ids == (Keyring([NEW]).current, Keyring([OLD]).current)


def test_a_pseudonym_of_before_the_rotation_is_among_the_candidates(rotated: Keyring) -> None:
    before = Keyring([OLD]).pseudonym("address", "+14255550123")
    assert before in rotated.candidates("address", "+14255550123")
    assert rotated.pseudonym("address", "+14255550123") == rotated.candidates("address", "+14255550123")[0]


def test_a_pseudonym_differs_by_purpose_and_by_key(keyring: Keyring) -> None:
    assert len({keyring.pseudonym("a", "x"), keyring.pseudonym("b", "x"), Keyring([OLD]).pseudonym("a", "x")}) == 3


@given(text=st.text(), row=st.text())
def test_what_was_sealed_opens_for_its_row(text: str, row: str) -> None:
    ring = Keyring([NEW])
    assert ring.open("address", ring.seal("address", text, row), row) == text


def test_a_seal_of_before_the_rotation_still_opens(rotated: Keyring) -> None:
    assert rotated.open("address", Keyring([OLD]).seal("address", "text", "row 1"), "row 1") == "text"


def test_equal_texts_are_sealed_differently(keyring: Keyring) -> None:
    assert keyring.seal("a", "text", "row") != keyring.seal("a", "text", "row")


@pytest.mark.parametrize(("purpose", "row"), [("address", "row 2"), ("name", "row 1")])
def test_a_seal_moved_to_another_place_does_not_open(keyring: Keyring, purpose: str, row: str) -> None:
    sealed = keyring.seal("address", "text", "row 1")
    with pytest.raises(SealError):
        keyring.open(purpose, sealed, row)


@pytest.mark.parametrize("at", [0, 4, 16, -1])
def test_an_altered_seal_does_not_open(keyring: Keyring, at: int) -> None:
    sealed = bytearray(keyring.seal("address", "text", "row"))
    sealed[at] ^= 1
    with pytest.raises(SealError):
        keyring.open("address", bytes(sealed), "row")


@pytest.mark.parametrize("length", [0, 3, 4, 15, 20])
def test_a_truncated_seal_does_not_open(keyring: Keyring, length: int) -> None:
    with pytest.raises(SealError):
        keyring.open("address", keyring.seal("address", "text", "row")[:length], "row")


def test_a_key_that_left_the_ring_is_named_in_the_refusal(keyring: Keyring) -> None:
    with pytest.raises(SealError, match=Keyring([OLD]).current):
        keyring.derive("a", Keyring([OLD]).current)
