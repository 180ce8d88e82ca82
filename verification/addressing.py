"""Which contact a PIN goes to, and which of their addresses.

The caller chooses a kind (text, call, e-mail) and never an address (B7). The contact is the one whose contact number
was keyed, else the organisation's primary contact. Only confirmed addresses count (A7), and a changed one rests a day
before it may receive anything (A6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from core.keys import Keyring
from directory import people
from directory.people import Address
from directory.vocabulary import AddressKind, LineType
from verification.evidence import Channel, possession


class Unreachable(StrEnum):
    """Why there is nobody to send a PIN to."""

    ORGANISATION = "unknown-organisation"
    CONTACT = "unknown-contact"
    ADDRESS = "no-usable-address"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a PIN goes. `value` is the address itself: it stays in memory and is never stored with a challenge."""

    contact: str
    address: str
    possession: str
    high_risk: bool
    value: str

    def __repr__(self) -> str:
        return f"Target(contact={self.contact!r}, address={self.address!r})"


def whom(tx: Connection, organisation: str | None, contact_number: str | None) -> str | None:
    """Id of the contact a PIN is for; an unknown contact number names nobody, rather than the primary contact."""
    if organisation is None:
        return None
    if contact_number:
        return people.contact_by_number(tx, organisation, contact_number)
    return people.primary_contact(tx, organisation)


def find(
    tx: Connection,
    now: datetime,
    keyring: Keyring,
    *,
    organisation: str | None,
    contact: str | None,
    channel: Channel,
) -> Target | Unreachable:
    """The first usable address of the contact for this channel."""
    if organisation is None:
        return Unreachable.ORGANISATION
    if contact is None:
        return Unreachable.CONTACT
    person = people.contact(tx, keyring, contact)
    if person.organisation != organisation:
        return Unreachable.CONTACT
    usable = [one for one in people.addresses(tx, contact) if is_usable(one, channel, now)]
    if not usable:
        return Unreachable.ADDRESS
    chosen = usable[0]
    value = people.reveal(tx, keyring, chosen.id)
    high_risk = person.high_risk or people.organisation(tx, keyring, organisation).high_risk
    return Target(contact, chosen.id, possession(keyring, chosen.kind.value, value), high_risk, value)


def is_usable(address: Address, channel: Channel, now: datetime) -> bool:
    """Texts go to mobiles, calls to any telephone, mail to mailboxes; confirmed, and not changed within the day."""
    rested = address.sensitive_from is None or address.sensitive_from <= now
    return address.confirmed and rested and _fits(address, channel)


def _fits(address: Address, channel: Channel) -> bool:
    if channel is Channel.EMAIL:
        return address.kind is AddressKind.EMAIL
    return address.kind is AddressKind.PHONE and (channel is Channel.CALL or address.line_type is LineType.MOBILE)
