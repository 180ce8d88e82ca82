"""Being called back: limits, the kept place, attempts, and nobody rung twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.clock import ManualClock
from core.database import Database
from core.jobs import Worker
from desk import agents, callbacks, dialling, queue
from desk.callbacks import Asked, Refusal, Refused
from desk.context import Context
from desk.models import AgentState, Callback
from tests.desk.asking import NUMBER, asked
from tests.desk.floor import call_id, put_agent, put_caller
from tests.desk.network import Network

CALL = "CA" + "c" * 32


def test_a_callback_asked_for_in_the_queue_keeps_the_place(
    database: Database, desk: Context, clock: ManualClock
) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=AgentState.ON_CALL)
        put_caller(tx, desk, 1)
        arrived = desk.now
        clock.advance(timedelta(minutes=4))
        callbacks.ask(tx, desk, asked(1, desk))
        assert tx.execute(select(Callback.rank_at)).scalar_one() == arrived
        assert queue.position(tx, call_id(1)) == 0


def test_asking_twice_on_one_call_is_asking_once(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        assert callbacks.ask(tx, desk, asked(1, desk)) == callbacks.ask(tx, desk, asked(1, desk))


def test_a_number_has_two_open_callbacks_at_most(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        made = [callbacks.ask(tx, desk, asked(number, desk)) for number in range(3)]
        assert made[2] == Refused(Refusal.LIMIT)
        assert isinstance(made[0], Asked)
        callbacks.cancel(tx, desk, made[0].callback, by="staff")
        assert isinstance(callbacks.ask(tx, desk, asked(4, desk)), Asked)


def test_an_organisation_has_five_open_callbacks_at_most(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        made = [
            callbacks.ask(tx, desk, asked(number, desk, number=f"+1425555012{number}", organisation="contoso"))
            for number in range(6)
        ]
        assert [isinstance(one, Asked) for one in made] == [True] * 5 + [False]


@pytest.mark.parametrize("number", ["", "anonymous", "+0123", "14255550123", "sip:a@b.test"])
def test_what_is_not_a_number_is_refused(database: Database, desk: Context, number: str) -> None:
    with database.begin() as tx:
        assert callbacks.ask(tx, desk, asked(1, desk, number=number)) == Refused(Refusal.NUMBER)


def test_the_number_is_nowhere_in_the_clear(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        callbacks.ask(tx, desk, asked(1, desk))
        row = tx.execute(select(Callback.__table__)).one()
        assert NUMBER not in str(row)
        assert NUMBER.encode() not in row.number_sealed
        assert callbacks.number(desk, row) == NUMBER
        assert callbacks.listing(tx)[0].number_masked == "***23"


def test_a_callback_is_dialled_when_an_agent_is_free(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    with database.begin() as tx:
        callbacks.ask(tx, desk, asked(1, desk))
    worker.run_due()
    assert network.rung() == []
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=AgentState.AWAY)
        agents.ready(tx, desk, "ada")
    worker.run_due()
    assert network.rung() == [NUMBER]


def test_a_callback_is_not_dialled_before_it_is_due(
    database: Database, desk: Context, worker: Worker, network: Network, clock: ManualClock
) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada")
        callbacks.ask(tx, desk, asked(1, desk, due_at=desk.now + timedelta(hours=2)))
    worker.run_due()
    assert network.rung() == []
    clock.advance(timedelta(hours=2))
    worker.run_due()
    assert network.rung() == [NUMBER]


def test_whoever_presses_1_joins_at_the_kept_place(
    database: Database, desk: Context, worker: Worker, clock: ManualClock
) -> None:
    arrived = desk.now
    token = _dialled(database, desk, worker)
    clock.advance(timedelta(seconds=20))
    with database.begin() as tx:
        assert dialling.answered(tx, token, CALL) is not None
        found = dialling.accept(tx, desk, token, CALL)
        assert found is not None
        assert found.rank_at == arrived
        assert dialling.accept(tx, desk, token, CALL) == found
        assert not dialling.ended(tx, desk, token, why="hung-up")


def test_nobody_answering_means_two_more_attempts_and_no_fourth(
    database: Database, desk: Context, worker: Worker, network: Network, clock: ManualClock
) -> None:
    token = _dialled(database, desk, worker)
    for pause in (timedelta(minutes=5), timedelta(minutes=30)):
        with database.begin() as tx:
            assert dialling.ended(tx, desk, token, why="no-answer")
        clock.advance(pause)
        worker.run_due()
        token = _token(database)
    with database.begin() as tx:
        assert dialling.ended(tx, desk, token, why="no-answer")
    clock.advance(timedelta(days=1))
    worker.run_due()
    assert len(network.rung()) == 3
    assert _state(database) == "failed"


def test_what_is_told_about_an_earlier_attempt_comes_too_late(
    database: Database, desk: Context, worker: Worker, clock: ManualClock
) -> None:
    first = _dialled(database, desk, worker)
    with database.begin() as tx:
        dialling.ended(tx, desk, first, why="busy")
    clock.advance(timedelta(minutes=5))
    worker.run_due()
    with database.begin() as tx:
        assert dialling.answered(tx, first, CALL) is None
        assert not dialling.ended(tx, desk, first, why="no-answer")
    assert _state(database) == "dialling"


def test_a_worker_killed_before_it_knew_the_call_dials_no_second_time_in_that_attempt(
    database: Database, desk: Context, worker: Worker, network: Network, clock: ManualClock
) -> None:
    network.meanwhile = _die
    _dialled(database, desk, worker)
    network.meanwhile = lambda: None
    clock.advance(timedelta(seconds=90))
    worker.run_due()
    assert len(network.rung()) == 1
    clock.advance(dialling.SILENCE)
    worker.run_due()
    assert _state(database) == "open"


def test_a_callback_cancelled_while_it_is_dialled_ends_the_call(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    def cancel() -> None:
        with database.begin() as tx:
            callbacks.cancel(tx, desk, tx.execute(select(Callback.id)).scalar_one(), by="staff")

    network.meanwhile = cancel
    _dialled(database, desk, worker)
    assert [what[0] for what in network.asked] == ["ring", "cancel", "hang up"]


def test_a_number_in_a_country_that_is_not_called_fails_at_once(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada")
        callbacks.ask(tx, desk, asked(1, desk, number="+5521995550123"))
    worker.run_due()
    assert network.rung() == []
    assert _state(database) == "failed"


def test_no_more_callbacks_are_dialled_than_agents_are_free(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada")
        for number in range(2):
            callbacks.ask(tx, desk, asked(number, desk))
    worker.run_due()
    assert len(network.rung()) == 1


def test_someone_on_the_line_does_not_wait_for_a_dial(
    database: Database, desk: Context, worker: Worker, network: Network
) -> None:
    _dialled(database, desk, worker)
    with database.begin() as tx:
        put_caller(tx, desk, 2)
    worker.run_due()
    assert network.rung() == [NUMBER, "+14255550181"]


def _dialled(database: Database, desk: Context, worker: Worker) -> str:
    with database.begin() as tx:
        put_agent(tx, desk, "ada")
        callbacks.ask(tx, desk, asked(1, desk))
    worker.run_due()
    return _token(database)


def _token(database: Database) -> str:
    with database.read() as tx:
        return str(tx.execute(select(Callback.token)).scalar_one())


def _state(database: Database) -> str:
    with database.read() as tx:
        return str(tx.execute(select(Callback.state)).scalar_one())


def _die() -> None:
    raise SystemExit
