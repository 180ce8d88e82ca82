"""A town to call in: SQLite for most stories, both databases where the database matters."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.database import Database
from core.keys import Keyring
from desk import sample as agents_sample
from desk.context import Context
from directory import loading
from directory import sample as directory_sample
from tests.calls.town import Town, town
from tests.support import postgres


@pytest.fixture
def clock() -> ManualClock:
    """Wednesday, 10:00 in New York, 16:00 in Berlin, 23:00 in Beijing: English, German and 21Vianet desks are open."""
    return ManualClock(datetime(2026, 11, 18, 15, 0, tzinfo=UTC))


def fill(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    """Lines, sample organisations and sample agents."""
    with database.begin() as tx:
        loading.load_shipped(tx)
        loading.open_sample_ingresses(tx)
    with database.begin() as tx:
        directory_sample.load(tx, clock, keyring)
        agents_sample.load(tx, Context(clock, keyring))


@pytest.fixture(scope="session")
def filled_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "filled.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    fill(
        database,
        ManualClock(datetime(2026, 11, 1, tzinfo=UTC)),
        Keyring([b"a master secret made for the tests only"]),
    )
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def here(filled_template: Path, clock: ManualClock, tmp_path: Path) -> Iterator[Town]:
    """A town on SQLite."""
    path = tmp_path / "vouchline.db"
    shutil.copyfile(filled_template, path)
    with town(f"sqlite:///{path}", clock, tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, clock: ManualClock, keyring: Keyring, tmp_path: Path) -> Iterator[Town]:
    """A town once on each database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("here")
        return
    found: postgres.TestDatabase = request.getfixturevalue("postgres_database")
    found.empty()
    database = Database(found.url)
    fill(database, clock, keyring)
    database.close()
    with town(found.url, clock, tmp_path) as made:
        yield made
