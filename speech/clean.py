"""Names from outside made safe to speak, to text and to mail.

Control characters break XML (the carrier then drops the call) or start a new mail header, bidirectional
controls make a text message read otherwise than it is, and an over-long name takes the whole prompt. Angle
brackets go too: a carrier that decodes the document once more would take them for speech mark-up.
"""

import re
import unicodedata

LONGEST = 80

# Joiners that Persian and Indic scripts need; every other format character (category Cf) goes.
_JOINERS = frozenset("\u200c\u200d")
_DROPPED = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_SPACES = re.compile(r"\s+")


def clean(text: str, longest: int = LONGEST) -> str:
    """One line of at most `longest` characters with nothing invisible in it."""
    # Cut before the work too, so that a hostile megabyte costs no more than a name.
    shown = "".join(_shown(character) for character in text[: longest * 8])
    return _SPACES.sub(" ", unicodedata.normalize("NFC", shown)).strip()[:longest].rstrip()


def _shown(character: str) -> str:
    if character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return " " if category in _DROPPED or character in "<>" else character
