"""Limits counted in the database."""

from __future__ import annotations

from datetime import timedelta

from core.clock import ManualClock
from core.counters import Limit, forget, sweep, take, used
from core.database import Database

TWO = Limit("test.two", most=2, within=timedelta(minutes=10))


def test_a_limit_allows_as_many_as_it_says(database: Database, clock: ManualClock) -> None:
    with database.begin() as tx:
        assert [take(tx, TWO, "a", clock.now()) for _ in range(3)] == [True, True, False]
        assert used(tx, TWO, "a", clock.now()) == 2


def test_each_key_and_each_scope_counts_alone(database: Database, clock: ManualClock) -> None:
    other = Limit("test.other", most=2, within=timedelta(minutes=10))
    with database.begin() as tx:
        assert all(take(tx, TWO, "a", clock.now()) for _ in range(2))
        assert take(tx, TWO, "b", clock.now())
        assert take(tx, other, "a", clock.now())


def test_the_window_starts_with_its_first_event_and_ends_once(database: Database, clock: ManualClock) -> None:
    with database.begin() as tx:
        assert take(tx, TWO, "a", clock.now())
        clock.advance(timedelta(minutes=9))
        assert take(tx, TWO, "a", clock.now())
        assert not take(tx, TWO, "a", clock.now())
        clock.advance(timedelta(minutes=1))
        assert used(tx, TWO, "a", clock.now()) == 0
        assert take(tx, TWO, "a", clock.now())
        assert used(tx, TWO, "a", clock.now()) == 1


def test_an_amount_over_the_limit_is_refused_even_in_a_fresh_window(database: Database, clock: ManualClock) -> None:
    with database.begin() as tx:
        assert not take(tx, TWO, "a", clock.now(), amount=3)
        assert take(tx, TWO, "a", clock.now(), amount=2)
        assert not take(tx, TWO, "a", clock.now())


def test_a_refused_event_is_not_counted(database: Database, clock: ManualClock) -> None:
    five = Limit("test.five", most=5, within=timedelta(minutes=1))
    with database.begin() as tx:
        assert take(tx, five, "a", clock.now(), amount=4)
        assert not take(tx, five, "a", clock.now(), amount=2)
        assert take(tx, five, "a", clock.now())


def test_forgetting_starts_anew(database: Database, clock: ManualClock) -> None:
    with database.begin() as tx:
        assert all(take(tx, TWO, "a", clock.now()) for _ in range(2))
        forget(tx, TWO, "a")
        assert take(tx, TWO, "a", clock.now())


def test_a_rolled_back_event_does_not_count(database: Database, clock: ManualClock) -> None:
    with database.read() as tx:
        assert take(tx, TWO, "a", clock.now())
    with database.read() as tx:
        assert used(tx, TWO, "a", clock.now()) == 0


def test_only_windows_that_ended_are_swept(database: Database, clock: ManualClock) -> None:
    with database.begin() as tx:
        assert take(tx, TWO, "old", clock.now())
        clock.advance(timedelta(minutes=10))
        assert take(tx, TWO, "new", clock.now())
        assert sweep(tx, clock.now()) == 1
        assert used(tx, TWO, "new", clock.now()) == 1
