"""After the questions: joining the queue, waiting, talking, being sent away to key a PIN, and the end."""

from __future__ import annotations

from dataclasses import replace

from carrier.steps import Ask, HangUp, Leave, Meet, Pause, Prompt, Wait
from ivr.events import (
    AgentReady,
    AskCallback,
    CallbackRefused,
    CallbackTaken,
    Checked,
    ComeBack,
    Event,
    Joined,
    JoinQueue,
    LeftQueue,
    NotJoined,
    SentAway,
    TakeCallback,
    TalkEnded,
    Waited,
)
from ivr.menus import callback_words
from ivr.proofs import proven
from ivr.question import Question, State, farewell
from ivr.state import Call, Facts
from ivr.turns import Reply, Turn, voiced
from speech.messages import Count, Message, say

MUSIC_SECONDS = 20
HONEST_MINUTES = 30
REDIRECTED = ("redirected", "redirected-from-bridged", "bridged", "bridging-in-process", "bridging-in-progress")


class Joining(State):
    """About to queue; nobody there, a full queue or a just closed team lead to a callback, never to a dead end."""

    name = "joining"

    def enter(self, call: Call, facts: Facts) -> Turn:
        department = call.department or facts.departments[0].code
        return Turn(call, deed=JoinQueue(department, call.agent_language or call.spoken, call.severity))

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case Joined(queue, position, minutes):
                waiting = replace(call, at="waiting", position=position)
                said = (*lowered(call), *place(position, minutes))
                wait = Wait(queue, music_to="wait", then="queued")
                return Reply(waiting, steps=(*voiced(call, said), wait))
            case NotJoined(why):
                return Reply(call, said=(say(f"queue.{why}"),), next="callback")
            case _:
                return self.not_now(call)


class Waiting(State):
    """In the carrier's queue; keys work there. The desk's own order decides who is next."""

    name = "waiting"

    def enter(self, call: Call, facts: Facts) -> Turn:
        return self._listen(call, ())

    def keyed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if not digits.startswith("1"):
            return self.not_now(call)
        department = call.department or facts.departments[0].code
        return Reply(call, deed=AskCallback(department, call.agent_language or call.spoken, None))

    def carried(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case Waited():
                turn = self._listen(*self._news(call, event))
                return Reply(turn.call, steps=turn.steps)
            case AgentReady():
                talking = replace(call, at="talking")
                return Reply(talking, steps=(*voiced(call, (say("queue.connecting"),)), meet(facts)))
            case TalkEnded():
                return after_talk(call, event)
            case LeftQueue(result) if result in REDIRECTED:
                # The carrier reports the redirect that took the caller out; the new document is already on its way.
                return Reply(call, steps=())
            case LeftQueue("hangup"):
                return Reply(replace(call, at="over"), steps=(HangUp(),))
            case LeftQueue("leave"):
                return Reply(call, next="joining")
            case LeftQueue():
                return Reply(call, said=(say("queue.full"),), next="callback")
            case _:
                return self.not_now(call)

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case CallbackTaken(when):
                over = replace(call, at="over")
                return Reply(over, steps=(*voiced(call, (callback_words(facts, when),)), Leave()))
            case CallbackRefused(why):
                words = "callback.refused" if why == "number" else "callback.limit"
                turn = self._listen(replace(call, callback_refused=True), (say(words),))
                return Reply(turn.call, steps=turn.steps)
            case _:
                return self.not_now(call)

    def _news(self, call: Call, now: Waited) -> tuple[Call, tuple[Message, ...]]:
        """A better place, and once that nobody is signed in any more; else nothing is said."""
        better = now.position is not None and now.position < (call.position or now.position + 1)
        said = place(now.position, now.minutes) if better and now.position is not None else ()
        if not now.staffed and not call.alone:
            said = (say("queue.nobody"),)
        return replace(call, position=now.position, alone=not now.staffed), said

    def _listen(self, call: Call, said: tuple[Message, ...]) -> Turn:
        keys = () if call.callback_refused else (say("queue.keys"),)
        prompts: tuple[Prompt, ...] = (*voiced(call, (*said, *keys)), Pause(MUSIC_SECONDS))
        return Turn(call, (Ask(prompts, to="wait", digits=1, finish="", begin=1, between=1),))


class Returning(State):
    """Back from keying a PIN: into the room while the agent is there, else to the front of the queue."""

    name = "returning"

    def enter(self, call: Call, facts: Facts) -> Turn:
        return Turn(replace(call, resume=False), deed=ComeBack())

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        return self.carried(call, facts, event)

    def carried(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case AgentReady():
                return Reply(call, next="talking")
            case TalkEnded():
                return after_talk(call, event)
            case _:
                return self.not_now(call)


class Talking(State):
    """In the room with an agent. The caller may be sent away to key a PIN and comes back."""

    name = "talking"

    def enter(self, call: Call, facts: Facts) -> Turn:
        return Turn(call, (meet(facts),))

    def carried(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case SentAway():
                away = replace(call, resume=True, identification_over=False, channel=None, keyings=0, rounds=0)
                return Reply(away)
            case TalkEnded():
                return after_talk(call, event)
            case LeftQueue() | Waited():
                # The carrier reports how the caller left the queue; the room has begun already.
                return Reply(call, steps=())
            case _:
                return self.not_now(call)


class CalledBack(Question):
    """We have called somebody back: a key says that it is the person who asked, and no machine."""

    name = "called_back"
    begin = 10

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        return (say("callback.intro", operator=facts.operator_name),)

    def keyed(self, call: Call, facts: Facts, digits: str) -> Reply:
        return Reply(call, deed=TakeCallback()) if digits.startswith("1") else self.silent(call, facts)

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case Checked(right=True):
                return Reply(replace(proven(call, event), silences=0))
            case Checked():
                return farewell(call)
            case _:
                return self.not_now(call)


class Over(State):
    """The call has ended or is about to; nothing that comes late changes that (D7)."""

    name = "over"

    def enter(self, call: Call, facts: Facts) -> Turn:
        return Turn(call, (HangUp(),))


def after_talk(call: Call, event: TalkEnded) -> Reply:
    """A talk that broke off goes on with somebody else; one that was held is over."""
    if event.again:
        return Reply(call, said=(say("talk.again"),), next="joining")
    return farewell(call, say("talk.ended"))


def meet(facts: Facts) -> Meet:
    """The room is named by the call session, so that others can join it."""
    return Meet(facts.room, then="talked", label="caller", ends_room=False)


def place(position: int, minutes: int | None) -> tuple[Message, ...]:
    """Position and an honest expected wait."""
    where = say("queue.next") if position <= 1 else say("queue.position", position=position)
    if minutes is None:
        return (where, say("queue.unknown_wait"))
    if minutes > HONEST_MINUTES:
        return (where, say("queue.long"))
    return (where, say("queue.minutes", minutes=Count(max(1, minutes), "minutes")))


def lowered(call: Call) -> tuple[Message, ...]:
    """Severity A without the advanced agreement is recorded as B, and said so (F83)."""
    if call.severity == "A" and not (call.organisation and call.organisation.advanced):
        return (say("severity.lowered"),)
    return ()
