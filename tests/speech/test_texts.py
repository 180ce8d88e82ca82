"""Texts that fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech import Digits, DoesNotFitError, Param, Prose, catalogues, fit, fits_text, say
from speech.samples import ids, sample
from speech.texts import segments, septets

TEXTS = [message_id for message_id in ids() if message_id.startswith("text.")]
LONGEST: dict[str, Param] = {"pin": Digits("12345678"), "origin": say("origin.number", digits=Digits("0147"))}
HOSTILE = [
    "",
    "\x00\u202e",
    "A" * 5000,
    "€" * 80,
    "字" * 80,
    "😀" * 80,
    "Łódź " * 20,
    "{organisation}{pin}",
    "[~]" * 30,
]


@pytest.mark.parametrize(
    ("body", "length"),
    [("", 0), ("abc", 3), ("äöüß", 4), ("@£$¥\n", 5), ("€", 2), ("[x]", 5), ("ç", None), ("’", None), ("\u202f", None)],
)
def test_septets_of_the_default_alphabet(body: str, length: int | None) -> None:
    assert septets(body) == length


@pytest.mark.parametrize(
    ("body", "count"),
    [("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2)],
)
def test_segments_of_the_default_alphabet(body: str, count: int) -> None:
    assert segments(body) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [("字" * 70, 1), ("字" * 71, 2), ("字" * 134, 2), ("字" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2)],
)
def test_segments_of_other_alphabets(body: str, count: int) -> None:
    assert segments(body) == count


@pytest.mark.parametrize(
    ("body", "fits"), [("a" * 160, True), ("a" * 161, False), ("字" * 134, True), ("字" * 135, False)]
)
def test_a_text_fits_one_segment_or_two(body: str, fits: bool) -> None:
    assert fits_text(body) is fits


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("message_id", TEXTS)
@pytest.mark.parametrize("language", catalogues())
def test_every_text_fits_with_the_longest_values(language: str, message_id: str, name: str) -> None:
    shorten = "operator" if message_id == "text.incident" else "organisation"
    assert fits_text(fit(sample(message_id, **(LONGEST | {shorten: name})), language, shorten))


@given(name=st.text(max_size=120))
@pytest.mark.parametrize("language", catalogues())
def test_no_name_keeps_the_pin_out_of_its_text(language: str, name: str) -> None:
    body = fit(sample("text.pin", organisation=name, **LONGEST), language)
    assert fits_text(body)
    assert "12345678" in body


def test_a_short_name_stays_whole() -> None:
    assert fit(sample("text.pin", organisation="Fabrikam"), "en").startswith("Fabrikam: ")


def test_a_name_is_cut_no_more_than_needed() -> None:
    assert len(fit(sample("text.pin", organisation="A" * 80), "en")) == 160


def test_typographic_quotes_do_not_cost_a_segment() -> None:
    body = fit(sample("text.pin", organisation="O’Neil – Söhne"), "en")
    assert body.startswith("O'Neil - Söhne: ")


def test_a_name_of_nothing_becomes_your_organisation() -> None:
    assert fit(sample("text.pin", organisation="\u202e\u200b"), "en").startswith("Your organisation: ")


def test_a_text_that_cannot_fit_is_a_mistake() -> None:
    with pytest.raises(DoesNotFitError):
        fit(say("incident.told", text=Prose("x" * 400)), "en")
