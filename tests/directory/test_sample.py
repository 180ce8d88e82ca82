"""The sample: every organisation shows what its story says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from audit.models import AuditEntry
from core.clock import ManualClock
from core.database import Database
from core.keys import Keyring
from directory import accounts, eligibility, models, people, sample
from directory.book import Book
from directory.eligibility import Topic, Verdict
from directory.numbers import CallerId, is_e164
from directory.people import Match, Organisation
from directory.sample_data import ORGANISATIONS, PARTNERS, SampleOrganisation
from directory.vocabulary import ADMIN_ROLES, AddressKind, Department, LineType, Severity
from tests.directory import shipped
from tests.directory.filled import Filled

# Who calls from where -> whom the number stands for: organisations and contacts (name, contact number).
RECOGNISED = {
    "+14255550100": (["Contoso"], 1),
    "+442079460100": (["Fabrikam"], 2),
    "+447700900102": (["Fabrikam"], 1),
    "+14255550120": (["Northwind Retail", "Northwind Traders"], 2),
    "+14255550122": (["Proseware"], 1),
    "+14255550126": (["Lucerne Publishing"], 1),
    "+14255550191": (["Contoso", "Wide World Importers", "Wingtip Partners"], 1),
    "+14255550199": ([], 0),
}
# What the stories do not name is served: a global administrator with a subscription bought directly.
JUDGED = {
    "Tailspin Toys": Verdict.PARTNER,
    "Alpine Ski House": Verdict.NO_SUBSCRIPTION,
}
# Fiction's own numbers: North America, Ofcom, Bundesnetzagentur, ACMA; else digits that nobody can have.
FICTIONAL = re.compile(
    r"\+1\d{3}55501\d\d|\+442079460\d{3}|\+447700900\d{3}|\+491713920\d{3}|\+493023125\d{3}"
    r"|\+612(?:5550|7010)\d{4}|\+(?:86|886|852|590)\d?\d?0{3}\d+"
)


def test_the_sample_is_loaded_once_and_on_record(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    shipped.load(database)
    with database.begin() as tx:
        assert sample.load(tx, clock, keyring) == len(ORGANISATIONS)
    with database.begin() as tx:
        assert sample.load(tx, clock, keyring) == 0
    with database.read() as tx:
        assert tx.execute(select(func.count()).select_from(models.Organisation)).scalar_one() == len(ORGANISATIONS)
        recorded = tx.execute(select(AuditEntry.operator).where(AuditEntry.action == "service:sample:loaded")).scalars()
        assert sorted(filter(None, recorded)) == ["21vianet", "germany", "worldwide"]


def test_there_are_stories_enough() -> None:
    assert len(ORGANISATIONS) >= 14
    assert len({each.name for each in ORGANISATIONS}) == len(ORGANISATIONS)


@pytest.mark.parametrize("each", ORGANISATIONS, ids=lambda each: each.name)
def test_accounts_and_numbers_are_well_formed_and_nobody_s(each: SampleOrganisation) -> None:
    assert accounts.is_well_formed(each.account)
    for address in (address for contact in each.contacts for address in contact.addresses):
        if address.kind is AddressKind.EMAIL:
            assert address.value.endswith(".example")
        else:
            assert is_e164(address.value)
            assert FICTIONAL.fullmatch(address.value)


def test_accounts_are_distinct() -> None:
    assert len({each.account for each in ORGANISATIONS}) == len(ORGANISATIONS)


@pytest.mark.parametrize(("raw", "expected"), RECOGNISED.items())
def test_a_caller_is_recognised_as_the_story_says(filled: Filled, raw: str, expected: tuple[list[str], int]) -> None:
    found = recognised(filled, raw)
    names = sorted(organisation(filled, one).name for one in found.organisations)
    assert (names, len(found.contacts)) == expected


@pytest.mark.parametrize("each", ORGANISATIONS, ids=lambda each: each.name)
def test_every_registered_number_and_account_leads_to_its_organisation(
    filled: Filled, each: SampleOrganisation
) -> None:
    with filled.database.read() as tx:
        by_account = people.by_account(tx, filled.keyring, each.operator, each.account)
    assert by_account is not None
    assert by_account.name == each.name
    for raw in numbers(each):
        assert by_account.id in recognised(filled, raw, each.operator).organisations


def test_the_same_german_number_is_another_customer_at_each_operator(filled: Filled) -> None:
    names = {
        operator: [
            organisation(filled, one).name for one in recognised(filled, "+491713920001", operator).organisations
        ]
        for operator in ("germany", "worldwide", "21vianet")
    }
    assert names == {"germany": ["Fabrikam GmbH"], "worldwide": ["Fabrikam Deutschland"], "21vianet": []}


@pytest.mark.parametrize("each", ORGANISATIONS, ids=lambda each: each.name)
def test_help_is_given_or_refused_as_the_story_says(filled: Filled, book: Book, each: SampleOrganisation) -> None:
    known, primary = by_name(filled, each), each.contacts[0]
    is_admin = primary.role in ADMIN_ROLES
    verdict = eligibility.judge(book.operators[each.operator].rules, known, is_admin, Topic.BILLING).verdict
    assert verdict is JUDGED.get(each.name, Verdict.ELIGIBLE)


def test_the_partner_is_named_with_its_number(filled: Filled) -> None:
    sold = next(each for each in ORGANISATIONS if each.name == "Tailspin Toys")
    partner = by_name(filled, sold).partner
    assert partner is not None
    assert (sold.operator, partner.name, partner.number) in PARTNERS


def test_the_second_person_at_lucerne_is_no_administrator(filled: Filled) -> None:
    contact = recognised(filled, "+14255550126").contacts[0]
    with filled.database.read() as tx:
        assert not people.contact(tx, filled.keyring, contact).is_admin


@pytest.mark.parametrize(
    ("name", "severity", "rule"),
    [("Litware China", Severity.A, None), ("Coho Winery China", Severity.B, "CN5")],
)
def test_severity_a_counts_with_the_advanced_agreement_alone(
    filled: Filled, book: Book, name: str, severity: Severity, rule: str | None
) -> None:
    known = by_name(filled, next(each for each in ORGANISATIONS if each.name == name))
    rules = book.operators["21vianet"].rules
    graded = eligibility.grade(rules, known, Department.TECHNICAL, Severity.A)
    assert (graded.severity, graded.reduced_by) == (severity, rule)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("Contoso", {"mobile", "email"}),
        ("Adventure Works", {"email"}),
        ("Proseware", set()),
        ("Fourth Coffee", {"landline"}),
    ],
)
def test_a_pin_can_go_where_the_story_says(filled: Filled, name: str, kinds: set[str]) -> None:
    known = by_name(filled, next(each for each in ORGANISATIONS if each.name == name))
    with filled.database.read() as tx:
        contact = people.primary_contact(tx, known.id)
        assert contact is not None
        found = people.addresses(tx, contact)
    assert {"email" if each.line_type is None else each.line_type.value for each in found if each.confirmed} == kinds
    assert all(each.line_type in {LineType.MOBILE, LineType.LANDLINE, None} for each in found)


def test_the_bank_is_at_high_risk(filled: Filled) -> None:
    risky = [each.name for each in ORGANISATIONS if by_name(filled, each).high_risk]
    assert risky == ["Woodgrove Bank"]


def test_the_page_about_the_sample_names_every_account_and_address() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "sample.md").read_text(encoding="utf-8")
    values = [address.value for each in ORGANISATIONS for contact in each.contacts for address in contact.addresses]
    wanted = [*values, *(each.account for each in ORGANISATIONS), *(each.name for each in ORGANISATIONS)]
    assert not [value for value in wanted if value not in page]


def numbers(each: SampleOrganisation) -> list[str]:
    addresses = [address for contact in each.contacts for address in contact.addresses]
    return [address.value for address in addresses if address.kind is AddressKind.PHONE]


def recognised(filled: Filled, raw: str, operator: str = "worldwide") -> Match:
    with filled.database.read() as tx:
        return people.recognise(tx, filled.keyring, operator, CallerId.read(raw))


def organisation(filled: Filled, id: str) -> Organisation:  # noqa: A002
    with filled.database.read() as tx:
        return people.organisation(tx, filled.keyring, id)


def by_name(filled: Filled, each: SampleOrganisation) -> Organisation:
    with filled.database.read() as tx:
        found = people.by_account(tx, filled.keyring, each.operator, each.account)
    assert found is not None
    return found
