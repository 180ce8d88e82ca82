"""Brings every table into the metadata, wherever its package keeps it."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("core", "audit", "directory", "verification", "desk", "ivr")

_broken: list[str] = []


def modules() -> list[str]:
    """Names of the modules whose source declares a table."""
    files = (file for package in PACKAGES for file in (PROJECT / package).rglob("*.py"))
    return [
        ".".join(file.relative_to(PROJECT).with_suffix("").parts)
        for file in sorted(files)
        if "__tablename__" in file.read_text(encoding="utf-8")
    ]


@lru_cache(maxsize=1)
def load() -> None:
    """Import the modules that declare tables; one that does not import is named at the end of the run."""
    for name in modules():
        try:
            import_module(name)
        except Exception as error:  # noqa: BLE001 - one broken package must not stop the tests of all others
            _broken.append(f"tables of {name} are missing, it does not import: {error!r}")


def closing_lines() -> list[str]:
    return _broken
