"""A talk: caller and agent in a room, until one of them goes.

1. Nobody's leg ends the room (ADR 3): the desk brings out or ends whoever is left, so that a caller can go and key a
   PIN and an agent can hand over and go.
2. A talk that breaks off within its first half minute puts the caller at the front of the queue; a longer one is over
   when the agent leaves.
3. A caller whose agent left while they keyed something gets the front place on coming back, and not before.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from audit.vocabulary import Action
from desk import moves, parting, tasks
from desk.context import Context, new_id, new_token, note
from desk.models import AgentState, Reservation, ReservationState, Waiting, WaitingState

BROKEN_OFF = timedelta(seconds=30)  # a talk shorter than this was none

# Steps of a caller's call that the desk sends it to; the conversation has an answer for each.
CONNECT = "connect"
TALKED = "talked"


class After(StrEnum):
    """What follows for a caller who is out of the room."""

    BACK = "back"  # the agent is still there: meet again
    AGAIN = "again"  # told, then `queue.join`: the place is at the front
    OVER = "over"


def room(call: str) -> str:
    """The room is named by the call session, so that whoever has to do with the call finds it."""
    return f"talk-{call}"


def end(tx: Connection, context: Context, reservation: str, *, by: str = "agent", bring: bool = True) -> bool:
    """The agent left the talk; the caller is brought out of the room (unless not `bring`) to hear so.

    False when the talk had ended before.
    """
    found = moves.reservation_row(tx, reservation)
    if found is None or found.state != ReservationState.ACCEPTED:
        return False
    waiting = moves.waiting_row(tx, found.waiting)
    broken = context.now - (found.joined_at or context.now) < BROKEN_OFF
    to, values = _after(waiting, context, broken=broken)
    connected = WaitingState.CONNECTED
    if not moves.move_waiting(tx, waiting.id, connected, to, held_by=found.id, reservation=None, **values):
        return False
    parting.talk_over(tx, context, waiting, found.id, by=by)
    if bring and waiting.away_since is None:
        tasks.want_bring(tx, waiting.call, TALKED, context.now)
    if to == WaitingState.WAITING:
        tasks.want_match(tx, waiting.operator, context.now)
    return True


def after_talk(tx: Connection, context: Context, call: str) -> After:
    """The caller's leg is out of the room and alive: end the talk if nobody did, and say what follows."""
    waiting = moves.waiting_of(tx, call)
    if waiting is not None and waiting.state == WaitingState.CONNECTED:
        end(tx, context, waiting.reservation, bring=False)
        waiting = moves.waiting_of(tx, call)
    return _what_follows(waiting)


def send_away(tx: Connection, context: Context, call: str, step: str) -> bool:
    """The agent sends the caller to a step of the call (to key a PIN) and waits in the room; False without a talk."""
    waiting = moves.waiting_of(tx, call)
    if waiting is None or not _set_away(tx, call, context, away=True):
        return False
    reservation = moves.reservation_row(tx, waiting.reservation)
    actor = f"agent:{reservation.agent}" if reservation is not None else "agent"
    _noted(tx, context, waiting, Action.CALLER_SENT_BACK, actor=actor, step=step)
    tasks.want_bring(tx, call, step, context.now)
    return True


def come_back(tx: Connection, context: Context, call: str) -> After:
    """The caller has keyed: BACK into the room when the agent is still there, else to the front of the queue."""
    if _set_away(tx, call, context, away=False):
        return After.BACK
    waiting = moves.waiting_of(tx, call)
    return After.BACK if waiting is not None and waiting.state == WaitingState.CONNECTED else _what_follows(waiting)


def hand_over(tx: Connection, context: Context, call: str, to: str, leg: str) -> str | None:
    """Another agent, whose `leg` is in the room already, takes the talk; the former one is free of it.

    Returns the former agent's leg, which may now leave without ending anything; None when there is no talk, or the
    other agent is busy with one. The countdown of the proof goes on: `joined_at` stays (DESIGN, Assurance).
    """
    waiting = moves.waiting_of(tx, call)
    if waiting is None or waiting.state != WaitingState.CONNECTED:
        return None
    former = moves.reservation_row(tx, waiting.reservation)
    heir = new_id()
    connected = WaitingState.CONNECTED
    if former is None or not moves.move_waiting(
        tx, waiting.id, connected, connected, held_by=former.id, reservation=heir
    ):
        return None
    if not moves.move_agent(tx, to, _MAY_TAKE_OVER, AgentState.ON_CALL, context.now, reservation=heir):
        moves.move_waiting(tx, waiting.id, connected, connected, held_by=heir, reservation=former.id)
        return None
    _pass_on(tx, context, former, heir, agent=to, leg=leg)
    _noted(tx, context, waiting, Action.TALK_TRANSFERRED, actor=f"agent:{former.agent}", to=to)
    return str(former.agent_call)


_MAY_TAKE_OVER = (AgentState.READY, AgentState.AWAY, AgentState.BREAK, AgentState.WRAP_UP)


def _pass_on(tx: Connection, context: Context, former: Row[Any], heir: str, *, agent: str, leg: str) -> None:
    now = context.now
    moves.close_reservation(tx, former.id, ReservationState.ENDED, now)
    parting.wrap_up(tx, context, former.agent, former.id)
    values = {
        "waiting": former.waiting,
        "agent": agent,
        "token": new_token(),
        "agent_call": leg,
        "reason": "handed over",
    }
    times = {"offered_at": now, "expires_at": now, "ringing_at": now, "joined_at": former.joined_at}
    tx.execute(insert(Reservation).values(id=heir, state=ReservationState.ACCEPTED, **values, **times))


def _set_away(tx: Connection, call: str, context: Context, *, away: bool) -> bool:
    was = Waiting.away_since.is_(None) if away else Waiting.away_since.is_not(None)
    statement = (
        update(Waiting)
        .where(Waiting.call == call, Waiting.state == WaitingState.CONNECTED, was)
        .values(away_since=context.now if away else None)
    )
    return tx.execute(statement).rowcount == 1


def _what_follows(waiting: Row[Any] | None) -> After:
    again = (WaitingState.WAITING, WaitingState.OFFERED, WaitingState.LEFT)
    return After.AGAIN if waiting is not None and waiting.state in again else After.OVER


def _after(waiting: Row[Any], context: Context, *, broken: bool) -> tuple[WaitingState, dict[str, Any]]:
    """Served, or at the front; whoever keys something just now gets the place on coming back and not before."""
    if waiting.away_since is None and not broken:
        return WaitingState.SERVED, {"left_at": context.now}
    front = {"promised_at": waiting.promised_at or waiting.entered_at}
    if waiting.away_since is not None:
        return WaitingState.LEFT, {**front, "left_at": context.now, "away_since": None}
    return WaitingState.WAITING, front


def _noted(tx: Connection, context: Context, waiting: Row[Any], action: Action, *, actor: str, **facts: Any) -> None:
    note(
        tx,
        context,
        action,
        actor=actor,
        subject=f"waiting:{waiting.id}",
        operator=waiting.operator,
        call=waiting.call,
        organisation=waiting.organisation,
        **facts,
    )
