"""`vouchline lines` and `vouchline incidents`, as they are used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from audit.models import AuditEntry
from core.clock import ManualClock
from core.database import Database
from core.errors import Fault, NotFoundError, RefusedError
from core.keys import Keyring
from directory import book as books
from directory import commands, loading
from tests.directory import shipped


@dataclass
class Parts:
    database: Database
    clock: ManualClock
    keyring: Keyring

    def run(self, *arguments: str) -> Result:
        group = {"lines": commands.lines, "incidents": commands.incidents}[arguments[0]]
        return CliRunner().invoke(group, list(arguments[1:]), obj=lambda: self)

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json").output)


@pytest.fixture
def parts(sqlite_database: Database, clock: ManualClock, keyring: Keyring) -> Parts:
    with sqlite_database.begin() as tx:
        loading.load_shipped(tx)
    return Parts(sqlite_database, clock, keyring)


def said(parts: Parts, region: str = "united-states") -> list[str]:
    with parts.database.read() as tx:
        found = books.current(tx).incidents_for("worldwide", region, parts.clock.now())
    return [each.texts["en"] for each in found]


def test_lines_are_listed_with_what_they_serve(parts: Parts) -> None:
    found = {row["number"]: row for row in parts.json("lines", "list")}
    assert set(found["+18008659408"]["regions"]) == {"US", "CA", "PR", "AS", "GU"}
    assert "132 lines" in parts.run("lines", "list").output


def test_lines_are_listed_by_region_and_operator(parts: Parts) -> None:
    found = parts.json("lines", "list", "--region", "CN", "--operator", "21vianet")
    assert [row["number"] for row in found] == ["+864000890365"]


@pytest.mark.parametrize("named", ["+611800197503", "1 800 197 503", "worldwide:+611800197503", "AU", "australia"])
def test_a_line_is_shown_by_any_of_its_names(parts: Parts, named: str) -> None:
    assert "+611800197503" in {row["number"] for row in parts.json("lines", "show", named)}


def test_a_line_is_shown_with_hours_now_and_next(parts: Parts) -> None:
    output = parts.run("lines", "show", "+611800197503", "--at", "2026-11-18T08:00+11:00").output
    assert "closed until 2026-11-18T09:00+11:00" in output
    assert "sources: seed-2020, contact-info" in output


def test_a_moment_needs_an_offset(parts: Parts) -> None:
    result = parts.run("lines", "show", "AU", "--at", "2026-11-18T08:00")
    assert result.exit_code == 2
    assert "needs an offset" in result.output


def test_an_unknown_line_is_said_so(parts: Parts) -> None:
    assert isinstance(parts.run("lines", "show", "+15555550123").exception, NotFoundError)


def test_an_import_is_taken_whole_and_on_record(parts: Parts, tmp_path: Path) -> None:
    file = tmp_path / "more.json"
    entry = dict(shipped.entries()[0]) | {"id": "elsewhere"}
    file.write_text(json.dumps([entry]))
    assert "1 entries" in parts.run("lines", "import", str(file)).output
    assert "changes nothing" in parts.run("lines", "import", str(file)).output
    with parts.database.read() as tx:
        actions = tx.execute(select(AuditEntry.action)).scalars().all()
    assert actions == ["administrator:directory:imported"]


def test_a_bad_import_lists_its_faults(parts: Parts, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps([dict(shipped.entries()[0]) | {"region": "xx"}]))
    fault = parts.run("lines", "import", str(file)).exception
    assert isinstance(fault, Fault)
    assert len(fault.faults) == 2


def test_an_incident_is_heard_from_its_start_until_it_ends(parts: Parts) -> None:
    made = parts.run("incidents", "add", "--operator", "worldwide", "--region", "US", "--text", "en=Mail is slow.")
    assert said(parts) == ["Mail is slow."]
    assert said(parts, "canada") == []
    parts.run("incidents", "end", made.output.strip())
    assert said(parts) == []


def test_an_incident_without_regions_is_heard_everywhere(parts: Parts) -> None:
    parts.run("incidents", "add", "--operator", "worldwide", "--text", "en=Mail is slow.")
    assert said(parts, "france") == ["Mail is slow."]


def test_an_incident_stops_by_itself_at_its_end(parts: Parts) -> None:
    add = ("incidents", "add", "--operator", "worldwide", "--text", "en=Mail is slow.", "--ends")
    parts.run(*add, "2026-11-18T10:01+00:00")
    assert said(parts) == ["Mail is slow."]
    parts.clock.advance(timedelta(minutes=1))
    assert said(parts) == []
    assert parts.json("incidents", "list") == []
    assert len(parts.json("incidents", "list", "--all")) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ("--operator", "nobody", "--text", "en=x"),
        ("--operator", "worldwide", "--region", "ZZ", "--text", "en=x"),
        ("--operator", "worldwide", "--text", f"en={'x' * 301}"),
        ("--operator", "worldwide", "--text", "en=x", "--ends", "2026-11-18T09:00+00:00"),
    ],
)
def test_a_wrong_incident_is_refused(parts: Parts, wrong: tuple[str, ...]) -> None:
    assert isinstance(parts.run("incidents", "add", *wrong).exception, RefusedError)
    assert said(parts) == []


def test_a_text_names_its_language(parts: Parts) -> None:
    assert parts.run("incidents", "add", "--operator", "worldwide", "--text", "Mail is slow.").exit_code == 2


def test_an_incident_ends_once(parts: Parts) -> None:
    made = parts.run("incidents", "add", "--operator", "worldwide", "--text", "en=x").output.strip()
    assert parts.run("incidents", "end", made).exit_code == 0
    assert isinstance(parts.run("incidents", "end", made).exception, NotFoundError)
