"""`vouchline agents` and `vouchline callbacks`. What staff see holds no telephone number in full."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from core.clock import Clock
from core.database import Database
from core.errors import NotFoundError, RefusedError
from core.keys import Keyring
from core.settings import Settings
from desk import agents as people
from desk import callbacks as wishes
from desk.context import Context
from desk.models import AgentState


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


Change = Callable[[Connection, Context, str], people.Change]
_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_operator = click.option("--operator", help="Only this operator.")


@click.group("agents")
def agents() -> None:
    """See the agents; make them ready or away."""


@agents.command("list")
@_operator
@_as_json
@click.pass_context
def list_agents(ctx: click.Context, operator: str | None, as_json: bool) -> None:
    """Show every agent with state, team and skills."""
    parts = _parts(ctx)
    with parts.database.read() as tx:
        found = people.listing(tx, _operators(parts, operator))
    rows = [_agent(view) for view in found]
    _print(rows, ("name", "operator", "team", "state", "since", "skills"), "No agents yet.", as_json=as_json)


@agents.command("ready")
@click.argument("name")
@_operator
@click.pass_context
def make_ready(ctx: click.Context, name: str, operator: str | None) -> None:
    """Let an agent take calls from now on."""
    _change(_parts(ctx), name, operator, people.ready, "ready")


@agents.command("away")
@click.argument("name")
@_operator
@click.option("--break", "on_break", is_flag=True, help="A break: callers still find someone signed in.")
@click.pass_context
def make_away(ctx: click.Context, name: str, operator: str | None, on_break: bool) -> None:
    """Let an agent take no calls from now on; an offer that rings just now is declined."""
    to = AgentState.BREAK if on_break else AgentState.AWAY
    _change(_parts(ctx), name, operator, lambda tx, desk, agent: people.away(tx, desk, agent, to), to.value)


@click.group("callbacks")
def callbacks() -> None:
    """See who waits to be called back."""


@callbacks.command("list")
@_operator
@_as_json
@click.pass_context
def list_callbacks(ctx: click.Context, operator: str | None, as_json: bool) -> None:
    """Show open callbacks in their order, numbers masked."""
    parts = _parts(ctx)
    with parts.database.read() as tx:
        found = wishes.listing(tx, _operators(parts, operator))
    rows = [_callback(row) for row in found]
    columns = ("id", "operator", "number", "department", "language", "severity", "due", "state", "attempts")
    _print(rows, columns, "Nobody waits to be called back.", as_json=as_json)


@callbacks.command("cancel")
@click.argument("callback")
@click.pass_context
def cancel_callback(ctx: click.Context, callback: str) -> None:
    """Call somebody back no more."""
    parts = _parts(ctx)
    with parts.database.begin() as tx:
        known = {row.id for row in wishes.listing(tx, _operators(parts, None))}
        if callback not in known:
            raise NotFoundError("there is no open callback with this id")
        wishes.cancel(tx, _context(parts), callback, by="staff")
    click.echo("The callback is cancelled.")


def _parts(ctx: click.Context) -> Parts:
    found: Parts = ctx.obj()
    return found


def _context(parts: Parts) -> Context:
    return Context(parts.clock, parts.keyring)


def _operators(parts: Parts, operator: str | None) -> Collection[str] | None:
    """The operators to look at: those of this deployment, narrowed by the option; None means all."""
    mine = parts.settings.operators or None
    if operator is None:
        return mine
    if mine is not None and operator not in mine:
        raise RefusedError(f"{operator} is not among VOUCHLINE_OPERATORS of this deployment")
    return (operator,)


def _change(parts: Parts, name: str, operator: str | None, change: Change, to: str) -> None:
    with parts.database.begin() as tx:
        found = people.named(tx, name, _operators(parts, operator))
        if not found:
            raise NotFoundError(f"there is no agent called {name}; `vouchline agents list` shows all")
        if len(found) > 1:
            where = ", ".join(view.operator for view in found)
            raise RefusedError(f"several agents are called {name}: name one of {where} with --operator")
        outcome = change(tx, _context(parts), found[0].id)
    if outcome is people.Change.BUSY:
        raise RefusedError(f"{found[0].name} has a call just now")
    already = "is already" if outcome is people.Change.ALREADY else "is now"
    click.echo(f"{found[0].name} {already} {to}.")


def _agent(view: people.View) -> dict[str, Any]:
    by_language: dict[str, list[str]] = {}
    for department, language in view.skills:
        by_language.setdefault(language, []).append(department)
    skills = "; ".join(f"{language}: {', '.join(departments)}" for language, departments in by_language.items())
    shown = {"name": view.name, "operator": view.operator, "team": view.team, "state": view.state.value}
    return {"id": view.id, **shown, "since": _moment(view.since), "skills": skills}


def _callback(row: Any) -> dict[str, Any]:
    known = {"id": row.id, "operator": row.operator, "number": row.number_masked, "department": row.department}
    more = {"language": row.language, "severity": row.severity, "due": _moment(row.due_at), "state": row.state}
    return {**known, **more, "attempts": row.attempts}


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}"


def _print(rows: list[dict[str, Any]], columns: Iterable[str], empty: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo(empty)
        return
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    Console(soft_wrap=True).print(table)
