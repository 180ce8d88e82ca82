"""Attempts to send a PIN, as rows: what is tried, what came of it, what the carrier reports later."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from carrier.telephone import DeliveryError
from core.database import Utc
from verification.evidence import Channel
from verification.models import OPEN, ChallengeRow, DeliveryRow, DeliveryState, State

MARGIN = timedelta(seconds=60)
RECEIPT_WAIT = timedelta(seconds=20)
# Sends of one PIN that may have arrived although nobody knows (G3).
MOST_UNKNOWN = 2


class Next(StrEnum):
    """What to do about a PIN: see `plan`."""

    SEND = "send"
    WAIT = "wait"
    DROP = "drop"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Plan:
    next: Next
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row under way."""

    id: str
    number: int
    token: str


def plan(challenge: Any, counter: int, tried: Sequence[Any], now: datetime) -> Plan:
    """Pure: what the rows say about sending the PIN `counter` of `challenge`.

    Nothing for phantoms and for what is sent, reported or failed for good; a drop for what nobody waits for any more
    or what would arrive within the last minute; a wait for a receipt while the outcome of the last try is unknown.
    """
    last = tried[-1] if tried else None
    if challenge.phantom or (last is not None and _is_over(last)):
        return Plan(Next.NOTHING)
    wanted = challenge.state == State.LIVE.value and challenge.counter == counter
    if not wanted or now >= challenge.expires_at - MARGIN:
        return Plan(Next.DROP)
    if last is not None and last.status == DeliveryState.UNKNOWN.value:
        if sum(row.status == DeliveryState.UNKNOWN.value for row in tried) >= MOST_UNKNOWN:
            return Plan(Next.DROP)
        left = last.changed_at + receipt_wait(challenge.channel) - now
        if left > timedelta(0):
            return Plan(Next.WAIT, left)
    return Plan(Next.SEND)


def receipt_wait(channel: str) -> timedelta:
    """How long a receipt may take; mail has none, and carries one message id however often it is sent."""
    return timedelta(seconds=2) if channel == Channel.EMAIL.value else RECEIPT_WAIT


def tried(tx: Connection, challenge: str, counter: int) -> Sequence[Any]:
    """The attempts to send one PIN, in their order."""
    return tx.execute(_TRIED, {"challenge": challenge, "counter": counter}).all()


def write(tx: Connection, now: datetime, challenge: Any, *, counter: int, number: int, state: DeliveryState) -> Attempt:
    """Write one attempt down before it is made."""
    attempt = Attempt(uuid.uuid4().hex, number, secrets.token_urlsafe(16))
    tx.execute(
        insert(DeliveryRow),
        {
            "id": attempt.id,
            "challenge": challenge.id,
            "counter": counter,
            "attempt": number,
            "call": challenge.call,
            "operator": challenge.operator,
            "channel": challenge.channel,
            "token": attempt.token,
            "provider_id": None,
            "status": state.value,
            "permanent": state is DeliveryState.EXPIRED,
            "kind": None,
            "code": None,
            "created_at": now,
            "changed_at": now,
        },
    )
    return attempt


def close(
    tx: Connection,
    now: datetime,
    attempt: Attempt,
    state: DeliveryState,
    *,
    provider_id: str | None = None,
    error: DeliveryError | None = None,
) -> None:
    """What the provider's answer was. A receipt that was faster stands, and only the provider's id is added."""
    values = {
        "b_id": attempt.id,
        "b_status": state.value,
        "b_provider_id": provider_id,
        "b_permanent": error.permanent if error else False,
        "b_kind": error.kind.value if error else None,
        "b_code": error.code if error else None,
        "b_now": now,
    }
    if tx.execute(_CLOSE, values).rowcount == 0 and provider_id:
        tx.execute(_NAME, {"b_id": attempt.id, "b_provider_id": provider_id})


def report(
    tx: Connection, now: datetime, token: str, state: DeliveryState, *, provider_id: str | None, code: str | None
) -> bool:
    """What the carrier reports about an attempt; False when it is no news. Final states never move."""
    values = {
        "b_token": token,
        "b_status": state.value,
        "b_provider_id": provider_id,
        "b_permanent": state is DeliveryState.FAILED,
        "b_code": code,
        "b_now": now,
    }
    return tx.execute(_REPORT, values).rowcount == 1


def by_token(tx: Connection, token: str) -> Row[Any] | None:
    """The challenge behind an attempt, with `sent_counter` and `delivery` beside its columns."""
    return tx.execute(_BY_TOKEN, {"token": token}).first()


def _is_over(last: Any) -> bool:
    if last.status == DeliveryState.FAILED.value:
        return bool(last.permanent)
    return last.status in {DeliveryState.SENT.value, DeliveryState.DELIVERED.value, DeliveryState.EXPIRED.value}


_TRIED = (
    select(DeliveryRow.status, DeliveryRow.permanent, DeliveryRow.changed_at)
    .where(DeliveryRow.challenge == bindparam("challenge"), DeliveryRow.counter == bindparam("counter"))
    .order_by(DeliveryRow.attempt)
)
_CLOSE = (
    update(DeliveryRow)
    .where(DeliveryRow.id == bindparam("b_id"), DeliveryRow.status == DeliveryState.SENDING.value)
    .values(
        status=bindparam("b_status"),
        provider_id=bindparam("b_provider_id"),
        permanent=bindparam("b_permanent"),
        kind=bindparam("b_kind"),
        code=bindparam("b_code"),
        changed_at=bindparam("b_now", type_=Utc),
    )
)
_NAME = update(DeliveryRow).where(DeliveryRow.id == bindparam("b_id")).values(provider_id=bindparam("b_provider_id"))
_REPORT = (
    update(DeliveryRow)
    .where(
        DeliveryRow.token == bindparam("b_token"),
        DeliveryRow.status.in_(OPEN),
        DeliveryRow.status != bindparam("b_status"),
        or_(DeliveryRow.provider_id.is_(None), DeliveryRow.provider_id == bindparam("b_provider_id")),
    )
    .values(
        status=bindparam("b_status"),
        provider_id=bindparam("b_provider_id"),
        permanent=bindparam("b_permanent"),
        code=bindparam("b_code"),
        changed_at=bindparam("b_now", type_=Utc),
    )
)
_BY_TOKEN = (
    select(ChallengeRow.__table__, DeliveryRow.counter.label("sent_counter"), DeliveryRow.status.label("delivery"))
    .join(DeliveryRow, DeliveryRow.challenge == ChallengeRow.id)
    .where(DeliveryRow.token == bindparam("token"))
)
