"""A PostgreSQL database of one test process: made once, emptied between tests, dropped at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

DEFAULT = "postgresql://postgres@127.0.0.1:5432/postgres"
_PREFIX = "vouchline_test_"
_LOCK = 7_410_022  # any number: test processes take turns when they make and sweep databases


class NoServerError(Exception):
    """Nobody answers at the address."""


@dataclass(frozen=True)
class TestDatabase:
    """A database and the open connection that empties it and keeps other processes from sweeping it."""

    __test__ = False
    url: str
    connection: psycopg.Connection

    def empty(self) -> None:
        """Remove every row, past triggers that forbid it, and start the sequences anew."""
        tables = self.connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        deletes = [sql.SQL("DELETE FROM {};").format(sql.Identifier(name)) for (name,) in tables]
        self.connection.execute(sql.Composed([*deletes, sql.SQL(_RESTART_SEQUENCES)]))


@contextmanager
def database(server: str) -> Iterator[TestDatabase]:
    """A new, bare database on the server whose maintenance database is named by a URL. Raises `NoServerError`."""
    name = f"{_PREFIX}{os.getpid()}_{os.urandom(3).hex()}"
    url = make_url(server).set(database=name)
    try:
        admin = _connect(make_url(server))
    except psycopg.OperationalError as error:
        raise NoServerError(f"no answer ({str(error).splitlines()[0]})") from None
    with admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        _sweep(admin)
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        connection = _connect(url)
        admin.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        try:
            # A replica's role fires no trigger: neither foreign keys nor the rule that audit entries stay.
            connection.execute("SET session_replication_role = replica")
            connection.execute("SET lock_timeout = '5s'")
            yield TestDatabase(
                url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False), connection
            )
        finally:
            connection.close()
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _connect(url: URL) -> psycopg.Connection:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True, connect_timeout=3)


def _sweep(admin: psycopg.Connection) -> None:
    """Drop what killed processes left: nobody is connected to those."""
    left = admin.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = pg_database.datname)",
        [_PREFIX],
    ).fetchall()
    for (name,) in left:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


_RESTART_SEQUENCES = """
SELECT setval(format('%I', sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""
