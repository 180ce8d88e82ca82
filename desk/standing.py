"""Where a caller stands: place, expected wait, and whether anybody could take the call. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, literal, or_, select

from core.database import Utc
from desk import moves, wait
from desk.models import Agent, AgentSkill, AgentState, Waiting, WaitingState
from desk.routing import NEVER

# Someone who declined or did not answer is away, and so is whoever signed off; a break ends.
SIGNED_IN = (AgentState.READY, AgentState.RESERVED, AgentState.ON_CALL, AgentState.WRAP_UP, AgentState.BREAK)
IN_QUEUE = (WaitingState.WAITING, WaitingState.OFFERED)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands. `expected` is None when it cannot be told; `staffed`: someone able is signed in."""

    waiting: str
    state: WaitingState
    position: int
    expected: timedelta | None
    staffed: bool


def staffed(tx: Connection, operator: str, department: str, language: str) -> bool:
    """Whether anybody with the skill is signed in."""
    found = (
        select(Agent.id)
        .join(AgentSkill, AgentSkill.agent == Agent.id)
        .where(
            Agent.operator == operator,
            AgentSkill.department == department,
            AgentSkill.language == language,
            Agent.state.in_(SIGNED_IN),
        )
    )
    return bool(tx.execute(select(exists(found))).scalar())


def standing(tx: Connection, call: str, now: datetime) -> Standing | None:
    """Where a call stands now; None for one that never waited. For one that waits no more the position is 0."""
    row = moves.waiting_of(tx, call)
    return None if row is None else standing_of(tx, row, now)


def position(tx: Connection, call: str) -> int:
    """1 for the caller who is next; 0 when the call does not wait."""
    row = moves.waiting_of(tx, call)
    return 0 if row is None else position_of(tx, row)


def expected_wait(tx: Connection, operator: str, department: str, language: str, now: datetime) -> timedelta | None:
    """What someone who joined now would wait; None when it cannot be told."""
    return _expected(tx, (operator, department, language), timedelta(0), now)


def standing_of(tx: Connection, row: Row[Any], now: datetime) -> Standing:
    waits = row.state in IN_QUEUE
    skill = (row.operator, row.department, row.language)
    return Standing(
        waiting=row.id,
        state=WaitingState(row.state),
        position=position_of(tx, row),
        expected=_expected(tx, skill, now - row.entered_at, now) if waits else None,
        staffed=staffed(tx, *skill),
    )


def position_of(tx: Connection, row: Row[Any]) -> int:
    if row.state not in IN_QUEUE:
        return 0
    same = (*same_skill(row.operator, row.department, row.language), Waiting.state.in_(IN_QUEUE))
    counted = select(func.count()).select_from(Waiting).where(*same, _before(row))
    return int(tx.execute(counted).scalar_one()) + 1


def _before(row: Row[Any]) -> ColumnElement[bool]:
    """Rows that come before this one by severity, promise, arrival: the order of `routing.Caller.order`."""
    promise = func.coalesce(Waiting.promised_at, literal(NEVER, Utc), type_=Utc)
    mine = literal(row.promised_at or NEVER, Utc)
    arrival = or_(
        Waiting.rank_at < row.rank_at,
        and_(Waiting.rank_at == row.rank_at, Waiting.id < row.id),
    )
    by_promise = or_(promise < mine, and_(promise == mine, arrival))
    return or_(Waiting.urgency < row.urgency, and_(Waiting.urgency == row.urgency, by_promise))


def _expected(tx: Connection, skill: tuple[str, str, str], waited: timedelta, now: datetime) -> timedelta | None:
    same = same_skill(*skill)
    answered = (
        select(Waiting.entered_at, Waiting.answered_at)
        .where(*same, Waiting.answered_at > now - wait.RECENT)
        .order_by(Waiting.answered_at.desc())
        .limit(wait.SAMPLES)
    )
    recent = [row.answered_at - row.entered_at for row in tx.execute(answered)]
    if len(recent) < wait.FEWEST:
        return None
    oldest = (
        select(Waiting.entered_at)
        .where(*same, Waiting.state.in_(IN_QUEUE))
        .order_by(Waiting.entered_at)
        .limit(wait.SAMPLES)
    )
    return wait.expected(recent, [now - at for at in tx.execute(oldest).scalars()], waited)


def same_skill(operator: str, department: str, language: str) -> tuple[ColumnElement[bool], ...]:
    return (Waiting.operator == operator, Waiting.department == department, Waiting.language == language)
