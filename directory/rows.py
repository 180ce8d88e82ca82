"""Rows of the directory's tables as values, in the order of the sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.orm import InstrumentedAttribute

from core.database import Base
from directory import models
from directory.entities import Incident, Ingress, Line, Operator, Region, Rule, Schedule, Serving
from directory.places import canonical_zone, region_zones
from directory.vocabulary import UNDETERMINED, Charges, Department, Kind, RuleName, Severity, Standing

# Ended incidents are said to nobody; a book does not carry years of them.
_MOST_INCIDENTS = 500


def operators(tx: Connection) -> dict[str, Operator]:
    return {row["code"]: _operator(row) for row in _all(tx, models.Operator, models.Operator.position)}


def regions(tx: Connection) -> dict[str, Region]:
    return {row["id"]: _region(row) for row in _all(tx, models.Region, models.Region.position)}


def lines(tx: Connection) -> dict[str, Line]:
    """Lines with the regions they serve; one that serves none is left out."""
    servings: dict[str, list[Serving]] = defaultdict(list)
    for row in _all(tx, models.LineRegion, models.LineRegion.position):
        servings[row["line"]].append(_serving(row))
    return {
        row["id"]: Line(row["id"], row["operator"], row["e164"], row["printed"], tuple(servings[row["id"]]))
        for row in _all(tx, models.Line, models.Line.position)
        if row["id"] in servings
    }


def schedules(tx: Connection, known: Mapping[str, Operator], places: Mapping[str, Region]) -> tuple[Schedule, ...]:
    """Schedules of the known operators, `und` resolved to the first language that the region's desks name."""
    found = [row for row in _all(tx, models.Schedule, models.Schedule.position) if row["operator"] in known]
    first: dict[tuple[str, str], str] = {}
    for row in found:
        if row["language"] != UNDETERMINED and row["standing"] == Standing.RULES:
            first.setdefault((row["operator"], row["region"]), row["language"])
    return tuple(_schedule(row, known, places, first) for row in found)


def ingresses(tx: Connection) -> dict[str, tuple[Ingress, ...]]:
    """Ingresses by address, the one that became valid last before the others."""
    found: dict[str, list[Ingress]] = defaultdict(list)
    for row in _all(tx, models.Ingress, models.Ingress.valid_from):
        found[row["address"]].insert(0, Ingress(row["address"], row["line"], row["valid_from"], row["valid_to"]))
    return {address: tuple(each) for address, each in found.items()}


def incidents(tx: Connection) -> tuple[Incident, ...]:
    """The newest incidents, with their texts."""
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    newest = select(models.Incident).order_by(models.Incident.starts_at.desc()).limit(_MOST_INCIDENTS)
    found = tx.execute(newest.with_only_columns(*models.Incident.__table__.columns)).mappings().all()
    for row in tx.execute(
        select(*models.IncidentText.__table__.columns).where(
            models.IncidentText.incident.in_([row["id"] for row in found])
        )
    ).mappings():
        texts[row["incident"]][row["language"]] = row["text"]
    return tuple(_incident(row, texts[row["id"]]) for row in found)


def _all(tx: Connection, model: type[Base], order: InstrumentedAttribute[Any]) -> list[RowMapping]:
    statement = select(*model.__table__.columns).order_by(order)
    return list(tx.execute(statement).mappings())


def _operator(row: RowMapping) -> Operator:
    return Operator(
        code=row["code"],
        name=row["name"],
        languages=tuple(row["languages"]),
        rules=tuple(Rule(rule["id"], RuleName(rule["rule"])) for rule in row["rules"]),
        max_severity={name: Severity(level) for name, level in row["max_severity"].items()},
        closed_since=row["closed_since"],
        hand_over_to=row["hand_over_to"],
    )


def _region(row: RowMapping) -> Region:
    return Region(
        id=row["id"],
        code=row["code"],
        subdivision=row["subdivision"],
        also_codes=tuple(row["also_codes"]),
        name=row["name"],
        zone=row["zone"],
        zones=frozenset(map(canonical_zone, (*region_zones(row["code"]), row["zone"]))),
        phone_support=row["phone_support"],
        note=row["note"],
    )


def _serving(row: RowMapping) -> Serving:
    return Serving(
        region=row["region"],
        role=row["role"],
        printed=row["printed"],
        kind=Kind(row["kind"]),
        charges=Charges(row["charges"]) if row["charges"] else None,
        post_dial=row["post_dial"],
        menu_path=tuple(row["menu_path"] or ()),
        plan=row["plan"],
        departments=tuple(map(Department, row["departments"])),
        note=row["note"],
        sources=tuple(row["sources"]),
    )


def _schedule(
    row: RowMapping,
    known: Mapping[str, Operator],
    places: Mapping[str, Region],
    first: Mapping[tuple[str, str], str],
) -> Schedule:
    stated = row["language"]
    usual = first.get((row["operator"], row["region"])) or known[row["operator"]].languages[0]
    return Schedule(
        id=row["id"],
        operator=row["operator"],
        region=row["region"],
        country=places[row["region"]].code,
        department=Department(row["department"]),
        language=usual if stated == UNDETERMINED else stated,
        stated=stated,
        plan=row["plan"],
        severity=Severity(row["severity"]) if row["severity"] else None,
        standing=Standing(row["standing"]),
        hours=row["hours"],
        zone=row["zone"],
        note=row["note"],
        sources=tuple(row["sources"]),
    )


def _incident(row: RowMapping, texts: Mapping[str, str]) -> Incident:
    return Incident(
        id=row["id"],
        operator=row["operator"],
        regions=tuple(row["regions"]),
        products=tuple(row["products"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        texts=dict(texts),
    )
