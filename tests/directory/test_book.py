"""The book: read anew only when the directory has changed, and what its look-ups mean."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, event, insert

from core.database import Database
from directory import book as books
from directory import models
from directory.book import Book, ingress_address
from directory.syncing import raise_version
from tests.directory import shipped

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
LINE = "worldwide:+13128435147"


@contextlib.contextmanager
def statements(tx: Connection) -> Iterator[list[str]]:
    found: list[str] = []
    event.listen(tx, "before_cursor_execute", lambda *given: found.append(given[2]))
    yield found


def current(database: Database, *operators: str) -> Book:
    with database.read() as tx:
        return books.current(tx, operators)


def test_an_unchanged_directory_costs_one_statement_and_gives_the_same_book(database: Database) -> None:
    first = shipped.load(database)
    with database.read() as tx, statements(tx) as asked:
        assert books.current(tx) is first
    assert len([each for each in asked if each != "BEGIN"]) == 1


def test_a_raised_version_gives_a_new_book(database: Database) -> None:
    first = shipped.load(database)
    with database.begin() as tx:
        raise_version(tx)
    second = current(database)
    assert second is not first
    assert second.version == first.version + 1
    assert second.lines == first.lines


def test_a_change_that_was_rolled_back_is_not_kept(database: Database) -> None:
    first = shipped.load(database)
    with contextlib.suppress(ZeroDivisionError), database.begin() as tx:
        tx.execute(insert(models.Ingress), ingress("+14255550199"))
        raise_version(tx)
        raise ZeroDivisionError
    assert current(database).version == first.version
    assert current(database).line_at("+14255550199", NOW) is None


def test_every_process_sees_the_change_of_another(sqlite_database: Database) -> None:
    shipped.load(sqlite_database)
    with contextlib.closing(Database(sqlite_database.url.render_as_string())) as other:
        assert current(other).line_at("+14255550199", NOW) is None
        with sqlite_database.begin() as tx:
            tx.execute(insert(models.Ingress), ingress("+14255550199"))
            raise_version(tx)
        found = current(other).line_at("+14255550199", NOW)
    assert found is not None
    assert found.id == LINE


def test_an_empty_directory_is_an_empty_book(database: Database) -> None:
    found = current(database)
    assert (found.version, dict(found.lines), found.schedules) == (0, {}, ())


def test_a_deployment_for_one_operator_knows_nothing_of_the_others(sqlite_database: Database) -> None:
    shipped.load(sqlite_database)
    found = current(sqlite_database, "21vianet")
    assert set(found.operators) == {"21vianet"}
    assert {each.operator for each in found.lines.values()} == {"21vianet"}
    assert {each.operator for each in found.schedules} == {"21vianet"}
    assert found.line_at("+18008659408", NOW) is None
    assert found.general.operator == "21vianet"
    assert set(current(sqlite_database).operators) == {"worldwide", "21vianet", "germany"}


def test_the_general_line_is_the_first_of_the_sources(book: Book) -> None:
    assert book.general.e164 == "+18008659408"
    assert book.general_region("worldwide") == "united-states"
    assert book.general_region("germany") == "germany"


@pytest.mark.parametrize(
    ("name", "regions"),
    [
        ("saint-barthelemy", ("saint-barthelemy",)),
        ("BL", ("saint-barthelemy",)),
        ("BQ", ("bonaire", "saba", "sint-eustatius")),
        ("BQ-SA", ("saba",)),
        ("AC", ("st-helena-ascension-tristan-da-cunha",)),
        ("ZZ", ()),
        ("", ()),
    ],
)
def test_a_region_is_found_by_every_name_it_has(book: Book, name: str, regions: tuple[str, ...]) -> None:
    assert book.regions_named(name) == regions


def test_the_language_that_a_source_names_first_greets(book: Book) -> None:
    assert book.languages("worldwide", "hong-kong-sar") == ("yue", "cmn", "en")
    assert book.languages("worldwide", "bahamas") == ("es",)
    assert book.languages("21vianet", "china") == ("cmn", "en")
    assert book.languages("germany", "austria") == ("de", "en")


def test_no_schedule_of_the_book_is_without_a_language(book: Book) -> None:
    assert not [each for each in book.schedules if each.language == "und"]
    assert {each.stated for each in book.schedules if each.stated != each.language} == {"und"}


def test_a_number_that_was_ported_changes_its_line_at_the_moment(sqlite_database: Database) -> None:
    shipped.load(sqlite_database)
    with sqlite_database.begin() as tx:
        tx.execute(insert(models.Ingress), ingress("+14255550199", valid_to=NOW))
        tx.execute(insert(models.Ingress), ingress("+14255550199", line="worldwide:+18008659408", valid_from=NOW))
        raise_version(tx)
    found = current(sqlite_database)
    before, after = (found.line_at("+14255550199", at) for at in (NOW - timedelta(microseconds=1), NOW))
    assert before is not None
    assert after is not None
    assert (before.id, after.id) == (LINE, "worldwide:+18008659408")
    assert found.owns("+14255550199")


def test_an_ingress_whose_line_is_gone_leads_nowhere(sqlite_database: Database) -> None:
    shipped.load(sqlite_database)
    with sqlite_database.begin() as tx:
        tx.execute(insert(models.Ingress), ingress("+14255550199", line="worldwide:gone"))
        raise_version(tx)
    assert current(sqlite_database).line_at("+14255550199", NOW) is None


@pytest.mark.parametrize(
    "address",
    [
        "sip:uzbekistan@lines.vouchline.example",
        "sips:uzbekistan@lines.vouchline.example",
        "SIP:Uzbekistan@Lines.Vouchline.example:5061",
        "sip:uzbekistan@lines.vouchline.example;transport=tls",
        " sip:uzbekistan@lines.vouchline.example:5060;x=1;y=2 ",
    ],
)
def test_a_sip_address_is_known_in_every_way_it_is_written(book: Book, address: str) -> None:
    found = book.line_at(address, NOW)
    assert found is not None
    assert found.regions == ("uzbekistan",)


@given(st.text(max_size=40))
def test_an_address_is_compared_in_one_form(text: str) -> None:
    once = ingress_address(text)
    assert ingress_address(once) == once


@given(st.text(max_size=30))
def test_an_address_that_is_not_ours_never_finds_a_line(book: Book, text: str) -> None:
    assert book.line_at(text, NOW) is None or ingress_address(text) in book.ingresses


def ingress(address: str, **more: Any) -> dict[str, Any]:
    known = {"address": address, "line": LINE, "operator": "worldwide", "valid_from": NOW - timedelta(days=9)}
    return known | {"valid_to": None} | more
