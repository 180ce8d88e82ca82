"""Every catalogue against the English one. All tests run over whatever files there are."""

from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import speech
from speech import samples
from speech.catalogue import FALLBACK, available, load
from speech.speaking import PLACEHOLDER

FOLDER = Path(speech.__file__).parent / "catalogues"
TRANSLATED = [code for code in available() if code != FALLBACK]
LONGEST_PROMPT = 1000

# Where a translation may equal the English: names, digits and patterns of a script, and a frame without words.
MAY_BE_SAME = ("digit.", "pattern.", "region.", "tongue.", "incident.told")


def names(texts: tuple[str, ...]) -> list[set[str]]:
    return [{found[1] for found in PLACEHOLDER.finditer(text)} for text in texts]


def raw(code: str) -> Catalog:
    with (FOLDER / f"{code.replace('-', '_')}.po").open("rb") as file:
        return read_po(file, locale=Locale.parse(code, sep="-"), abort_invalid=True)


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_has_the_ids_of_the_english_one(code: str) -> None:
    assert set(load(code).texts) == set(load(FALLBACK).texts)


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_same_placeholders(code: str) -> None:
    english = load(FALLBACK).texts
    differing = [key for key, texts in load(code).texts.items() if names(texts)[0] != names(english[key])[0]]
    assert differing == []


@pytest.mark.parametrize("code", available())
def test_braces_hold_nothing_but_placeholders(code: str) -> None:
    rest = {key: PLACEHOLDER.sub("", text) for key, texts in load(code).texts.items() for text in texts}
    assert [key for key, text in rest.items() if set(text) & set("{}%<>")] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_translation_is_the_english_text(code: str) -> None:
    english = load(FALLBACK).texts
    same = [key for key, texts in load(code).texts.items() if texts == english[key]]
    assert [key for key in same if not key.startswith(MAY_BE_SAME)] == []


@pytest.mark.parametrize("code", available())
def test_a_catalogue_has_no_fuzzy_or_empty_entry(code: str) -> None:
    entries = [entry for entry in raw(code) if entry.id]
    assert len(entries) == len(load(code).texts)


@pytest.mark.parametrize("code", available())
def test_plural_entries_have_every_form(code: str) -> None:
    counted = {key: texts for key, texts in load(code).texts.items() if key.startswith("count.")}
    assert {len(texts) for texts in counted.values()} == {raw(code).num_plurals}


@pytest.mark.parametrize("code", available())
def test_a_header_says_who_has_read_the_catalogue(code: str) -> None:
    lines = [
        line for line in raw(code).header_comment.splitlines() if line.startswith(("# Reviewer: ", "# Reviewed: "))
    ]
    assert len(lines) == 2


@pytest.mark.parametrize("code", available())
def test_every_message_can_be_said(code: str) -> None:
    said = {message.id: speech.speak(message, code) for message in samples.messages()}
    assert [key for key, text in said.items() if not text or set(text) & set("{}")] == []


@pytest.mark.parametrize("code", available())
def test_no_prompt_is_longer_than_a_carrier_reads(code: str) -> None:
    longest = max(samples.messages(), key=lambda message: len(speech.speak(message, code)))
    assert len(speech.speak(longest, code)) < LONGEST_PROMPT


@pytest.mark.parametrize("code", available())
def test_no_prompt_holds_a_space_that_engines_stumble_over(code: str) -> None:
    said = "".join(speech.speak(message, code) for message in samples.messages())
    assert not set(said) & set("\u202f\u00a0\u2009\u200b")


@pytest.mark.parametrize(("code", "encoding"), [("zh-Hant", "cp950"), ("zh-Hans", "gb2312")])
def test_a_chinese_catalogue_keeps_to_its_script(code: str, encoding: str) -> None:
    """Big5 has no simplified characters, GB 2312 no traditional ones."""
    for texts in load(code).texts.values():
        "".join(texts).encode(encoding)


def test_every_sample_parameter_is_used() -> None:
    used = {name for message in samples.messages() for name, _ in message.params}
    assert used == set(samples.VALUES)


def test_a_language_that_appears_needs_no_code() -> None:
    """The list of catalogues is the list of files."""
    assert len(available()) == len(list(FOLDER.glob("*.po")))
