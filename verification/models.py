"""Tables of challenges, what was keyed for them (never the digits), and what was sent (never the PIN)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Utc

_LIVE = text("state = 'live' AND contact IS NOT NULL")


class State(StrEnum):
    """`expired` is what a live one becomes when somebody sweeps; its time alone ends it."""

    LIVE = "live"
    PASSED = "passed"
    DEAD = "dead"
    REPLACED = "replaced"
    EXPIRED = "expired"


class ChallengeRow(Base):
    """`random` and the master key of `key_id` make the PIN, `counter` counts the PINs asked for anew.

    `caller` is a keyed pseudonym of the calling number, `origin` its last two digits for the message. `why` says why a
    phantom is one. `possession` names the telephone or mailbox (see `evidence`).
    """

    __tablename__ = "challenges"
    __table_args__ = (
        CheckConstraint("state IN ('live', 'passed', 'dead', 'replaced', 'expired')", name="state"),
        Index("uq_challenges_contact_live", "contact", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index(None, "call"),
        Index(None, "state", "expires_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str]
    operator: Mapped[str]
    organisation: Mapped[str | None]
    contact: Mapped[str | None]
    address: Mapped[str | None]
    possession: Mapped[str | None]
    channel: Mapped[str]
    caller: Mapped[str | None]
    origin: Mapped[str | None]
    ring: Mapped[str]
    key_id: Mapped[str]
    random: Mapped[bytes] = mapped_column(LargeBinary)
    counter: Mapped[int]
    digits: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    state: Mapped[str]
    entries: Mapped[int]
    sends: Mapped[int]
    last_sent_at: Mapped[datetime] = mapped_column(Utc)
    phantom: Mapped[bool]
    why: Mapped[str | None]


class EntryRow(Base):
    """One keying under the nonce of its step. `counted`: every ring still allowed it to be looked at."""

    __tablename__ = "challenge_entries"

    nonce: Mapped[str] = mapped_column(primary_key=True)
    challenge: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(Utc)
    counted: Mapped[bool]
    outcome: Mapped[str | None]


class DeliveryState(StrEnum):
    """`sending`, `sent` and `unknown` are open and may still move; the others are final."""

    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"


OPEN = (DeliveryState.SENDING.value, DeliveryState.SENT.value, DeliveryState.UNKNOWN.value)


class DeliveryRow(Base):
    """One attempt to send one PIN. `token` names it in callbacks; `code` and `kind` say what went wrong."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("challenge", "counter", "attempt"),
        Index(None, "status", "changed_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    challenge: Mapped[str]
    counter: Mapped[int]
    attempt: Mapped[int]
    call: Mapped[str]
    operator: Mapped[str]
    channel: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True)
    provider_id: Mapped[str | None]
    status: Mapped[str]
    permanent: Mapped[bool]
    kind: Mapped[str | None]
    code: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Utc)
    changed_at: Mapped[datetime] = mapped_column(Utc)
