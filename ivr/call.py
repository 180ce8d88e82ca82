"""The conversation as a pure function: `advance(call, facts, event) -> Turn`.

Every state answers every event and every path ends: questions are bounded by `MOST_TURNS`, waiting and talking by the
carrier. What is asked next is not written into the answers; `missing` derives it from what is not known yet.
"""

from __future__ import annotations

from dataclasses import replace

from carrier.steps import Ask, Say
from ivr.events import Arrived, Event, HungUp, Keyed, Silence
from ivr.hold import CalledBack, Joining, Over, Returning, Talking, Waiting
from ivr.menus import CallbackOffer, Country, Incidents, Languages, Menu, SeverityQuestion, any_open
from ivr.proofs import (
    AccountNumber,
    ChannelChoice,
    ContactNumber,
    Ineligible,
    PartnerReferral,
    PinEntry,
    Role,
    UserReferral,
    identification_missing,
    referral,
)
from ivr.question import State, farewell, person
from ivr.state import Call, Facts
from ivr.turns import Reply, Turn, voiced

MOST_TURNS = 60

STATES: dict[str, State] = {
    state.name: state
    for state in (
        Country(),
        Incidents(),
        Menu(),
        Languages(),
        SeverityQuestion(),
        CallbackOffer(),
        AccountNumber(),
        ContactNumber(),
        ChannelChoice(),
        PinEntry(),
        Role(),
        UserReferral(),
        PartnerReferral(),
        Ineligible(),
        Joining(),
        Waiting(),
        Talking(),
        Returning(),
        CalledBack(),
        Over(),
    )
}
UNBOUNDED = ("waiting", "talking", "over")


def begin(call: Call, facts: Facts) -> Turn:
    """The first turn of a call."""
    at = "called_back" if facts.called_back else missing(call, facts)
    return _enter(replace(call, at=at), facts, ())


def advance(call: Call, facts: Facts, event: Event) -> Turn:
    """What follows from one event."""
    if isinstance(event, HungUp):
        return Turn(replace(call, at="over"))
    if isinstance(event, Keyed | Silence) and call.at not in UNBOUNDED:
        call = replace(call, turns=call.turns + 1)
    if call.turns > MOST_TURNS and call.at not in UNBOUNDED:
        return _carry_on(_out_of_turns(call), facts)
    if isinstance(event, Arrived):
        return _enter(call, facts, ())
    return _carry_on(STATES[call.at].answer(call, facts, event), facts)


def missing(call: Call, facts: Facts) -> str:
    """The state that asks for whatever is missing next. Policy of the conversation, in order:"""
    # 1. The region, where one number serves several and nothing told it.
    if facts.ask_country and not call.country_asked and not call.person:
        return "country"
    # 2. What is broken is heard before anything is asked.
    if facts.incidents and not (call.incidents_heard or call.person or facts.called_back):
        return "incident"
    # 3. Someone who wants to be called back, or finds everything closed, is asked for which department.
    if call.wants_callback or not any_open(facts):
        return "callback"
    # 4. A department; someone who asked for a person gets the first that is open.
    department = facts.department(call.department)
    if department is None:
        return "joining" if call.person else "menu"
    # 5. Its severity, where the operator tells severities apart, since hours depend on it.
    if department.open_in_a is not None and call.severity is None and not call.person:
        return "severity"
    if not department.languages(call.severity):
        return "callback"
    # 6. Identification and eligibility, unless a person was asked for.
    if not call.person:
        asked = identification_missing(call, facts) or (None if call.resume else referral(call, facts))
        if asked is not None:
            return asked
    # 7. Back to the agent who sent the caller away, or into the queue.
    return "returning" if call.resume else "joining"


def _carry_on(reply: Reply, facts: Facts) -> Turn:
    said = voiced(reply.call, reply.said)
    if reply.deed is not None:
        return Turn(reply.call, said, reply.deed)
    if reply.steps is not None:
        return Turn(reply.call, (*said, *reply.steps))
    call = _with_person(reply.call, facts)
    return _enter(replace(call, at=reply.next or missing(call, facts)), facts, said)


def _with_person(call: Call, facts: Facts) -> Call:
    """Someone who asked for a person before choosing gets the first department that is open."""
    if not call.person or call.department is not None:
        return call
    for department in facts.departments:
        if (language := department.agent_language(call.spoken, call.severity)) is not None:
            return replace(call, department=department.code, agent_language=language)
    return call


def _enter(call: Call, facts: Facts, said: tuple[Say, ...]) -> Turn:
    turn = STATES[call.at].enter(call, facts)
    first = turn.steps[0] if turn.steps else None
    if said and isinstance(first, Ask):
        # Spoken inside the question, so that a caller who knows the way can key at once.
        first = replace(first, prompts=(*said, *first.prompts))
        return replace(turn, steps=(first, *turn.steps[1:]))
    return replace(turn, steps=(*said, *turn.steps))


def _out_of_turns(call: Call) -> Reply:
    """Too many turns: a person once, then a goodbye."""
    return farewell(call) if call.person else person(replace(call, turns=MOST_TURNS - 10))
