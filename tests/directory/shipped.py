"""The directory of the shipped files, read once; pure tests share it."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from core.database import Database
from directory import book, loading
from directory.book import Book
from directory.numbers import CallerId, CallerKind

UNKNOWN = CallerId(CallerKind.WITHHELD)


def load(database: Database) -> Book:
    """Load the shipped files and the sample's SIP addresses."""
    with database.begin() as tx:
        loading.load_shipped(tx)
        loading.open_sample_ingresses(tx)
    with database.read() as tx:
        return book.current(tx)


@cache
def entries() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _json("support_lines.json")
    return found


@cache
def clouds() -> dict[str, Any]:
    found: dict[str, Any] = _json("cloud_lines.json")
    return found


def number(raw: str) -> CallerId:
    found = CallerId.read(raw)
    if found.e164 is None:
        raise ValueError("a test needs a usable number")
    return found


def _json(name: str) -> Any:
    return json.loads((files("directory") / "data" / name).read_bytes())
