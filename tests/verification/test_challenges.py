"""One PIN, one call, one success; everything else sounds alike."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import select, update

from core.keys import Keyring
from directory import models
from directory.numbers import CallerId
from tests.verification.conftest import STRANGER, World, account
from verification import limits
from verification.challenges import Issued, Refusal, Refused
from verification.entries import Charge, Outcome
from verification.evidence import Channel
from verification.limits import PinFailures
from verification.models import ChallengeRow, EntryRow, State
from verification.pins import pin_for
from verification.service import Caller, Verifier

T = TypeVar("T")
_nonces = itertools.count()


def pin_of(world: World, challenge: str, **changes: int) -> str:
    with world.database.read() as tx:
        row = tx.execute(select(ChallengeRow.__table__).where(ChallengeRow.id == challenge)).one()
    held = dict(row._mapping) | changes
    return pin_for(world.keyring, type("Source", (), held)())


def name_account(world: World, caller: Caller, number: int = 1) -> None:
    with world.database.begin() as tx:
        world.verifier().account_keyed(tx, caller, account(number))


def ask(
    world: World,
    caller: Caller,
    channel: Channel = Channel.TEXT,
    contact_number: str | None = None,
    verifier: Verifier | None = None,
) -> Issued:
    answer = refusable(world, caller, channel, contact_number, verifier)
    assert isinstance(answer, Issued)
    return answer


def refusable(
    world: World,
    caller: Caller,
    channel: Channel = Channel.TEXT,
    contact_number: str | None = None,
    verifier: Verifier | None = None,
) -> Issued | Refused:
    with world.database.begin() as tx:
        return (verifier or world.verifier()).ask_pin(tx, caller, channel, contact_number)


def key(world: World, caller: Caller, digits: object, nonce: str | None = None) -> Outcome:
    verifier = world.verifier()
    with world.database.begin() as tx:
        charge = verifier.charge(tx, caller, nonce or f"nonce-{next(_nonces)}")
    with world.database.begin() as tx:
        return verifier.settle(tx, caller, charge, digits)


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10 ** len(pin):0{len(pin)}}"


@pytest.fixture
def caller(world: World) -> Caller:
    made = world.caller()
    name_account(world, made)
    return made


def state_of(world: World, challenge: str) -> str:
    with world.database.read() as tx:
        return str(tx.execute(select(ChallengeRow.state).where(ChallengeRow.id == challenge)).scalar_one())


def failures(world: World, contact: str) -> int:
    with world.database.read() as tx:
        found = tx.execute(select(PinFailures.run).where(PinFailures.contact == contact)).scalar()
    return int(found or 0)


def test_the_right_pin_passes_once(world: World, caller: Caller) -> None:
    issued = ask(world, caller)
    pin = pin_of(world, issued.challenge)
    assert key(world, caller, pin) is Outcome.RIGHT
    assert key(world, caller, pin) is Outcome.WRONG
    assert state_of(world, issued.challenge) == State.PASSED


@pytest.mark.parametrize(("seconds", "outcome"), [(299, Outcome.RIGHT), (300, Outcome.WRONG), (301, Outcome.WRONG)])
def test_a_pin_lives_five_minutes(world: World, caller: Caller, seconds: int, outcome: Outcome) -> None:
    issued = ask(world, caller)
    world.clock.advance(timedelta(seconds=seconds))
    assert key(world, caller, pin_of(world, issued.challenge)) is outcome


def test_fifty_right_answers_at_once_are_one_success(world: World, caller: Caller) -> None:
    pin = pin_of(world, ask(world, caller).challenge)
    outcomes = in_parallel(50, lambda: key(world, caller, pin))
    assert outcomes.count(Outcome.RIGHT) == 1


def test_fifty_wrong_answers_at_once_are_five_looked_at(world: World, caller: Caller) -> None:
    issued = ask(world, caller)
    guess = wrong(pin_of(world, issued.challenge))
    outcomes = in_parallel(50, lambda: key(world, caller, guess))
    assert Outcome.RIGHT not in outcomes
    with world.database.read() as tx:
        counted = tx.execute(select(EntryRow.counted).where(EntryRow.challenge == issued.challenge)).scalars().all()
    assert (len(counted), sum(counted)) == (50, 5)


def test_right_and_wrong_answers_at_once_are_at_most_one_success_and_five_entries(world: World, caller: Caller) -> None:
    issued = ask(world, caller)
    pin = pin_of(world, issued.challenge)
    guesses = itertools.cycle([pin, wrong(pin)])
    outcomes = in_parallel(50, lambda: key(world, caller, next(guesses)))
    with world.database.read() as tx:
        entries = tx.execute(select(ChallengeRow.entries).where(ChallengeRow.id == issued.challenge)).scalar_one()
    assert outcomes.count(Outcome.RIGHT) <= 1
    assert entries == 5


def test_a_challenge_is_dead_after_five_keyings_even_for_the_right_pin(world: World, caller: Caller) -> None:
    pin = pin_of(world, ask(world, caller).challenge)
    heard = [key(world, caller, wrong(pin)) for _ in range(5)]
    assert heard == [Outcome.WRONG] * 4 + [Outcome.DEAD]
    assert key(world, caller, pin) is Outcome.DEAD


def test_a_repeated_nonce_is_not_charged_again(world: World, caller: Caller) -> None:
    issued = ask(world, caller)
    verifier = world.verifier()
    for _ in range(3):
        with world.database.begin() as tx:
            charge = verifier.charge(tx, caller, "the same")
    assert charge.resumed
    assert failures(world, world.primary) == 1
    with world.database.begin() as tx:
        assert verifier.settle(tx, caller, charge, pin_of(world, issued.challenge)) is Outcome.RIGHT


def test_a_settled_nonce_gives_the_same_answer_again(world: World, caller: Caller) -> None:
    pin = pin_of(world, ask(world, caller).challenge)
    assert key(world, caller, wrong(pin), nonce="one") is Outcome.WRONG
    assert key(world, caller, pin, nonce="one") is Outcome.WRONG


def test_digits_without_a_charge_are_never_right(world: World, caller: Caller) -> None:
    issued = ask(world, caller)
    with world.database.begin() as tx:
        never = Charge("never charged", issued.challenge, counted=True)
        assert world.verifier().settle(tx, caller, never, pin_of(world, issued.challenge)) is Outcome.WRONG


def test_a_pin_asked_for_anew_kills_the_earlier_one(world: World, caller: Caller) -> None:
    first = ask(world, caller)
    world.clock.advance(timedelta(seconds=31))
    second = ask(world, caller)
    assert (second.challenge, second.counter) == (first.challenge, 1)
    assert key(world, caller, pin_of(world, first.challenge, counter=0)) is Outcome.WRONG
    assert key(world, caller, pin_of(world, first.challenge)) is Outcome.RIGHT


def test_another_channel_replaces_the_challenge(world: World, caller: Caller) -> None:
    first = ask(world, caller)
    second = ask(world, caller, Channel.EMAIL)
    assert state_of(world, first.challenge) == State.REPLACED
    assert key(world, caller, pin_of(world, first.challenge)) is Outcome.WRONG
    assert key(world, caller, pin_of(world, second.challenge)) is Outcome.RIGHT


def test_a_contact_has_one_live_pin_even_when_two_calls_ask_at_once(world: World) -> None:
    callers = [world.caller() for _ in range(6)]
    for one in callers:
        name_account(world, one)
    waiting = iter(callers)
    in_parallel(6, lambda: ask(world, next(waiting)))
    with world.database.read() as tx:
        live = tx.execute(
            select(ChallengeRow.id).where(ChallengeRow.state == State.LIVE, ChallengeRow.contact.is_not(None))
        )
        assert len(live.all()) == 1


@pytest.mark.parametrize("whose", ["another call", "another organisation", "another contact"])
def test_a_pin_works_for_its_own_call_organisation_and_contact_alone(world: World, whose: str) -> None:
    mine, theirs = world.caller(), world.caller("+14155550198")
    name_account(world, mine)
    name_account(world, theirs, 2 if whose == "another organisation" else 1)
    number = {"another contact": "1002"}.get(whose)
    foreign = pin_of(world, ask(world, theirs, contact_number=number).challenge)
    own = ask(world, mine)
    assert foreign != pin_of(world, own.challenge)
    assert key(world, mine, foreign) is Outcome.WRONG
    assert failures(world, world.primary) == 1


def test_no_new_pin_call_channel_or_verifier_resets_the_failures(world: World, caller: Caller) -> None:
    for _ in range(4):
        key(world, caller, wrong(pin_of(world, ask_once(world, caller))))
    second = world.caller()
    name_account(world, second)
    issued = ask(world, second, Channel.EMAIL)
    for _ in range(4):
        key(world, second, wrong(pin_of(world, issued.challenge)))
    assert failures(world, world.primary) == 8


def ask_once(world: World, caller: Caller) -> str:
    with world.database.read() as tx:
        held = tx.execute(select(ChallengeRow.id).where(ChallengeRow.call == caller.call)).scalar()
    return str(held) if held else ask(world, caller).challenge


def test_ten_failures_lock_a_contact_for_a_day_and_no_longer(world: World) -> None:
    for _ in range(3):
        one = world.caller(None)
        name_account(world, one)
        issued = ask(world, one, Channel.EMAIL)
        for _ in range(5):
            key(world, one, wrong(pin_of(world, issued.challenge) if not issued.why else "111111"))
        world.clock.advance(timedelta(minutes=11))
    assert failures(world, world.primary) == limits.RUN
    late = world.caller(None)
    name_account(world, late)
    assert ask(world, late, Channel.EMAIL).why == "locked"
    world.clock.advance(timedelta(hours=24))
    free = world.caller(None)
    name_account(world, free)
    pin = pin_of(world, ask(world, free, Channel.EMAIL).challenge)
    assert key(world, free, pin) is Outcome.RIGHT
    assert failures(world, world.primary) == 0


def test_a_stranger_locks_no_caller_from_a_registered_number_out(world: World) -> None:
    with world.database.begin() as tx:
        for _ in range(limits.RUN):
            limits.fail(tx, world.primary, limits.Ring.STRANGER, world.clock.now())
    registered = recognised(world)
    issued = ask(world, registered)
    assert issued.why is None
    assert key(world, registered, pin_of(world, issued.challenge)) is Outcome.RIGHT


def recognised(world: World) -> Caller:
    caller = world.caller("+14255550101")
    with world.database.begin() as tx:
        world.verifier().recognise(tx, caller, CallerId.read(caller.number), attestation=None, forwarded=False)
    return caller


def test_a_hundred_failures_without_a_success_disable_the_contact(world: World) -> None:
    evaluated = 0
    with world.database.begin() as tx:
        for _ in range(12):
            for ring in limits.Ring:
                evaluated += sum(limits.fail(tx, world.primary, ring, world.clock.now()) for _ in range(15))
            world.clock.advance(timedelta(hours=25))
    assert evaluated == 100


def test_sends_are_spaced_and_the_pause_doubles(world: World, caller: Caller) -> None:
    ask(world, caller)
    assert refusable(world, caller) == Refused(Refusal.TOO_SOON, world.clock.now() + timedelta(seconds=30))
    world.clock.advance(timedelta(seconds=30))
    ask(world, caller)
    assert refusable(world, caller) == Refused(Refusal.TOO_SOON, world.clock.now() + timedelta(seconds=60))


def test_a_calling_number_asks_six_times_an_hour(world: World) -> None:
    answers = []
    for number in range(7):
        one = world.caller(STRANGER)
        name_account(world, one, 1 + number % 2)
        answers.append(refusable(world, one))
    assert [isinstance(answer, Issued) for answer in answers] == [True] * 6 + [False]
    assert answers[-1] == Refused(Refusal.TOO_MANY_CHALLENGES)


def test_unknown_accounts_and_contacts_without_an_address_are_phantoms(world: World) -> None:
    unknown, nobody, landline = world.caller(), world.caller(), world.caller()
    name_account(world, unknown, 999)
    name_account(world, nobody)
    name_account(world, landline)
    answers = [
        ask(world, unknown),
        ask(world, nobody, contact_number="9999"),
        ask(world, landline, Channel.EMAIL, contact_number="1002"),
    ]
    assert [answer.why for answer in answers] == ["unknown-organisation", "unknown-contact", "no-usable-address"]


def test_a_phantom_is_never_right_and_dies_like_the_others(world: World) -> None:
    caller = world.caller()
    name_account(world, caller, 999)
    pin = pin_of(world, ask(world, caller).challenge)
    assert [key(world, caller, pin) for _ in range(5)] == [Outcome.WRONG] * 4 + [Outcome.DEAD]


def test_without_any_challenge_nothing_is_right(world: World, caller: Caller) -> None:
    assert key(world, caller, "123456") is Outcome.WRONG


def test_an_unconfirmed_address_gets_no_pin(world: World, caller: Caller) -> None:
    third = world.contact(world.organisation, "1003", "Dana", primary=False)
    world.address(world.organisation, third, "dana@contoso.example", None, confirmed=False)
    assert ask(world, caller, Channel.EMAIL, "1003").why == "no-usable-address"


@pytest.mark.parametrize(("hours", "why"), [(23, "no-usable-address"), (25, None)])
def test_a_changed_address_rests_a_day(world: World, caller: Caller, hours: int, why: str | None) -> None:
    with world.database.begin() as tx:
        rest = world.clock.now() + timedelta(hours=24)
        tx.execute(update(models.Address).values(sensitive_from=rest))
    world.clock.advance(timedelta(hours=hours))
    assert ask(world, caller).why == why


def test_an_organisation_at_high_risk_gets_eight_digits(world: World) -> None:
    careful = world.company("Woodgrove", 3, high_risk=True)
    person = world.contact(careful, "3001", "Eve", primary=True)
    world.address(careful, person, "eve@woodgrove.example", None)
    caller = world.caller()
    name_account(world, caller, 3)
    issued = ask(world, caller, Channel.EMAIL)
    assert (issued.digits, len(pin_of(world, issued.challenge))) == (8, 8)


def test_a_pin_survives_the_rotation_of_the_master_key(world: World, caller: Caller) -> None:
    pin = pin_of(world, ask(world, caller).challenge)
    world.keyring = Keyring([b"the next master secret, for tests only", b"a master secret made for the tests only"])
    assert key(world, caller, pin) is Outcome.RIGHT


def test_a_pin_dies_with_its_master_key(world: World, caller: Caller) -> None:
    pin = pin_of(world, ask(world, caller).challenge)
    world.keyring = Keyring([b"the next master secret, for tests only"])
    assert key(world, caller, pin) is Outcome.WRONG


def in_parallel(times: int, work: Callable[[], T]) -> list[T]:
    """Run `work` in as many threads at once; the first error is raised."""
    barrier, lock = threading.Barrier(times), threading.Lock()
    results: list[T] = []
    faults: list[BaseException] = []

    def run() -> None:
        barrier.wait()
        try:
            made = work()
        except BaseException as fault:  # noqa: BLE001
            faults.append(fault)
            return
        with lock:
            results.append(made)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return results
