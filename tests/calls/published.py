"""What the shipped files say, read without the directory's code: lines, languages and hours, and two moments of each.

`opening_hours` is asked directly; holidays do not matter, because the weeks here have none where a file names them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from opening_hours import OpeningHours

from directory.numbers import region_candidates

FOLDER = Path(__file__).resolve().parents[2] / "directory" / "data"
MENU = ("technical", "billing", "presales")
ZONES = {"ET": "America/New_York", "London": "Europe/London", "Moscow": "Europe/Moscow"}
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Hours:
    """One language of one department; `zone` is None where the caller's clock counts."""

    department: str
    language: str
    text: str
    zone: str | None
    plan: str | None = None

    def read(self, zone: str) -> OpeningHours:
        return OpeningHours(self.text.removesuffix("; PH off"), timezone=ZoneInfo(self.zone or zone))


@dataclass(frozen=True)
class Published:
    """One number as one region knows it; `dialled` is None where the number has no E.164."""

    region: str
    code: str
    name: str
    zone: str
    printed: str
    dialled: str | None
    international: bool
    hours: tuple[Hours, ...]
    shared: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.region} {self.printed.replace(' ', '')}"

    @property
    def languages(self) -> list[str]:
        """Spoken languages, the first one greets."""
        return list(dict.fromkeys(each.language for each in self.hours))

    @property
    def departments(self) -> list[str]:
        return [each for each in MENU if any(hours.department == each for hours in self.hours)]

    def open_in(self, department: str, moment: datetime, zone: str) -> list[str]:
        desks = [each for each in self.hours if each.department == department]
        return list(
            dict.fromkeys(each.language for each in desks if each.read(zone).is_open(_there(each, zone, moment)))
        )

    def opens_at(self, department: str, moment: datetime, zone: str) -> datetime | None:
        """When the first desk of a closed department opens."""
        desks = [each for each in self.hours if each.department == department]
        found = [each.read(zone).next_change(_there(each, zone, moment)) for each in desks]
        return min((each.astimezone(UTC) for each in found if each is not None), default=None)

    def moments(self, zone: str, week: datetime) -> tuple[datetime | None, datetime | None]:
        """The middle of the longest stretch when the first desk with office hours is open, and is closed."""
        desk = next((each for each in self.hours if each.text != "24/7"), None)
        if desk is None:
            return week + WEEK / 2, None
        edges = list(_edges(desk.read(zone), week.astimezone(ZoneInfo(desk.zone or zone))))
        stretches = [(end - start, start + (end - start) / 2) for start, end in pairwise(edges)]
        return (
            max(one for one in stretches if desk.read(zone).is_open(one[1]))[1].astimezone(UTC),
            max(one for one in stretches if not desk.read(zone).is_open(one[1]))[1].astimezone(UTC),
        )

    def caller(self) -> str | None:
        """A number of this region that tells it from the others of the same line; None where none does."""
        others = set(self.shared) - {self.code}
        kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
        for example in (phonenumbers.example_number_for_type(self.code, kind) for kind in kinds):
            if example is None or self.shared.count(self.code) > 1:
                continue
            number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            if self.code in region_candidates(number) and not others & set(region_candidates(number)):
                return number
        return None


def _there(hours: Hours, zone: str, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(hours.zone or zone))


def _edges(hours: OpeningHours, start: datetime) -> Iterator[datetime]:
    """Changes within two weeks; real time lies between them, since no zone here changes its clock then."""
    moment = start
    while (change := hours.next_change(moment)) is not None and change < start + 2 * WEEK:
        yield change
        moment = change


@cache
def worldwide() -> tuple[Published, ...]:
    """Every number of every region of the regional table."""
    entries = json.loads((FOLDER / "support_lines.json").read_text())
    return tuple(_published(entry, number, entries) for entry in entries for number in entry["numbers"])


def entry_of(region: str) -> Published:
    """A region of the regional table by its id, whatever its number."""
    return next(each for each in worldwide() if each.region == region)


def _published(entry: dict[str, Any], number: dict[str, Any], entries: Sequence[dict[str, Any]]) -> Published:
    dialled = number["e164"]
    same = [one for one in entries for each in one["numbers"] if _same(each, number)]
    kind, charges = number["kind"], number["charges"]
    return Published(
        region=entry["id"],
        code=entry["region"],
        name=entry["subdivision"] or entry["region"],
        zone=entry["timezone"],
        printed=number["printed"],
        dialled=dialled,
        international=charges == "international" or (charges is None and kind == "international"),
        hours=tuple(each for each in _hours(entry) if each.plan in {None, number["plan"]}),
        shared=tuple(one["region"] for one in same),
    )


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """One number; where no E.164 can be formed, one print."""
    return bool(one["e164"] == other["e164"] and (one["e164"] or one["printed"] == other["printed"]))


def _hours(entry: dict[str, Any]) -> list[Hours]:
    """Billing before technical, as the table has them; what names no language is in the region's first one."""
    rows = [(department, row) for department in ("billing", "technical") for row in entry[department]]
    first = next(row["language"] for _, row in rows if row["language"] != "und")
    return [
        Hours(
            department,
            first if row["language"] == "und" else row["language"],
            row["hours_osm"],
            ZONES.get(row["tz_note"] or ""),
            row["plan"],
        )
        for department, row in rows
    ]
