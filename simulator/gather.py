"""Gather: prompts that a key cuts short, then keys until enough, the finish key, or silence.

Keys pressed while no Gather is open wait for the next one, so that a script need not time its presses.
"""

from dataclasses import dataclass, replace

from simulator.errors import ApplicationError
from simulator.line import Line
from simulator.model import InputKind, Step
from simulator.speaking import prompt
from simulator.twiml import Document, Verb

KEYS = frozenset("0123456789*#")


@dataclass(frozen=True, slots=True)
class Rules:
    kinds: frozenset[str]
    count: int | None
    finish: str
    timeout: float
    on_empty: bool


@dataclass(frozen=True, slots=True)
class Heard:
    digits: str = ""
    finished_on: str = ""
    speech: str | None = None


def gather(line: Line, verb: Verb, document: Document) -> Step | None:
    rules = _rules(verb)
    action = line.step(verb, document)
    barge = verb.flag("bargeIn", default=True)
    for child in verb.children:
        prompt(line, child, document, lambda: barge and bool(line.call.inputs))
        if line.network.settings.patient and barge and line.call.inputs:
            break
    line.network.emit(
        line.call,
        "gather",
        input=sorted(rules.kinds),
        digits=rules.count,
        finish=rules.finish,
        timeout=rules.timeout,
    )
    heard = _listen(line, rules)
    if heard == Heard() and not rules.on_empty:
        return None
    line.input_taken()
    if action is None:  # the keys go to the document that asked for them
        action = Step(line.address("", document), verb.get("method", "POST"))
    return replace(action, extra=_fields(heard), after_input=True)


def _rules(verb: Verb) -> Rules:
    kinds = frozenset(verb.get("input", "dtmf").split())
    if not kinds or kinds - {"dtmf", "speech"}:
        raise ApplicationError(12200, f'<Gather input="{verb.get("input")}"> is not dtmf, speech or both')
    finish = verb.get("finishOnKey", "#")
    if set(finish) - KEYS:
        raise ApplicationError(12200, f'<Gather finishOnKey="{finish}"> has what no telephone has')
    count = verb.whole("numDigits", 0) or None
    timeout = 5.0 if verb.get("timeout") == "auto" else float(verb.whole("timeout", 5))
    return Rules(kinds, count, finish, timeout, verb.flag("actionOnEmptyResult", default=False))


def _listen(line: Line, rules: Rules) -> Heard:
    call, digits = line.call, ""
    limit = line.network.settings.seconds(rules.timeout)
    while True:
        with line.network.changed:
            if not line.wait(lambda: bool(call.inputs), limit):
                return Heard(digits)
            kind, value = call.inputs.popleft()
        if kind is InputKind.SILENCE:
            return Heard(digits)
        if kind is InputKind.SPEECH:
            if "speech" in rules.kinds:
                return Heard(speech=value)
        elif "dtmf" in rules.kinds:
            if value in rules.finish:
                return Heard(digits, finished_on=value)
            digits += value
            if len(digits) == rules.count:
                _swallow_finish(line, rules)
                return Heard(digits)


def _swallow_finish(line: Line, rules: Rules) -> None:
    """Someone who keys "1234#" where four digits were enough does not mean the # for the next question."""
    with line.network.changed:
        inputs = line.call.inputs
        if inputs and inputs[0][0] is InputKind.KEY and inputs[0][1] in rules.finish:
            inputs.popleft()


def _fields(heard: Heard) -> dict[str, str]:
    if heard.speech is not None:
        return {"SpeechResult": heard.speech, "Confidence": "0.9"}
    return {"Digits": heard.digits, "FinishedOnKey": heard.finished_on, "msg": "Gather End"}
