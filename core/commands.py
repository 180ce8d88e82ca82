"""`vouchline config`: what the service was told, with secrets masked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol

import click
from rich.console import Console
from rich.table import Table

from core.settings import Settings, describe


class Parts(Protocol):
    """What a command is given."""

    @property
    def settings(self) -> Settings: ...


@click.group("config")
def config() -> None:
    """Check and show the settings, secrets masked."""


@config.command("check")
@click.pass_obj
def check(opened: Callable[[], Parts]) -> None:
    """Exit status 0 when the settings can be used; else every fault, each naming its setting."""
    settings = opened().settings
    click.echo(f"The settings can be used ({settings.environment}, preset {settings.preset}).")


@config.command("show")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def show(opened: Callable[[], Parts], *, as_json: bool) -> None:
    """Every setting, its value and where it came from."""
    rows = describe(opened().settings)
    if as_json:
        click.echo(json.dumps({row.name: {"value": row.value, "source": row.source} for row in rows}, indent=2))
        return
    table = Table("setting", "value", "from", box=None)
    for row in rows:
        table.add_row(row.name, row.value, row.source)
    Console().print(table)
