"""Rings of limits around PINs and what goes out, each with its number and where the number comes from.

Every limit is one conditional statement believed by its row count. Failures are charged before the digits are looked
at and given back by a success alone; a new PIN, call, channel, agent or restart never resets them (B5).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, bindparam, case, delete, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from core.counters import Counter, Limit
from core.database import Base, Utc

ENTRIES = 5  # per challenge (C1; Twilio Verify 60202)
KEYINGS = 3  # per menu
SENDS = 5  # per challenge and address (C6)
FIRST_PAUSE = timedelta(seconds=30)  # between sends, doubling: 30, 60, 120, 240 s (C6)

CALLER_FAILURES = Limit("pin.caller-failures", 10, timedelta(hours=24))  # C4
CALLER_CHALLENGES = Limit("pin.caller-challenges", 6, timedelta(hours=1))  # C4
OPERATOR_FAILURES = Limit("pin.operator-failures", 1000, timedelta(hours=24))  # C3: 0.1 % with 6 digits
OPERATOR_ALARM = Limit("pin.operator-alarm", 100, timedelta(hours=1))  # C3
ADDRESS_SENDS = Limit("pin.address-sends", 3, timedelta(minutes=10))  # C6
CONTACT_SENDS = Limit("pin.contact-sends", 10, timedelta(days=1))  # C6
PREFIX_SENDS = Limit("send.prefix", 10, timedelta(hours=1))  # C8
CALL_ACCOUNTS = Limit("account.call", 5, timedelta(hours=24))  # C4 refined
PREFIX_ACCOUNTS = Limit("account.prefix", 20, timedelta(hours=1))  # C4 refined

RUN = 10  # consecutive failures of a contact before the lock (C1)
LOCK = timedelta(hours=24)  # and no attempt while locked makes it longer (C5)
# Without a success, 100 failures disable remote PINs (NIST SP 800-63B-4, 3.2.2). The two rings of a contact share them.
WITHOUT_SUCCESS = 50


class Ring(StrEnum):
    """Calls from registered numbers have tries of their own, so that a stranger locks no administrator out (C1)."""

    REGISTERED = "registered"
    STRANGER = "stranger"


class PinFailures(Base):
    """Failures of one contact in one ring: `run` towards the lock, `total` since the last success."""

    __tablename__ = "pin_failures"

    contact: Mapped[str] = mapped_column(primary_key=True)
    ring: Mapped[str] = mapped_column(primary_key=True)
    run: Mapped[int]
    total: Mapped[int]
    locked_until: Mapped[datetime | None] = mapped_column(Utc)
    changed_at: Mapped[datetime] = mapped_column(Utc)


def fail(tx: Connection, contact: str, ring: Ring, now: datetime) -> bool:
    """Charge one failure; False when the contact is locked in this ring, and then nothing changes."""
    values = {"contact": contact, "ring": ring.value, "now": now, "until": now + LOCK}
    return tx.execute(_FAIL[tx.dialect.name], values).rowcount == 1


def succeed(tx: Connection, contact: str, ring: Ring) -> None:
    """Start the ring anew; the other ring keeps its run and its lock, and is only no longer "without a success"."""
    tx.execute(_FORGET, {"contact": contact, "ring": ring.value})
    tx.execute(_EASE, {"b_contact": contact})


def is_locked(tx: Connection, contact: str, ring: Ring, now: datetime) -> bool:
    """Whether a failure could not even be charged: then no PIN is sent either."""
    return tx.execute(_LOCKED, {"contact": contact, "ring": ring.value, "now": now}).first() is not None


def give_back(tx: Connection, limit: Limit, key: str) -> None:
    """Undo one charge, after a success."""
    tx.execute(_GIVE_BACK, {"b_scope": limit.scope, "b_key": key})


def pause(sends: int) -> timedelta:
    """How long after the `sends`-th send the next one may follow."""
    return FIRST_PAUSE * int(2 ** max(0, min(sends, SENDS) - 1))


def sweep(tx: Connection, now: datetime) -> int:
    """Forget the failures of contacts that never were; returns how many rows."""
    old = now - timedelta(days=2)
    phantom = PinFailures.contact.startswith(PHANTOM, autoescape=True)
    return tx.execute(delete(PinFailures).where(phantom, PinFailures.changed_at < old)).rowcount


# Key under which an unknown caller's tries are charged, so that they cost what a contact's cost.
PHANTOM = "phantom:"


def _fail(dialect: type[sqlite.Insert | postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    now, until = bindparam("now", type_=Utc), bindparam("until", type_=Utc)
    released = PinFailures.locked_until <= now
    run = case((released, 1), else_=PinFailures.run + 1)
    statement = dialect(PinFailures).values(
        contact=bindparam("contact"), ring=bindparam("ring"), run=1, total=1, locked_until=None, changed_at=now
    )
    return statement.on_conflict_do_update(
        index_elements=["contact", "ring"],
        set_={
            "run": run,
            "total": PinFailures.total + 1,
            "locked_until": case((run >= RUN, until), else_=literal(None, Utc)),
            "changed_at": now,
        },
        where=(PinFailures.total < WITHOUT_SUCCESS) & or_(PinFailures.locked_until.is_(None), released),
    )


_FAIL = {"sqlite": _fail(sqlite.Insert), "postgresql": _fail(postgresql.Insert)}
_ROW = (PinFailures.contact == bindparam("contact")) & (PinFailures.ring == bindparam("ring"))
_FORGET = delete(PinFailures).where(_ROW)
_EASE = update(PinFailures).where(PinFailures.contact == bindparam("b_contact")).values(total=PinFailures.run)
_LOCKED = (
    select(PinFailures.contact)
    .where(_ROW)
    .where(
        or_(PinFailures.total >= WITHOUT_SUCCESS, PinFailures.locked_until > bindparam("now", type_=Utc)),
    )
)
_GIVE_BACK = (
    update(Counter)
    .where(Counter.scope == bindparam("b_scope"), Counter.key == bindparam("b_key"), Counter.count > 0)
    .values(count=Counter.count - 1)
)
