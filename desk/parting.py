"""What becomes of agent and reservation when an offer or a talk is over; the caller's row was moved just before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row

from audit.vocabulary import Action, Outcome
from desk import moves, tasks
from desk.context import Context, note
from desk.models import AgentState, ReservationState

WRAP_UP = timedelta(seconds=60)  # the longest time after a talk before the next caller may come

_BUSY = (AgentState.RESERVED, AgentState.ON_CALL)


@dataclass(frozen=True, slots=True)
class Lost:
    """How an offer ended. An agent goes back to `agent_to`; to ready with the idle time kept, unless put `last`."""

    to: ReservationState
    why: str
    agent_to: AgentState = AgentState.READY
    last: bool = False


def caller_went(tx: Connection, context: Context, waiting: Row[Any], *, talked: bool) -> None:
    """The caller went first. The agent's leg ends at once; one who was only rung stays first in line for the next."""
    if talked:
        talk_over(tx, context, waiting, waiting.reservation, by="caller")
    else:
        offer_over(tx, context, waiting, waiting.reservation, Lost(ReservationState.CANCELLED, why="caller-went"))
    tasks.want_release(tx, waiting.reservation, context.now)


def offer_over(tx: Connection, context: Context, waiting: Row[Any], held_by: str, lost: Lost) -> None:
    """An offer came to nothing; caller and agent may be matched anew."""
    reservation = moves.reservation_row(tx, held_by)
    if reservation is None or not moves.close_reservation(tx, held_by, lost.to, context.now):
        return
    values = {"reservation": None} | ({"idle_since": context.now} if lost.last else {})
    moves.move_agent(tx, reservation.agent, _BUSY, lost.agent_to, context.now, held_by=held_by, **values)
    action = _OFFER_ENDED[lost.to]
    _noted(tx, context, waiting, reservation, action, why=lost.why, agent_state=lost.agent_to.value)
    tasks.want_match(tx, waiting.operator, context.now)


def talk_over(tx: Connection, context: Context, waiting: Row[Any], held_by: str, *, by: str) -> None:
    """A talk ended: the agent has some time to finish, then is ready again."""
    reservation = moves.reservation_row(tx, held_by)
    if reservation is None or not moves.close_reservation(tx, held_by, ReservationState.ENDED, context.now):
        return
    wrap_up(tx, context, reservation.agent, reservation.id)
    seconds = int((context.now - (reservation.joined_at or context.now)).total_seconds())
    _noted(tx, context, waiting, reservation, Action.TALK_ENDED, by=by, seconds=seconds)


def wrap_up(tx: Connection, context: Context, agent: str, reservation: str) -> None:
    """Move an agent from a talk into the time after it, which a job ends."""
    if moves.move_agent(tx, agent, _BUSY, AgentState.WRAP_UP, context.now, held_by=reservation, reservation=None):
        version = moves.agent_row(tx, agent).version
        tasks.want_wrap_up_end(tx, agent, version, context.now, context.now + WRAP_UP)


_OFFER_ENDED = {
    ReservationState.CANCELLED: Action.RESERVATION_ENDED,
    ReservationState.DECLINED: Action.RESERVATION_DECLINED,
    ReservationState.EXPIRED: Action.RESERVATION_EXPIRED,
}


def _noted(
    tx: Connection, context: Context, waiting: Row[Any], reservation: Row[Any], action: Action, **facts: Any
) -> None:
    declined = action is Action.RESERVATION_DECLINED
    note(
        tx,
        context,
        action,
        actor=f"agent:{reservation.agent}" if declined else "service",
        subject=f"reservation:{reservation.id}",
        operator=waiting.operator,
        call=waiting.call,
        organisation=waiting.organisation,
        outcome=Outcome.REFUSED if declined else Outcome.SUCCESS,
        agent=reservation.agent,
        **facts,
    )
