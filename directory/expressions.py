"""Hours as people write them: OpenStreetMap `opening_hours` texts, checked and evaluated.

The grammar is opening-hours-py's; its holiday calendar is never used, because it lacks whole countries and days. The
word `PH` is replaced by dates from `holidays` before the text is parsed. The library is lenient where it should
refuse (`Feb 30`, `SH`), reads the machine's clock when it is given no time, stops at a change of mere comment, and
scans to the year 9999 for a text that never opens; each of these is met here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]  # missing in the stubs

from core.errors import VouchlineError

MAX_LENGTH = 4096
HORIZON = timedelta(days=366)

_ALWAYS = "24/7"
_QUOTED = re.compile(r'"[^"]*"')
_MONTHS = {"Jan": 31, "Feb": 29, "Mar": 31, "Apr": 30, "May": 31, "Jun": 30} | {
    "Jul": 31, "Aug": 31, "Sep": 30, "Oct": 31, "Nov": 30, "Dec": 31
}  # fmt: skip
_MONTH_NAMES = tuple(_MONTHS)
_DAY_OF_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})\s*([0-9]{{1,2}})(?:\s*-\s*([0-9]{{1,2}}))?(?![0-9:])")
_UNSUPPORTED = re.compile(r"\b([Ss][Hh]|ph|Ph|pH|easter|sunrise|sunset|dawn|dusk)\b")
_HOLIDAY_RULE = re.compile(r"\s*(?:(?P<days>[A-Z][a-z](?:[-,][A-Z][a-z])*)\s*,\s*)?PH\b\s*(?P<rest>.*)", re.DOTALL)
_CHANGES = 64


class ExpressionError(VouchlineError):
    """A text that cannot be evaluated; the message says why."""

    code = "hours"


class Why(StrEnum):
    """What decided: the weekly hours, a text without end, a public holiday, or nothing that could be evaluated."""

    HOURS = "hours"
    ALWAYS = "always"
    HOLIDAY = "holiday"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Opening:
    """`changes_at` is aware UTC, None where nothing changes within a year; `holiday` is the calendar's name for it."""

    open: bool
    changes_at: datetime | None
    why: Why
    holiday: str | None = None

    @property
    def alarm(self) -> bool:
        """The text could not be evaluated: closed, and somebody must look."""
        return self.why is Why.FAULT


def check(text: str, country: str | None) -> str | None:
    """What is wrong with a text, or None. `country` (ISO 3166-1) is where its holidays are."""
    try:
        _parse(text, country, "UTC", 2026)
    except ExpressionError as error:
        return str(error)
    return None


def evaluate(text: str, country: str | None, zone: str, now: datetime) -> Opening:
    """Open or not at `now` (aware) with the text read in `zone`. A text that cannot be evaluated is closed."""
    if text == _ALWAYS:
        return Opening(open=True, changes_at=None, why=Why.ALWAYS)
    try:
        there = now.astimezone(_zone(zone))
        parsed = _parse(text, country, zone, there.year)
    except ExpressionError:
        return Opening(open=False, changes_at=None, why=Why.FAULT)
    is_open = parsed.is_open(there)
    holiday = _holiday(text, country, there.date())
    return Opening(
        is_open, _next_change(parsed, there, is_open=is_open), Why.HOLIDAY if holiday else Why.HOURS, holiday
    )


def _next_change(parsed: OpeningHours, start: datetime, *, is_open: bool) -> datetime | None:
    """The next moment with the other state; a change of comment, or an interval lost in a DST gap, is none."""
    moment, end = start, start + HORIZON
    for _ in range(_CHANGES):
        change = parsed.next_change(moment)
        if change is None or change > end:
            return None
        if parsed.is_open(change) != is_open:
            return change.astimezone(UTC)
        moment = max(change, moment + timedelta(minutes=1))
    return None


@lru_cache(maxsize=8192)
def _parse(text: str, country: str | None, zone: str, year: int) -> OpeningHours:
    """Parsed with the holidays of the years that `HORIZON` can reach."""
    _refuse(text)
    try:
        return OpeningHours(
            _with_dates(text, country, year),
            timezone=_zone(zone),
            country=None,
            auto_country=False,
            auto_timezone=False,
            max_interval_days=HORIZON.days,
        )
    except (ParserError, ValueError, SyntaxError, TypeError) as error:
        place = re.search(r"1:[0-9]+", str(error))
        where = f" at character {place[0][2:]}" if place else ""
        raise ExpressionError(f"the hours {text[:80]!r} do not parse{where}") from None


def _refuse(text: str) -> None:
    """What the library would accept and understand as something else."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the hours have {len(text)} characters, at most {MAX_LENGTH} are read")
    bare = _QUOTED.sub('""', text)
    if not bare.strip():
        raise ExpressionError("the hours are empty")
    if found := _UNSUPPORTED.search(bare):
        raise ExpressionError(f"the hours name {found[1]}, which no calendar here knows")
    for month, *days in _DAY_OF_MONTH.findall(bare):
        if wrong := next((day for day in days if day and not 1 <= int(day) <= _MONTHS[month]), None):
            raise ExpressionError(f"the hours name {month} {wrong}, a day that never comes")


def _with_dates(text: str, country: str | None, year: int) -> str:
    rules = _rules(text)
    return "; ".join(_dated(rule, country, year) if _names_holidays(rule) else rule for rule in rules)


def _dated(rule: str, country: str | None, year: int) -> str:
    """`PH off` and `Mo-Fr,PH 09:00-17:00` with the dates of four years in place of the word."""
    found = _HOLIDAY_RULE.fullmatch(rule)
    if found is None:
        raise ExpressionError(f"PH stands in a place of {rule.strip()!r} that is not understood")
    days = [day for each in range(year - 1, year + 3) for day in _calendar(country, each)]
    dates = ",".join(f"{day.year} {_MONTH_NAMES[day.month - 1]} {day.day:02}" for day in days)
    dated = f"{dates} {found['rest']}" if dates else "2000 Jan 01 off"
    return f"{found['days']} {found['rest']}; {dated}" if found["days"] else dated


def _holiday(text: str, country: str | None, day: date) -> str | None:
    if not _names_holidays(text):
        return None
    return _calendar(country, day.year).get(day)


def _names_holidays(text: str) -> bool:
    return "PH" in text and re.search(r"\bPH\b", _QUOTED.sub("", text)) is not None


@lru_cache(maxsize=1024)
def _calendar(country: str | None, year: int) -> dict[date, str]:
    """Public holidays of one year, frozen: the library's own mapping fills itself when it is asked for other years."""
    if country is None:
        raise ExpressionError("PH needs a country")
    try:
        found = holidays.country_holidays(country, years=year)
    except NotImplementedError:
        raise ExpressionError(f"no public holidays are known for {country}") from None
    return {day: name for day, name in sorted(found.items()) if day.year == year}


def _rules(text: str) -> list[str]:
    """Split at semicolons outside of quotes."""
    edges = [-1, *(found.start() for found in re.finditer(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', text)), len(text)]
    return [text[start + 1 : end].strip() for start, end in pairwise(edges)]


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ExpressionError(f"the time zone {name!r} is not known") from None
