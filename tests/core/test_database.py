"""The unit of work, aware time and two writers, on both databases."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError

from core.database import Database, Utc

PROJECT = Path(__file__).resolve().parent.parent.parent
MOMENT = datetime(2026, 11, 18, 10, 0, 0, 123456, tzinfo=UTC)

NOTES = Table(
    "test_notes",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc),
    Column("text", String, unique=True),
)


@pytest.fixture
def notes(database: Database) -> Iterator[Database]:
    with database.begin() as tx:
        NOTES.create(tx)
    yield database
    with database.begin() as tx:
        NOTES.drop(tx)


def count(database: Database) -> int:
    with database.read() as tx:
        return len(tx.execute(select(NOTES)).all())


def write(tx: Connection, number: int) -> None:
    tx.execute(insert(NOTES), {"id": number, "at": MOMENT, "text": str(number)})


def write_twice(tx: Connection, number: int) -> None:
    write(tx, number)
    write(tx, number)


def test_a_write_commits_at_the_end_of_its_block(notes: Database) -> None:
    with notes.begin() as tx:
        write(tx, 1)
    assert count(notes) == 1


def test_a_write_that_raises_leaves_nothing(notes: Database) -> None:
    with pytest.raises(IntegrityError), notes.begin() as tx:
        write_twice(tx, 1)
    assert count(notes) == 0


def test_what_was_written_while_reading_is_rolled_back(notes: Database) -> None:
    with notes.read() as tx:
        write(tx, 1)
    assert count(notes) == 0


def test_a_failed_write_does_not_hold_up_the_next_one(notes: Database) -> None:
    for _ in range(20):
        with pytest.raises(LookupError), notes.begin():
            raise LookupError
    with notes.begin() as tx:
        write(tx, 1)
    assert count(notes) == 1


def test_a_moment_comes_back_aware_and_in_utc_with_its_microseconds(notes: Database) -> None:
    eastern = MOMENT.astimezone(timezone(timedelta(hours=8)))
    with notes.begin() as tx:
        tx.execute(insert(NOTES), {"id": 1, "at": eastern, "text": "a"})
        found = tx.execute(select(NOTES.c.at)).scalar_one()
    assert found == MOMENT
    assert found.tzinfo is UTC


def test_moments_are_compared_as_moments(notes: Database) -> None:
    eastern = MOMENT.astimezone(timezone(timedelta(hours=8)))
    with notes.begin() as tx:
        write(tx, 1)
        assert tx.execute(select(NOTES).where(NOTES.c.at <= eastern)).all()
        assert not tx.execute(select(NOTES).where(NOTES.c.at < eastern)).all()


def test_a_naive_moment_is_refused(notes: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), notes.begin() as tx:
        tx.execute(insert(NOTES), {"id": 1, "at": MOMENT.replace(tzinfo=None), "text": "a"})


def test_the_row_count_of_an_insert_and_of_an_update_is_told(notes: Database) -> None:
    with notes.begin() as tx:
        assert tx.execute(insert(NOTES), {"id": 1, "at": MOMENT, "text": "a"}).rowcount == 1
        assert tx.execute(update(NOTES).where(NOTES.c.id == 1).values(text="b")).rowcount == 1
        assert tx.execute(update(NOTES).where(NOTES.c.id == 2).values(text="b")).rowcount == 0


def test_a_second_write_within_the_first_is_an_error_and_no_deadlock(sqlite_database: Database) -> None:
    with sqlite_database.begin(), pytest.raises(RuntimeError, match="already"), sqlite_database.begin():
        pass
    with sqlite_database.begin():
        pass


def test_the_text_of_an_error_holds_no_parameters(notes: Database) -> None:
    with pytest.raises(IntegrityError) as caught, notes.begin() as tx:
        write_twice(tx, 48291)
    assert MOMENT.isoformat() not in str(caught.value)
    assert "parameters hidden" in str(caught.value)


def test_readers_do_not_wait_for_a_writer(notes: Database) -> None:
    with notes.begin() as tx:
        write(tx, 1)
        assert count(notes) == 0


def test_eight_threads_that_read_and_then_write_all_succeed(notes: Database) -> None:
    faults: list[Exception] = []

    def work(start: int) -> None:
        try:
            for number in range(start, start + 10):
                with notes.begin() as tx:
                    tx.execute(select(NOTES)).all()
                    write(tx, number)
        except Exception as fault:  # noqa: BLE001
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(100 * part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert count(notes) == 80


WRITER = """
import sys
from sqlalchemy import text
from core.database import Database
database = Database(sys.argv[1])
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20):
    with database.begin() as tx:
        tx.execute(text("SELECT count(*) FROM test_notes")).scalar()
        tx.execute(text("INSERT INTO test_notes (id, text) VALUES (:id, :text)"), {"id": number, "text": str(number)})
"""


HOLDER = """
import sys, time
from sqlalchemy import text
from core.database import Database
with Database(sys.argv[1]).begin() as tx:
    tx.execute(text("INSERT INTO test_notes (id) VALUES (1)"))
    print("in", flush=True)
    time.sleep(60)
"""


def test_several_processes_may_write(notes: Database) -> None:
    url = notes.url.render_as_string(hide_password=False)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, url, str(100 * part)], cwd=PROJECT) for part in range(3)]
    assert [writer.wait(timeout=50) for writer in writers] == [0, 0, 0]
    assert count(notes) == 60


def test_a_writer_that_is_killed_sets_the_others_free(notes: Database) -> None:
    command = [sys.executable, "-c", HOLDER, notes.url.render_as_string(hide_password=False)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"in\n"
        holder.kill()
    started = time.monotonic()
    with notes.begin() as tx:
        write(tx, 1)
    assert time.monotonic() - started < 5
    assert count(notes) == 1


def test_sqlite_keeps_what_it_acknowledged(sqlite_database: Database) -> None:
    with sqlite_database.read() as tx:
        found = {
            name: tx.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_postgresql_bounds_how_long_a_statement_may_take(postgresql_database: Database) -> None:
    with postgresql_database.read() as tx:
        assert tx.execute(text("SHOW statement_timeout")).scalar() == "5s"
        assert tx.execute(text("SHOW lock_timeout")).scalar() == "5s"
        assert tx.execute(text("SHOW timezone")).scalar() == "UTC"
