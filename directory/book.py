"""The book: an immutable picture of operators, lines, regions, hours, ingresses and incidents, kept by each process.

One statement a call asks whether `directory_version` was raised; only then is the book read anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, select
from sqlalchemy.engine import Engine

from directory import models, rows
from directory.entities import Incident, Ingress, Line, Operator, Region, Schedule
from directory.vocabulary import Standing


@dataclass(frozen=True)
class Book:
    """What the directory shows at one version. The order of everything is that of the sources."""

    version: int
    operators: Mapping[str, Operator]
    regions: Mapping[str, Region]
    lines: Mapping[str, Line]
    schedules: tuple[Schedule, ...]
    ingresses: Mapping[str, tuple[Ingress, ...]]
    incidents: tuple[Incident, ...]

    @cached_property
    def general(self) -> Line:
        """Where an unmapped ingress goes: the first line of all. Raises `StopIteration` for an empty directory."""
        return next(iter(self.lines.values()))

    def general_region(self, operator: str) -> str:
        """The region that stands for an operator when nothing tells the caller's: the first of its first line."""
        return next(line.regions[0] for line in self.lines.values() if line.operator == operator)

    def line_at(self, address: str, now: datetime) -> Line | None:
        """The line an ingress stands for at `now`."""
        found = next((each for each in self.ingresses.get(ingress_address(address), ()) if each.is_valid(now)), None)
        return self.lines.get(found.line) if found else None

    def owns(self, address: str) -> bool:
        """Whether the address is an ingress of ours at any time; a call forwarded by one was forwarded by us."""
        return ingress_address(address) in self.ingresses

    def regions_named(self, name: str) -> tuple[str, ...]:
        """Regions by id, ISO 3166-1 code, further code, or subdivision; a shared code gives several."""
        return self._names.get(name, ())

    def serves(self, operator: str, region: str) -> bool:
        """Whether the operator has a desk for the region."""
        return (operator, region) in self._desks

    def desks(self, operator: str, region: str) -> tuple[Schedule, ...]:
        """The schedules that rule for the telephone."""
        return self._desks.get((operator, region), ())

    def languages(self, operator: str, region: str) -> tuple[str, ...]:
        """Spoken languages of the region's desks; the first one greets."""
        spoken = dict.fromkeys(schedule.language for schedule in self.desks(operator, region))
        return tuple(spoken) or self.operators[operator].languages

    def incidents_for(self, operator: str, region: str, now: datetime) -> tuple[Incident, ...]:
        """Incidents that touch callers of this operator and region now, the newest first."""
        names = {region, self.regions[region].code} if region in self.regions else {region}
        mine = [each for each in self.incidents if each.operator == operator and each.is_on(now)]
        return tuple(each for each in mine if not each.regions or names & set(each.regions))

    @cached_property
    def _desks(self) -> Mapping[tuple[str, str], tuple[Schedule, ...]]:
        found: dict[tuple[str, str], list[Schedule]] = defaultdict(list)
        for schedule in self.schedules:
            if schedule.standing is Standing.RULES:
                found[schedule.operator, schedule.region].append(schedule)
        return {key: tuple(schedules) for key, schedules in found.items()}

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for region in self.regions.values():
            for name in dict.fromkeys([region.id, region.code, *region.also_codes, region.subdivision or region.code]):
                found[name].append(region.id)
        return {name: tuple(regions) for name, regions in found.items()}


def current(tx: Connection, operators: Collection[str] = ()) -> Book:
    """The book of now; `operators` limits it to those of this deployment, none of them means all."""
    version = int(tx.execute(_VERSION).scalar() or 0)
    kept = _KEPT.setdefault(tx.engine, {})
    key = frozenset(operators)
    if key not in kept or kept[key].version != version:
        kept[key] = read(tx, version, key)
    return kept[key]


def ingress_address(text: str) -> str:
    """An ingress as it is compared: E.164 as it is, SIP without parameters, port and capitals."""
    address = text.strip()
    if not address.lower().startswith(("sip:", "sips:")):
        return address
    user, _, host = address.lower().partition(";")[0].partition("@")
    return f"{user.replace('sips:', 'sip:', 1)}@{host.partition(':')[0]}"


def read(tx: Connection, version: int, operators: Collection[str]) -> Book:
    """Read the whole directory anew."""
    known = {code: each for code, each in rows.operators(tx).items() if not operators or code in operators}
    regions = rows.regions(tx)
    lines = {key: line for key, line in rows.lines(tx).items() if line.operator in known}
    return Book(
        version=version,
        operators=known,
        regions=regions,
        lines=lines,
        schedules=rows.schedules(tx, known, regions),
        ingresses={
            key: found for key, found in rows.ingresses(tx).items() if any(each.line in lines for each in found)
        },
        incidents=tuple(each for each in rows.incidents(tx) if each.operator in known),
    )


_VERSION = select(models.DirectoryVersion.version).where(models.DirectoryVersion.id == 1)
_KEPT: WeakKeyDictionary[Engine, dict[frozenset[str], Book]] = WeakKeyDictionary()
