"""What the service can tell a telephone to do, in words that belong to no carrier.

A call's answer is a list of these. `to`, `then`, `whisper`, `music_to` and `events_to` are names of steps ("menu"); the
writer of a carrier turns them into absolute URLs with a function it is given. After a final step (`FINAL`) nothing
runs, so a writer refuses a list that goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from speech.messages import Message


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a message in a catalogue language ("en", "zh-Hant")."""

    message: Message
    language: str


@dataclass(frozen=True, slots=True)
class Play:
    """Play an audio file from an absolute URL."""

    url: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence of whole seconds."""

    seconds: int = 1


Prompt = Say | Play | Pause


@dataclass(frozen=True, slots=True)
class Ask:
    """Speak while listening for keys, then go to `to`; silence goes there too, without digits.

    `digits` is a fixed count, or None to listen until the `finish` key. `begin` is how many seconds the caller has for
    the first key once the prompts have ended, `between` for each following one.
    """

    prompts: tuple[Prompt, ...]
    to: str
    digits: int | None = None
    finish: str = "#"
    begin: int = 5
    between: int = 5


@dataclass(frozen=True, slots=True)
class Go:
    """Fetch the next steps from `to`."""

    to: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Put the caller into a named queue; `music_to` gives what is heard there, `then` follows when the wait is over."""

    queue: str
    music_to: str
    then: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the queue; the call goes on with the `then` of its `Wait`."""


@dataclass(frozen=True, slots=True)
class Meet:
    """Join a room (a conference). `coach` is the call id of the only participant who hears this one.

    Without `music_to` a participant who is alone hears silence; `events_to` is told who comes and goes.
    """

    room: str
    then: str
    label: str
    ends_room: bool
    coach: str | None = None
    muted: bool = False
    starts: bool = True
    music_to: str | None = None
    events_to: str | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring an E.164 number, `sip:` or `client:` address and connect it; `whisper` is heard there before connecting.

    Without `then` the call ends with the conversation: for a document that no service of ours stands behind.
    """

    number: str
    then: str | None
    whisper: str | None = None
    timeout: int = 20
    caller_id: str | None = None


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse a call without answering it; only ever alone."""

    reason: Literal["busy", "rejected"] = "rejected"


Step = Say | Play | Pause | Ask | Go | Wait | Leave | Meet | Dial | HangUp | Reject

FINAL = (Ask, Go, Wait, Leave, Meet, Dial, HangUp, Reject)
