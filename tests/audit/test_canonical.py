"""RFC 8785 by its own vectors, and by a second implementation on anything else."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import CanonicalError, Json, canonical, number

text = st.text(st.characters(blacklist_categories=["Cs"]))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4))


def test_published_vectors(shared: Path) -> None:
    vectors = json.loads((shared / "test-vectors" / "rfc8785_jcs.json").read_text())["vectors"]
    for case in vectors:
        assert canonical(json.loads(case["input_json_text"])).hex() == case["canonical_utf8_hex"], case["name"]


@given(values)
def test_agreement_with_a_second_implementation(value: Json) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(values)
def test_reading_it_back_and_writing_it_again_changes_nothing(value: Json) -> None:
    # Every number is a double to the RFC; Python would read a large whole one as an integer.
    assert canonical(json.loads(canonical(value), parse_int=float)) == canonical(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        # RFC 8785, appendix B
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-1.7976931348623157e308, "-1.7976931348623157e+308"),
        (295147905179352830000.0, "295147905179352830000"),
        (1e23, "1e+23"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (999999999999999900000.0, "999999999999999900000"),
        (1e21, "1e+21"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (333333333.33333325, "333333333.33333325"),
        (1424953923781206.2, "1424953923781206.2"),
        (56.0, "56"),
    ],
)
def test_numbers_are_written_as_ecmascript_does(value: float, written: str) -> None:
    assert number(value) == written


def test_names_are_sorted_by_utf16_units() -> None:
    assert canonical({"\ufb33": 1, "\U0001f600": 2, "a": 3}) == '{"a":3,"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, 2**53, -(2**53), b"bytes", {1: 2}, {"é": 1, 2: 3}, {1, 2}, object(), "\ud800", {"\udfff": 1}],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical(value)  # type: ignore[arg-type]  # the point


def test_a_bottomless_value_is_refused() -> None:
    value: list[Json] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(CanonicalError):
        canonical(value)
