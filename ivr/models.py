"""Tables of the conversation: one row a call, and the answers already given to its one-time steps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Utc


class CallRow(Base):
    """One call session. `facts` and `state` are the JSON of `ivr.state.Facts` and `Call`; `nonce` opens the next step.

    The caller's number is kept sealed, and as the keyed hash by which limits and reports count it.
    """

    __tablename__ = "calls"
    __table_args__ = (Index(None, "operator", "started_at"), Index(None, "ended_at"))

    sid: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str]
    line: Mapped[str]
    dialled: Mapped[str]
    region: Mapped[str | None]
    origin: Mapped[str]
    caller_kind: Mapped[str]
    caller_hash: Mapped[str | None]
    caller_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    nonce: Mapped[str | None]
    nonce_at: Mapped[datetime | None] = mapped_column(Utc)
    facts: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    organisation: Mapped[str | None]
    level: Mapped[int]
    rank_at: Mapped[datetime | None] = mapped_column(Utc)
    started_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_by: Mapped[str | None]


class Answer(Base):
    """What was answered to a step that may be asked only once; a repeated request gets these bytes again."""

    __tablename__ = "answers"
    __table_args__ = (Index(None, "call"), Index(None, "at"))

    key: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(ForeignKey("calls.sid"))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Utc)


class IncidentNotice(Base):
    """Somebody wants a text when an incident is solved; only numbers that are registered are taken."""

    __tablename__ = "incident_notices"

    incident: Mapped[str] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    address: Mapped[str] = mapped_column(ForeignKey("addresses.id"), primary_key=True)
    language: Mapped[str]
    call: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(Utc)
    sent_at: Mapped[datetime | None] = mapped_column(Utc)
