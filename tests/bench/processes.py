"""The service as its own processes, and what the kernel says they cost (Linux, /proc)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from core import metrics

SLOW_START = 60.0
_TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def started(command: Sequence[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with its children; all of them are stopped at the end, by force after 15 s."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("VOUCHLINE_", "TWILIO_"))}
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env={**inherited, **environ}, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes], patience: float = 15.0) -> float:
    """Ask to end, then force; returns the seconds it took."""
    start = time.perf_counter()
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)
    return time.perf_counter() - start


def await_ready(port: int, process: subprocess.Popen[bytes], log: Path, path: str = "/healthz") -> None:
    """Return when the service answers. Raises `RuntimeError` with the end of its log when it does not."""
    deadline = time.monotonic() + SLOW_START
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the service did not start:\n{log.read_text()[-2000:]}")


def worker_command() -> list[str]:
    return [sys.executable, "-m", "ivr.cli", "worker"]


def metrics_environment(folder: Path) -> dict[str, str]:
    """As `vouchline serve` prepares it."""
    environ: dict[str, str] = {}
    metrics.prepare(folder, environ)
    return environ


def tree(pid: int) -> tuple[int, ...]:
    """The process and all its descendants."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += map(int, task.read_text().split())
    return (pid, *(one for child in children for one in tree(child)))


def cpu(pids: Sequence[int]) -> float:
    """Seconds of processor time used so far; a process that has gone counts nothing."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICK


def resident(pids: Sequence[int]) -> float:
    """Resident memory in MB, shared pages counted in every process."""
    return sum(_status(pid, "VmRSS:") for pid in pids) / 1024


def proportional(pids: Sequence[int]) -> float:
    """Memory in MB with every shared page divided among those who share it (PSS); 0 where that may not be read."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def _status(pid: int, name: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0
