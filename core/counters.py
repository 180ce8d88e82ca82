"""Limits counted in the database: one conditional statement each, believed by its row count.

A window starts with its first event and not at a full hour; a caller who waits for its end can therefore reach twice
the limit across two windows, which every limit of the service is chosen to bear.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Index, bindparam, case, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Utc


class Counter(Base):
    """How often something happened within the running window of one key."""

    __tablename__ = "counters"
    __table_args__ = (Index(None, "ends_at"),)

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` events per key within `within`."""

    scope: str
    most: int
    within: timedelta


def take(tx: Connection, limit: Limit, key: str, now: datetime, amount: int = 1) -> bool:
    """Count one event if the limit allows it; False when it does not. `key` must hold no personal data in the clear."""
    if amount > limit.most:
        return False
    ends = now + limit.within
    values = {"scope": limit.scope, "key": key, "amount": amount, "most": limit.most, "now": now, "ends": ends}
    return tx.execute(_TAKE[tx.dialect.name], values).rowcount == 1


def used(tx: Connection, limit: Limit, key: str, now: datetime) -> int:
    """Events counted in the running window."""
    found = tx.execute(_USED, {"scope": limit.scope, "key": key, "now": now}).scalar()
    return int(found or 0)


def forget(tx: Connection, limit: Limit, key: str) -> None:
    """Start anew, as only a success may (NIST SP 800-63B-4, 3.2.2)."""
    tx.execute(_FORGET, {"scope": limit.scope, "key": key})


def sweep(tx: Connection, now: datetime) -> int:
    """Remove windows that ended; returns how many."""
    return tx.execute(delete(Counter).where(Counter.ends_at <= now)).rowcount


def _take(dialect: type[sqlite.Insert | postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    now = bindparam("now", type_=Utc)
    over = Counter.ends_at <= now
    statement = dialect(Counter).values(
        scope=bindparam("scope"), key=bindparam("key"), count=bindparam("amount"), ends_at=bindparam("ends", type_=Utc)
    )
    return statement.on_conflict_do_update(
        index_elements=["scope", "key"],
        set_={
            "count": case((over, statement.excluded.count), else_=Counter.count + statement.excluded.count),
            "ends_at": case((over, statement.excluded.ends_at), else_=Counter.ends_at),
        },
        where=or_(over, Counter.count + statement.excluded.count <= bindparam("most")),
    )


_TAKE = {"sqlite": _take(sqlite.Insert), "postgresql": _take(postgresql.Insert)}
_USED = select(Counter.count).where(
    Counter.scope == bindparam("scope"), Counter.key == bindparam("key"), Counter.ends_at > bindparam("now", type_=Utc)
)
_FORGET = delete(Counter).where(Counter.scope == bindparam("scope"), Counter.key == bindparam("key"))
