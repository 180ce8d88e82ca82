"""A small world: two organisations of one operator, with contacts and registered addresses."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from sqlalchemy import insert

from core.clock import ManualClock
from core.database import Database
from core.keys import Keyring
from directory import accounts, models
from directory.register import (
    NewAddress,
    NewContact,
    NewOrganisation,
    add_address,
    add_contact,
    add_organisation,
)
from directory.vocabulary import AddressKind, LineType, Role
from verification.catalogue import preset
from verification.service import Caller, Rules, Verifier
from verification.spending import Spending

OPERATOR = "worldwide"
COUNTRIES = frozenset({"US", "CA", "DE", "AT"})
MOBILE, LANDLINE, MAIL = "+14255550101", "+14255550102", "ada@contoso.example"
STRANGER = "+14155550199"


def account(number: int) -> str:
    """A well-formed account number."""
    return accounts.new(lambda _: number)


@dataclass
class World:
    """The directory of a test and what is needed to ask for PINs in it."""

    database: Database
    clock: ManualClock
    keyring: Keyring
    organisation: str = ""
    primary: str = ""
    second: str = ""
    other: str = ""
    other_contact: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    calls: int = 0

    def verifier(self, policy: str = "standard", **rules: object) -> Verifier:
        made = Rules(preset(policy), **({"spending": Spending(COUNTRIES)} | rules))  # type: ignore[arg-type]
        return Verifier(self.clock, self.keyring, {OPERATOR: made})

    def caller(self, number: str | None = STRANGER) -> Caller:
        self.calls += 1
        return Caller(f"CA{self.calls:032x}", OPERATOR, number)

    def contact(self, organisation: str, number: str, name: str, *, primary: bool) -> str:
        with self.database.begin() as tx:
            return add_contact(
                tx,
                self.clock.now(),
                self.keyring,
                NewContact(OPERATOR, organisation, number, name, Role.GLOBAL, is_primary=primary),
            )

    def address(
        self, organisation: str, contact: str | None, value: str, line: LineType | None, *, confirmed: bool = True
    ) -> str:
        kind = AddressKind.EMAIL if "@" in value else AddressKind.PHONE
        now = self.clock.now()
        new = NewAddress(
            OPERATOR, organisation, contact, kind, value, line_type=line, confirmed_at=now if confirmed else None
        )
        with self.database.begin() as tx:
            self.addresses[value] = add_address(tx, now, self.keyring, new)
        return self.addresses[value]

    def company(self, name: str, number: int, *, high_risk: bool = False) -> str:
        new = NewOrganisation(OPERATOR, name, account(number), "US", "en", high_risk=high_risk)
        with self.database.begin() as tx:
            return add_organisation(tx, self.clock.now(), self.keyring, new)


@pytest.fixture
def world(database: Database, clock: ManualClock, keyring: Keyring) -> World:
    with database.begin() as tx:
        tx.execute(
            insert(models.Operator),
            {
                "code": OPERATOR,
                "name": "Northwind",
                "position": 0,
                "languages": ["en"],
                "rules": [],
                "severities": [],
                "max_severity": {},
                "closed_since": None,
                "hand_over_to": None,
                "note": None,
            },
        )
    made = World(database, clock, keyring)
    made.organisation = made.company("Contoso", 1)
    made.other = made.company("Fabrikam", 2)
    made.primary = made.contact(made.organisation, "1001", "Ada", primary=True)
    made.second = made.contact(made.organisation, "1002", "Ben", primary=False)
    made.other_contact = made.contact(made.other, "2001", "Cleo", primary=True)
    made.address(made.organisation, made.primary, MOBILE, LineType.MOBILE)
    made.address(made.organisation, made.primary, LANDLINE, LineType.LANDLINE)
    made.address(made.organisation, made.primary, MAIL, None)
    made.address(made.organisation, made.second, "+14255550103", LineType.MOBILE)
    made.address(made.other, made.other_contact, "+14255550104", LineType.MOBILE)
    return made
