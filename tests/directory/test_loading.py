"""Files are taken whole, merged by the decisions of the design, or refused whole with every fault."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core.database import Database
from core.errors import Fault
from directory import book as books
from directory import loading, models
from directory.book import Book
from directory.entities import Schedule
from directory.vocabulary import Department, Severity, Standing
from tests.directory import shipped


def desk(book: Book, operator: str, region: str, department: str, language: str) -> list[Schedule]:
    return [
        each
        for each in book.schedules
        if (each.operator, each.region, each.department, each.language) == (operator, region, department, language)
    ]


def refuse(database: Database, body: Any, name: str = "more.json") -> list[str]:
    with pytest.raises(Fault) as found, database.begin() as tx:
        loading.load(tx, name, body if isinstance(body, bytes) else json.dumps(body).encode())
    return found.value.faults


def entry(**changes: Any) -> dict[str, Any]:
    """A region of our own in the form of the file."""
    made = copy.deepcopy(next(each for each in shipped.entries() if each["id"] == "canada"))
    made.update({"id": "elsewhere", "name_en": "Elsewhere"})
    made.update(changes)
    return made


def test_every_entry_of_the_shipped_files_loads(book: Book) -> None:
    assert len(shipped.entries()) == 171
    assert {each["id"] for each in shipped.entries()} <= set(book.regions)
    wanted = {
        (each["id"], number["e164"] or number["printed"]) for each in shipped.entries() for number in each["numbers"]
    }
    served = {
        (serving.region, line.e164 or serving.printed)
        for line in book.lines.values()
        for serving in line.servings
        if line.operator == "worldwide"
    }
    assert wanted <= served


def test_every_hours_entry_of_the_regions_is_kept(book: Book) -> None:
    for each in shipped.entries():
        for name in ("billing", "technical"):
            for hours in each[name]:
                found = [schedule for schedule in book.desks("worldwide", each["id"]) if schedule.department == name]
                assert hours["hours_osm"] in {schedule.hours for schedule in found}


def test_every_line_can_be_dialled(book: Book) -> None:
    reached = {ingress.line for found in book.ingresses.values() for ingress in found}
    assert reached == set(book.lines)


def test_a_line_in_both_files_is_one_with_the_sources_of_both(book: Book) -> None:
    line = book.lines["worldwide:+611800197503"]
    assert line.regions == ("australia",)
    assert line.servings[0].printed == "1 800 197 503"
    assert set(line.servings[0].sources) == {"seed-2020", "contact-info"}


def test_a_shared_number_is_one_line_of_many_regions(book: Book) -> None:
    assert len(book.lines["worldwide:+13128435147"].regions) == 17


def test_a_region_without_telephone_support_has_no_line(book: Book) -> None:
    assert not book.regions["nepal"].phone_support
    assert not [line for line in book.lines.values() if "nepal" in line.regions]


def test_australias_billing_hours_stand(book: Book) -> None:
    ruling = [each for each in desk(book, "worldwide", "australia", "billing", "en") if each.standing is Standing.RULES]
    assert [each.hours for each in ruling] == ["Mo-Fr 09:00-18:00"]


def test_named_zones_are_explicit(book: Book) -> None:
    zones = {each.language: each.zone for each in book.desks("worldwide", "uzbekistan") if each.department == "billing"}
    assert zones == {"ru": "Europe/Moscow", "en": "Europe/London"}
    assert {each.zone for each in desk(book, "worldwide", "canada", "billing", "fr")} == {"America/New_York"}


def test_21vianets_technical_hours_go_by_severity_and_the_others_stand_beside_them(book: Book) -> None:
    found = desk(book, "21vianet", "china", "technical", "cmn")
    ruling = {each.severity: each.hours for each in found if each.standing is Standing.RULES}
    assert ruling == {Severity.A: "24/7", Severity.B: "Mo-Su 09:00-24:00", Severity.C: "Mo-Su 09:00-24:00"}
    kept = {each.hours for each in found if each.standing is Standing.ALTERNATIVE}
    assert kept == {"Mo-Fr 09:00-21:00", "Mo-Fr 09:00-18:00"}


@pytest.mark.parametrize(("department", "spoken"), [("billing", ["cmn", "en"]), ("presales", ["cmn"])])
def test_21vianets_open_hours_are_filled_from_the_regional_page(book: Book, department: str, spoken: list[str]) -> None:
    found = [each for each in book.desks("21vianet", "china") if each.department == department]
    assert [each.language for each in found] == spoken
    assert {(each.hours, each.zone) for each in found} == {("Mo-Fr 09:00-18:00", "Asia/Shanghai")}


def test_germanys_presales_keep_the_hours_of_its_billing(book: Book) -> None:
    found = desk(book, "germany", "austria", "presales", "de")
    assert [(each.hours, each.zone) for each in found] == [("Mo-Fr 09:00-17:00", "Europe/Berlin")]


def test_a_language_that_is_not_named_is_the_regions_first(book: Book) -> None:
    found = [each for each in book.desks("worldwide", "japan") if each.stated == "und"]
    assert {each.language for each in found} == {"ja"}
    assert book.languages("worldwide", "japan")[0] == "ja"


def test_a_region_that_only_a_cloud_names_is_known_by_its_code(book: Book) -> None:
    assert book.regions_named("BE") == ("iso-be",)
    assert book.regions["iso-be"].zone == "Europe/Brussels"


def test_a_region_with_several_codes_is_found_by_each(book: Book) -> None:
    assert {book.regions_named(code) for code in ("SH", "AC", "TA")} == {("st-helena-ascension-tristan-da-cunha",)}
    assert set(book.regions_named("BQ")) == {"bonaire", "saba", "sint-eustatius"}
    assert book.regions_named("BQ-SA") == ("saba",)


def test_a_second_load_writes_nothing(database: Database) -> None:
    with database.begin() as tx:
        first = loading.load_shipped(tx)
        second = loading.load_shipped(tx)
        version = tx.execute(select(models.DirectoryVersion.version)).scalar()
    assert all(loaded.changed for loaded in first)
    assert not any(loaded.changed for loaded in second)
    with database.begin() as tx:
        loading.load_shipped(tx)
        assert tx.execute(select(models.DirectoryVersion.version)).scalar() == version


def test_a_further_file_takes_the_place_of_a_bare_region(database: Database) -> None:
    belgium = entry(id="belgium", region="BE", timezone="Europe/Brussels", numbers=[])
    with database.begin() as tx:
        loading.load_shipped(tx)
        loaded = loading.load(tx, "more.json", json.dumps([belgium]).encode())
        found = books.current(tx)
    assert loaded.changed
    assert found.regions_named("BE") == ("belgium",)
    assert "belgium" in found.lines["germany:+4969380789305"].regions


def test_a_changed_file_changes_only_what_differs(database: Database) -> None:
    with database.begin() as tx:
        loading.load_shipped(tx)
        loading.load(tx, "more.json", json.dumps([entry(note="one")]).encode())
        again = loading.load(tx, "more.json", json.dumps([entry(note="two")]).encode())
    assert again.written == {"regions": 1}


def test_an_ingress_that_an_administrator_set_stays(database: Database) -> None:
    with database.begin() as tx:
        loading.load_shipped(tx)
        tx.execute(update(models.Ingress).where(models.Ingress.address == "+18008659408").values(line="gone"))
        loading.load(tx, "more.json", json.dumps([entry()]).encode())
        found = select(models.Ingress.line).where(models.Ingress.address == "+18008659408")
        assert tx.execute(found).scalars().all() == ["gone"]


def _hours(text: str) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        body["technical"][1]["hours_osm"] = text

    return change


def _number(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body["numbers"][0].update(changes)


def _entry(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.update(changes)


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        (_entry(surplus=1), "entry 1 (elsewhere).surplus", "Extra inputs"),
        (_entry(phone_support="yes"), "entry 1 (elsewhere).phone_support", "valid boolean"),
        (_entry(timezone="Mars/Olympus"), "entry 1 (elsewhere).timezone", "no such time zone"),
        (_entry(region="CAN"), "entry 1 (elsewhere).region", "pattern"),
        (_entry(id="canada"), "entry 1 (canada).id", "another file"),
        (_number(e164="+1800"), "entry 1 (elsewhere).numbers[0].e164", "E.164"),
        (_number(e164="+1800865940X"), "entry 1 (elsewhere).numbers[0].e164", "E.164"),
        (_number(kind="freephone"), "entry 1 (elsewhere).numbers[0].kind", "freephone"),
        (_number(charges="dear"), "entry 1 (elsewhere).numbers[0].charges", "dear"),
        (_number(post_dial="+877"), "entry 1 (elsewhere).numbers[0].post_dial", "pattern"),
        (_hours("9-17"), "entry 1 (elsewhere).technical[1].hours_osm", "do not parse"),
        (_hours("Mo-Fr 09:00-17:00; Feb 30 off"), "entry 1 (elsewhere).technical[1].hours_osm", "Feb 30"),
        (_hours("Mo-Fr 09:00-17:00; SH off"), "entry 1 (elsewhere).technical[1].hours_osm", "SH"),
        (_hours("Mo-Fr " + "09:00-17:00," * 8000), "entry 1 (elsewhere).technical[1].hours_osm", "at most"),
        (
            _entry(technical=[{"language": "xx"}]),
            "entry 1 (elsewhere).technical[0].language",
            "no such spoken language",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(
    loaded: Database, change: Callable[[dict[str, Any]], None], place: str, reason: str
) -> None:
    body = entry()
    change(body)
    faults = refuse(loaded, [body])
    assert [fault for fault in faults if fault.startswith(place) and reason in fault]


def test_every_fault_of_a_file_is_listed(loaded: Database) -> None:
    wrong = entry(region="can", phone_support=1)
    _hours("9-17")(wrong)
    faults = refuse(loaded, [entry(), wrong, entry()])
    assert len([fault for fault in faults if ".region:" in fault]) == 1
    assert len([fault for fault in faults if ".phone_support:" in fault]) == 1
    assert len([fault for fault in faults if "hours_osm" in fault]) == 1
    assert len([fault for fault in faults if "stands 3 times" in fault]) == 3


def test_holidays_of_a_country_that_no_calendar_knows_are_refused(loaded: Database) -> None:
    body = entry(region="ZZ")
    _hours("Mo-Fr 09:00-17:00; PH off")(body)
    assert any("no public holidays are known" in fault for fault in refuse(loaded, [body]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe[\x00]\x00", "not UTF-8"),
        (b"PK\x03\x04", "line 1, column 1"),
        (b"[1, 2", "line 1"),
        (b'[{"id": "one", "id": "two"}]', "'id' stands twice"),
        (b'"text"', "neither a list"),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * 5_000_001, "at most"),
        (b"[1]", "entry 1 (not an object)"),
        (b"{}", "format"),
    ],
)
def test_what_is_no_such_file_is_refused(loaded: Database, content: bytes, reason: str) -> None:
    assert any(reason in fault for fault in refuse(loaded, content))


def test_a_file_with_a_byte_order_mark_is_read(sqlite_database: Database) -> None:
    with sqlite_database.begin() as tx:
        loading.load_shipped(tx)
        assert loading.load(tx, "more.json", b"\xef\xbb\xbf" + json.dumps([entry()]).encode()).changed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda cloud: cloud["operators"][0]["lines"][0].update(sources=["rumour"]), "'rumour' is no source"),
        (lambda cloud: cloud["operators"][2].update(hand_over_to="nobody"), "'nobody' is no operator"),
        (lambda cloud: cloud["operators"].append(cloud["operators"][0]), "stands 2 times"),
        (lambda cloud: cloud["operators"][0]["eligibility"][0].update(rule="anyone"), "eligibility[0].rule"),
        (lambda cloud: cloud["operators"].pop(0), "'worldwide' is missing"),
        (lambda cloud: cloud["operators"][2].update(closed_since="2021-02-30"), "closed_since"),
    ],
)
def test_a_fault_in_the_clouds_is_told(loaded: Database, change: Callable[[dict[str, Any]], None], reason: str) -> None:
    body = copy.deepcopy(shipped.clouds())
    change(body)
    assert any(reason in fault for fault in refuse(loaded, body, "cloud_lines.json"))


def test_regions_without_clouds_are_refused(sqlite_database: Database) -> None:
    with pytest.raises(Fault, match="clouds must be loaded first"), sqlite_database.begin() as tx:
        loading.load(tx, "more.json", json.dumps([entry()]).encode())


def test_a_refused_file_leaves_nothing_behind(database: Database) -> None:
    with database.begin() as tx:
        loading.load_shipped(tx)
    refuse(database, [entry(), entry(id="other", region="can")])
    with database.read() as tx:
        kept = tx.execute(select(models.DirectoryFile.name).order_by(models.DirectoryFile.name)).scalars().all()
        regions = select(func.count()).select_from(models.Region).where(models.Region.id == "elsewhere")
        assert kept == ["cloud_lines.json", "support_lines.json"]
        assert tx.execute(regions).scalar() == 0


def test_the_order_of_a_menu_is_technical_billing_presales() -> None:
    assert list(Department) == ["technical", "billing", "presales"]
