"""What was seen about a caller: values with one JSON form, kept per call and never changed.

Ids of organisations, contacts and addresses are the directory's own; numbers and e-mail addresses appear only as
keyed pseudonyms (`possession`), so that two registrations of one telephone are known to be one telephone.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Text, UniqueConstraint, bindparam, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Utc
from core.errors import VouchlineError
from core.keys import Keyring
from verification.attestation import Attestation, read


class EvidenceError(VouchlineError):
    """A stored piece of evidence cannot be read."""

    code = "evidence"


class Kind(StrEnum):
    """Closed vocabulary of evidence. No knowledge question is among it, and none may be added (D1)."""

    CALLER_NUMBER = "caller-number"
    ACCOUNT_NUMBER = "account-number"
    PIN = "pin"
    CALLED_BACK = "called-back"
    ROLE_CLAIMED = "role-claimed"


class Channel(StrEnum):
    """How a PIN travels; a call-back travels by `call` too."""

    TEXT = "text"
    CALL = "call"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Risk:
    """What the carrier tells about a number, where it is asked: no news is no risk."""

    swapped_at: datetime | None = None
    forwarding: bool = False


@dataclass(frozen=True, slots=True)
class CallerNumber:
    """The calling number, matched whole; several organisations or contacts may share it."""

    usable: bool
    organisations: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    address: str | None = None
    possession: str | None = None
    attestation: Attestation | None = None
    forwarded: bool = False
    risk: Risk = Risk()


@dataclass(frozen=True, slots=True)
class AccountNumber:
    """An account number was keyed; `organisation` is None when no organisation has it."""

    organisation: str | None


@dataclass(frozen=True, slots=True)
class Pin:
    """A PIN that was sent to a registered address came back."""

    challenge: str
    organisation: str
    contact: str | None
    address: str
    possession: str
    channel: Channel
    risk: Risk = Risk()


@dataclass(frozen=True, slots=True)
class CalledBack:
    """Our own call to a registered number was answered and key 1 pressed."""

    organisation: str
    contact: str | None
    address: str
    possession: str
    risk: Risk = Risk()


@dataclass(frozen=True, slots=True)
class RoleClaimed:
    """The caller said whether they are an administrator: recorded, and proof of nothing."""

    administrator: bool


Facts = CallerNumber | AccountNumber | Pin | CalledBack | RoleClaimed
Proof = Pin | CalledBack

_KINDS: dict[Kind, type[Facts]] = {
    Kind.CALLER_NUMBER: CallerNumber,
    Kind.ACCOUNT_NUMBER: AccountNumber,
    Kind.PIN: Pin,
    Kind.CALLED_BACK: CalledBack,
    Kind.ROLE_CLAIMED: RoleClaimed,
}
_KIND_OF = {facts: kind for kind, facts in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing seen at one moment of one call."""

    id: str
    at: datetime
    facts: Facts

    @property
    def kind(self) -> Kind:
        return _KIND_OF[type(self.facts)]


def possession(keyring: Keyring, kind: str, value: str) -> str:
    """Names one telephone or one mailbox without showing it: `phone:KEY:HASH`; `kind` is `phone` or `email`."""
    return f"{kind}:{keyring.current}:{keyring.pseudonym('possession', f'{kind}:{value}')}"


def same_possession(one: str, other: str) -> bool:
    """Whether two names may stand for one thing; named under different keys they may, for all anyone can tell."""
    kind, key, _ = one.split(":")
    other_kind, other_key, _ = other.split(":")
    return kind == other_kind and (key != other_key or one == other)


class EvidenceRow(Base):
    """Evidence of a call, in the order in which it came."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("call", "position"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str]
    position: Mapped[int]
    operator: Mapped[str]
    kind: Mapped[str]
    facts: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Utc)


def add(tx: Connection, now: datetime, *, call: str, operator: str, facts: Facts) -> Evidence:
    """Keep one piece of evidence for a call."""
    item = Evidence(uuid.uuid4().hex, now, facts)
    tx.execute(
        _ADD,
        {
            "id": item.id,
            "call": call,
            "operator": operator,
            "kind": item.kind.value,
            "facts": dump(facts),
            "at": now,
            "of_call": call,
        },
    )
    return item


def of_call(tx: Connection, call: str) -> tuple[Evidence, ...]:
    """All evidence of one call in its order; another call's evidence is never among it."""
    rows = tx.execute(_OF_CALL, {"call": call})
    return tuple(Evidence(row.id, row.at, load(row.kind, row.facts)) for row in rows)


def dump(facts: Facts) -> str:
    """Canonical JSON of the facts: sorted names, no blanks, moments in ISO 8601."""
    return json.dumps(asdict(facts), sort_keys=True, separators=(",", ":"), default=datetime.isoformat)


def load(kind: str, text: str) -> Facts:
    """The facts that `dump` wrote. Raises `EvidenceError` for an unknown kind or field."""
    try:
        shape = _KINDS[Kind(kind)]
        return shape(**_values(shape, json.loads(text)))
    except (ValueError, TypeError, KeyError) as fault:
        raise EvidenceError(f"evidence of kind {kind!r} does not read: {type(fault).__name__}") from fault


def _values(shape: type[Facts], stored: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(stored) - {field.name for field in fields(shape)}
    if unknown:
        raise KeyError(*sorted(unknown))
    return {name: _READERS[name](value) if name in _READERS else value for name, value in stored.items()}


def _risk(stored: Mapping[str, Any]) -> Risk:
    swapped = stored["swapped_at"]
    return Risk(datetime.fromisoformat(swapped) if swapped else None, bool(stored["forwarding"]))


_READERS: dict[str, Any] = {
    "organisations": tuple,
    "contacts": tuple,
    "attestation": read,
    "channel": Channel,
    "risk": _risk,
}
_ADD = insert(EvidenceRow).values(
    id=bindparam("id"),
    call=bindparam("call"),
    position=select(func.coalesce(func.max(EvidenceRow.position), 0) + 1)
    .where(EvidenceRow.call == bindparam("of_call"))
    .scalar_subquery(),
    operator=bindparam("operator"),
    kind=bindparam("kind"),
    facts=bindparam("facts"),
    at=bindparam("at", type_=Utc),
)
_OF_CALL = (
    select(EvidenceRow.id, EvidenceRow.at, EvidenceRow.kind, EvidenceRow.facts)
    .where(EvidenceRow.call == bindparam("call"))
    .order_by(EvidenceRow.position)
)
