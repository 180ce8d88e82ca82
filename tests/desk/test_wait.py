"""The expected wait, told only when it can be told."""

from __future__ import annotations

from datetime import timedelta

from desk import wait


def minutes(*several: int) -> list[timedelta]:
    return [timedelta(minutes=one) for one in several]


def test_an_entrant_hears_the_median() -> None:
    assert wait.expected(minutes(1, 3, 8), [], timedelta(0)) == timedelta(minutes=3)


def test_whoever_has_waited_hears_what_was_left_for_those_who_waited_longer() -> None:
    assert wait.expected(minutes(1, 4, 6, 9), [], timedelta(minutes=3)) == timedelta(minutes=3)


def test_whoever_has_waited_longer_than_nearly_all_hears_that_nobody_knows() -> None:
    assert wait.expected(minutes(1, 4, 6), [], timedelta(minutes=5)) is None


def test_a_queue_that_stands_still_promises_no_short_wait() -> None:
    assert wait.expected(minutes(1, 1, 1), minutes(20, 20, 20, 20), timedelta(0)) == timedelta(minutes=20)


def test_two_waits_are_too_few_to_tell() -> None:
    assert wait.expected(minutes(1, 2), minutes(5), timedelta(0)) is None
