"""Entries of the log that verification writes, in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from audit.canonical import Json
from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action, Outcome
from core.clock import Clock
from core.keys import Keyring


@dataclass(frozen=True, slots=True)
class Caller:
    """The call somebody is on. `number` is E.164, or None when the caller ID cannot be used."""

    call: str
    operator: str
    number: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Appends entries. Facts hold no digits, numbers or names."""

    clock: Clock
    keyring: Keyring

    def write(
        self,
        tx: Connection,
        caller: Caller,
        action: Action,
        outcome: Outcome,
        subject: str,
        *,
        organisation: str | None = None,
        contact: str | None = None,
        facts: Mapping[str, Json] | None = None,
        level: str | None = None,
    ) -> None:
        """One entry about a call; who acted is in the name of the action."""
        entry = Entry(
            actor=action.value.partition(":")[0],
            subject=subject,
            action=action,
            outcome=outcome,
            operator=caller.operator,
            call=caller.call,
            organisation=organisation,
            contact=contact if organisation else None,
            facts=facts or {},
            level=level,
        )
        append(tx, self.clock, self.keyring, entry)
