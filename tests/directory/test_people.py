"""Who a caller number and an account number stand for."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from core.database import Database
from core.errors import NotFoundError, RefusedError
from core.keys import Keyring
from directory import people
from directory.numbers import CallerId
from directory.people import Match
from tests.directory.registering import Registrar

NUMBER = "+14255550100"


def recognise(registrar: Registrar, raw: str = NUMBER, operator: str = "worldwide") -> Match:
    with registrar.database.read() as tx:
        return people.recognise(tx, registrar.keyring, operator, CallerId.read(raw))


def test_a_registered_number_recognises_organisation_and_contact(registrar: Registrar) -> None:
    organisation = registrar.organisation()
    contact = registrar.contact(organisation)
    address = registrar.phone(organisation, contact, NUMBER)
    assert recognise(registrar) == Match((organisation,), (contact,), address)


def test_a_number_that_differs_by_a_digit_matches_nobody(registrar: Registrar) -> None:
    organisation = registrar.organisation()
    registrar.phone(organisation, registrar.contact(organisation), NUMBER)
    assert [recognise(registrar, raw) for raw in ("+14255550101", "+4255550100", "+144255550100")] == [Match()] * 3


def test_a_shared_switchboard_recognises_the_organisation_and_names_nobody(registrar: Registrar) -> None:
    organisation = registrar.organisation()
    contacts = [registrar.contact(organisation, number) for number in ("101", "102")]
    for contact in contacts:
        registrar.phone(organisation, contact, NUMBER)
    found = recognise(registrar)
    assert found.organisations == (organisation,)
    assert set(found.contacts) == set(contacts)
    assert found.address_id is None


def test_a_number_of_the_organisation_itself_names_no_contact(registrar: Registrar) -> None:
    organisation = registrar.organisation()
    address = registrar.phone(organisation, None, NUMBER)
    assert recognise(registrar) == Match((organisation,), (), address)


def test_a_number_of_two_organisations_says_both(registrar: Registrar) -> None:
    organisations = [registrar.organisation(name) for name in ("Contoso", "Fabrikam")]
    for organisation in organisations:
        registrar.phone(organisation, registrar.contact(organisation), NUMBER)
    assert set(recognise(registrar).organisations) == set(organisations)


def test_a_delegated_administrator_stands_for_the_customers_too(registrar: Registrar) -> None:
    partner, one, two = (registrar.organisation(name) for name in ("Partner", "One", "Two"))
    contact = registrar.contact(partner)
    registrar.delegate(contact, one, two)
    registrar.phone(partner, contact, NUMBER)
    found = recognise(registrar)
    assert set(found.organisations) == {partner, one, two}
    assert found.contacts == (contact,)


def test_a_number_registered_with_another_operator_matches_nobody(registrar: Registrar) -> None:
    organisation = registrar.organisation()
    registrar.phone(organisation, registrar.contact(organisation), NUMBER)
    assert recognise(registrar, operator="germany") == Match()


@pytest.mark.parametrize("raw", ["", "anonymous", "+266696687", "sip:robin@contoso.example", "client:robin", "+1911"])
def test_an_unusable_caller_number_matches_nobody(registrar: Registrar, raw: str) -> None:
    organisation = registrar.organisation()
    registrar.phone(organisation, registrar.contact(organisation), NUMBER)
    assert recognise(registrar, raw) == Match()


def test_recognising_takes_one_statement(registrar: Registrar) -> None:
    statements: list[str] = []
    with registrar.database.read() as tx:
        event.listen(tx, "before_cursor_execute", lambda *given: statements.append(given[2]))
        people.recognise(tx, registrar.keyring, "worldwide", CallerId.read(NUMBER))
    assert len([each for each in statements if each != "BEGIN"]) == 1


def test_a_number_is_found_after_the_key_was_rotated(registrar: Registrar) -> None:
    organisation = registrar.organisation(account="1234567897")
    registrar.phone(organisation, registrar.contact(organisation), NUMBER)
    registrar.keyring = Keyring([b"the next master secret of the tests", b"a master secret made for the tests only"])
    with registrar.database.read() as tx:
        found = people.by_account(tx, registrar.keyring, "worldwide", "1234567897")
    assert recognise(registrar).organisations == (organisation,)
    assert found is not None


def test_an_account_number_finds_its_organisation_at_its_operator_alone(registrar: Registrar) -> None:
    organisation = registrar.organisation(account="1234567897")
    with registrar.database.read() as tx:
        here = people.by_account(tx, registrar.keyring, "worldwide", "1234567897")
        there = people.by_account(tx, registrar.keyring, "germany", "1234567897")
    assert here is not None
    assert here.id == organisation
    assert there is None


def test_an_unknown_account_costs_the_statements_of_a_known_one(registrar: Registrar) -> None:
    registrar.organisation(account="1234567897")
    counted = []
    for number in ("1234567897", "9999999999", "not digits"):
        statements: list[str] = []
        with registrar.database.read() as tx:
            event.listen(tx, "before_cursor_execute", lambda *given, into=statements: into.append(given[2]))
            people.by_account(tx, registrar.keyring, "worldwide", number)
        counted.append(len(statements))
    assert len(set(counted)) == 1


def test_an_account_number_without_its_check_digit_is_not_registered(registrar: Registrar) -> None:
    with pytest.raises(RefusedError):
        registrar.organisation(account="1234567890")


def test_a_contact_is_found_by_contact_number(registrar: Registrar) -> None:
    organisation = registrar.organisation()
    registrar.contact(organisation, "101")
    second = registrar.contact(organisation, "102", primary=True)
    with registrar.database.read() as tx:
        assert people.contact_by_number(tx, organisation, "102") == second
        assert people.contact_by_number(tx, organisation, "103") is None
        assert people.primary_contact(tx, organisation) == second


def test_an_address_is_shown_masked_and_revealed_for_delivery(registrar: Registrar) -> None:
    organisation = registrar.organisation()
    contact = registrar.contact(organisation)
    phone = registrar.phone(organisation, contact, NUMBER)
    email = registrar.email(organisation, contact, "Robin@contoso.example")
    with registrar.database.read() as tx:
        assert people.reveal(tx, registrar.keyring, phone) == NUMBER
        assert people.masked_address(tx, registrar.keyring, phone) == "***00"
        assert people.masked_address(tx, registrar.keyring, email) == "R***@contoso.example"


def test_an_imported_address_is_unconfirmed(registrar: Registrar) -> None:
    organisation = registrar.organisation()
    contact = registrar.contact(organisation)
    registrar.phone(organisation, contact, NUMBER)
    with registrar.database.read() as tx:
        assert [each.confirmed for each in people.addresses(tx, contact)] == [False]


def test_the_switchboard_is_an_address_of_the_organisation_alone(registrar: Registrar) -> None:
    organisation = registrar.organisation()
    registrar.phone(organisation, registrar.contact(organisation), NUMBER)
    switchboard = registrar.phone(organisation, None, "+14255550199")
    with registrar.database.read() as tx:
        assert [each.id for each in people.addresses(tx, organisation)] == [switchboard]


def test_what_does_not_exist_is_said_so(database: Database, keyring: Keyring) -> None:
    with database.read() as tx:
        for ask in (people.organisation, people.contact, people.reveal):
            with pytest.raises(NotFoundError):
                ask(tx, keyring, "nowhere")
