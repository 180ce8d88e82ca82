"""Regions and their time zones by the tables that come with the time zone database (package `tzdata`)."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def is_zone(name: str) -> bool:
    """Whether the time zone database knows the name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def region_zones(code: str) -> tuple[str, ...]:
    """The zones of an ISO 3166-1 region, the first-named first; none for codes without a zone of their own."""
    return _zone_table().get(code, ())


def region_name(code: str) -> str:
    """English name of an ISO 3166-1 region, the code itself where the table has none."""
    return _names().get(code, code)


def canonical_zone(name: str) -> str:
    """Today's name of a zone, for the older names that numbering data still uses (`Asia/Calcutta`)."""
    return _links().get(name, name)


@cache
def _zone_table() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for code, _, zone, *_ in _rows("zone.tab"):
        found[code].append(zone)
    return {code: tuple(zones) for code, zones in found.items()}


@cache
def _names() -> dict[str, str]:
    return {code: name for code, name, *_ in _rows("iso3166.tab")}


@cache
def _links() -> dict[str, str]:
    """Old name -> name in the zone table; two names of the table itself are never joined."""
    listed = {zone for zones in _zone_table().values() for zone in zones}
    lines = _text("tzdata.zi").splitlines()
    pairs = [line.split()[1:3] for line in lines if line.startswith("L ")]
    return {old: target for target, old in pairs if old not in listed}


def _rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in _text(name).splitlines() if line and not line.startswith("#")]


def _text(name: str) -> str:
    return files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
