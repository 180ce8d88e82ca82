"""`vouchline lines` and `vouchline incidents`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from audit.models import AuditEntry
from core.clock import ManualClock
from core.database import Database
from core.errors import VouchlineError
from core.keys import Keyring
from core.settings import Settings, load
from directory import loading
from directory.commands import incidents as incidents_group
from directory.commands import lines as lines_group
from tests.directory import shipped

GOOD = {"--operator": "worldwide", "--text": "en=Mail is slow."}


@dataclass
class Parts:
    """What the composition root gives to commands."""

    settings: Settings
    database: Database
    clock: ManualClock
    keyring: Keyring


def settings(**more: str) -> Settings:
    given = {"VOUCHLINE_ENV": "development", "VOUCHLINE_SECRET_KEY": "a secret long enough for every rule there"}
    return load(given | more)


@pytest.fixture
def parts(sqlite_database: Database, clock: ManualClock, keyring: Keyring) -> Parts:
    shipped.load(sqlite_database)
    return Parts(settings(), sqlite_database, clock, keyring)


def run(parts: Parts, group: click.Group, *arguments: str | Path) -> str:
    result = CliRunner().invoke(group, [str(each) for each in arguments], obj=lambda: parts)
    if isinstance(result.exception, VouchlineError):
        return f"refused: {result.exception}"
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def lines(parts: Parts, *arguments: str | Path) -> str:
    return run(parts, lines_group, *arguments)


def incidents(parts: Parts, *arguments: str) -> str:
    return run(parts, incidents_group, *arguments)


def shown(parts: Parts, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(lines(parts, "show", *arguments, "--json"))
    return found


def on_record(parts: Parts) -> list[tuple[str, str | None]]:
    with parts.database.read() as tx:
        return [(row.action, row.operator) for row in tx.execute(select(AuditEntry.action, AuditEntry.operator))]


def told(parts: Parts, region: str, operator: str = "worldwide") -> list[str]:
    """What a caller of the region hears, read as the next call reads it."""
    with parts.database.read() as tx:
        book = loading_book(tx)
    return [each.texts["en"] for each in book.incidents_for(operator, region, parts.clock.now())]


def loading_book(tx: Any) -> Any:
    from directory import book  # noqa: PLC0415

    return book.current(tx)


def entry(**changes: Any) -> dict[str, Any]:
    """A new region in the form of the shipped ones: Samoa's neighbour that the files do not have."""
    model = next(each for each in shipped.entries() if each["id"] == "austria")
    return {**model, "id": "nowhere-land", "region": "AQ", "timezone": "Antarctica/Troll", **changes}


def written(folder: Path, *entries: dict[str, Any], name: str = "more.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(list(entries)), encoding="utf-8")
    return path
