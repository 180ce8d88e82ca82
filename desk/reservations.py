"""A caller offered to an agent, from the offer to the end of the talk.

1. `offer` takes a waiting caller and a ready agent, or neither.
2. `accept` wins by one conditional UPDATE of the caller's row. Who comes second hears that the call was taken, or that
   the caller has gone. An acceptance counts until the offer was really taken back, however late the clock says it is:
   nobody else can have the caller before that.
3. An offer that is declined, not answered or not accepted in 20 seconds gives the caller back to the place they had and
   takes the agent off ready.

What follows is in `desk.talks`. Every function may be called twice, late, or by a leg that lost: it then changes
nothing and says what is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from audit.vocabulary import Action
from desk import moves, parting, talks, tasks
from desk.context import Context, new_id, new_token, note
from desk.models import AgentState, Reservation, ReservationState, WaitingState
from desk.routing import Offer

LASTS = timedelta(seconds=20)  # ringing and thinking together


class Verdict(StrEnum):
    """What an agent's leg is told."""

    OPEN = "open"
    ACCEPTED = "accepted"
    TAKEN = "taken"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Leg:
    """An agent's leg: what is true for it now, whom it is for, and in which language to whisper."""

    verdict: Verdict
    call: str = ""
    catalogue: str = "en"
    department: str = ""
    language: str = ""
    summary: dict[str, Any] | None = None


def offer(tx: Connection, context: Context, pair: Offer) -> str | None:
    """Offer a caller to an agent; the reservation's id, or None when one of them is not free any more."""
    now, reservation = context.now, new_id()
    if not moves.move_waiting(tx, pair.waiting, WaitingState.WAITING, WaitingState.OFFERED, reservation=reservation):
        return None
    if not moves.move_agent(tx, pair.agent, (AgentState.READY,), AgentState.RESERVED, now, reservation=reservation):
        moves.move_waiting(
            tx, pair.waiting, WaitingState.OFFERED, WaitingState.WAITING, held_by=reservation, reservation=None
        )
        return None
    _write(tx, context, pair, reservation)
    return reservation


def look(tx: Connection, token: str) -> Leg:
    """What is true for the leg that carries this token; changes nothing."""
    found = moves.reservation_by_token(tx, token)
    return Leg(Verdict.GONE) if found is None else _leg(tx, found, _verdict(tx, found))


def answered(tx: Connection, token: str, agent_call: str) -> Leg:
    """The agent's telephone was picked up; the leg's call id is kept if the ring did not tell it."""
    found = moves.reservation_by_token(tx, token)
    if found is None:
        return Leg(Verdict.GONE)
    adopt(tx, found.id, agent_call)
    return _leg(tx, found, _verdict(tx, found))


def adopt(tx: Connection, reservation: str, agent_call: str) -> bool:
    """Remember the leg's call id, once."""
    statement = (
        update(Reservation)
        .where(Reservation.id == reservation, Reservation.agent_call.is_(None))
        .values(agent_call=agent_call)
    )
    return tx.execute(statement).rowcount == 1


def accept(tx: Connection, context: Context, token: str, agent_call: str) -> Leg:
    """The agent pressed 1. The winner's caller is brought into the room by a job."""
    found = moves.reservation_by_token(tx, token)
    if found is None:
        return Leg(Verdict.GONE)
    values = {"answered_at": context.now, "away_since": None}
    if moves.move_waiting(tx, found.waiting, WaitingState.OFFERED, WaitingState.CONNECTED, held_by=found.id, **values):
        _join(tx, context, found, agent_call)
        return _leg(tx, found, Verdict.ACCEPTED)
    again = moves.reservation_row(tx, found.id)
    mine = again is not None and again.state == ReservationState.ACCEPTED and again.agent_call == agent_call
    return _leg(tx, found, Verdict.ACCEPTED if mine else _lost(tx, found))


def decline(tx: Connection, context: Context, token: str) -> bool:
    """The agent said no; False when there was nothing to decline any more."""
    found = moves.reservation_by_token(tx, token)
    return found is not None and give_back(tx, context, found, ReservationState.DECLINED, why="declined")


def expire(tx: Connection, context: Context, reservation: str) -> bool:
    """Take back an offer whose time is over; False when it ended before, or its time is not over."""
    found = moves.reservation_row(tx, reservation)
    if found is None or found.expires_at > context.now:
        return False
    return give_back(tx, context, found, ReservationState.EXPIRED, why="no-answer" if found.agent_call else "not-rung")


def agent_left(tx: Connection, context: Context, token: str, *, why: str = "hung-up") -> bool:
    """The agent's leg ended (`why`: hung-up, busy, no-answer, failed ...); False when nothing hung on it any more."""
    found = moves.reservation_by_token(tx, token)
    if found is None:
        return False
    if give_back(tx, context, found, ReservationState.EXPIRED, why=why):
        return True
    return talks.end(tx, context, found.id)


def leg_left(tx: Connection, context: Context, agent_call: str, *, why: str = "hung-up") -> bool:
    """As `agent_left`, for whoever knows the leg by its call id alone (a room's events do)."""
    statement = select(Reservation.token).where(Reservation.agent_call == agent_call)
    token = tx.execute(statement).scalar()
    return token is not None and agent_left(tx, context, token, why=why)


def give_back(tx: Connection, context: Context, found: Row[Any], to: ReservationState, *, why: str) -> bool:
    """Return an offered caller to the place they had. An agent whose telephone never rang stays ready, but last."""
    waiting = moves.waiting_row(tx, found.waiting)
    if not moves.move_waiting(
        tx, found.waiting, WaitingState.OFFERED, WaitingState.WAITING, held_by=found.id, reservation=None
    ):
        return False
    rung = why != "not-rung"
    agent_to = AgentState.AWAY if rung else AgentState.READY
    parting.offer_over(tx, context, waiting, found.id, parting.Lost(to, why, agent_to, last=not rung))
    tasks.want_release(tx, found.id, context.now)
    return True


def _write(tx: Connection, context: Context, pair: Offer, reservation: str) -> None:
    now = context.now
    values = {"waiting": pair.waiting, "agent": pair.agent, "token": new_token(), "reason": str(pair.reason)}
    times = {"offered_at": now, "expires_at": now + LASTS}
    tx.execute(insert(Reservation).values(id=reservation, state=ReservationState.OFFERED, **values, **times))
    tasks.want_ring(tx, reservation, now)
    tasks.want_expiry(tx, reservation, now, now + LASTS)
    waiting = moves.waiting_row(tx, pair.waiting)
    _noted(tx, context, waiting, reservation, Action.RESERVATION_OFFERED, agent=pair.agent, reason=str(pair.reason))


def _join(tx: Connection, context: Context, found: Row[Any], agent_call: str) -> None:
    now = context.now
    statement = update(Reservation).where(Reservation.id == found.id, Reservation.state == ReservationState.OFFERED)
    tx.execute(statement.values(state=ReservationState.ACCEPTED, agent_call=agent_call, joined_at=now))
    moves.move_agent(tx, found.agent, (AgentState.RESERVED,), AgentState.ON_CALL, now, held_by=found.id)
    if found.agent_call not in {None, agent_call}:
        tasks.want_hang_up(tx, found.agent_call, now)
    tasks.want_connect(tx, found.id, now)
    waiting = moves.waiting_row(tx, found.waiting)
    _noted(tx, context, waiting, found.id, Action.RESERVATION_ACCEPTED, actor=f"agent:{found.agent}")
    waited = int((now - waiting.entered_at).total_seconds())
    _noted(tx, context, waiting, found.id, Action.TALK_STARTED, agent=found.agent, waited=waited)


def _verdict(tx: Connection, found: Row[Any]) -> Verdict:
    open_to = {ReservationState.OFFERED: Verdict.OPEN, ReservationState.ACCEPTED: Verdict.ACCEPTED}
    return open_to.get(found.state) or _lost(tx, found)


def _lost(tx: Connection, found: Row[Any]) -> Verdict:
    now = moves.reservation_row(tx, found.id)
    gone = (ReservationState.CANCELLED, ReservationState.ENDED)
    return Verdict.GONE if now is None or now.state in gone else Verdict.TAKEN


def _leg(tx: Connection, found: Row[Any], verdict: Verdict) -> Leg:
    waiting = moves.waiting_row(tx, found.waiting)
    agent = moves.agent_row(tx, found.agent)
    return Leg(verdict, waiting.call, agent.catalogue, waiting.department, waiting.language, waiting.summary)


def _noted(
    tx: Connection,
    context: Context,
    waiting: Row[Any],
    reservation: str,
    action: Action,
    *,
    actor: str = "service",
    **facts: Any,
) -> None:
    note(
        tx,
        context,
        action,
        actor=actor,
        subject=f"reservation:{reservation}",
        operator=waiting.operator,
        call=waiting.call,
        organisation=waiting.organisation,
        **facts,
    )
