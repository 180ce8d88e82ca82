"""Deferred work that commits or rolls back together with the facts it follows from (docs/adr/0001-job-engine.md)."""

from core.jobs.periodic import Every, every
from core.jobs.store import Job, enqueue, lag, sweep
from core.jobs.wake import RedisBell, Waker, ring_after_commit, waker_for
from core.jobs.worker import GiveUp, Handler, Retry, Worker

__all__ = [
    "Every",
    "GiveUp",
    "Handler",
    "Job",
    "RedisBell",
    "Retry",
    "Waker",
    "Worker",
    "enqueue",
    "every",
    "lag",
    "ring_after_commit",
    "sweep",
    "waker_for",
]
