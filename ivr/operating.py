"""Commands of whoever runs the service: start its processes, bring the schema up, look at its health."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPConnection
from importlib.metadata import version
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import click
from rich.console import Console

from carrier import fallback as fallback_document
from core import metrics
from core.errors import VouchlineError
from core.jobs import Worker
from core.probes import Check
from core.processes import Part, run_together
from core.settings import Settings

SLOW_START = 30  # seconds
# Data that ages: metadata of numbers every two weeks, holidays monthly, zones some times a year (ECOSYSTEM, risks).
AGEING = ("phonenumbers", "holidays", "tzdata")

_FIRST_CALL = """
[bold green]Vouchline is ready[/] on {url}   (Ctrl-C stops it; data in {data})
{notice}
[bold]The first thing to try[/], in a second terminal here:

    export {exports} PATH="$PWD/.venv/bin:$PATH"
    vouchline agents ready Ada       # she takes calls in English and French
    vouchline phone +14255550181     # her telephone: Enter answers, 1 accepts

and in a third one, as a customer (with the same first line):

    vouchline call +18008659408 --from {caller}

More callers, account numbers and what each of them shows: docs/sample.md. `vouchline calls list` shows what happened.
"""


class Parts(Protocol):
    """What these commands are given."""

    @property
    def settings(self) -> Settings: ...
    def prepare(self) -> None: ...
    def worker(self) -> Worker: ...
    def checks(self) -> Mapping[str, Check]: ...


Opened = Callable[[], Parts]


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Web processes.")
@click.pass_obj
def serve(opened: Opened, workers: int) -> None:
    """Answer webhooks. The schema must be there: `vouchline migrate`."""
    settings = opened().settings
    metrics.prepare(settings.data_dir)
    command = _web(settings, workers)
    os.execvpe(command[0], command, os.environ)  # noqa: S606 - a fixed command


@click.command()
@click.pass_obj
def worker(opened: Opened) -> None:
    """Do the deferred work: PINs, ringing agents, callbacks."""
    work = opened().worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: work.stop())
    work.run()


@click.command()
@click.pass_obj
def migrate(opened: Opened) -> None:
    """Bring the database to the newest schema and load the shipped lines; safe to repeat, and with others running."""
    opened().prepare()
    click.echo("The schema is the newest and the lines are loaded.")


@click.command()
@click.pass_obj
def run(opened: Opened) -> None:
    """Run service, worker and telephone network together, for development."""
    parts = opened()
    settings = parts.settings
    if not settings.is_development:
        raise click.ClickException("`run` is for development; in production start `serve` and `worker`.")
    _need_free(settings.port, "PORT")
    if not settings.account_sid:
        _need_free(settings.simulator_port, "VOUCHLINE_SIMULATOR_PORT")
    parts.prepare()
    metrics.prepare(settings.data_dir)
    environ, own_network = _environ(settings)
    python = sys.executable
    pieces = [
        Part("web", _web(settings, 1)),
        Part("worker", [python, "-m", "ivr.cli", "worker"]),
    ]
    if own_network:
        pieces.append(
            Part("network", [python, "-m", "simulator", "--status-url", f"{settings.public_url}/voice/status"])
        )
    threading.Thread(target=_welcome, args=(settings, own_network), daemon=True).start()
    sys.exit(run_together(pieces, environ, lambda: None))


@click.command()
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the terminal.")
@click.pass_obj
def fallback(opened: Opened, to: Path | None) -> None:
    """Write the static document that apologises and rings VOUCHLINE_FALLBACK_NUMBER; host it apart from the service."""
    document = fallback_document.document(opened().settings.fallback_number)
    if to is None:
        click.echo(document.decode())
        return
    to.write_bytes(document)
    click.echo(f"Written to {to}: upload it where the carrier reaches it when we are down.")


@click.command()
@click.pass_obj
def doctor(opened: Opened) -> None:
    """Look at everything the service needs. Exit status 1 when something is wrong."""
    console = Console()
    try:
        parts = opened()
    except VouchlineError as fault:
        console.print(f"[red]✗[/] settings: {fault}")
        sys.exit(1)
    found = {name: _asked(check) for name, check in parts.checks().items()}
    for name, reason in found.items():
        console.print(f"[green]✓[/] {name}" if reason is None else f"[red]✗[/] {name}: {reason}")
    for name in AGEING:
        console.print(f"[dim]·[/] {name} {version(name)}")
    sys.exit(1 if any(reason is not None for reason in found.values()) else 0)


def _asked(check: Check) -> str | None:
    try:
        return check()
    except Exception as fault:  # noqa: BLE001 - whatever it is, the doctor says so and goes on
        return f"cannot be reached ({type(fault).__name__})"


def _web(settings: Settings, workers: int) -> list[str]:
    """The web server (docs/adr/0002-web-server.md): one blocking thread a worker has the steadiest tail."""
    return [
        sys.executable,
        "-m",
        "granian",
        "--interface=wsgi",
        "--factory",
        f"--host={settings.bind}",
        f"--port={settings.port}",
        f"--workers={workers}",
        "--blocking-threads=1",
        "--workers-kill-timeout=10",
        "--no-access-log",
        "--log-level=warning",
        "app:create_app",
    ]


def _environ(settings: Settings) -> tuple[dict[str, str], bool]:
    """The environment of the parts. Without a provider the simulated network is the provider, with its own account."""
    environ = dict(os.environ)
    if settings.account_sid:
        return environ, False
    # Not a secret: it opens a simulated network on this machine alone, and differs from one data folder to the next.
    seed = hashlib.sha256(settings.masters[0] + b"simulated account").hexdigest()
    environ |= {
        "TWILIO_ACCOUNT_SID": f"AC{seed[:32]}",
        "TWILIO_AUTH_TOKEN": seed[32:],
        "TWILIO_API_BASE_URL": f"http://127.0.0.1:{settings.simulator_port}",
        "VOUCHLINE_VOICE_FROM": "+14255550180",
        "VOUCHLINE_TEXT_FROM": "+14255550180",
        "VOUCHLINE_SIMULATOR_PORT": str(settings.simulator_port),
        "PUBLIC_URL": settings.public_url,
    }
    return environ, True


def _welcome(settings: Settings, own_network: bool) -> None:
    url = f"http://127.0.0.1:{settings.port}"
    deadline = time.monotonic() + SLOW_START
    while time.monotonic() < deadline:
        if _is_ready(url):
            notice = (
                "[yellow]Development: no provider is configured. Calls and texts stay on this machine's own network, "
                "mail in `vouchline inbox`.[/]"
            )
            Console(stderr=False, highlight=False).print(
                _FIRST_CALL.format(
                    url=url,
                    data=settings.data_dir,
                    notice=notice if own_network else "",
                    caller="+14255550100",
                    exports=_exports(),
                ),
                soft_wrap=True,  # a broken line of exports, copied, would leave the second half of them unexported
            )
            return
        time.sleep(0.1)


def _exports() -> str:
    """What another terminal needs to reach this instance: whatever was set to something of its own here."""
    ours = [
        name
        for name in ("PORT", "VOUCHLINE_DATA_DIR", "VOUCHLINE_SIMULATOR_PORT", "DATABASE_URL")
        if name in os.environ
    ]
    return " ".join(["VOUCHLINE_ENV=development", *(f'{name}="{os.environ[name]}"' for name in ours)])


def _need_free(port: int, name: str) -> None:
    """Say at once that a port is taken, before anything is started."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            raise click.ClickException(
                f"port {port} is taken; is Vouchline running already? {name} chooses another"
            ) from None


def _is_ready(url: str) -> bool:
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.netloc, timeout=2)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
