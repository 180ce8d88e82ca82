"""A desk with its worker and a telephone network that remembers."""

from __future__ import annotations

import pytest

from core.clock import ManualClock
from core.database import Database
from core.jobs import Worker
from core.keys import Keyring
from desk.context import Context
from desk.work import handlers
from tests.desk.network import Addresses, Network
from verification.spending import Spending


@pytest.fixture
def desk(clock: ManualClock, keyring: Keyring) -> Context:
    return Context(clock, keyring)


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def worker(database: Database, clock: ManualClock, desk: Context, network: Network) -> Worker:
    rules = {"worldwide": Spending(countries=frozenset({"US", "CA", "DE"}))}
    return Worker(database, clock, handlers(database, desk, network, Addresses(), rules))
