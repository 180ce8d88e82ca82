"""`vouchline inbox`: what the service would have sent, while no provider is set up."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import click

from audit.entry import visible
from carrier.inbox import Caught, read

_INTERVAL = 0.5


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--follow", is_flag=True, help="Wait for new messages until Ctrl-C; they come oldest first.")
@click.pass_context
def inbox(ctx: click.Context, *, as_json: bool, follow: bool) -> None:
    """Show caught mail and texts, newest first."""
    folder: Path = ctx.obj().settings.data_dir / "inbox"
    show = _line if as_json else _page
    if follow:
        for message in arriving(folder, lambda: time.sleep(_INTERVAL)):
            click.echo(show(message))
        return
    messages = read(folder)
    for message in messages:
        click.echo(show(message))
    if not messages and not as_json:
        click.echo(f"nothing in {folder} yet")


def arriving(folder: Path, wait: Callable[[], None]) -> Iterator[Caught]:
    """Messages as they come, for ever; `wait` passes the time between two looks."""
    seen: set[str] = set()
    while True:
        for message in reversed(read(folder)):
            if message.name not in seen:
                seen.add(message.name)
                yield message
        wait()


def _line(message: Caught) -> str:
    return json.dumps({key: value for key, value in asdict(message).items() if key != "name"})


def _page(message: Caught) -> str:
    """A message for a terminal, which must not obey what stands in it."""
    heading = f"{message.at}  {message.medium} to {visible(message.to)}"
    subject = [f"  {visible(message.subject)}"] if message.subject else []
    return "\n".join([heading, *subject, *(f"  {visible(line)}" for line in message.body.splitlines()), ""])
