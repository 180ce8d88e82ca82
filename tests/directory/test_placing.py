"""Where a call belongs: line, operator and region."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from core.database import Database
from directory import book as books
from directory import loading, models
from directory.book import Book
from directory.hours import openings
from directory.numbers import CallerId
from directory.placing import How, Placement, place
from directory.syncing import raise_version
from tests.directory import shipped
from tests.directory.shipped import UNKNOWN, number

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
SHARED = "+13128435147"
US = "+18008659408"
GERMAN = "+498005892330"
EEA = "+4969380789305"
OPEN = datetime(2021, 10, 28, 23, 59, tzinfo=UTC)
CLOSED = datetime(2021, 10, 29, 0, 0, tzinfo=UTC)


def placed(book: Book, dialled: str, caller: CallerId = UNKNOWN, region: str | None = None, **more: str) -> Placement:
    return place(book, dialled, caller, region, NOW, **more)


def test_the_organisations_region_decides_before_the_callers_number(book: Book) -> None:
    found = placed(book, US, number("+14255550100"), "CA")
    assert (found.region, found.how) == ("canada", How.ORGANISATION)


def test_a_region_the_line_does_not_serve_decides_nothing(book: Book) -> None:
    found = placed(book, US, number("+16045550100"), "FR")
    assert (found.region, found.how) == ("canada", How.CALLER)


def test_the_callers_area_decides_for_an_unknown_organisation(book: Book) -> None:
    assert placed(book, US, number("+17875550100")).region == "puerto-rico"
    assert placed(book, US, number("+14255550100")).region == "united-states"


def test_several_regions_of_one_area_stay_together(book: Book) -> None:
    found = placed(book, SHARED, number("+590690123456"))
    assert set(found.candidates) == {"guadeloupe", "saint-barthelemy"}
    assert found.how is How.CALLER


def test_a_keyed_dialling_code_decides_when_nothing_else_does(book: Book) -> None:
    found = placed(book, SHARED, keyed="228")
    assert (found.region, found.how) == ("togo", How.KEYED)


def test_a_toll_free_caller_to_a_shared_line_gets_the_general_region_and_choices(book: Book) -> None:
    found = placed(book, US, number("+18005550100"))
    assert (found.region, found.how) == ("united-states", How.GENERAL)
    assert set(found.choices) == {"united-states", "canada", "puerto-rico", "american-samoa", "guam"}


def test_the_only_region_of_a_line_needs_no_caller(book: Book) -> None:
    found = placed(book, "+61282239959", number("+14255550100"))
    assert (found.region, found.how) == ("australia", How.ONLY)


def test_an_unmapped_ingress_gets_the_general_line(book: Book) -> None:
    found = placed(book, "+15555550123", number("+436641234567"), "AT")
    assert (found.line, found.region, found.how) == ("worldwide:+18008659408", "united-states", How.UNMAPPED)
    assert book.languages(found.operator, found.region) == ("en",)


def test_a_line_without_e164_is_reached_by_its_sip_address(book: Book) -> None:
    for address in ("sip:fiji@lines.vouchline.example", "SIP:Fiji@lines.vouchline.example:5060;transport=tls"):
        found = placed(book, address)
        assert (found.region, found.how) == ("fiji", How.ONLY)


def test_charges_and_plan_come_with_the_line(book: Book) -> None:
    assert placed(book, SHARED, number("+590590271234")).international
    assert not placed(book, US, number("+14255550100")).international
    assert placed(book, "+81120996680").plan == "office_365_enterprise"
    assert placed(book, "+81120628860").plan == "other"


@pytest.mark.parametrize("dialled", [GERMAN, EEA])
def test_the_german_cloud_answers_until_its_last_day(book: Book, dialled: str) -> None:
    found = place(book, dialled, number("+491713920001"), None, OPEN)
    assert (found.operator, found.region, found.closed_cloud) == ("germany", "germany", None)


def test_an_austrian_gets_austrian_hours_after_the_german_cloud_closed(book: Book) -> None:
    caller = number("+436641234567")
    before, after = place(book, EEA, caller, None, OPEN), place(book, EEA, caller, None, CLOSED)
    assert (before.operator, before.region, before.closed_cloud) == ("germany", "austria", None)
    assert (after.operator, after.region, after.closed_cloud) == ("worldwide", "austria", "germany")
    zones = {each.zone for each in book.desks(after.operator, after.region)}
    assert "Europe/Berlin" not in zones


def test_the_closed_clouds_line_serves_regions_it_never_knew(book: Book) -> None:
    assert place(book, EEA, number("+442079460123"), None, CLOSED).region == "united-kingdom"


def test_a_withheld_caller_to_the_closed_clouds_freephone_stays_in_germany(book: Book) -> None:
    found = place(book, GERMAN, UNKNOWN, None, CLOSED)
    assert (found.operator, found.region, found.closed_cloud) == ("worldwide", "germany", "germany")


def test_presales_ends_with_the_german_cloud(book: Book) -> None:
    caller = number("+491713920001")
    before, after = (openings(book, place(book, GERMAN, caller, None, at), at, caller) for at in (OPEN, CLOSED))
    assert [each.department for each in before] == ["technical", "billing", "presales"]
    assert [each.department for each in after] == ["technical", "billing"]


def test_a_closed_cloud_stays_with_itself_where_its_heir_is_not_deployed(loaded: Database) -> None:
    with loaded.read() as tx:
        alone = books.current(tx, ("germany",))
    found = place(alone, GERMAN, UNKNOWN, None, CLOSED)
    assert (found.operator, found.closed_cloud) == ("germany", None)


def test_a_deployment_of_one_operator_knows_no_other_line(loaded: Database) -> None:
    with loaded.read() as tx:
        alone = books.current(tx, ("21vianet",))
    assert place(alone, US, UNKNOWN, None, NOW).how is How.UNMAPPED
    assert {line.operator for line in alone.lines.values()} == {"21vianet"}


def test_a_forward_by_our_own_ingress_is_known_as_ours(book: Book) -> None:
    assert book.owns(US)
    assert not book.owns("+14255550100")


def test_an_ingress_is_valid_for_its_time(database: Database) -> None:
    start, end = NOW - timedelta(days=1), NOW + timedelta(days=1)
    row = {"address": "+15555550123", "line": "worldwide:+61282239959", "operator": "worldwide"}
    with database.begin() as tx:
        loading.load_shipped(tx)
        tx.execute(insert(models.Ingress), row | {"valid_from": start, "valid_to": end})
        found = books.current(tx)
    lines = [found.line_at("+15555550123", at) for at in (start - timedelta(seconds=1), start, end)]
    assert [line.id if line else None for line in lines] == [None, "worldwide:+61282239959", None]


def test_the_book_is_read_anew_only_when_something_changed(database: Database) -> None:
    with database.begin() as tx:
        loading.load_shipped(tx)
    with database.read() as tx:
        first, second = books.current(tx), books.current(tx)
    with database.begin() as tx:
        raise_version(tx)
        third = books.current(tx)
    assert first is second
    assert third is not first


def _callers() -> list[tuple[str, str, str]]:
    """Every region of a shared line with a number of its area, where the numbering plan tells one."""
    numbers = {"canada": "+16045550100", "guam": "+16715550100", "togo": "+22890112345", "haiti": "+50934101234"}
    return [(SHARED if key in {"togo", "haiti"} else US, raw, key) for key, raw in numbers.items()]


@pytest.mark.parametrize(("dialled", "raw", "region"), _callers())
def test_a_caller_of_a_shared_line_is_placed_at_home(book: Book, dialled: str, raw: str, region: str) -> None:
    assert placed(book, dialled, number(raw)).region == region


def test_every_number_of_the_data_answers_for_its_region(book: Book) -> None:
    for entry in shipped.entries():
        for each in entry["numbers"]:
            dialled = each["e164"] or f"sip:{entry['id']}@{loading.SAMPLE_DOMAIN}"
            found = placed(book, dialled, region=entry["id"])
            assert entry["id"] in found.candidates, dialled
            assert found.plan == each["plan"]
