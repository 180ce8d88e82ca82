"""Runs jobs: one loop claims and renews, each claimed job has a thread of its own.

The loop never runs a handler, so a handler that hangs holds its own place and nothing else; no kind may hold all
places. A handler opens its own transactions, keeps none open during an outside call, and must bear being run again for
the same job: a crash after its deed and before the closing repeats it.
"""

from __future__ import annotations

import secrets
import threading
import time
import traceback
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.database import Database
from core.errors import VouchlineError
from core.jobs.periodic import Every, Planner
from core.jobs.store import LEASE, Job, Outcome, Outlook, claim, close, outlook, recover, renew
from core.jobs.wake import Waker, waker_for

Handler = Callable[[Job], None]

BACK_OFF = (2.0, 4.0, 8.0, 16.0)
PATIENCE = 300.0
GRACE = 25.0
_RENEW_EVERY = LEASE.total_seconds() / 4
_CLOSE_PAUSES = (0.0, 0.1, 0.3, 1.0, 2.0, 4.0)

_CHANCE = secrets.SystemRandom().random

ENDED = Counter("vouchline_jobs_total", "Attempts that ended", ["kind", "outcome"])
_log = structlog.get_logger("core.jobs")


class Retry(Exception):
    """Raised by a handler to come back `after` a while; not counted as a failure, so the handler must end it itself.

    `reason` is a short code for logs and the row; no data of people.
    """

    def __init__(self, after: timedelta, reason: str) -> None:
        super().__init__(reason)
        self.after = after
        self.reason = reason


class GiveUp(Exception):
    """Raised by a handler when trying again is of no use: the job is dead. `reason` as for `Retry`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class _Flight:
    job: Job
    started: float


class Worker:
    """Claims due jobs of the kinds it has handlers for, and leaves others to other workers.

    `threads` jobs run at a time; `poll` is how many seconds it relies on wake-ups alone; `chance` gives [0, 1) for
    jitter. An unexpected error backs off 2, 4, 8, 16 s ± 50 %, the next one buries the job. A handler that runs longer
    than `patience` seconds loses its lease and its place, and the job is tried anew.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        handlers: Mapping[str, Handler],
        *,
        threads: int = 4,
        poll: float = 1.0,
        waker: Waker | None = None,
        periodic: Iterable[Every] = (),
        chance: Callable[[], float] = _CHANCE,
        patience: float = PATIENCE,
    ) -> None:
        self._database = database
        self._clock = clock
        self._handlers = dict(handlers)
        self._threads = threads
        self._poll = min(poll, _RENEW_EVERY)
        self._waker = waker
        self._planner = Planner(database, tuple(periodic))
        self._chance = chance
        self._patience = patience
        self._owner = secrets.token_hex(8)
        self._flights: dict[str, _Flight] = {}
        self._lock = threading.Lock()
        self._stopping = False
        self._renewed = 0.0

    def run(self) -> None:
        """Work until `stop()`; then take nothing new and give running handlers 25 s to end."""
        own = self._waker is None
        waker = self._waker or waker_for(self._database)
        self._waker = waker
        try:
            while not self._stopping:
                self._sleep(waker, self._round())
            self._land(waker)
        finally:
            if own:
                waker.close()
                self._waker = None

    def stop(self) -> None:
        """End `run()`; may be called from another thread or a signal handler."""
        self._stopping = True
        self._wake()

    def run_due(self) -> int:
        """Run everything that is due, in this thread, one after the other, until nothing is; returns how many."""
        count = 0
        while jobs := self._take(self._clock.now(), most=1)[0]:
            self._perform(jobs[0])
            count += 1
        return count

    def _round(self) -> float:
        """One look at the table; returns how many seconds nothing is expected."""
        try:
            self._keep()
            now = self._clock.now()
            jobs, ahead = self._take(now, most=self._threads - len(self._flights))
            for job in jobs:
                self._launch(job)
            return 0.0 if jobs else self._idle(now, ahead)
        except Exception as error:  # noqa: BLE001 - the loop outlives a database or clock that is away
            _log.warning("jobs.round-failed", error=_code(error), where=_where(error))
            return self._poll

    def _sleep(self, waker: Waker, seconds: float) -> None:
        try:
            waker.wait(seconds)
        except Exception as error:  # noqa: BLE001 - without wake-ups it polls
            _log.warning("jobs.waker-failed", error=_code(error), where=_where(error))
            time.sleep(min(seconds, self._poll))

    def _idle(self, now: datetime, ahead: Outlook | None) -> float:
        if ahead is None or ahead.due is None:
            return self._poll
        # Due already and not claimed: another worker has it locked. Look again, but do not spin.
        return min(self._poll, max(0.005, (ahead.due - now).total_seconds()))

    def _take(self, now: datetime, most: int) -> tuple[list[Job], Outlook | None]:
        """Claim what is due; reads first, because the write lock of SQLite is everybody's."""
        self._planner.plan(now)
        if most <= 0:
            return [], None  # the end of a running job wakes the loop
        room, flying = self._room()
        with self._database.read() as tx:
            ahead = outlook(tx, room, flying)
        lost = ahead.lease is not None and ahead.lease <= now
        if not lost and (ahead.due is None or ahead.due > now):
            return [], ahead
        with self._database.begin() as tx:
            if lost:
                self._recovered(*recover(tx, now, most_failures=len(BACK_OFF) + 1, sparing=flying))
            return claim(tx, now, owner=self._owner, room=room, most=most), ahead

    def _recovered(self, reopened: int, dead: int) -> None:
        if reopened or dead:
            _log.warning("jobs.lease-lost", reopened=reopened, dead=dead)
            ENDED.labels("any", "lease-lost").inc(reopened + dead)

    def _room(self) -> tuple[dict[str, int], list[str]]:
        """How many more jobs of each kind may start, and which are running here.

        A kind gets all places but one, so that a provider that hangs never stops the other kinds.
        """
        with self._lock:
            flights = dict(self._flights)
        flying = Tally(flight.job.kind for flight in flights.values())
        room = {kind: max(1, self._threads - 1) - flying[kind] for kind in self._handlers}
        return {kind: left for kind, left in room.items() if left > 0}, list(flights)

    def _launch(self, job: Job) -> None:
        with self._lock:
            self._flights[job.id] = _Flight(job, time.monotonic())
        threading.Thread(target=self._fly, args=(job,), name=f"job {job.kind}", daemon=True).start()

    def _fly(self, job: Job) -> None:
        try:
            self._perform(job)
        finally:
            with self._lock:
                if job.id in self._flights and self._flights[job.id].job is job:
                    del self._flights[job.id]
            self._wake()

    def _perform(self, job: Job) -> None:
        with structlog.contextvars.bound_contextvars(job=job.id, kind=job.kind, attempt=job.attempt):
            outcome = self._attempt(job)
            if self._close(job, outcome):
                ENDED.labels(
                    job.kind, outcome.state if outcome.error is None or outcome.state == "dead" else "again"
                ).inc()

    def _attempt(self, job: Job) -> Outcome:
        try:
            self._handlers[job.kind](job)
        except Retry as answer:
            return Outcome("ready", due=self._clock.now() + answer.after, error=answer.reason)
        except GiveUp as answer:
            _log.warning("jobs.given-up", error=answer.reason)
            return Outcome("dead", failures=job.failures, error=answer.reason)
        except BaseException as error:  # noqa: BLE001 - even SystemExit in a handler ends only this attempt
            return self._failed(job, error)
        return Outcome("done")

    def _failed(self, job: Job, error: BaseException) -> Outcome:
        code = _code(error)
        # The message stays out: a driver's error text quotes its parameters.
        _log.error("jobs.failed", error=code, where=_where(error), failures=job.failures + 1)
        if job.failures >= len(BACK_OFF):
            _log.error("jobs.dead", error=code)
            return Outcome("dead", failures=job.failures + 1, error=code)
        delay = timedelta(seconds=BACK_OFF[job.failures] * (0.5 + self._chance()))
        return Outcome("ready", due=self._clock.now() + delay, failures=job.failures + 1, error=code)

    def _close(self, job: Job, outcome: Outcome) -> bool:
        """Try for some seconds: giving up here repeats the deed when the lease runs out."""
        for pause in _CLOSE_PAUSES:
            time.sleep(pause)
            try:
                with self._database.begin() as tx:
                    closed = close(tx, job, outcome, owner=self._owner, now=self._clock.now())
            except SQLAlchemyError as error:
                _log.warning("jobs.close-failed", error=_code(error))
                continue
            if not closed:
                _log.warning("jobs.closed-by-another")
            return closed
        return False

    def _keep(self) -> None:
        """Renew the leases of running jobs and let go of those that hang."""
        present = time.monotonic()
        if present - self._renewed < min(_RENEW_EVERY, self._patience):
            return
        self._renewed = present
        with self._lock:
            hung = [one for one in self._flights.values() if present - one.started > self._patience]
            for flight in hung:
                del self._flights[flight.job.id]
            alive = list(self._flights)
        for flight in hung:
            _log.error("jobs.hung", job=flight.job.id, kind=flight.job.kind)
            ENDED.labels(flight.job.kind, "hung").inc()
        if alive:
            with self._database.begin() as tx:
                renew(tx, self._clock.now(), owner=self._owner, ids=alive)

    def _land(self, waker: Waker) -> None:
        end = time.monotonic() + GRACE
        while self._flights and time.monotonic() < end:
            self._sleep(waker, 0.2)
            self._renew_while_landing()

    def _renew_while_landing(self) -> None:
        try:
            self._keep()
        except Exception as error:  # noqa: BLE001 - see _round
            _log.warning("jobs.round-failed", error=_code(error))

    def _wake(self) -> None:
        if (waker := self._waker) is not None:
            waker.wake()


def _code(error: BaseException) -> str:
    return error.code if isinstance(error, VouchlineError) else type(error).__name__


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
