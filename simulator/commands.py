"""The commands `call` and `phone`: telephones in a terminal, and calls that run by themselves."""

import os
from typing import TextIO

import click
import requests

from simulator.client import Network, Phone, PhoneError, Refused
from simulator.script import Runner, ScriptError, Step, ended_as, parse
from simulator.terminal import HELP, Screen, Terminal

_DEFAULT_PORT = 8001
_LAST_WORDS = 2.0  # seconds that the end of a call may take to be told


def default_url() -> str:
    port = os.environ.get("PORT") or str(_DEFAULT_PORT - 1)
    if not port.isdecimal():
        raise click.UsageError(f"PORT is {port!r}, which is no number")
    beside = int(port) + 1
    return f"http://127.0.0.1:{os.environ.get('VOUCHLINE_SIMULATOR_PORT') or beside}"


_SIMULATOR = click.option("--simulator", "url", default=default_url, help="Where the simulator listens.")


@click.command("call")
@click.argument("to")
@click.option("--from", "number", default="+14255550100", show_default=True, help="The number you call from.")
@click.option("--attest", help="What the carrier attests, as TN-Validation-Passed-A.")
@click.option("--forwarded-from", help="The number that forwarded the call.")
@click.option("--keys", help='Pressed one by one at each question, as "1,123456#"; {pin} is the PIN of the last text.')
@click.option("--expect", default="ended", show_default=True, help="With --keys: what must happen after the last key.")
@click.option("--script", "script", type=click.File(), help="A file of steps; see simulator/script.py.")
@click.option("--timeout", type=float, default=20.0, show_default=True, help="Seconds that a step may take.")
@_SIMULATOR
def call(
    *,
    to: str,
    number: str,
    attest: str | None,
    forwarded_from: str | None,
    keys: str | None,
    expect: str,
    script: TextIO | None,
    timeout: float,
    url: str,
) -> None:
    """Telephone TO from this terminal. With --keys or --script nobody is needed, and the exit status is 0 only when
    the call went as they say.
    """
    screen = Screen()
    try:
        steps = _steps(keys, expect, script.read() if script else None)
        phone = Network(url).phone(number, fresh=True, timeout=timeout)
        phone.listener = screen.show
        if not any(step.verb == "call" and step.phone is None for step in steps):
            phone.call(to, attest=attest, forwarded_from=forwarded_from)
        if steps:
            _unattended(phone, steps)
        else:
            _attended(phone, screen)
    except (ScriptError, PhoneError, Refused) as error:
        raise click.ClickException(str(error)) from error
    except requests.ConnectionError as error:
        raise click.ClickException(f"no simulator answers at {url}") from error


def _steps(keys: str | None, expect: str, script: str | None) -> list[Step]:
    if keys and script is not None:
        raise click.UsageError("--keys and --script exclude each other")
    if script is not None:
        steps = parse(script)
        if not steps:
            raise ScriptError("the script has no step")
        return steps
    if not keys:
        return []
    lines = [line for part in keys.split(",") for line in ("expect gather", f"key {part.strip()}")]
    return parse("\n".join([*lines, f"expect {expect}"]))


def _unattended(phone: Phone, steps: list[Step]) -> None:
    try:
        Runner(phone.network, phone).run(steps)
    finally:
        _see_the_end(phone)
    sid = phone.call_sid
    expected = any(step.verb == "expect" and "application-error" in step.words for step in steps)
    failed = any(event["kind"] == "ended" and ended_as(event, "application-error") for event in phone.calls_events(sid))
    if failed and not expected:
        raise ScriptError("the call ended by an application error")


def _see_the_end(phone: Phone) -> None:
    """Hangs up what is still up, and shows what was said until then."""
    if phone.call_sid is None:
        return
    phone.hang_up()
    while not any(event["kind"] == "ended" for event in phone.calls_events(phone.call_sid)):
        if not phone.poll(_LAST_WORDS):
            return


def _attended(phone: Phone, screen: Screen) -> None:
    phone.listener = None  # the terminal shows the events itself
    screen.note(HELP)
    terminal = Terminal(phone, screen, one_call=True)
    try:
        terminal.run()
    finally:
        phone.hang_up()
    if terminal.end is not None and ended_as(terminal.end, "application-error"):
        raise ScriptError("the call ended by an application error")


@click.command("phone")
@click.argument("number")
@click.option("--machine", is_flag=True, help="An answering machine instead of a person.")
@_SIMULATOR
def phone(number: str, machine: bool, url: str) -> None:
    """A telephone with NUMBER in this terminal: it rings, Enter answers, h hangs up, texts are shown."""
    screen = Screen()
    try:
        handset = Network(url).phone(number, machine=machine, fresh=True)
        for text in handset.texts():
            screen.show({"kind": "text", "from_": text["from"], "body": text["body"]})
        screen.note(f"{number} is ready. {HELP}")
        Terminal(handset, screen, one_call=False).run()
    except Refused as error:
        raise click.ClickException(str(error)) from error
    except requests.ConnectionError as error:
        raise click.ClickException(f"no simulator answers at {url}") from error
