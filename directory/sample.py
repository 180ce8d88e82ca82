"""Writing the sample: once, into a directory without organisations, in development only (docs/sample.md)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select

from audit.entry import Entry
from audit.log import append_all
from audit.vocabulary import Action, Outcome
from core.clock import Clock
from core.keys import Keyring
from directory import models, register
from directory.register import NewAddress, NewContact, NewOrganisation
from directory.sample_data import ORGANISATIONS, PARTNERS, SampleAddress, SampleContact, SampleOrganisation


def load(tx: Connection, clock: Clock, keyring: Keyring) -> int:
    """Write the sample where no organisation is; returns how many were written. The shipped lines come first."""
    if tx.execute(select(func.count()).select_from(models.Organisation)).scalar_one():
        return 0
    writer = _Writer(tx, clock.now(), keyring)
    for operator, name, number in PARTNERS:
        writer.partners[name] = register.add_partner(tx, operator, name, number)
    for sample in ORGANISATIONS:
        writer.organisation(sample)
    for contact, operator, customers in writer.delegations:
        register.delegate(tx, operator, contact, [writer.organisations[name] for name in customers])
    counted = Counter(sample.operator for sample in ORGANISATIONS)
    append_all(tx, clock, keyring, [_entry(operator, count) for operator, count in counted.items()])
    return len(ORGANISATIONS)


@dataclass
class _Writer:
    tx: Connection
    now: datetime
    keyring: Keyring
    partners: dict[str, str] = field(default_factory=dict)
    organisations: dict[str, str] = field(default_factory=dict)
    delegations: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)

    def organisation(self, sample: SampleOrganisation) -> None:
        made = register.add_organisation(
            self.tx,
            self.now,
            self.keyring,
            NewOrganisation(
                sample.operator,
                sample.name,
                sample.account,
                sample.region,
                sample.language,
                sample.plan,
                sample.high_risk,
                sample.domains,
            ),
        )
        self.organisations[sample.name] = made
        for product, form, state, seller in sample.subscriptions:
            partner = self.partners[seller] if seller else None
            register.add_subscription(self.tx, sample.operator, made, product, form=form, state=state, partner=partner)
        for index, contact in enumerate(sample.contacts):
            self.contact(sample, made, contact, is_primary=index == 0)

    def contact(
        self, sample: SampleOrganisation, organisation: str, contact: SampleContact, *, is_primary: bool
    ) -> None:
        new = NewContact(
            sample.operator,
            organisation,
            contact.number,
            contact.name,
            contact.role,
            is_primary=is_primary,
            language=contact.language,
            high_risk=sample.high_risk,
        )
        made = register.add_contact(self.tx, self.now, self.keyring, new)
        for address in contact.addresses:
            self.address(sample.operator, organisation, made, address)
        if contact.customers:
            self.delegations.append((made, sample.operator, contact.customers))

    def address(self, operator: str, organisation: str, contact: str, address: SampleAddress) -> None:
        new = NewAddress(
            operator,
            organisation,
            contact,
            address.kind,
            address.value,
            address.line_type,
            confirmed_at=self.now if address.confirmed else None,
            confirmed_by="sample" if address.confirmed else None,
        )
        register.add_address(self.tx, self.now, self.keyring, new)


def _entry(operator: str, count: int) -> Entry:
    return Entry(
        actor="service",
        subject="directory:sample",
        action=Action.SAMPLE_LOADED,
        outcome=Outcome.SUCCESS,
        operator=operator,
        facts={"organisations": count},
    )
