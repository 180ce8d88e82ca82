"""Writing a merged picture: only the rows that differ, so that ids stay and a second load writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from core.database import Base
from directory import models
from directory.merging import Picture, Row


def raise_version(tx: Connection) -> None:
    """Tell every process that its picture of the directory is old."""
    table = models.DirectoryVersion
    if tx.execute(update(table).where(table.id == 1).values(version=table.version + 1)).rowcount == 0:
        tx.execute(insert(table), {"id": 1, "version": 1})


def write(tx: Connection, picture: Picture) -> dict[str, int]:
    """Make the tables hold this picture; returns rows written by table, only where there were any."""
    tables: list[tuple[type[Base], Iterable[Row]]] = [
        (models.Operator, picture.operators.values()),
        (models.Region, picture.regions.values()),
        (models.Line, picture.lines.values()),
        (models.LineRegion, picture.line_regions.values()),
        (models.Schedule, picture.schedules.values()),
    ]
    plans = [_Plan.of(tx, _table(model), rows) for model, rows in tables]
    for plan in plans:
        plan.put(tx)
    for plan in reversed(plans):
        plan.drop(tx)
    return {plan.table.name: plan.size for plan in plans if plan.size}


def _table(model: type[Base]) -> Table:
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not mapped to a table")
    return table


@dataclass(frozen=True, slots=True)
class _Plan:
    """The difference between a table and the rows it should hold."""

    table: Table
    added: list[Row]
    changed: list[Row]
    gone: list[Row]

    @classmethod
    def of(cls, tx: Connection, table: Table, rows: Iterable[Row]) -> _Plan:
        wanted = {_key(table, row): _plain(row) for row in rows}
        found = {_key(table, row): row for row in map(dict, tx.execute(select(table)).mappings())}
        added = [row for key, row in wanted.items() if key not in found]
        changed = [row for key, row in wanted.items() if key in found and row != found[key]]
        return cls(table, added, changed, [row for key, row in found.items() if key not in wanted])

    @property
    def size(self) -> int:
        return len(self.added) + len(self.changed) + len(self.gone)

    def put(self, tx: Connection) -> None:
        if self.added:
            tx.execute(insert(self.table), self.added)
        for row in self.changed:
            tx.execute(update(self.table).where(*self._is(row)).values(row))

    def drop(self, tx: Connection) -> None:
        for row in self.gone:
            tx.execute(delete(self.table).where(*self._is(row)))

    def _is(self, row: Row) -> list[Any]:
        return [column == row[column.name] for column in self.table.primary_key]


def _key(table: Table, row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _plain(row: Row) -> Row:
    """Without the enums of the forms, so that rows compare equal to what a database gives back."""
    plain: Row = json.loads(json.dumps({key: value for key, value in row.items() if key != "closed_since"}))
    return plain | {key: row[key] for key in ("closed_since",) if key in row}
