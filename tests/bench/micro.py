"""Two things every webhook does, alone: look a number up, and append to the log. In this process, on SQLite."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from sqlalchemy import Connection

from app import Parts
from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action, Outcome
from core.settings import load
from directory import people
from directory.numbers import CallerId
from tests.bench import town


def show(console: Console, times: int) -> None:
    """Print what one of each costs."""
    with tempfile.TemporaryDirectory(prefix="vouchline-bench-") as folder:
        parts = Parts(load(town.environment(f"sqlite:///{Path(folder) / 'micro.db'}", Path(folder), 1)))
        try:
            parts.prepare()
            number = town.register(parts, 50).numbers[0]
            found = _timed(parts, times, lambda tx: _recognised(tx, parts, number))
            written = _timed(parts, times, lambda tx: _appended(tx, parts))
        finally:
            parts.database.close()
    console.print(f"caller looked up by number: {found:.0f} µs; one entry appended to the log: {written:.0f} µs")


def _timed(parts: Parts, times: int, act: Callable[[Connection], None]) -> float:
    """Microseconds of one act, all in one transaction."""
    with parts.database.begin() as tx:
        for _ in range(10):
            act(tx)
        start = time.perf_counter()
        for _ in range(times):
            act(tx)
        return (time.perf_counter() - start) / times * 1e6


def _recognised(tx: Connection, parts: Parts, number: str) -> None:
    if not people.recognise(tx, parts.keyring, town.OPERATOR, CallerId.read(number)).organisations:
        raise LookupError("the registered number was not recognised")


def _appended(tx: Connection, parts: Parts) -> None:
    entry = Entry("service", "bench", Action.HEARTBEAT, Outcome.SUCCESS, town.OPERATOR, call="CA0", facts={"n": 1})
    append(tx, parts.clock, parts.keyring, entry)
