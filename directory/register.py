"""Writing organisations, partners, contacts and addresses, sealed and hashed on the way in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert

from core.errors import RefusedError
from core.keys import Keyring
from directory import models, vault
from directory.accounts import is_well_formed
from directory.numbers import is_e164
from directory.vocabulary import AddressKind, LineType, Role, SupportPlan


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """`region` is a region's id or ISO code, `language` a catalogue code."""

    operator: str
    name: str
    account_number: str = field(repr=False)
    region: str
    language: str | None = None
    plan: SupportPlan = SupportPlan.STANDARD
    high_risk: bool = False
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewContact:
    """`number` is the contact number, unique within the organisation."""

    operator: str
    organisation: str
    number: str
    name: str = field(repr=False)
    role: Role
    is_primary: bool = False
    language: str | None = None
    high_risk: bool = False


@dataclass(frozen=True, slots=True)
class NewAddress:
    """A number (E.164) or e-mail of a contact, or of the organisation itself where `contact` is None."""

    operator: str
    organisation: str
    contact: str | None
    kind: AddressKind
    value: str = field(repr=False)
    line_type: LineType | None = None
    own_domain: bool = False
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None


def add_organisation(tx: Connection, now: datetime, keyring: Keyring, new: NewOrganisation) -> str:
    """Returns the id. Raises `RefusedError` for an account number without its check digit."""
    if not is_well_formed(new.account_number):
        raise RefusedError("an account number has ten digits, the last a check digit")
    made = str(uuid.uuid4())
    values = {
        "id": made,
        "operator": new.operator,
        "name": new.name,
        "account_hash": vault.account_hash(keyring, new.operator, new.account_number),
        "account_key": keyring.current,
        "account_sealed": vault.seal_account(keyring, made, new.account_number),
        "region": new.region,
        "language": new.language,
        "plan": new.plan.value,
        "high_risk": new.high_risk,
        "domains": list(new.domains),
        "created_at": now,
    }
    tx.execute(insert(models.Organisation), values)
    return made


def add_partner(tx: Connection, operator: str, name: str, number: str | None) -> str:
    made = str(uuid.uuid4())
    tx.execute(insert(models.Partner), {"id": made, "operator": operator, "name": name, "number": number})
    return made


def add_subscription(
    tx: Connection, operator: str, organisation: str, product: str, *, form: str, state: str, partner: str | None
) -> str:
    """`form` is paid or trial; `partner` the id of who sold it, None when bought directly."""
    made = str(uuid.uuid4())
    values = {"id": made, "operator": operator, "organisation": organisation, "product": product}
    tx.execute(insert(models.Subscription), values | {"form": form, "state": state, "partner": partner})
    return made


def add_contact(tx: Connection, now: datetime, keyring: Keyring, new: NewContact) -> str:
    made = str(uuid.uuid4())
    values = {
        "id": made,
        "operator": new.operator,
        "organisation": new.organisation,
        "number": new.number,
        "name_sealed": vault.seal_name(keyring, made, new.name),
        "role": new.role.value,
        "is_primary": new.is_primary,
        "language": new.language,
        "high_risk": new.high_risk,
        "created_at": now,
    }
    tx.execute(insert(models.Contact), values)
    return made


def delegate(tx: Connection, operator: str, contact: str, customers: Sequence[str]) -> None:
    """Let a partner's contact act as administrator for these organisations."""
    for customer in customers:
        tx.execute(insert(models.Delegation), {"operator": operator, "contact": contact, "organisation": customer})


def add_address(tx: Connection, now: datetime, keyring: Keyring, new: NewAddress) -> str:
    """Returns the id. Raises `RefusedError` for a number that is not canonical E.164, or an odd e-mail."""
    if new.kind is AddressKind.PHONE and not is_e164(new.value):
        raise RefusedError("a registered number is written in E.164, such as +14255550100")
    if new.kind is AddressKind.EMAIL and new.value.count("@") != 1:
        raise RefusedError("an e-mail address has one @")
    made = str(uuid.uuid4())
    values = {
        "id": made,
        "operator": new.operator,
        "organisation": new.organisation,
        "contact": new.contact,
        "kind": new.kind.value,
        "line_type": new.line_type.value if new.line_type else None,
        "value_hash": vault.address_hash(keyring, new.operator, new.kind, new.value),
        "prefix_hash": vault.prefix_hash(keyring, new.operator, new.kind, new.value),
        "key_id": keyring.current,
        "value_sealed": vault.seal_address(keyring, made, new.value),
        "own_domain": new.own_domain,
        "confirmed_at": new.confirmed_at,
        "confirmed_by": new.confirmed_by,
        "sensitive_from": None,
        "created_at": now,
    }
    tx.execute(insert(models.Address), values)
    return made
