"""The outbox: what commits runs, what rolls back never was, and what a key, an error and a lost lease mean."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Connection, Row, select

from core.clock import ManualClock
from core.database import Database
from core.errors import RefusedError
from core.jobs import GiveUp, Handler, Job, Retry, Worker, enqueue, every, lag, sweep
from core.jobs.store import JobRow, claim, close, outlook, recover, renew
from core.jobs.store import Outcome as Ending

SECOND = timedelta(seconds=1)


class Diary:
    """A handler that remembers its jobs and answers each with the next of `answers` (then with success)."""

    def __init__(self, *answers: Exception) -> None:
        self.jobs: list[Job] = []
        self._answers = list(answers)

    def __call__(self, job: Job) -> None:
        self.jobs.append(job)
        if self._answers:
            raise self._answers.pop(0)


def worker(database: Database, clock: ManualClock, handler: Handler) -> Worker:
    return Worker(database, clock, {"greet": handler}, chance=lambda: 0.5)


def ask(database: Database, clock: ManualClock, **more: object) -> str:
    with database.begin() as tx:
        return enqueue(tx, "greet", {"who": "Ada"}, now=clock.now(), **more)  # type: ignore[arg-type]


def row(database: Database, job: str) -> Row[tuple[JobRow]]:
    with database.read() as tx:
        return tx.execute(select(JobRow.__table__).where(JobRow.id == job)).one()


def test_a_committed_job_runs_once(database: Database, clock: ManualClock) -> None:
    seen = Diary()
    job = ask(database, clock, key="k")
    assert worker(database, clock, seen).run_due() == 1
    assert worker(database, clock, seen).run_due() == 0
    assert seen.jobs == [Job(job, "greet", {"who": "Ada"}, 1, clock.now(), "k")]
    assert row(database, job).state == "done"


def test_a_rolled_back_job_never_was(database: Database, clock: ManualClock) -> None:
    with database.read() as tx:
        enqueue(tx, "greet", {}, now=clock.now())
    assert worker(database, clock, Diary()).run_due() == 0


def test_a_job_waits_for_its_due_time_by_the_given_clock(database: Database, clock: ManualClock) -> None:
    ask(database, clock, due=clock.now() + 10 * SECOND)
    clock.advance(10 * SECOND - timedelta(microseconds=1))
    assert worker(database, clock, Diary()).run_due() == 0
    clock.advance(timedelta(microseconds=1))
    assert worker(database, clock, Diary()).run_due() == 1


def test_the_job_that_is_due_longest_comes_first(database: Database, clock: ManualClock) -> None:
    seen = Diary()
    later, sooner = (ask(database, clock, due=clock.now() + n * SECOND) for n in (2, 1))
    clock.advance(5 * SECOND)
    worker(database, clock, seen).run_due()
    assert [job.id for job in seen.jobs] == [sooner, later]


def test_a_handler_may_enqueue_the_next_job(database: Database, clock: ManualClock) -> None:
    again = Diary()

    def first(job: Job) -> None:
        with database.begin() as tx:
            enqueue(tx, "then", job.payload, now=clock.now())

    ask(database, clock)
    assert Worker(database, clock, {"greet": first, "then": again}).run_due() == 2
    assert again.jobs[0].payload == {"who": "Ada"}


def test_a_kind_nobody_handles_is_left_to_other_workers(database: Database, clock: ManualClock) -> None:
    job = ask(database, clock)
    assert Worker(database, clock, {"other": Diary()}).run_due() == 0
    assert row(database, job).state == "ready"


class TestKeys:
    def test_a_second_job_with_the_key_of_an_open_one_is_the_first(
        self, database: Database, clock: ManualClock
    ) -> None:
        assert ask(database, clock, key="a") == ask(database, clock, key="a")
        assert worker(database, clock, Diary()).run_due() == 1

    def test_a_second_job_with_the_key_of_a_done_one_is_not_run(self, database: Database, clock: ManualClock) -> None:
        first = ask(database, clock, key="a")
        worker(database, clock, Diary()).run_due()
        assert ask(database, clock, key="a") == first
        assert worker(database, clock, Diary()).run_due() == 0

    def test_a_dead_job_frees_its_key(self, database: Database, clock: ManualClock) -> None:
        first = ask(database, clock, key="a")
        worker(database, clock, Diary(GiveUp("no"))).run_due()
        assert ask(database, clock, key="a") != first

    def test_kinds_do_not_share_keys(self, database: Database, clock: ManualClock) -> None:
        with database.begin() as tx:
            assert enqueue(tx, "a", {}, now=clock.now(), key="k") != enqueue(tx, "b", {}, now=clock.now(), key="k")

    def test_jobs_without_a_key_are_all_run(self, database: Database, clock: ManualClock) -> None:
        assert ask(database, clock) != ask(database, clock)
        assert worker(database, clock, Diary()).run_due() == 2


class TestErrors:
    def test_an_error_backs_off_longer_each_time_and_then_buries(self, database: Database, clock: ManualClock) -> None:
        seen = Diary(*[OSError("secret detail") for _ in range(9)])
        job, ran_at = ask(database, clock), []
        for _ in range(60):
            if worker(database, clock, seen).run_due():
                ran_at.append(clock.now())
            clock.advance(SECOND)
        gaps = [(b - a).total_seconds() for a, b in pairwise(ran_at)]
        assert gaps == [2, 4, 8, 16]
        assert row(database, job).state == "dead"
        assert row(database, job).last_error == "OSError"

    @pytest.mark.parametrize(("chance", "seconds"), [(0.0, 1.0), (0.999999, 3.0)])
    def test_the_wait_is_spread_by_half(
        self, database: Database, clock: ManualClock, chance: float, seconds: float
    ) -> None:
        job, start = ask(database, clock), clock.now()
        Worker(database, clock, {"greet": Diary(OSError())}, chance=lambda: chance).run_due()
        assert (row(database, job).due_at - start).total_seconds() == pytest.approx(seconds, abs=0.001)

    def test_an_error_of_ours_is_kept_by_its_code(self, database: Database, clock: ManualClock) -> None:
        job = ask(database, clock)
        worker(database, clock, Diary(RefusedError("of Ada"))).run_due()
        assert row(database, job).last_error == "refused"

    def test_a_retry_comes_back_when_it_says_and_as_often_as_it_says(
        self, database: Database, clock: ManualClock
    ) -> None:
        seen = Diary(*[Retry(30 * SECOND, "provider-busy") for _ in range(8)])
        job = ask(database, clock)
        for _ in range(8):
            assert worker(database, clock, seen).run_due() == 1
            assert row(database, job).last_error == "provider-busy"
            clock.advance(30 * SECOND)
        worker(database, clock, seen).run_due()
        assert [one.attempt for one in seen.jobs] == list(range(1, 10))
        assert row(database, job).state == "done"

    def test_giving_up_buries_at_once(self, database: Database, clock: ManualClock) -> None:
        job = ask(database, clock)
        worker(database, clock, Diary(GiveUp("bad-address"))).run_due()
        assert (row(database, job).state, row(database, job).last_error) == ("dead", "bad-address")
        clock.advance(timedelta(hours=1))
        assert worker(database, clock, Diary()).run_due() == 0

    def test_no_payload_and_no_error_text_is_logged(
        self, database: Database, clock: ManualClock, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ask(database, clock)
        worker(database, clock, Diary(OSError("secret detail"))).run_due()
        printed = "".join(capsys.readouterr())
        assert "OSError" in printed
        assert not {word for word in ("secret detail", "Ada") if word in printed}


def taken(tx: Connection, now: datetime, owner: str = "one", most: int = 9) -> list[Job]:
    return claim(tx, now, owner=owner, room={"greet": most}, most=most)


class TestLeases:
    def test_a_claimed_job_is_not_claimed_again(self, database: Database, clock: ManualClock) -> None:
        ask(database, clock)
        with database.begin() as tx:
            assert len(taken(tx, clock.now())) == 1
        with database.begin() as tx:
            assert taken(tx, clock.now(), "two") == []

    def test_a_lease_of_a_minute_that_ran_out_is_given_to_the_next(
        self, database: Database, clock: ManualClock
    ) -> None:
        ask(database, clock)
        with database.begin() as tx:
            taken(tx, clock.now())
        clock.advance(59 * SECOND)
        assert worker(database, clock, Diary()).run_due() == 0
        seen = Diary()
        clock.advance(SECOND)
        assert worker(database, clock, seen).run_due() == 1
        assert seen.jobs[0].attempt == 2

    def test_a_renewed_lease_holds_on(self, database: Database, clock: ManualClock) -> None:
        job = ask(database, clock)
        with database.begin() as tx:
            taken(tx, clock.now())
            clock.advance(30 * SECOND)
            assert renew(tx, clock.now(), owner="one", ids=[job]) == 1
        clock.advance(59 * SECOND)
        assert worker(database, clock, Diary()).run_due() == 0

    def test_who_lost_the_lease_closes_nothing(self, database: Database, clock: ManualClock) -> None:
        ask(database, clock)
        with database.begin() as tx:
            (stale,) = taken(tx, clock.now())
            clock.advance(60 * SECOND)
            recover(tx, clock.now(), most_failures=5)
            (fresh,) = taken(tx, clock.now(), "two")
            assert not close(tx, stale, Ending("done"), owner="one", now=clock.now())
            assert close(tx, fresh, Ending("done"), owner="two", now=clock.now())

    def test_a_job_that_takes_its_worker_down_each_time_dies(self, database: Database, clock: ManualClock) -> None:
        job = ask(database, clock)
        for _ in range(5):
            with database.begin() as tx:
                assert taken(tx, clock.now())
            clock.advance(60 * SECOND)
            with database.begin() as tx:
                recover(tx, clock.now(), most_failures=5)
        assert (row(database, job).state, row(database, job).last_error) == ("dead", "lease-lost")

    def test_a_clock_that_jumped_takes_nothing_from_the_worker_that_asks(
        self, database: Database, clock: ManualClock
    ) -> None:
        job = ask(database, clock)
        with database.begin() as tx:
            taken(tx, clock.now())
            clock.advance(timedelta(days=1))
            assert outlook(tx, ["greet"], sparing=[job]).lease is None
            assert recover(tx, clock.now(), most_failures=5, sparing=[job]) == (0, 0)

    def test_one_kind_gets_no_more_than_its_room(self, database: Database, clock: ManualClock) -> None:
        for _ in range(3):
            ask(database, clock)
        with database.begin() as tx:
            assert len(claim(tx, clock.now(), owner="one", room={"greet": 2}, most=9)) == 2


class TestUpkeep:
    def test_lag_is_the_age_of_the_oldest_open_job_that_is_due(self, database: Database, clock: ManualClock) -> None:
        ask(database, clock, due=clock.now() + 5 * SECOND)
        with database.read() as tx:
            assert lag(tx, clock.now()) == 0.0
            assert lag(tx, clock.now() + 65 * SECOND) == 60.0

    def test_a_finished_job_does_not_lag(self, database: Database, clock: ManualClock) -> None:
        ask(database, clock)
        worker(database, clock, Diary()).run_due()
        with database.read() as tx:
            assert lag(tx, clock.now() + timedelta(hours=1)) == 0.0

    @pytest.mark.parametrize(("answer", "days"), [((), 1), ((GiveUp("no"),), 30)])
    def test_what_ended_is_swept_when_it_was_kept_long_enough(
        self, database: Database, clock: ManualClock, answer: tuple[Exception, ...], days: int
    ) -> None:
        ask(database, clock)
        worker(database, clock, Diary(*answer)).run_due()
        with database.begin() as tx:
            assert sweep(tx, clock.now() + timedelta(days=days)) == 0
            assert sweep(tx, clock.now() + timedelta(days=days, microseconds=1)) == 1

    def test_an_open_job_is_never_swept(self, database: Database, clock: ManualClock) -> None:
        ask(database, clock)
        with database.begin() as tx:
            assert sweep(tx, clock.now() + timedelta(days=400)) == 0


class TestPeriodic:
    def rounds(self, database: Database, clock: ManualClock, handler: Handler) -> Worker:
        return Worker(database, clock, {"tidy": handler}, periodic=[every("tidy", timedelta(minutes=1))])

    def test_it_comes_round_once_an_interval(self, database: Database, clock: ManualClock) -> None:
        seen = Diary()
        one = self.rounds(database, clock, seen)
        for _ in range(6):
            one.run_due()
            clock.advance(20 * SECOND)
        assert len(seen.jobs) == 2

    def test_two_workers_share_the_rounds(self, database: Database, clock: ManualClock) -> None:
        seen = Diary()
        for _ in range(2):
            self.rounds(database, clock, seen).run_due()
        assert len(seen.jobs) == 1

    def test_rounds_nobody_was_there_for_are_not_made_up(self, database: Database, clock: ManualClock) -> None:
        seen = Diary()
        one = self.rounds(database, clock, seen)
        one.run_due()
        clock.advance(timedelta(hours=1))
        one.run_due()
        assert len(seen.jobs) == 2

    def test_no_round_is_added_while_one_is_open(self, database: Database, clock: ManualClock) -> None:
        seen = Diary(Retry(timedelta(minutes=5), "busy"))
        one = self.rounds(database, clock, seen)
        for _ in range(4):
            one.run_due()
            clock.advance(timedelta(minutes=1))
        assert len(seen.jobs) == 1

    @pytest.mark.parametrize("interval", [timedelta(0), timedelta(days=1, seconds=1)])
    def test_an_interval_that_cannot_be_kept_is_refused(self, interval: timedelta) -> None:
        with pytest.raises(ValueError, match="tidy"):
            every("tidy", interval)
