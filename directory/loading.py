"""Loading directory files: refused whole with every fault and its place, or taken whole.

A taken file is kept as it was; the tables are then made anew from all kept files and only rows that differ are written,
so that loading twice changes nothing and a file that arrives later finds its place among the earlier ones.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from core.errors import Fault
from directory import models, reading
from directory.merging import Row, merge
from directory.syncing import raise_version, write

# Every content that was ever shipped under a name, today's last; what is none of them was imported by an administrator.
SHIPPED = {
    "cloud_lines.json": ("17799560c6575e268cbeb487d6ce295d67577493056d9179c6bf48f1a1ce0e91",),
    "support_lines.json": ("e1636d943bd43d0c33fda1f57b671d30bd72dcd31cf994bcfb018bb2e6125692",),
}
MAX_BYTES = reading.MAX_BYTES
SAMPLE_DOMAIN = "lines.vouchline.example"

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: entries (or operators) in the file, and rows written by table; nothing where it was known."""

    name: str
    entries: int
    written: dict[str, int]
    sha256: str

    @property
    def changed(self) -> bool:
        return bool(self.written)

    @property
    def taken(self) -> bool:
        """Whether the file was another one than before, even where nothing in the tables differs."""
        return bool(self.written or self.entries)


def load_shipped(tx: Connection) -> list[Loaded]:
    """Load the files that come with the service, or their newer version; quick where they are loaded already.

    What an administrator imported in place of one stays. Raises `Fault`.
    """
    known = dict(tx.execute(select(models.DirectoryFile.name, models.DirectoryFile.sha256)).all())
    newer = [name for name, digests in SHIPPED.items() if known.get(name) in {None, *digests[:-1]}]
    folder = files("directory") / "data"
    documents = {name: (folder / name).read_bytes() for name in newer}
    kept = {name: _keep(tx, name, content) for name, content in documents.items()}
    written = _rebuild(tx) if kept else {}
    return [Loaded(name, kept.get(name, 0), written, digests[-1]) for name, digests in SHIPPED.items()]


def load(tx: Connection, name: str, content: bytes) -> Loaded:
    """Load one file of either form under `name`, in place of an earlier one of that name. Raises `Fault`."""
    known = tx.execute(select(models.DirectoryFile.sha256).where(models.DirectoryFile.name == name)).scalar()
    if known == _digest(content):
        return Loaded(name, 0, {}, known)
    count = _keep(tx, name, content)
    try:
        written = _rebuild(tx)
    except IntegrityError:
        raise Fault(
            f"{name} is refused", ["it leaves out an operator that customers or staff still belong to"]
        ) from None
    return Loaded(name, count, written, _digest(content))


def open_sample_ingresses(tx: Connection) -> int:
    """Give lines without E.164 a SIP address by region, so that each can be dialled in development."""
    statement = (
        select(models.Line.id, models.Line.operator, models.LineRegion.region)
        .join(models.LineRegion, models.LineRegion.line == models.Line.id)
        .where(models.Line.e164.is_(None))
        .order_by(models.LineRegion.position)
    )
    count: Counter[str] = Counter()
    rows = []
    for line, operator, region in tx.execute(statement):
        count[region] += 1
        suffix = f"-{count[region]}" if count[region] > 1 else ""
        rows.append(_ingress(f"sip:{region}{suffix}@{SAMPLE_DOMAIN}", line, operator))
    return _add_ingresses(tx, rows)


def _keep(tx: Connection, name: str, content: bytes) -> int:
    body = reading.read(name, content, _documents(tx, without=name))
    table = models.DirectoryFile
    position = tx.execute(select(table.position).where(table.name == name)).scalar()
    if position is None:
        position = (tx.execute(select(func.max(table.position))).scalar() or 0) + 1
    tx.execute(delete(table).where(table.name == name))
    form = "support-lines" if isinstance(body, list) else "cloud-lines"
    values = {"name": name, "form": form, "sha256": _digest(content), "position": position, "body": body}
    tx.execute(insert(table), values)
    return len(body) if isinstance(body, list) else len(body["operators"])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _documents(tx: Connection, without: str = "") -> list[Any]:
    table = models.DirectoryFile
    return list(tx.execute(select(table.body).where(table.name != without).order_by(table.position)).scalars())


def _rebuild(tx: Connection) -> dict[str, int]:
    """Make the tables anew from every kept file; returns rows written by table."""
    documents = _documents(tx)
    clouds = [each for body in documents for each in reading.clouds(body)]
    picture = merge(clouds, [each for body in documents for each in reading.entries(body)])
    written = write(tx, picture)
    own = [_ingress(row["e164"], row["id"], row["operator"]) for row in picture.lines.values() if row["e164"]]
    if added := _add_ingresses(tx, own):
        written["ingresses"] = added
    if written:
        raise_version(tx)
    return written


def _ingress(address: str, line: str, operator: str) -> Row:
    return {"address": address, "line": line, "operator": operator, "valid_from": _ALWAYS, "valid_to": None}


def _add_ingresses(tx: Connection, rows: Sequence[Row]) -> int:
    """Add those whose address has no ingress yet: what an administrator set stays as it was set."""
    known = set(tx.execute(select(models.Ingress.address)).scalars())
    added = {row["address"]: row for row in reversed(rows) if row["address"] not in known}
    if added:
        tx.execute(insert(models.Ingress), list(added.values()))
        raise_version(tx)
    return len(added)
