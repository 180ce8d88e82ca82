"""Sending a PIN: a job that carries the challenge and the counter, and computes the PIN when it is needed.

    1. A short transaction looks whether the PIN is still wanted (live, the same counter, more than a minute to live)
       and writes the attempt as `sending`. What is not wanted any more ends as `expired`, visibly.
    2. The provider is asked with no transaction open.
    3. Another short transaction writes what came of it, with its entry.

A crash between 2 and 3 leaves `sending`: the job runs again and sends the same PIN once more (G2). When nobody knows
whether the provider took it, a receipt is waited for before it is sent again, and that once (G3). Temporary errors
come back at once, then after 2, 4, 8, 16, 16... s ± 50 % until a minute before the PIN expires (G4).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, bindparam, select

from audit.canonical import Json
from audit.vocabulary import Action, Outcome
from carrier.mail import Mailer
from carrier.telephone import DeliveryError, Kind, Telephone
from core.clock import Clock
from core.database import Database
from core.jobs import Handler, Job, Retry
from core.keys import Keyring
from directory import people
from verification import attempts, wording
from verification.attempts import Attempt, Next
from verification.challenges import DELIVER
from verification.evidence import Channel
from verification.models import ChallengeRow, DeliveryState
from verification.pins import pin_for
from verification.record import Caller, Recorder
from verification.wording import Wording

RING_SECONDS = 25
_PAUSES = (0.0, 2.0, 4.0, 8.0, 16.0)
_CHANCE = secrets.SystemRandom().random


@dataclass(frozen=True, slots=True)
class _Sending:
    attempt: Attempt
    challenge: Row[Any] = field(repr=False)
    wording: Wording
    to: str = field(repr=False)


class Delivery:
    """Handler of `verification.deliver`. `chance` gives [0, 1) for jitter; the carrier finds us at `public_url`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        keyring: Keyring,
        *,
        telephone: Telephone,
        mailer: Mailer,
        public_url: str,
        chance: Callable[[], float] = _CHANCE,
    ) -> None:
        self._database = database
        self._clock = clock
        self._keyring = keyring
        self._telephone = telephone
        self._mailer = mailer
        self._voice = f"{public_url.rstrip('/')}/voice"
        self._host = urlsplit(public_url).hostname or "localhost"
        self._chance = chance
        self._record = Recorder(clock, keyring)

    def handlers(self) -> Mapping[str, Handler]:
        """For `core.jobs.Worker`."""
        return {DELIVER: self.deliver}

    def deliver(self, job: Job) -> None:
        """Send the PIN that the job names, unless it is not wanted any more. Raises `Retry`."""
        with self._database.begin() as tx:  # 1
            sending = self._start(tx, str(job.payload["challenge"]), int(job.payload["counter"]))
        if sending is None:
            return
        try:
            provider_id = self._send(sending)  # 2
        except DeliveryError as error:
            self._failed(sending, error)
        else:
            with self._database.begin() as tx:  # 3
                attempts.close(tx, self._clock.now(), sending.attempt, DeliveryState.SENT, provider_id=provider_id)
                self._note(tx, sending.challenge, Action.DELIVERY_SENT, attempt=sending.attempt.number)

    def _start(self, tx: Connection, challenge: str, counter: int) -> _Sending | None:
        now = self._clock.now()
        row = tx.execute(_CHALLENGE, {"id": challenge}).first()
        if row is None:
            return None
        tried = attempts.tried(tx, challenge, counter)
        number, plan = len(tried) + 1, attempts.plan(row, counter, tried, now)
        match plan.next:
            case Next.NOTHING:
                return None
            case Next.WAIT:
                raise Retry(plan.wait, "waiting-for-receipt")
            case Next.DROP:
                attempts.write(tx, now, row, counter=counter, number=number, state=DeliveryState.EXPIRED)
                self._note(tx, row, Action.DELIVERY_EXPIRED, Outcome.FAILURE)
                return None
            case Next.SEND:
                attempt = attempts.write(tx, now, row, counter=counter, number=number, state=DeliveryState.SENDING)
                self._note(tx, row, Action.DELIVERY_STARTED, attempt=number)
                to = people.reveal(tx, self._keyring, row.address)
                return _Sending(attempt, row, wording.of(tx, self._keyring, row), to)

    def _send(self, sending: _Sending) -> str | None:
        row, words, token = sending.challenge, sending.wording, sending.attempt.token
        pin = pin_for(self._keyring, row)
        match Channel(row.channel):
            case Channel.TEXT:
                left = int((row.expires_at - self._clock.now()).total_seconds())
                status_url = f"{self._voice}/status/message/{token}"
                return self._telephone.send_text(sending.to, words.text(pin), validity=left, status_url=status_url)
            case Channel.CALL:
                return self._telephone.place_call(
                    sending.to,
                    url=f"{self._voice}/pincall/answer/{token}",
                    timeout=RING_SECONDS,
                    status_url=f"{self._voice}/status/pincall/{token}",
                    detect_machine=True,
                )
            case Channel.EMAIL:
                subject, body = words.mail(pin)
                self._mailer.send(sending.to, subject, body, message_id=f"<{row.id}.{row.counter}@{self._host}>")
                return None

    def _failed(self, sending: _Sending, error: DeliveryError) -> None:
        """Write the failure down, then say whether and when to come back."""
        unsure = error.kind is Kind.UNKNOWN_OUTCOME
        state = DeliveryState.UNKNOWN if unsure else DeliveryState.FAILED
        action = Action.DELIVERY_UNKNOWN if unsure else Action.DELIVERY_FAILED
        facts: dict[str, Json] = {"attempt": sending.attempt.number, "code": error.code, "kind": error.kind.value}
        with self._database.begin() as tx:
            attempts.close(tx, self._clock.now(), sending.attempt, state, error=error)
            self._note(tx, sending.challenge, action, Outcome.UNKNOWN if unsure else Outcome.FAILURE, **facts)
            if error.kind is Kind.CONFIGURATION:
                self._note(tx, sending.challenge, Action.ALARM_RAISED, Outcome.FAILURE, **facts)
        if unsure:
            raise Retry(attempts.receipt_wait(sending.challenge.channel), error.kind.value)
        if not error.permanent:
            raise Retry(self._pause(sending.attempt.number), error.kind.value)

    def _pause(self, number: int) -> timedelta:
        seconds = _PAUSES[min(number, len(_PAUSES)) - 1]
        return timedelta(seconds=seconds * (0.5 + self._chance()))

    def _note(
        self, tx: Connection, row: Row[Any], action: Action, outcome: Outcome = Outcome.SUCCESS, **facts: Json
    ) -> None:
        self._record.write(
            tx,
            Caller(row.call, row.operator, None),
            action,
            outcome,
            f"challenge:{row.id}",
            organisation=row.organisation,
            contact=row.contact,
            facts={"channel": row.channel, **facts},
        )


_CHALLENGE = select(ChallengeRow.__table__).where(ChallengeRow.id == bindparam("id"))
