"""The organisations of the sample. Everything here is invented and for trying the service out on one's own machine.

Numbers are those that regulators keep for fiction (555-01xx, Ofcom's, ACMA's, Bundesnetzagentur's); where a plan keeps
none (China, Taiwan, Hong Kong, Saint-Barthélemy) they have a length that is possible and digits that nobody can have.
"""

from __future__ import annotations

from dataclasses import dataclass

from directory.vocabulary import AddressKind, LineType, Role, SupportPlan

DIRECT = None
_PHONE, _EMAIL = AddressKind.PHONE, AddressKind.EMAIL


@dataclass(frozen=True, slots=True)
class SampleAddress:
    """A registered address; an unconfirmed one gets no PIN."""

    kind: AddressKind
    value: str
    line_type: LineType | None = None
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class SampleContact:
    """A person; the first of an organisation is its primary contact. `customers` are names of organisations."""

    number: str
    name: str
    role: Role
    addresses: tuple[SampleAddress, ...]
    language: str | None = None
    customers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleOrganisation:
    """An organisation and the rule of the flow that it shows. Subscriptions are (product, form, state, partner)."""

    shows: str
    name: str
    account: str
    region: str
    contacts: tuple[SampleContact, ...]
    subscriptions: tuple[tuple[str, str, str, str | None], ...]
    operator: str = "worldwide"
    language: str | None = None
    plan: SupportPlan = SupportPlan.STANDARD
    high_risk: bool = False
    domains: tuple[str, ...] = ()


def _mobile(value: str, *, confirmed: bool = True) -> SampleAddress:
    return SampleAddress(_PHONE, value, LineType.MOBILE, confirmed)


def _landline(value: str) -> SampleAddress:
    return SampleAddress(_PHONE, value, LineType.LANDLINE)


def _email(value: str, *, confirmed: bool = True) -> SampleAddress:
    return SampleAddress(_EMAIL, value, None, confirmed)


def _admin(name: str, *addresses: SampleAddress, number: str = "101") -> SampleContact:
    return SampleContact(number, name, Role.GLOBAL, addresses)


_BUSINESS = (("Business Premium", "paid", "active", DIRECT),)
_PARTNER = "Wingtip Partners"

PARTNERS = (("worldwide", _PARTNER, "+14255550190"),)
SWITCHBOARD = "+442079460100"

ORGANISATIONS = (
    SampleOrganisation(
        "A registered mobile recognises an administrator.",
        "Contoso",
        "4249193931",
        "US",
        (_admin("Robin Castle", _mobile("+14255550100"), _email("robin.castle@contoso.example")),),
        _BUSINESS,
    ),
    SampleOrganisation(
        "A switchboard shared by two contacts recognises the organisation, not the person.",
        "Fabrikam",
        "4328387867",
        "GB",
        (
            _admin("Alex Field", _landline(SWITCHBOARD), _mobile("+447700900101")),
            SampleContact("102", "Sam Brook", Role.BILLING, (_landline(SWITCHBOARD), _mobile("+447700900102"))),
        ),
        _BUSINESS,
    ),
    SampleOrganisation(
        "One number, two organisations (1 of 2): the account number chooses.",
        "Northwind Traders",
        "4407581794",
        "US",
        (_admin("Kim North", _mobile("+14255550120")),),
        _BUSINESS,
    ),
    SampleOrganisation(
        "One number, two organisations (2 of 2).",
        "Northwind Retail",
        "4486775721",
        "US",
        (_admin("Kim North", _mobile("+14255550120")),),
        _BUSINESS,
    ),
    SampleOrganisation(
        "Only an e-mail address is registered: the PIN goes there, and the proof stays marked.",
        "Adventure Works",
        "4565969658",
        "US",
        (_admin("Jo Rivers", _email("jo.rivers@adventure-works.example")),),
        _BUSINESS,
    ),
    SampleOrganisation(
        "Only unconfirmed addresses: no PIN can be sent, an agent takes over.",
        "Proseware",
        "4645163587",
        "US",
        (
            _admin(
                "Lee Page",
                _mobile("+14255550122", confirmed=False),
                _email("lee.page@proseware.example", confirmed=False),
            ),
        ),
        _BUSINESS,
    ),
    SampleOrganisation(
        "Every subscription came through a partner: the partner helps.",
        "Tailspin Toys",
        "4724357514",
        "US",
        (_admin("Pat Glider", _mobile("+14255550123")),),
        (("Business Standard", "paid", "active", _PARTNER), ("Voice", "paid", "active", _PARTNER)),
    ),
    SampleOrganisation(
        "Bought through a partner and directly: served here.",
        "Wide World Importers",
        "4803551441",
        "US",
        (_admin("Chris Harbour", _mobile("+14255550124")),),
        (("Business Standard", "paid", "active", _PARTNER), ("Business Premium", "paid", "active", DIRECT)),
    ),
    SampleOrganisation(
        "A recognised contact who is no administrator (the second one).",
        "Lucerne Publishing",
        "4882745377",
        "US",
        (
            _admin("Morgan Press", _mobile("+14255550125")),
            SampleContact("102", "Terry Proof", Role.USER, (_mobile("+14255550126"),)),
        ),
        _BUSINESS,
    ),
    SampleOrganisation(
        "No subscription any more.",
        "Alpine Ski House",
        "4961939305",
        "US",
        (_admin("Robbie Slope", _mobile("+14255550127")),),
        (("Business Basic", "paid", "expired", DIRECT),),
    ),
    SampleOrganisation(
        "High risk: PINs have eight digits.",
        "Woodgrove Bank",
        "5041133231",
        "US",
        (_admin("Dana Vault", _mobile("+14255550128"), _email("dana.vault@woodgrove.example")),),
        _BUSINESS,
        high_risk=True,
    ),
    SampleOrganisation(
        "A trial is served by 21Vianet.",
        "Trey Research China",
        "5120327167",
        "CN",
        (_admin("Wen Lab", _mobile("+861000000100")),),
        (("Business Premium", "trial", "active", DIRECT),),
        operator="21vianet",
        language="zh-Hans",
    ),
    SampleOrganisation(
        "The advanced agreement: severity A counts.",
        "Litware China",
        "4199521107",
        "CN",
        (_admin("Lin Book", _mobile("+861000000101"), _email("lin.book@litware.example")),),
        _BUSINESS,
        operator="21vianet",
        language="zh-Hans",
        plan=SupportPlan.ADVANCED,
    ),
    SampleOrganisation(
        "No advanced agreement: severity A is recorded as B and said so.",
        "Coho Winery China",
        "4278715034",
        "CN",
        (_admin("Mu Vine", _mobile("+861000000102")),),
        _BUSINESS,
        operator="21vianet",
        language="zh-Hans",
    ),
    SampleOrganisation(
        "The German cloud, by the clock before 2021-10-29.",
        "Fabrikam GmbH",
        "4357908963",
        "DE",
        (_admin("Toni Werk", _mobile("+491713920001"), _landline("+493023125010")),),
        _BUSINESS,
        operator="germany",
        language="de",
        domains=("fabrikam.onmicrosoft.de",),
    ),
    SampleOrganisation(
        "The same company after the German cloud's closing, with the worldwide operator.",
        "Fabrikam Deutschland",
        "4437102892",
        "DE",
        (_admin("Toni Werk", _mobile("+491713920001"), _landline("+493023125010")),),
        _BUSINESS,
        language="de",
    ),
    SampleOrganisation(
        "Taiwan: Traditional Chinese.",
        "Relecloud Taiwan",
        "4516296821",
        "TW",
        (SampleContact("101", "Yun Cloud", Role.GLOBAL, (_mobile("+886100000100"),), "zh-Hant"),),
        _BUSINESS,
        language="zh-Hant",
    ),
    SampleOrganisation(
        "Hong Kong.",
        "Margie's Travel Hong Kong",
        "4595490758",
        "HK",
        (_admin("Ming Pass", _mobile("+85210000100")),),
        _BUSINESS,
    ),
    SampleOrganisation(
        "Canadian French: hours in Eastern time.",
        "Graphic Design Institute",
        "4674684685",
        "CA",
        (_admin("Camille Trait", _mobile("+15145550118")),),
        _BUSINESS,
        language="fr",
    ),
    SampleOrganisation(
        "Saint-Barthélemy, whose mobiles look like Guadeloupe's.",
        "Blue Yonder Antilles",
        "4753878612",
        "BL",
        (_admin("Claude Voile", _mobile("+590600000100")),),
        _BUSINESS,
        language="fr",
    ),
    SampleOrganisation(
        "A partner's delegated administrator calls for customers.",
        _PARTNER,
        "4833072541",
        "US",
        (
            SampleContact(
                "101",
                "Vic Wing",
                Role.DELEGATED,
                (_mobile("+14255550191"),),
                customers=("Wide World Importers", "Contoso"),
            ),
        ),
        _BUSINESS,
    ),
    SampleOrganisation(
        "Only a landline: the PIN comes by call.",
        "Fourth Coffee",
        "4912266477",
        "AU",
        (_admin("Bean Roaster", _landline("+61255500100")),),
        _BUSINESS,
    ),
)
