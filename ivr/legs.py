"""Legs that are not the caller's: an agent's telephone, a call that speaks a PIN, a call to somebody who wanted one.

Each is opened by an unguessable token of its own row and is idempotent by the state of that row.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from carrier.steps import Step
from carrier.twiml import render
from carrier.urls import Urls
from carrier.webhook import CallStatus, MessageStatus, Webhook
from core.clock import Clock
from core.database import Database
from desk import agent_leg, dialling, reservations
from desk.context import Context
from ivr import store
from ivr.arrival import Arrivals
from ivr.call import begin
from ivr.service import GOODBYE, Calls
from verification import receipts
from verification.record import Recorder

_FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_MACHINES = ("machine", "fax")


@dataclass(frozen=True, slots=True)
class Legs:
    """Everything behind /voice/ that is not the conversation with a caller."""

    database: Database
    clock: Clock
    context: Context
    recorder: Recorder
    arrivals: Arrivals
    urls: Urls
    calls: Calls

    def agent(self, act: str, token: str, hook: Webhook) -> bytes:
        """The agent's telephone: the whisper, the key, and the end of the agent's part."""
        with self.database.begin() as tx:
            steps = self._agent(tx, act, token, hook)
        return render(steps, lambda name: self.urls.agent(token, name))

    def _agent(self, tx: Connection, act: str, token: str, hook: Webhook) -> tuple[Step, ...]:
        match act:
            case "offer":
                return agent_leg.steps(reservations.answered(tx, token, hook.call))
            case agent_leg.ANSWER if hook.digits == agent_leg.ACCEPT_KEY:
                return agent_leg.steps(reservations.accept(tx, self.context, token, hook.call))
            case agent_leg.ANSWER:
                leg = reservations.look(tx, token)
                declined = reservations.decline(tx, self.context, token)
                return agent_leg.declined_steps(leg) if declined else agent_leg.steps(leg)
            case _:
                reservations.agent_left(tx, self.context, token)
                return agent_leg.left_steps()

    def agent_status(self, token: str, status: CallStatus) -> None:
        if status.status in _FINAL:
            with self.database.begin() as tx:
                reservations.agent_left(tx, self.context, token, why=status.status)

    def leg_status(self, status: CallStatus) -> None:
        """The end of a leg that joined a talk by itself and may have taken it over."""
        if status.status in _FINAL:
            with self.database.begin() as tx:
                reservations.leg_left(tx, self.context, status.call, why=status.status)

    def pin_call(self, act: str, token: str, hook: Webhook) -> bytes:
        """A call that speaks a PIN, after a key was pressed (B10)."""
        with self.database.begin() as tx:
            if act == "answer":
                steps = receipts.answered(tx, self.recorder, token=token, key_to="key", answered_by=hook.answered_by)
            else:
                steps = receipts.key_pressed(
                    tx, self.recorder, token=token, provider_id=hook.call, digits=hook.digits or ""
                )
        return render(steps, lambda name: self.urls.pin_call(token, name))

    def pin_call_status(self, token: str, status: CallStatus) -> None:
        self._receipt(token, status.call, status.status, None)

    def message_status(self, token: str, status: MessageStatus) -> None:
        self._receipt(token, status.message, status.status, status.error)

    def _receipt(self, token: str, provider_id: str, status: str, error: str | None) -> None:
        with self.database.begin() as tx:
            receipts.receipt(tx, self.recorder, token=token, provider_id=provider_id, status=status, error_code=error)

    def call_back(self, token: str, hook: Webhook) -> bytes:
        """Somebody answered our call-back: a new call, which starts at NONE and asks for a key first."""
        machine = (hook.answered_by or "").startswith(_MACHINES)
        with self.database.begin() as tx:
            if machine:
                dialling.ended(tx, self.context, token, why="machine")
                return GOODBYE
            key = f"callback {token}"
            if (body := store.answered(tx, hook.call, key)) is not None:
                return body
            answered = dialling.answered(tx, token, hook.call)
            if answered is None:
                return GOODBYE
            arrival = self.arrivals.call_back(tx, hook, answered)
            return self.calls.start(tx, arrival, begin(arrival.session.call, arrival.session.facts), key)

    def call_back_status(self, token: str, status: CallStatus) -> None:
        if status.status in _FINAL:
            with self.database.begin() as tx:
                dialling.ended(tx, self.context, token, why=status.status)
            self.calls.status(status)
