"""The jobs of the desk by name: enqueued in the transaction of the fact, carried out by `desk.work`.

`core.jobs` keeps a key while its job is open *or done*, so a key names one event ("expire reservation 7"). Wishes for a
match carry none: two of them must never make a third, later one disappear. They are joined where they are carried out.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from core.jobs import enqueue

MATCH = "desk.match"
RING = "desk.ring"
EXPIRE = "desk.expire"
CONNECT = "desk.connect"
RELEASE = "desk.release"
BRING = "desk.bring"
HANG_UP = "desk.hang_up"
WRAP_UP = "desk.wrap_up"
CALLBACK = "desk.callback"
CALLBACK_END = "desk.callback_end"


def want_match(tx: Connection, operator: str, now: datetime, due: datetime | None = None) -> None:
    """Someone came or became free; at `due` when a callback falls due then."""
    enqueue(tx, MATCH, {"operator": operator}, now=now, due=due)


def want_ring(tx: Connection, reservation: str, now: datetime) -> None:
    """Ring the agent's telephone."""
    enqueue(tx, RING, {"reservation": reservation}, now=now, key=reservation)


def want_expiry(tx: Connection, reservation: str, now: datetime, due: datetime) -> None:
    """Give the caller back at `due` unless the agent accepted."""
    enqueue(tx, EXPIRE, {"reservation": reservation}, now=now, due=due, key=reservation)


def want_connect(tx: Connection, reservation: str, now: datetime) -> None:
    """Bring the caller out of the queue into the room."""
    enqueue(tx, CONNECT, {"reservation": reservation}, now=now, key=reservation)


def want_release(tx: Connection, reservation: str, now: datetime) -> None:
    """End the agent's leg at once."""
    enqueue(tx, RELEASE, {"reservation": reservation}, now=now, key=reservation)


def want_hang_up(tx: Connection, call: str, now: datetime) -> None:
    """End a leg that nobody needs."""
    enqueue(tx, HANG_UP, {"call": call}, now=now, key=call)


def want_bring(tx: Connection, call: str, step: str, now: datetime) -> None:
    """Send the caller's call to another step, out of queue or room."""
    enqueue(tx, BRING, {"call": call, "step": step}, now=now)


def want_wrap_up_end(tx: Connection, agent: str, version: int, now: datetime, due: datetime) -> None:
    """End the time after a call at `due`, if the agent has not moved since."""
    enqueue(tx, WRAP_UP, {"agent": agent, "version": version}, now=now, due=due, key=f"{agent} {version}")


def want_callback(tx: Connection, callback: str, attempt: int, now: datetime) -> None:
    """Dial a callback for the `attempt`-th time."""
    enqueue(tx, CALLBACK, {"callback": callback, "attempt": attempt}, now=now, key=f"{callback} {attempt}")


def want_callback_end(tx: Connection, callback: str, attempt: int, now: datetime, due: datetime) -> None:
    """Count an attempt as not answered at `due`, when nobody told its outcome."""
    payload = {"callback": callback, "attempt": attempt}
    enqueue(tx, CALLBACK_END, payload, now=now, due=due, key=f"{callback} {attempt}")
