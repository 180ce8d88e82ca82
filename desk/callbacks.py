"""Asking to be called back, in the queue or when closed, with the place kept.

At most two open callbacks a number and five an organisation (issue 5). The limits are unique slots (`desk.models`), so
that no race passes them. How they are dialled is in `desk.dialling`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from audit.vocabulary import Action, Outcome
from desk import moves, queue, tasks
from desk.context import Context, new_id, new_token, note
from desk.models import Callback, CallbackState
from desk.routing import urgency
from directory.numbers import is_e164, masked

PER_NUMBER = 2
PER_ORGANISATION = 5

PURPOSE = "callback.number"


class Refusal(StrEnum):
    NUMBER = "number"  # not a number that can be dialled
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Request:
    """A wish to be called back. `due_at` is now, or the opening that the conversation promised."""

    call: str
    operator: str
    number: str
    department: str
    language: str
    catalogue: str
    due_at: datetime
    severity: str | None = None
    organisation: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    callback: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    why: Refusal


def ask(tx: Connection, context: Context, request: Request) -> Asked | Refused:
    """Note a callback and leave the queue; once a call, however often it is asked."""
    known = tx.execute(select(Callback.__table__).where(Callback.origin_call == request.call)).first()
    if known is not None:
        return Asked(known.id, known.due_at)
    if not is_e164(request.number):
        return _refused(tx, context, request, Refusal.NUMBER)
    waiting = moves.waiting_of(tx, request.call)
    rank_at = waiting.rank_at if waiting is not None and waiting.state in moves.OPEN else context.now
    callback = _insert(tx, context, request, rank_at)
    if callback is None:
        return _refused(tx, context, request, Refusal.LIMIT)
    queue.leave(tx, context, request.call, why="callback")
    noted(tx, context, Action.CALLBACK_ASKED, callback, request, actor="caller", due=request.due_at.isoformat())
    tasks.want_match(tx, request.operator, context.now, due=max(request.due_at, context.now))
    return Asked(callback, request.due_at)


def cancel(tx: Connection, context: Context, callback: str, *, by: str) -> bool:
    """Nobody is to be called back any more; False when it was over before."""
    row = row_of(tx, callback)
    if not close(tx, callback, CallbackState.CANCELLED, context.now):
        return False
    if row.call is not None:
        tasks.want_hang_up(tx, row.call, context.now)
    noted(tx, context, Action.CALLBACK_ENDED, row.id, row, actor=by, how="cancelled")
    return True


def listing(tx: Connection, operators: Collection[str] | None = None) -> list[Row[Any]]:
    """Open callbacks in their order, numbers masked; for staff."""
    columns = [column for column in Callback.__table__.c if column.name not in _HIDDEN]
    open_states = (CallbackState.OPEN, CallbackState.DIALLING)
    statement = select(*columns).where(Callback.state.in_(open_states))
    if operators is not None:
        statement = statement.where(Callback.operator.in_(operators))
    return list(tx.execute(statement.order_by(Callback.operator, Callback.urgency, Callback.rank_at)).all())


def number(context: Context, row: Row[Any]) -> str:
    """The number in the clear, for the dial alone."""
    return context.keyring.open(PURPOSE, row.number_sealed, f"callbacks:number:{row.id}")


def row_of(tx: Connection, callback: str) -> Row[Any]:
    return tx.execute(select(Callback.__table__).where(Callback.id == callback)).one()


def in_flight(callback: str, attempt: int) -> tuple[ColumnElement[bool], ...]:
    """Conditions of one attempt that goes on."""
    return (Callback.id == callback, Callback.state == CallbackState.DIALLING, Callback.attempts == attempt)


def close(
    tx: Connection,
    callback: str,
    to: CallbackState,
    now: datetime,
    *,
    attempt: int | None = None,
    call: str | None = None,
) -> bool:
    """End a callback and free its slots; with `attempt`, only while that attempt is in flight."""
    open_states = (CallbackState.OPEN, CallbackState.DIALLING)
    where = (
        (Callback.id == callback, Callback.state.in_(open_states)) if attempt is None else in_flight(callback, attempt)
    )
    values = {"state": to, "ended_at": now, "number_slot": None, "organisation_slot": None}
    if call is not None:
        values["call"] = call
    return tx.execute(update(Callback).where(*where).values(**values)).rowcount == 1


def noted(
    tx: Connection,
    context: Context,
    action: Action,
    callback: str,
    about: Any,
    *,
    actor: str = "service",
    outcome: Outcome = Outcome.SUCCESS,
    **facts: Any,
) -> None:
    """`about` is a request or a row: both say operator, organisation and the call that asked."""
    note(
        tx,
        context,
        action,
        actor=actor,
        subject=f"callback:{callback}",
        operator=about.operator,
        organisation=about.organisation,
        call=about.call if isinstance(about, Request) else about.origin_call,
        outcome=outcome,
        department=about.department,
        **facts,
    )


_HIDDEN = ("number_sealed", "number_hash", "token", "call")
_INSERT: dict[str, type[sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.Insert,
    "postgresql": postgresql.Insert,
}


def _insert(tx: Connection, context: Context, request: Request, rank_at: datetime) -> str | None:
    """Take free slots; somebody who takes the same ones at the same moment makes us look again."""
    callback = new_id()
    values = _values(context, request, rank_at, callback)
    for _ in range(PER_NUMBER + PER_ORGANISATION + 1):
        slots = _free_slots(tx, context, request)
        if slots is None:
            return None
        statement = _INSERT[tx.dialect.name](Callback).values(**values, **slots)
        if tx.execute(statement.on_conflict_do_nothing()).rowcount == 1:
            return callback
    return None


def _free_slots(tx: Connection, context: Context, request: Request) -> dict[str, int | None] | None:
    hashes = context.keyring.candidates(PURPOSE, request.number)
    by_number = select(Callback.number_slot).where(
        Callback.operator == request.operator, Callback.number_hash.in_(hashes), Callback.number_slot.is_not(None)
    )
    by_organisation = select(Callback.organisation_slot).where(
        Callback.operator == request.operator,
        Callback.organisation == request.organisation,
        Callback.organisation_slot.is_not(None),
    )
    number_slot = _lowest(tx.execute(by_number).scalars().all(), PER_NUMBER)
    organisation_slot = _lowest(tx.execute(by_organisation).scalars().all(), PER_ORGANISATION)
    if number_slot is None or (request.organisation is not None and organisation_slot is None):
        return None
    return {"number_slot": number_slot, "organisation_slot": organisation_slot if request.organisation else None}


def _lowest(used: Collection[int | None], most: int) -> int | None:
    return next((slot for slot in range(1, most + 1) if slot not in used), None)


def _values(context: Context, request: Request, rank_at: datetime, callback: str) -> dict[str, Any]:
    keyring = context.keyring
    return {
        "id": callback,
        "operator": request.operator,
        "origin_call": request.call,
        "organisation": request.organisation,
        "contact": request.contact,
        "number_sealed": keyring.seal(PURPOSE, request.number, f"callbacks:number:{callback}"),
        "number_hash": keyring.pseudonym(PURPOSE, request.number),
        "number_masked": masked(request.number),
        "key_id": keyring.current,
        "department": request.department,
        "language": request.language,
        "catalogue": request.catalogue,
        "severity": request.severity,
        "urgency": urgency(request.severity),
        "rank_at": rank_at,
        "due_at": request.due_at,
        "asked_at": context.now,
        "state": CallbackState.OPEN,
        "attempts": 0,
        "token": new_token(),
    }


def _refused(tx: Connection, context: Context, request: Request, why: Refusal) -> Refused:
    outcome = Outcome.REFUSED
    noted(tx, context, Action.CALLBACK_ASKED, "none", request, actor="caller", outcome=outcome, why=why.value)
    return Refused(why)
