"""Several processes as one: started together, stopped together, and when one dies the others do not linger."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

STOP_AFTER = 10.0  # seconds from SIGTERM to SIGKILL


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the whole."""

    name: str
    command: Sequence[str]


class _StopAsked(Exception):
    pass


def run_together(parts: Sequence[Part], environ: Mapping[str, str], when_started: Callable[[], None]) -> int:
    """Run all parts until Ctrl-C, SIGTERM or the first that ends; returns 0 when it was asked to stop."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    previous = {number: signal.signal(number, _ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for part in parts:
            # Its own group: Ctrl-C reaches this process alone, which then stops the parts in order.
            running[part.name] = subprocess.Popen(part.command, env=dict(environ), process_group=0)  # noqa: S603
        when_started()
        while all(process.poll() is None for process in running.values()):
            time.sleep(0.2)
        name, status = next((name, one.returncode) for name, one in running.items() if one.poll() is not None)
        sys.stderr.write(f"the {name} process has ended (status {status}), so all of it stops\n")
        return status or 1
    except _StopAsked:
        return 0
    finally:
        for number in previous:
            signal.signal(number, signal.SIG_IGN)
        _stop(list(running.values()))
        for number, handler in previous.items():
            signal.signal(number, handler)


def _ask_to_stop(_number: int, _frame: FrameType | None) -> None:
    # Once: a second signal, from somebody in a hurry, must not break off the stopping and leave the parts behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise _StopAsked


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_AFTER
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    # The whole group: a server's own workers must not outlive it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
