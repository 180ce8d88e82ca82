"""Who might be calling: organisations, contacts and their registered addresses.

Look-up is by keyed hash, under every key that is held, in one indexed statement. Organisation and contact are matched
apart: a switchboard number that contacts of one organisation share recognises the organisation and names nobody.
Nothing here guesses; several matches are handed on as several.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, or_, select

from core.errors import NotFoundError
from core.keys import Keyring
from directory import models, vault
from directory.numbers import CallerId, masked
from directory.vocabulary import ADMIN_ROLES, AddressKind, LineType, Role, SupportPlan


@dataclass(frozen=True, slots=True)
class Match:
    """What a caller number stands for; `address_id` is set where one registered address alone matched."""

    organisations: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    address_id: str | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    """A company that sold subscriptions, with its published name and number."""

    id: str
    name: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """`form` is paid or trial; bought from the operator itself where there is no partner."""

    product: str
    form: str
    state: str
    partner: Partner | None

    @property
    def is_active(self) -> bool:
        return self.state == "active"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A customer as a call needs it. `language` is a catalogue code, `region` a region's id or ISO code."""

    id: str
    operator: str
    name: str
    region: str
    language: str | None
    plan: SupportPlan
    high_risk: bool
    domains: tuple[str, ...]
    subscriptions: tuple[Subscription, ...]

    @property
    def bought_direct(self) -> bool:
        """At least one active subscription was bought, not only tried, from the operator itself (F8)."""
        return any(item.is_active and item.form == "paid" and item.partner is None for item in self.subscriptions)

    @property
    def partner(self) -> Partner | None:
        """The partner of the first active subscription that came through one."""
        return next((item.partner for item in self.subscriptions if item.is_active and item.partner), None)


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at an organisation; `customers` are organisations that a partner's contact administers."""

    id: str
    organisation: str
    operator: str
    number: str
    name: str = field(repr=False)
    role: Role
    is_primary: bool
    language: str | None
    high_risk: bool
    customers: tuple[str, ...]

    @property
    def is_admin(self) -> bool:
        return self.role in ADMIN_ROLES


@dataclass(frozen=True, slots=True)
class Address:
    """A registered address without its value."""

    id: str
    organisation: str
    contact: str | None
    kind: AddressKind
    line_type: LineType | None
    own_domain: bool
    confirmed_at: datetime | None
    sensitive_from: datetime | None

    @property
    def confirmed(self) -> bool:
        """Only a confirmed address may receive a PIN (A7)."""
        return self.confirmed_at is not None


class Reader:
    """Reads each organisation and contact once. For one transaction, in which they do not change under it."""

    def __init__(self, tx: Connection, keyring: Keyring) -> None:
        self._tx, self._keyring = tx, keyring
        self._organisations: dict[str, Organisation] = {}
        self._contacts: dict[str, Contact] = {}

    def organisation(self, id: str) -> Organisation:  # noqa: A002
        """Raises `NotFoundError`."""
        if id not in self._organisations:
            self._organisations[id] = organisation(self._tx, self._keyring, id)
        return self._organisations[id]

    def contact(self, id: str) -> Contact:  # noqa: A002
        """Raises `NotFoundError`, `SealError`."""
        if id not in self._contacts:
            self._contacts[id] = contact(self._tx, self._keyring, id)
        return self._contacts[id]


def recognise(tx: Connection, keyring: Keyring, operator: str, caller: CallerId) -> Match:
    """Organisations and contacts for which the caller number is registered; none for an unusable caller ID (A4)."""
    if caller.e164 is None:
        return Match()
    hashes = vault.address_candidates(keyring, operator, AddressKind.PHONE, caller.e164)
    rows = tx.execute(_RECOGNISE, {"operator": operator, "hashes": hashes}).all()
    addresses = _distinct(row.id for row in rows)
    return Match(
        organisations=_distinct([*(row.organisation for row in rows), *(row.customer for row in rows)]),
        contacts=_distinct(row.contact for row in rows),
        address_id=addresses[0] if len(addresses) == 1 else None,
    )


def by_account(tx: Connection, keyring: Keyring, operator: str, account_number: str) -> Organisation | None:
    """The organisation of a keyed account number. An ill-formed one costs the same statements as an unknown one."""
    hashes = vault.account_candidates(keyring, operator, account_number)
    return _organisation(tx, _BY_ACCOUNT, {"operator": operator, "hashes": hashes})


def organisation(tx: Connection, keyring: Keyring, id: str) -> Organisation:  # noqa: A002, ARG001
    """One organisation. Raises `NotFoundError`."""
    found = _organisation(tx, _BY_ID, {"id": id})
    if found is None:
        raise NotFoundError("no such organisation")
    return found


def contact(tx: Connection, keyring: Keyring, id: str) -> Contact:  # noqa: A002
    """One contact with the name opened. Raises `NotFoundError`, `SealError`."""
    rows = tx.execute(_CONTACT, {"id": id}).all()
    if not rows:
        raise NotFoundError("no such contact")
    row = rows[0]
    return Contact(
        id=row.id,
        organisation=row.organisation,
        operator=row.operator,
        number=row.number,
        name=vault.open_name(keyring, row.id, row.name_sealed),
        role=Role(row.role),
        is_primary=row.is_primary,
        language=row.language,
        high_risk=row.high_risk,
        customers=_distinct(each.customer for each in rows),
    )


def contact_by_number(tx: Connection, organisation: str, number: str) -> str | None:
    """Id of the contact whose contact number was keyed."""
    return tx.execute(_CONTACT_BY_NUMBER, {"organisation": organisation, "number": number}).scalar()


def primary_contact(tx: Connection, organisation: str) -> str | None:
    """Id of the organisation's primary contact, the first by contact number where several are marked."""
    return tx.execute(_PRIMARY_CONTACT, {"organisation": organisation}).scalar()


def addresses(tx: Connection, contact_or_organisation: str) -> tuple[Address, ...]:
    """Addresses of a contact, or those of an organisation itself that belong to no contact."""
    return tuple(map(_address, tx.execute(_ADDRESSES, {"owner": contact_or_organisation})))


def address(tx: Connection, id: str) -> Address:  # noqa: A002
    """One address. Raises `NotFoundError`."""
    row = tx.execute(_ONE_ADDRESS, {"id": id}).one_or_none()
    if row is None:
        raise NotFoundError("no such address")
    return _address(row)


def reveal(tx: Connection, keyring: Keyring, address_id: str) -> str:
    """The value of an address: E.164 or e-mail. For delivery alone. Raises `NotFoundError`, `SealError`."""
    sealed = tx.execute(_VALUE, {"id": address_id}).scalar()
    if sealed is None:
        raise NotFoundError("no such address")
    return vault.open_address(keyring, address_id, sealed)


def masked_address(tx: Connection, keyring: Keyring, address_id: str) -> str:
    """The address as an agent may see it: last two digits, or first letter and domain."""
    value = reveal(tx, keyring, address_id)
    local, at, domain = value.partition("@")
    return f"{local[:1]}***@{domain}" if at else masked(value)


def _organisation(tx: Connection, statement: Executable, values: dict[str, Any]) -> Organisation | None:
    """An organisation with its subscriptions, one row each; none has one row too."""
    rows = tx.execute(statement, values).all()
    if not rows:
        return None
    row = rows[0]
    return Organisation(
        id=row.id,
        operator=row.operator,
        name=row.name,
        region=row.region,
        language=row.language,
        plan=SupportPlan(row.plan),
        high_risk=row.high_risk,
        domains=tuple(row.domains),
        subscriptions=tuple(_subscription(each) for each in rows if each.product is not None),
    )


def _subscription(row: Row[*tuple[Any, ...]]) -> Subscription:
    partner = Partner(row.partner, row.partner_name, row.partner_number) if row.partner else None
    return Subscription(row.product, row.form, row.state, partner)


def _address(row: Row[*tuple[Any, ...]]) -> Address:
    return Address(
        id=row.id,
        organisation=row.organisation,
        contact=row.contact,
        kind=AddressKind(row.kind),
        line_type=LineType(row.line_type) if row.line_type else None,
        own_domain=row.own_domain,
        confirmed_at=row.confirmed_at,
        sensitive_from=row.sensitive_from,
    )


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value is not None))


_RECOGNISE = (
    select(
        models.Address.id,
        models.Address.organisation,
        models.Address.contact,
        models.Delegation.organisation.label("customer"),
    )
    .outerjoin(models.Delegation, models.Delegation.contact == models.Address.contact)
    .where(
        models.Address.value_hash.in_(bindparam("hashes", expanding=True)),
        models.Address.operator == bindparam("operator"),
        models.Address.kind == AddressKind.PHONE.value,
    )
    .order_by(models.Address.id, models.Delegation.organisation)
)
_ORGANISATION = (
    select(
        models.Organisation.id,
        models.Organisation.operator,
        models.Organisation.name,
        models.Organisation.region,
        models.Organisation.language,
        models.Organisation.plan,
        models.Organisation.high_risk,
        models.Organisation.domains,
        models.Subscription.product,
        models.Subscription.form,
        models.Subscription.state,
        models.Subscription.partner,
        models.Partner.name.label("partner_name"),
        models.Partner.number.label("partner_number"),
    )
    .outerjoin(models.Subscription, models.Subscription.organisation == models.Organisation.id)
    .outerjoin(models.Partner, models.Partner.id == models.Subscription.partner)
    .order_by(models.Subscription.id)
)
_BY_ID = _ORGANISATION.where(models.Organisation.id == bindparam("id"))
_BY_ACCOUNT = _ORGANISATION.where(
    models.Organisation.operator == bindparam("operator"),
    models.Organisation.account_hash.in_(bindparam("hashes", expanding=True)),
)
_CONTACT = (
    select(
        models.Contact.id,
        models.Contact.organisation,
        models.Contact.operator,
        models.Contact.number,
        models.Contact.name_sealed,
        models.Contact.role,
        models.Contact.is_primary,
        models.Contact.language,
        models.Contact.high_risk,
        models.Delegation.organisation.label("customer"),
    )
    .outerjoin(models.Delegation, models.Delegation.contact == models.Contact.id)
    .where(models.Contact.id == bindparam("id"))
    .order_by(models.Delegation.organisation)
)
_CONTACT_BY_NUMBER = select(models.Contact.id).where(
    models.Contact.organisation == bindparam("organisation"), models.Contact.number == bindparam("number")
)
_PRIMARY_CONTACT = (
    select(models.Contact.id)
    .where(models.Contact.organisation == bindparam("organisation"), models.Contact.is_primary)
    .order_by(models.Contact.number)
)
_ADDRESS = select(
    models.Address.id,
    models.Address.organisation,
    models.Address.contact,
    models.Address.kind,
    models.Address.line_type,
    models.Address.own_domain,
    models.Address.confirmed_at,
    models.Address.sensitive_from,
)
_ONE_ADDRESS = _ADDRESS.where(models.Address.id == bindparam("id"))
_ADDRESSES = _ADDRESS.where(
    or_(
        models.Address.contact == bindparam("owner"),
        (models.Address.organisation == bindparam("owner")) & models.Address.contact.is_(None),
    )
).order_by(models.Address.created_at, models.Address.id)
_VALUE = select(models.Address.value_sealed).where(models.Address.id == bindparam("id"))
