"""Wishes for a text when an incident is solved: only from a number that is registered and recognised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from ivr.models import IncidentNotice
from ivr.state import Call
from ivr.store import Session
from verification import evidence
from verification.catalogue import Level
from verification.evidence import CallerNumber

_INSERT: dict[str, type[sqlite.Insert | postgresql.Insert]] = {"sqlite": sqlite.Insert, "postgresql": postgresql.Insert}


def ask(tx: Connection, now: datetime, session: Session, call: Call, incidents: Sequence[str]) -> bool:
    """Note the wish; False for a number that is not registered, or that was not recognised on this call."""
    address = _registered(tx, session.sid)
    if address is None or call.level < Level.RECOGNISED:
        return False
    rows = [
        {"incident": one, "address": address, "language": call.language, "call": session.sid, "asked_at": now}
        for one in incidents
    ]
    tx.execute(_INSERT[tx.dialect.name](IncidentNotice).values(rows).on_conflict_do_nothing())
    return True


def _registered(tx: Connection, call: str) -> str | None:
    seen = [one.facts for one in evidence.of_call(tx, call) if isinstance(one.facts, CallerNumber)]
    return seen[-1].address if seen else None
