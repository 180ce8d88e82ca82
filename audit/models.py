"""Tables of the log. Every column of an entry is in its canonical bytes, and the leaf is their hash (REQUIREMENTS F3).

Index and tree live in tables of their own, because entries are never updated. `audit_person_keys` stands apart so that
it can move to a store with its own short backups: destroying a key erases what it opened (F12).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, LargeBinary, String, Table, event
from sqlalchemy.orm import Mapped, mapped_column

from audit.ddl import forbid_changes
from core.database import Base, Utc


class AuditEntry(Base):
    """One fact: columns to search by, and the canonical bytes that say the same."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "call"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(Utc)
    operator: Mapped[str | None]
    actor: Mapped[str]
    subject: Mapped[str]
    action: Mapped[str]
    outcome: Mapped[str]
    level: Mapped[str | None]
    call: Mapped[str | None]
    organisation: Mapped[str | None]
    contact: Mapped[str | None]
    origin: Mapped[str]
    simulated: Mapped[bool]
    key_id: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)


class AuditPending(Base):
    """Entries that have no place in the tree yet; the sequencer empties it, so a late commit is never passed over."""

    __tablename__ = "audit_pending"

    entry: Mapped[str] = mapped_column(ForeignKey("audit_entries.id"), primary_key=True)


class AuditPersonal(Base):
    """Personal data of an entry, encrypted under the key of one person; the entry holds the hash of these bytes."""

    __tablename__ = "audit_personal"
    __table_args__ = (Index(None, "person"),)

    entry: Mapped[str] = mapped_column(ForeignKey("audit_entries.id"), primary_key=True)
    person: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class AuditPersonKey(Base):
    """The key of one person, wrapped by the keyring."""

    __tablename__ = "audit_person_keys"

    person: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Utc)


def _protect(table: Table, connection: Connection, **_: Any) -> None:
    for statement in forbid_changes(table.name, connection.dialect.name):
        connection.exec_driver_sql(statement)


event.listen(AuditEntry.__table__, "after_create", _protect)
