"""docs/sample.md tells what the sample holds: every organisation, every agent, and lines that really are dialled so."""

from __future__ import annotations

import json
import re

from desk.sample import PEOPLE
from directory.loading import SAMPLE_DOMAIN
from directory.sample_data import ORGANISATIONS
from tests.support.source import PROJECT

TEXT = (PROJECT / "docs" / "sample.md").read_text(encoding="utf-8")
DATA = PROJECT / "directory" / "data"


def test_every_organisation_has_its_row() -> None:
    rows = re.findall(r"(?m)^\| (.+) \| (.+) \((\w+), ([\w-]+)\) \| `(\d{10})` \|", TEXT)
    told = [(name, operator, region, account) for _, name, operator, region, account in rows]
    assert told == [(one.name, one.operator, one.region, one.account) for one in ORGANISATIONS]


def test_every_contact_is_named_with_number_and_role() -> None:
    missing = [
        person.name
        for one in ORGANISATIONS
        for person in one.contacts
        if f"{person.number} {person.name}, {person.role}:" not in TEXT
    ]
    assert not missing


def test_every_agent_has_its_row() -> None:
    rows = re.findall(r"(?m)^\| (\w+) \((\w+), (\w+)\) \| `(\+\d+)` \| ([\w, ]+) \| ([\w, ]+) \|$", TEXT)
    assert rows == [
        (
            one.name,
            one.operator,
            one.team,
            one.telephone,
            ", ".join(one.departments),
            ", ".join(language for language, _ in one.languages),
        )
        for one in PEOPLE
    ]


def test_what_is_dialled_is_a_line() -> None:
    entries = json.loads((DATA / "support_lines.json").read_text(encoding="utf-8"))
    clouds = json.loads((DATA / "cloud_lines.json").read_text(encoding="utf-8"))["operators"]
    numbers = {number["e164"] for one in entries for number in one["numbers"]}
    numbers |= {line["e164"] for cloud in clouds for line in cloud["lines"]}
    section = TEXT.partition("## What to dial")[2].partition("\n## ")[0]
    dialled = re.findall(r"`(\+\d+)`", section)
    assert len(dialled) > 5
    assert set(dialled) <= numbers
    regions = re.findall(rf"`sip:([\w-]+)@{re.escape(SAMPLE_DOMAIN)}`", section)
    assert set(regions) <= {one["id"] for one in entries}
