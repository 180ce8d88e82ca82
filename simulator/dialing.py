"""Dial to numbers, clients and SIP addresses: up to ten ring at once, the first that comes through talks.

A leg comes through when it was answered and its whisper (`url`) ended without a hang-up. The others are hung up then.
"""

from dataclasses import dataclass, field

from simulator.errors import ApplicationError, Ended
from simulator.line import WHISPER, Body, Handler, Line
from simulator.model import Bridge, Call, Direction, Status, Step
from simulator.numbers import E164
from simulator.outbound import callback_of, new_call, place
from simulator.talking import dial_fields, talk
from simulator.twiml import Document, Verb

MOST_LEGS = 10
DEFAULT_TIMEOUT = 30
DEFAULT_LIMIT = 14400


@dataclass(eq=False, slots=True)
class Attempt:
    """One Dial: its legs, and the one that came through."""

    legs: list[Call] = field(default_factory=list)
    bridge: Bridge | None = None
    winner: Call | None = None
    over: bool = False

    @property
    def settled(self) -> bool:
        return self.bridge is not None or all(leg.ended for leg in self.legs)


def dial_legs(line: Line, verb: Verb, document: Document, handlers: dict[str, Handler]) -> Step | None:
    nouns = verb.children or (Verb("Number", {}, verb.text),)
    if len(nouns) > MOST_LEGS:
        raise ApplicationError(13200, f"<Dial> rings at most {MOST_LEGS} at once", document.base)
    action, attempt = line.step(verb, document), Attempt()
    try:
        with line.network.changed:
            for noun in nouns:
                attempt.legs.append(_leg(line, verb, noun, document))
        line.network.emit(line.call, "dialing", to=[leg.to for leg in attempt.legs])
        for noun, leg in zip(nouns, attempt.legs, strict=True):
            whisper = line.step(noun, document, "url")
            timeout = float(verb.whole("timeout", DEFAULT_TIMEOUT))
            detect = noun.get("machineDetection")
            place(line.network, leg, _body(line, attempt, whisper), handlers, timeout, detect=detect)
        _connect(line, verb, attempt)
    except Ended:
        line.report(action, _outcome(attempt))
        raise
    finally:
        _hang_up_all(line, attempt)
    return Step(action.url, action.method, _outcome(attempt)) if action else None


def _leg(line: Line, verb: Verb, noun: Verb, document: Document) -> Call:
    to = _target(noun)
    if not to:
        raise ApplicationError(13200, f"<{noun.name}> names nobody to ring", document.base)
    url = noun.get("statusCallback")
    callback = callback_of(
        line.address(url, document) if url else None,
        [noun.get("statusCallbackEvent")],
        noun.get("statusCallbackMethod"),
    )
    caller = verb.get("callerId") or line.call.from_
    return new_call(line.network, to, caller, Direction.DIAL, parent=line.call, callback=callback)


def _target(noun: Verb) -> str:
    if noun.name == "Client":
        name = next((child.text for child in noun.children if child.name == "Identity"), noun.text)
        return f"client:{name}" if name else ""
    if noun.name == "Sip":
        return noun.text if noun.text.startswith("sip:") else ""
    if noun.text and not E164.fullmatch(noun.text):
        raise ApplicationError(13223, f"<{noun.name}> is not a telephone number: {noun.text}")
    return noun.text


def _body(parent: Line, attempt: Attempt, whisper: Step | None) -> Body:
    """What the called leg does once answered."""

    def body(line: Line) -> None:
        if whisper is not None:
            line.converse(whisper, WHISPER)
        network = line.network
        with network.changed:
            if attempt.winner is not None or attempt.over:
                network.end(line.call, Status.COMPLETED, "answered-elsewhere")
                line.check()
            attempt.winner = line.call
            network.answer(parent.call)
            attempt.bridge = network.open_bridge(parent.call, line.call)
            network.changed.notify_all()
        if attempt.bridge is not None:
            talk(line, attempt.bridge)
        network.hang_up(line.call, "other-side-hung-up")
        line.check()

    return body


def _connect(line: Line, verb: Verb, attempt: Attempt) -> None:
    line.wait(lambda: attempt.settled)
    if attempt.bridge is None:
        return
    for leg in attempt.legs:
        if leg is not attempt.winner:
            line.network.hang_up(leg, "answered-elsewhere")
    limit = float(verb.whole("timeLimit", DEFAULT_LIMIT))
    talk(line, attempt.bridge, star=verb.flag("hangupOnStar", default=False), limit=limit)


def _hang_up_all(line: Line, attempt: Attempt) -> None:
    with line.network.changed:
        attempt.over = True
        if attempt.bridge is not None:
            line.network.close_bridge(attempt.bridge)
        for leg in attempt.legs:
            if leg is attempt.winner:
                line.network.hang_up(leg, "other-side-hung-up")
            else:
                line.network.hang_up(leg, "dial-over")


def _outcome(attempt: Attempt) -> dict[str, str]:
    """`completed` also means: answered, but the whisper hung up; DialBridged tells the two apart."""
    if attempt.winner is not None:
        return dial_fields("completed", attempt.winner, talked=attempt.bridge is not None)
    leg = attempt.legs[-1] if attempt.legs else None
    if any(one.answered for one in attempt.legs):
        return dial_fields("completed", leg)
    statuses = {str(one.status) for one in attempt.legs if one.ended}
    for status in ("busy", "no-answer", "failed", "canceled"):
        if status in statuses:
            return dial_fields(status, leg)
    return dial_fields("canceled", leg)
