"""From the floor as it stands to offers and dials: reads, asks `desk.routing`, and takes what is still free.

Wishes for a match come with every arrival. A run that began after a wish was made has seen its fact, so wishes that
wait for the running one are met by the next: within one process all of them cost two runs, and none is lost.
"""

from __future__ import annotations

import threading
from collections import defaultdict

from sqlalchemy import Connection, func, select

from core.database import Database
from desk import agents, dialling, reservations
from desk.context import Context
from desk.models import Callback, CallbackState, Waiting, WaitingState
from desk.routing import Caller, Kind, Offer, match

ROUNDS = 5  # somebody else is faster now and then; after so many times the next wish goes on


class Matcher:
    """Matches one operator at a time."""

    def __init__(self, database: Database, context: Context) -> None:
        self._database = database
        self._context = context
        self._turns: defaultdict[str, _Turns] = defaultdict(_Turns)

    def run(self, operator: str) -> int:
        """Offer what can be offered; returns how many offers and dials were started by this wish."""
        turns = self._turns[operator]
        ticket = turns.wish()
        with turns.lock:
            if turns.is_met(ticket):
                return 0
            turns.begin()
            return self._match(operator)

    def _match(self, operator: str) -> int:
        started = 0
        for _ in range(ROUNDS):
            pairs = self._pairs(operator)
            taken = sum(self._take(pair) for pair in pairs)
            started += taken
            # Done when everybody got what was planned and no dial left its agent free for the next caller.
            if taken == len(pairs) and all(pair.kind is Kind.CALL for pair in pairs):
                break
        return started

    def _pairs(self, operator: str) -> tuple[Offer, ...]:
        now = self._context.now
        with self._database.read() as tx:
            ready = agents.floor(tx, operator)
            if not ready:
                return ()
            callers = [*_waiting(tx, operator), *_called_back(tx, operator, self._context)]
            flying = _flying(tx, operator)
        pairs = match(callers, ready, now)
        dials = [pair for pair in pairs if pair.kind is Kind.CALLBACK]
        # Each dial in flight may soon need an agent: no more dials than agents, but nobody on the line waits for one.
        kept = set(dials[: max(0, len(dials) - flying)])
        return tuple(pair for pair in pairs if pair.kind is Kind.CALL or pair in kept)

    def _take(self, pair: Offer) -> bool:
        # A transaction each: a long one would hold the rows of many callers and agents at once.
        with self._database.begin() as tx:
            if pair.kind is Kind.CALLBACK:
                return dialling.claim(tx, self._context, pair.waiting)
            return reservations.offer(tx, self._context, pair) is not None


class _Turns:
    """Numbers wishes, and knows the last one that the latest run has seen."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._count = threading.Lock()
        self._wished = 0
        self._seen = 0

    def wish(self) -> int:
        with self._count:
            self._wished += 1
            return self._wished

    def is_met(self, ticket: int) -> bool:
        return ticket <= self._seen

    def begin(self) -> None:
        with self._count:
            self._seen = self._wished


def _waiting(tx: Connection, operator: str) -> list[Caller]:
    columns = (Waiting.id, Waiting.operator, Waiting.department, Waiting.language, Waiting.urgency)
    statement = select(*columns, Waiting.rank_at, Waiting.promised_at).where(
        Waiting.operator == operator, Waiting.state == WaitingState.WAITING
    )
    return [Caller(*row) for row in tx.execute(statement)]


def _called_back(tx: Connection, operator: str, context: Context) -> list[Caller]:
    due = dialling.due(tx, operator, context.now)
    return [
        Caller(row.id, operator, row.department, row.language, row.urgency, row.rank_at, kind=Kind.CALLBACK)
        for row in due
    ]


def _flying(tx: Connection, operator: str) -> int:
    statement = (
        select(func.count())
        .select_from(Callback)
        .where(Callback.operator == operator, Callback.state == CallbackState.DIALLING)
    )
    return int(tx.execute(statement).scalar_one())
