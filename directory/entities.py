"""What a book holds: operators, lines, regions, schedules, ingresses and incidents as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from directory.vocabulary import Charges, Department, Kind, RuleName, Severity, Standing


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of eligibility with the id that the sources give it (WW2, CN5)."""

    id: str
    rule: RuleName


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs a cloud. `max_severity` caps a department's cases."""

    code: str
    name: str
    languages: tuple[str, ...]
    rules: tuple[Rule, ...]
    max_severity: Mapping[str, Severity]
    closed_since: date | None
    hand_over_to: str | None

    def is_closed(self, now: datetime) -> bool:
        """By the service's clock, which is in UTC."""
        return self.closed_since is not None and now.date() >= self.closed_since


@dataclass(frozen=True, slots=True)
class Region:
    """`zones` are all zones of its ISO code, under today's names; `zone` is the one of the source."""

    id: str
    code: str
    subdivision: str | None
    also_codes: tuple[str, ...]
    name: str
    zone: str
    zones: frozenset[str]
    phone_support: bool
    note: str | None


@dataclass(frozen=True, slots=True)
class Serving:
    """A line as one region knows it."""

    region: str
    role: str
    printed: str
    kind: Kind
    charges: Charges | None
    post_dial: str | None
    menu_path: tuple[str, ...]
    plan: str | None
    departments: tuple[Department, ...]
    note: str | None
    sources: tuple[str, ...]

    @property
    def is_international(self) -> bool:
        """The call costs what a call abroad costs."""
        return self.charges is Charges.INTERNATIONAL or (self.charges is None and self.kind is Kind.INTERNATIONAL)


@dataclass(frozen=True, slots=True)
class Line:
    """A published number and the regions it serves, in the order of the sources."""

    id: str
    operator: str
    e164: str | None
    printed: str
    servings: tuple[Serving, ...]

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(serving.region for serving in self.servings)

    def serving(self, region: str) -> Serving | None:
        return next((serving for serving in self.servings if serving.region == region), None)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hours of a desk. `language` is never `und`, `stated` is the source's; without `zone` the caller's counts."""

    id: str
    operator: str
    region: str
    country: str
    department: Department
    language: str
    stated: str
    plan: str | None
    severity: Severity | None
    standing: Standing
    hours: str
    zone: str | None
    note: str | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ingress:
    """An address the carrier delivers and its line, for a time."""

    address: str
    line: str
    valid_from: datetime
    valid_to: datetime | None

    def is_valid(self, now: datetime) -> bool:
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


@dataclass(frozen=True, slots=True)
class Incident:
    """What callers should hear; `regions` are ISO codes or ids, none of them means all; `texts` by catalogue code."""

    id: str
    operator: str
    regions: tuple[str, ...]
    products: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None
    texts: Mapping[str, str]

    def is_on(self, now: datetime) -> bool:
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


def spoken_name(name: str) -> str:
    """An operator's name without the remark in brackets that tells clouds apart in print."""
    return name.partition(" (")[0]
