"""Jobs that come round: one occurrence per interval over all workers, none piled up while one is still open.

Time is cut into slots of the interval's length since the epoch, and the slot is the job's key: whoever comes first
writes it. Slots that passed while no worker ran are not made up for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.database import Database
from core.jobs.store import KEEP_DONE, enqueue, has_open


@dataclass(frozen=True, slots=True)
class Every:
    """A job of `kind`, empty payload, once per `interval`: at most a day, for done jobs and so their keys are swept."""

    kind: str
    interval: timedelta

    def __post_init__(self) -> None:
        if not timedelta(0) < self.interval <= KEEP_DONE:
            raise ValueError(f"the interval of {self.kind} must be positive and at most a day")


def every(kind: str, interval: timedelta) -> Every:
    """A periodic job for `Worker(..., periodic=[...])`."""
    return Every(kind, interval)


class Planner:
    """Remembers which slots this worker has seen, so that planning costs a comparison most of the time."""

    def __init__(self, database: Database, periodic: tuple[Every, ...]) -> None:
        self._database = database
        self._periodic = periodic
        self._seen: dict[str, int] = {}

    def plan(self, now: datetime) -> None:
        """Write the jobs whose slot has begun."""
        for one in self._periodic:
            slot = int(now.timestamp() // one.interval.total_seconds())
            if self._seen.get(one.kind) != slot:
                self._write(one.kind, slot, now)
                self._seen[one.kind] = slot

    def _write(self, kind: str, slot: int, now: datetime) -> None:
        with self._database.begin() as tx:
            if not has_open(tx, kind):
                enqueue(tx, kind, {}, now=now, key=f"slot {slot}")
