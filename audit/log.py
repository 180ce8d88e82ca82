"""Writing the log: an entry commits with the fact it tells, or neither does (REQUIREMENTS F1, F8).

No lock is shared between writers; order comes later (docs/architecture.md). Statements are constants, because building
an expression anew costs more than running it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from audit.entry import Entry, body, visible
from audit.merkle import leaf_hash
from audit.models import AuditEntry, AuditPending, AuditPersonal
from audit.personal import pseudonyms, seal_for
from core.clock import Clock
from core.keys import Keyring


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as a timeline shows it."""

    id: str
    at: datetime
    operator: str | None
    actor: str
    subject: str
    action: str
    outcome: str
    level: str | None
    facts: dict[str, Any]


@dataclass(slots=True)
class _Rows:
    """Rows for the three tables, ready to be written."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    personal: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def together(tx: Connection) -> Iterator[None]:
    """Entries that are appended within are written at its end, with one statement for each table.

    An error within ends the transaction, and nothing of it is on record, as without.
    """
    # Asked once: a connection that was lost within has no `info` any more, and the first error is the one to tell.
    info = tx.info
    if _HELD in info:
        yield
        return
    info[_HELD] = rows = _Rows()
    try:
        yield
    finally:
        del info[_HELD]
    _write(tx, rows)


def append(tx: Connection, clock: Clock, keyring: Keyring, entry: Entry) -> str:
    """Write one entry in the caller's transaction and return its id; an error must fail the act, so let it pass."""
    return append_all(tx, clock, keyring, (entry,))[0]


def append_all(tx: Connection, clock: Clock, keyring: Keyring, entries: Sequence[Entry]) -> tuple[str, ...]:
    """Write several entries with one statement for each table; returns their ids in the order given."""
    now = clock.now()
    held: _Rows | None = tx.info.get(_HELD)
    rows = _Rows() if held is None else held
    first = len(rows.entries)
    for entry in entries:
        row_id = _entry_id(now)
        personal = seal_for(tx, now, keyring, entry, row_id) if entry.personal else None
        if personal is not None:
            rows.personal.append(personal)
        frame = {"id": row_id, "at": now, "simulated": clock.simulated, "key_id": keyring.current}
        frame.update(pseudonyms(keyring, entry))
        rows.entries.append(_row(entry, frame, None if personal is None else personal["sealed"]))
    ids = tuple(row["id"] for row in rows.entries[first:])
    if held is None:
        _write(tx, rows)
    return ids


def timeline(tx: Connection, call: str) -> list[Row]:
    """Everything on record about one call, in the order of writing."""
    return [
        Row(
            id=row.id,
            at=row.at,
            operator=row.operator,
            actor=row.actor,
            subject=row.subject,
            action=row.action,
            outcome=row.outcome,
            level=row.level,
            facts=json.loads(row.body)["facts"],
        )
        for row in tx.execute(_TIMELINE, {"call": call})
    ]


def _write(tx: Connection, rows: _Rows) -> None:
    if not rows.entries:
        return
    tx.execute(_ENTRIES, rows.entries)
    tx.execute(_PENDING, [{"entry": row["id"]} for row in rows.entries])
    if rows.personal:
        tx.execute(_PERSONAL, rows.personal)


def _entry_id(now: datetime) -> str:
    # Time first, so that the index grows at its end. Then this machine's own count of nanoseconds, which all processes
    # on it share, so that order shows even while a simulated clock stands still; it decides nothing. Then chance.
    milliseconds = int(now.timestamp() * 1000)
    return f"{milliseconds:012x}{time.monotonic_ns() & 0xFFFF_FFFF_FFFF:012x}{os.urandom(4).hex()}"


def _row(entry: Entry, frame: dict[str, Any], sealed: bytes | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        **frame,
        "operator": entry.operator,
        "actor": visible(entry.actor),
        "subject": visible(entry.subject),
        "action": entry.action.value,
        "outcome": entry.outcome.value,
        "level": entry.level,
        "call": None if entry.call is None else visible(entry.call),
        "origin": visible(entry.origin),
    }
    row["body"] = body(row, entry.facts, None if sealed is None else hashlib.sha256(sealed).hexdigest())
    row["leaf"] = leaf_hash(row["body"])
    return row


_HELD = "audit.log.held"  # where a connection keeps the rows of `together`
_ENTRIES = insert(AuditEntry)
_PENDING = insert(AuditPending)
_PERSONAL = insert(AuditPersonal)
_TIMELINE = (
    select(
        AuditEntry.id,
        AuditEntry.at,
        AuditEntry.operator,
        AuditEntry.actor,
        AuditEntry.subject,
        AuditEntry.action,
        AuditEntry.outcome,
        AuditEntry.level,
        AuditEntry.body,
    )
    .where(AuditEntry.call == bindparam("call"))
    .order_by(AuditEntry.at, AuditEntry.id)
)
