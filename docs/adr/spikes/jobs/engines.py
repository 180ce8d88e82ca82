"""The contestants of ADR 1 behind one face: the outbox of `core.jobs`, and DBOS in two ways of living in our database.

`dbos`: its own connections, as its documentation has it. `dbos-gated` (SQLite): an engine made for it that takes the
writer gate of `core.database` in every transaction, the only way found to make it queue with our writers.
DBOS polls; the interval is the one setting its latency hangs on. Each engine is imported when it is chosen, so that the
other one weighs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event

from core.database import Database, _prepare_sqlite

Handler = Callable[[str], None]
PLACES = 4


class Contestant(Protocol):
    """What every measurement needs of an engine."""

    def prepare(self) -> None: ...
    def enqueue(self, tx: Connection, number: str) -> None: ...
    def work(self, handler: Handler) -> None: ...


class OutboxContestant:
    """`core.jobs`. `ahead` shifts its clock, so that leases of a killed process have ended."""

    simulated = False

    def __init__(self, database: Database, ahead: float = 0) -> None:
        self._jobs: Any = import_module("core.jobs")
        self._database = database
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def prepare(self) -> None:
        """The table is one of ours and was made with them."""

    def enqueue(self, tx: Connection, number: str) -> None:
        self._jobs.enqueue(tx, "send", {"number": number}, now=self.now())

    def work(self, handler: Handler) -> None:
        worker = self._jobs.Worker(
            self._database, self, {"send": lambda job: handler(job.payload["number"])}, threads=PLACES
        )
        threading.Thread(target=worker.run, daemon=True).start()


class DbosContestant:
    """DBOS 3.4: a workflow without steps in a queue."""

    def __init__(self, database: Database, interval: float, *, gated: bool, executor: str = "one") -> None:
        dbos = import_module("dbos")
        self._dbos: Any = dbos.DBOS
        self._interval = interval
        self._url = database.url.render_as_string(hide_password=False)
        self._engine = _gated_engine(database) if gated else None
        self._executor = executor
        self._client_class: Any = dbos.DBOSClient
        self._client: Any = None

    def prepare(self) -> None:
        """Make its tables and its queue."""
        self._launch(engine=None, migrate=True)
        self._dbos.register_queue("q", worker_concurrency=PLACES, polling_interval_sec=self._interval)
        self._dbos.destroy()

    def enqueue(self, tx: Connection, number: str) -> None:
        if self._client is None:
            self._client = self._client_class(system_database_url=self._url)
        self._client.enqueue_in_transaction(tx, {"queue_name": "q", "workflow_name": "send"}, number)

    def work(self, handler: Handler) -> None:
        self._launch(engine=self._engine, migrate=False, handler=handler)

    def _launch(self, *, engine: Engine | None, migrate: bool, handler: Handler | None = None) -> None:
        self._dbos(
            config={
                "name": "spike",
                "system_database_url": self._url,
                "system_database_engine": engine,
                "run_migrations": migrate,
                "application_version": "1",
                "executor_id": self._executor,
                "run_admin_server": False,
                "log_level": "ERROR",
            }
        )
        if handler is not None:
            self._dbos.workflow(name="send")(handler)
        self._dbos.launch()


def contestant(
    name: str, database: Database, *, interval: float = 0.05, ahead: float = 0, executor: str = "one"
) -> Contestant:
    """The engine called `outbox`, `dbos` or `dbos-gated`."""
    if name == "outbox":
        return OutboxContestant(database, ahead)
    return DbosContestant(database, interval, gated=name == "dbos-gated", executor=executor)


def _gated_engine(database: Database) -> Engine | None:
    if not database.is_sqlite:
        return None
    gate = database._gate
    assert gate is not None
    engine = create_engine(database.url, pool_size=20)
    event.listen(engine, "connect", _prepare_sqlite)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        gate.__enter__()
        connection.info["gate"] = True
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def checkin(_: object, record: Any) -> None:
        if record.info.pop("gate", False):
            gate.__exit__()

    return engine
