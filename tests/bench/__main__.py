"""Measures the webhooks against a bare route on the same server: python -m tests.bench [--quick]

Eight kept-alive connections, web processes as `vouchline serve` starts them (two unless told), a worker beside them.
Rounds are short and interleaved, figures are medians over rounds: read ratios and processor time a request, not
absolute rates.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.bench import micro
from tests.bench.measure import KINDS, Plan, Result, measure
from tests.support import postgres

NAMES = {
    "bare": "(a) bare route: signature, fixed answer",
    "incoming": "(b) incoming call, registered number",
    "stranger": "    incoming call, unknown number",
    "pin": "(c) PIN check, wrong PIN",
}
TARGETS = {"incoming": 0.25, "stranger": 0.25, "pin": 0.15}
TAIL = 6.0
MEMORY = 300


def main() -> int:
    """Exit status 1 when the service answered wrongly: figures of a broken service say nothing."""
    asked = _arguments()
    # What was started is stopped, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = Plan(1, 0.7, asked.workers) if asked.quick else Plan(asked.rounds, asked.seconds, asked.workers)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    results = []
    databases = ("sqlite", "postgresql") if asked.database == "both" else (asked.database,)
    with _progress(len(databases) * (plan.rounds + 1) * len(KINDS)) as tick:
        for name in databases:
            with tempfile.TemporaryDirectory(prefix="vouchline-bench-") as folder, database(name, folder) as url:
                if url is None:
                    console.print(f"{name}: no server answers, left out")
                    continue
                results.append(measure(name, url, Path(folder), plan, tick))
    for result in results:
        _show(console, result)
    micro.show(console, 200 if asked.quick else 2000)
    return 1 if any(result.wrong for result in results) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round: does it work at all?")
    parser.add_argument("--database", choices=("both", "sqlite", "postgresql"), default="both")
    parser.add_argument("--rounds", type=int, default=5, choices=range(1, 51), metavar="1..50")
    parser.add_argument("--workers", type=int, default=2, choices=range(1, 9), help="web processes")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each slice, 10 at most")
    asked = parser.parse_args()
    asked.seconds = min(max(asked.seconds, 0.2), 10.0)
    return asked


@contextlib.contextmanager
def database(name: str, folder: str) -> Iterator[str | None]:
    """A fresh database's address; None when no server answers."""
    if name == "sqlite":
        yield f"sqlite:///{Path(folder) / 'vouchline.db'}"
        return
    with contextlib.ExitStack() as stack:
        try:
            server = os.environ.get("VOUCHLINE_TEST_POSTGRES", postgres.DEFAULT)
            url: str | None = stack.enter_context(postgres.database(server)).url
        except postgres.NoServerError:
            url = None
        yield url


@contextlib.contextmanager
def _progress(steps: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (TextColumn("measuring"), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=2) as bar:
        task = bar.add_task("measuring", total=steps)
        yield lambda: bar.advance(task)


def _show(console: Console, result: Result) -> None:
    table = Table(
        title=f"{result.name}: 8 connections, web processes: {result.workers}", title_justify="left", pad_edge=False
    )
    for heading in ("", "requests/s", "p50 ms", "p99 ms", "p99/p50", "CPU ms", "server CPU ms", "SQL", "ratio to (a)"):
        table.add_column(heading, justify="left" if not heading else "right")
    for kind in KINDS:
        p50 = result.over(kind, lambda one: one.sample.quantile(0.5)) * 1000
        p99 = result.over(kind, lambda one: one.sample.quantile(0.99)) * 1000
        table.add_row(
            NAMES[kind],
            f"{result.over(kind, lambda one: one.sample.rate):.0f}",
            f"{p50:.2f}",
            f"{p99:.2f}",
            _judged(p99 / p50, f"{p99 / p50:.1f}", good=p99 / p50 <= TAIL),
            f"{result.over(kind, lambda one: one.cpu) * 1000:.2f}",
            f"{result.over(kind, lambda one: one.server_cpu) * 1000:.2f}",
            str(result.statements.get(kind, 0)),
            _ratio(result, kind),
        )
    console.print(table)
    memory = result.service_mb + result.worker_mb
    console.print(
        f"memory (RSS): service {result.service_mb:.0f} MB, worker {result.worker_mb:.0f} MB, together"
        f" {_judged(memory, f'{memory:.0f} MB', good=memory < MEMORY)} of {MEMORY};"
        f" shared pages counted once {result.own_mb:.0f} MB; wrong answers: {result.wrong}\n"
    )


def _ratio(result: Result, kind: str) -> str:
    if kind not in TARGETS:
        return "1"
    ratio = result.ratio(kind)
    return _judged(ratio, f"{ratio:.3f} of {TARGETS[kind]}", good=ratio >= TARGETS[kind])


def _judged(_: float, text: str, *, good: bool) -> str:
    return f"[green]{text}[/]" if good else f"[yellow]{text}[/]"


if __name__ == "__main__":
    sys.exit(main())
