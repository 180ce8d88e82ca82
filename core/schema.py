"""Whether the database has the schema that this code needs; asked by probes, so without Alembic (11 MB a process)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sqlalchemy import inspect, text

from core.database import Database

FOLDER = Path(__file__).resolve().parent.parent / "migrations"


def is_current(database: Database) -> bool:
    """Whether the database is at the newest revision; cheap enough for a probe."""
    with database.read() as tx:
        if not inspect(tx).has_table("alembic_version"):
            return False
        return list(tx.execute(text("SELECT version_num FROM alembic_version")).scalars()) == [newest()]


@lru_cache(maxsize=1)
def newest() -> str | None:
    """The newest revision that ships with this code; None while there is none. Files are named by their revision."""
    names = [file.name for file in (FOLDER / "versions").glob("[0-9]*_*.py")]
    return max(names).partition("_")[0] if names else None
