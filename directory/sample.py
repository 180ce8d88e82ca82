"""Fictional organisations to try the service with; development only, loaded once, the same everywhere.

Together they show every rule of the flow; docs/sample.md says which shows what. Numbers are fiction's own where a plan
has such (North America's 555-01xx, the United Kingdom's 020 7946 0xxx), elsewhere numbers that no subscriber can have.
Account numbers are fixed here so that they can be written down; real ones are drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select

from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action, Outcome
from core.clock import Clock
from core.keys import Keyring
from directory import models, register
from directory.accounts import check_digit
from directory.syncing import raise_version
from directory.vocabulary import AddressKind, LineType, Role, SupportPlan

MOBILE, LANDLINE = LineType.MOBILE, LineType.LANDLINE
_BY = "sample"


@dataclass(frozen=True, slots=True)
class Person:
    """A contact; `phones` are numbers with their kind, `mail` an address. Unconfirmed ones get no PIN."""

    number: str
    name: str
    role: Role = Role.GLOBAL
    phones: tuple[tuple[str, LineType], ...] = ()
    mail: str | None = None
    language: str | None = None
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Firm:
    """An organisation of the sample. `account` lacks its check digit; `partners` sold one subscription each."""

    name: str
    account: str
    people: tuple[Person, ...]
    operator: str = "worldwide"
    region: str = "US"
    language: str | None = None
    plan: SupportPlan = SupportPlan.STANDARD
    high_risk: bool = False
    switchboard: str | None = None
    direct: bool = True
    partners: tuple[tuple[str, str], ...] = ()
    form: str = "paid"
    state: str = "active"
    domains: tuple[str, ...] = ()
    customers: tuple[str, ...] = field(default=())

    @property
    def account_number(self) -> str:
        return self.account + check_digit(self.account)


LUCERNE = ("Lucerne Partners", "+14255550198")

FIRMS = (
    Firm(
        "Contoso",
        "482135970",
        (Person("100", "Kim", phones=(("+14255550100", MOBILE),), mail="kim@contoso.example"),),
        domains=("contoso.example",),
    ),
    Firm(
        "Fabrikam",
        "739201846",
        (
            Person("100", "Robin", phones=(("+14255550111", MOBILE),), mail="robin@fabrikam.example"),
            Person("101", "Sasha", Role.BILLING, phones=(("+14255550112", MOBILE),)),
        ),
        switchboard="+14255550110",
    ),
    Firm(
        "Northwind",
        "615840293",
        (Person("100", "Noor", phones=(("+14255550115", LANDLINE), ("+14255550113", MOBILE))),),
    ),
    Firm(
        "Tailspin", "904627315", (Person("100", "Toni", phones=(("+14255550115", LANDLINE), ("+14255550114", MOBILE))),)
    ),
    Firm("Adventure Works", "358174026", (Person("100", "Ali", mail="ali@adventure-works.example"),)),
    Firm(
        "Woodgrove",
        "271960583",
        (Person("100", "Wen", phones=(("+14255550116", MOBILE),), mail="wen@woodgrove.example", confirmed=False),),
    ),
    Firm(
        "Proseware",
        "846302917",
        (Person("100", "Pat", phones=(("+14255550117", MOBILE),)),),
        direct=False,
        partners=(LUCERNE,),
    ),
    Firm("Litware", "593718204", (Person("100", "Lou", phones=(("+14255550118", MOBILE),)),), partners=(LUCERNE,)),
    Firm(
        "Wingtip",
        "167429358",
        (
            Person("100", "Winter", phones=(("+14255550120", MOBILE),)),
            Person("200", "Uri", Role.USER, phones=(("+14255550119", MOBILE),)),
        ),
    ),
    Firm("Coho", "420583691", (Person("100", "Chris", phones=(("+14255550122", MOBILE),)),), state="expired"),
    Firm(
        "Humongous Insurance",
        "758613402",
        (Person("100", "Hila", phones=(("+14255550123", MOBILE),), mail="hila@humongous.example"),),
        high_risk=True,
    ),
    Firm(
        "Fourth Coffee",
        "382947150",
        (Person("100", "Félix", phones=(("+15145550130", MOBILE),), language="fr"),),
        region="CA",
        language="fr",
    ),
    Firm(
        "Wide World Importers",
        "519038264",
        (Person("100", "Wanda", phones=(("+442079460101", LANDLINE),)),),
        region="GB",
    ),
    Firm(
        "Margie's Travel",
        "640271859",
        (Person("100", "Margie", phones=(("+590690000101", MOBILE),)),),
        region="saint-barthelemy",
    ),
    Firm(
        "Relecloud",
        "273851946",
        (Person("100", "雅婷", phones=(("+886900000101", MOBILE),), language="zh-Hant"),),
        region="TW",
        language="zh-Hant",
    ),
    Firm(
        "Lamna",
        "895160427",
        (Person("100", "Ka-yan", phones=(("+85290000101", MOBILE),), language="zh-Hant"),),
        region="HK",
        language="zh-Hant",
    ),
    Firm(
        "Graphic Design Institute",
        "164938205",
        (Person("100", "Greta", phones=(("+4915100000101", MOBILE),), mail="greta@gdi.example", language="de"),),
        region="DE",
        language="de",
    ),
    Firm(
        "Blue Yonder",
        "407126938",
        (Person("100", "Bo", phones=(("+8610000000101", LANDLINE), ("+8610000000201", MOBILE)), language="zh-Hans"),),
        operator="21vianet",
        region="CN",
        language="zh-Hans",
        form="trial",
    ),
    Firm(
        "Trey Research",
        "681350274",
        (Person("100", "Ting", phones=(("+8610000000102", LANDLINE), ("+8610000000202", MOBILE)), language="zh-Hans"),),
        operator="21vianet",
        region="CN",
        language="zh-Hans",
        plan=SupportPlan.ADVANCED,
    ),
    Firm(
        "Alpine Ski House",
        "732604815",
        (Person("100", "Anna", phones=(("+436600000101", MOBILE),), language="de"),),
        operator="germany",
        region="AT",
        language="de",
        domains=("alpineskihouse.onmicrosoft.de",),
    ),
    Firm(
        "Lucerne Partners",
        "950218634",
        (Person("100", "Dana", Role.DELEGATED, phones=(("+14255550140", MOBILE),)),),
        customers=("Contoso", "Fabrikam"),
    ),
)


def load(tx: Connection, clock: Clock, keyring: Keyring) -> int:
    """Write the sample into a directory without organisations; returns how many were written."""
    if tx.execute(select(func.count()).select_from(models.Organisation)).scalar_one():
        return 0
    now = clock.now()
    made = {firm.name: _write(tx, now, keyring, firm) for firm in FIRMS}
    for firm in FIRMS:
        _, contacts = made[firm.name]
        if firm.customers:
            register.delegate(tx, firm.operator, contacts[0], [made[name][0] for name in firm.customers])
    raise_version(tx)
    append(tx, clock, keyring, _loaded())
    return len(FIRMS)


def _write(tx: Connection, now: datetime, keyring: Keyring, firm: Firm) -> tuple[str, list[str]]:
    new = register.NewOrganisation(
        firm.operator,
        firm.name,
        firm.account_number,
        firm.region,
        language=firm.language,
        plan=firm.plan,
        high_risk=firm.high_risk,
        domains=firm.domains,
    )
    organisation = register.add_organisation(tx, now, keyring, new)
    sellers: list[str | None] = [None] if firm.direct else []
    sellers += [register.add_partner(tx, firm.operator, *partner) for partner in firm.partners]
    for seller in sellers:
        register.add_subscription(
            tx, firm.operator, organisation, "Business Standard", form=firm.form, state=firm.state, partner=seller
        )
    if firm.switchboard:
        _address(tx, now, keyring, firm, organisation, None, (firm.switchboard, LANDLINE), confirmed=True)
    return organisation, [_person(tx, now, keyring, firm, organisation, person) for person in firm.people]


def _person(tx: Connection, now: datetime, keyring: Keyring, firm: Firm, organisation: str, person: Person) -> str:
    new = register.NewContact(
        firm.operator,
        organisation,
        person.number,
        person.name,
        person.role,
        is_primary=person is firm.people[0],
        language=person.language,
        high_risk=firm.high_risk,
    )
    contact = register.add_contact(tx, now, keyring, new)
    values: list[tuple[str, LineType | None]] = [*person.phones, *([(person.mail, None)] if person.mail else [])]
    for value in values:
        _address(tx, now, keyring, firm, organisation, contact, value, confirmed=person.confirmed)
    return contact


def _address(
    tx: Connection,
    now: datetime,
    keyring: Keyring,
    firm: Firm,
    organisation: str,
    contact: str | None,
    value: tuple[str, LineType | None],
    *,
    confirmed: bool,
) -> None:
    address, line_type = value
    new = register.NewAddress(
        firm.operator,
        organisation,
        contact,
        AddressKind.EMAIL if line_type is None else AddressKind.PHONE,
        address,
        line_type,
        own_domain=address.partition("@")[2] in firm.domains if line_type is None else False,
        confirmed_at=now if confirmed else None,
        confirmed_by=_BY if confirmed else None,
    )
    register.add_address(tx, now, keyring, new)


def _loaded() -> Entry:
    return Entry(
        actor="service",
        subject="directory:sample",
        action=Action.SAMPLE_LOADED,
        outcome=Outcome.SUCCESS,
        operator=None,
        facts={"organisations": len(FIRMS)},
    )
