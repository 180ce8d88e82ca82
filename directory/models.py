"""Tables of what is known before the telephone rings.

Lines, regions, schedules and operators are rebuilt from the files in `directory_files` by `loading`, with ids that stay
the same from load to load. What tells about a person (a contact's name, an address, an account number) is sealed, and
found again by a keyed hash; the id of the key lies beside it. Every row that belongs to an operator says so.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Utc

_OPERATOR = "operators.code"
_ORGANISATION = "organisations.id"


class DirectoryVersion(Base):
    """One row, raised by every change of what a `Book` shows."""

    __tablename__ = "directory_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


class DirectoryFile(Base):
    """A loaded file as it was, so that lines can be rebuilt when another one arrives; unchanged ones are skipped."""

    __tablename__ = "directory_files"

    name: Mapped[str] = mapped_column(primary_key=True)
    form: Mapped[str]
    sha256: Mapped[str]
    position: Mapped[int]
    body: Mapped[Any] = mapped_column(JSON)


class Operator(Base):
    """Who runs a cloud; the boundary of policy, staff and limits."""

    __tablename__ = "operators"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    position: Mapped[int]
    languages: Mapped[list[str]] = mapped_column(JSON)
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    severities: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    max_severity: Mapped[dict[str, str]] = mapped_column(JSON)
    closed_since: Mapped[date | None]
    hand_over_to: Mapped[str | None]
    note: Mapped[str | None]


class Region(Base):
    """A country or region of the sources; `code` (ISO 3166-1) may stand for several of them."""

    __tablename__ = "regions"

    id: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(index=True)
    subdivision: Mapped[str | None]
    also_codes: Mapped[list[str]] = mapped_column(JSON)
    name: Mapped[str]
    area: Mapped[str | None]
    zone: Mapped[str]
    phone_support: Mapped[bool]
    position: Mapped[int]
    note: Mapped[str | None]


class Line(Base):
    """A published number of one operator; without E.164 where the printed digits cannot be formed with certainty."""

    __tablename__ = "lines"
    __table_args__ = (Index(None, "operator", "e164"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR))
    e164: Mapped[str | None]
    printed: Mapped[str]
    position: Mapped[int]


class LineRegion(Base):
    """A line as one region knows it: how it is printed there, what it costs, and for which plan it is."""

    __tablename__ = "line_regions"
    __table_args__ = (Index(None, "region"),)

    line: Mapped[str] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    region: Mapped[str] = mapped_column(ForeignKey("regions.id"), primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR))
    role: Mapped[str]
    printed: Mapped[str]
    kind: Mapped[str]
    charges: Mapped[str | None]
    post_dial: Mapped[str | None]
    menu_path: Mapped[list[str] | None] = mapped_column(JSON)
    plan: Mapped[str | None]
    departments: Mapped[list[str]] = mapped_column(JSON)
    position: Mapped[int]
    note: Mapped[str | None]
    sources: Mapped[list[str]] = mapped_column(JSON)


class Schedule(Base):
    """Hours of one desk: OSM `opening_hours` text in the explicit zone, else in the caller's or the region's.

    `severity` and `plan` are empty where the desk does not depend on them. `standing` is `rules`, or `alternative` for
    what a source says and a decision of the design overrules, or `online` for what is not about the telephone.
    """

    __tablename__ = "schedules"
    __table_args__ = (Index(None, "operator", "region", "department"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR))
    region: Mapped[str] = mapped_column(ForeignKey("regions.id"))
    department: Mapped[str]
    language: Mapped[str]
    plan: Mapped[str | None]
    severity: Mapped[str | None]
    standing: Mapped[str]
    hours: Mapped[str]
    zone: Mapped[str | None]
    position: Mapped[int]
    note: Mapped[str | None]
    sources: Mapped[list[str]] = mapped_column(JSON)


class Ingress(Base):
    """An address that the carrier delivers (E.164 or SIP) and the line it stands for, for a time (porting)."""

    __tablename__ = "ingresses"
    __table_args__ = (Index(None, "line"),)

    address: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[datetime] = mapped_column(Utc, primary_key=True)
    valid_to: Mapped[datetime | None] = mapped_column(Utc)
    # No foreign key: a line that a later file drops must leave its ingress visible, and the call on the general line.
    line: Mapped[str]
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR))


class Partner(Base):
    """A company that sells the operator's subscriptions; its name and number are published."""

    __tablename__ = "partners"

    id: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR), index=True)
    name: Mapped[str]
    number: Mapped[str | None]


class Organisation(Base):
    """A customer. `region` is a region's id or ISO code, `language` a catalogue code such as `zh-Hant`."""

    __tablename__ = "organisations"
    __table_args__ = (UniqueConstraint("operator", "account_hash"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR))
    name: Mapped[str] = mapped_column(index=True)
    account_hash: Mapped[str]
    account_key: Mapped[str]
    account_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    region: Mapped[str]
    language: Mapped[str | None]
    plan: Mapped[str]
    high_risk: Mapped[bool]
    domains: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Utc)


class Subscription(Base):
    """What an organisation has: `form` paid or trial, bought directly where `partner` is empty."""

    __tablename__ = "subscriptions"

    id: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR))
    organisation: Mapped[str] = mapped_column(ForeignKey(_ORGANISATION), index=True)
    product: Mapped[str]
    form: Mapped[str]
    state: Mapped[str]
    partner: Mapped[str | None] = mapped_column(ForeignKey("partners.id"))


class Contact(Base):
    """A person at an organisation; `number` is the contact number that a caller may key to name the person."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("organisation", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR))
    organisation: Mapped[str] = mapped_column(ForeignKey(_ORGANISATION), index=True)
    number: Mapped[str]
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    role: Mapped[str]
    is_primary: Mapped[bool]
    language: Mapped[str | None]
    high_risk: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Utc)


class Delegation(Base):
    """A partner's contact who may act as administrator for a customer."""

    __tablename__ = "delegations"

    contact: Mapped[str] = mapped_column(ForeignKey("contacts.id"), primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey(_ORGANISATION), primary_key=True, index=True)
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR))


class Address(Base):
    """A registered telephone number or e-mail of a contact, or of the organisation itself (its switchboard).

    `confirmed_at` is empty until the address answered or two people vouched for it: an unconfirmed one gets no PIN.
    A changed address gets none for sensitive actions before `sensitive_from`.
    """

    __tablename__ = "addresses"
    __table_args__ = (Index(None, "value_hash"), Index(None, "prefix_hash"))

    id: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR))
    organisation: Mapped[str] = mapped_column(ForeignKey(_ORGANISATION), index=True)
    contact: Mapped[str | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    kind: Mapped[str]
    line_type: Mapped[str | None]
    value_hash: Mapped[str]
    prefix_hash: Mapped[str]
    key_id: Mapped[str] = mapped_column(index=True)
    value_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    own_domain: Mapped[bool]
    confirmed_at: Mapped[datetime | None] = mapped_column(Utc)
    confirmed_by: Mapped[str | None]
    sensitive_from: Mapped[datetime | None] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc)


class Incident(Base):
    """A fault of the service that callers should hear of; no regions means all of the operator's."""

    __tablename__ = "incidents"

    id: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey(_OPERATOR))
    regions: Mapped[list[str]] = mapped_column(JSON)
    products: Mapped[list[str]] = mapped_column(JSON)
    starts_at: Mapped[datetime] = mapped_column(Utc, index=True)
    ends_at: Mapped[datetime | None] = mapped_column(Utc)


class IncidentText(Base):
    """What is said about an incident, by catalogue code."""

    __tablename__ = "incident_texts"

    incident: Mapped[str] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
