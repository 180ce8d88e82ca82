"""From the files to the tables: what rules where the sources meet.

Cloud files come before regional ones: a line in both is merged by (operator, region, number), the cloud's word first
and its gaps filled from the regional table. Hours that a source leaves open are filled here by the decisions D3 and D4
of the design and never read as "never open". Pure: rows out, nothing read or written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from directory.forms import NAMED_ZONES, SPOKEN, Cloud, CloudDepartment, CloudHours, CloudLine, Clouds, SupportEntry
from directory.forms import SupportHours as RegionalHours
from directory.forms import SupportNumber as RegionalNumber
from directory.places import region_name, region_zones
from directory.vocabulary import Department, Kind, Severity, Standing

# The regional table is about the worldwide cloud; its source id is that of the cloud file.
REGIONAL_OPERATOR = "worldwide"
REGIONAL_SOURCE = "contact-info"
_HIGH_SEVERITY_ONLY = "high-severity issues only"
_FILLED_FROM = {Department.PRESALES: Department.BILLING}

Row = dict[str, Any]


@dataclass
class Picture:
    """Rows by table, keyed by primary key; the order of insertion is the order of the sources."""

    operators: dict[str, Row] = field(default_factory=dict)
    regions: dict[str, Row] = field(default_factory=dict)
    lines: dict[str, Row] = field(default_factory=dict)
    line_regions: dict[tuple[str, str], Row] = field(default_factory=dict)
    schedules: dict[str, Row] = field(default_factory=dict)


def merge(clouds: Sequence[Clouds], entries: Sequence[SupportEntry]) -> Picture:
    """The directory that these files describe together."""
    picture = Picture()
    _add_regions(picture, clouds, entries)
    for document in clouds:
        for cloud in document.operators:
            _add_cloud(picture, cloud)
    for entry in entries:
        _add_entry(picture, entry)
    return picture


def _add_regions(picture: Picture, clouds: Sequence[Clouds], entries: Sequence[SupportEntry]) -> None:
    for entry in entries:
        picture.regions[entry.id] = {
            "id": entry.id,
            "code": entry.region,
            "subdivision": entry.subdivision,
            "also_codes": entry.also_codes,
            "name": entry.name_en,
            "area": entry.area,
            "zone": entry.timezone,
            "phone_support": entry.phone_support,
            "position": len(picture.regions),
            "note": entry.note,
        }
    known = {row["code"] for row in picture.regions.values()}
    named = [code for each in clouds for cloud in each.operators for line in cloud.lines for code in line.regions]
    for code in sorted(set(named) - known):
        _add_bare_region(picture, code)


def _add_bare_region(picture: Picture, code: str) -> None:
    """A region that a cloud serves and no regional entry describes yet; the entry replaces it when it is loaded."""
    made = f"iso-{code.lower()}"
    picture.regions[made] = {
        "id": made,
        "code": code,
        "subdivision": None,
        "also_codes": [],
        "name": region_name(code),
        "area": None,
        "zone": next(iter(region_zones(code)), "UTC"),
        "phone_support": True,
        "position": len(picture.regions),
        "note": "named by a cloud alone",
    }


def _regions_of(picture: Picture, code: str) -> list[str]:
    return [key for key, row in picture.regions.items() if row["code"] == code]


def _add_cloud(picture: Picture, cloud: Cloud) -> None:
    capped = {name: each.max_severity for name, each in cloud.departments.items() if each.max_severity}
    picture.operators[cloud.operator] = {
        "code": cloud.operator,
        "name": cloud.name,
        "position": len(picture.operators),
        "languages": _distinct([SPOKEN[tag] for tag in cloud.languages]),
        "rules": [rule.model_dump(mode="json") for rule in cloud.eligibility],
        "severities": [level.model_dump(mode="json") for level in cloud.severities or ()],
        "max_severity": {name.value: severity.value for name, severity in capped.items()},
        "closed_since": cloud.closed_since,
        "hand_over_to": cloud.hand_over_to,
        "note": cloud.note,
    }
    for line in cloud.lines:
        _add_cloud_line(picture, cloud, line)
    for code in _distinct([code for line in cloud.lines for code in line.regions]):
        for region in _regions_of(picture, code):
            for name in filter(cloud.departments.__contains__, Department):
                _add_cloud_hours(picture, cloud, region, code, name)


def _add_cloud_line(picture: Picture, cloud: Cloud, line: CloudLine) -> None:
    key = _add_line(picture, cloud.operator, line.e164, line.printed)
    for region in [region for code in line.regions for region in _regions_of(picture, code)]:
        row: Row = {"role": line.role, "printed": line.printed, "kind": line.kind.value, "note": line.note}
        row |= {"charges": line.charges.value if line.charges else None, "departments": line.departments}
        row |= {"post_dial": None, "menu_path": None, "plan": None, "sources": line.sources}
        _add_line_region(picture, cloud.operator, key, region, row)


def _add_cloud_hours(picture: Picture, cloud: Cloud, region: str, code: str, name: Department) -> None:
    department = cloud.departments[name]
    stated = [each for each in department.hours if not each.regions or code in each.regions]
    # An exception for this region (Australia) comes before the general rule, so that it rules.
    for hours in sorted(stated, key=lambda each: not each.regions):
        times = hours if hours.hours_osm else _filled(cloud.departments, name)
        if times:
            row: Row = {"language": SPOKEN[hours.language], "hours": times.hours_osm, "zone": times.timezone}
            row |= {"plan": None, "severity": None, "standing": _standing(department, hours)}
            _add_schedule(picture, cloud.operator, region, name, row | {"note": hours.note, "sources": hours.sources})
    _add_severity_hours(picture, cloud, region, name)


def _filled(departments: dict[Department, CloudDepartment], name: Department) -> CloudHours | None:
    """D3: pre-sales without clock times keep the billing desk's; a desk that states times elsewhere is not filled."""
    if any(each.hours_osm for each in departments[name].hours):
        return None
    source = departments.get(_FILLED_FROM.get(name, name))
    return next((each for each in source.hours if each.hours_osm), None) if source else None


def _standing(department: CloudDepartment, hours: CloudHours) -> Standing:
    """D4: where hours go by severity, the phone hours of other sources are kept beside them."""
    if hours.channel == "online":
        return Standing.ONLINE
    return Standing.ALTERNATIVE if department.severity_hours else Standing.RULES


def _add_severity_hours(picture: Picture, cloud: Cloud, region: str, name: Department) -> None:
    spoken = _distinct([SPOKEN[tag] for tag in cloud.languages])
    for hours in cloud.departments[name].severity_hours:
        for severity, language in [(severity, language) for severity in hours.levels for language in spoken]:
            row: Row = {"language": language, "hours": hours.hours_osm, "zone": hours.timezone, "note": hours.note}
            row |= {"plan": None, "severity": severity, "standing": Standing.RULES, "sources": hours.sources}
            _add_schedule(picture, cloud.operator, region, name, row)


def _add_entry(picture: Picture, entry: SupportEntry) -> None:
    desks = {Department.TECHNICAL: entry.technical, Department.BILLING: entry.billing}
    departments = [name for name, hours in desks.items() if hours]
    for number in entry.numbers:
        key = _add_line(picture, REGIONAL_OPERATOR, number.e164, number.printed)
        row = _regional_line(number) | {"departments": departments}
        _add_line_region(picture, REGIONAL_OPERATOR, key, entry.id, row)
    # Billing first: the sources name its languages first, and the first language of a region greets.
    for name in (Department.BILLING, Department.TECHNICAL):
        for row in _regional_hours(desks[name]):
            _add_schedule(picture, REGIONAL_OPERATOR, entry.id, name, row)


def _regional_line(number: RegionalNumber) -> Row:
    row = number.model_dump(
        mode="json", include={"printed", "kind", "charges", "post_dial", "menu_path", "plan", "note"}
    )
    role = "alternate" if number.kind is Kind.ALTERNATE else "main"
    return row | {"role": role, "sources": [REGIONAL_SOURCE]}


def _regional_hours(desk: list[RegionalHours]) -> Iterator[Row]:
    for hours in desk:
        only_urgent = (hours.note or "").startswith(_HIGH_SEVERITY_ONLY)
        yield {
            "language": SPOKEN[hours.language],
            "hours": hours.hours_osm,
            "zone": NAMED_ZONES.get(hours.tz_note or ""),
            "plan": hours.plan,
            "severity": Severity.A if only_urgent else None,
            "standing": Standing.RULES,
            "note": hours.note,
            "sources": [REGIONAL_SOURCE],
        }


def _add_line(picture: Picture, operator: str, e164: str | None, printed: str) -> str:
    key = f"{operator}:{e164 or printed.replace(' ', '')}"
    row = {"id": key, "operator": operator, "e164": e164, "printed": printed, "position": len(picture.lines)}
    picture.lines.setdefault(key, row)
    return key


def _add_line_region(picture: Picture, operator: str, line: str, region: str, row: Row) -> None:
    known = picture.line_regions.get((line, region))
    if known:
        _fill(known, row)
        return
    position = len(picture.line_regions)
    key = {"line": line, "region": region, "operator": operator, "position": position}
    picture.line_regions[line, region] = key | row | {"sources": list(row["sources"])}


def _add_schedule(picture: Picture, operator: str, region: str, department: Department, row: Row) -> None:
    """The first of a key rules; a later one adds its sources when it agrees, and stands beside it when it does not."""
    parts = [operator, region, department, row["language"], row["plan"], row["severity"]]
    key = ":".join(part or "-" for part in parts)
    if row["standing"] is not Standing.RULES:
        key = f"{key}:{row['standing']}:{row['hours']}"
    known = picture.schedules.get(key)
    if known and known["hours"] != row["hours"]:
        row, key = row | {"standing": Standing.ALTERNATIVE}, f"{key}:{Standing.ALTERNATIVE}:{row['hours']}"
        known = picture.schedules.get(key)
    if known:
        _fill(known, row)
        return
    own = {"id": key, "operator": operator, "region": region, "department": department.value}
    text = {name: value and str(value) for name, value in row.items() if name in {"severity", "standing"}}
    picture.schedules[key] = own | row | text | {"position": len(picture.schedules), "sources": list(row["sources"])}


def _fill(known: Row, row: Row) -> None:
    """Keep what is known, fill what is empty, and join the sources."""
    for name, value in row.items():
        if known[name] is None and name != "zone":
            known[name] = value
    known["sources"] = _distinct([*known["sources"], *row["sources"]])


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))
