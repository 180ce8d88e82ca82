"""A whole good call by hand: the test is the carrier, sends every webhook itself and decides their order.

Nothing runs beside it: deferred work is done when the story says so, and what the service asks of the carrier is kept.
"""

# ruff: noqa: ARG002 - a carrier takes what the contract says, used or not

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select

from core.clock import ManualClock
from core.database import Base
from core.jobs import Worker
from desk import agents
from tests.calls.customers import ADMIN, STRANGER, US_LINE, Customer, customer
from tests.calls.wire import ACCOUNT, Answer, Caller, Wire, parts_for

AGENT = "worldwide-ada"
# What time alone writes, in a call or without one.
_CLOCKWORK = frozenset({"jobs", "job_schedule", "alembic_version"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to the carrier: a text, a call, or a change of one."""

    what: str
    to: str
    url: str = ""
    status_url: str = ""
    body: str = ""
    sid: str = ""


@dataclass
class Carrier:
    """Fulfils `carrier.telephone.Telephone`: takes everything and remembers it."""

    asked: list[Asked] = field(default_factory=list)

    def send_text(self, to: str, body: str, *, validity: int, status_url: str) -> str:
        sid = f"SM{len(self.asked):032x}"
        self.asked.append(Asked("text", to, status_url=status_url, body=body, sid=sid))
        return sid

    def place_call(
        self,
        to: str,
        *,
        url: str,
        timeout: int,
        status_url: str,
        detect_machine: bool = False,
        caller_id: str | None = None,
    ) -> str:
        sid = f"CA{0xA000 + len(self.asked):032x}"
        self.asked.append(Asked("ring", to, url=url, status_url=status_url, sid=sid))
        return sid

    def redirect(self, call: str, url: str) -> None:
        self.asked.append(Asked("redirect", call, url=url))

    def hang_up(self, call: str, *, ringing: bool = False) -> None:
        self.asked.append(Asked("hang up", call))

    def find_room(self, room: str) -> str | None:
        return None

    def add_listener(
        self, room: str, to: str, *, label: str, timeout: int, status_url: str, coached: str | None = None
    ) -> str:
        raise AssertionError("nobody listens in")

    def mute(self, room_id: str, call: str, *, muted: bool) -> None:
        raise AssertionError("nobody is muted")

    def coach(self, room_id: str, call: str, coached: str | None) -> None:
        raise AssertionError("nobody is coached")

    def remove(self, room_id: str, call: str) -> None:
        raise AssertionError("nobody is removed")

    def last(self, what: str) -> Asked:
        return next(one for one in reversed(self.asked) if one.what == what)

    def sends(self) -> int:
        """Texts and calls that went out: what costs money and rings people."""
        return sum(one.what in {"text", "ring"} for one in self.asked)


@dataclass
class Stage:
    """The service, its carrier and its worker."""

    wire: Wire
    carrier: Carrier
    worker: Worker
    litware: Customer

    @property
    def clock(self) -> ManualClock:
        return self.wire.clock

    def work(self) -> None:
        """Do everything that is due."""
        self.worker.run_due()

    def ada_is_ready(self) -> None:
        with self.wire.parts.database.begin() as tx:
            agents.ready(tx, self.wire.parts.context, AGENT)

    def ask_for_pin(self, number: str = STRANGER) -> Caller:
        """A stranger asks for a PIN by text; the next step keys it."""
        call = Caller.dial(self.wire, number, US_LINE)
        for keys in ("1", f"{self.litware.account}#", "#", "1"):
            call.key(keys)
        return call

    def delivered_pin(self) -> str:
        """The text goes out, its receipts come, and the administrator reads it."""
        self.work()
        text = self.carrier.last("text")
        for status in ("sent", "delivered"):
            fields = {"AccountSid": ACCOUNT, "MessageSid": text.sid, "MessageStatus": status}
            self.wire.send(_target(text.status_url), list(fields.items()))
        found = re.search(r"PIN ([0-9]{6})", text.body)
        assert found is not None
        return found.group(1)

    def waiting_caller(self) -> Caller:
        """The recognised administrator waits in the queue."""
        call = Caller.dial(self.wire, ADMIN, US_LINE)
        call.key("1")
        assert call.answer.verbs[-1] == "Enqueue"
        return call

    def fetch(self, call: Caller, verb: str, attribute: str, **fields: str) -> Answer:
        """What the carrier does with an address of the call's last document."""
        element = call.answer.tree.find(f".//{verb}")
        assert element is not None
        return call.post(_target(str(element.get(attribute))), **fields)

    def agent_takes(self, call: Caller) -> Agent:
        """The agent's telephone is rung, answered, and 1 is pressed; the caller is fetched into the room."""
        self.work()
        leg = Agent(self, self.carrier.last("ring"))
        leg.status("ringing")
        leg.answer()
        self.work()
        enqueued = call.answer
        call.answer = call.post(_target(self.carrier.last("redirect").url))
        action = enqueued.tree.find(".//Enqueue").get("action")
        call.post(_target(str(action)), QueueResult="redirected", QueueSid="QU1", QueueTime="3")
        return leg

    def good_call(self) -> Caller:
        """Everything: unknown number, PIN by text, queue, agent, talk, and the caller hangs up."""
        self.ada_is_ready()
        call = self.ask_for_pin()
        pin = self.delivered_pin()
        assert "You are verified" in call.key(f"{pin}#").words
        self.fetch(call, "Enqueue", "waitUrl")
        leg = self.agent_takes(call)
        self.clock.set(self.clock.now())
        for status in ("in-progress", "completed"):
            call.status(status, CallDuration="60")
        leg.left()
        self.work()
        return call

    def rows(self) -> dict[str, list[str]]:
        """Everything that is stored, but for the clockwork."""
        with self.wire.parts.database.read() as tx:
            tables = [table for table in Base.metadata.sorted_tables if table.name not in _CLOCKWORK]
            return {table.name: sorted(map(repr, tx.execute(select(table)))) for table in tables}


@dataclass
class Agent:
    """An agent's leg."""

    stage: Stage
    rung: Asked

    def post(self, target: str, **fields: str) -> Answer:
        wire = self.stage.wire
        return wire.send(target, wire.form(self.rung.sid, "+14255550190", self.rung.to, **fields))

    def status(self, status: str) -> Answer:
        return self.post(_target(self.rung.status_url), CallStatus=status)

    def answer(self) -> Answer:
        offered = self.post(_target(self.rung.url), CallStatus="in-progress")
        self.taken = self.post(offered.next, CallStatus="in-progress", Digits="1")
        assert self.taken.verbs[-1] == "Dial"
        return self.taken

    def left(self) -> None:
        action = self.taken.tree.find(".//Dial").get("action")
        self.post(_target(str(action)), CallStatus="in-progress")
        self.status("completed")


@contextmanager
def staged(database: str, folder: Path, clock: ManualClock, **settings: str) -> Iterator[Stage]:
    """A service on a filled database."""
    given = {"VOUCHLINE_VOICE_FROM": "+14255550190", "VOUCHLINE_TEXT_FROM": "+14255550190"}
    parts = parts_for(database, clock, folder, **given, **settings)
    carrier = Carrier()
    parts.__dict__["telephone"] = carrier
    wire = Wire(parts, clock)
    try:
        yield Stage(wire, carrier, parts.worker(), customer(wire))
    finally:
        parts.database.close()


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
