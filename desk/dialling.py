"""Dialling those who want to be called back.

1. A callback becomes due, comes up in the order of all who wait, and is dialled: at most one dial in flight, because
   dialling starts with a conditional UPDATE that gives the attempt a token of its own.
2. Whoever answers presses 1; a machine, a stranger or nobody means another attempt after 5 and 30 minutes, then none.
3. A dial whose outcome nobody told within two minutes counts as not answered: ringing once less is better than twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from audit.vocabulary import Action, Outcome
from desk import tasks
from desk.callbacks import close, in_flight, noted, row_of
from desk.context import Context, new_token
from desk.models import Callback, CallbackState

PAUSES = (timedelta(minutes=5), timedelta(minutes=30))  # before the second and the third attempt
RING = 30  # seconds
SILENCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody picked up: what to say to them, and after they pressed 1 where they stand."""

    callback: str
    operator: str
    department: str
    language: str
    catalogue: str
    severity: str | None
    organisation: str | None
    contact: str | None
    rank_at: datetime
    attempt: int


def due(tx: Connection, operator: str, now: datetime) -> list[Row[Any]]:
    """Open callbacks whose time has come."""
    statement = select(Callback.__table__).where(
        Callback.operator == operator, Callback.state == CallbackState.OPEN, Callback.due_at <= now
    )
    return list(tx.execute(statement).all())


def claim(tx: Connection, context: Context, callback: str) -> bool:
    """Start an attempt; False when somebody else did, or it was cancelled."""
    now = context.now
    statement = (
        update(Callback)
        .where(Callback.id == callback, Callback.state == CallbackState.OPEN, Callback.due_at <= now)
        .values(
            state=CallbackState.DIALLING,
            attempts=Callback.attempts + 1,
            claimed_at=now,
            dialled_at=None,
            call=None,
            token=new_token(),
        )
    )
    if tx.execute(statement).rowcount != 1:
        return False
    row = row_of(tx, callback)
    tasks.want_callback(tx, callback, row.attempts, now)
    tasks.want_callback_end(tx, callback, row.attempts, now, now + SILENCE)
    return True


def begin_dial(tx: Connection, callback: str, attempt: int, now: datetime) -> bool:
    """Record that the number is about to be dialled; False when this attempt was begun before, or is over."""
    statement = (
        update(Callback).where(*in_flight(callback, attempt), Callback.dialled_at.is_(None)).values(dialled_at=now)
    )
    return tx.execute(statement).rowcount == 1


def undo_dial(tx: Connection, callback: str, attempt: int) -> None:
    """The carrier took nothing: the attempt may be begun again."""
    tx.execute(update(Callback).where(*in_flight(callback, attempt)).values(dialled_at=None))


def placed(tx: Connection, callback: str, attempt: int, call: str) -> bool:
    """Keep the id of the call; False when the attempt is over and the call has to end."""
    statement = update(Callback).where(*in_flight(callback, attempt)).values(call=call)
    if tx.execute(statement).rowcount == 1:
        return True
    row = row_of(tx, callback)
    return bool(row.state == CallbackState.DONE and row.call == call)


def answered(tx: Connection, token: str, call: str) -> Answered | None:
    """Somebody picked up; None when this attempt is over, and the call has to end."""
    row = _by_token(tx, token)
    if row is None or row.state != CallbackState.DIALLING:
        return None
    tx.execute(update(Callback).where(Callback.id == row.id, Callback.call.is_(None)).values(call=call))
    return _answered(row)


def accept(tx: Connection, context: Context, token: str, call: str) -> Answered | None:
    """The person pressed 1: the callback is done, and `rank_at` is the place to join the queue with."""
    row = _by_token(tx, token)
    if row is None:
        return None
    if not close(tx, row.id, CallbackState.DONE, context.now, attempt=row.attempts, call=call):
        return _answered(row) if row.state == CallbackState.DONE and row.call == call else None
    noted(tx, context, Action.CALLBACK_ENDED, row.id, row, actor="caller", how="accepted", attempt=row.attempts)
    return _answered(row)


def ended(tx: Connection, context: Context, token: str, *, why: str) -> bool:
    """The dialled call ended without a 1 (`why`: no-answer, busy, machine ...); False when it was over before."""
    row = _by_token(tx, token)
    return row is not None and attempt_over(tx, context, row, why=why)


def attempt_over(tx: Connection, context: Context, row: Row[Any], *, why: str, final: bool = False) -> bool:
    """Open again for a later attempt, or failed after the last."""
    if final or row.attempts > len(PAUSES):
        moved = close(tx, row.id, CallbackState.FAILED, context.now, attempt=row.attempts)
        outcome, due_at = Outcome.FAILURE, None
    else:
        due_at = context.now + PAUSES[row.attempts - 1]
        again = update(Callback).where(*in_flight(row.id, row.attempts)).values(state=CallbackState.OPEN, due_at=due_at)
        moved, outcome = tx.execute(again).rowcount == 1, Outcome.UNKNOWN
    if moved:
        facts = {"how": why, "attempt": row.attempts, "again": due_at.isoformat() if due_at else None}
        noted(tx, context, Action.CALLBACK_ENDED, row.id, row, outcome=outcome, **facts)
        tasks.want_match(tx, row.operator, context.now, due=due_at)
    return moved


def _by_token(tx: Connection, token: str) -> Row[Any] | None:
    return tx.execute(select(Callback.__table__).where(Callback.token == token)).first()


def _answered(row: Row[Any]) -> Answered:
    where = (row.id, row.operator, row.department, row.language, row.catalogue)
    return Answered(*where, row.severity, row.organisation, row.contact, row.rank_at, row.attempts)
