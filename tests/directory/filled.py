"""A database with the shipped lines and the sample, for tests that only read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.clock import ManualClock
from core.database import Base, Database
from core.keys import Keyring
from directory import sample
from tests.directory import shipped


@dataclass(frozen=True)
class Filled:
    database: Database
    keyring: Keyring
    path: Path


def fill(path: Path) -> Filled:
    """Every table, the shipped files and the sample in a new SQLite file."""
    made = Filled(Database(f"sqlite:///{path}"), Keyring([b"a master secret made for the tests only"]), path)
    with made.database.begin() as tx:
        Base.metadata.create_all(tx)
    shipped.load(made.database)
    with made.database.begin() as tx:
        sample.load(tx, ManualClock(datetime(2026, 11, 18, 10, 0, tzinfo=UTC)), made.keyring)
    return made
