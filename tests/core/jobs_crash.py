"""A process that enqueues and works until it is killed, and the judge who reads what is left.

Run as a program: `jobs_crash.py DATABASE_URL FOLDER PLACES AHEAD`. It writes one fact and one job in each transaction
and appends the number to `acknowledged` after the commit; its handler appends the number to `sent`. Appends of a few
bytes survive the process. `AHEAD` seconds are added to its clock, so that the leases of those killed before have ended.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import select

from core.clock import ManualClock
from core.counters import Counter as Fact
from core.counters import Limit, take
from core.database import Database
from core.jobs import Job, Worker, enqueue

PROJECT = Path(__file__).resolve().parents[2]
FACT = Limit("test.fact", most=1, within=timedelta(days=9))


class ShiftedClock:
    """The machine's clock and some seconds."""

    simulated = True

    def __init__(self, ahead: float) -> None:
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


@dataclass(frozen=True)
class Verdict:
    """`lost`: acknowledged and never sent; `orphans`: sent without a fact; `repeated`: sends beyond the first."""

    acknowledged: int
    lost: int
    orphans: int
    repeated: int
    most_sends: int


def rounds(url: str, folder: Path, *, kills: int, places: int, seed: int) -> Verdict:
    """Kill the process at `kills` random moments, then let one last worker finish, and judge."""
    chance = random.Random(seed)
    for number in range(kills):
        child = _start(url, folder, places, ahead=number * 120)
        _wait_for_line(child)
        time.sleep(chance.uniform(0, 0.3))
        child.kill()
        child.communicate()
    _finish(url, folder, ManualClock(datetime.now(UTC) + timedelta(seconds=kills * 120)))
    return _judge(url, folder)


def _start(url: str, folder: Path, places: int, ahead: int) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "tests.core.jobs_crash", url, str(folder), str(places), str(ahead)]
    return subprocess.Popen(arguments, cwd=PROJECT, stdout=subprocess.PIPE)


def _wait_for_line(child: subprocess.Popen[bytes]) -> None:
    if child.stdout is None or not child.stdout.readline():
        raise RuntimeError("the process ended before its first job")


def _finish(url: str, folder: Path, clock: ManualClock) -> None:
    database = Database(url)
    Worker(database, clock, {"send": lambda job: _append(folder / "sent", job.payload["number"])}).run_due()
    database.close()


def _judge(url: str, folder: Path) -> Verdict:
    database = Database(url)
    with database.read() as tx:
        facts = set(tx.execute(select(Fact.key).where(Fact.scope == FACT.scope)).scalars())
    database.close()
    acknowledged, sent = set(_lines(folder / "acknowledged")), Counter(_lines(folder / "sent"))
    return Verdict(
        acknowledged=len(acknowledged),
        lost=len(acknowledged - sent.keys()),
        orphans=len(sent.keys() - facts),
        repeated=sent.total() - len(sent),
        most_sends=max(sent.values(), default=0),
    )


def _lines(path: Path) -> Iterator[str]:
    return (line for line in path.read_text().split("\n") if line)


def _append(path: Path, number: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, f"{number}\n".encode())
    os.close(handle)


def _main(url: str, folder: Path, places: int, ahead: float) -> None:
    database, clock = Database(url), ShiftedClock(ahead)

    def send(job: Job) -> None:
        _append(folder / "sent", job.payload["number"])
        sys.stdout.write("sent\n")
        sys.stdout.flush()

    worker = Worker(database, clock, {"send": send}, threads=places, poll=0.05)
    threading.Thread(target=worker.run, daemon=True).start()
    for step in count():
        number = f"{os.getpid()}.{ahead:.0f}.{step}"
        with database.begin() as tx:
            take(tx, FACT, number, clock.now())
            enqueue(tx, "send", {"number": number}, now=clock.now())
        _append(folder / "acknowledged", number)
        time.sleep(0.001)


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
