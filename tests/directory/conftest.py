"""Operators to register organisations with, a helper that registers numbers, and the book of the shipped files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import insert

from core.clock import ManualClock
from core.database import Base, Database
from core.keys import Keyring
from directory import book as books
from directory import models
from directory.book import Book
from tests.directory import shipped
from tests.directory.filled import Filled, fill
from tests.directory.registering import Registrar


@pytest.fixture
def registrar(database: Database, clock: ManualClock, keyring: Keyring) -> Registrar:
    with database.begin() as tx:
        for code in ("worldwide", "germany"):
            tx.execute(insert(models.Operator), _operator(code))
    return Registrar(database, clock, keyring)


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the shipped lines, for tests that only read, or that fail to write."""
    found = Database(f"sqlite:///{tmp_path_factory.mktemp('book') / 'book.db'}")
    with found.begin() as tx:
        Base.metadata.create_all(tx)
    shipped.load(found)
    yield found
    found.close()


@pytest.fixture(scope="session")
def book(loaded: Database) -> Book:
    """What the shipped files say, read once: nothing in a book can be changed."""
    with loaded.read() as tx:
        return books.current(tx)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """The shipped lines and the sample, made once: tests only read it."""
    found = fill(tmp_path_factory.mktemp("filled") / "filled.db")
    yield found
    found.database.close()


def _operator(code: str) -> dict[str, object]:
    empty: dict[str, object] = {"languages": [], "rules": [], "severities": [], "max_severity": {}}
    return empty | {"code": code, "name": code, "position": 0}
