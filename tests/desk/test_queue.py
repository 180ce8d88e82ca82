"""Joining, standing and leaving: nobody loses a place by leaving."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock import ManualClock
from core.database import Database
from desk import queue
from desk.context import Context
from desk.models import AgentState, WaitingState
from tests.desk.floor import call_id, put_agent, put_caller, served, waiting, wish


def test_callers_stand_by_arrival(database: Database, desk: Context, clock: ManualClock) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=AgentState.ON_CALL)
        for number in (1, 2, 3):
            put_caller(tx, desk, number)
            clock.advance(timedelta(seconds=1))
        assert [queue.position(tx, call_id(number)) for number in (1, 2, 3)] == [1, 2, 3]


def test_severity_comes_before_promise_and_promise_before_arrival(
    database: Database, desk: Context, clock: ManualClock
) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=AgentState.ON_CALL)
        put_caller(tx, desk, 1)
        clock.advance(timedelta(seconds=1))
        put_caller(tx, desk, 2, promised_at=desk.now)
        clock.advance(timedelta(seconds=1))
        put_caller(tx, desk, 3, severity="A")
        assert [queue.position(tx, call_id(number)) for number in (3, 2, 1)] == [1, 2, 3]


def test_queues_of_other_skills_do_not_count(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", ("technical", "en"), ("technical", "de"))
        put_caller(tx, desk, 1)
        put_caller(tx, desk, 2, language="de")
        assert queue.position(tx, call_id(2)) == 1


def test_joining_twice_changes_nothing(database: Database, desk: Context, clock: ManualClock) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=AgentState.ON_CALL)
        put_caller(tx, desk, 1)
        before = waiting(tx, 1)
        clock.advance(timedelta(seconds=5))
        assert put_caller(tx, desk, 1).again
        assert waiting(tx, 1) == before


@pytest.mark.parametrize("state", [AgentState.OFFLINE, AgentState.AWAY])
def test_nobody_signed_in_counts_as_nobody_there(database: Database, desk: Context, state: AgentState) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=state)
        assert queue.join(tx, desk, wish(1)) == queue.NobodyThere()
        assert queue.standing(tx, call_id(1), desk.now) is None


def test_an_agent_of_another_operator_or_language_is_nobody(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", operator="21vianet")
        put_agent(tx, desk, "bea", ("technical", "de"))
        assert queue.join(tx, desk, wish(1)) == queue.NobodyThere()


def test_a_full_queue_says_so(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=AgentState.ON_CALL)
        put_caller(tx, desk, 1)
        put_caller(tx, desk, 2)
        assert queue.join(tx, desk, wish(3), most=2) == queue.QueueFull()
        assert isinstance(queue.join(tx, desk, wish(2), most=2), queue.Joined)


def test_whoever_leaves_and_returns_keeps_the_place(database: Database, desk: Context, clock: ManualClock) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=AgentState.ON_CALL)
        put_caller(tx, desk, 1)
        clock.advance(timedelta(seconds=1))
        put_caller(tx, desk, 2)
        assert queue.leave(tx, desk, call_id(1))
        assert queue.position(tx, call_id(2)) == 1
        assert put_caller(tx, desk, 1).standing.position == 1


def test_another_department_is_another_place(database: Database, desk: Context, clock: ManualClock) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", ("technical", "en"), ("billing", "en"), state=AgentState.ON_CALL)
        put_caller(tx, desk, 1)
        queue.leave(tx, desk, call_id(1))
        clock.advance(timedelta(seconds=1))
        put_caller(tx, desk, 2, department="billing")
        clock.advance(timedelta(seconds=1))
        assert put_caller(tx, desk, 1, department="billing").standing.position == 2


def test_leaving_twice_leaves_once(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=AgentState.ON_CALL)
        put_caller(tx, desk, 1)
        assert [queue.leave(tx, desk, call_id(1)) for _ in range(2)] == [True, False]
        assert waiting(tx, 1).state == WaitingState.LEFT


def test_a_callback_brings_its_place(database: Database, desk: Context, clock: ManualClock) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=AgentState.ON_CALL)
        asked = desk.now
        clock.advance(timedelta(minutes=5))
        put_caller(tx, desk, 1)
        assert put_caller(tx, desk, 2, rank_at=asked).standing.position == 1


def test_the_expected_wait_is_the_median_of_recent_ones(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        for number, minutes in enumerate((2, 4, 20)):
            served(tx, desk, number, timedelta(minutes=minutes))
        assert queue.expected_wait(tx, "worldwide", "technical", "en", desk.now) == timedelta(minutes=4)


def test_a_wait_nobody_can_tell_is_not_told(database: Database, desk: Context, clock: ManualClock) -> None:
    with database.begin() as tx:
        for number in range(2):
            served(tx, desk, number, timedelta(minutes=2))
        assert queue.expected_wait(tx, "worldwide", "technical", "en", desk.now) is None
        served(tx, desk, 2, timedelta(minutes=2))
        clock.advance(timedelta(hours=1))
        assert queue.expected_wait(tx, "worldwide", "technical", "en", desk.now) is None
