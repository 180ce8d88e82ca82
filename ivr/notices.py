"""Texts when an incident is solved: promised only to a number that is registered and recognised, and kept once.

A sweep finds wishes whose incident has ended and enqueues a job for each, keyed by incident and address, so that two
sweeps make one. Limits for outbound texts hold (C7-C9). A crash between sending and writing sends once more.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action, Outcome
from carrier.telephone import DeliveryError, Telephone
from carrier.urls import Urls
from core.database import Database
from core.jobs import GiveUp, Job, Retry, enqueue
from desk.context import Context
from directory import models, people
from directory.entities import spoken_name
from ivr.models import IncidentNotice
from ivr.state import Call
from ivr.store import Session
from speech import say
from speech.texts import fit
from verification import evidence, spending
from verification.catalogue import Level
from verification.evidence import CallerNumber, Channel

SWEEP = "notices.sweep"
TEXT = "notices.text"
VALIDITY = 3600  # seconds after which the news is stale
MOST_TRIES = 5

_INSERT: dict[str, type[sqlite.Insert | postgresql.Insert]] = {"sqlite": sqlite.Insert, "postgresql": postgresql.Insert}


def ask(tx: Connection, now: datetime, session: Session, call: Call, incidents: Sequence[str]) -> bool:
    """Note the wish; False for a number that is not registered, or that was not recognised on this call."""
    address = _registered(tx, session.sid)
    if address is None or call.level < Level.RECOGNISED:
        return False
    rows = [
        {"incident": one, "address": address, "language": call.language, "call": session.sid, "asked_at": now}
        for one in incidents
    ]
    tx.execute(_INSERT[tx.dialect.name](IncidentNotice).values(rows).on_conflict_do_nothing())
    return True


@dataclass(frozen=True, slots=True)
class Notices:
    """The two jobs; `rules` are the operators' for what goes out."""

    database: Database
    context: Context
    telephone: Telephone
    urls: Urls
    rules: Mapping[str, spending.Spending]

    def sweep(self, _: Job) -> None:
        now = self.context.now
        with self.database.begin() as tx:
            for row in tx.execute(_DUE.where(models.Incident.ends_at <= now)).all():
                payload = {"incident": row.incident, "address": row.address}
                enqueue(tx, TEXT, payload, now=now, key=f"{row.incident} {row.address}")

    def text(self, job: Job) -> None:
        """Send one, unless it was sent or may not be. Raises `Retry`, `GiveUp`."""
        with self.database.begin() as tx:
            found = self._allowed(tx, job)
        if found is None:
            return
        row, number = found
        body = fit(say("text.incident", operator=spoken_name(row.name)), row.language, shorten="operator")
        status_url = self.urls.message_status(secrets.token_urlsafe(18))
        try:
            self.telephone.send_text(number, body, validity=VALIDITY, status_url=status_url)
        except DeliveryError as error:
            if error.permanent or job.attempt >= MOST_TRIES:
                raise GiveUp(error.code) from None
            raise Retry(timedelta(seconds=30), error.code) from None
        with self.database.begin() as tx:
            self._sent(tx, row, Outcome.SUCCESS)

    def _allowed(self, tx: Connection, job: Job) -> tuple[Row[*tuple[Any, ...]], str] | None:
        mine = (
            IncidentNotice.incident == job.payload["incident"],
            IncidentNotice.address == job.payload["address"],
        )
        row = tx.execute(_DUE.where(*mine)).first()
        if row is None:
            return None
        number = people.reveal(tx, self.context.keyring, row.address)
        against = spending.judge(
            tx,
            self.context.keyring,
            self.context.now,
            operator=row.operator,
            rules=self.rules[row.operator],
            channel=Channel.TEXT,
            value=number,
        )
        if against is None:
            return row, number
        self._sent(tx, row, Outcome.REFUSED, why=against.value)
        return None

    def _sent(self, tx: Connection, row: Row[*tuple[Any, ...]], outcome: Outcome, why: str | None = None) -> None:
        mine = (IncidentNotice.incident == row.incident, IncidentNotice.address == row.address)
        tx.execute(update(IncidentNotice).where(*mine).values(sent_at=self.context.now))
        entry = Entry(
            actor="service",
            subject=f"incident:{row.incident}",
            action=Action.DELIVERY_SENT if outcome is Outcome.SUCCESS else Action.DELIVERY_FAILED,
            outcome=outcome,
            operator=row.operator,
            call=row.call,
            facts={"channel": "text", "about": "incident", "why": why},
        )
        append(tx, self.context.clock, self.context.keyring, entry)


_DUE = (
    select(
        IncidentNotice.incident,
        IncidentNotice.address,
        IncidentNotice.language,
        IncidentNotice.call,
        models.Incident.operator,
        models.Operator.name,
    )
    .join(models.Incident, models.Incident.id == IncidentNotice.incident)
    .join(models.Operator, models.Operator.code == models.Incident.operator)
    .where(IncidentNotice.sent_at.is_(None))
)


def _registered(tx: Connection, call: str) -> str | None:
    seen = [one.facts for one in evidence.of_call(tx, call) if isinstance(one.facts, CallerNumber)]
    return seen[-1].address if seen else None
