"""Every module that declares tables; a test compares this list with the code."""

from __future__ import annotations

from importlib import import_module

MODULES = (
    "core.counters",
    "core.jobs.store",
    "audit.models",
    "directory.models",
    "verification.decisions",
    "verification.evidence",
    "verification.limits",
    "verification.models",
    "desk.models",
    "ivr.models",
)


def load() -> None:
    """Bring every table into `core.database.Base.metadata`."""
    for name in MODULES:
        import_module(name)
