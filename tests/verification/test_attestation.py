"""What the carrier says about a number counts as a whole string or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verification.attestation import Attestation, Trust, read, trust


@pytest.fixture
def vectors(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "test-vectors" / "twilio_stirverstat.json").read_text())
    return found


def test_the_documented_values_are_exactly_ours(vectors: dict[str, Any]) -> None:
    assert {entry["value"] for entry in vectors["documented"]} == {member.value for member in Attestation}
    assert len(Attestation) == 21


def test_one_documented_value_alone_is_full_trust(vectors: dict[str, Any]) -> None:
    full = [entry["value"] for entry in vectors["documented"] if trust(read(entry["value"])) is Trust.FULL]
    assert full == [entry["value"] for entry in vectors["documented"] if entry["attested"]]


def test_a_changed_value_means_nothing_known(vectors: dict[str, Any]) -> None:
    assert {read(entry["value"]) for entry in vectors["mutated"]} == {None}


@pytest.mark.parametrize("raw", [None, "", "NULL", "null", "TN-Validation-Passed-D"])
def test_absent_empty_and_unknown_values_say_nothing(raw: str | None) -> None:
    assert trust(read(raw)) is Trust.UNKNOWN


@pytest.mark.parametrize(
    ("value", "worth"),
    [
        ("TN-Validation-Passed-A", Trust.FULL),
        ("TN-Validation-Passed-B", Trust.PARTIAL),
        ("TN-Validation-Passed-C", Trust.PARTIAL),
        ("TN-Validation-Passed-A-Diverted", Trust.DIVERTED),
        ("TN-Validation-Passed-A-Passthrough", Trust.PASSED_THROUGH),
        ("TN-Validation-Failed-A-Diverted", Trust.FAILED),
        ("TN-Validation-Failed", Trust.FAILED),
        ("No-TN-Validation", Trust.NOT_VALIDATED),
    ],
)
def test_each_family_of_values_has_its_worth(value: str, worth: Trust) -> None:
    assert trust(read(value)) is worth
