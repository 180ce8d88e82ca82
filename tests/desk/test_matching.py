"""Wishes for a match are joined where they are carried out, and none is lost."""

from __future__ import annotations

import threading
import time
from typing import Any

from sqlalchemy import event, func, select

from core.database import Database
from desk.context import Context
from desk.matching import Matcher
from desk.models import Reservation
from tests.desk.floor import put_agent, put_caller


def test_wishes_that_pile_up_behind_a_run_cost_one_more_run(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada")
    matcher, runs = Matcher(database, desk), Runs(database)
    threads = [threading.Thread(target=matcher.run, args=("worldwide",)) for _ in range(8)]
    threads[0].start()
    runs.entered.wait(5)
    for thread in threads[1:]:
        thread.start()
    while matcher._turns["worldwide"]._wished < len(threads):
        time.sleep(0.001)
    runs.go_on.set()
    for thread in threads:
        thread.join()
    assert runs.count == 2


def test_a_caller_who_comes_while_a_run_reads_is_seen_by_the_next(database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "ada")
    matcher, runs = Matcher(database, desk), Runs(database)
    first = threading.Thread(target=matcher.run, args=("worldwide",))
    first.start()
    runs.entered.wait(5)
    second = threading.Thread(target=_join_and_match, args=(database, desk, matcher, runs))
    second.start()
    first.join()
    second.join()
    with database.read() as tx:
        assert tx.execute(select(func.count()).select_from(Reservation)).scalar_one() == 1


def _join_and_match(database: Database, desk: Context, matcher: Matcher, runs: Runs) -> None:
    with database.begin() as tx:
        put_caller(tx, desk, 1)
    runs.go_on.set()
    matcher.run("worldwide")


class Runs:
    """Counts how often the floor is read, and holds the first reader until `go_on`."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        self.entered = threading.Event()
        self.go_on = threading.Event()
        event.listen(database.engine, "after_cursor_execute", self._seen)

    def _seen(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM agents" not in statement or "agents.state = " not in statement:
            return
        self.count += 1
        if self.count == 1:
            self.entered.set()
            self.go_on.wait(5)
