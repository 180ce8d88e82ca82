"""Keying a PIN: first the charge, committed; then a look at the digits.

charge   1. The nonce of the step is taken once; a repeated one resumes and charges nothing.
         2. The challenge gives up one of its entries, whatever state it is in.
         3. The rings are charged as if the try had failed: contact, calling number, operator.
         4. Only if the challenge of this call and every ring agreed is the try counted, and may be right.
settle   5. A stored outcome is given again.
         6. The PIN is computed and compared whatever the answer will be, so that all answers take the same time.
         7. Right is: counted, this call's, live, not expired, not a phantom, equal; and the conditional update
            that marks it as passed changed one row. 50 right answers at once are one success.
         8. Right gives back what 3 charged. Everything else is wrong, and one answer: wrong, expired, used, locked
            and unknown differ in the log alone. `DEAD` tells that the entries are used up, known or not.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.counters import take
from core.database import Utc
from core.keys import Keyring, SealError
from verification import limits
from verification.limits import Ring
from verification.models import ChallengeRow, EntryRow, State
from verification.pins import equal, pin_for


class Outcome(StrEnum):
    """What the caller may learn."""

    RIGHT = "right"
    WRONG = "wrong"
    DEAD = "dead"


class Why(StrEnum):
    """What the log may learn: why an answer was not right. The caller hears none of it."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_COUNTED = "limit-reached"
    PHANTOM = "phantom"
    OTHER_CALL = "other-call"
    NOT_LIVE = "not-live"
    EXPIRED = "expired"
    REPEATED = "repeated"
    UNKNOWN = "unknown-challenge"


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer to one keying, with the columns of its challenge where there is one."""

    outcome: Outcome
    why: Why
    challenge: Row[Any] | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """`resumed`: this nonce was charged before. `alarm`: failures at the operator passed the hourly mark."""

    nonce: str
    challenge: str
    counted: bool
    resumed: bool = False
    outcome: Outcome | None = None
    alarm: bool = False


def caller_key(keyring: Keyring, e164: str) -> str:
    """The pseudonym that a calling number is counted under."""
    return keyring.pseudonym("limit", e164)


def charge(tx: Connection, now: datetime, challenge: str, nonce: str, *, call: str) -> Charge:
    """Charge one try; commit it before `settle`. An unknown challenge is charged to nobody and never right."""
    if tx.execute(_ENTER[tx.dialect.name], _entry(now, challenge, nonce)).rowcount == 0:  # 1
        return _resume(tx, challenge, nonce)
    used = tx.execute(_USE_ENTRY, {"b_id": challenge, "b_call": call}).first()  # 2
    row = used or tx.execute(_RINGS, {"id": challenge}).first()
    if row is None:
        return Charge(nonce, challenge, counted=False)
    allowed, alarm = _charge_rings(tx, now, row)  # 3
    counted = used is not None and allowed  # 4
    if counted:
        tx.execute(_COUNT, {"b_nonce": nonce})
    return Charge(nonce, challenge, counted=counted, alarm=alarm)


def settle(
    tx: Connection, now: datetime, keyring: Keyring, challenge: str, raw: object, *, nonce: str, call: str
) -> Settled:
    """Judge what was keyed under a charged nonce. `raw` is used here and nowhere kept."""
    row = tx.execute(_SETTLE, {"id": challenge, "nonce": nonce}).first()
    if row is None:
        return Settled(Outcome.WRONG, Why.UNKNOWN)
    if row.outcome is not None:  # 5
        return Settled(Outcome(row.outcome), Why.REPEATED, row)
    matches = equal(_expected(keyring, row), raw)  # 6
    against = _against(row, call, now)
    right = matches and against is None and _pass(tx, now, row)  # 7
    if right:
        _give_back(tx, row)  # 8
    outcome = Outcome.RIGHT if right else _wrong(tx, row, nonce)
    tx.execute(_ANSWER, {"b_nonce": nonce, "b_outcome": outcome.value})
    return Settled(outcome, Why.RIGHT if right else against or (Why.NOT_LIVE if matches else Why.WRONG), row)


def _against(row: Row[Any], call: str, now: datetime) -> Why | None:
    faults = (
        (row.call != call, Why.OTHER_CALL),
        (row.phantom, Why.PHANTOM),
        (row.state != State.LIVE.value, Why.NOT_LIVE),
        (now >= row.expires_at, Why.EXPIRED),
        (not row.counted, Why.NOT_COUNTED),
    )
    return next((why for wrong, why in faults if wrong), None)


def _entry(now: datetime, challenge: str, nonce: str) -> dict[str, Any]:
    return {"nonce": nonce, "challenge": challenge, "at": now, "counted": False, "outcome": None}


def _resume(tx: Connection, challenge: str, nonce: str) -> Charge:
    row = tx.execute(_ENTERED, {"nonce": nonce}).one()
    if row.challenge != challenge:
        return Charge(nonce, challenge, counted=False, resumed=True, outcome=Outcome.WRONG)
    outcome = Outcome(row.outcome) if row.outcome else None
    return Charge(nonce, challenge, counted=row.counted, resumed=True, outcome=outcome)


def _charge_rings(tx: Connection, now: datetime, row: Any) -> tuple[bool, bool]:
    """Charge all rings even when one refuses, in one order for everybody, and say whether all allowed it."""
    contact = limits.fail(tx, person(row), Ring(row.ring), now)
    caller = row.caller is None or take(tx, limits.CALLER_FAILURES, row.caller, now)
    operator = take(tx, limits.OPERATOR_FAILURES, row.operator, now)
    quiet = take(tx, limits.OPERATOR_ALARM, row.operator, now)
    return contact and caller and operator, not quiet


def _expected(keyring: Keyring, row: Row[Any]) -> str:
    # A challenge whose master key is gone is expired in all but name.
    with contextlib.suppress(SealError):
        return pin_for(keyring, row)
    return "x" * int(row.digits)


def _pass(tx: Connection, now: datetime, row: Row[Any]) -> bool:
    values = {"b_id": row.id, "b_counter": row.counter, "b_now": now}
    return bool(tx.execute(_PASS, values).rowcount == 1)


def _give_back(tx: Connection, row: Row[Any]) -> None:
    limits.succeed(tx, person(row), Ring(row.ring))
    if row.caller is not None:
        limits.give_back(tx, limits.CALLER_FAILURES, row.caller)
    limits.give_back(tx, limits.OPERATOR_FAILURES, row.operator)
    limits.give_back(tx, limits.OPERATOR_ALARM, row.operator)


def _wrong(tx: Connection, row: Row[Any], nonce: str) -> Outcome:
    if row.entries < limits.ENTRIES:
        return Outcome.WRONG
    tx.execute(_KILL, {"b_id": row.id, "b_nonce": nonce})
    return Outcome.DEAD


def person(row: Any) -> str:
    """Whom a try on this challenge is charged to; `row` has the columns contact and call."""
    return str(row.contact or f"{limits.PHANTOM}{row.call}")


_ENTER = {
    "sqlite": sqlite.insert(EntryRow).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(EntryRow).on_conflict_do_nothing(),
}
_ENTERED = select(EntryRow.challenge, EntryRow.counted, EntryRow.outcome).where(EntryRow.nonce == bindparam("nonce"))
_ONE = ChallengeRow.id == bindparam("b_id")
_CHARGED = (ChallengeRow.call, ChallengeRow.contact, ChallengeRow.ring, ChallengeRow.caller, ChallengeRow.operator)
_RINGS = select(*_CHARGED).where(ChallengeRow.id == bindparam("id"))
_USE_ENTRY = (
    update(ChallengeRow)
    .where(_ONE, ChallengeRow.call == bindparam("b_call"), ChallengeRow.entries < limits.ENTRIES)
    .values(entries=ChallengeRow.entries + 1)
    .returning(*_CHARGED)
)
_COUNT = update(EntryRow).where(EntryRow.nonce == bindparam("b_nonce")).values(counted=True)
_SETTLE = (
    select(ChallengeRow.__table__, EntryRow.counted, EntryRow.outcome)
    .join(EntryRow, EntryRow.challenge == ChallengeRow.id)
    .where(ChallengeRow.id == bindparam("id"), EntryRow.nonce == bindparam("nonce"))
)
_PASS = (
    update(ChallengeRow)
    .where(
        _ONE,
        ChallengeRow.state == State.LIVE.value,
        ChallengeRow.counter == bindparam("b_counter"),
        ChallengeRow.expires_at > bindparam("b_now", type_=Utc),
    )
    .values(state=State.PASSED.value)
)
_PENDING = (
    select(EntryRow.nonce)
    .where(
        EntryRow.challenge == bindparam("b_id"),
        EntryRow.counted,
        EntryRow.outcome.is_(None),
        EntryRow.nonce != bindparam("b_nonce"),
    )
    .exists()
)
# A try that was charged in time is still judged: whoever comes too late must not spoil it.
_KILL = (
    update(ChallengeRow).where(_ONE, ChallengeRow.state == State.LIVE.value, ~_PENDING).values(state=State.DEAD.value)
)
_ANSWER = update(EntryRow).where(EntryRow.nonce == bindparam("b_nonce")).values(outcome=bindparam("b_outcome"))
