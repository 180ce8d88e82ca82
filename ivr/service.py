"""Webhooks of a call's own leg: one transaction each, in which the call, its record and the answer change together.

Two kinds of steps (REQUIREMENTS E3 as the design refines it). Where the caller keys something, the step carries a
one-time nonce; a repeated request gets the stored answer, a stale one the current question. What the carrier fetches by
itself (hold music, results, redirects) carries the call's token and is idempotent by the state of the call.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from audit.log import together
from carrier.steps import Ask, HangUp, Say, Step
from carrier.twiml import render
from carrier.urls import Urls
from carrier.webhook import CallStatus, Webhook
from core.clock import Clock
from core.database import Database
from core.keys import Keyring
from desk import moves, queue, talks
from desk.context import Context
from desk.models import WaitingState
from ivr import meters, record, store
from ivr.arrival import Arrival, Arrivals
from ivr.call import advance, begin
from ivr.deeds import Doer, minutes
from ivr.events import (
    AgentReady,
    Arrived,
    CheckPin,
    Event,
    HungUp,
    Keyed,
    LeftQueue,
    Located,
    PlaceByCode,
    SentAway,
    Silence,
    TalkEnded,
    Waited,
)
from ivr.state import Call
from ivr.store import Session
from ivr.turns import Turn
from verification.entries import Charge

log = structlog.get_logger()

NONCE_LIFE = timedelta(minutes=15)
MOST_DEEDS = 8
CARRIED = frozenset({"wait", "queued", "connect", "away", "talked", "ended"})
_FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
# In which states a fetch of the carrier's own may change anything; elsewhere it is late or replayed.
_HEEDED = {
    "wait": ("waiting", "over"),
    "queued": ("waiting", "over"),
    "connect": ("waiting", "talking"),
    "away": ("talking",),
    "talked": ("waiting", "talking"),
    "ended": ("over",),
}
NOTHING = render((), str)
GOODBYE = render((HangUp(),), str)


@dataclass(frozen=True, slots=True)
class Calls:
    """The conversation behind the carrier's web face."""

    database: Database
    clock: Clock
    keyring: Keyring
    doer: Doer
    arrivals: Arrivals
    urls: Urls
    draw: Callable[[], str] = lambda: secrets.token_urlsafe(18)

    @property
    def context(self) -> Context:
        return self.doer.context

    def incoming(self, hook: Webhook) -> bytes:
        """A new call; the same call id again gets the same answer."""
        key = f"incoming {hook.call}"
        try:
            with self.database.begin() as tx, together(tx):
                if (body := store.answered(tx, hook.call, key)) is not None:
                    return body
                arrival = self.arrivals.arrive(tx, hook)
                return self.start(tx, arrival, begin(arrival.session.call, arrival.session.facts), key)
        except IntegrityError:
            return self._known(hook.call, key)

    def _known(self, call: str, key: str) -> bytes:
        """The call exists: a twin request was faster, or this one is so late that its answer is forgotten."""
        with self.database.read() as tx:
            body = store.answered(tx, call, key)
            if body is None and store.is_unknown(tx, call):
                raise RuntimeError("a new call broke a rule of the database")
        return GOODBYE if body is None else body

    def start(self, tx: Connection, arrival: Arrival, first: Turn, key: str) -> bytes:
        """The first turn of a call, kept under `key`."""
        turn, steps = self._drive(tx, arrival.session, first)
        session = replace(arrival.session, call=turn.call, nonce=self.draw(), nonce_at=self.clock.now())
        store.start(tx, session, **arrival.columns)
        record.arrived(tx, self.context, session, arrival, steps)
        meters.CALLS.labels(session.operator).inc()
        return self._written(tx, session, key, steps)

    def step(self, name: str, nonce: str, hook: Webhook) -> bytes:
        """A step where something may have been keyed."""
        event: Event = Keyed(hook.digits) if hook.digits else Silence()
        charge = self._charge(name, nonce, hook) if name == "pin" else None
        with self.database.begin() as tx, together(tx):
            session = store.load(tx, hook.call)
            if session is None:
                return self._unknown(hook.call)
            if not self._is_current(session, name, nonce):
                return store.answered(tx, hook.call, nonce) or self._again(tx, session)
            return self._turn(tx, session, event, nonce, charge)

    def carried(self, name: str, token: str, hook: Webhook) -> bytes:
        """A step that the carrier fetches by itself."""
        if name not in CARRIED or not self.urls.opens(hook.call, token):
            meters.WEBHOOKS_REFUSED.labels("token").inc()
            return GOODBYE
        if hook.status in _FINAL:
            # A result that comes because the caller hung up (Dial and Enqueue tell it so) is the end of the call.
            self._end(hook.call, hook.status)
            return NOTHING
        with self.database.begin() as tx, together(tx):
            session = store.load(tx, hook.call)
            if session is None:
                return self._unknown(hook.call)
            if session.call.at not in _HEEDED[name] or session.ended_at is not None:
                return GOODBYE if session.call.at == "over" else NOTHING
            event = self._carried_event(tx, session, name, hook)
            return NOTHING if event is None else self._turn(tx, session, event, None, None)

    def status(self, status: CallStatus) -> None:
        """The carrier tells how a call goes; only its end matters, and only once (D7, E9)."""
        if status.status in _FINAL:
            self._end(status.call, status.status)

    def _end(self, call: str, by: str) -> None:
        with self.database.begin() as tx, together(tx):
            session = store.load(tx, call)
            if session is None or not store.end(tx, call, by, self.clock.now()):
                return
            turn = advance(session.call, session.facts, HungUp())
            ended = replace(session, version=session.version + 1)
            store.save(tx, ended, turn.call, None, self.clock.now())
            queue.leave(tx, self.context, call, why="hung-up")
            record.ended(tx, self.context, session, by)

    def _turn(self, tx: Connection, session: Session, event: Event, key: str | None, charge: Charge | None) -> bytes:
        turn = advance(session.call, session.facts, event)
        record.role(tx, self.doer, session, turn.call)
        turn, steps = self._drive(tx, session, turn, charge)
        saved = store.save(tx, session, turn.call, self.draw(), self.clock.now())
        record.turned(tx, self.context, session, event, saved, steps)
        return self._written(tx, saved, key, steps)

    def _drive(
        self, tx: Connection, session: Session, turn: Turn, charge: Charge | None = None
    ) -> tuple[Turn, tuple[Step, ...]]:
        """Perform deeds until the turn asks, waits, talks or ends; what was said on the way is said first."""
        said: tuple[Step, ...] = ()
        for _ in range(MOST_DEEDS):
            if turn.deed is None:
                return turn, _joined(said, turn.steps)
            said += turn.steps
            if isinstance(turn.deed, PlaceByCode):
                session, result = self._place(tx, session, turn.deed)
            else:
                result = self.doer.perform(tx, session, turn.call, turn.deed, charge)
            turn = advance(turn.call, session.facts, result)
        raise RuntimeError("the conversation asks for deed after deed")

    def _place(self, tx: Connection, session: Session, deed: PlaceByCode) -> tuple[Session, Event]:
        """A keyed dialling code may change what the call knows of its region, and so what is open."""
        number = self.doer.caller(session).number
        facts = self.arrivals.placed_by_code(tx, session, store.dialled(tx, session.sid), number, deed.digits)
        if facts is None:
            return session, Located(found=False)
        store.change_facts(tx, session.sid, facts)
        return replace(session, facts=facts), Located(found=True)

    def _charge(self, name: str, nonce: str, hook: Webhook) -> Charge | None:
        """A keyed PIN is charged and committed before anybody looks at it; the nonce makes it once."""
        with self.database.begin() as tx, together(tx):
            session = store.load(tx, hook.call)
            if session is None or not self._is_current(session, name, nonce):
                return None
            turn = advance(session.call, session.facts, Keyed(hook.digits or ""))
            if not isinstance(turn.deed, CheckPin):
                return None
            return self.doer.verifier.charge(tx, self.doer.caller(session), nonce)

    def _carried_event(self, tx: Connection, session: Session, name: str, hook: Webhook) -> Event | None:
        match name:
            case "wait":
                return Keyed(hook.digits) if hook.digits else self._waited(tx, session)
            case "queued":
                return LeftQueue(hook.queue_result or "error")
            case "connect":
                return self._ready(tx, session)
            case "away":
                return SentAway()
            case "talked" if session.call.at == "waiting":
                return self._ready(tx, session)
            case "talked":
                after = talks.after_talk(tx, self.context, session.sid)
                return None if after is talks.After.BACK else TalkEnded(again=after is talks.After.AGAIN)
            case _:
                return LeftQueue("hangup")

    def _waited(self, tx: Connection, session: Session) -> Waited:
        standing = queue.standing(tx, session.sid, self.clock.now())
        if standing is None or standing.position == 0:
            return Waited(None, None)
        return Waited(standing.position, minutes(standing.expected), standing.staffed)

    def _ready(self, tx: Connection, session: Session) -> Event | None:
        """Only an accepted reservation brings a caller into the room; who was fetched in vain waits again."""
        waiting = moves.waiting_of(tx, session.sid)
        if waiting is not None and waiting.state == WaitingState.CONNECTED:
            return Arrived() if session.call.at == "talking" else AgentReady()
        if waiting is None or session.call.at == "talking":
            return None
        # The agent accepted and was gone before the caller came, who is out of the queue: silence would end the call.
        return TalkEnded(again=waiting.state != WaitingState.SERVED)

    def _is_current(self, session: Session, name: str, nonce: str) -> bool:
        if session.nonce is None or session.call.at != name:
            return False
        return self._is_fresh(session) and hmac.compare_digest(session.nonce.encode(), nonce.encode())

    def _is_fresh(self, session: Session) -> bool:
        return session.nonce_at is not None and self.clock.now() - session.nonce_at <= NONCE_LIFE

    def _again(self, tx: Connection, session: Session) -> bytes:
        """A stale or foreign nonce: the question that is open is asked again, and nothing else changes."""
        if session.call.at in ("waiting", "talking"):
            return NOTHING
        if session.call.at == "over":
            return GOODBYE
        turn = advance(session.call, session.facts, Arrived())
        if turn.deed is not None:
            return NOTHING
        # The open nonce stays: a stranger's request must not close the step that the caller is about to key.
        if not self._is_fresh(session):
            session = store.save(tx, session, turn.call, self.draw(), self.clock.now())
        return self._written(tx, session, None, turn.steps)

    def _written(self, tx: Connection, session: Session, key: str | None, steps: tuple[Step, ...]) -> bytes:
        body = render(steps, self._addresses(session))
        if key is not None:
            store.keep(tx, session.sid, key, body, self.clock.now())
        return body

    def _addresses(self, session: Session) -> Callable[[str], str]:
        def address(step: str) -> str:
            if step in CARRIED:
                return self.urls.carried(session.sid, step)
            return self.urls.step(step, session.nonce or "")

        return address

    def _unknown(self, call: str) -> bytes:
        meters.WEBHOOKS_REFUSED.labels("unknown-call").inc()
        log.warning("a step of a call that is not known", call=call)
        return GOODBYE


def _joined(said: tuple[Step, ...], steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What a deed left to say goes inside the next question, where keys are heard already."""
    first = steps[0] if steps else None
    prompts = tuple(step for step in said if isinstance(step, Say))
    if prompts and isinstance(first, Ask):
        return (replace(first, prompts=(*prompts, *first.prompts)), *steps[1:])
    return (*said, *steps)


__all__ = ["Call", "Calls"]
