"""The document a carrier falls back to when the service does not answer (REQUIREMENTS E8).

It is hosted apart, needs no database and no server of ours, and proves nothing about anybody: it apologises in a few
languages and rings a number where people sit.
"""

from __future__ import annotations

from collections.abc import Sequence

from carrier.steps import Dial, HangUp, Say, Step
from carrier.twiml import render
from speech.messages import say

LANGUAGES = ("en", "de", "zh-Hans", "zh-Hant")
_RING = 30


def document(number: str | None, languages: Sequence[str] = LANGUAGES) -> bytes:
    """The TwiML; `number` is E.164, `sip:` or `client:`. Raises `carrier.twiml.DocumentError` for any other."""
    if number is None:
        return render([*(Say(say("sorry"), language) for language in languages), HangUp()], _nowhere)
    apology: list[Step] = [Say(say("fallback.connecting"), language) for language in languages]
    return render([*apology, Dial(number, then=None, timeout=_RING)], _nowhere)


def _nowhere(name: str) -> str:
    raise ValueError(f"the fallback document leads nowhere, not to {name}")
