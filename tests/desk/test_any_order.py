"""Days on the floor made of chance: events in any order, twice or late, and nobody is lost (REQUIREMENTS E9)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from core.clock import ManualClock
from core.database import Database
from core.jobs import Worker
from desk import agents, queue, reservations, talks
from desk.context import Context
from desk.models import AgentState, Reservation, Waiting
from tests.desk.floor import assert_one_story, call_id, put_agent, wish

NAMES = ("ada", "bea", "cem")
CALLERS = range(1, 7)


class Day:
    """One event at a time, each for a caller, agent or offer picked by chance."""

    def __init__(self, desk: Context, chance: random.Random) -> None:
        self._desk = desk
        self._chance = chance
        self.events: tuple[Callable[[Connection], object], ...] = (
            lambda tx: queue.join(tx, desk, wish(self._caller())),
            lambda tx: queue.leave(tx, desk, call_id(self._caller())),
            lambda tx: agents.ready(tx, desk, chance.choice(NAMES)),
            lambda tx: agents.ready(tx, desk, chance.choice(NAMES)),
            lambda tx: agents.away(tx, desk, chance.choice(NAMES)),
            lambda tx: reservations.accept(tx, desk, self._token(tx), f"CA{chance.getrandbits(128):032x}"),
            lambda tx: reservations.accept(tx, desk, self._token(tx), f"CA{chance.getrandbits(128):032x}"),
            lambda tx: reservations.decline(tx, desk, self._token(tx)),
            lambda tx: reservations.agent_left(tx, desk, self._token(tx)),
            lambda tx: talks.after_talk(tx, desk, call_id(self._caller())),
            lambda tx: talks.send_away(tx, desk, call_id(self._caller()), "pin"),
            lambda tx: talks.come_back(tx, desk, call_id(self._caller())),
            lambda tx: talks.hand_over(
                tx, desk, call_id(self._caller()), chance.choice(NAMES), f"CA{chance.getrandbits(128):032x}"
            ),
        )

    def _caller(self) -> int:
        return self._chance.choice(CALLERS)

    def _token(self, tx: Connection) -> str:
        """Most often of the latest offers, sometimes of one long over."""
        found = tx.execute(select(Reservation.token).order_by(Reservation.offered_at.desc())).scalars().all()
        return self._chance.choice(found[: self._chance.choice((1, 3, 99))]) if found else "none"


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_the_floor_tells_one_story_and_everybody_is_served_in_the_end(
    database: Database, desk: Context, clock: ManualClock, worker: Worker, seed: int
) -> None:
    chance = random.Random(seed)
    day = Day(desk, chance)
    with database.begin() as tx:
        for name in NAMES:
            put_agent(tx, desk, name)
    for _ in range(60):
        with database.begin() as tx:
            chance.choice(day.events)(tx)
        if chance.random() < 0.7:
            worker.run_due()
        clock.advance(timedelta(seconds=chance.choice((0, 1, 5, 40))))
        with database.read() as tx:
            assert_one_story(tx)
    _finish(database, desk, clock, worker)


def _finish(database: Database, desk: Context, clock: ManualClock, worker: Worker) -> None:
    """Agents who are willing and pick up serve whoever still waits."""
    for _ in range(2 * len(CALLERS)):
        clock.advance(timedelta(minutes=2))
        worker.run_due()
        with database.begin() as tx:
            for name in NAMES:
                agents.ready(tx, desk, name)
        worker.run_due()
        with database.begin() as tx:
            for row in tx.execute(select(Reservation.__table__).where(Reservation.state == "offered")).all():
                reservations.accept(tx, desk, row.token, row.agent_call or f"CA{row.id}")
        clock.advance(timedelta(minutes=2))
        with database.begin() as tx:
            for row in tx.execute(select(Waiting.__table__).where(Waiting.state == "connected")).all():
                queue.leave(tx, desk, row.call, why="hung-up")
    with database.read() as tx:
        assert_one_story(tx)
        assert set(tx.execute(select(Waiting.state)).scalars()) <= {"left", "served"}
        assert {view.state for view in agents.listing(tx)} <= {AgentState.READY, AgentState.WRAP_UP}
