"""What follows from an event: the answer of the conversation, as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from carrier.steps import Say, Step
from ivr.events import Deed
from ivr.state import Call
from speech.messages import Message


@dataclass(frozen=True, slots=True)
class Turn:
    """The answer to one event: the call as it is now, what the carrier does, and a deed whose result comes next."""

    call: Call
    steps: tuple[Step, ...] = ()
    deed: Deed | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a state makes of an event, before anything new is asked.

    With a `deed`, its result comes next; with `steps`, the turn ends as they say; else `next` names the state that asks
    next, and "" stands for whatever is still missing.
    """

    call: Call
    said: tuple[Message, ...] = ()
    next: str = ""
    deed: Deed | None = None
    steps: tuple[Step, ...] | None = None


def voiced(call: Call, messages: Iterable[Message | Say]) -> tuple[Say, ...]:
    """The messages in the caller's language; what already has a language keeps it."""
    return tuple(one if isinstance(one, Say) else Say(one, call.language) for one in messages)
