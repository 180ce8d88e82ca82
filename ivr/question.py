"""What every state shares: one answer for each event, counted faults, and a way to a person."""

from __future__ import annotations

from dataclasses import replace

from carrier.steps import Ask, HangUp, Say
from ivr.events import AgentReady, Arrived, Event, Keyed, LeftQueue, SentAway, Silence, TalkEnded, Waited
from ivr.state import Call, Facts
from ivr.turns import Reply, Turn, voiced
from speech.messages import Date, Listing, Message, Name, say

MOST_FAULTS = 3
MOST_SILENCES = 3


class State:
    """A place in the conversation. `enter` says and asks; every event has an answer, "not now" being one of them."""

    name: str

    def enter(self, call: Call, facts: Facts) -> Turn:
        """What is said and asked when the conversation comes here (or comes here again)."""
        raise NotImplementedError

    def answer(self, call: Call, facts: Facts, event: Event) -> Reply:
        """What an event means here."""
        match event:
            case Keyed(digits):
                return self.keyed(call, facts, digits)
            case Silence():
                return self.silent(call, facts)
            case Waited() | LeftQueue() | AgentReady() | SentAway() | TalkEnded() | Arrived():
                return self.carried(call, facts, event)
            case _:
                return self.result(call, facts, event)

    def keyed(self, call: Call, facts: Facts, digits: str) -> Reply:
        return self.not_now(call)

    def silent(self, call: Call, facts: Facts) -> Reply:
        return self.not_now(call)

    def carried(self, call: Call, facts: Facts, event: Event) -> Reply:
        """Events of waiting and talking."""
        return self.not_now(call)

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        """Results of deeds."""
        return self.not_now(call)

    def not_now(self, call: Call) -> Reply:
        """The one answer to an event that means nothing here: the question again, nothing counted."""
        return Reply(call, next=self.name)


class Question(State):
    """A state that waits for keys: zero asks for a person, star repeats, faults and silences are counted."""

    digits: int | None = 1
    begin = 8
    between = 5

    def prompts(self, call: Call, facts: Facts) -> tuple[Message | Say, ...]:
        raise NotImplementedError

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        """Keys other than zero and star."""
        raise NotImplementedError

    def enter(self, call: Call, facts: Facts) -> Turn:
        said = (*greeting(call, facts), *self.prompts(call, facts))
        call = replace(call, greeted=True)
        ask = Ask(
            voiced(call, said),
            to=self.name,
            digits=self.digits,
            finish="" if self.digits == 1 else "#",
            begin=self.begin,
            between=self.between,
        )
        return Turn(call, (ask,))

    def keyed(self, call: Call, facts: Facts, digits: str) -> Reply:
        digits = digits.removesuffix("#")
        call = replace(call, silences=0)
        if not digits:
            return self.silent(call, facts)
        if digits == "0":
            return person(call)
        if "*" in digits or "#" in digits:
            return Reply(call, next=self.name)
        return self.pressed(call, facts, digits)

    def silent(self, call: Call, facts: Facts) -> Reply:
        """Nobody keyed anything: asked again, and a goodbye only after repeated silence."""
        call = replace(call, silences=call.silences + 1)
        if call.silences >= MOST_SILENCES:
            return farewell(call)
        return Reply(call, said=(say("fault.no_key"),), next=self.name)

    def fault(self, call: Call, words: str = "fault.wrong_key") -> Reply:
        """A key that means nothing: told and asked again; the third leads to a person."""
        call = replace(call, faults=call.faults + 1)
        if call.faults >= MOST_FAULTS:
            return person(call)
        return Reply(call, said=(say(words),), next=self.name)


def person(call: Call) -> Reply:
    """A person was asked for: identification and referrals are left aside, the level stays what it is."""
    return Reply(replace(call, person=True, faults=0, silences=0, wants_callback=False))


def farewell(call: Call, *said: Message) -> Reply:
    """The end, with words."""
    over = replace(call, at="over")
    return Reply(over, steps=(*voiced(over, (*said, say("goodbye"))), HangUp()))


def greeting(call: Call, facts: Facts) -> tuple[Message, ...]:
    """What a caller hears first. Shortest where the call costs the caller international charges."""
    if call.greeted or facts.called_back:
        return ()
    if facts.ask_country and not call.country_asked:
        return _welcome(facts)  # the rest once the region is known: what is keyed here is a dialling code
    return (*_welcome(facts), *_closed_cloud(facts), say("privacy.short"))


def _welcome(facts: Facts) -> tuple[Message, ...]:
    if facts.international:
        return (say("greeting.short", operator=facts.operator_name),)
    if facts.region is None:
        return (say("greeting.general", operator=facts.operator_name),)
    return (say("greeting.region", operator=facts.operator_name, region=Name("region", facts.region)),)


def _closed_cloud(facts: Facts) -> tuple[Message, ...]:
    if facts.closed_cloud is None or facts.closed_cloud_since is None:
        return ()
    languages = sorted({one for department in facts.departments for one in department.open_in})
    closed = say("cloud.closed", operator=facts.closed_cloud, date=Date(facts.closed_cloud_since, facts.zone))
    return (
        closed,
        *(
            (say("cloud.languages", languages=Listing.of(Name("language", one) for one in languages)),)
            if languages
            else ()
        ),
    )
