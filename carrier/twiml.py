"""Steps written as TwiML. Another carrier's document is another module with the same `render`, not a branch here.

Rules (Twilio's voice documentation): every URL is absolute and fetched by POST; silence reaches the same step through a
`<Redirect>` after `<Gather>`, without `Digits`; a Gather's time-out starts when its prompts have ended and is also the
time between keys, so more time to begin is silence at the end of the prompts. A document has at most 64 kB (error
11750), one `<Say>` at most 3000 characters (error 13521, the smallest limit of the engines used).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from xml.sax.saxutils import escape

from carrier.steps import (
    FINAL,
    Ask,
    Dial,
    Go,
    HangUp,
    Leave,
    Meet,
    Pause,
    Play,
    Reject,
    Say,
    Step,
    Wait,
)
from core.errors import VouchlineError
from speech.messages import Message
from speech.speaking import speak
from speech.voices import voice_for

CONTENT_TYPE = "text/xml; charset=utf-8"
LARGEST = 64_000
LONGEST_SAY = 2_900
LONGEST_QUEUE = 64

UrlFor = Callable[[str], str]

# Not characters of XML 1.0 (the document would be refused and the call dropped), and those that turn text around.
_UNSAFE = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_SENTENCE = re.compile(r"[.!?。！？]\s*")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_CLIENT = re.compile(r"client:[A-Za-z0-9_.@+-]{1,256}", re.ASCII)
_SIP = re.compile(r"sips?:[^\s<>\"@]{1,128}@[A-Za-z0-9_.:\[\]-]{1,255}(;[A-Za-z0-9_.=;-]{1,128})?", re.ASCII)


class DocumentError(VouchlineError):
    """Steps that make no document: too large, going on after their end, or with an address that is none."""

    code = "document"


def render(steps: Sequence[Step], url_for: UrlFor) -> bytes:
    """The document for a list of steps; `url_for` makes an absolute URL of a step's name. Raises `DocumentError`."""
    _check_order(steps)
    body = "".join(_WRITERS[type(step)](step, url_for) for step in steps)
    document = f'<?xml version="1.0" encoding="UTF-8"?><Response>{body}</Response>'.encode()
    if len(document) > LARGEST:
        raise DocumentError(f"the document has {len(document)} bytes, the carrier takes {LARGEST}")
    return document


def _check_order(steps: Sequence[Step]) -> None:
    for step in steps[:-1]:
        if isinstance(step, FINAL):
            raise DocumentError(f"nothing runs after {type(step).__name__}")
    if len(steps) > 1 and isinstance(steps[-1], Reject):
        raise DocumentError("a call is rejected before anything else or not at all")


def _say(step: Say, _: UrlFor) -> str:
    # Words that depend on nothing but the language are kept. Parameters never are: one of them may be a PIN.
    return _said(step.message, step.language) if step.message.params else _kept(step.message.id, step.language)


@lru_cache(maxsize=1024)
def _kept(message_id: str, language: str) -> str:
    return _said(Message(message_id), language)


def _said(message: Message, language: str) -> str:
    opening = _opening(language)
    return "".join(f"{opening}{_text(part)}</Say>" for part in _parts(speak(message, language)))


@lru_cache(maxsize=64)
def _opening(language: str) -> str:
    voice = voice_for(language)
    return f"<Say{_attribute('voice', voice.name)}{_attribute('language', voice.tag)}>"


def _play(step: Play, _: UrlFor) -> str:
    return f"<Play>{_text(step.url)}</Play>"


def _pause(step: Pause, _: UrlFor) -> str:
    return f'<Pause length="{step.seconds:d}"/>'


def _ask(step: Ask, url_for: UrlFor) -> str:
    action = url_for(step.to)
    prompts = "".join(_WRITERS[type(prompt)](prompt, url_for) for prompt in step.prompts)
    if step.begin > step.between:
        prompts += f'<Pause length="{step.begin - step.between:d}"/>'
    count = "" if step.digits is None else f' numDigits="{step.digits:d}"'
    return (
        f'<Gather input="dtmf"{_target("action", action)}{_attribute("finishOnKey", step.finish)}'
        f' timeout="{step.between:d}"{count}>{prompts}</Gather>{_redirect(action)}'
    )


def _go(step: Go, url_for: UrlFor) -> str:
    return _redirect(url_for(step.to))


def _wait(step: Wait, url_for: UrlFor) -> str:
    if not 0 < len(step.queue) <= LONGEST_QUEUE:
        raise DocumentError(f"a queue's name has 1 to {LONGEST_QUEUE} characters")
    music = f'{_attribute("waitUrl", url_for(step.music_to))} waitUrlMethod="POST"'
    return f"<Enqueue{_target('action', url_for(step.then))}{music}>{_text(step.queue)}</Enqueue>"


def _leave(_: Leave, __: UrlFor) -> str:
    return "<Leave/>"


def _meet(step: Meet, url_for: UrlFor) -> str:
    music = _attribute("waitUrl", "" if step.music_to is None else url_for(step.music_to))
    attributes = [
        f' startConferenceOnEnter="{_flag(step.starts)}" endConferenceOnExit="{_flag(step.ends_room)}" beep="false"',
        f'{music} waitMethod="POST"',
        _attribute("participantLabel", step.label),
        ' muted="true"' if step.muted else "",
        "" if step.coach is None else _attribute("coach", step.coach),
        "" if step.events_to is None else _events(url_for(step.events_to)),
    ]
    room = f"<Conference{''.join(attributes)}>{_text(step.room)}</Conference>"
    return f"<Dial{_target('action', url_for(step.then))}>{room}</Dial>"


def _events(url: str) -> str:
    return f'{_attribute("statusCallback", url)} statusCallbackMethod="POST" statusCallbackEvent="start end join leave"'


def _dial(step: Dial, url_for: UrlFor) -> str:
    whisper = "" if step.whisper is None else _target("url", url_for(step.whisper))
    caller_id = "" if step.caller_id is None else _attribute("callerId", step.caller_id)
    action = "" if step.then is None else _target("action", url_for(step.then))
    return f'<Dial{action} timeout="{step.timeout:d}"{caller_id}>{_address(step.number, whisper)}</Dial>'


def _address(number: str, whisper: str) -> str:
    if _E164.fullmatch(number):
        return f"<Number{whisper}>{number}</Number>"
    if _CLIENT.fullmatch(number):
        return f"<Client{whisper}>{_text(number.removeprefix('client:'))}</Client>"
    if _SIP.fullmatch(number):
        return f"<Sip{whisper}>{_text(number)}</Sip>"
    raise DocumentError("only an E.164 number, a sip: or a client: address can be dialled")


def _hang_up(_: HangUp, __: UrlFor) -> str:
    return "<Hangup/>"


def _reject(step: Reject, _: UrlFor) -> str:
    return f'<Reject reason="{step.reason}"/>'


_WRITERS: dict[type, Callable[..., str]] = {
    Say: _say,
    Play: _play,
    Pause: _pause,
    Ask: _ask,
    Go: _go,
    Wait: _wait,
    Leave: _leave,
    Meet: _meet,
    Dial: _dial,
    HangUp: _hang_up,
    Reject: _reject,
}


def _redirect(url: str) -> str:
    return f'<Redirect method="POST">{_text(url)}</Redirect>'


def _target(name: str, url: str) -> str:
    return f'{_attribute(name, url)} method="POST"'


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape(_UNSAFE.sub("", value), _QUOTES)}"'


def _text(value: str) -> str:
    return escape(_UNSAFE.sub("", value))


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _parts(text: str) -> Iterator[str]:
    """The text in pieces that one voice takes at once, cut after a sentence, else at a space, else anywhere."""
    while len(text) > LONGEST_SAY:
        cut = _cut(text[:LONGEST_SAY])
        yield text[:cut]
        text = text[cut:]
    yield text


def _cut(head: str) -> int:
    sentences = [found.end() for found in _SENTENCE.finditer(head)]
    return (sentences[-1] if sentences else 0) or head.rfind(" ") + 1 or len(head)


# A line break in an attribute would be read back as a space (XML 1.0, section 3.3.3).
_QUOTES = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
