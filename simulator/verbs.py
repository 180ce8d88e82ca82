"""The simple verbs, and the table of all."""

from simulator.conferencing import dial_conference
from simulator.dialing import dial_legs
from simulator.errors import ApplicationError, HungUp, LeftQueue
from simulator.gather import gather
from simulator.line import Handler, Line
from simulator.model import Step
from simulator.queueing import dial_queue, enqueue
from simulator.speaking import pause, play, say
from simulator.twiml import Document, Verb


def _say(line: Line, verb: Verb, _: Document) -> None:
    say(line, verb)


def _play(line: Line, verb: Verb, document: Document) -> None:
    play(line, verb, document)


def _pause(line: Line, verb: Verb, _: Document) -> None:
    pause(line, verb)


def _redirect(line: Line, verb: Verb, document: Document) -> Step:
    step = Step(line.address(verb.text, document), verb.get("method", "POST"))
    return line.redirected_to(step)


def _leave(_line: Line, _verb: Verb, _document: Document) -> None:
    raise LeftQueue


def _hangup(_line: Line, _verb: Verb, _document: Document) -> None:
    raise HungUp


def _reject(_line: Line, verb: Verb, _document: Document) -> None:
    reason = verb.get("reason", "rejected")
    if reason not in {"busy", "rejected"}:
        raise ApplicationError(12200, f'<Reject reason="{reason}"> is neither busy nor rejected')
    raise HungUp("busy" if reason == "busy" else "failed", "rejected")


def _dial(line: Line, verb: Verb, document: Document) -> Step | None:
    nouns = {child.name for child in verb.children}
    alone = nouns & {"Queue", "Conference"}
    if alone and len(verb.children) > 1:
        raise ApplicationError(12200, f"<{min(alone)}> stands alone inside <Dial>", document.base)
    if "Queue" in nouns:
        return dial_queue(line, verb, document)
    if "Conference" in nouns:
        return dial_conference(line, verb, document)
    return dial_legs(line, verb, document, HANDLERS)


HANDLERS: dict[str, Handler] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": gather,
    "Redirect": _redirect,
    "Enqueue": enqueue,
    "Leave": _leave,
    "Dial": _dial,
    "Hangup": _hangup,
    "Reject": _reject,
}
