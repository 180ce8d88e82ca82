"""The command line: a table of names. A module is loaded when its command is called, so that the line starts fast.

Every command gets as `ctx.obj` a callable that opens the parts of the service (settings, database, clock, keyring).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from core.errors import VouchlineError

VERSION = "0.1.0"

# name -> module, help; the command is an attribute of the module with the same name.
COMMANDS = {
    "agents": ("desk.commands", "See the agents; make them ready or away."),
    "call": ("simulator.commands", "Be a caller's telephone in this terminal."),
    "callbacks": ("desk.commands", "See who waits to be called back."),
    "calls": ("ivr.commands", "See calls, each as a timeline."),
    "config": ("core.commands", "Check and show the settings, secrets masked."),
    "doctor": ("ivr.operating", "Look at everything the service needs, and say what is wrong."),
    "fallback": ("ivr.operating", "Write the document that answers calls when the service cannot."),
    "inbox": ("carrier.commands", "Read the texts and mail of development."),
    "incidents": ("directory.commands", "Tell callers about incidents."),
    "languages": ("speech.commands", "See the languages, their voices and reviewers."),
    "lines": ("directory.commands", "See and import the lines."),
    "migrate": ("ivr.operating", "Bring the database to the newest schema."),
    "phone": ("simulator.commands", "Be an agent's or a contact's telephone in this terminal."),
    "run": ("ivr.operating", "Run the service, its worker and the telephone network together."),
    "serve": ("ivr.operating", "Answer webhooks."),
    "verification": ("verification.commands", "Explain how sure we were of a caller."),
    "worker": ("ivr.operating", "Do the deferred work: PINs, ringing agents, callbacks."),
}


class LazyGroup(click.Group):
    """A group whose commands are named in `COMMANDS` and imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list without loading any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(COMMANDS.items())])


@click.group(cls=LazyGroup)
@click.version_option(VERSION, message="%(version)s")
@click.pass_context
def vouchline(ctx: click.Context) -> None:
    """Vouchline answers a vendor's support lines and knows who is calling."""
    ctx.obj = _open


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `vouchline`. Exit status: 0 done, 1 refused or failed, 2 a wrong use."""
    try:
        vouchline.main(arguments, prog_name="vouchline", standalone_mode=True)
    except VouchlineError as fault:
        click.echo(str(fault), err=True)
        sys.exit(1)


def _open() -> Any:
    return importlib.import_module("app").open_parts()


if __name__ == "__main__":
    main()
