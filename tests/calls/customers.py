"""Customers registered for one story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from app import Parts
from core.clock import ManualClock
from directory import accounts, register
from directory.vocabulary import AddressKind, LineType, Role, SupportPlan

ADMIN = "+14255550170"
DESK_PHONE = "+14255550171"
STRANGER = "+14255550150"
US_LINE = "+18008659408"


class Place(Protocol):
    """Where somebody is registered: a town, or a wire."""

    @property
    def parts(self) -> Parts: ...
    @property
    def clock(self) -> ManualClock: ...


@dataclass(frozen=True, slots=True)
class Customer:
    """An organisation with one administrator: a mobile, a landline and a mailbox, all confirmed."""

    organisation: str
    contact: str
    account: str


def customer(
    town: Place,
    name: str = "Litware",
    *,
    operator: str = "worldwide",
    region: str = "US",
    mobile: str = ADMIN,
    role: Role = Role.GLOBAL,
    language: str | None = None,
    plan: SupportPlan = SupportPlan.STANDARD,
    partner: tuple[str, str] | None = None,
) -> Customer:
    """Register an organisation and its administrator."""
    keyring, now = town.parts.keyring, town.clock.now()
    digits = iter(int(digit) for digit in "48213597" * 4)
    body = f"7{''.join(str(next(digits)) for _ in range(7))}{sum(map(ord, name)) % 10}"
    account = body + accounts.check_digit(body)
    with town.parts.database.begin() as tx:
        new = register.NewOrganisation(operator, name, account, region, language=language, plan=plan)
        organisation = register.add_organisation(tx, now, keyring, new)
        sold_by = register.add_partner(tx, operator, *partner) if partner else None
        register.add_subscription(tx, operator, organisation, "Office", form="paid", state="active", partner=sold_by)
        contact = register.add_contact(
            tx,
            now,
            keyring,
            register.NewContact(operator, organisation, "100", "Alex", role, is_primary=True, language=language),
        )
        addresses = (
            (AddressKind.PHONE, mobile, LineType.MOBILE),
            (AddressKind.PHONE, DESK_PHONE, LineType.LANDLINE),
            (AddressKind.EMAIL, "alex@litware.example", None),
        )
        for later, (kind, value, line_type) in enumerate(addresses):
            address = register.NewAddress(
                operator, organisation, contact, kind, value, line_type, confirmed_at=now, confirmed_by="test"
            )
            # One after the other: a call goes to the telephone that was registered first.
            register.add_address(tx, now + timedelta(microseconds=later), keyring, address)
    return Customer(organisation, contact, account)
