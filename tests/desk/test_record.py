"""What the desk does is on record, in the transaction of the fact."""

from __future__ import annotations

from datetime import timedelta

from audit.log import timeline
from core.clock import ManualClock
from core.database import Database
from desk import callbacks, queue, reservations
from desk.context import Context
from tests.desk.asking import NUMBER, asked
from tests.desk.floor import call_id, put_agent, talking

LEG = "CA" + "e" * 32


def test_a_call_that_is_served_leaves_its_story(database: Database, desk: Context, clock: ManualClock) -> None:
    with database.begin() as tx:
        found = talking(tx, desk, 1, "ada", LEG)
        clock.advance(timedelta(minutes=3))
        reservations.agent_left(tx, desk, found.token)
        rows = timeline(tx, call_id(1))
    assert [row.action for row in rows] == [
        "caller:queue:joined",
        "service:reservation:offered",
        "agent:reservation:accepted",
        "service:talk:started",
        "service:talk:ended",
    ]
    assert rows[-1].facts["seconds"] == 180


def test_a_caller_who_finds_nobody_leaves_an_entry(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        queue.join(tx, desk, queue.Wish(call_id(1), "worldwide", "technical", "en"))
        (row,) = timeline(tx, call_id(1))
    assert (row.action, row.outcome, row.facts["why"]) == ("caller:queue:joined", "refused", "nobody-there")


def test_an_offer_says_why_these_two(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        talking(tx, desk, 1, "ada", LEG)
        offer = next(row for row in timeline(tx, call_id(1)) if row.action == "service:reservation:offered")
    assert "by severity, promise and arrival" in offer.facts["reason"]


def test_no_number_and_no_token_is_on_record(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "bea")
        found = talking(tx, desk, 1, "ada", LEG)
        callbacks.ask(tx, desk, asked(2, desk))
        told = str([row for number in (1, 2) for row in timeline(tx, call_id(number))])
    assert NUMBER not in told
    assert "+14255550181" not in told
    assert found.token not in told
