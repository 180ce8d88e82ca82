"""Brings every table into the metadata, wherever its package keeps it."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("core", "audit", "directory", "verification", "desk", "ivr")

_broken: list[str] = []


@lru_cache(maxsize=1)
def load() -> None:
    """Import the modules that declare tables; one that does not import yet is named at the end of the run."""
    for file in (file for package in PACKAGES for file in sorted((PROJECT / package).rglob("*.py"))):
        if "__tablename__" not in file.read_text():
            continue
        name = ".".join(file.relative_to(PROJECT).with_suffix("").parts)
        try:
            import_module(name)
        except Exception as error:  # noqa: BLE001
            _broken.append(f"tables of {name} are missing, it does not import: {error!r}")


def closing_lines() -> list[str]:
    return _broken
