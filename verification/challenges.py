"""Challenges: one PIN for one call, one contact and one address, at most one live for each contact.

A challenge for somebody unknown, or for a contact who cannot be reached just now, is a *phantom*: it costs the same
statements, is answered in the same words and takes the same keyings, and nothing is sent (C10). Why it is one stands
in the row and in the log, never in what the caller hears.

    1. The spacing of sends, and how many there may be, are judged by call and channel: known or not, all hear it.
    2. So is the limit of the calling number. A number that is none shares no limit with others.
    3. Address: chosen by kind. None, a locked contact, or a limit of address, contact, prefix, country, money: phantom.
    4. The same address again: the PIN is asked for anew. The counter rises, so the earlier PIN is dead; entries stay.
    5. Else every live challenge of this contact and of this call is replaced by conditional update, then the new one
       is inserted under the unique index of live challenges; the loser of a race tries again.
    6. The delivery is a job in the same transaction. It carries the challenge id and the counter, not the PIN.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core import jobs
from core.counters import take
from core.database import Utc
from core.errors import VouchlineError
from core.keys import Keyring
from verification import addressing, limits, spending
from verification.addressing import Target
from verification.entries import Charge, Outcome, Settled, caller_key, charge, settle
from verification.evidence import Channel
from verification.limits import Ring
from verification.models import ChallengeRow, State
from verification.pins import HIGH_RISK_DIGITS, RANDOM_BYTES, USUAL_DIGITS
from verification.spending import Spending

__all__ = [
    "DELIVER",
    "Asking",
    "ChallengeError",
    "Charge",
    "Issued",
    "Outcome",
    "Refusal",
    "Refused",
    "Settled",
    "charge",
    "expire",
    "issue",
    "newest",
    "settle",
]

DELIVER = "verification.deliver"
LIFE = timedelta(minutes=5)
LONGEST_LIFE = timedelta(minutes=10)  # NIST SP 800-63B-4, 3.1.3.2
_RACES = 5


class ChallengeError(VouchlineError):
    """A challenge could not be made."""

    code = "challenge"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a PIN to be sent, on which call. `caller` is E.164, or None when the number cannot be used.

    `registered`: the calling number is registered for the organisation, and nothing speaks against it.
    """

    call: str
    operator: str
    organisation: str | None
    contact: str | None
    channel: Channel
    caller: str | None = None
    registered: bool = False
    life: timedelta = LIFE
    spending: Spending = field(default_factory=Spending)

    def __post_init__(self) -> None:
        if not timedelta(0) < self.life <= LONGEST_LIFE:
            raise ValueError("a PIN lives ten minutes at most")

    @property
    def ring(self) -> Ring:
        return Ring.REGISTERED if self.registered else Ring.STRANGER


@dataclass(frozen=True, slots=True)
class Issued:
    """A PIN is under way, or the caller is to think so: `why` tells a phantom, for the log alone."""

    challenge: str
    digits: int
    expires_at: datetime
    counter: int
    contact: str | None
    why: str | None


class Refusal(StrEnum):
    """What may be told to everybody, because it does not depend on who is registered."""

    TOO_SOON = "too-soon"
    NO_MORE_SENDS = "no-more-sends"
    TOO_MANY_CHALLENGES = "too-many-challenges"


@dataclass(frozen=True, slots=True)
class Refused:
    """No PIN now; `again_at` is when one may be asked for, where that is known."""

    reason: Refusal
    again_at: datetime | None = None


def issue(
    tx: Connection, now: datetime, keyring: Keyring, asking: Asking, *, draw: Callable[[int], bytes]
) -> Issued | Refused:
    """Send a PIN, or seem to. `draw` gives random bytes (`secrets.token_bytes`). Raises `ChallengeError`."""
    refused = _spaced(tx, now, asking) or _caller_limit(tx, now, keyring, asking)  # 1, 2
    if refused is not None:
        return refused
    found = addressing.find(
        tx, now, keyring, organisation=asking.organisation, contact=asking.contact, channel=asking.channel
    )
    why = _against(tx, now, keyring, asking, found if isinstance(found, Target) else None)  # 3
    target = found if isinstance(found, Target) and why is None else None
    values = _values(now, keyring, asking, target, why or (None if target else str(found)))
    issued = _write(tx, {**values, "random": draw(RANDOM_BYTES)})
    payload = {"challenge": issued.challenge, "counter": issued.counter}
    jobs.enqueue(tx, DELIVER, payload, now=now, key=f"{issued.challenge}:{issued.counter}")  # 6
    return issued


def _spaced(tx: Connection, now: datetime, asking: Asking) -> Refused | None:
    sends, last = tx.execute(_SENT, {"b_call": asking.call, "b_channel": asking.channel.value}).one()
    if not sends:
        return None
    if sends >= limits.SENDS:
        return Refused(Refusal.NO_MORE_SENDS)
    again_at = last + limits.pause(sends)
    return Refused(Refusal.TOO_SOON, again_at) if now < again_at else None


def _caller_limit(tx: Connection, now: datetime, keyring: Keyring, asking: Asking) -> Refused | None:
    if asking.caller is None or take(tx, limits.CALLER_CHALLENGES, caller_key(keyring, asking.caller), now):
        return None
    return Refused(Refusal.TOO_MANY_CHALLENGES)


def _against(tx: Connection, now: datetime, keyring: Keyring, asking: Asking, target: Target | None) -> str | None:
    """The limits of whoever would be written to; a phantom is charged under its own key, so that it costs the same."""
    person = target.contact if target else f"{limits.PHANTOM}{asking.call}"
    place = target.address if target else f"{limits.PHANTOM}{asking.call}:{asking.channel}"
    if limits.is_locked(tx, person, asking.ring, now):
        return "locked"
    if not take(tx, limits.ADDRESS_SENDS, place, now):
        return limits.ADDRESS_SENDS.scope
    if not take(tx, limits.CONTACT_SENDS, person, now):
        return limits.CONTACT_SENDS.scope
    if target is None:
        return None
    against = spending.judge(
        tx,
        keyring,
        now,
        operator=asking.operator,
        rules=asking.spending,
        channel=asking.channel,
        value=target.value,
    )
    return against.value if against else None


def _write(tx: Connection, values: dict[str, Any]) -> Issued:
    until, contact, why = values["expires_at"], values["contact"], values["why"]
    for _ in range(_RACES):
        anew = _anew(tx, values)  # 4
        if anew is not None:
            return Issued(anew.id, anew.digits, until, anew.counter, contact, why)
        tx.execute(_REPLACE, {"b_contact": contact, "b_call": values["call"]})  # 5
        if tx.execute(_INSERT[tx.dialect.name], values).rowcount == 1:
            return Issued(values["id"], values["digits"], until, 0, contact, why)
    raise ChallengeError("another challenge for the same contact is being made all the time")


def _anew(tx: Connection, values: dict[str, Any]) -> Row[str, int, int] | None:
    """Raise the counter of the live challenge of this call for the same address; None when there is none."""
    statement = _ANEW if values["address"] else _ANEW_PHANTOM
    wanted = {name: values[name] for name in ("call", "channel", "ring", "created_at", "expires_at")}
    if values["address"]:
        wanted |= {name: values[name] for name in ("contact", "address")}
    return tx.execute(statement, {f"b_{name}": value for name, value in wanted.items()}).first()


def _values(now: datetime, keyring: Keyring, asking: Asking, target: Target | None, why: str | None) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex,
        "call": asking.call,
        "operator": asking.operator,
        "organisation": asking.organisation,
        "contact": target.contact if target else None,
        "address": target.address if target else None,
        "possession": target.possession if target else None,
        "channel": asking.channel.value,
        "caller": caller_key(keyring, asking.caller) if asking.caller else None,
        "origin": asking.caller[-2:] if asking.caller else None,
        "ring": asking.ring.value,
        "key_id": keyring.current,
        "counter": 0,
        "digits": HIGH_RISK_DIGITS if target and target.high_risk else USUAL_DIGITS,
        "created_at": now,
        "expires_at": now + asking.life,
        "state": State.LIVE.value,
        "entries": 0,
        "sends": 1,
        "last_sent_at": now,
        "phantom": target is None,
        "why": why,
    }


def newest(tx: Connection, call: str) -> str | None:
    """The challenge of a call that was asked for last."""
    return tx.execute(_NEWEST, {"b_call": call}).scalar()


def expire(tx: Connection, now: datetime) -> int:
    """Mark live challenges whose time is over; returns how many. Their time alone ends them, this only says so."""
    return tx.execute(_EXPIRE, {"b_now": now}).rowcount


_INSERT = {
    "sqlite": sqlite.insert(ChallengeRow).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(ChallengeRow).on_conflict_do_nothing(),
}
_CALL = ChallengeRow.call == bindparam("b_call")
_IS_LIVE = ChallengeRow.state == State.LIVE.value
_SENT = select(func.coalesce(func.sum(ChallengeRow.sends), 0), func.max(ChallengeRow.last_sent_at)).where(
    _CALL, ChallengeRow.channel == bindparam("b_channel")
)
_REPLACE = (
    update(ChallengeRow)
    .where(_IS_LIVE, or_(_CALL, ChallengeRow.contact == bindparam("b_contact")))
    .values(state=State.REPLACED.value)
)
_AGAIN = (
    update(ChallengeRow)
    .where(_IS_LIVE, _CALL, ChallengeRow.channel == bindparam("b_channel"), ChallengeRow.entries < limits.ENTRIES)
    .values(
        counter=ChallengeRow.counter + 1,
        sends=ChallengeRow.sends + 1,
        last_sent_at=bindparam("b_created_at", type_=Utc),
        expires_at=bindparam("b_expires_at", type_=Utc),
    )
    .returning(ChallengeRow.id, ChallengeRow.digits, ChallengeRow.counter)
)
_ANEW = _AGAIN.where(
    ChallengeRow.contact == bindparam("b_contact"),
    ChallengeRow.address == bindparam("b_address"),
    ChallengeRow.ring == bindparam("b_ring"),
)
_ANEW_PHANTOM = _AGAIN.where(ChallengeRow.phantom, ChallengeRow.ring == bindparam("b_ring"))
_NEWEST = (
    select(ChallengeRow.id)
    .where(_CALL)
    .order_by(ChallengeRow.last_sent_at.desc(), ChallengeRow.state == State.REPLACED.value)
    .limit(1)
)
_EXPIRE = (
    update(ChallengeRow)
    .where(_IS_LIVE, ChallengeRow.expires_at <= bindparam("b_now", type_=Utc))
    .values(state=State.EXPIRED.value)
)
