"""A small floor for the tests of the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from core.clock import ManualClock
from core.keys import Keyring
from desk import queue, reservations
from desk.context import Context
from desk.models import Agent, AgentEndpoint, AgentSkill, AgentState, Reservation, Waiting
from desk.routing import Offer, Reason

TECHNICAL = ("worldwide", "technical", "en")


def context(clock: ManualClock, keyring: Keyring) -> Context:
    return Context(clock, keyring)


def call_id(number: int) -> str:
    return f"CA{number:032x}"


def put_agent(
    tx: Connection,
    desk: Context,
    name: str,
    *skills: tuple[str, str],
    state: AgentState = AgentState.READY,
    operator: str = "worldwide",
) -> str:
    """An agent with one telephone; technical in English unless told otherwise."""
    row = {"id": name, "name": name, "operator": operator, "team": "one", "state": state}
    tx.execute(insert(Agent).values(**row, state_since=desk.now, idle_since=desk.now))
    tx.execute(insert(AgentEndpoint).values(agent=name, position=0, kind="telephone", address="+14255550181"))
    for department, language in skills or (("technical", "en"),):
        tx.execute(insert(AgentSkill).values(agent=name, department=department, language=language))
    return name


def wish(number: int, **changes: Any) -> queue.Wish:
    operator, department, language = TECHNICAL
    values = {"call": call_id(number), "operator": operator, "department": department, "language": language}
    return queue.Wish(**(values | changes))


def put_caller(tx: Connection, desk: Context, number: int, **changes: Any) -> queue.Joined:
    answer = queue.join(tx, desk, wish(number, **changes))
    assert isinstance(answer, queue.Joined)
    return answer


def waiting(tx: Connection, number: int) -> Any:
    return tx.execute(select(Waiting.__table__).where(Waiting.call == call_id(number))).one()


def agent(tx: Connection, name: str) -> Any:
    return tx.execute(select(Agent.__table__).where(Agent.id == name)).one()


def reservation(tx: Connection, found: str) -> Any:
    return tx.execute(select(Reservation.__table__).where(Reservation.id == found)).one()


def served(tx: Connection, desk: Context, number: int, waited: timedelta) -> None:
    """A caller who was answered just now after this wait."""
    values: dict[str, Any] = {
        "id": f"served-{number}",
        "call": call_id(number),
        "operator": "worldwide",
        "department": "technical",
    }
    values |= {"language": "en", "urgency": 1, "state": "served", "summary": {}}
    times = {"rank_at": desk.now - waited, "entered_at": desk.now - waited, "answered_at": desk.now}
    tx.execute(insert(Waiting).values(**values, **times))


def pair(tx: Connection, number: int, name: str) -> Offer:
    return Offer(waiting(tx, number).id, name, Reason(1, 1, 1, 1, timedelta(0)))


def offered(tx: Connection, desk: Context, number: int, name: str, *, new: bool = True) -> Any:
    """A caller offered to an agent, both made unless they are not `new`; the reservation, or None."""
    if new:
        put_agent(tx, desk, name)
        put_caller(tx, desk, number)
    made = reservations.offer(tx, desk, pair(tx, number, name))
    return None if made is None else reservation(tx, made)


def talking(tx: Connection, desk: Context, number: int, name: str, leg: str) -> Any:
    """A caller and an agent in a talk; the reservation."""
    found = offered(tx, desk, number, name)
    reservations.accept(tx, desk, found.token, leg)
    return reservation(tx, found.id)


def assert_one_story(tx: Connection) -> None:
    """The states of callers, agents and reservations agree with each other."""
    open_states = ("offered", "accepted")
    held = {row.id: row for row in tx.execute(select(Reservation.__table__)) if row.state in open_states}
    for row in tx.execute(select(Waiting.__table__)):
        assert (row.state in {"offered", "connected"}) == (row.reservation in held)
        assert row.reservation is None or held[row.reservation].waiting == row.id
    for row in tx.execute(select(Agent.__table__)):
        assert (row.state in {"reserved", "on_call"}) == (row.reservation in held)
        assert row.reservation is None or held[row.reservation].agent == row.id
