"""What every deed of the desk needs besides its transaction: the time, the keys, and a pen for the record."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action, Outcome
from core.clock import Clock
from core.keys import Keyring


@dataclass(frozen=True, slots=True)
class Context:
    """Clock and keyring of the process."""

    clock: Clock
    keyring: Keyring

    @property
    def now(self) -> datetime:
        return self.clock.now()


def note(
    tx: Connection,
    context: Context,
    action: Action,
    *,
    actor: str,
    subject: str,
    operator: str,
    call: str | None = None,
    organisation: str | None = None,
    outcome: Outcome = Outcome.SUCCESS,
    **facts: Any,
) -> None:
    """Put one act on record in the transaction of the fact; `facts` hold no personal data and no token."""
    entry = Entry(
        actor=actor,
        subject=subject,
        action=action,
        outcome=outcome,
        operator=operator,
        call=call,
        organisation=organisation,
        facts=facts,
    )
    append(tx, context.clock, context.keyring, entry)


def new_id() -> str:
    return uuid.uuid4().hex


def new_token() -> str:
    """At least 128 bits, safe in a URL's path (REQUIREMENTS E3)."""
    return secrets.token_urlsafe(24)
