"""What a call asks of verification leaves entries, and tells nobody who is registered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from audit.log import timeline
from audit.models import AuditEntry
from core.counters import Limit, take
from core.errors import RefusedError
from directory.numbers import CallerId
from tests.verification.conftest import LANDLINE, MOBILE, STRANGER, World, account
from tests.verification.test_challenges import ask, key, name_account, pin_of, wrong
from verification import limits
from verification.catalogue import Action, Level
from verification.decision import Decision, Reason
from verification.entries import Outcome
from verification.evidence import Channel
from verification.record import Caller


def recognise(
    world: World, caller: Caller, raw: str | None, attestation: str | None = None, *, forwarded: bool = False
) -> None:
    with world.database.begin() as tx:
        world.verifier().recognise(tx, caller, CallerId.read(raw), attestation=attestation, forwarded=forwarded)


def decide(world: World, caller: Caller, policy: str = "standard") -> Decision:
    with world.database.begin() as tx:
        return world.verifier(policy).decide(tx, caller)


def acts(world: World, caller: Caller) -> list[str]:
    with world.database.read() as tx:
        return [row.action for row in timeline(tx, caller.call)]


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    event.listen(world.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(world.database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("raw", "attestation", "level"),
    [
        (MOBILE, None, Level.RECOGNISED),
        (MOBILE, "TN-Validation-Passed-A", Level.CONFIRMED),
        (MOBILE, "TN-Validation-Passed-A-Diverted", Level.CLAIMED),
        (MOBILE, "TN-Validation-Passed-A-New", Level.RECOGNISED),
        (STRANGER, "TN-Validation-Passed-A", Level.NONE),
        ("+266696687", "TN-Validation-Passed-A", Level.NONE),
        ("anonymous", None, Level.NONE),
        ("", None, Level.NONE),
        (None, None, Level.NONE),
        (f"sip:{MOBILE}@pbx.example", None, Level.NONE),
        (MOBILE[1:], None, Level.NONE),
        (f" {MOBILE[1:]}", None, Level.NONE),
    ],
)
def test_a_calling_number_is_matched_whole(
    world: World, raw: str | None, attestation: str | None, level: Level
) -> None:
    caller = world.caller(CallerId.read(raw).e164)
    recognise(world, caller, raw, attestation)
    assert decide(world, caller).level is level


def test_an_unusable_caller_id_is_on_record_with_its_reason(world: World) -> None:
    caller = world.caller(None)
    recognise(world, caller, "+86282452253")
    with world.database.read() as tx:
        (entry,) = timeline(tx, caller.call)
    assert (entry.action, entry.facts["reason"]) == ("service:caller:matched", "caller_id_unusable")


def test_a_whole_verification_is_on_record_without_a_digit_of_it(world: World) -> None:
    caller = world.caller()
    recognise(world, caller, STRANGER)
    name_account(world, caller)
    pin = pin_of(world, ask(world, caller).challenge)
    key(world, caller, wrong(pin))
    key(world, caller, pin)
    decide(world, caller)
    assert acts(world, caller) == [
        "service:caller:matched",
        "service:account:looked-up",
        "service:challenge:issued",
        "caller:challenge:attempted",
        "caller:challenge:answered",
        "caller:challenge:attempted",
        "caller:challenge:answered",
        "service:assurance:decided",
    ]
    with world.database.read() as tx:
        bodies = b"".join(tx.execute(select(AuditEntry.body)).scalars())
    assert [secret for secret in (pin, STRANGER, MOBILE, account(1), "Ada") if secret.encode() in bodies] == []


def test_a_right_pin_confirms_its_contact_in_its_call_alone(world: World) -> None:
    caller, other = world.caller(), world.caller()
    for one in (caller, other):
        name_account(world, one)
    key(world, caller, pin_of(world, ask(world, caller).challenge))
    assert decide(world, caller).level is Level.CONFIRMED
    assert decide(world, caller).contact == world.primary
    assert decide(world, other).level is Level.CLAIMED


def test_a_mailed_pin_is_marked(world: World) -> None:
    caller = world.caller()
    name_account(world, caller)
    key(world, caller, pin_of(world, ask(world, caller, Channel.EMAIL).challenge))
    assert decide(world, caller).email_only


def test_a_text_and_a_call_to_another_telephone_are_strong(world: World) -> None:
    caller = world.caller()
    name_account(world, caller)
    key(world, caller, pin_of(world, ask(world, caller).challenge))
    with world.database.begin() as tx:
        world.verifier().called_back(tx, caller, world.addresses[LANDLINE], organisation=world.organisation)
    decision = decide(world, caller)
    assert decision.level is Level.STRONG
    assert world.verifier().allows(caller.operator, decision, Action.RESET_CREDENTIAL)


def test_a_call_back_to_a_number_of_somebody_else_proves_nothing(world: World) -> None:
    caller = world.caller()
    with pytest.raises(RefusedError), world.database.begin() as tx:
        world.verifier().called_back(tx, caller, world.addresses[LANDLINE], organisation=world.other)


def test_an_operator_without_rules_decides_nothing(world: World) -> None:
    with pytest.raises(RefusedError), world.database.begin() as tx:
        world.verifier().decide(tx, Caller("CA0", "germany", None))


def test_a_claimed_role_is_recorded_and_proves_nothing(world: World) -> None:
    caller = world.caller()
    with world.database.begin() as tx:
        world.verifier().claim_role(tx, caller, administrator=True)
    decision = decide(world, caller)
    assert (decision.level, decision.reasons) == (Level.NONE, (Reason.ROLE_CLAIMED,))


def test_the_sixth_account_number_of_a_call_finds_nothing(world: World) -> None:
    caller = world.caller(None)
    found = []
    for number in (901, 902, 903, 904, 1, 1):
        with world.database.begin() as tx:
            found.append(world.verifier().account_keyed(tx, caller, account(number)).organisation is not None)
    assert found == [False] * 4 + [True, False]


def test_twenty_account_numbers_an_hour_come_from_one_block(world: World) -> None:
    def walk(number: str) -> bool:
        with world.database.begin() as tx:
            return world.verifier().account_keyed(tx, world.caller(number), account(1)).organisation is not None

    assert [walk(f"+1415555{last:04}") for last in range(21)] == [True] * 20 + [False]
    assert walk("+14165550000")


@pytest.mark.parametrize("digits", ["", "0", "9" * 10_000, "١٢٣٤٥٦٧٨٩٠", "1 OR 1=1", "*"])
def test_an_odd_account_number_is_not_found_and_breaks_nothing(world: World, digits: str) -> None:
    with world.database.begin() as tx:
        keyed = world.verifier().account_keyed(tx, world.caller(), digits)
    assert (keyed.well_formed, keyed.organisation) == (False, None)


def test_known_unknown_and_locked_callers_get_the_same_answers(world: World) -> None:
    locked = world.caller()
    with world.database.begin() as tx:
        for _ in range(limits.RUN):
            limits.fail(tx, world.other_contact, limits.Ring.STRANGER, world.clock.now())
    known, unknown = world.caller(), world.caller()
    for caller, number in ((known, 1), (unknown, 999), (locked, 2)):
        name_account(world, caller, number)
    issued = [ask(world, caller) for caller in (known, unknown, locked)]
    assert len({(one.digits, one.expires_at, one.counter) for one in issued}) == 1
    answers = [[key(world, caller, "12345") for _ in range(6)] for caller in (known, unknown, locked)]
    assert answers == [[Outcome.WRONG] * 4 + [Outcome.DEAD] * 2] * 3


def test_checking_a_pin_costs_the_same_statements_for_everybody(world: World) -> None:
    known, unknown, expired = world.caller(), world.caller(), world.caller("+14155550197")
    name_account(world, known, 1)
    name_account(world, unknown, 999)
    name_account(world, expired, 2)
    ask(world, expired)
    world.clock.advance(timedelta(minutes=6))
    ask(world, known)
    ask(world, unknown)
    costs = []
    for caller in (known, unknown, expired):
        with counted(world) as statements:
            assert key(world, caller, "12345") is Outcome.WRONG
        costs.append(statements)
    assert costs[0] == costs[1] == costs[2]
    assert len(costs[0]) <= 16


def test_a_service_wide_ceiling_ends_spraying_and_alarms(world: World) -> None:
    caller = world.caller()
    name_account(world, caller)
    pin = pin_of(world, ask(world, caller).challenge)
    fill(world, caller, limits.OPERATOR_ALARM.most, limits.OPERATOR_ALARM)
    fill(world, caller, limits.OPERATOR_FAILURES.most, limits.OPERATOR_FAILURES)
    assert key(world, caller, pin) is Outcome.WRONG
    key(world, caller, pin)
    assert acts(world, caller).count("service:alarm:raised") == 1


def fill(world: World, caller: Caller, count: int, limit: Limit) -> None:
    with world.database.begin() as tx:
        assert take(tx, limit, caller.operator, world.clock.now(), count)


def test_ten_failures_stop_a_calling_number_and_the_other_rings_go_on(world: World) -> None:
    for number in (1, 2):
        caller = world.caller()
        name_account(world, caller, number)
        ask(world, caller)
        for _ in range(5):
            key(world, caller, "000000x")
    third = world.caller()
    name_account(world, third, 1)
    assert key(world, third, pin_of(world, ask(world, third, Channel.EMAIL).challenge)) is Outcome.WRONG
    hidden = world.caller(None)
    name_account(world, hidden, 1)
    assert key(world, hidden, pin_of(world, ask(world, hidden, Channel.EMAIL).challenge)) is Outcome.RIGHT
