"""Where a call belongs: from the dialled address and the caller to operator, line and region.

The order is the design's: the only region of a line, the recognised organisation's region, the caller's numbering area
(several regions may share one, and they answer together), a keyed international dialling code, the general line. A
cloud that has closed hands the same call over, and any region of its heir may then be the caller's. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from directory.book import Book
from directory.entities import Line
from directory.numbers import CallerId, dialling_code, region_candidates


class How(StrEnum):
    """What decided the region; `unmapped` is an alarm, `general` a guess that a dialling code may better."""

    ONLY = "only"
    ORGANISATION = "organisation"
    CALLER = "caller"
    KEYED = "keyed"
    GENERAL = "general"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Placement:
    """A placed call. `line`, `region` and `candidates` are ids; `region` is the first of the candidates.

    `closed_cloud` names the operator whose line was dialled when it has handed over. `international`: the caller pays
    for a call abroad. `choices` are the regions that a keyed dialling code may choose among; empty when decided.
    """

    operator: str
    line: str
    region: str
    candidates: tuple[str, ...]
    how: How
    closed_cloud: str | None = None
    international: bool = False
    plan: str | None = None
    choices: tuple[str, ...] = ()


def place(
    book: Book,
    dialled: str,
    caller: CallerId,
    organisation_region: str | None,
    now: datetime,
    *,
    keyed: str | None = None,
) -> Placement:
    """Place a call. `organisation_region` is a region's id or ISO code, `keyed` an international dialling code."""
    line = book.line_at(dialled, now)
    if line is None:
        return _placed(book.general, book.general.operator, (book.general.regions[0],), How.UNMAPPED)
    operator = _answering(book, line, now)
    offered = _offered(book, line, operator)
    if len(line.regions) == 1 and operator == line.operator:
        return _placed(line, operator, line.regions, How.ONLY)
    for how, codes in (
        (How.ORGANISATION, [organisation_region] if organisation_region else []),
        (How.CALLER, region_candidates(caller.e164) if caller.e164 else []),
        (How.KEYED, dialling_code(keyed) if keyed else []),
    ):
        if found := _among(book, codes, offered):
            return _placed(line, operator, found, how)
    return _unplaced(book, line, operator)


def _answering(book: Book, line: Line, now: datetime) -> str:
    """The line's operator, or its heir once it has closed and the heir is part of this deployment."""
    own = book.operators[line.operator]
    heir = own.hand_over_to if own.is_closed(now) else None
    return heir if heir is not None and heir in book.operators else own.code


def _offered(book: Book, line: Line, operator: str) -> tuple[str, ...]:
    if operator == line.operator:
        return line.regions
    return tuple(region for region in book.regions if book.serves(operator, region))


def _among(book: Book, names: Iterable[str], offered: tuple[str, ...]) -> tuple[str, ...]:
    """Regions of these names that are offered, in the order of the names."""
    found = dict.fromkeys(region for name in names for region in book.regions_named(name))
    return tuple(region for region in found if region in offered)


def _unplaced(book: Book, line: Line, operator: str) -> Placement:
    """Nothing told the region. A handed-over line of one region keeps it; else the operator's general region."""
    choices = tuple(region for region in line.regions if book.serves(operator, region))
    if len(choices) == 1:
        return _placed(line, operator, choices, How.ONLY)
    general = (book.general_region(operator),)
    return _placed(line, operator, general, How.GENERAL, choices)


def _placed(
    line: Line, operator: str, candidates: tuple[str, ...], how: How, choices: tuple[str, ...] = ()
) -> Placement:
    # Where the caller's region does not know the line, what others pay for it is the nearest word.
    servings = [each for each in line.servings if each.region in candidates] or list(line.servings)
    return Placement(
        operator=operator,
        line=line.id,
        region=candidates[0],
        candidates=candidates,
        how=how,
        closed_cloud=None if operator == line.operator else line.operator,
        international=any(each.is_international for each in servings),
        plan=next((each.plan for each in servings if each.plan), None),
        choices=choices,
    )
