"""`vouchline calls`: calls as people read them, each as a timeline of what was heard, keyed and decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection, Row, select

from audit.entry import Entry
from audit.log import Row as LogRow
from audit.log import append, timeline
from audit.vocabulary import Action, Outcome
from core.clock import Clock
from core.database import Database
from core.errors import NotFoundError
from core.keys import Keyring
from core.settings import Settings
from directory.numbers import masked
from ivr.callers import caller_number
from ivr.models import CallRow
from verification.catalogue import Level

_COLOURS = {"success": "green", "failure": "yellow", "refused": "red", "unknown": "yellow"}


class Parts(Protocol):
    """What a command is given."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def keyring(self) -> Keyring: ...


@click.group("calls")
def calls() -> None:
    """See calls, each as a timeline."""


@calls.command("list")
@click.option("--most", type=click.IntRange(1, 500), default=20, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def list_calls(opened: Callable[[], Parts], most: int, as_json: bool) -> None:
    """The newest calls."""
    parts = opened()
    with parts.database.read() as tx:
        rows = tx.execute(_SHOWN.order_by(CallRow.started_at.desc()).limit(most)).all()
        found = [_call(tx, parts, row) for row in rows]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    table = Table("call", "started", "line", "region", "caller", "level", "ended", box=None)
    for one in found:
        table.add_row(
            *(str(one[name] or "") for name in ("call", "started", "line", "region", "caller", "level", "ended"))
        )
    Console().print(table if found else "No calls yet.")


@calls.command("show")
@click.argument("sid")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def show(opened: Callable[[], Parts], sid: str, as_json: bool) -> None:
    """One call as a timeline; SID may be shortened to its first characters. Looking is itself on record."""
    parts = opened()
    with parts.database.begin() as tx:
        row = _find(tx, sid)
        about, entries = _call(tx, parts, row), timeline(tx, row.sid)
        append(tx, parts.clock, parts.keyring, _viewed(row))
    if as_json:
        rows = [
            {"at": one.at.isoformat(), "action": one.action, "outcome": one.outcome, **one.facts} for one in entries
        ]
        click.echo(json.dumps({**about, "timeline": rows}, indent=2))
        return
    console = Console()
    console.print(f"[bold]{about['call']}[/]  {about['line']}  {about['region'] or 'no region'}  {about['caller']}")
    console.print(f"level [bold]{about['level']}[/], {about['ended'] or 'still on the line'}\n")
    for one in entries:
        console.print(_line(one, row.started_at), soft_wrap=True)


_SHOWN = select(
    CallRow.sid, CallRow.line, CallRow.region, CallRow.operator, CallRow.level, CallRow.started_at, CallRow.ended_by
)


def _find(tx: Connection, sid: str) -> Row[*tuple[Any, ...]]:
    """The one call whose id begins like this. Raises `NotFoundError`."""
    found = tx.execute(_SHOWN.where(CallRow.sid.startswith(sid, autoescape=True)).limit(2)).all()
    if len(found) != 1:
        raise NotFoundError("no such call" if not found else "several calls begin like this: name more of it")
    return found[0]


def _call(tx: Connection, parts: Parts, row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    number = caller_number(tx, parts.keyring, row.sid)
    return {
        "call": row.sid,
        "started": row.started_at.isoformat(timespec="seconds"),
        "operator": row.operator,
        "line": row.line,
        "region": row.region,
        "caller": masked(number) if number else "no number",
        "level": Level(row.level).name,
        "ended": row.ended_by,
    }


def _line(row: LogRow, started: datetime) -> Text:
    facts = {name: value for name, value in row.facts.items() if value not in (None, [], "")}
    text = Text(f"{(row.at - started).total_seconds():8.1f} s  ", style="dim")
    text.append(f"{row.action:34}", style="bold")
    text.append(f"{row.outcome:9}", style=_COLOURS.get(row.outcome, ""))
    if row.level:
        text.append(f"level={row.level} ", style="cyan")
    return text.append("  ".join(f"{name}={_value(value)}" for name, value in facts.items()))


def _value(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _viewed(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(
        actor="staff",
        subject=f"call:{row.sid}",
        action=Action.LOG_VIEWED,
        outcome=Outcome.SUCCESS,
        operator=row.operator,
        facts={"viewed": row.sid},
        origin="command",
    )
