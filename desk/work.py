"""The desk's deferred work about people on the line: ringing agents, connecting, releasing.

1. No transaction is open while the carrier is asked.
2. Before a telephone is rung the intent is written. A job that finds its own intent was killed in between; it does not
   ring again, and the offer runs out by its timer. So nobody is rung twice; the price of a crash is one offer unheard.
3. After ringing, the state is read again: an offer that was taken back meanwhile ends the new leg.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, select, update

from carrier.telephone import DeliveryError, Kind, Telephone
from core.database import Database
from core.jobs import Handler, Job, Retry
from desk import agents, moves, queue, reservations, talks, tasks
from desk.context import Context
from desk.dialler import Dialler
from desk.matching import Matcher
from desk.models import AgentEndpoint, Reservation, ReservationState, WaitingState
from desk.urls import Urls
from verification.spending import Spending

SOON = timedelta(seconds=1)
MOST_TRIES = 8
LONGEST_PAUSE = timedelta(seconds=8)
_GONE = frozenset({"20404", "21220", "http-404"})  # the carrier knows no such call any more (TELEPHONY 4)

_log = structlog.get_logger("desk.work")


def handlers(
    database: Database, context: Context, telephone: Telephone, urls: Urls, spending: Mapping[str, Spending]
) -> dict[str, Handler]:
    """What the worker does for the desk; `spending` are the operators' rules for outbound calls."""
    work = Work(database, context, telephone, urls)
    dialler = Dialler(database, context, telephone, urls, spending)
    return {
        tasks.MATCH: work.match,
        tasks.RING: work.ring,
        tasks.EXPIRE: work.expire,
        tasks.CONNECT: work.connect,
        tasks.BRING: work.bring,
        tasks.RELEASE: work.release,
        tasks.HANG_UP: work.hang_up,
        tasks.WRAP_UP: work.wrap_up,
        tasks.CALLBACK: dialler.dial,
        tasks.CALLBACK_END: dialler.end,
    }


class Work:
    """One method a job."""

    def __init__(self, database: Database, context: Context, telephone: Telephone, urls: Urls) -> None:
        self._database = database
        self._context = context
        self._telephone = telephone
        self._urls = urls
        self._matcher = Matcher(database, context)

    def match(self, job: Job) -> None:
        self._matcher.run(job.payload["operator"])

    def ring(self, job: Job) -> None:
        """Ring the agent's telephone for what is left of the offer."""
        reservation = job.payload["reservation"]
        with self._database.begin() as tx:
            found = _begin_ring(tx, self._context, reservation)
            endpoint = None if found is None else _endpoint(tx, found.agent)
        if found is None:
            return
        if endpoint is None:
            self._not_reachable(found, why="no-endpoint")
            return
        try:
            leg = self._ring(found, endpoint)
        except DeliveryError as error:
            self._not_rung(found, error)
            return
        self._keep(reservation, leg)

    def expire(self, job: Job) -> None:
        with self._database.begin() as tx:
            reservations.expire(tx, self._context, job.payload["reservation"])

    def connect(self, job: Job) -> None:
        """Bring the caller out of the queue into the room, as long as the agent who accepted is theirs."""
        with self._database.read() as tx:
            found = moves.reservation_row(tx, job.payload["reservation"])
            waiting = None if found is None else moves.waiting_row(tx, found.waiting)
        if waiting is None or found is None or waiting.reservation != found.id:
            return
        if waiting.state == WaitingState.CONNECTED and waiting.away_since is None:
            self._bring(job, waiting.call, talks.CONNECT)

    def bring(self, job: Job) -> None:
        self._bring(job, job.payload["call"], job.payload["step"])

    def release(self, job: Job) -> None:
        """End the agent's leg. One without a known id is being rung just now: `ring` reads the state afterwards."""
        with self._database.read() as tx:
            found = moves.reservation_row(tx, job.payload["reservation"])
        if found is not None and found.agent_call is not None:
            self._hang_up(job, found.agent_call, ringing=found.joined_at is None)

    def hang_up(self, job: Job) -> None:
        self._hang_up(job, job.payload["call"], ringing=True)

    def wrap_up(self, job: Job) -> None:
        with self._database.begin() as tx:
            agents.wrap_up_over(tx, self._context, job.payload["agent"], job.payload["version"])

    def _ring(self, found: Row[Any], endpoint: str) -> str:
        seconds = int((found.expires_at - self._context.now).total_seconds())
        return self._telephone.place_call(
            endpoint,
            url=self._urls.agent(found.token),
            timeout=max(5, seconds),  # Twilio wants at least 5
            status_url=self._urls.agent_status(found.token),
        )

    def _keep(self, reservation: str, leg: str) -> None:
        with self._database.begin() as tx:
            reservations.adopt(tx, reservation, leg)
            now = moves.reservation_row(tx, reservation)
            open_states = (ReservationState.OFFERED, ReservationState.ACCEPTED)
            if now is None or now.state not in open_states or now.agent_call != leg:
                tasks.want_hang_up(tx, leg, self._context.now)

    def _not_rung(self, found: Row[Any], error: DeliveryError) -> None:
        if error.kind is Kind.UNKNOWN_OUTCOME:
            return  # the telephone may be ringing; the timer decides
        _log.warning("desk.not-rung", reservation=found.id, error=error.code)
        if error.permanent or self._context.now + SOON >= found.expires_at:
            self._not_reachable(found, why=error.kind.value)
            return
        with self._database.begin() as tx:
            tx.execute(update(Reservation).where(Reservation.id == found.id).values(ringing_at=None))
        raise Retry(SOON, error.code)

    def _not_reachable(self, found: Row[Any], *, why: str) -> None:
        with self._database.begin() as tx:
            reservations.give_back(tx, self._context, found, ReservationState.EXPIRED, why=why)

    def _bring(self, job: Job, call: str, step: str) -> None:
        try:
            self._telephone.redirect(call, self._urls.caller(call, step))
        except DeliveryError as error:
            if error.code not in _GONE:
                again(job, error)
                return
            # The status callback that tells so may be late or lost.
            with self._database.begin() as tx:
                queue.leave(tx, self._context, call, why="gone")

    def _hang_up(self, job: Job, call: str, *, ringing: bool) -> None:
        try:
            end_call(self._telephone, call, ringing=ringing)
        except DeliveryError as error:
            again(job, error)


def end_call(telephone: Telephone, call: str, *, ringing: bool) -> None:
    """End a leg in whatever state it is: what cancels a ringing one leaves an answered one alone (TELEPHONY 4)."""
    if ringing:
        telephone.hang_up(call, ringing=True)
    telephone.hang_up(call)


def again(job: Job, error: DeliveryError) -> None:
    """Come back to a request that may be repeated, for half a minute; raises `Retry`, or gives up but for the log."""
    if error.permanent or job.attempt >= MOST_TRIES:
        _log.error("desk.carrier-refused", kind=job.kind, error=error.code)
        return
    raise Retry(min(SOON / 2 * 2 ** (job.attempt - 1), LONGEST_PAUSE), error.code)


def _begin_ring(tx: Connection, context: Context, reservation: str) -> Row[Any] | None:
    statement = (
        update(Reservation)
        .where(
            Reservation.id == reservation,
            Reservation.state == ReservationState.OFFERED,
            Reservation.ringing_at.is_(None),
            Reservation.expires_at > context.now,
        )
        .values(ringing_at=context.now)
    )
    return moves.reservation_row(tx, reservation) if tx.execute(statement).rowcount == 1 else None


def _endpoint(tx: Connection, agent: str) -> str | None:
    statement = select(AgentEndpoint.address).where(AgentEndpoint.agent == agent).order_by(AgentEndpoint.position)
    return tx.execute(statement.limit(1)).scalar()
