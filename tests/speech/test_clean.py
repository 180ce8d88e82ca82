"""Hostile names."""

import unicodedata
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech import catalogues, say, speak
from speech.clean import LONGEST, clean

HOSTILE = st.text(alphabet=st.characters(), max_size=200) | st.text(
    alphabet="\x00\x08\r\n\t\x1b\x7f\x85\u2028\u202e\u2066\ufeff{}%<>&a"
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Contoso\x00\x07 Ltd", "Contoso Ltd"),
        ("Fabri\u202ekam", "Fabrikam"),
        ("a\r\nBcc: x@example.org", "a Bcc: x@example.org"),
        ("  A \t B\u2028C ", "A B C"),
        ("AT&T", "AT&T"),
        ("<break time='10s'/>", "break time='10s'/"),
        ("Cafe\u0301", "Café"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("x\ud800y", "x y"),
        ("\U000e0041tag", "tag"),
    ],
)
def test_a_name_is_one_plain_line(name: str, shown: str) -> None:
    assert clean(name) == shown


def test_a_name_is_cut() -> None:
    assert clean("x" * 1_000_000) == "x" * LONGEST


@given(name=HOSTILE)
def test_nothing_invisible_stays(name: str) -> None:
    kept = {unicodedata.category(character) for character in clean(name) if character not in "\u200c\u200d"}
    assert not kept & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(name=HOSTILE)
def test_cleaning_again_changes_nothing(name: str) -> None:
    assert clean(clean(name)) == clean(name)


@given(name=HOSTILE)
@pytest.mark.parametrize("language", catalogues())
def test_a_name_is_spoken_as_it_is_and_never_read_as_a_template(language: str, name: str) -> None:
    frame = speak(say("greeting.general", operator="@"), language)
    assert speak(say("greeting.general", operator=name), language) == frame.replace("@", clean(name))


@given(name=HOSTILE)
def test_what_is_spoken_can_be_written_as_xml(name: str) -> None:
    said = speak(say("greeting.general", operator=name), "en")
    assert ET.fromstring(f"<Say>{escape(said)}</Say>").text == said  # noqa: S314  our own document


@pytest.mark.parametrize("name", ["{operator}", "{0.__class__}", "%s%n", "{key:digit}", "\\1\\g<0>", "{{x}}"])
def test_a_template_in_a_name_stays_text(name: str) -> None:
    assert clean(name) in speak(say("greeting.general", operator=name), "en")
