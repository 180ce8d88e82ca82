"""What an entry says, byte for byte."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import CanonicalError, Json, canonical
from audit.entry import Entry, body, columns, fact, facts, moment, visible
from audit.vocabulary import Action, Outcome

AT = datetime(2026, 11, 18, 10, 0, 0, 1, tzinfo=UTC)
texts = st.text()
names = st.text(st.characters(max_codepoint=127), max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
)


@given(st.dictionaries(names, values, max_size=4))
def test_the_quick_writer_writes_canonical_json(named: dict[str, Json]) -> None:
    written = body({"at": AT, "call": None}, named, None)
    value: dict[str, Json] = {"at": moment(AT), "call": None, "v": 1, "facts": facts(named), "personal": None}
    assert written == canonical(value)


@given(st.dictionaries(names, values, max_size=4))
def test_one_entry_is_one_line_for_every_reader(named: dict[str, Json]) -> None:
    written = body({"at": AT}, named, None).decode()
    assert len(written.splitlines()) == 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", written)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb", "a\\u{d}\\u{a}b"),
        ("\x1b[2J", "\\u{1b}[2J"),
        ("\u2028\u2029", "\\u{2028}\\u{2029}"),
        ("\u202egpj.exe", "\\u{202e}gpj.exe"),
        ("\ud800", "\\u{d800}"),
        ("Zoë 王", "Zoë 王"),
    ],
)
def test_what_could_forge_a_line_is_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_the_columns_come_back_from_the_bytes() -> None:
    given_columns: dict[str, Any] = {"at": AT, "id": "x", "call": None, "simulated": True}
    assert columns(body(given_columns, {"n": 1}, "hash")) == given_columns


def test_time_is_utc_with_microseconds_wherever_it_was_taken() -> None:
    beijing = AT.replace(microsecond=0).astimezone(timezone(timedelta(hours=8)))
    assert moment(beijing) == "2026-11-18T10:00:00.000000Z"


@pytest.mark.parametrize("value", [1.5, b"x", 2**53, object(), {1, 2}, [1.0], {"a": AT}])
def test_a_value_without_one_spelling_is_no_fact(value: object) -> None:
    with pytest.raises(CanonicalError):
        fact(value)  # type: ignore[arg-type]  # the point


def test_a_facts_name_is_ascii() -> None:
    with pytest.raises(CanonicalError):
        facts({"ä": 1})


def test_a_contact_needs_its_organisation() -> None:
    with pytest.raises(ValueError, match="organisation"):
        Entry("caller", "call", Action.CALL_RECEIVED, Outcome.SUCCESS, "worldwide", contact="c1")


@pytest.mark.parametrize("action", Action)
def test_every_action_is_actor_subject_action(action: Action) -> None:
    assert re.fullmatch(r"[a-z]+:[a-z-]+:[a-z-]+", action.value)
