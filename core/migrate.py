"""Brings a database to the newest schema, once, however many processes start together.

The whole way up is one transaction on both databases, so a process that is killed half-way leaves the old schema.
Only the commands that start the service and `vouchline db` call this; an import never does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, NullPool, create_engine, event, text

from core.database import Database
from core.errors import VouchlineError
from core.schema import FOLDER

_LOCK = 7_410_021  # any number that no other program takes in this database
_WAIT = 60  # seconds to wait for another process that is migrating


class SchemaError(VouchlineError):
    """The database cannot be brought to the newest schema."""

    code = "schema"


def upgrade(database: Database, to: str = "head") -> None:
    """Make the database (a SQLite file with its folder, too, for its owner alone) and bring it up."""
    with _alone(database) as tx:
        command.upgrade(_config(tx), to)


def downgrade(database: Database, to: str) -> None:
    """Bring the schema down to a revision; `base` removes everything."""
    with _alone(database) as tx:
        command.downgrade(_config(tx), to)


def write_revision(database: Database, message: str) -> None:
    """Write the next revision from the difference between an upgraded database and the models that are imported."""
    with _alone(database) as tx:
        command.revision(_config(tx), message, autogenerate=True, rev_id=f"{_count() + 1:04}")


def _count() -> int:
    return sum(1 for _ in ScriptDirectory(str(FOLDER)).walk_revisions())


def _config(tx: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = tx
    return config


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction that no second migrating process can be in at the same time."""
    engine = create_engine(database.url, poolclass=NullPool, connect_args=_arguments(database))
    if database.is_sqlite:
        _make_file(database.url)
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as tx:
        if not database.is_sqlite:
            tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        yield tx
        if database.is_sqlite and (broken := tx.exec_driver_sql("PRAGMA foreign_key_check").all()):
            tables = ", ".join(sorted({str(row[0]) for row in broken}))
            raise SchemaError(f"the migration would leave rows without their parents in {tables}; nothing was changed")


def _arguments(database: Database) -> dict[str, object]:
    if database.is_sqlite:
        return {"timeout": _WAIT}
    return {"options": f"-c lock_timeout={_WAIT}s -c statement_timeout=0 -c timezone=UTC", "connect_timeout": 3}


def _make_file(url: URL) -> None:
    path = Path(str(url.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)


def _leave_transactions_to_us(connection: Any, _: object) -> None:
    connection.isolation_level = None
    # SQLite alters a table by copying it; with foreign keys on, dropping the old one would delete its children.
    connection.execute("PRAGMA foreign_keys=OFF")
