"""Where the processor time of a webhook goes, by layer: python -m tests.bench.layers [--database postgresql]

In this process and without a server; a timer that counts processor time looks every millisecond where the program is.
The innermost frame that belongs to a layer is charged, so that JSON written for the log counts as the log. The test
client stands for the server and is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from app import Parts, create_app
from carrier.signature import Verifier
from core.settings import load
from tests.bench import factory, statements, town
from tests.bench.__main__ import NAMES, database
from tests.bench.measure import Requests
from tests.bench.town import PinCalls

INTERVAL = 0.001
_CALLS = {"do_commit": "commit", "do_execute": "driver and database", "do_executemany": "driver and database"}
_LIBRARIES = {
    "sqlalchemy": "SQLAlchemy",
    "psycopg": "driver and database",
    "phonenumbers": "directory",
    "flask": "Flask and Werkzeug",
    "werkzeug": "Flask and Werkzeug",
    "structlog": "Flask and Werkzeug",
}
_PACKAGES = ("ivr", "desk", "verification", "directory", "carrier", "speech", "audit", "core")
_PROJECT = Path(__file__).resolve().parents[2]


def layer(frame: FrameType | None) -> str | None:
    """The layer that the innermost frame with one belongs to; None for the test client."""
    while frame is not None:
        code = frame.f_code
        if code.co_name in _CALLS and "sqlalchemy" in code.co_filename:
            return _CALLS[code.co_name]
        path = Path(code.co_filename)
        if "site-packages" in path.parts:
            library = path.parts[path.parts.index("site-packages") + 1]
            if path.stem in ("test", "testing"):
                return None
            if library in _LIBRARIES:
                return _LIBRARIES[library]
        elif path.is_relative_to(_PROJECT) and path.relative_to(_PROJECT).parts[0] in _PACKAGES:
            return path.relative_to(_PROJECT).parts[0]
        frame = frame.f_back
    return None


@contextlib.contextmanager
def watched() -> Iterator[Counter[str | None]]:
    """Counts layers within the block, once for each `INTERVAL` of processor time."""
    seen: Counter[str | None] = Counter()
    signal.signal(signal.SIGPROF, lambda _, frame: seen.update([layer(frame)]))
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    try:
        yield seen
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.layers", description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--times", type=int, default=1500)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vouchline-bench-") as folder, database(asked.database, folder) as url:
        if url is None:
            raise SystemExit(f"{asked.database}: no server answers")
        _measure(url, Path(folder), min(asked.times, 20_000))


def _measure(url: str, folder: Path, times: int) -> None:
    parts = Parts(load(town.environment(url, folder, town.free_port())))
    parts.prepare()
    web = create_app(parts)
    factory.add_bare(web, Verifier([town.TOKEN], parts.settings.public_url))
    client, customers = web.test_client(), town.register(parts, 400)
    first = town.request(parts.settings.public_url, "/voice/incoming", town.new_call(), customers.numbers[0])
    statements.post(client, first)
    requests = Requests(parts, customers, PinCalls(parts, first.call, customers.numbers[0]))
    table: dict[str, dict[str, float]] = {}
    for kind in NAMES:
        made = requests.make(kind, times)
        for one in requests.make(kind, 20):
            statements.post(client, one)
        with watched() as seen:
            start = time.process_time()
            for number in range(times):
                statements.post(client, made[number % len(made)])
            spent = time.process_time() - start
        share = spent / times * 1e6 / max(1, seen.total())
        table[kind] = {name: count * share for name, count in seen.items() if name is not None}
    parts.database.close()
    _show(table)


def _show(table: dict[str, dict[str, float]]) -> None:
    shown = Table(title="µs of processor time a request", title_justify="left")
    shown.add_column("layer")
    for kind in table:
        shown.add_column(NAMES[kind].strip(), justify="right")
    names = sorted({name for row in table.values() for name in row}, key=lambda name: -table["pin"].get(name, 0))
    for name in names:
        shown.add_row(name, *(f"{row.get(name, 0):.0f}" for row in table.values()))
    shown.add_row("together", *(f"{sum(row.values()):.0f}" for row in table.values()))
    Console(highlight=False, width=None).print(shown)


if __name__ == "__main__":
    main()
