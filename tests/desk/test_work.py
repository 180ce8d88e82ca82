"""The desk at work: who is rung, brought and released, and what a crash or a failing carrier costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from carrier.results import DeliveryError, failure, unknown, unreachable
from core.clock import ManualClock
from core.database import Database
from core.jobs import Worker
from desk import agents, queue, reservations
from desk.context import Context
from desk.models import AgentEndpoint, AgentState, Reservation
from tests.desk.floor import agent, call_id, put_agent, put_caller, talking, waiting
from tests.desk.network import Network

LEG = "CA" + "e" * 32
TELEPHONE = "+14255550181"


@pytest.fixture(autouse=True)
def _floor(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada")


def test_a_caller_who_joins_makes_a_ready_agents_telephone_ring(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    _join(database, desk, worker)
    assert network.rung() == [TELEPHONE]


def test_an_agent_who_becomes_ready_is_rung_for_whoever_waits(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    with database.begin() as tx:
        agents.away(tx, desk, "ada", AgentState.BREAK)
    _join(database, desk, worker)
    assert network.rung() == []
    with database.begin() as tx:
        agents.ready(tx, desk, "ada")
    worker.run_due()
    assert network.rung() == [TELEPHONE]


def test_accepting_brings_the_caller_into_the_room(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    _accept(database, desk, worker)
    assert network.asked[-1] == ("redirect", call_id(1), f"https://desk.test/voice/connect/{call_id(1)}")


def test_a_caller_who_hangs_up_ends_the_ringing_leg_at_once(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    _join(database, desk, worker)
    leg = _reservation(database).agent_call
    with database.begin() as tx:
        queue.leave(tx, desk, call_id(1), why="hung-up")
    worker.run_due()
    assert network.asked[1:3] == [("cancel", leg), ("hang up", leg)]


def test_a_caller_who_hangs_up_while_the_telephone_is_being_rung_ends_the_new_leg(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    def hang_up() -> None:
        with database.begin() as tx:
            queue.leave(tx, desk, call_id(1), why="hung-up")

    network.meanwhile = hang_up
    _join(database, desk, worker)
    assert ("hang up", _reservation(database).agent_call) in network.asked


def test_a_caller_who_hangs_up_in_the_talk_ends_the_agents_leg(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    with database.begin() as tx:
        talking(tx, desk, 2, "bea", LEG)
        queue.leave(tx, desk, call_id(2), why="hung-up")
    worker.run_due()
    assert ("hang up", LEG) in network.asked


def test_an_agent_who_hangs_up_brings_the_caller_out_of_the_room(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    with database.begin() as tx:
        talking(tx, desk, 2, "bea", LEG)
        reservations.leg_left(tx, desk, LEG)
    worker.run_due()
    assert ("redirect", call_id(2), f"https://desk.test/voice/talked/{call_id(2)}") in network.asked


def test_an_offer_nobody_answers_ends_by_its_timer_and_the_caller_goes_to_the_next(
    database: Database, desk: Context, worker: Worker, network: Network, clock: ManualClock
) -> None:
    _join(database, desk, worker)
    with database.begin() as tx:
        put_agent(tx, desk, "bea")
    clock.advance(reservations.LASTS)
    worker.run_due()
    assert network.rung() == [TELEPHONE, TELEPHONE]
    with database.read() as tx:
        assert (agent(tx, "ada").state, agent(tx, "bea").state) == (AgentState.AWAY, AgentState.RESERVED)


def test_a_worker_killed_while_ringing_rings_no_second_time(
    database: Database, desk: Context, worker: Worker, network: Network, clock: ManualClock
) -> None:
    network.meanwhile = _die
    _join(database, desk, worker)
    clock.advance(timedelta(seconds=10))
    worker.run_due()
    assert len(network.rung()) == 1


def test_a_leg_whose_ring_was_never_heard_of_is_known_once_it_answers(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    network.meanwhile = _die
    _join(database, desk, worker)
    token = _reservation(database).token
    with database.begin() as tx:
        assert reservations.answered(tx, token, LEG).verdict is reservations.Verdict.OPEN
        queue.leave(tx, desk, call_id(1), why="hung-up")
    worker.run_due()
    assert ("hang up", LEG) in network.asked


def test_a_carrier_that_took_nothing_is_asked_again_within_the_offer(
    database: Database, desk: Context, worker: Worker, network: Network, clock: ManualClock
) -> None:
    network.fail = unreachable("timeout")
    _join(database, desk, worker)
    network.fail = None
    clock.advance(timedelta(seconds=1))
    worker.run_due()
    assert len(network.rung()) == 2
    assert _reservation(database).agent_call is not None


@pytest.mark.parametrize(
    ("error", "state"),
    [(failure("21211", 400), AgentState.AWAY), (unknown("timeout"), AgentState.RESERVED)],
    ids=["bad-address", "unknown-outcome"],
)
def test_only_a_ring_that_surely_failed_gives_the_caller_back_at_once(
    database: Database, desk: Context, worker: Worker, network: Network, error: DeliveryError, state: AgentState
) -> None:
    network.fail = error
    _join(database, desk, worker)
    with database.read() as tx:
        assert agent(tx, "ada").state == state


def test_an_agent_without_a_telephone_is_taken_off_ready(database: Database, desk: Context, worker: Worker) -> None:
    with database.begin() as tx:
        tx.execute(delete(AgentEndpoint))
    _join(database, desk, worker)
    with database.read() as tx:
        assert (agent(tx, "ada").state, waiting(tx, 1).state) == (AgentState.AWAY, "waiting")


def test_a_caller_whom_the_carrier_knows_no_more_has_left(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    with database.begin() as tx:
        talking(tx, desk, 2, "bea", LEG)
    network.fail = failure("21220", 400)
    worker.run_due()
    with database.read() as tx:
        assert (waiting(tx, 2).state, agent(tx, "bea").state) == ("served", AgentState.WRAP_UP)


def test_the_time_after_a_talk_ends_by_itself(
    database: Database, desk: Context, worker: Worker, clock: ManualClock
) -> None:
    with database.begin() as tx:
        talking(tx, desk, 2, "bea", LEG)
        queue.leave(tx, desk, call_id(2), why="hung-up")
    clock.advance(timedelta(seconds=60))
    worker.run_due()
    with database.read() as tx:
        assert agent(tx, "bea").state == AgentState.READY


def test_an_agent_who_went_away_after_a_talk_stays_away(
    database: Database, desk: Context, worker: Worker, clock: ManualClock
) -> None:
    with database.begin() as tx:
        talking(tx, desk, 2, "bea", LEG)
        queue.leave(tx, desk, call_id(2), why="hung-up")
        agents.away(tx, desk, "bea")
    clock.advance(timedelta(seconds=60))
    worker.run_due()
    with database.read() as tx:
        assert agent(tx, "bea").state == AgentState.AWAY


def _join(database: Database, desk: Context, worker: Worker) -> None:
    with database.begin() as tx:
        put_caller(tx, desk, 1)
    worker.run_due()


def _accept(database: Database, desk: Context, worker: Worker) -> None:
    _join(database, desk, worker)
    found = _reservation(database)
    with database.begin() as tx:
        reservations.accept(tx, desk, found.token, found.agent_call)
    worker.run_due()


def _reservation(database: Database) -> Any:
    with database.read() as tx:
        return tx.execute(select(Reservation.__table__)).one()


def _die() -> None:
    raise SystemExit
