"""The table of jobs: one row each, written in the caller's transaction and claimed by lease.

Rules:

1. A job exists exactly when the transaction that enqueued it committed.
2. A claim is a lease of at most a minute; the row is closed only after its handler returned. A worker that dies leaves
   the row leased, and whoever looks after the lease ran out takes it again: at least once, never lost.
3. Closing names owner and attempt and is believed by its row count, so a worker that lost its lease changes nothing.
4. A payload holds references (ids, kinds), never a PIN, token, seed or a person's address: rows are kept for a day
   after they are done and a month when they are dead, and backups keep them longer.

All moments are aware UTC from the caller's clock; the database's own clock is never asked.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Connection, Index, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Utc

CHANNEL = "jobs"
LEASE = timedelta(seconds=60)
KEEP_DONE = timedelta(days=1)
KEEP_DEAD = timedelta(days=30)
ENQUEUED = "core.jobs.enqueued"

_ALIVE = text("state <> 'dead' AND key IS NOT NULL")


class JobRow(Base):
    """One job. `attempts` counts starts, `failures` those in a row that ended in an error nobody asked for."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state IN ('ready', 'running', 'done', 'dead')", name="state"),
        Index(None, "state", "due_at"),
        Index("uq_jobs_kind_key", "kind", "key", unique=True, sqlite_where=_ALIVE, postgresql_where=_ALIVE),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    key: Mapped[str | None]
    state: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(Utc)
    attempts: Mapped[int]
    failures: Mapped[int]
    leased_by: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(Utc)
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Utc)
    finished_at: Mapped[datetime | None] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class Job:
    """What a handler is given; `attempt` starts at 1, `failures` counts errors in a row before this attempt."""

    id: str
    kind: str
    payload: dict[str, Any]
    attempt: int
    due: datetime
    key: str | None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: `state` is done, ready (again, at `due`) or dead; `error` is a short code without data."""

    state: str
    due: datetime | None = None
    failures: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next moments that matter: when a job falls due and when a lease runs out."""

    due: datetime | None
    lease: datetime | None


def enqueue(
    tx: Connection,
    kind: str,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    due: datetime | None = None,
    key: str | None = None,
) -> str:
    """Write a job in the caller's transaction; it starts after the commit, not before `due`. Returns its id.

    A second job of the same kind and `key` is not written while the first is open or done, and the first one's id
    comes back. So let a key name the event ("challenge 4, send 2"), not the thing it happened to. A done job is
    forgotten after a day, a dead one frees its key at once. `payload` is JSON and holds no secret (rule 4).
    """
    values = {
        "id": uuid.uuid4().hex,
        "kind": kind,
        "payload": dict(payload),
        "key": key,
        "due_at": due or now,
        "now": now,
    }
    written = tx.execute(_INSERT[tx.dialect.name], values).first()
    if written is None:
        return str(tx.execute(_BY_KEY, {"kind": kind, "key": key}).scalar_one())
    tx.info[ENQUEUED] = True
    return str(written.id)


def lag(tx: Connection, now: datetime) -> float:
    """Seconds since the oldest open job fell due; 0.0 when nothing is late."""
    oldest = tx.execute(_OLDEST_OPEN).scalar()
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def sweep(tx: Connection, now: datetime) -> int:
    """Remove jobs done more than a day or dead more than 30 days ago; returns how many."""
    return tx.execute(_SWEEP, {"done": now - KEEP_DONE, "dead": now - KEEP_DEAD}).rowcount


def outlook(tx: Connection, kinds: Iterable[str], sparing: Sequence[str] = ()) -> Outlook:
    """A read that tells whether taking the write lock is worth it; `sparing` as for `recover`."""
    row = tx.execute(_OUTLOOK, {"kinds": list(kinds), "sparing": sparing}).one()
    return Outlook(row.due, row.lease)


def claim(tx: Connection, now: datetime, *, owner: str, room: Mapping[str, int], most: int) -> list[Job]:
    """Lease up to `most` due jobs, oldest first and at most `room[kind]` of each kind."""
    found = tx.execute(_DUE, {"kinds": list(room), "now": now, "most": most}).all()
    taken: Counter[str] = Counter()
    jobs = []
    for row in found:
        taken[row.kind] += 1
        if taken[row.kind] <= room[row.kind]:
            jobs.append(Job(row.id, row.kind, row.payload, row.attempts + 1, row.due_at, row.key, row.failures))
    _lease(tx, [job.id for job in jobs], owner, now)
    return jobs


def recover(tx: Connection, now: datetime, *, most_failures: int, sparing: Sequence[str] = ()) -> tuple[int, int]:
    """Reopen jobs whose lease ran out; one that took its worker down too often dies. Returns (reopened, dead).

    `sparing` are jobs the asking worker knows to be alive: a clock that jumped must not start them twice.
    """
    values = {"now": now, "most": most_failures, "sparing": sparing}
    dead = tx.execute(_BURY_LOST, values).rowcount
    return tx.execute(_REOPEN, values).rowcount, dead


def renew(tx: Connection, now: datetime, *, owner: str, ids: Sequence[str]) -> int:
    """Extend the leases of jobs that are still being worked on; returns how many were still held."""
    return tx.execute(_RENEW, {"ids": ids, "owner": owner, "until": now + LEASE}).rowcount


def close(tx: Connection, job: Job, outcome: Outcome, *, owner: str, now: datetime) -> bool:
    """Write how the attempt ended; False when the lease was lost meanwhile, and nothing was written."""
    values = {
        "job": job.id,
        "owner": owner,
        "attempt": job.attempt,
        "to": outcome.state,
        "due": outcome.due or job.due,
        "failed": outcome.failures,
        "error": outcome.error,
        "finished": None if outcome.state == "ready" else now,
    }
    return tx.execute(_CLOSE, values).rowcount == 1


def has_open(tx: Connection, kind: str) -> bool:
    """Whether a job of this kind waits or runs."""
    return tx.execute(_HAS_OPEN, {"kind": kind}).first() is not None


def _lease(tx: Connection, ids: list[str], owner: str, now: datetime) -> None:
    if not ids:
        return
    leased = tx.execute(_LEASE, {"ids": ids, "owner": owner, "until": now + LEASE}).rowcount
    if leased != len(ids):
        raise RuntimeError("jobs that were locked for this transaction were claimed by another")


def _insert(dialect: type[sqlite.Insert | postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    return dialect(JobRow).values(
        id=bindparam("id"),
        kind=bindparam("kind"),
        payload=bindparam("payload", type_=JSON),
        key=bindparam("key"),
        state="ready",
        due_at=bindparam("due_at", type_=Utc),
        attempts=0,
        failures=0,
        created_at=bindparam("now", type_=Utc),
    )


_OPEN = JobRow.state.in_(["ready", "running"])
_KINDS = JobRow.kind.in_(bindparam("kinds", expanding=True))
_IDS = JobRow.id.in_(bindparam("ids", expanding=True))
_MINE = JobRow.leased_by == bindparam("owner")
_NOT_SPARED = JobRow.id.not_in(bindparam("sparing", expanding=True))
_NOW = bindparam("now", type_=Utc)
_UNTIL = bindparam("until", type_=Utc)

# On PostgreSQL the notice leaves with the commit and costs no statement of its own; it only wakes, the row is the job.
_INSERT = {
    "sqlite": _insert(sqlite.Insert).on_conflict_do_nothing().returning(JobRow.id),
    "postgresql": _insert(postgresql.Insert)
    .on_conflict_do_nothing()
    .returning(JobRow.id, func.pg_notify(CHANNEL, "").label("notice")),
}
_BY_KEY = (
    select(JobRow.id)
    .where(JobRow.kind == bindparam("kind"), JobRow.key == bindparam("key"))
    .order_by(JobRow.created_at.desc())
    .limit(1)
)
_OLDEST_OPEN = select(func.min(JobRow.due_at, type_=Utc)).where(_OPEN)
_SWEEP = delete(JobRow).where(
    or_(
        (JobRow.state == "done") & (JobRow.finished_at < bindparam("done", type_=Utc)),
        (JobRow.state == "dead") & (JobRow.finished_at < bindparam("dead", type_=Utc)),
    )
)
_OUTLOOK = select(
    select(func.min(JobRow.due_at, type_=Utc)).where(JobRow.state == "ready", _KINDS).scalar_subquery().label("due"),
    select(func.min(JobRow.lease_until, type_=Utc))
    .where(JobRow.state == "running", _NOT_SPARED)
    .scalar_subquery()
    .label("lease"),
)
_DUE = (
    select(JobRow.id, JobRow.kind, JobRow.payload, JobRow.attempts, JobRow.failures, JobRow.due_at, JobRow.key)
    .where(JobRow.state == "ready", JobRow.due_at <= _NOW, _KINDS)
    .order_by(JobRow.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(JobRow)
    .where(_IDS, JobRow.state == "ready")
    .values(state="running", attempts=JobRow.attempts + 1, leased_by=bindparam("owner"), lease_until=_UNTIL)
)
_RENEW = update(JobRow).where(_IDS, JobRow.state == "running", _MINE).values(lease_until=_UNTIL)
_LOST = (
    JobRow.state == "running",
    JobRow.lease_until <= _NOW,
    _NOT_SPARED,
)
_LOST_TOO_OFTEN = JobRow.failures + 1 >= bindparam("most")
_BURY_LOST = (
    update(JobRow)
    .where(*_LOST, _LOST_TOO_OFTEN)
    .values(state="dead", failures=JobRow.failures + 1, last_error="lease-lost", leased_by=None, finished_at=_NOW)
)
_REOPEN = (
    update(JobRow)
    .where(*_LOST)
    .values(state="ready", failures=JobRow.failures + 1, last_error="lease-lost", leased_by=None, lease_until=None)
)
_CLOSE = (
    update(JobRow)
    .where(JobRow.id == bindparam("job"), JobRow.state == "running", _MINE, JobRow.attempts == bindparam("attempt"))
    .values(
        state=bindparam("to"),
        due_at=bindparam("due", type_=Utc),
        failures=bindparam("failed"),
        last_error=bindparam("error"),
        finished_at=bindparam("finished", type_=Utc),
        leased_by=None,
        lease_until=None,
    )
)
_HAS_OPEN = select(JobRow.id).where(JobRow.kind == bindparam("kind"), _OPEN).limit(1)
