"""Registers organisations, contacts and addresses with as few words as a test needs."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from core.clock import ManualClock
from core.database import Database
from core.keys import Keyring
from directory import accounts, register
from directory.vocabulary import AddressKind, LineType, Role


@dataclass
class Registrar:
    database: Database
    clock: ManualClock
    keyring: Keyring
    operator: str = "worldwide"
    random: random.Random = field(default_factory=lambda: random.Random(7))

    def organisation(self, name: str = "Contoso", account: str | None = None) -> str:
        number = account or accounts.new(self.random.randrange)
        new = register.NewOrganisation(self.operator, name, number, "US")
        with self.database.begin() as tx:
            return register.add_organisation(tx, self.clock.now(), self.keyring, new)

    def contact(
        self, organisation: str, number: str = "101", *, role: Role = Role.GLOBAL, primary: bool = False
    ) -> str:
        new = register.NewContact(self.operator, organisation, number, "Robin Placeholder", role, is_primary=primary)
        with self.database.begin() as tx:
            return register.add_contact(tx, self.clock.now(), self.keyring, new)

    def phone(self, organisation: str, contact: str | None, number: str) -> str:
        return self._address(organisation, contact, AddressKind.PHONE, number, LineType.MOBILE)

    def email(self, organisation: str, contact: str | None, value: str) -> str:
        return self._address(organisation, contact, AddressKind.EMAIL, value, None)

    def delegate(self, contact: str, *customers: str) -> None:
        with self.database.begin() as tx:
            register.delegate(tx, self.operator, contact, customers)

    def _address(
        self, organisation: str, contact: str | None, kind: AddressKind, value: str, line_type: LineType | None
    ) -> str:
        new = register.NewAddress(self.operator, organisation, contact, kind, value, line_type)
        with self.database.begin() as tx:
            return register.add_address(tx, self.clock.now(), self.keyring, new)
