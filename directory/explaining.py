"""A line as a person or a program reads it: what it is, whom it serves, who answers now, and by which source.

Pure; the values are those of `vouchline lines show --json`, moments in ISO 8601 with their zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from directory.book import Book, ingress_address
from directory.entities import Ingress, Line, Schedule, Serving
from directory.hours import Spoken, openings
from directory.numbers import CallerId
from directory.placing import How, Placement, answering

_NOBODY = CallerId.read(None)
_NOT_DIGITS = re.compile(r"[^0-9]")

Shown = dict[str, Any]


def find(book: Book, wanted: str) -> tuple[Line, ...]:
    """Lines by id, number (E.164 or as printed), or ingress; several where a number was printed alike."""
    text = wanted.strip()
    if text in book.lines:
        return (book.lines[text],)
    at = {ingress.line for ingress in book.ingresses.get(ingress_address(text), ())}
    digits = _NOT_DIGITS.sub("", text)
    return tuple(
        line
        for line in book.lines.values()
        if line.id in at or line.e164 == text or (digits and digits in _printed_digits(line))
    )


def summary(book: Book, line: Line, now: datetime) -> Shown:
    """One row of a list."""
    return {
        "id": line.id,
        "operator": line.operator,
        "number": line.e164,
        "printed": line.printed,
        "regions": list(line.regions),
        "kinds": list(dict.fromkeys(serving.kind.value for serving in line.servings)),
        "charges": list(dict.fromkeys(serving.charges.value for serving in line.servings if serving.charges)),
        "departments": list(dict.fromkeys(each.value for serving in line.servings for each in serving.departments)),
        "languages": _languages(book, line),
        "open": [name for name, is_open in _open(book, line, now).items() if is_open],
    }


def explanation(book: Book, line: Line, now: datetime) -> Shown:
    """Everything about a line at `now`."""
    operator = book.operators[line.operator]
    answered_by = answering(book, line, now)
    return summary(book, line, now) | {
        "at": now.isoformat(),
        "closed_since": operator.closed_since.isoformat()
        if operator.is_closed(now) and operator.closed_since
        else None,
        "answered_by": answered_by,
        "ingresses": [_ingress(each, now) for each in _ingresses(book, line)],
        "served": [_served(book, line, serving, answered_by, now) for serving in line.servings],
    }


def _printed_digits(line: Line) -> set[str]:
    return {_NOT_DIGITS.sub("", text) for text in (line.printed, *(each.printed for each in line.servings))}


def _languages(book: Book, line: Line) -> list[str]:
    return list(dict.fromkeys(each for region in line.regions for each in book.languages(line.operator, region)))


def _open(book: Book, line: Line, now: datetime) -> dict[str, bool]:
    """Departments of the line, open where any of its regions is."""
    found: dict[str, bool] = {}
    operator = answering(book, line, now)
    for serving in line.servings:
        for desk in openings(book, _placement(line, serving, operator), now, _NOBODY):
            is_open = desk.is_open or bool(desk.urgent_in)
            found[desk.department.value] = found.get(desk.department.value, False) or is_open
    return found


def _served(book: Book, line: Line, serving: Serving, operator: str, now: datetime) -> Shown:
    region = book.regions[serving.region]
    return {
        "region": region.id,
        "code": region.subdivision or region.code,
        "name": region.name,
        "zone": region.zone,
        "role": serving.role,
        "printed": serving.printed,
        "kind": serving.kind.value,
        "charges": serving.charges.value if serving.charges else None,
        "international": serving.is_international,
        "post_dial": serving.post_dial,
        "menu_path": list(serving.menu_path),
        "plan": serving.plan,
        "departments": [each.value for each in serving.departments],
        "note": serving.note,
        "sources": list(serving.sources),
        "desks": list(_desks(book, line, serving, operator, now)),
    }


def _desks(book: Book, line: Line, serving: Serving, operator: str, now: datetime) -> Iterator[Shown]:
    schedules = {each.id: each for each in book.desks(operator, serving.region)}
    for desk in openings(book, _placement(line, serving, operator), now, _NOBODY):
        for severity, spoken in [*((None, each) for each in desk.spoken), *(("A", each) for each in desk.urgent)]:
            ruling = [schedules[each] for each in spoken.schedules]
            yield {"department": desk.department.value, "severity": severity} | _hours(spoken, ruling)


def _hours(spoken: Spoken, ruling: list[Schedule]) -> Shown:
    zone = ruling[0].zone or spoken.caller_zone
    changes = spoken.changes_at.astimezone(ZoneInfo(zone)).isoformat() if spoken.changes_at else None
    return {
        "language": spoken.language,
        "open": spoken.open,
        "changes_at": changes,
        "zone": zone,
        "zone_is_callers": ruling[0].zone is None,
        "why": spoken.why.value,
        "holiday": spoken.holiday,
        "hours": list(dict.fromkeys(each.hours for each in ruling)),
        "notes": list(dict.fromkeys(each.note for each in ruling if each.note)),
        "sources": list(dict.fromkeys(source for each in ruling for source in each.sources)),
        "alarm": spoken.alarm,
    }


def _placement(line: Line, serving: Serving, operator: str) -> Placement:
    closed = None if operator == line.operator else line.operator
    return Placement(
        operator, line.id, serving.region, (serving.region,), How.ONLY, closed_cloud=closed, plan=serving.plan
    )


def _ingresses(book: Book, line: Line) -> list[Ingress]:
    return [each for found in book.ingresses.values() for each in found if each.line == line.id]


def _ingress(ingress: Ingress, now: datetime) -> Shown:
    return {
        "address": ingress.address,
        "valid_from": ingress.valid_from.isoformat(),
        "valid_to": ingress.valid_to.isoformat() if ingress.valid_to else None,
        "valid": ingress.is_valid(now),
    }
