"""One caller, one agent: who wins, who hears what, and where the caller stands afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock import ManualClock
from core.database import Database
from desk import queue, reservations, talks
from desk.context import Context
from desk.models import AgentState, ReservationState, WaitingState
from desk.reservations import Verdict
from desk.talks import After
from tests.desk.floor import agent, call_id, offered, put_agent, put_caller, reservation, talking, waiting

LEG = "CA" + "e" * 32


def test_an_offer_reserves_both(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        found = offered(tx, desk, 1, "ada")
        assert (waiting(tx, 1).state, agent(tx, "ada").state) == ("offered", "reserved")
        assert found.expires_at == desk.now + timedelta(seconds=20)


def test_an_agent_who_is_not_ready_gets_no_offer_and_the_caller_goes_on_waiting(
    database: Database, desk: Context
) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada", state=AgentState.BREAK)
        put_caller(tx, desk, 1)
        assert offered(tx, desk, 1, "ada", new=False) is None
        assert (waiting(tx, 1).state, waiting(tx, 1).reservation) == ("waiting", None)


def test_accepting_starts_the_talk(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        found = offered(tx, desk, 1, "ada")
        leg = reservations.accept(tx, desk, found.token, LEG)
        assert (leg.verdict, leg.call) == (Verdict.ACCEPTED, call_id(1))
        assert (waiting(tx, 1).state, agent(tx, "ada").state) == ("connected", "on_call")
        assert reservation(tx, found.id).joined_at == desk.now


def test_accepting_twice_is_accepting_once(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        found = offered(tx, desk, 1, "ada")
        assert [reservations.accept(tx, desk, found.token, LEG).verdict for _ in range(2)] == [Verdict.ACCEPTED] * 2


def test_a_second_leg_of_the_same_offer_hears_that_it_was_taken(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        found = talking(tx, desk, 1, "ada", LEG)
        assert reservations.accept(tx, desk, found.token, "CA" + "d" * 32).verdict is Verdict.TAKEN


def test_whoever_accepts_after_the_caller_left_hears_that_the_caller_has_gone(
    database: Database, desk: Context
) -> None:
    with database.begin() as tx:
        found = offered(tx, desk, 1, "ada")
        queue.leave(tx, desk, call_id(1), why="hung-up")
        assert reservations.accept(tx, desk, found.token, LEG).verdict is Verdict.GONE
        assert (waiting(tx, 1).state, agent(tx, "ada").state) == ("left", "ready")


def test_whoever_accepts_after_the_offer_went_to_another_hears_that_it_was_taken(
    database: Database, desk: Context, clock: ManualClock
) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "bea")
        first = offered(tx, desk, 1, "ada")
        clock.advance(timedelta(seconds=20))
        assert reservations.expire(tx, desk, first.id)
        second = offered(tx, desk, 1, "bea", new=False)
        assert reservations.accept(tx, desk, first.token, LEG).verdict is Verdict.TAKEN
        assert reservations.accept(tx, desk, second.token, "CA" + "d" * 32).verdict is Verdict.ACCEPTED


def test_a_token_nobody_gave_out_opens_nothing(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        assert reservations.accept(tx, desk, "no such token", LEG).verdict is Verdict.GONE
        assert reservations.look(tx, "no such token").verdict is Verdict.GONE


@pytest.mark.parametrize(("seconds", "over"), [(19, False), (20, True)])
def test_an_offer_lasts_twenty_seconds(
    database: Database, desk: Context, clock: ManualClock, seconds: int, over: bool
) -> None:
    with database.begin() as tx:
        found = offered(tx, desk, 1, "ada")
        clock.advance(timedelta(seconds=seconds))
        assert reservations.expire(tx, desk, found.id) is over


def test_an_offer_not_answered_gives_the_place_back_and_takes_the_agent_off_ready(
    database: Database, desk: Context, clock: ManualClock
) -> None:
    with database.begin() as tx:
        found = offered(tx, desk, 1, "ada")
        put_agent(tx, desk, "bea", state=AgentState.ON_CALL)
        reservations.answered(tx, found.token, LEG)
        clock.advance(timedelta(seconds=20))
        put_caller(tx, desk, 2)
        reservations.expire(tx, desk, found.id)
        assert queue.position(tx, call_id(1)) == 1
        assert agent(tx, "ada").state == AgentState.AWAY


def test_an_agent_whose_telephone_never_rang_stays_ready_behind_the_others(
    database: Database, desk: Context, clock: ManualClock
) -> None:
    with database.begin() as tx:
        found = offered(tx, desk, 1, "ada")
        clock.advance(timedelta(seconds=20))
        reservations.expire(tx, desk, found.id)
        assert (agent(tx, "ada").state, agent(tx, "ada").idle_since) == (AgentState.READY, desk.now)


def test_declining_gives_the_place_back_once(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        found = offered(tx, desk, 1, "ada")
        assert [reservations.decline(tx, desk, found.token) for _ in range(2)] == [True, False]
        assert (waiting(tx, 1).state, agent(tx, "ada").state) == ("waiting", "away")


def test_a_telephone_that_ends_before_a_key_is_no_answer(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        found = offered(tx, desk, 1, "ada")
        assert reservations.agent_left(tx, desk, found.token, why="busy")
        assert (waiting(tx, 1).state, agent(tx, "ada").state) == ("waiting", "away")
        assert reservation(tx, found.id).state == ReservationState.EXPIRED


def test_a_caller_who_goes_keeps_the_rung_agent_first_in_line(
    database: Database, desk: Context, clock: ManualClock
) -> None:
    with database.begin() as tx:
        found = offered(tx, desk, 1, "ada")
        idle = agent(tx, "ada").idle_since
        clock.advance(timedelta(seconds=5))
        queue.leave(tx, desk, call_id(1), why="hung-up")
        assert (agent(tx, "ada").state, agent(tx, "ada").idle_since) == (AgentState.READY, idle)
        assert reservation(tx, found.id).state == ReservationState.CANCELLED


def test_a_caller_who_hangs_up_in_the_talk_ends_it(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        found = talking(tx, desk, 1, "ada", LEG)
        queue.leave(tx, desk, call_id(1), why="hung-up")
        assert (waiting(tx, 1).state, agent(tx, "ada").state) == ("served", "wrap_up")
        assert reservation(tx, found.id).state == ReservationState.ENDED


@pytest.mark.parametrize(("seconds", "after"), [(29, ("waiting", After.AGAIN)), (30, ("served", After.OVER))])
def test_only_a_talk_that_broke_off_goes_on_with_another_agent(
    database: Database, desk: Context, clock: ManualClock, seconds: int, after: tuple[str, After]
) -> None:
    with database.begin() as tx:
        found = talking(tx, desk, 1, "ada", LEG)
        clock.advance(timedelta(seconds=seconds))
        assert reservations.agent_left(tx, desk, found.token)
        assert (waiting(tx, 1).state, talks.after_talk(tx, desk, call_id(1))) == after


def test_a_caller_whose_talk_broke_off_comes_first(database: Database, desk: Context, clock: ManualClock) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "bea", state=AgentState.ON_CALL)
        put_caller(tx, desk, 2)
        clock.advance(timedelta(seconds=1))
        found = talking(tx, desk, 1, "ada", LEG)
        reservations.leg_left(tx, desk, LEG)
        assert queue.position(tx, call_id(1)) == 1
        assert reservation(tx, found.id).state == ReservationState.ENDED


def test_the_room_may_tell_before_the_agents_telephone_does(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        found = talking(tx, desk, 1, "ada", LEG)
        assert talks.after_talk(tx, desk, call_id(1)) is After.AGAIN
        assert not reservations.agent_left(tx, desk, found.token)


def test_a_caller_who_is_sent_away_comes_back_to_the_agent(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        talking(tx, desk, 1, "ada", LEG)
        assert talks.send_away(tx, desk, call_id(1), "pin")
        assert not talks.send_away(tx, desk, call_id(1), "pin")
        assert talks.come_back(tx, desk, call_id(1)) is After.BACK
        assert waiting(tx, 1).away_since is None


def test_an_agent_who_leaves_while_the_caller_keys_costs_the_caller_no_place(
    database: Database, desk: Context, clock: ManualClock
) -> None:
    with database.begin() as tx:
        found = talking(tx, desk, 1, "ada", LEG)
        put_agent(tx, desk, "bea", state=AgentState.ON_CALL)
        put_caller(tx, desk, 2)
        talks.send_away(tx, desk, call_id(1), "pin")
        clock.advance(timedelta(minutes=2))
        reservations.agent_left(tx, desk, found.token)
        assert waiting(tx, 1).state == WaitingState.LEFT
        assert talks.come_back(tx, desk, call_id(1)) is After.AGAIN
        assert put_caller(tx, desk, 1).standing.position == 1


def test_a_talk_handed_over_goes_on_with_its_countdown(database: Database, desk: Context, clock: ManualClock) -> None:
    with database.begin() as tx:
        first = talking(tx, desk, 1, "ada", LEG)
        put_agent(tx, desk, "bea", state=AgentState.AWAY)
        clock.advance(timedelta(minutes=5))
        assert talks.hand_over(tx, desk, call_id(1), "bea", "CA" + "b" * 32) == LEG
        heir = reservation(tx, waiting(tx, 1).reservation)
        assert (heir.agent, heir.joined_at) == ("bea", first.joined_at)
        assert (agent(tx, "ada").state, agent(tx, "bea").state) == ("wrap_up", "on_call")
        assert not reservations.agent_left(tx, desk, first.token)
        assert waiting(tx, 1).state == WaitingState.CONNECTED


def test_a_talk_is_not_handed_to_an_agent_who_has_one(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        talking(tx, desk, 1, "ada", LEG)
        talking(tx, desk, 2, "bea", "CA" + "b" * 32)
        assert talks.hand_over(tx, desk, call_id(1), "bea", "CA" + "c" * 32) is None
        assert agent(tx, "ada").state == AgentState.ON_CALL
