"""The people who take calls, and the state each of them is in; states move by conditional UPDATE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from audit.vocabulary import Action
from desk import moves, reservations, tasks
from desk.context import Context, note
from desk.models import Agent, AgentSkill, AgentState, ReservationState
from desk.routing import Ready


class Change(StrEnum):
    """How a wish for another state ended."""

    DONE = "done"
    ALREADY = "already"
    BUSY = "busy"  # an offer rings or a talk goes on


@dataclass(frozen=True, slots=True)
class View:
    """An agent as staff see one; no telephone number."""

    id: str
    name: str
    operator: str
    team: str
    state: AgentState
    since: datetime
    skills: tuple[tuple[str, str], ...]


_FREE = (AgentState.OFFLINE, AgentState.READY, AgentState.WRAP_UP, AgentState.BREAK, AgentState.AWAY)


def listing(tx: Connection, operators: Collection[str] | None = None) -> tuple[View, ...]:
    """All agents of these operators (None: of all), by operator and name."""
    statement = select(Agent.__table__).order_by(Agent.operator, Agent.name)
    if operators is not None:
        statement = statement.where(Agent.operator.in_(operators))
    skills = _skills(tx)
    return tuple(_view(row, skills[row.id]) for row in tx.execute(statement))


def named(tx: Connection, name: str, operators: Collection[str] | None = None) -> tuple[View, ...]:
    """Agents of this name, whatever its case; several when operators share one."""
    wanted = name.casefold()
    return tuple(view for view in listing(tx, operators) if view.name.casefold() == wanted or view.id == name)


def ready(tx: Connection, context: Context, agent: str) -> Change:
    """The agent takes calls from now on. Raises NoResultFound for an unknown id."""
    row = moves.agent_row(tx, agent)
    if row.state == AgentState.READY:
        return Change.ALREADY
    states = tuple(state for state in _FREE if state is not AgentState.READY)
    if not moves.move_agent(tx, agent, states, AgentState.READY, context.now, idle_since=context.now):
        return Change.BUSY
    _noted(tx, context, row, Action.AGENT_READY, AgentState.READY)
    tasks.want_match(tx, row.operator, context.now)
    return Change.DONE


def away(tx: Connection, context: Context, agent: str, to: AgentState = AgentState.AWAY) -> Change:
    """The agent takes no calls from now on (`to`: away, break or offline); an offer that rings just now is declined."""
    if to not in {AgentState.AWAY, AgentState.BREAK, AgentState.OFFLINE}:
        raise ValueError(f"{to} is not a way of being away")
    row = moves.agent_row(tx, agent)
    if row.state == AgentState.RESERVED and _decline(tx, context, row.reservation):
        row = moves.agent_row(tx, agent)
    elif row.state == to:
        return Change.ALREADY
    states = tuple(state for state in _FREE if state is not to)
    if row.state != to and not moves.move_agent(tx, agent, states, to, context.now):
        return Change.BUSY
    _noted(tx, context, row, Action.AGENT_AWAY, to)
    return Change.DONE


def wrap_up_over(tx: Connection, context: Context, agent: str, version: int) -> bool:
    """The time after a talk is over; False when the agent has moved since."""
    row = moves.agent_row(tx, agent)
    if row.version != version or row.state != AgentState.WRAP_UP:
        return False
    return ready(tx, context, agent) is Change.DONE


def floor(tx: Connection, operator: str) -> tuple[Ready, ...]:
    """The agents who may be rung now, as routing wants them."""
    statement = select(Agent.__table__).where(Agent.operator == operator, Agent.state == AgentState.READY)
    rows = tx.execute(statement).all()
    skills = _skills(tx, operator) if rows else {}
    return tuple(Ready(row.id, row.operator, frozenset(skills[row.id]), row.idle_since) for row in rows)


def _decline(tx: Connection, context: Context, reservation: str) -> bool:
    found = moves.reservation_row(tx, reservation)
    declined = ReservationState.DECLINED
    return found is not None and reservations.give_back(tx, context, found, declined, why="went-away")


def _skills(tx: Connection, operator: str | None = None) -> dict[str, list[tuple[str, str]]]:
    statement = select(AgentSkill.agent, AgentSkill.department, AgentSkill.language)
    if operator is not None:
        statement = statement.join(Agent, Agent.id == AgentSkill.agent).where(Agent.operator == operator)
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in tx.execute(statement.order_by(AgentSkill.department, AgentSkill.language)):
        found[row.agent].append((row.department, row.language))
    return found


def _view(row: Row[Any], skills: list[tuple[str, str]]) -> View:
    state = AgentState(row.state)
    return View(row.id, row.name, row.operator, row.team, state, row.state_since, tuple(skills))


def _noted(tx: Connection, context: Context, row: Row[Any], action: Action, to: AgentState) -> None:
    who = f"agent:{row.id}"
    note(tx, context, action, actor=who, subject=who, operator=row.operator, was=str(row.state), now=to.value)
