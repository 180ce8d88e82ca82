"""The database: one base, aware UTC, and a unit of work that is one transaction with one commit in sight.

SQLite's own busy handler sleeps and polls, which gives two-statement writes a p99 of hundreds of milliseconds under
eight connections; a lock on a side file queues the writers instead (docs/adr/0005-sqlite-writers.md).
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, MetaData, create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


# Without `preserve_rowcount` the row count of an INSERT is -1 on PostgreSQL: SQLAlchemy keeps it for UPDATE and DELETE
# alone. Parameters are hidden because the text of an error would otherwise hold them, numbers and all.
_EVERYWHERE: dict[str, Any] = {
    "max_overflow": 10,
    "pool_timeout": 2,
    "hide_parameters": True,
    "execution_options": {"preserve_rowcount": True},
}


class Base(DeclarativeBase):
    """Base of every table; names of constraints are fixed so that migrations can find them."""

    metadata = MetaData(naming_convention=NAMES)


class Utc(TypeDecorator[datetime]):
    """An aware moment, stored in UTC with microseconds; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """An engine with two ways in: `begin()` writes and commits once at its end, `read()` never commits."""

    def __init__(self, url: str, *, pool_size: int = 5, statement_timeout: float = 5.0) -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine: Engine = _engine(self.url, pool_size, statement_timeout)
        self._gate = _WriterGate(f"{self.url.database}.lock") if self.is_sqlite else None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: commits when the block ends, rolls back when it raises."""
        if self._gate is None:
            with self.engine.begin() as tx:
                yield tx
            return
        with self._gate, self.engine.connect() as tx, tx.begin():
            # One that reads and then writes fails with "database is locked" unless it takes the write lock first.
            tx.exec_driver_sql("BEGIN IMMEDIATE")
            yield tx

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction; whatever was written in it is rolled back."""
        with self.engine.connect() as tx:
            if self.is_sqlite:
                tx.exec_driver_sql("BEGIN")
            yield tx

    def close(self) -> None:
        self.engine.dispose()
        if self._gate is not None:
            self._gate.close()


class _WriterGate:
    """Queues the writers of all threads and processes of one SQLite file on a lock file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._holder = 0
        self._handle: int | None = None
        self._owner = 0

    def __enter__(self) -> None:
        if self._holder == threading.get_ident():
            raise RuntimeError("this thread is within a write transaction already; pass its `tx` on")
        self._threads.acquire()
        try:
            if self._handle is None or self._owner != os.getpid():
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                self._owner = os.getpid()
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            self._holder = threading.get_ident()
        except BaseException:
            self._threads.release()
            raise

    def __exit__(self, *_: object) -> None:
        self._holder = 0
        if self._handle is not None:
            fcntl.flock(self._handle, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        if self._handle is not None and self._owner == os.getpid():
            os.close(self._handle)
        self._handle = None


def _engine(url: URL, pool_size: int, statement_timeout: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, pool_size=pool_size, **_EVERYWHERE)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    milliseconds = int(statement_timeout * 1000)
    options = f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} -c timezone=UTC"
    arguments = {"options": options, "connect_timeout": 3}
    return create_engine(url, pool_size=pool_size, pool_pre_ping=True, connect_args=arguments, **_EVERYWHERE)


def _prepare_sqlite(connection: Any, _: object) -> None:
    # The driver must not open transactions by itself: `begin` and `read` say which kind they want. (A listener on the
    # engine's `begin` could say it too, and would make SQLAlchemy run its event hooks around every statement.)
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
