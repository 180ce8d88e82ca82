"""Incidents: what callers hear before the menu while a fault lasts. Every change is on record."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action, Outcome
from core.clock import Clock
from core.errors import RefusedError
from core.keys import Keyring
from directory import book as books
from directory import models
from directory.entities import Incident
from directory.syncing import raise_version

MAX_TEXT = 300


def add(
    tx: Connection,
    clock: Clock,
    keyring: Keyring,
    *,
    operator: str,
    texts: Mapping[str, str],
    regions: Sequence[str] = (),
    products: Sequence[str] = (),
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> str:
    """Tell callers of a fault from `starts_at` (now) on; no regions means all. Returns the id.

    Raises `RefusedError` for an operator or region that does not exist, no text, or an end before its start.
    """
    start = starts_at or clock.now()
    _check(books.current(tx), operator, texts, regions)
    if ends_at is not None and ends_at <= start:
        raise RefusedError("an incident ends after it starts")
    made = str(uuid.uuid4())
    values = {"id": made, "operator": operator, "regions": list(regions), "products": list(products)}
    tx.execute(insert(models.Incident), values | {"starts_at": start, "ends_at": ends_at})
    tx.execute(
        insert(models.IncidentText),
        [{"incident": made, "language": language, "text": text} for language, text in texts.items()],
    )
    raise_version(tx)
    _record(tx, clock, keyring, operator, made, "added", regions=list(regions), languages=sorted(texts))
    return made


def end(tx: Connection, clock: Clock, keyring: Keyring, incident: str) -> bool:
    """Stop telling it from now on; False where it does not exist or has ended already."""
    now, table = clock.now(), models.Incident
    lasting = or_(table.ends_at.is_(None), table.ends_at > now)
    if tx.execute(update(table).where(table.id == incident, lasting).values(ends_at=now)).rowcount == 0:
        return False
    raise_version(tx)
    operator = tx.execute(select(table.operator).where(table.id == incident)).scalar_one()
    _record(tx, clock, keyring, operator, incident, "ended")
    return True


def listing(tx: Connection, now: datetime, *, every: bool = False) -> tuple[Incident, ...]:
    """Incidents that last or are to come, the newest first; `every` adds the ended ones."""
    found = books.current(tx).incidents
    return tuple(each for each in found if every or each.ends_at is None or each.ends_at > now)


def _check(book: books.Book, operator: str, texts: Mapping[str, str], regions: Sequence[str]) -> None:
    if operator not in book.operators:
        raise RefusedError(f"there is no operator {operator}; there are {', '.join(book.operators)}")
    if unknown := [region for region in regions if not book.regions_named(region)]:
        raise RefusedError(f"there is no region {unknown[0]}")
    if not texts or not all(text.strip() for text in texts.values()):
        raise RefusedError("an incident needs a text that callers can hear")
    if any(len(text) > MAX_TEXT for text in texts.values()):
        raise RefusedError(f"a text has at most {MAX_TEXT} characters: callers wait while it is said")


def _record(
    tx: Connection, clock: Clock, keyring: Keyring, operator: str, incident: str, change: str, **facts: Any
) -> None:
    entry = Entry(
        actor="administrator",
        subject=f"incident:{incident}",
        action=Action.DIRECTORY_CHANGED,
        outcome=Outcome.SUCCESS,
        operator=operator,
        facts={"change": change, **facts},
    )
    append(tx, clock, keyring, entry)
