"""Tables of the desk: who can talk, who waits, who was offered to whom, and who is to be called back.

A waiting caller's row decides every race: a reservation is won, lost or ended by one conditional UPDATE of it, and
only then are the reservation's and the agent's rows moved, in this order, so that two transactions never wait for each
other.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Utc


class AgentState(StrEnum):
    OFFLINE = "offline"
    READY = "ready"
    RESERVED = "reserved"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    BREAK = "break"
    AWAY = "away"


class EndpointKind(StrEnum):
    TELEPHONE = "telephone"
    SIP = "sip"
    CLIENT = "client"


class WaitingState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    CONNECTED = "connected"
    LEFT = "left"  # went away without a talk; the place is kept for the same call
    SERVED = "served"  # talked to an agent


class ReservationState(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # the caller went first
    ENDED = "ended"  # after a talk


class CallbackState(StrEnum):
    OPEN = "open"
    DIALLING = "dialling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


def _one_of(column: str, states: type[StrEnum]) -> CheckConstraint:
    known = ", ".join(f"'{state}'" for state in states)
    return CheckConstraint(f"{column} IN ({known})", name=column)


class Agent(Base):
    """A person who takes calls of one operator. `idle_since` outlives an offer that came to nothing."""

    __tablename__ = "agents"
    __table_args__ = (
        UniqueConstraint("operator", "name"),
        Index(None, "operator", "state"),
        _one_of("state", AgentState),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    operator: Mapped[str]
    team: Mapped[str]
    catalogue: Mapped[str] = mapped_column(default="en")  # the language the whisper is spoken in
    state: Mapped[str] = mapped_column(default=AgentState.OFFLINE)
    state_since: Mapped[datetime] = mapped_column(Utc)
    idle_since: Mapped[datetime] = mapped_column(Utc)
    reservation: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=0)


class AgentEndpoint(Base):
    """Where an agent can be rung; the lowest `position` is tried. Never logged, staff or not."""

    __tablename__ = "agent_endpoints"
    __table_args__ = (_one_of("kind", EndpointKind),)

    agent: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    address: Mapped[str]


class AgentSkill(Base):
    """What an agent can talk about and in which spoken language (`en`, `cmn`); `level` 1 (some) to 5 (native)."""

    __tablename__ = "agent_skills"

    agent: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(default=5)


class Waiting(Base):
    """One call that asked for a person; one row a call, whatever it does afterwards.

    `rank_at` is the arrival that counts (a callback brings its own), `summary` what the agent is whispered: no number,
    no person's name. `away_since` is set while a connected caller keys something outside the room.
    """

    __tablename__ = "waiting"
    __table_args__ = (
        Index(None, "operator", "department", "language", "state"),
        Index(None, "operator", "state"),
        Index(None, "operator", "department", "language", "answered_at"),
        _one_of("state", WaitingState),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(unique=True)
    operator: Mapped[str]
    department: Mapped[str]
    language: Mapped[str]
    severity: Mapped[str | None]
    urgency: Mapped[int]
    rank_at: Mapped[datetime] = mapped_column(Utc)
    promised_at: Mapped[datetime | None] = mapped_column(Utc)
    entered_at: Mapped[datetime] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    left_at: Mapped[datetime | None] = mapped_column(Utc)
    away_since: Mapped[datetime | None] = mapped_column(Utc)
    state: Mapped[str] = mapped_column(default=WaitingState.WAITING)
    reservation: Mapped[str | None]
    organisation: Mapped[str | None]
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)


class Reservation(Base):
    """A caller offered to an agent. `ringing_at` is written before the telephone is rung, `agent_call` after."""

    __tablename__ = "reservations"
    __table_args__ = (
        Index(
            "uq_reservations_open_waiting",
            "waiting",
            unique=True,
            sqlite_where=text("state IN ('offered', 'accepted')"),
            postgresql_where=text("state IN ('offered', 'accepted')"),
        ),
        Index(
            "uq_reservations_open_agent",
            "agent",
            unique=True,
            sqlite_where=text("state IN ('offered', 'accepted')"),
            postgresql_where=text("state IN ('offered', 'accepted')"),
        ),
        _one_of("state", ReservationState),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    waiting: Mapped[str] = mapped_column(ForeignKey("waiting.id"), index=True)
    agent: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    token: Mapped[str] = mapped_column(unique=True)
    agent_call: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default=ReservationState.OFFERED)
    reason: Mapped[str]  # why this caller and this agent, in plain words
    offered_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    ringing_at: Mapped[datetime | None] = mapped_column(Utc)
    joined_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)


class Callback(Base):
    """Someone who is to be called back, with the place kept in `rank_at`.

    The two slots hold the limits: at most two open ones a number and five an organisation, by unique constraints, so
    that no race passes them; a closed one has none.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        UniqueConstraint("operator", "number_hash", "number_slot"),
        UniqueConstraint("operator", "organisation", "organisation_slot"),
        Index(None, "operator", "state", "due_at"),
        _one_of("state", CallbackState),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str]
    origin_call: Mapped[str] = mapped_column(unique=True)
    organisation: Mapped[str | None]
    contact: Mapped[str | None]
    number_sealed: Mapped[bytes]
    number_hash: Mapped[str] = mapped_column(index=True)
    number_masked: Mapped[str]
    number_slot: Mapped[int | None]
    organisation_slot: Mapped[int | None]
    key_id: Mapped[str]
    department: Mapped[str]
    language: Mapped[str]
    catalogue: Mapped[str]
    severity: Mapped[str | None]
    urgency: Mapped[int]
    rank_at: Mapped[datetime] = mapped_column(Utc)
    due_at: Mapped[datetime] = mapped_column(Utc)
    asked_at: Mapped[datetime] = mapped_column(Utc)
    state: Mapped[str] = mapped_column(default=CallbackState.OPEN)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None] = mapped_column(Utc)
    dialled_at: Mapped[datetime | None] = mapped_column(Utc)  # written before the number is dialled
    call: Mapped[str | None] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(unique=True)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
