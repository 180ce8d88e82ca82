"""What comes back about a PIN that was sent: receipts of texts, and our own call to a registered number.

Receipts come twice, late, in any order, or for attempts that never were: only open states move, and a stranger's
receipt changes nothing. A PIN is spoken once, to a human who pressed 1, so that a repeated request yields no PIN.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from audit.canonical import Json
from audit.vocabulary import Action, Outcome
from carrier.steps import HangUp, Step
from core.keys import Keyring, SealError
from verification import attempts, wording
from verification.models import DeliveryState, State
from verification.pins import pin_for
from verification.record import Caller, Recorder

# Twilio's statuses of messages and of calls. `completed` is a call that ended: by then the PIN was heard, or not.
_STATES = {
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
    "busy": DeliveryState.FAILED,
    "no-answer": DeliveryState.FAILED,
    "completed": DeliveryState.FAILED,
}


def receipt(
    tx: Connection, record: Recorder, *, token: str, provider_id: str, status: str, error_code: str | None = None
) -> bool:
    """Take a status callback of the attempt `token`; False when it is no news. Unknown statuses are none."""
    state = _STATES.get(status)
    code = error_code or (f"call-{status}" if state is DeliveryState.FAILED else None)
    if state is None or not attempts.report(tx, record.clock.now(), token, state, provider_id=provider_id, code=code):
        return False
    row = attempts.by_token(tx, token)
    outcome = Outcome.FAILURE if state is DeliveryState.FAILED else Outcome.SUCCESS
    if row is not None:
        _note(tx, record, row, outcome, status=status, code=code)
    return True


def answered(
    tx: Connection, record: Recorder, *, token: str, key_to: str, answered_by: str | None = None
) -> tuple[Step, ...]:
    """Our call was answered: who we are and a key to press, and not one digit yet. Machines hear nothing."""
    row = attempts.by_token(tx, token)
    if row is None:
        return (HangUp(),)
    if answered_by is not None and answered_by.startswith(("machine", "fax")):
        _note(tx, record, row, Outcome.REFUSED, status="machine")
        return (HangUp(),)
    words = wording.of(tx, record.keyring, row)
    return words.introduction(key_to) if _is_wanted(row, record.clock.now()) else words.stale()


def key_pressed(tx: Connection, record: Recorder, *, token: str, provider_id: str, digits: str) -> tuple[Step, ...]:
    """The key after the introduction: 1 speaks the PIN, once; anything else, and silence, ends the call."""
    row = attempts.by_token(tx, token)
    if row is None or digits != "1":
        return (HangUp(),)
    words, now = wording.of(tx, record.keyring, row), record.clock.now()
    pin = _pin(record.keyring, row) if _is_wanted(row, now) else None
    heard = pin is not None and attempts.report(
        tx, now, token, DeliveryState.DELIVERED, provider_id=provider_id, code=None
    )
    if pin is None or not heard:
        return words.stale()
    _note(tx, record, row, Outcome.SUCCESS, status="spoken")
    return words.spoken(pin)


def _is_wanted(row: Row[Any], now: datetime) -> bool:
    return bool(row.state == State.LIVE.value and row.counter == row.sent_counter and now < row.expires_at)


def _pin(keyring: Keyring, row: Row[Any]) -> str | None:
    try:
        return pin_for(keyring, row)
    except SealError:
        return None


def _note(tx: Connection, record: Recorder, row: Row[Any], outcome: Outcome, **facts: Json) -> None:
    record.write(
        tx,
        Caller(row.call, row.operator, None),
        Action.DELIVERY_REPORTED,
        outcome,
        f"challenge:{row.id}",
        organisation=row.organisation,
        contact=row.contact,
        facts={"channel": row.channel, **facts},
    )
