"""An operator to register organisations with, and a helper that registers one number."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from core.clock import ManualClock
from core.database import Database
from core.keys import Keyring
from directory import models
from tests.directory.registering import Registrar


@pytest.fixture
def registrar(database: Database, clock: ManualClock, keyring: Keyring) -> Registrar:
    with database.begin() as tx:
        for code in ("worldwide", "germany"):
            tx.execute(insert(models.Operator), _operator(code))
    return Registrar(database, clock, keyring)


def _operator(code: str) -> dict[str, object]:
    empty: dict[str, object] = {"languages": [], "rules": [], "severities": [], "max_severity": {}}
    return empty | {"code": code, "name": code, "position": 0}
