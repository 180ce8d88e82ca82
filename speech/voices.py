"""Which voice speaks a catalogue, per carrier.

A voice and a language tag that do not match fail the carrier's verb (Twilio, <Say>), so the two stand in one
row and are chosen together. The tag for speaking (`cmn-TW`) is not the tag for hearing (`cmn-Hant-TW`). Each
row names where it is from; UNVERIFIED rows are well-formed but were not checked against the carrier's list.
"""

from dataclasses import dataclass

from core.errors import VouchlineError

UNVERIFIED = "unverified"
_TWILIO = "twilio.com/docs/voice/twiml/say"


@dataclass(frozen=True, slots=True)
class Voice:
    """`name` and `tag` go into the carrier's document as they are; `source` says where the pair is from."""

    name: str
    tag: str
    source: str = UNVERIFIED

    @property
    def verified(self) -> bool:
        return self.source != UNVERIFIED


class NoVoiceError(VouchlineError):
    """The carrier cannot speak the language; the caller is to get the next best (`can_speak`)."""

    code = "no-voice"


_VOICES: dict[str, dict[str, Voice]] = {
    "twilio": {
        "ar": Voice("Polly.Zeina", "arb"),
        "cs": Voice("Google.cs-CZ-Standard-A", "cs-CZ"),
        "de": Voice("Polly.Vicki-Neural", "de-DE", _TWILIO),
        "en": Voice("Polly.Joanna-Neural", "en-US"),
        "es": Voice("Polly.Lucia-Neural", "es-ES"),
        "fr": Voice("Polly.Lea-Neural", "fr-FR"),
        "he": Voice("Google.he-IL-Standard-A", "he-IL"),
        "hu": Voice("Google.hu-HU-Standard-A", "hu-HU"),
        "id": Voice("Google.id-ID-Standard-A", "id-ID"),
        "it": Voice("Polly.Bianca-Neural", "it-IT"),
        "ja": Voice("Polly.Takumi-Neural", "ja-JP"),
        "ko": Voice("Polly.Seoyeon-Neural", "ko-KR"),
        "nl": Voice("Polly.Laura-Neural", "nl-NL"),
        "pl": Voice("Polly.Ola-Neural", "pl-PL"),
        "pt": Voice("Polly.Ines-Neural", "pt-PT"),
        "pt-BR": Voice("Polly.Camila-Neural", "pt-BR"),
        "ru": Voice("Polly.Tatyana", "ru-RU"),
        "th": Voice("Google.th-TH-Standard-A", "th-TH"),
        "tr": Voice("Polly.Filiz", "tr-TR"),
        # The voice is in the carrier's list; that it wants the engine's own tag was not checked there.
        "yue": Voice("Polly.Hiujin-Neural", "yue-CN"),
        "zh-Hans": Voice("Polly.Zhiyu-Neural", "cmn-CN", _TWILIO),
        # Only Google speaks the Mandarin of Taiwan on this carrier.
        "zh-Hant": Voice("Google.cmn-TW-Standard-A", "cmn-TW", _TWILIO),
    },
}

# The languages that each carrier speaks.
VOICED: dict[str, tuple[str, ...]] = {carrier: tuple(sorted(voices)) for carrier, voices in _VOICES.items()}


def can_speak(language: str, carrier: str = "twilio") -> bool:
    return language in _VOICES.get(carrier, {})


def voice_for(language: str, carrier: str = "twilio") -> Voice:
    """The voice of a catalogue code. Raises NoVoiceError where the carrier has none for it."""
    if not can_speak(language, carrier):
        raise NoVoiceError(f"{carrier} has no voice for {language}")
    return _VOICES[carrier][language]
