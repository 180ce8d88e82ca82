"""Dials callbacks: intent first, then the carrier, then the state once more (the rules of `desk.work`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from carrier.telephone import DeliveryError, Kind, Telephone
from core.database import Database
from core.jobs import Job, Retry
from desk import callbacks, dialling, tasks
from desk.context import Context
from desk.models import CallbackState
from desk.urls import Urls
from verification import spending
from verification.evidence import Channel

_NOT_TAKEN = (Kind.BACK_OFF, Kind.UNREACHABLE)  # nothing was carried out: repeating it is safe
_PAUSE = timedelta(seconds=5)

_log = structlog.get_logger("desk.dialler")


class Dialler:
    """Two jobs: the dial, and the end of an attempt that nobody told about."""

    def __init__(
        self,
        database: Database,
        context: Context,
        telephone: Telephone,
        urls: Urls,
        rules: Mapping[str, spending.Spending],
    ) -> None:
        self._database = database
        self._context = context
        self._telephone = telephone
        self._urls = urls
        self._rules = rules

    def dial(self, job: Job) -> None:
        callback, attempt = job.payload["callback"], job.payload["attempt"]
        begun = self._begin(callback, attempt)
        if begun is None:
            return
        row, number = begun
        try:
            call = self._place(row, number)
        except DeliveryError as error:
            self._not_dialled(row, error)
            return
        with self._database.begin() as tx:
            if not dialling.placed(tx, callback, attempt, call):
                tasks.want_hang_up(tx, call, self._context.now)

    def end(self, job: Job) -> None:
        """Two minutes after an attempt began and nobody told how it went: it counts as not answered."""
        with self._database.begin() as tx:
            row = callbacks.row_of(tx, job.payload["callback"])
            if row.state == CallbackState.DIALLING and row.attempts == job.payload["attempt"]:
                dialling.attempt_over(tx, self._context, row, why="silence")
                if row.call is not None:
                    tasks.want_hang_up(tx, row.call, self._context.now)

    def _begin(self, callback: str, attempt: int) -> tuple[Row[Any], str] | None:
        """Write the intent, if the limits for outbound calls (C7-C9) allow the dial."""
        with self._database.begin() as tx:
            if not dialling.begin_dial(tx, callback, attempt, self._context.now):
                return None
            row = callbacks.row_of(tx, callback)
            number = callbacks.number(self._context, row)
            against = spending.judge(
                tx,
                self._context.keyring,
                self._context.now,
                operator=row.operator,
                rules=self._rules.get(row.operator, spending.Spending()),
                channel=Channel.CALL,
                value=number,
            )
            if against is None:
                return row, number
            final = against in {spending.Unsendable.KIND, spending.Unsendable.COUNTRY}
            dialling.attempt_over(tx, self._context, row, why=against.value, final=final)
            return None

    def _place(self, row: Row[Any], number: str) -> str:
        return self._telephone.place_call(
            number,
            url=self._urls.callback(row.token),
            timeout=dialling.RING,
            status_url=self._urls.callback_status(row.token),
            detect_machine=True,
        )

    def _not_dialled(self, row: Row[Any], error: DeliveryError) -> None:
        if error.kind is Kind.UNKNOWN_OUTCOME:
            return  # it may be ringing; the timer decides
        _log.warning("desk.not-dialled", callback=row.id, error=error.code)
        with self._database.begin() as tx:
            if error.kind in _NOT_TAKEN and self._context.now - row.claimed_at < timedelta(minutes=1):
                dialling.undo_dial(tx, row.id, row.attempts)
            else:
                final = error.kind is Kind.BAD_ADDRESS
                dialling.attempt_over(tx, self._context, row, why=error.kind.value, final=final)
                return
        raise Retry(_PAUSE, error.code)
