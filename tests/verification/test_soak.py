"""The full counts of B1, B3 and C2; `make soak`."""

from __future__ import annotations

import itertools
import random

import pytest

from core.keys import Keyring
from tests.verification.conftest import World
from tests.verification.test_challenges import ask, in_parallel, key, name_account, pin_of, wrong
from tests.verification.test_pins import CHI_SQUARE, Source, worst_position
from verification.entries import Outcome
from verification.pins import pin_for

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


def test_a_million_pins_are_uniform(keyring: Keyring) -> None:
    assert worst_position(keyring, 1_000_000) < CHI_SQUARE


def test_a_tenth_of_a_million_pins_begins_with_zero(keyring: Keyring) -> None:
    source = random.Random(6238)
    zeros = sum(
        pin_for(keyring, Source(keyring.current, source.randbytes(20))).startswith("0") for _ in range(1_000_000)
    )
    assert abs(zeros - 100_000) <= 1_000


def test_fifty_answers_at_once_are_one_success_a_hundred_times(world: World) -> None:
    assert max(successes(world) for _ in range(100)) == 1


def successes(world: World) -> int:
    """How many of fifty answers at once, two of three right, succeed on a new call."""
    caller = world.caller(None)
    name_account(world, caller)
    with world.database.begin() as tx:
        # The rings of sends are other tests' matter.
        tx.exec_driver_sql("DELETE FROM counters")
    pin = pin_of(world, ask(world, caller).challenge)
    guesses = itertools.cycle([pin, pin, wrong(pin)])
    return in_parallel(50, lambda: key(world, caller, next(guesses))).count(Outcome.RIGHT)
