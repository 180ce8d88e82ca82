"""The queue: who waits for whom, at which place, and for how long.

A caller has one row a call. Leaving keeps the place: whoever comes back on the same call for the same skill stands
where they stood. The cap is counted and the row inserted by one statement; on PostgreSQL callers who arrive in the same
instant may pass it by their number, which a cap that keeps a queue answerable can bear.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from audit.vocabulary import Action, Outcome
from desk import moves, parting, tasks
from desk.context import Context, new_id, note
from desk.models import Waiting, WaitingState
from desk.routing import urgency
from desk.standing import IN_QUEUE, Standing, expected_wait, position, same_skill, staffed, standing, standing_of

__all__ = [
    "MOST",
    "Answer",
    "Joined",
    "NobodyThere",
    "QueueFull",
    "Standing",
    "Summary",
    "Wish",
    "carrier_queue",
    "expected_wait",
    "join",
    "leave",
    "position",
    "staffed",
    "standing",
]

MOST = 1000  # callers in one queue; an account's own limit may be lower, and the carrier says `queue-full` then


@dataclass(frozen=True, slots=True)
class Summary:
    """What the agent is whispered: the organisation's name, if any, and `level` as catalogues have it ("strong")."""

    organisation: str | None = None
    level: str = "none"


@dataclass(frozen=True, slots=True)
class Wish:
    """A caller asks for a person. `rank_at` is the kept place of a callback, `promised_at` a time that was promised."""

    call: str
    operator: str
    department: str
    language: str
    severity: str | None = None
    organisation: str | None = None
    summary: Summary = field(default_factory=Summary)
    rank_at: datetime | None = None
    promised_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """The caller waits; `again` when the call waited before and stands where it stood."""

    standing: Standing
    again: bool


@dataclass(frozen=True, slots=True)
class NobodyThere:
    """Open by schedule, but nobody with the skill is signed in."""


@dataclass(frozen=True, slots=True)
class QueueFull:
    """The queue holds as many as it may."""


Answer = Joined | NobodyThere | QueueFull


def join(tx: Connection, context: Context, wish: Wish, *, most: int = MOST) -> Answer:
    """Put a caller in line. Doing so twice changes nothing."""
    if not staffed(tx, wish.operator, wish.department, wish.language):
        _noted(tx, context, wish, Outcome.REFUSED, why="nobody-there")
        return NobodyThere()
    known = moves.waiting_of(tx, wish.call)
    if known is not None and known.state in moves.OPEN:
        return Joined(standing_of(tx, known, context.now), again=True)
    written = _insert(tx, context, wish, most) if known is None else _return(tx, context, wish, known)
    row = moves.waiting_of(tx, wish.call)
    if row is None:
        _noted(tx, context, wish, Outcome.REFUSED, why="queue-full")
        return QueueFull()
    place = standing_of(tx, row, context.now)
    if written:
        _noted(tx, context, wish, Outcome.SUCCESS, position=place.position)
        tasks.want_match(tx, wish.operator, context.now)
    return Joined(place, again=known is not None)


def leave(tx: Connection, context: Context, call: str, *, why: str = "left") -> bool:
    """The caller goes, from wherever they are; an offer is taken back and the agent's leg ends at once.

    False when the call was not waiting, offered or talking any more. The place is kept for the same call.
    """
    while (row := moves.waiting_of(tx, call)) is not None and row.state in moves.OPEN:
        talked = row.state == WaitingState.CONNECTED
        to = WaitingState.SERVED if talked else WaitingState.LEFT
        values = {"reservation": None, "left_at": context.now, "away_since": None}
        if moves.move_waiting(tx, row.id, WaitingState(row.state), to, held_by=row.reservation, **values):
            if row.reservation is not None:
                parting.caller_went(tx, context, row, talked=talked)
            note(
                tx,
                context,
                Action.QUEUE_LEFT,
                actor="caller",
                subject=f"waiting:{row.id}",
                operator=row.operator,
                call=call,
                organisation=row.organisation,
                state=row.state,
                why=why,
                waited=int((context.now - row.entered_at).total_seconds()),
            )
            return True
    return False


def carrier_queue(operator: str, department: str, language: str) -> str:
    """Name of the carrier's queue (at most 64 characters); order and position are kept here, not there."""
    return f"{operator}-{department}-{language}"[:64]


def _insert(tx: Connection, context: Context, wish: Wish, most: int) -> bool:
    table = Waiting.__table__
    values = {"id": new_id(), "call": wish.call, **_arrival(context.now, wish), **_words(wish)}
    same = same_skill(wish.operator, wish.department, wish.language)
    inside = select(func.count()).select_from(Waiting).where(*same, Waiting.state.in_(IN_QUEUE)).scalar_subquery()
    given = {name: literal(value, table.c[name].type) for name, value in values.items() if value is not None}
    dialect: type[sqlite.Insert | postgresql.Insert] = _INSERT[tx.dialect.name]
    statement = dialect(Waiting).from_select(list(given), select(*given.values()).where(inside < most))
    return tx.execute(statement.on_conflict_do_nothing(index_elements=["call"])).rowcount == 1


_INSERT: dict[str, type[sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.Insert,
    "postgresql": postgresql.Insert,
}


def _return(tx: Connection, context: Context, wish: Wish, known: Row[Any]) -> bool:
    """Stand again where the call stood; after a talk, or for another skill, at the end."""
    same = (known.operator, known.department, known.language) == (wish.operator, wish.department, wish.language)
    keeps = same and known.state == WaitingState.LEFT
    values = {**_words(wish), "left_at": None, "answered_at": None}
    values |= {"promised_at": known.promised_at or wish.promised_at} if keeps else _arrival(context.now, wish)
    statement = (
        update(Waiting)
        .where(Waiting.id == known.id, Waiting.state == known.state, Waiting.reservation.is_(None))
        .values(**values)
    )
    return tx.execute(statement).rowcount == 1


def _arrival(now: datetime, wish: Wish) -> dict[str, Any]:
    return {"rank_at": wish.rank_at or now, "entered_at": now, "promised_at": wish.promised_at}


def _words(wish: Wish) -> dict[str, Any]:
    return {
        "operator": wish.operator,
        "department": wish.department,
        "language": wish.language,
        "severity": wish.severity,
        "urgency": urgency(wish.severity),
        "organisation": wish.organisation,
        "summary": asdict(wish.summary),
        "state": WaitingState.WAITING,
    }


def _noted(tx: Connection, context: Context, wish: Wish, outcome: Outcome, **facts: Any) -> None:
    note(
        tx,
        context,
        Action.QUEUE_JOINED,
        actor="caller",
        subject=f"queue:{carrier_queue(wish.operator, wish.department, wish.language)}",
        operator=wish.operator,
        call=wish.call,
        organisation=wish.organisation,
        outcome=outcome,
        severity=wish.severity,
        **facts,
    )
