"""How long two-statement writes wait with SQLite's busy handler and with a lock between processes.

    python docs/adr/spikes/sqlite_writers.py

Two processes with four threads each write as fast as they can for a few seconds, first one way, then the other.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from core.counters import Limit, take
from core.database import Base, Database

SECONDS = 4.0
LIMIT = Limit("spike", 10**9, timedelta(days=1))


def write(path: str, gate: bool) -> list[float]:
    database = Database(f"sqlite:///{path}")
    if not gate:
        database._gate = nullcontext()
    waits: list[float] = []
    stop = time.perf_counter() + SECONDS

    def loop(key: str) -> None:
        while (start := time.perf_counter()) < stop:
            with database.begin() as tx:
                take(tx, LIMIT, key, datetime.now(UTC))
                take(tx, LIMIT, f"{key}-again", datetime.now(UTC))
            waits.append(time.perf_counter() - start)

    threads = [threading.Thread(target=loop, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def main() -> None:
    for gate in (False, True):
        with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2) as pool:
            path = f"{folder}/spike.db"
            Base.metadata.create_all(Database(f"sqlite:///{path}").engine)
            waits = sorted(wait for part in pool.map(write, [path] * 2, [gate] * 2) for wait in part)
        p50, p99 = (waits[int(len(waits) * share)] * 1000 for share in (0.5, 0.99))
        name = "lock file" if gate else "busy handler"
        longest = waits[-1] * 1000
        print(
            f"{name:13} {len(waits) / SECONDS:7.0f} writes/s   p50 {p50:6.1f}   p99 {p99:7.1f}   max {longest:7.1f} ms"
        )


if __name__ == "__main__":
    main()
