"""Text messages that cost what they should: one GSM-7 segment of 160, or at most two UCS-2 segments (134).

GSM-7 is the default alphabet of 3GPP TS 23.038 with its extension table, whose characters count twice. One
character outside makes the whole message UCS-2, where the limits are 70 alone and 67 in each of several
(UTF-16 code units).
"""

from dataclasses import replace

from core.errors import VouchlineError
from speech.clean import clean
from speech.messages import Message, Param, say
from speech.speaking import speak

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")

# Typographic signs that would make a message UCS-2 for nothing.
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "…": "..."})


class DoesNotFitError(VouchlineError):
    """The text is too long even with its name cut to nothing: a mistake in a catalogue."""

    code = "text-too-long"


def septets(body: str) -> int | None:
    """Length in GSM-7 septets; None where a character is outside the alphabet."""
    if not all(character in _BASIC or character in _EXTENSION for character in body):
        return None
    return len(body) + sum(character in _EXTENSION for character in body)


def segments(body: str) -> int:
    """How many messages the carrier bills."""
    length, alone, each = septets(body), 160, 153
    if length is None:
        length, alone, each = len(body.encode("utf-16-le", "surrogatepass")) // 2, 70, 67
    return 1 if length <= alone else -(-length // each)


def fits_text(body: str) -> bool:
    return segments(body) <= (1 if septets(body) is not None else 2)


def fit(message: Message, language: str, shorten: str = "organisation") -> str:
    """The message as a text that fits, with the name in parameter `shorten` cut as far as needed.

    A name of which nothing readable is left becomes "your organisation". Raises DoesNotFitError.
    """
    params = dict(message.params)
    name = clean(str(params.get(shorten, "")).translate(_PLAIN))
    if shorten in params and not name:
        return fit(_with(message, shorten, speak(say("text.some_organisation"), language)), language, shorten)
    for length in range(len(name), -1, -1):
        body = speak(_with(message, shorten, _cut(name, length)), language) if name else speak(message, language)
        if fits_text(body):
            return body
    raise DoesNotFitError(f"message {message.id} does not fit a text in {language}")


def _with(message: Message, name: str, value: Param) -> Message:
    return replace(message, params=tuple((key, value if key == name else old) for key, old in message.params))


def _cut(name: str, length: int) -> str:
    if length == len(name):
        return name
    kept = name[:length].rstrip()
    # The one-character ellipsis is outside GSM-7, so it comes free only where the name is too.
    return kept + ("..." if septets(kept) is not None else "…")
