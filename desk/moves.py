"""Moves of single rows: conditional UPDATEs believed by their row count, and the reads beside them.

Always in the order waiting, reservation, agent (see `desk.models`). None of these leaves an entry: the deed that makes
several moves does.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from desk.models import Agent, AgentState, Reservation, ReservationState, Waiting, WaitingState

OPEN = (WaitingState.WAITING, WaitingState.OFFERED, WaitingState.CONNECTED)


def waiting_of(tx: Connection, call: str) -> Row[Any] | None:
    """The row of a call, by its id at the carrier."""
    return tx.execute(select(Waiting.__table__).where(Waiting.call == call)).first()


def waiting_row(tx: Connection, waiting: str) -> Row[Any]:
    return tx.execute(select(Waiting.__table__).where(Waiting.id == waiting)).one()


def reservation_row(tx: Connection, reservation: str) -> Row[Any] | None:
    return tx.execute(select(Reservation.__table__).where(Reservation.id == reservation)).first()


def reservation_by_token(tx: Connection, token: str) -> Row[Any] | None:
    return tx.execute(select(Reservation.__table__).where(Reservation.token == token)).first()


def agent_row(tx: Connection, agent: str) -> Row[Any]:
    return tx.execute(select(Agent.__table__).where(Agent.id == agent)).one()


def move_waiting(
    tx: Connection,
    waiting: str,
    state: WaitingState,
    to: WaitingState,
    *,
    held_by: str | None = None,
    **values: Any,
) -> bool:
    """Move a caller who is in `state` and held by this reservation (None: by none); False when someone was faster."""
    statement = (
        update(Waiting)
        .where(Waiting.id == waiting, Waiting.state == state, Waiting.reservation.is_not_distinct_from(held_by))
        .values(state=to, **values)
    )
    return tx.execute(statement).rowcount == 1


def close_reservation(tx: Connection, reservation: str, to: ReservationState, now: datetime) -> bool:
    """End an open reservation; False when it was ended before."""
    statement = (
        update(Reservation)
        .where(
            Reservation.id == reservation,
            Reservation.state.in_((ReservationState.OFFERED, ReservationState.ACCEPTED)),
        )
        .values(state=to, ended_at=now)
    )
    return tx.execute(statement).rowcount == 1


def move_agent(
    tx: Connection,
    agent: str,
    states: Collection[AgentState],
    to: AgentState,
    now: datetime,
    *,
    held_by: str | None = None,
    **values: Any,
) -> bool:
    """Move an agent who is in one of `states` and held by this reservation (None: by none)."""
    statement = (
        update(Agent)
        .where(Agent.id == agent, Agent.state.in_(states), Agent.reservation.is_not_distinct_from(held_by))
        .values(state=to, state_since=now, version=Agent.version + 1, **values)
    )
    return tx.execute(statement).rowcount == 1
