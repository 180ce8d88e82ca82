"""`vouchline lines` and `vouchline incidents`."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from audit.models import AuditEntry
from core.clock import ManualClock
from core.database import Database
from core.errors import VouchlineError
from core.keys import Keyring
from core.settings import Settings, load
from directory import book as books
from directory import register
from directory.commands import incidents as incidents_group
from directory.commands import lines as lines_group
from tests.directory import shipped

MAIL = ("--operator", "worldwide", "--text", "en=Mail is slow.")


@dataclass
class Parts:
    """What the composition root gives to commands."""

    settings: Settings
    database: Database
    clock: ManualClock
    keyring: Keyring


def settings(**more: str) -> Settings:
    given = {"VOUCHLINE_ENV": "development", "VOUCHLINE_SECRET_KEY": "a secret long enough for every rule there"}
    return load(given | more)


@pytest.fixture(scope="module")
def stored(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the shipped lines: a copy is much faster than a load."""
    path = tmp_path_factory.mktemp("stored") / "stored.db"
    shutil.copyfile(sqlite_template, path)
    with contextlib.closing(Database(f"sqlite:///{path}")) as database:
        shipped.load(database)
    return path


@pytest.fixture
def parts(stored: Path, tmp_path: Path, clock: ManualClock, keyring: Keyring) -> Iterator[Parts]:
    shutil.copyfile(stored, tmp_path / "vouchline.db")
    with contextlib.closing(Database(f"sqlite:///{tmp_path / 'vouchline.db'}")) as database:
        yield Parts(settings(), database, clock, keyring)


def run(parts: Parts, group: click.Group, *arguments: str | Path) -> str:
    result = CliRunner().invoke(group, [str(each) for each in arguments], obj=lambda: parts)
    if isinstance(result.exception, VouchlineError):
        return f"refused: {result.exception}"
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def lines(parts: Parts, *arguments: str | Path) -> str:
    return run(parts, lines_group, *arguments)


def incidents(parts: Parts, *arguments: str) -> str:
    return run(parts, incidents_group, *arguments)


def shown(parts: Parts, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(lines(parts, "show", *arguments, "--json"))
    return found


def on_record(parts: Parts) -> list[tuple[str, str | None]]:
    with parts.database.read() as tx:
        return [(row.action, row.operator) for row in tx.execute(select(AuditEntry.action, AuditEntry.operator))]


def told(parts: Parts, region: str, operator: str = "worldwide") -> list[str]:
    """What the next caller of the region hears."""
    with parts.database.read() as tx:
        book = books.current(tx)
    return [each.texts["en"] for each in book.incidents_for(operator, region, parts.clock.now())]


def entry(**changes: Any) -> dict[str, Any]:
    """A region in the form of the shipped ones that they do not have."""
    model = next(each for each in shipped.entries() if each["id"] == "austria")
    return {**model, "id": "nowhere-land", "region": "AQ", "timezone": "Antarctica/Troll", **changes}


def written(folder: Path, *entries: dict[str, Any], name: str = "more.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(list(entries)), encoding="utf-8")
    return path


def test_the_list_narrows_by_operator_and_region(parts: Parts) -> None:
    everything = json.loads(lines(parts, "list", "--json"))
    chinese = json.loads(lines(parts, "list", "--operator", "21vianet", "--region", "CN", "--json"))
    assert {each["operator"] for each in everything} == {"worldwide", "21vianet", "germany"}
    assert [each["number"] for each in chinese] == ["+864000890365"]
    for name in ("saint-barthelemy", "BL", "bl"):
        found = json.loads(lines(parts, "list", "--region", name, "--json"))
        assert [each["number"] for each in found] == ["+13128435147"]


def test_the_list_can_be_read_on_a_terminal(parts: Parts) -> None:
    said = lines(parts, "list").splitlines()
    assert said[-1] == f"{len(said) - 1} lines"
    assert any(line.startswith("+13128435147") and "and 9 more" in line for line in said)


@pytest.mark.parametrize("wrong", [("--region", "QQ"), ("--operator", "nobody")])
def test_a_name_that_is_not_known_is_said_so_and_lists_nothing(parts: Parts, wrong: tuple[str, str]) -> None:
    assert lines(parts, "list", *wrong).startswith("refused: there is no ")


@pytest.mark.parametrize(
    "name", ["+81120628860", "0120 628 860", "0120628860", "worldwide:+81120628860", " +81120628860 "]
)
def test_a_line_is_found_by_number_as_dialled_or_printed_and_by_id(parts: Parts, name: str) -> None:
    assert [each["number"] for each in shown(parts, name)] == ["+81120628860"]


def test_the_lines_of_a_region_are_found_by_its_name(parts: Parts) -> None:
    assert {each["number"] for each in shown(parts, "AU")} == {"+611800197503", "+61282239959"}


@pytest.mark.parametrize(
    "name", ["sip:bahamas@lines.vouchline.example", "SIP:Bahamas@lines.vouchline.example:5060;transport=udp"]
)
def test_a_line_without_e164_is_found_by_its_ingress(parts: Parts, name: str) -> None:
    found = shown(parts, name)
    assert [each["number"] for each in found] == ["00800 051 0398"]
    assert found[0]["ingresses"] == [f"sip:{region}@lines.vouchline.example" for region in ("bahamas", "panama")]
    assert found[0]["regions"][0]["menu_path"] == ["Business", "Microsoft 365"]


def test_show_says_what_is_open_until_when_and_by_which_source(parts: Parts) -> None:
    output = lines(parts, "show", "+611800197503", "--at", "2026-11-18T08:00+11:00")
    assert "closed until 2026-11-18T09:00+11:00" in output
    assert "sources: seed-2020, contact-info" in output


def test_show_explains_what_the_japanese_plan_line_offers(parts: Parts) -> None:
    parts.clock.set(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))  # Labour Thanksgiving Day, noon in Tokyo
    region = shown(parts, "+81120628860")[0]["regions"][0]
    desks = {(each["department"], each["language"], each["severity"]): each for each in region["hours"]}
    assert (region["plan"], region["kind"], region["charges"]) == ("other", "toll_free", None)
    assert desks["technical", "ja", "A"]["open"]
    assert desks["technical", "ja", None]["open"]
    assert desks["billing", "ja", None] == {
        "department": "billing",
        "language": "ja",
        "severity": None,
        "hours": "Mo-Fr 09:00-17:00; PH off",
        "zone": "Asia/Tokyo",
        "standing": "rules",
        "open": False,
        "why": "holiday",
        "changes_at": "2026-11-24T09:00+09:00",
        "note": "closed on public holidays",
        "sources": ["contact-info"],
    }


def test_show_names_what_is_keyed_after_the_answer(parts: Parts) -> None:
    assert "then key 8778675369" in lines(parts, "show", "sip:uzbekistan@lines.vouchline.example")


def test_show_says_who_answers_for_a_closed_cloud(parts: Parts) -> None:
    after = shown(parts, "+498005892330")[0]
    assert (after["closed_since"], after["handed_over_to"]) == ("2021-10-29", "worldwide")
    assert shown(parts, "+498005892330", "--at", "2021-10-28T12:00Z")[0]["closed_since"] is None
    assert "closed since 2021-10-29; worldwide answers" in lines(parts, "show", "+498005892330")


def test_an_unknown_line_is_said_so(parts: Parts) -> None:
    assert lines(parts, "show", "+15550000000").startswith("refused: no line is known by '+15550000000'")


def test_a_moment_needs_its_offset(parts: Parts) -> None:
    assert "needs an offset" in lines(parts, "show", "+18008659408", "--at", "2026-12-25T10:00")


def test_a_deployment_shows_its_own_operators_alone(parts: Parts) -> None:
    parts.settings = settings(VOUCHLINE_OPERATORS="21vianet")
    assert len(json.loads(lines(parts, "list", "--json"))) == 1
    assert lines(parts, "show", "+18008659408").startswith("refused: no line is known")
    assert incidents(parts, "add", *MAIL).startswith("refused: the incident is refused")


def test_an_imported_region_is_served_at_once_and_the_import_is_on_record(parts: Parts, tmp_path: Path) -> None:
    assert "1 entries; written: " in lines(parts, "import", written(tmp_path, entry()))
    assert {"AQ", "AT"} == {each["code"] for each in shown(parts, "+43800080650")[0]["regions"]}
    assert on_record(parts) == [("administrator:directory:imported", None)]


def test_an_import_that_is_repeated_changes_nothing_and_says_so(parts: Parts, tmp_path: Path) -> None:
    path = written(tmp_path, entry())
    lines(parts, "import", path)
    assert lines(parts, "import", path) == "more.json changes nothing.\n"
    assert len(on_record(parts)) == 1


def test_a_dry_run_says_what_would_change_and_changes_nothing(parts: Parts, tmp_path: Path) -> None:
    before = lines(parts, "list", "--json")
    assert "1 entries; would write: " in lines(parts, "import", written(tmp_path, entry()), "--dry-run")
    assert lines(parts, "list", "--json") == before
    assert on_record(parts) == []


def test_a_refused_file_lists_every_fault_with_its_place_and_changes_nothing(parts: Parts, tmp_path: Path) -> None:
    before = lines(parts, "list", "--json")
    path = written(tmp_path, entry(timezone="Mars/Olympus"), entry(id="other-land", colour="red"))
    said = lines(parts, "import", path)
    assert said.startswith("refused: more.json is refused\n")
    assert "entry 1 (nowhere-land).timezone: no such time zone" in said
    assert "entry 2 (other-land).colour: Extra inputs are not permitted" in said
    assert (lines(parts, "list", "--json"), on_record(parts)) == (before, [])


def test_a_file_that_drops_an_operator_with_customers_is_refused(parts: Parts, tmp_path: Path) -> None:
    new = register.NewOrganisation("germany", "Fabrikam", "1234567897", "DE")
    with parts.database.begin() as tx:
        register.add_organisation(tx, parts.clock.now(), parts.keyring, new)
    left = [each for each in shipped.clouds()["operators"] if each["operator"] != "germany"]
    path = tmp_path / "cloud_lines.json"
    path.write_text(json.dumps({**shipped.clouds(), "operators": left}), encoding="utf-8")
    assert "leaves out an operator that customers or staff still belong to" in lines(parts, "import", path)
    assert shown(parts, "+498005892330")


def test_a_shipped_file_that_was_replaced_stays_replaced_after_a_start(parts: Parts, tmp_path: Path) -> None:
    changed = [{**each, "note": "corrected"} if each["id"] == "austria" else each for each in shipped.entries()]
    lines(parts, "import", written(tmp_path, *changed, name="support_lines.json"))
    assert shipped.load(parts.database).regions["austria"].note == "corrected"


def test_an_incident_is_told_from_the_next_call_on_until_it_ends(parts: Parts) -> None:
    made = incidents(parts, "add", *MAIL, "--region", "BL").strip()
    assert told(parts, "saint-barthelemy") == ["Mail is slow."]
    assert told(parts, "austria") == []
    assert incidents(parts, "end", made) == "The incident has ended.\n"
    assert told(parts, "saint-barthelemy") == []
    assert on_record(parts) == [("administrator:directory:changed", "worldwide")] * 2


def test_an_incident_ends_by_itself(parts: Parts) -> None:
    incidents(parts, "add", *MAIL, "--ends", "2026-11-18T12:00+01:00")
    assert told(parts, "austria") == ["Mail is slow."]
    parts.clock.advance(timedelta(hours=1))
    assert told(parts, "austria") == []


@pytest.mark.parametrize(("name", "regions"), [("BQ", ["bonaire", "saba", "sint-eustatius"]), ("BQ-SA", ["saba"])])
def test_an_incident_reaches_every_region_of_a_name(parts: Parts, name: str, regions: list[str]) -> None:
    incidents(parts, "add", *MAIL, "--region", name)
    found = [region for region in ("bonaire", "saba", "sint-eustatius", "aruba") if told(parts, region)]
    assert found == regions


def test_an_incident_without_regions_is_told_to_all_callers_of_its_operator_alone(parts: Parts) -> None:
    incidents(parts, "add", *MAIL)
    assert told(parts, "france") == ["Mail is slow."]
    assert told(parts, "china", "21vianet") == []


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--operator", "nobody", "--text", "en=x"), "operator: there is no 'nobody'"),
        ((*MAIL, "--region", "QQ"), "region: 'QQ' is not known"),
        (("--operator", "21vianet", "--text", "en=x", "--region", "AT"), "region: 21vianet has no desk for AT"),
        (("--operator", "worldwide", "--text", "de=Die Post ist langsam."), "the words in en are missing"),
        ((*MAIL, "--text", "xx=Quoi?"), "text: 'xx' is no catalogue"),
        (("--operator", "worldwide", "--text", "en=...!"), "text (en): there is nothing to say"),
        (("--operator", "worldwide", "--text", "en=" + "word " * 101), "text (en): at most 500 characters are said"),
        ((*MAIL, "--ends", "2026-11-18T09:00Z"), "it ends before anybody can hear it"),
        ((*MAIL, "--starts", "2026-11-17T09:00Z", "--ends", "2026-11-18T10:00Z"), "it ends before anybody can hear it"),
    ],
)
def test_an_incident_that_nobody_should_hear_is_refused(parts: Parts, arguments: tuple[str, ...], fault: str) -> None:
    assert fault in incidents(parts, "add", *arguments)
    assert incidents(parts, "list") == "No incidents.\n"
    assert on_record(parts) == []


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ((*MAIL, "--text", "en=Again."), "a language stands twice"),
        (("--operator", "worldwide", "--text", "Mail is slow."), "is not of the form LANGUAGE=TEXT"),
        ((*MAIL, "--ends", "tomorrow"), "is no moment such as"),
    ],
)
def test_a_wrong_use_is_said_so(parts: Parts, arguments: tuple[str, ...], fault: str) -> None:
    assert fault in incidents(parts, "add", *arguments)


def test_words_lose_what_would_break_the_answer(parts: Parts) -> None:
    incidents(parts, "add", "--operator", "worldwide", "--text", "en=Mail\x07 <is>\u202e slow.")
    assert told(parts, "austria") == ["Mail is slow."]


def test_an_incident_ends_once_and_only_where_it_is_known(parts: Parts) -> None:
    made = incidents(parts, "add", *MAIL).strip()
    parts.settings = settings(VOUCHLINE_OPERATORS="21vianet")
    assert incidents(parts, "end", made).startswith("refused")
    parts.settings = settings()
    assert incidents(parts, "end", made) == "The incident has ended.\n"
    assert incidents(parts, "end", made).startswith("refused")
    assert len(on_record(parts)) == 2


def test_the_list_shows_what_is_told_and_with_all_what_was(parts: Parts) -> None:
    made = incidents(parts, "add", *MAIL, "--text", "de=Die Post ist langsam.").strip()
    incidents(parts, "end", made)
    incidents(parts, "add", "--operator", "21vianet", "--text", "en=Sites are down.")
    now = json.loads(incidents(parts, "list", "--json"))
    assert [each["texts"] for each in now] == [{"en": "Sites are down."}]
    past = json.loads(incidents(parts, "list", "--all", "--operator", "worldwide", "--json"))
    assert [each["texts"] for each in past] == [{"de": "Die Post ist langsam.", "en": "Mail is slow."}]
    assert "21vianet  all regions" in incidents(parts, "list")
