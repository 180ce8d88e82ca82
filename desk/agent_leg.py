"""What an agent's telephone is told, as the carrier's steps. Pure; the names of steps are those of the agent's leg."""

from __future__ import annotations

from carrier.steps import Ask, HangUp, Meet, Say, Step
from desk.reservations import Leg, Verdict
from desk.talks import room
from speech import Message, Name, say

ANSWER = "answer"  # where the agent's key goes
LEFT = "left"  # the agent's part of the room ended
ACCEPT_KEY = "1"
THINKING = 10  # seconds after the whisper; the reservation's own end comes first


def summary(leg: Leg) -> Message:
    """ "Contoso, confirmed by text, technical support, English. Press 1 to accept."""
    known = leg.summary or {}
    organisation = known.get("organisation")
    return say(
        "agent.offer",
        organisation=organisation or say("agent.unknown_organisation"),
        level=Name("level", known.get("level", "none")),
        department=Name("department", leg.department),
        language=Name("language", leg.language),
    )


def offer_steps(leg: Leg) -> tuple[Step, ...]:
    """Whisper who it is, and listen for the key while speaking."""
    return (Ask((Say(summary(leg), leg.catalogue),), to=ANSWER, digits=1, finish="", begin=THINKING),)


def accepted_steps(leg: Leg) -> tuple[Step, ...]:
    return (
        Say(say("agent.accepted"), leg.catalogue),
        Meet(room(leg.call), then=LEFT, label="agent", ends_room=False),
    )


def declined_steps(leg: Leg) -> tuple[Step, ...]:
    return (Say(say("agent.declined"), leg.catalogue), HangUp())


def taken_steps(leg: Leg) -> tuple[Step, ...]:
    return (Say(say("agent.taken"), leg.catalogue), HangUp())


def gone_steps(leg: Leg) -> tuple[Step, ...]:
    return (Say(say("agent.gone"), leg.catalogue), HangUp())


def left_steps() -> tuple[Step, ...]:
    """The talk is over for this leg."""
    return (HangUp(),)


def steps(leg: Leg) -> tuple[Step, ...]:
    """The answer for a leg in any state; a repeated request gets the same."""
    return _ANSWERS[leg.verdict](leg)


_ANSWERS = {
    Verdict.OPEN: offer_steps,
    Verdict.ACCEPTED: accepted_steps,
    Verdict.TAKEN: taken_steps,
    Verdict.GONE: gone_steps,
}
