"""Measures ADR 1: python docs/adr/spikes/jobs/measure.py WHAT ENGINE DATABASE_URL [--interval SECONDS]

WHAT    latency   commit to start of the handler in another process: quiet (20 jobs/s), then with 8 writing connections
        cost      SELECT + INSERT + COMMIT with and without an enqueue, interleaved; no worker
        idle      RSS, threads and CPU of a worker with nothing to do; what the import adds to the application's own
        kill      20 times kill -9 of a process that enqueues and works; lost, orphaned, repeated
        takeover  seconds until a second worker runs the jobs of one that was killed while it ran them
        schema    differences between the models and the database that the migration check would report
ENGINE  outbox | dbos | dbos-gated

Needs a virtual environment of its own with this project's dependencies and `dbos>=3.4,<3.5`, run from the top of the
checkout with PYTHONPATH=. The database must be empty (SQLite: a file that does not exist; PostgreSQL: a new database).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from engines import Contestant, contestant
from sqlalchemy import Column, MetaData, String, Table, insert, select

from core.database import Base, Database

FACTS = Table("facts", MetaData(), Column("number", String, primary_key=True))
HERE = Path(__file__)
PLACES_HELD = 3
ADDED = """
import sys, time, importlib
import core.database, prometheus_client, psycopg, redis, structlog  # what the application loads in any case
def resident(): return int(open("/proc/self/statm").read().split()[1]) * 4 // 1024
memory, begun = resident(), time.monotonic()
importlib.import_module(sys.argv[1])
print(round((time.monotonic() - begun) * 1000), resident() - memory)
"""


def setup(name: str, url: str, interval: float) -> tuple[Database, Contestant]:
    database = Database(url, pool_size=12)
    import_module("core.jobs")  # its table; not at the top, because `idle` weighs the engines one by one
    with database.begin() as tx:
        Base.metadata.create_all(tx)
        FACTS.metadata.create_all(tx)
    engine = contestant(name, database, interval=interval)
    engine.prepare()
    return database, engine


def webhook(database: Database, number: str, engine: Contestant | None) -> float:
    """One transaction like a webhook's; returns when it had committed."""
    with database.begin() as tx:
        tx.execute(select(FACTS.c.number).where(FACTS.c.number == number)).first()
        tx.execute(insert(FACTS).values(number=number))
        if engine is not None:
            engine.enqueue(tx, number)
    return time.monotonic()


@contextlib.contextmanager
def child(role: str, arguments: argparse.Namespace, folder: Path, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """This program in another process, in the role of a worker, a writer or both; killed at the end."""
    command = [sys.executable, str(HERE), role, arguments.engine, arguments.url, "--folder", str(folder)]
    command += ["--interval", str(arguments.interval)]
    for key, value in more.items():
        command += [f"--{key}", str(value)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        if not process.stdout or not process.stdout.readline():
            raise RuntimeError(f"{role} did not start")
        yield process
    finally:
        process.kill()
        process.communicate()


# What is measured


def latency(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    database, engine = setup(arguments.engine, arguments.url, arguments.interval)
    figures: dict[str, Any] = {}
    with child("worker", arguments, folder):
        time.sleep(1)
        figures["quiet"] = _latencies(database, engine, folder, jobs=400, pause=0.05, prefix="q")
        with child("writer", arguments, folder):
            figures["loaded"] = _latencies(database, engine, folder, jobs=400, pause=0.02, prefix="l")
        figures["writers_ms"] = _spread([float(line) for line in _lines(folder / "writes")])
        figures["writes"] = len(_lines(folder / "writes"))
    return figures


def _latencies(
    database: Database, engine: Contestant, folder: Path, *, jobs: int, pause: float, prefix: str
) -> dict[str, Any]:
    chance, committed = random.Random(7), {}
    for number in (f"{prefix}{step}" for step in range(jobs)):
        committed[number] = webhook(database, number, engine)
        time.sleep(pause * chance.uniform(0.5, 1.5))
    started = _starts(folder, set(committed), patience=30)
    figures = _spread([(started[number] - committed[number]) * 1000 for number in committed if number in started])
    return figures | {"missing": len(committed.keys() - started.keys())}


def _starts(folder: Path, wanted: set[str], patience: float) -> dict[str, float]:
    end = time.monotonic() + patience
    while True:
        found = {}
        for line in _lines(folder / "sent"):
            number, moment = line.split()
            found.setdefault(number, float(moment))
        if wanted <= found.keys() or time.monotonic() > end:
            return found
        time.sleep(0.2)


def cost(arguments: argparse.Namespace, _: Path) -> dict[str, Any]:
    database, engine = setup(arguments.engine, arguments.url, arguments.interval)
    took: dict[str, list[float]] = {"plain": [], "enqueueing": []}
    cpu = dict.fromkeys(took, 0.0)
    for step in range(2200):
        kind = "plain" if step % 2 else "enqueueing"
        before, cpu_before = time.monotonic(), time.process_time()
        after = webhook(database, f"c{step}", None if step % 2 else engine)
        if step >= 200:
            took[kind].append((after - before) * 1e6)
            cpu[kind] += (time.process_time() - cpu_before) * 1e6
    figures = {f"{kind}_us": _spread(times) for kind, times in took.items()}
    return figures | {f"{kind}_cpu_us": round(cpu[kind] / len(took[kind])) for kind in took}


def idle(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    setup(arguments.engine, arguments.url, arguments.interval)
    module = "core.jobs" if arguments.engine == "outbox" else "dbos"
    with child("worker", arguments, folder) as process:
        time.sleep(3)
        before = _cpu(process.pid)
        time.sleep(10)
        status = Path(f"/proc/{process.pid}/status").read_text()
        figures = {
            "rss_mb": round(int(status.split("VmRSS:")[1].split()[0]) / 1024),
            "threads": int(status.split("Threads:")[1].split()[0]),
            "cpu_percent": round((_cpu(process.pid) - before) * 10, 1),
        }
    runs = [subprocess.check_output([sys.executable, "-c", ADDED, module]).split() for _ in range(5)]
    return figures | {"import_ms": min(int(run[0]) for run in runs), "import_mb": min(int(run[1]) for run in runs)}


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    setup(arguments.engine, arguments.url, arguments.interval)[0].close()
    chance = random.Random(20)
    for step in range(20):
        with child("both", arguments, folder, ahead=step * 120):
            time.sleep(chance.uniform(0, 0.6))
    database = Database(arguments.url)
    with database.read() as tx:
        facts = set(tx.execute(select(FACTS.c.number)).scalars())
    with child("worker", arguments, folder, ahead=20 * 120):
        _starts(folder, facts, patience=60)
        time.sleep(2)
    sent = Counter(line.split()[0] for line in _lines(folder / "sent"))
    acknowledged = set(_lines(folder / "acknowledged"))
    return {
        "kills": 20,
        "acknowledged": len(acknowledged),
        "lost": len(acknowledged - sent.keys()),
        "orphans": len(sent.keys() - facts),
        "repeated": sent.total() - len(sent),
        "most_sends_of_one": max(sent.values()),
    }


def takeover(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    database, engine = setup(arguments.engine, arguments.url, arguments.interval)
    with child("worker", arguments, folder, hang=60):
        numbers = {f"t{step}" for step in range(PLACES_HELD)}
        for number in numbers:
            webhook(database, number, engine)
        _starts(folder, numbers, patience=20)
    (folder / "sent").rename(folder / "sent-before")
    begun = time.monotonic()
    with child("worker", arguments, folder, executor="two"):
        again = _starts(folder, numbers, patience=120)
    return {
        "of": len(numbers),
        "taken_over": len(again),
        "after_s": round(max(again.values(), default=begun) - begun, 1),
    }


def schema(arguments: argparse.Namespace, _: Path) -> dict[str, Any]:
    database, _engine = setup(arguments.engine, arguments.url, arguments.interval)
    with database.begin() as tx:
        FACTS.metadata.drop_all(tx)
    found = {}
    with database.read() as tx:
        for schemas in (False, True):
            context = MigrationContext.configure(tx, opts={"include_schemas": schemas})
            differences = compare_metadata(context, Base.metadata)
            found["with_schemas" if schemas else "plain"] = dict(
                Counter(one[0] if isinstance(one, tuple) else one[0][0] for one in differences)
            )
    return found


# What the other processes do


def worker(arguments: argparse.Namespace, folder: Path) -> None:
    def handler(number: str) -> None:
        _append(folder / "sent", f"{number} {time.monotonic()}")
        time.sleep(arguments.hang)

    database = Database(arguments.url)
    _contestant(arguments, database).work(handler)
    _say_ready()
    threading.Event().wait()


def both(arguments: argparse.Namespace, folder: Path) -> None:
    def handler(number: str) -> None:
        _append(folder / "sent", f"{number} {time.monotonic()}")
        _say_ready()

    database = Database(arguments.url)
    engine = _contestant(arguments, database)
    engine.work(handler)
    for step in count():
        number = f"{os.getpid()}.{step}"
        webhook(database, number, engine)
        _append(folder / "acknowledged", number)
        time.sleep(0.002)


def writer(arguments: argparse.Namespace, folder: Path) -> None:
    """Eight connections that write as webhooks do, with a rest of 20 ms between."""
    database = Database(arguments.url, pool_size=8)

    def writes(thread: int) -> None:
        for step in count():
            begun = time.monotonic()
            ended = webhook(database, f"w{thread}.{step}", None)
            _append(folder / "writes", f"{(ended - begun) * 1000:.3f}")
            time.sleep(0.02)

    for thread in range(8):
        threading.Thread(target=writes, args=(thread,), daemon=True).start()
    _say_ready()
    threading.Event().wait()


def _contestant(arguments: argparse.Namespace, database: Database) -> Contestant:
    return contestant(
        arguments.engine,
        database,
        interval=arguments.interval,
        ahead=arguments.ahead,
        executor=arguments.executor,
    )


def _say_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def _append(path: Path, line: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _spread(values: list[float]) -> dict[str, Any]:
    ordered = sorted(values)
    if not ordered:
        return {"n": 0}
    at = {f"p{share}": round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 1) for share in (50, 99)}
    return {"n": len(ordered), **at, "max": round(ordered[-1], 1)}


def main() -> None:
    parts = {part.__name__: part for part in (latency, cost, idle, kill, takeover, schema, worker, both, writer)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=parts)
    parser.add_argument("engine", choices=["outbox", "dbos", "dbos-gated"])
    parser.add_argument("url")
    parser.add_argument("--interval", type=float, default=0.05)
    parser.add_argument("--ahead", type=float, default=0)
    parser.add_argument("--hang", type=float, default=0)
    parser.add_argument("--executor", default="one")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as fresh:
        figures = parts[arguments.what](arguments, arguments.folder or Path(fresh))
    if figures is not None:
        print(json.dumps({"what": arguments.what, "engine": arguments.engine, **figures}))


if __name__ == "__main__":
    main()
