"""A line as people read it: number, regions, charges, desks, hours now and next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from directory.book import Book, ingress_address
from directory.entities import Line, Schedule, Serving
from directory.expressions import Opening
from directory.hours import opening


def matching(book: Book, named: str) -> list[Line]:
    """Lines by id, E.164, printed digits, ingress, or the name of a region."""
    wanted = named.replace(" ", "").removeprefix("tel:")
    regions = set(book.regions_named(named))
    ingresses = {each.line for each in book.ingresses.get(ingress_address(named), ())}
    return [line for line in book.lines.values() if _is(line, wanted, ingresses) or regions & set(line.regions)]


def summary(book: Book, line: Line) -> dict[str, Any]:
    """One row of a list."""
    departments = dict.fromkeys(name.value for serving in line.servings for name in serving.departments)
    spoken = dict.fromkeys(each for region in line.regions for each in book.languages(line.operator, region))
    return {
        "line": line.id,
        "number": line.e164 or line.printed,
        "operator": line.operator,
        "regions": [book.regions[region].code for region in line.regions],
        "departments": list(departments),
        "languages": list(spoken),
    }


def detail(book: Book, line: Line, now: datetime) -> dict[str, Any]:
    """Everything about one line, with its hours at `now`."""
    return {
        "line": line.id,
        "number": line.e164 or line.printed,
        "operator": book.operators[line.operator].name,
        "closed_since": _day(book, line, now),
        "handed_over_to": book.operators[line.operator].hand_over_to if _day(book, line, now) else None,
        "ingresses": sorted(
            key for key, found in book.ingresses.items() if any(each.line == line.id for each in found)
        ),
        "regions": [_region(book, line, serving, now) for serving in line.servings],
    }


def _is(line: Line, wanted: str, ingresses: Iterable[str]) -> bool:
    return wanted in {line.id, line.e164, line.printed.replace(" ", "")} or line.id in ingresses


def _day(book: Book, line: Line, now: datetime) -> str | None:
    operator = book.operators[line.operator]
    return operator.closed_since.isoformat() if operator.closed_since and operator.is_closed(now) else None


def _region(book: Book, line: Line, serving: Serving, now: datetime) -> dict[str, Any]:
    region = book.regions[serving.region]
    return {
        "region": region.id,
        "name": region.name,
        "code": region.code,
        "zone": region.zone,
        "printed": serving.printed,
        "kind": serving.kind.value,
        "charges": serving.charges.value if serving.charges else None,
        "post_dial": serving.post_dial,
        "menu_path": list(serving.menu_path),
        "plan": serving.plan,
        "note": serving.note,
        "sources": list(serving.sources),
        "hours": list(_hours(book, line, serving, now)),
    }


def _hours(book: Book, line: Line, serving: Serving, now: datetime) -> Iterator[dict[str, Any]]:
    for schedule in book.schedules:
        if (schedule.operator, schedule.region) != (line.operator, serving.region):
            continue
        if schedule.department in serving.departments and schedule.plan in {None, serving.plan}:
            zone = schedule.zone or book.regions[serving.region].zone
            yield _schedule(schedule, opening(schedule, now, zone), zone)


def _schedule(schedule: Schedule, found: Opening, zone: str) -> dict[str, Any]:
    changes = found.changes_at.astimezone(ZoneInfo(zone)) if found.changes_at else None
    return {
        "department": schedule.department.value,
        "language": schedule.language,
        "severity": schedule.severity.value if schedule.severity else None,
        "hours": schedule.hours,
        "zone": zone,
        "standing": schedule.standing.value,
        "open": found.open,
        "why": found.why.value,
        "changes_at": changes.isoformat(timespec="minutes") if changes else None,
        "note": schedule.note,
        "sources": list(schedule.sources),
    }
