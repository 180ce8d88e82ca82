"""Races on real databases: whatever comes together, one wins and the floor stays consistent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from core.clock import ManualClock
from core.database import Database
from desk import agents, callbacks, dialling, queue, reservations
from desk.context import Context
from desk.models import Callback, Waiting
from desk.reservations import Verdict
from tests.desk.asking import asked
from tests.desk.floor import (
    agent,
    assert_one_story,
    call_id,
    offered,
    pair,
    put_agent,
    put_caller,
    reservation,
    talking,
    waiting,
    wish,
)

ROUNDS = range(6)
Deed = Callable[[Connection], Any]


def together(database: Database, deeds: Sequence[Deed]) -> list[Any]:
    """Run each deed in a thread and a transaction of its own, all starting at once; their results in order."""
    barrier = threading.Barrier(len(deeds))
    results: list[Any] = [None] * len(deeds)

    def run(place: int, deed: Deed) -> None:
        barrier.wait()
        try:
            with database.begin() as tx:
                results[place] = deed(tx)
        except Exception as error:  # noqa: BLE001 - an error is the result, and fails the test's comparison
            results[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_agents_who_are_offered_one_caller_at_once_get_one_offer(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        for name in ("ada", "bea"):
            put_agent(tx, desk, name)
        for number in ROUNDS:
            put_caller(tx, desk, number)
        pairs = [[pair(tx, number, name) for name in ("ada", "bea")] for number in ROUNDS]
    for both in pairs:
        made = together(database, [partial(reservations.offer, context=desk, pair=one) for one in both])
        assert sum(one is not None for one in made) == 1
        with database.begin() as tx:
            found = reservation(tx, next(one for one in made if one is not None))
            reservations.decline(tx, desk, found.token)
            agents.ready(tx, desk, found.agent)
            queue.leave(tx, desk, waiting_call(tx, found.waiting))


def test_one_agent_who_is_offered_two_callers_at_once_gets_one(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada")
        pairs = []
        for number in (1, 2):
            put_caller(tx, desk, number)
            pairs.append(pair(tx, number, "ada"))
    made = together(database, [partial(reservations.offer, context=desk, pair=one) for one in pairs])
    assert sum(one is not None for one in made) == 1
    with database.read() as tx:
        assert sorted(waiting(tx, number).state for number in (1, 2)) == ["offered", "waiting"]


def test_two_legs_that_accept_at_once_make_one_talk(database: Database, desk: Context) -> None:
    for number in ROUNDS:
        with database.begin() as tx:
            token = offered(tx, desk, number, f"agent {number}").token
        legs = [f"CA{number}{leg}".ljust(34, "e") for leg in ("a", "b")]
        told = together(
            database, [partial(reservations.accept, context=desk, token=token, agent_call=leg) for leg in legs]
        )
        assert sorted(one.verdict for one in told) == [Verdict.ACCEPTED, Verdict.TAKEN]


def test_accepting_and_hanging_up_at_once_end_in_one_truth(database: Database, desk: Context) -> None:
    for number in ROUNDS:
        with database.begin() as tx:
            token = offered(tx, desk, number, f"agent {number}").token
        leg, left = together(
            database,
            [
                partial(reservations.accept, context=desk, token=token, agent_call=f"CA{number}".ljust(34, "e")),
                partial(queue.leave, context=desk, call=call_id(number), why="hung-up"),
            ],
        )
        assert left is True
        with database.read() as tx:
            seen = (waiting(tx, number).state, agent(tx, f"agent {number}").state)
        assert seen == {Verdict.ACCEPTED: ("served", "wrap_up"), Verdict.GONE: ("left", "ready")}[leg.verdict]


def test_accepting_and_expiring_at_once_end_in_one_truth(database: Database, desk: Context, clock: ManualClock) -> None:
    for number in ROUNDS:
        with database.begin() as tx:
            found = offered(tx, desk, number, f"agent {number}")
        clock.advance(reservations.LASTS)
        leg, expired = together(
            database,
            [
                partial(reservations.accept, context=desk, token=found.token, agent_call=f"CA{number}".ljust(34, "e")),
                partial(reservations.expire, context=desk, reservation=found.id),
            ],
        )
        assert (leg.verdict, expired) in {(Verdict.ACCEPTED, False), (Verdict.TAKEN, True)}
        with database.read() as tx:
            assert waiting(tx, number).state == ("waiting" if expired else "connected")


def test_both_sides_hanging_up_at_once_end_the_talk_once(database: Database, desk: Context, clock: ManualClock) -> None:
    for number in ROUNDS:
        with database.begin() as tx:
            found = talking(tx, desk, number, f"agent {number}", f"CA{number}".ljust(34, "e"))
        clock.advance(timedelta(minutes=1))
        done = together(
            database,
            [
                partial(queue.leave, context=desk, call=call_id(number), why="hung-up"),
                partial(reservations.agent_left, context=desk, token=found.token),
            ],
        )
        assert sorted(done) == [False, True]
        with database.read() as tx:
            seen = (waiting(tx, number).state, agent(tx, f"agent {number}").state, reservation(tx, found.id).state)
        assert seen == ("served", "wrap_up", "ended")


def test_going_away_and_being_offered_a_caller_at_once_leave_nobody_stuck(database: Database, desk: Context) -> None:
    for number in ROUNDS:
        with database.begin() as tx:
            put_agent(tx, desk, f"agent {number}")
            put_caller(tx, desk, number)
            one = pair(tx, number, f"agent {number}")
        together(
            database,
            [
                partial(reservations.offer, context=desk, pair=one),
                partial(agents.away, context=desk, agent=one.agent),
            ],
        )
        with database.read() as tx:
            seen = (waiting(tx, number).state, agent(tx, one.agent).state)
        # Busy is an answer too: the offer came first, and going away can be said again.
        assert seen in {("waiting", "away"), ("offered", "reserved")}


def test_a_call_that_joins_twice_at_once_waits_once(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada")
    for number in ROUNDS:
        made = together(database, [partial(queue.join, context=desk, wish=wish(number)) for _ in range(3)])
        assert all(isinstance(one, queue.Joined) for one in made)
    with database.read() as tx:
        assert tx.execute(select(func.count()).select_from(Waiting)).scalar_one() == len(ROUNDS)


def test_more_wishes_than_slots_at_once_leave_two_callbacks(database: Database, desk: Context) -> None:
    made = together(database, [partial(callbacks.ask, context=desk, request=asked(n, desk)) for n in range(5)])
    assert sum(isinstance(one, callbacks.Asked) for one in made) == callbacks.PER_NUMBER


def test_a_callback_claimed_by_many_is_dialled_once(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        made = callbacks.ask(tx, desk, asked(1, desk))
        assert isinstance(made, callbacks.Asked)
    assert sum(together(database, [partial(dialling.claim, context=desk, callback=made.callback)] * 4)) == 1
    with database.read() as tx:
        assert tx.execute(select(Callback.attempts)).scalar_one() == 1


@pytest.fixture(autouse=True)
def _consistent(database: Database) -> Iterator[None]:
    """After every race: states of callers, agents and reservations tell one story."""
    yield
    with database.read() as tx:
        assert_one_story(tx)


def waiting_call(tx: Connection, found: str) -> str:
    return str(tx.execute(select(Waiting.call).where(Waiting.id == found)).scalar_one())
