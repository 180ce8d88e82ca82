"""Scripts: a whole call as text, one step a line. Empty lines and lines that begin with # are skipped.

    call NUMBER [from NUMBER] [attest VALUE] [forwarded-from NUMBER]    dial (the command line may do it instead)
    hear WORDS | hear /REGEX/     wait until that is said; case is ignored, named groups are kept
    text WORDS | text /REGEX/     wait for a text message at this phone; groups are kept, the first unnamed one as {pin}
    key KEYS                      press keys; {name} stands for a kept group
    silence                       the open or the next question times out at once
    say WORDS                     speak to whoever is on the line
    ring | answer | decline       wait for this phone to ring; and pick up; or refuse
    hang up
    pause SECONDS                 do nothing for real seconds
    timeout SECONDS               how long later steps wait (default: the command's --timeout)
    expect KIND                   wait for an event: queued, gather, joined, bridged, ringing, text, on-hold, ...
    expect ended [WHAT]           wait for the end; WHAT is its status (completed, busy, no-answer, ...) or its reason
                                  (hung-up, service-hung-up, document-ended, ended-by-api, rejected, ...)
    phone NUMBER STEP             the same, done by another telephone

{pin} that was not kept is the first run of 4 to 10 digits in the latest text at this phone, {pin:NUMBER} at another
one; both wait for a text to arrive. A call that ends by an application error never meets `expect ended completed`.
"""

import re
import time
from dataclasses import dataclass

from simulator.client import Event, Network, Phone, PhoneError, Refused

VERBS = {  # verb -> does it need words after it
    "call": True,
    "hear": True,
    "text": True,
    "key": True,
    "silence": False,
    "say": True,
    "ring": False,
    "answer": False,
    "decline": False,
    "hang": True,
    "pause": True,
    "timeout": True,
    "expect": True,
}
_PIN = re.compile(r"(?<![0-9])[0-9]{4,10}(?![0-9])")
_BLANK = re.compile(r"\{(?P<name>[a-z_]+)(?::(?P<number>[^}]+))?\}")


class ScriptError(Exception):
    """A script that cannot be read, or a step that did not happen. The text names the line."""


@dataclass(frozen=True, slots=True)
class Step:
    line: int
    phone: str | None  # another telephone than the script's own
    verb: str
    words: str


def parse(text: str) -> list[Step]:
    """Raises ScriptError."""
    steps = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            steps.append(_step(number, stripped))
    return steps


def _step(number: int, line: str) -> Step:
    phone = None
    if line.startswith("phone "):
        parts = line.split(maxsplit=2)
        if len(parts) < 3:
            raise ScriptError(f"line {number}: phone NUMBER STEP")
        phone, line = parts[1], parts[2]
    verb, _, words = line.partition(" ")
    if verb not in VERBS:
        raise ScriptError(f"line {number}: unknown step {verb!r}; there are {', '.join(sorted(VERBS))}")
    if VERBS[verb] and not words.strip():
        raise ScriptError(f"line {number}: {verb} needs more words")
    return Step(number, phone, verb, words.strip())


class Runner:
    """Runs steps; `own` is the script's own telephone."""

    def __init__(self, network: Network, own: Phone) -> None:
        self._network = network
        self._own = own
        self._others: dict[str, Phone] = {}
        self._kept: dict[str, str] = {}

    def run(self, steps: list[Step]) -> None:
        """Raises ScriptError at the first step that does not happen."""
        for step in steps:
            # All hold their numbers before the first call rings, and so miss no text that comes early.
            for number in (step.phone, *(found["number"] for found in _BLANK.finditer(step.words))):
                if number is not None:
                    self._phone(number)
        for step in steps:
            try:
                self._do(step, self._phone(step.phone) if step.phone else self._own)
            except (PhoneError, Refused, ValueError) as error:
                who = f"phone {step.phone} " if step.phone else ""
                raise ScriptError(f"line {step.line}, {who}{step.verb} {step.words}: {error}") from error

    def _phone(self, number: str) -> Phone:
        if number not in self._others:
            self._others[number] = self._network.phone(number, fresh=True, timeout=self._own.timeout)
        return self._others[number]

    def _do(self, step: Step, phone: Phone) -> None:
        words = step.words
        if step.verb == "hear":
            self._keep(phone.hear(_pattern(words)))
        elif step.verb == "text":
            found = phone.text(_pattern(words))
            self._keep(found)
            if found.groups() and not found.groupdict():
                self._kept["pin"] = found.group(1)
        elif step.verb == "key":
            phone.key(self._filled(words, phone))
        elif step.verb == "say":
            phone.say(self._filled(words, phone))
        elif step.verb == "call":
            phone.call(**_call_arguments(words))
        elif step.verb == "expect":
            _expect(phone, words)
        else:
            self._do_plain(step, phone)

    def _do_plain(self, step: Step, phone: Phone) -> None:
        if step.verb == "pause":
            time.sleep(float(step.words))
        elif step.verb == "timeout":
            for one in (self._own, *self._others.values()):
                one.timeout = float(step.words)
        elif step.verb == "hang":
            if step.words != "up":
                raise ValueError("it is `hang up`")
            phone.hang_up()
        else:
            self._do_bare(step.verb, phone)

    @staticmethod
    def _do_bare(verb: str, phone: Phone) -> None:
        if verb == "silence":
            phone.silence()
        elif verb == "ring":
            phone.ring()
        elif verb == "answer":
            phone.answer()
        else:
            phone.decline()

    def _keep(self, found: re.Match[str]) -> None:
        self._kept.update({name: value for name, value in found.groupdict().items() if value is not None})

    def _filled(self, words: str, phone: Phone) -> str:
        def value(blank: re.Match[str]) -> str:
            name, number = blank["name"], blank["number"]
            if number is None and name in self._kept:
                return self._kept[name]
            if name != "pin":
                raise ValueError(f"nothing was kept as {{{name}}}")
            return latest_pin(self._phone(number) if number else phone)

        return _BLANK.sub(value, words)


def latest_pin(phone: Phone) -> str:
    """Waits for a text at this phone if there is none yet. Raises PhoneError."""
    phone.poll()
    bodies = [event["body"] for event in phone.events if event["kind"] == "text"]
    for body in reversed(bodies):
        found = _PIN.search(body)
        if found:
            return found.group()
    return phone.text(_PIN.pattern).group()


def _pattern(words: str) -> str:
    if len(words) > 2 and words.startswith("/") and words.endswith("/"):
        re.compile(words[1:-1])
        return words[1:-1]
    return re.escape(words)


def _call_arguments(words: str) -> dict[str, str]:
    to, *rest = words.split()
    names = {"from": "from_", "attest": "attest", "forwarded-from": "forwarded_from"}
    if len(rest) % 2 or any(name not in names for name in rest[::2]):
        raise ValueError("call NUMBER [from NUMBER] [attest VALUE] [forwarded-from NUMBER]")
    return {"to": to} | {names[name]: value for name, value in zip(rest[::2], rest[1::2], strict=True)}


def _expect(phone: Phone, words: str) -> None:
    kind, _, what = words.partition(" ")
    if kind != "ended":
        phone.wait_for(kind)
        return
    event = phone.ended()
    if what.strip() and not ended_as(event, what.strip()):
        raise PhoneError(f"it ended {event['status']} ({event['reason']})\n{phone.transcript()}")


def ended_as(event: Event, what: str) -> bool:
    """An application error is a completed call to the carrier, but to no one else."""
    if event["reason"] == "application-error":
        return what == "application-error"
    return what in {event["status"], event["reason"]}
