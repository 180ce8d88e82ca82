"""A stolen database shows no phone book."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from core.database import Base
from core.errors import NotFoundError
from core.keys import Keyring, SealError
from directory import models, people, vault
from directory.sample_data import ORGANISATIONS
from directory.vocabulary import AddressKind
from tests.directory.filled import Filled
from tests.directory.registering import Registrar

NUMBER = "+14255550100"


def secrets() -> list[str]:
    """Numbers with and without the plus sign, mailboxes, names and account numbers of the whole sample."""
    contacts = [contact for each in ORGANISATIONS for contact in each.contacts]
    addresses = [address.value for contact in contacts for address in contact.addresses]
    parts = [value.removeprefix("+").partition("@")[0] for value in addresses]
    return [*addresses, *parts, *(contact.name for contact in contacts), *(each.account for each in ORGANISATIONS)]


def test_the_files_of_the_database_hold_no_number_name_or_account(filled: Filled) -> None:
    stored = b"".join(path.read_bytes() for path in filled.path.parent.glob(f"{filled.path.name}*"))
    assert b"Northwind Traders" in stored, "the sample is in these files"
    assert not [secret for secret in secrets() if secret.encode() in stored]


def test_no_column_of_any_table_holds_one_either(filled: Filled) -> None:
    with filled.database.read() as tx:
        rows = [row for table in Base.metadata.sorted_tables for row in tx.execute(select(table))]
    text = "\n".join(str(tuple(row)) for row in rows)
    assert not [secret for secret in secrets() if secret in text]


def test_equal_numbers_look_alike_only_within_an_operator(filled: Filled) -> None:
    kind, keyring = AddressKind.PHONE, filled.keyring
    assert vault.address_hash(keyring, "germany", kind, NUMBER) == vault.address_hash(keyring, "germany", kind, NUMBER)
    assert vault.address_hash(keyring, "germany", kind, NUMBER) != vault.address_hash(
        keyring, "worldwide", kind, NUMBER
    )
    assert vault.address_hash(keyring, "germany", AddressKind.EMAIL, NUMBER) != vault.address_hash(
        keyring, "germany", kind, NUMBER
    )


def test_equal_values_are_sealed_differently_each_time(keyring: Keyring) -> None:
    assert vault.seal_address(keyring, "one", NUMBER) != vault.seal_address(keyring, "one", NUMBER)


def test_mailboxes_are_found_without_regard_to_capitals(keyring: Keyring) -> None:
    lower, upper = (
        vault.address_hash(keyring, "worldwide", AddressKind.EMAIL, value)
        for value in ("robin@contoso.example", "Robin@Contoso.example")
    )
    assert lower == upper


def test_the_key_decides_the_hash(keyring: Keyring) -> None:
    other = Keyring([b"another master secret, for tests only too"])
    assert vault.account_hash(keyring, "worldwide", "1234567897") != vault.account_hash(
        other, "worldwide", "1234567897"
    )


def test_a_value_moved_to_another_row_does_not_open(registrar: Registrar) -> None:
    organisation = registrar.organisation()
    contact = registrar.contact(organisation)
    mine, other = registrar.phone(organisation, contact, NUMBER), registrar.phone(organisation, contact, "+14255550101")
    with registrar.database.begin() as tx:
        sealed = select(models.Address.value_sealed).where(models.Address.id == mine).scalar_subquery()
        tx.execute(update(models.Address).where(models.Address.id == other).values(value_sealed=sealed))
    with registrar.database.read() as tx:
        assert people.reveal(tx, registrar.keyring, mine) == NUMBER
        with pytest.raises(SealError):
            people.reveal(tx, registrar.keyring, other)


def test_a_name_does_not_open_with_another_key(registrar: Registrar) -> None:
    contact = registrar.contact(registrar.organisation())
    with registrar.database.read() as tx, pytest.raises(SealError):
        people.contact(tx, Keyring([b"another master secret, for tests only too"]), contact)


def test_what_is_sealed_survives_a_rotation_of_the_key(registrar: Registrar) -> None:
    organisation = registrar.organisation(account="1234567897")
    phone = registrar.phone(organisation, registrar.contact(organisation), NUMBER)
    rotated = Keyring([b"the next master secret of the tests", b"a master secret made for the tests only"])
    with registrar.database.read() as tx:
        assert people.reveal(tx, rotated, phone) == NUMBER
        sealed = tx.execute(select(models.Organisation.account_sealed)).scalar_one()
    assert vault.open_account(rotated, organisation, sealed) == "1234567897"


def test_what_shows_a_person_does_not_show_in_a_representation(registrar: Registrar) -> None:
    contact = registrar.contact(registrar.organisation())
    with registrar.database.read() as tx:
        assert "Robin" not in repr(people.contact(tx, registrar.keyring, contact))


def test_an_address_that_is_gone_is_said_so(filled: Filled) -> None:
    with filled.database.read() as tx, pytest.raises(NotFoundError):
        people.address(tx, "nowhere")
