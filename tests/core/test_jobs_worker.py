"""The worker's loop: wake-ups, places, races, hung handlers and the end. Latencies are the bench's business."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import OperationalError

from core.clock import ManualClock
from core.database import Database
from core.jobs import Handler, Job, RedisBell, Waker, Worker, enqueue, ring_after_commit, waker_for
from core.jobs.store import JobRow
from core.jobs.wake import RedisWaker

PATIENT = 10.0
"""Seconds a test waits before it fails; none waits so long when it passes."""


@contextmanager
def running(*workers: Worker) -> Iterator[None]:
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join(PATIENT)
    assert not any(thread.is_alive() for thread in threads)


def ask(database: Database, clock: ManualClock, kind: str = "greet", after: float = 0, times: int = 1) -> None:
    with database.begin() as tx:
        for _ in range(times):
            enqueue(tx, kind, {}, now=clock.now(), due=clock.now() + timedelta(seconds=after))


def states(database: Database) -> Counter[tuple[str, int]]:
    with database.read() as tx:
        return Counter((row.state, row.attempts) for row in tx.execute(select(JobRow.state, JobRow.attempts)))


class Bell:
    """A handler that sets an event."""

    def __init__(self) -> None:
        self.rung = threading.Event()

    def __call__(self, _: Job) -> None:
        self.rung.set()

    def wait(self) -> bool:
        return self.rung.wait(PATIENT)


class Asleep:
    """Wraps a waker and tells when the worker first sleeps, so that a test can enqueue after it looked."""

    def __init__(self, waker: Waker) -> None:
        self._waker = waker
        self._waits = 0
        self.deep = threading.Event()

    def wait(self, seconds: float) -> None:
        self._waits += 1
        if self._waits > 3:  # the first waits end at once: a waker that just connected may have missed something
            self.deep.set()
        self._waker.wait(seconds if self._waits > 3 else 0)

    def wake(self) -> None:
        self._waker.wake()

    def close(self) -> None:
        self._waker.close()


@contextmanager
def sleeping(database: Database, clock: ManualClock, waker: Waker, handlers: dict[str, Handler]) -> Iterator[None]:
    """A worker that fell asleep for longer than a test waits: only a wake-up makes it look again."""
    asleep = Asleep(waker)
    with running(Worker(database, clock, handlers, poll=2 * PATIENT, waker=asleep)):
        assert asleep.deep.wait(PATIENT)
        yield
    asleep.close()


def test_a_commit_wakes_a_sleeping_worker(database: Database, clock: ManualClock) -> None:
    bell = Bell()
    with sleeping(database, clock, waker_for(database), {"greet": bell}):
        ask(database, clock)
        assert bell.wait()


def test_a_job_that_falls_due_wakes_the_worker_by_itself(database: Database, clock: ManualClock) -> None:
    bell = Bell()
    with sleeping(database, clock, waker_for(database), {"greet": bell}):
        ask(database, clock, after=0.3)
        clock.advance(timedelta(seconds=0.3))
        assert bell.wait()


def test_redis_wakes_a_worker_when_it_is_named(
    postgresql_database: Database, clock: ManualClock, redis_url: str
) -> None:
    bell = Bell()
    waker = waker_for(postgresql_database, redis_url)
    assert isinstance(waker, RedisWaker)
    ring_after_commit(postgresql_database, RedisBell(redis_url))
    with sleeping(postgresql_database, clock, waker, {"greet": bell}):
        ask(postgresql_database, clock)
        assert bell.wait()
    postgresql_database.close()


def test_a_redis_that_is_away_costs_a_poll_and_no_job(sqlite_database: Database, clock: ManualClock) -> None:
    bell, away = Bell(), "redis://127.0.0.1:1/0"
    ring_after_commit(sqlite_database, RedisBell(away))
    waker = RedisWaker(away)
    with running(Worker(sqlite_database, clock, {"greet": bell}, poll=0.05, waker=waker)):
        ask(sqlite_database, clock)
        assert bell.wait()
    waker.close()


def test_a_listener_that_was_cut_off_connects_again(postgresql_database: Database, clock: ManualClock) -> None:
    bell = Bell()
    with running(Worker(postgresql_database, clock, {"greet": bell}, poll=0.05)):
        with postgresql_database.begin() as tx:
            tx.execute(text(_CUT_OTHERS))
        ask(postgresql_database, clock)
        assert bell.wait()
    postgresql_database.close()


def test_two_workers_run_each_job_once(database: Database, clock: ManualClock) -> None:
    seen: list[str] = []
    ask(database, clock, times=60)
    done = threading.Event()

    def handler(job: Job) -> None:
        seen.append(job.id)
        if len(seen) >= 60:
            done.set()

    with running(*(Worker(database, clock, {"greet": handler}, poll=0.05) for _ in range(2))):
        assert done.wait(PATIENT)
    assert len(seen) == len(set(seen)) == 60
    assert states(database) == {("done", 1): 60}


class TestHungHandlers:
    def test_they_leave_a_place_for_other_kinds(self, database: Database, clock: ManualClock) -> None:
        bell, release = Bell(), threading.Event()
        ask(database, clock, kind="hang", times=5)

        def hang(_: Job) -> None:
            release.wait(PATIENT)

        handlers: dict[str, Handler] = {"hang": hang, "greet": bell}
        with running(Worker(database, clock, handlers, threads=3, poll=0.05)):
            ask(database, clock)
            assert bell.wait()
            release.set()

    def test_one_that_hangs_past_patience_is_tried_again_and_its_late_end_is_ignored(
        self, database: Database, clock: ManualClock
    ) -> None:
        second, release = threading.Event(), threading.Event()

        def handler(job: Job) -> None:
            if job.attempt > 1:
                second.set()
                return
            clock.advance(timedelta(seconds=61))  # the lease runs out meanwhile
            release.wait(PATIENT)

        ask(database, clock)
        with running(Worker(database, clock, {"greet": handler}, poll=0.05, patience=0.1)):
            assert second.wait(PATIENT)
            release.set()
        for thread in threading.enumerate():
            if thread.name == "job greet":  # the late one: no worker waits for it any more
                thread.join(PATIENT)
        assert states(database) == {("done", 2): 1}


class TestTheEnd:
    def test_running_handlers_end_and_nothing_new_begins(self, database: Database, clock: ManualClock) -> None:
        begun, release = threading.Event(), threading.Event()

        def handler(_: Job) -> None:
            begun.set()
            release.wait(PATIENT)

        worker = Worker(database, clock, {"greet": handler}, threads=1)
        ask(database, clock, times=2)
        with running(worker):
            assert begun.wait(PATIENT)
            worker.stop()
            release.set()
        assert states(database) == {("done", 1): 1, ("ready", 0): 1}

    def test_a_worker_stopped_before_it_ran_does_nothing(self, database: Database, clock: ManualClock) -> None:
        worker = Worker(database, clock, {"greet": Bell()})
        ask(database, clock)
        worker.stop()
        worker.run()
        assert states(database) == {("ready", 0): 1}


class TestTrouble:
    def test_the_loop_outlives_a_clock_that_is_away(self, database: Database, clock: ManualClock) -> None:
        class Shy(ManualClock):
            asked = 0

            def now(self) -> datetime:
                self.asked += 1
                if self.asked == 1:
                    raise OSError("no answer")
                return super().now()

        bell = Bell()
        ask(database, clock)
        with running(Worker(database, Shy(clock.now()), {"greet": bell}, poll=0.05)):
            assert bell.wait()

    def test_a_closing_that_fails_is_tried_again_and_the_deed_is_not(
        self, database: Database, clock: ManualClock
    ) -> None:
        seen: list[Job] = []
        ask(database, clock)
        break_once(database.engine, "UPDATE jobs SET state")
        Worker(database, clock, {"greet": seen.append}).run_due()
        assert len(seen) == 1
        assert states(database) == {("done", 1): 1}

    def test_system_exit_in_a_handler_ends_only_its_attempt(self, database: Database, clock: ManualClock) -> None:
        def handler(_: Job) -> None:
            raise SystemExit(3)

        ask(database, clock)
        assert Worker(database, clock, {"greet": handler}).run_due() == 1
        assert states(database) == {("ready", 1): 1}


def break_once(engine: Engine, statement_start: str) -> None:
    """The database goes away once, in the second statement that starts so (the first is the claim)."""
    left = [2]

    @event.listens_for(engine, "before_cursor_execute")
    def listener(conn: object, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(statement_start):
            left[0] -= 1
            if left[0] == 0:
                raise OperationalError(statement, {}, OSError("gone"))


_CUT_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'
"""
