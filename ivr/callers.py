"""The caller's number of a call: sealed in its row, opened only for a deed that needs it."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from core.keys import Keyring
from ivr.models import CallRow

_PURPOSE = "call.caller"
_SEALED = select(CallRow.caller_sealed).where(CallRow.sid == bindparam("call"))


def seal(keyring: Keyring, call: str, number: str) -> bytes:
    return keyring.seal(_PURPOSE, number, f"calls:caller:{call}")


def caller_hash(keyring: Keyring, number: str) -> str:
    """Keyed hash by which calls of one number are counted."""
    return keyring.pseudonym(_PURPOSE, number)


def caller_number(tx: Connection, keyring: Keyring, call: str) -> str | None:
    """The E.164 number of the caller; None when it was withheld or unusable."""
    return opened(keyring, call, tx.execute(_SEALED, {"call": call}).scalar())


def opened(keyring: Keyring, call: str, sealed: bytes | None) -> str | None:
    """The number that `seal` sealed for this call."""
    return None if sealed is None else keyring.open(_PURPOSE, bytes(sealed), f"calls:caller:{call}")
