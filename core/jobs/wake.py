"""What tells an idle worker to look at the table again. A lost wake-up costs a poll interval, never a job.

SQLite: `PRAGMA data_version` on a connection that never writes moves with every commit of any process
(https://www.sqlite.org/pragma.html#pragma_data_version). PostgreSQL: LISTEN/NOTIFY, sent inside the enqueueing
transaction. Redis: publish and subscribe, where a pooler stands before PostgreSQL and LISTEN does not get through.
"""

from __future__ import annotations

import os
import select
import threading
import time
from typing import Any, Protocol

import psycopg
import redis
import structlog
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.jobs.store import CHANNEL, ENQUEUED

_log = structlog.get_logger("core.jobs")


class Waker(Protocol):
    """Sleeps for the worker's loop."""

    def wait(self, seconds: float) -> None:
        """Return when there may be something new, and after `seconds` at the latest."""
        ...

    def wake(self) -> None:
        """End the present or next wait; safe in other threads and in signal handlers."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


class Alarm:
    """The waker that knows nothing but its own process: a pipe to itself. Base of the others."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        os.set_blocking(self._out, False)
        os.set_blocking(self._in, False)

    def wait(self, seconds: float) -> None:
        self._rung(seconds)

    def wake(self) -> None:
        try:
            os.write(self._in, b"\0")
        except OSError:  # full: it is awake already; closed: nobody waits any more
            return

    def close(self) -> None:
        ends = (self._in, self._out)
        self._in = self._out = -1  # first: a late wake() must not write to a number that was given out again
        for end in ends:
            os.close(end)

    def _rung(self, seconds: float, *others: int) -> bool:
        """Wait for the pipe or any of `others`."""
        ready, _, _ = select.select([self._out, *others], [], [], max(0.0, seconds))
        if self._out in ready:
            os.read(self._out, 4096)
        return bool(ready)


class SqliteWaker(Alarm):
    """Asks for the data version every `interval` seconds, some microseconds each."""

    def __init__(self, database: Database, interval: float = 0.02) -> None:
        super().__init__()
        self._interval = interval
        self._connection = _detached(database)
        self._version = -1

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._changed():
            left = end - time.monotonic()
            if left <= 0 or self._rung(min(self._interval, left)):
                return

    def close(self) -> None:
        self._connection.close()
        super().close()

    def _changed(self) -> bool:
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        before, self._version = self._version, version
        return bool(before != version)


class PostgresWaker(Alarm):
    """Listens on a connection of its own and connects anew when it is lost."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._connection: Any = None

    def wait(self, seconds: float) -> None:
        try:
            if self._connection is None:
                self._listen()  # and return: something may have been missed before
            else:
                self._notified(seconds)
        except (psycopg.Error, SQLAlchemyError) as error:
            _log.warning("jobs.waker-lost", error=type(error).__name__)
            self._drop()
            self._rung(seconds)

    def close(self) -> None:
        self._drop()
        super().close()

    def _listen(self) -> None:
        self._connection = _detached(self._database)
        self._connection.autocommit = True
        self._connection.execute(f"LISTEN {CHANNEL}")

    def _notified(self, seconds: float) -> None:
        if self._rung(seconds, self._connection.fileno()):
            for _ in self._connection.notifies(timeout=0):
                pass

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class RedisWaker(Alarm):
    """A thread of the client's own waits for messages and rings the pipe."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._client = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)
        self._ear = threading.Thread(target=self._listen, name="jobs-redis", daemon=True)
        self._closing = threading.Event()
        self._ear.start()

    def close(self) -> None:
        self._closing.set()
        self._ear.join(timeout=5)
        self._client.close()
        super().close()

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                self._subscribed()
            except (redis.RedisError, OSError) as error:
                _log.warning("jobs.waker-lost", error=type(error).__name__)
                self._closing.wait(1)

    def _subscribed(self) -> None:
        with self._client.pubsub() as ear:  # type: ignore[no-untyped-call]
            ear.subscribe(CHANNEL)
            while not self._closing.is_set():
                if ear.get_message(timeout=1) is not None:  # the first one confirms the subscription
                    self.wake()


class RedisBell:
    """Publishes from a thread of its own, so that a slow Redis never holds up a webhook; rings in a burst are one."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def ring(self) -> None:
        """Wake the workers soon; returns at once and never raises."""
        self._wanted.set()
        with self._lock:
            # Started here and not in the constructor: a server may fork between the two.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._publish, name="jobs-bell", daemon=True)
                self._thread.start()

    def _publish(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._client.publish(CHANNEL, "")
            except (redis.RedisError, OSError) as error:
                _log.warning("jobs.bell-lost", error=type(error).__name__)


def waker_for(database: Database, redis_url: str | None = None) -> Waker:
    """The waker that fits: SQLite's own, Redis where it is named, else LISTEN."""
    if database.is_sqlite:
        return SqliteWaker(database)
    return RedisWaker(redis_url) if redis_url else PostgresWaker(database)


def ring_after_commit(database: Database, bell: RedisBell) -> None:
    """Ring whenever a transaction that enqueued something gave its connection back (a roll-back rings for nothing)."""

    @event.listens_for(database.engine, "checkin")
    def checkin(_: object, record: Any) -> None:
        if record.info.pop(ENQUEUED, False):
            bell.ring()


def _detached(database: Database) -> Any:
    """A connection of the driver outside the pool, with the settings of the pool."""
    connection = database.engine.raw_connection()
    driver: Any = connection.dbapi_connection
    connection.detach()
    return driver
