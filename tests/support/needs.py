"""What a machine may lack: skipped by name, or a failure when `REQUIRE` names it."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

HOW = {
    "postgres": "start PostgreSQL on 127.0.0.1:5432 or set VOUCHLINE_TEST_POSTGRES=postgresql://user:password@host:5432/postgres",
    "redis": "start Redis on 127.0.0.1:6379 or set VOUCHLINE_TEST_REDIS=redis://host:6379/15",
    "browser": "install chromium or set VOUCHLINE_TEST_BROWSER to its program file",
    "shared": "put the shared folder beside the checkout or set VOUCHLINE_SHARED",
}


def required() -> frozenset[str]:
    """What `REQUIRE` names; a name nobody knows is an error, or a typing mistake would skip silently."""
    names = frozenset(filter(None, os.environ.get("REQUIRE", "").replace(" ", "").split(",")))
    if unknown := names - HOW.keys():
        raise pytest.UsageError(f"REQUIRE names {', '.join(sorted(unknown))}; known are {', '.join(HOW)}")
    return names


def missing(what: str, why: str) -> NoReturn:
    """Skip the running test for want of `what`, or fail it when it is required."""
    sentence = f"needs {what}: {why}"
    if what in required():
        pytest.fail(f"{sentence} (REQUIRE names it)", pytrace=False)
    pytest.skip(sentence)


def closing_lines(reasons: list[str]) -> list[str]:
    """One line for each thing that was missing, with how many tests it cost and how to get it."""
    counts = {what: sum(f"needs {what}:" in reason for reason in reasons) for what in HOW}
    return [f"skipped {count} for want of {what}: {HOW[what]}" for what, count in counts.items() if count]
