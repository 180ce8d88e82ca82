"""Telephones as Python objects, over HTTP: how tests and terminals use a simulated network.

    network = Network("http://127.0.0.1:8001")
    caller = network.phone("+14255550100")
    caller.call("+18008659408", attest="TN-Validation-Passed-A")
    caller.hear("press 1")
    caller.key("1")
    pin = caller.text(r"(\\d{6})").group(1)

Each kind of event is read with a cursor of its own: `hear` goes forward through what is said, `wait_for(kind)` through
events of that kind, and neither skips what the other has not read. Time-outs are real seconds.
"""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

Event = dict[str, Any]
SPOKEN = frozenset({"said", "heard"})
DEFAULT_TIMEOUT = 10.0
_POLL = 20.0


class PhoneError(AssertionError):
    """What was expected did not happen. The text holds what the phone heard instead."""


class Refused(RuntimeError):
    """The network refused a command, as a phone that is in no call cannot press a key."""


class Network:
    def __init__(self, url: str, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout

    def phone(
        self, number: str, *, answers: str = "ring", machine: bool = False, fresh: bool = False, timeout: float = 0
    ) -> "Phone":
        """A phone that holds this number. `answers`: ring (you answer), auto, busy, off. `machine`: an answering
        machine. `fresh`: texts and calls from before do not count for `text` and `wait_for`.
        """
        state = self.post("phones", number=number, answers=answers, machine=machine)
        return Phone(self, number, timeout or self.timeout, int(state["cursor"]) if fresh else 0)

    def fault(self, target: str, kind: str, *, times: int = 1, code: int = 30003, seconds: float = 30.0) -> None:
        """See simulator/faults.py for targets and kinds."""
        self.post("faults", target=target, kind=kind, times=times, code=code, seconds=seconds)

    def clear_faults(self) -> None:
        self._ask("DELETE", "faults", 5.0)

    def call(self, sid: str) -> dict[str, Any]:
        """Status, errors, and every request the carrier made for a call with its answer."""
        return self._ask("GET", f"calls/{sid}", 5.0)

    def callbacks(self) -> list[dict[str, Any]]:
        """Status callbacks sent: url and HTTP status, or null."""
        return list(self._ask("GET", "callbacks", 5.0)["callbacks"])

    def set_clock(self, moment: datetime) -> None:
        """The clock that a service reads from /sim/clock runs on from this moment. Waits of calls keep real time."""
        self.post("clock", now=moment.isoformat())

    def advance_clock(self, by: timedelta) -> None:
        self.post("clock", advance=by.total_seconds())

    def reset(self) -> None:
        """Ends every call; forgets texts, phones and faults."""
        self.post("reset")

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._ask("POST", path, 10.0, body)

    def get(self, path: str, wait: float = 0.0) -> dict[str, Any]:
        return self._ask("GET", path, wait + 10.0)

    def _ask(self, method: str, path: str, limit: float, body: dict[str, Any] | None = None) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            reply = session.request(method, f"{self.url}/sim/{path}", json=body, timeout=limit)
        answer: dict[str, Any] = reply.json() if reply.content else {}
        if not reply.ok:
            raise Refused(str(answer.get("error", f"status {reply.status_code}")))
        return answer


class Phone:
    """One telephone. It is in at most one call at a time: the latest it placed or answered."""

    def __init__(self, network: Network, number: str, timeout: float, cursor: int) -> None:
        self.network = network
        self.number = number
        self.timeout = timeout
        self.call_sid: str | None = None
        self.events: list[Event] = []
        self.listener: Callable[[Event], None] | None = None  # told of each event as it is read
        self._path = f"phones/{quote(number, safe='+:@')}"
        self._cursor = cursor
        self._read: dict[str, int] = {}
        self._rest = ""  # what of the last sentence `hear` has not passed yet

    # -- doing

    def call(
        self,
        to: str,
        *,
        from_: str | None = None,
        attest: str | None = None,
        forwarded_from: str | None = None,
        **fields: str,
    ) -> str:
        """Dials. `from_` is the caller ID shown where it is not this number; `fields` are further webhook fields.
        Returns the call's sid.
        """
        answer = self.network.post(
            f"{self._path}/calls",
            to=to,
            **{"from": from_, "attest": attest, "forwarded_from": forwarded_from, "fields": fields},
        )
        return self._begin(str(answer["call"]))

    def answer(self, timeout: float | None = None) -> str:
        """Waits for the phone to ring, and picks up. Returns the call's sid."""
        self._ringing(timeout)
        self._act("answer")
        return str(self.call_sid)

    def ring(self, timeout: float | None = None) -> Event:
        """Waits for the phone to ring, and leaves it ringing; it becomes this phone's call."""
        event = self._next("ringing", lambda _: True, timeout, "a ring", any_call=True)
        self._begin(str(event["call"]))
        return event

    def decline(self, timeout: float | None = None) -> None:
        self._ringing(timeout)
        self.hang_up()

    def key(self, digits: str) -> None:
        """Presses keys. Where no Gather is open they wait for the next one."""
        self._act("keys", digits=digits)

    def silence(self) -> None:
        """The open Gather, or the next one, ends at once as if nobody pressed any further key."""
        self._act("silence")

    def say(self, words: str) -> list[str]:
        """Speaks. Returns the numbers of the phones that heard it."""
        return list(self._act("say", text=words)["heard_by"])

    def hang_up(self) -> None:
        """Hangs up, or declines while it rings. A call that is over already is no fault."""
        self._act("hangup")

    # -- perceiving

    def hear(self, pattern: str, timeout: float | None = None) -> re.Match[str]:
        """The next thing said that matches (a regular expression, case ignored, searched). Raises PhoneError when it
        is not said in time or the call ends first.
        """
        expression = re.compile(pattern, re.IGNORECASE)
        found = expression.search(self._rest)
        if found is None:
            event = self._next(
                "spoken", lambda one: bool(expression.search(one["text"])), timeout, f"to hear {pattern!r}"
            )
            found = expression.search(event["text"])
        if found is None:
            raise PhoneError(pattern)
        self._rest = found.string[found.end() :]
        return found

    def hears_nothing(self, pattern: str, within: float = 0.3) -> None:
        """Raises PhoneError when it is said after all."""
        try:
            self.hear(pattern, within)
        except PhoneError:
            return
        raise PhoneError(f"{self.number} heard {pattern!r}")

    def wait_for(self, kind: str, timeout: float | None = None, **fields: Any) -> Event:
        """The next event of a kind (simulator/feed.py lists them) whose fields have these values."""
        return self._next(
            kind,
            lambda one: all(one.get(name) == value for name, value in fields.items()),
            timeout,
            f"{kind} {fields or ''}",
        )

    def ended(self, timeout: float | None = None) -> Event:
        """Waits for the end of the call. `status` is the carrier's, `reason` says who did it."""
        return self.wait_for("ended", timeout)

    def text(self, pattern: str, timeout: float | None = None) -> re.Match[str]:
        """The next text message that matches. Texts from before this object count, unless the phone is `fresh`."""
        expression = re.compile(pattern)
        event = self._next(
            "text", lambda one: bool(expression.search(one["body"])), timeout, f"a text {pattern!r}", any_call=True
        )
        found = expression.search(event["body"])
        if found is None:
            raise PhoneError(pattern)
        return found

    def texts(self) -> list[dict[str, str]]:
        """Every text that ever arrived at this number: sid, from, body, at."""
        return list(self.network.get(f"{self._path}/texts")["texts"])

    def transcript(self) -> str:
        """What the current call was like, for people and failing tests."""
        lines = [_line(event) for event in self.events if event.get("call") in {None, self.call_sid}]
        return "\n".join(lines)

    def poll(self, wait: float = 0.0) -> list[Event]:
        """Events since the last poll."""
        wait = max(0.0, min(wait, _POLL))
        fresh = self.network.get(f"{self._path}/events?after={self._cursor}&wait={wait:.3f}", wait)["events"]
        if fresh:
            self._cursor = int(fresh[-1]["id"])
            self.events.extend(fresh)
            if self.listener is not None:
                for event in fresh:
                    self.listener(event)
        return list(fresh)

    def calls_events(self, sid: str | None) -> list[Event]:
        """What was read so far of one call."""
        return [event for event in self.events if event.get("call") == sid]

    # -- inside

    def _ringing(self, timeout: float | None) -> None:
        """Goes to the next call that still rings, which may be the one that `ring` found."""
        if self.call_sid is not None and self._rings(self.call_sid):
            return
        event = self._next("ringing", lambda one: self._rings(one["call"]), timeout, "a ring", any_call=True)
        self._begin(str(event["call"]))

    def _rings(self, sid: str) -> bool:
        kinds = {event["kind"] for event in self.calls_events(sid)}
        return "ringing" in kinds and not kinds & {"answered", "ended"}

    def _begin(self, sid: str) -> str:
        self.call_sid = sid
        self._rest = ""
        self._read = {kind: at for kind, at in self._read.items() if kind in {"text", "ringing"}}
        return sid

    def _act(self, verb: str, **body: Any) -> dict[str, Any]:
        return self.network.post(f"{self._path}/{verb}", call=self.call_sid, **body)

    def _next(
        self, kind: str, fits: Callable[[Event], bool], timeout: float | None, wanted: str, *, any_call: bool = False
    ) -> Event:
        kinds = SPOKEN if kind == "spoken" else frozenset({kind})
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        at = self._read.get(kind, 0)
        while True:
            while at < len(self.events):
                event = self.events[at]
                at += 1
                mine = any_call or event.get("call") == self.call_sid
                if mine and event["kind"] in kinds and fits(event):
                    self._read[kind] = at
                    return event
                if mine and event["kind"] == "ended" and not any_call and kind != "ended":
                    raise PhoneError(self._story(f"the call ended ({event['reason']}) before {wanted}"))
            left = deadline - time.monotonic()
            if left <= 0:
                raise PhoneError(self._story(f"waited in vain for {wanted}"))
            self.poll(left)

    def _story(self, what: str) -> str:
        return f"{self.number}: {what}\n{self.transcript() or '(nothing was heard)'}"


def _line(event: Event) -> str:
    known = {
        "said": "text",
        "heard": "text",
        "text": "body",
        "error": "message",
        "warning": "message",
        "ended": "reason",
    }
    kind = event["kind"]
    if kind in known:
        return f"  {kind}: {event[known[kind]]}"
    rest = {name: value for name, value in event.items() if name not in {"id", "at", "kind", "call"}}
    return f"  {kind}: {', '.join(f'{name}={value}' for name, value in rest.items())}"
