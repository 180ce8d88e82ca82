"""Voices of carriers."""

import pytest

from speech import NoVoiceError, can_speak, catalogues, voice_for
from speech.voices import VOICED

ROWS = [(carrier, language) for carrier, languages in VOICED.items() for language in languages]


@pytest.mark.parametrize("language", catalogues())
def test_every_catalogue_has_a_voice(language: str) -> None:
    assert can_speak(language)


def test_every_language_of_the_source_has_a_voice() -> None:
    languages = "ar cs de en es fr he hu id it ja ko nl pl pt pt-BR ru th tr yue zh-Hans zh-Hant"
    assert set(VOICED["twilio"]) == set(languages.split())


@pytest.mark.parametrize(("carrier", "language"), ROWS)
def test_a_google_voice_matches_its_tag(carrier: str, language: str) -> None:
    """A mismatch fails the verb, and a Google voice carries its tag in its name."""
    voice = voice_for(language, carrier)
    assert voice.name.startswith((f"Google.{voice.tag}-", "Polly."))


def test_the_mandarin_of_taiwan_is_spoken_by_google_only() -> None:
    assert voice_for("zh-Hant").tag == "cmn-TW"
    assert voice_for("zh-Hant").name.startswith("Google.cmn-TW-")


@pytest.mark.parametrize(("carrier", "language"), ROWS)
def test_a_voice_names_its_source_or_is_unverified(carrier: str, language: str) -> None:
    voice = voice_for(language, carrier)
    assert voice.source == "unverified" or "." in voice.source


@pytest.mark.parametrize(("language", "carrier"), [("tlh", "twilio"), ("en", "carrier-pigeon")])
def test_a_language_that_a_carrier_cannot_speak_is_reported(language: str, carrier: str) -> None:
    assert not can_speak(language, carrier)
    with pytest.raises(NoVoiceError, match=language):
        voice_for(language, carrier)
