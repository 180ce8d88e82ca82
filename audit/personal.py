"""Personal data in the log: keyed pseudonyms in the leaf, ciphertext beside it, one key for each person.

Destroying a person's key erases what it sealed, and every hash still holds (REQUIREMENTS F12). Pseudonyms are keyed by
operator for organisations and by organisation for contacts, so that nobody can follow one across that border.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from audit.canonical import canonical
from audit.entry import Entry
from audit.models import AuditPersonal, AuditPersonKey
from core.keys import Keyring, SealError

_NONCE = 12
_PURPOSE = "audit/person-key"


def pseudonyms(keyring: Keyring, entry: Entry) -> dict[str, str | None]:
    """The keyed names that stand in an entry's columns."""
    organisation = contact = None
    if entry.organisation is not None:
        organisation = keyring.pseudonym(organisation_purpose(entry.operator), entry.organisation)
        if entry.contact is not None:
            contact = keyring.pseudonym(contact_purpose(entry.organisation), entry.contact)
    return {"organisation": organisation, "contact": contact}


def organisation_purpose(operator: str | None) -> str:
    """The purpose under which organisations of an operator are hashed; a search needs it too."""
    return f"audit/organisation/{operator or ''}"


def contact_purpose(organisation: str) -> str:
    """The purpose under which contacts of an organisation are hashed."""
    return f"audit/contact/{organisation}"


def _people(keyring: Keyring, entry: Entry) -> tuple[str, ...]:
    if entry.contact is not None and entry.organisation is not None:
        return keyring.candidates(contact_purpose(entry.organisation), entry.contact)
    if entry.organisation is not None:
        return keyring.candidates(organisation_purpose(entry.operator), entry.organisation)
    if entry.call is not None:
        return keyring.candidates("audit/call", entry.call)
    raise ValueError("personal data needs a contact, an organisation or a call whose key seals it")


def seal_for(tx: Connection, now: datetime, keyring: Keyring, entry: Entry, entry_id: str) -> dict[str, Any]:
    """Encrypt an entry's personal data (AES-256-GCM, the entry's id as associated data); the row that keeps it."""
    person, key = _person_key(tx, now, keyring, _people(keyring, entry))
    nonce = os.urandom(_NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, canonical(entry.personal), entry_id.encode())
    return {"entry": entry_id, "person": person, "sealed": sealed}


def _person_key(tx: Connection, now: datetime, keyring: Keyring, people: tuple[str, ...]) -> tuple[str, bytes]:
    found = tx.execute(_KEY, {"people": people}).first()
    if found is None:
        # Two entries about one person may meet here: the second waits, inserts nothing and reads the first one's key.
        wrapped = keyring.seal(_PURPOSE, os.urandom(32).hex(), people[0])
        tx.execute(_NEW_KEY[tx.dialect.name], {"person": people[0], "wrapped": wrapped, "made_at": now})
        found = tx.execute(_KEY, {"people": people[:1]}).one()
    return found.person, bytes.fromhex(keyring.open(_PURPOSE, found.wrapped, found.person))


def reveal(tx: Connection, keyring: Keyring, entry_id: str) -> dict[str, Any] | None:
    """Personal data of an entry; None when there is none or its key was destroyed. Raises `SealError` if altered."""
    found = tx.execute(_SEALED, {"entry": entry_id}).first()
    if found is None:
        return None
    key = bytes.fromhex(keyring.open(_PURPOSE, found.wrapped, found.person))
    try:
        opened = AESGCM(key).decrypt(found.sealed[:_NONCE], found.sealed[_NONCE:], entry_id.encode())
    except InvalidTag:
        raise SealError("personal data does not belong to its entry or was altered") from None
    return dict(json.loads(opened))


def _new_key(dialect: type[sqlite.Insert | postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    return dialect(AuditPersonKey).on_conflict_do_nothing(index_elements=["person"])


_KEY = select(AuditPersonKey.person, AuditPersonKey.wrapped).where(
    AuditPersonKey.person.in_(bindparam("people", expanding=True))
)
_NEW_KEY = {"sqlite": _new_key(sqlite.Insert), "postgresql": _new_key(postgresql.Insert)}
_SEALED = (
    select(AuditPersonal.person, AuditPersonal.sealed, AuditPersonKey.wrapped)
    .join(AuditPersonKey, AuditPersonKey.person == AuditPersonal.person)
    .where(AuditPersonal.entry == bindparam("entry"))
)
