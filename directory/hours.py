"""Which desks are open, in which languages, and when that changes.

Hours are read in the zone that the schedule names, else in the caller's own zone where the number tells one of the
region's zones, else in the region's. Where several regions share the caller's numbering area a desk is open when any of
theirs is. Pure: the book, the placement and the moment are arguments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from directory.book import Book
from directory.entities import Region, Schedule
from directory.expressions import Opening, Why, evaluate
from directory.numbers import CallerId, zone
from directory.places import canonical_zone
from directory.placing import How, Placement
from directory.vocabulary import Department, Severity


@dataclass(frozen=True, slots=True)
class Spoken:
    """One language of a desk. Moments are aware UTC; `caller_zone` (IANA) is the clock to speak them by.

    `alarm` says that a schedule could not be evaluated and was taken as closed.
    """

    language: str
    open: bool
    changes_at: datetime | None
    why: Why
    caller_zone: str
    schedules: tuple[str, ...]
    holiday: str | None = None
    alarm: bool = False

    @property
    def opens_at(self) -> datetime | None:
        """When a closed desk opens next, within a year."""
        return None if self.open else self.changes_at


@dataclass(frozen=True, slots=True)
class DepartmentHours:
    """A desk now. `urgent` are the hours for severity A where the desk keeps other ones for it, else empty."""

    department: Department
    spoken: tuple[Spoken, ...]
    urgent: tuple[Spoken, ...] = ()

    @property
    def is_open(self) -> bool:
        return any(each.open for each in self.spoken)

    @property
    def open_in(self) -> tuple[str, ...]:
        """Spoken languages that are open now, the region's first one first."""
        return tuple(each.language for each in self.spoken if each.open)

    @property
    def urgent_in(self) -> tuple[str, ...]:
        """Spoken languages that are open now for severity A."""
        return tuple(each.language for each in self.urgent if each.open)

    @property
    def opens_next(self) -> Spoken | None:
        """The language that opens first, when all are closed."""
        closed = [each for each in self.spoken if each.opens_at is not None]
        return min(closed, key=_opens_at) if closed and not self.is_open else None

    def in_language(self, language: str) -> Spoken | None:
        return next((each for each in self.spoken if each.language == language), None)


def opening(schedule: Schedule, now: datetime, zone: str) -> Opening:
    """One schedule at `now` (aware); `zone` is used where the schedule names none."""
    return evaluate(schedule.hours, schedule.country, schedule.zone or zone, now)


def openings(book: Book, placement: Placement, now: datetime, caller: CallerId) -> tuple[DepartmentHours, ...]:
    """Every department of the placed call, in the order of a menu, with its languages in the order of the region."""
    own = canonical_zone(zone(caller.e164) or "") if caller.e164 else ""
    found: dict[Department, list[_Seen]] = defaultdict(list)
    for region in placement.candidates:
        clock = caller_clock(book.regions[region], own)
        # A region that is only a guess has its own hours, and the caller still hears them by the caller's clock.
        heard = own if own and placement.how in {How.GENERAL, How.UNMAPPED} else clock
        for schedule in _schedules(book, placement, region):
            found[schedule.department].append(_Seen(schedule, opening(schedule, now, clock), heard))
    return tuple(_department(department, found[department]) for department in Department if department in found)


def caller_clock(region: Region, own: str) -> str:
    """The caller's own zone where it is one of the region's, else the region's."""
    return own if own in region.zones else region.zone


@dataclass(frozen=True, slots=True)
class _Seen:
    schedule: Schedule
    opening: Opening
    clock: str


def _schedules(book: Book, placement: Placement, region: str) -> Iterable[Schedule]:
    """Desks behind the line for this region and plan; where the region does not know the line, all its desks."""
    desks = book.desks(placement.operator, region)
    serving = book.lines[placement.line].serving(region)
    if serving is None or placement.closed_cloud is not None:
        yield from desks
        return
    for schedule in desks:
        if schedule.department in serving.departments and schedule.plan in {None, serving.plan}:
            yield schedule


def _department(department: Department, seen: Sequence[_Seen]) -> DepartmentHours:
    urgent = [each for each in seen if each.schedule.severity is Severity.A]
    usual = [each for each in seen if each.schedule.severity is not Severity.A]
    return DepartmentHours(department, _by_language(usual), _by_language(urgent))


def _by_language(seen: Iterable[_Seen]) -> tuple[Spoken, ...]:
    groups: dict[str, list[_Seen]] = defaultdict(list)
    for each in seen:
        groups[each.schedule.language].append(each)
    return tuple(_spoken(language, group) for language, group in groups.items())


def _spoken(language: str, group: Sequence[_Seen]) -> Spoken:
    """Open when any is; an open desk changes when the last one closes, a closed one when the first one opens."""
    is_open = any(each.opening.open for each in group)
    deciding = [each for each in group if each.opening.open is is_open]
    changes = [each.opening.changes_at for each in deciding]
    known = [change for change in changes if change is not None]
    last = max(known) if len(known) == len(changes) else None
    changes_at = last if is_open else min(known, default=None)
    chosen = next((each for each in deciding if each.opening.changes_at == changes_at), deciding[0])
    return Spoken(
        language=language,
        open=is_open,
        changes_at=changes_at,
        why=chosen.opening.why,
        caller_zone=chosen.clock,
        schedules=tuple(each.schedule.id for each in deciding),
        holiday=chosen.opening.holiday,
        alarm=any(each.opening.alarm for each in group),
    )


def _opens_at(spoken: Spoken) -> datetime:
    if spoken.opens_at is None:
        raise ValueError("an open desk does not open")
    return spoken.opens_at
