"""Measures ADR 2: python docs/adr/spikes/servers/measure.py [compare | NAME ...]

`compare` starts the servers of COMPARED side by side and loads them in turn: other work on the machine meets all alike.

For each server: memory; webhooks at 8 connections, alone and beside 25 open event streams; handlers that call their
own server, one and eight at once; and SIGTERM under load, with kept-alive and with new connections. Run from the top of
the checkout with PYTHONPATH=.:docs/adr/spikes/servers; everything is on loopback, on SQLite, and stopped at the end.
"""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

from app import Parts
from core.settings import load
from tests.bench import factory, processes, town
from tests.bench.load import Sample, drive

STREAMS = 25
Process = subprocess.Popen[bytes]
GRANIAN = ["granian", "--interface=wsgi", "--factory", "--no-access-log", "--log-level=warning"]
GUNICORN = ["gunicorn", "--no-control-socket", "--log-level=warning", "--worker-class=gthread", "--keep-alive=75"]


def granian(workers: int, threads: int | None) -> Callable[[int], list[str]]:
    chosen = [] if threads is None else [f"--blocking-threads={threads}"]
    end = ["--workers-kill-timeout=10", "stage:create_app"]
    return lambda port: [*GRANIAN, "--host=127.0.0.1", f"--port={port}", f"--workers={workers}", *chosen, *end]


def gunicorn(workers: int, threads: int, *more: str) -> Callable[[int], list[str]]:
    end = [f"--threads={threads}", "--graceful-timeout=10", *more, "stage:create_app()"]
    return lambda port: [*GUNICORN, f"--bind=127.0.0.1:{port}", f"--workers={workers}", *end]


# What streams and slow handlers are served by; without an entry, by the same server as the webhooks.
APART = {"granian 2x1, streams on 1x32": granian(1, 32), "granian 2x1, streams on gunicorn 1x32": gunicorn(1, 32)}
SERVERS = {
    "granian 2x1": granian(2, 1),
    "granian 2x1, streams on 1x32": granian(2, 1),
    "granian 2x1, streams on gunicorn 1x32": granian(2, 1),
    "granian 2xdefault": granian(2, None),
    "granian 2x32": granian(2, 32),
    "gunicorn gthread 2x4 preload": gunicorn(2, 4, "--preload"),
    "gunicorn gthread 2x32 preload": gunicorn(2, 32, "--preload"),
}


COMPARED = ("granian 2x1", "granian 2xdefault", "gunicorn gthread 2x4 preload")


def main(names: list[str]) -> None:
    # What was started is stopped, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if names == ["compare"]:
        compare(rounds=7)
        return
    for name in names or SERVERS:
        with tempfile.TemporaryDirectory(prefix="vouchline-servers-") as folder:
            Server(name, Path(folder)).measure()


def compare(rounds: int) -> None:
    with contextlib.ExitStack() as stack:
        servers = [Server(name, Path(stack.enter_context(tempfile.TemporaryDirectory()))) for name in COMPARED]
        for server in servers:
            stack.enter_context(server.started(SERVERS[server.name], server.port))
            server.drive("/voice/incoming", 1.0)
        seen: dict[tuple[str, str], list[Sample]] = {}
        for _ in range(rounds):
            for target in (factory.BARE, "/voice/incoming"):
                for server in servers:
                    seen.setdefault((server.name, target), []).append(server.drive(target, 1.5))
        for (name, target), samples in seen.items():
            print(name, _told(target, samples))


def _told(target: str, samples: list[Sample]) -> str:
    p50, p99 = (median(one.quantile(share) * 1000 for one in samples) for share in (0.5, 0.99))
    faults = sum(one.broken + one.wrong for one in samples)
    rate = median(one.rate for one in samples)
    return f"{target}: {rate:.0f}/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms, faults {faults}"


class Server:
    """One server with a fresh database."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder, self.port = name, folder, town.free_port()
        self.slow_port = town.free_port() if name in APART else self.port
        self.environ = town.environment(f"sqlite:///{folder / 'v.db'}", folder, self.port)
        self.parts = Parts(load(self.environ))
        self.parts.prepare()
        self.customers = town.register(self.parts, 200)
        self.environ |= processes.metrics_environment(folder)

    def measure(self) -> None:
        print(f"\n{self.name}", flush=True)
        steps = (self._streams, self._itself, self._stop_kept_alive, self._stop_new_connections, self._stop_with_stream)
        for step in steps:
            with contextlib.ExitStack() as stack:
                web = stack.enter_context(self.started(SERVERS[self.name], self.port))
                slow = stack.enter_context(self.started(APART[self.name], self.slow_port)) if self._is_apart else web
                step(web, slow)
        self.parts.database.close()

    @property
    def _is_apart(self) -> bool:
        return self.name in APART

    @contextlib.contextmanager
    def started(self, command: Callable[[int], list[str]], port: int) -> Iterator[Process]:
        log = self.folder / f"{port}.log"
        with processes.started([sys.executable, "-m", *command(port)], self.environ, log) as process:
            processes.await_ready(port, process, log)
            yield process

    def _streams(self, web: Process, slow: Process) -> None:
        pids = [*processes.tree(web.pid), *(processes.tree(slow.pid) if self._is_apart else ())]
        self.drive("/voice/incoming", 1.0)
        print(f"  memory: RSS {processes.resident(pids):.0f} MB, its own share {processes.proportional(pids):.0f} MB")
        self._line("alone")
        held = [self._stream() for _ in range(STREAMS)]
        time.sleep(2)
        print(f"  streams that deliver: {sum(_delivers(one) for one in held)} of {STREAMS}")
        print(f"  beside streams, /healthz: {self._healthz()}")
        if self._healthz() != "no answer in 2 s":
            self._line(f"beside {STREAMS} streams")
        for one in held:
            one.close()

    def _itself(self, _web: Process, _slow: Process) -> None:
        for many in (1, 8):
            print(f"  calls itself, {many} at once: {dict(self._calls_itself(many))}")

    def _line(self, when: str) -> None:
        seen: dict[str, list[Sample]] = {factory.BARE: [], "/voice/incoming": []}
        for _ in range(3):
            for target, samples in seen.items():
                samples.append(self.drive(target, 1.5))
        for target, samples in seen.items():
            print(f"  {when}, {_told(target, samples)}")

    def _requests(self, target: str, many: int) -> list[bytes]:
        numbers = self.customers.numbers
        return [
            town.request(f"http://127.0.0.1:{self.port}", target, town.new_call(), numbers[i % len(numbers)]).raw()
            for i in range(many)
        ]

    def drive(self, target: str, seconds: float) -> Sample:
        raw = self._requests(target, 300 if target == factory.BARE else 1500)
        most = 8000 if target == factory.BARE else len(raw)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            wanted = {"seconds": seconds, "most": most, "expected": b"<Gather"}
            return pool.submit(drive, self.port, raw, **wanted).result(120)

    def _stream(self) -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self.slow_port), timeout=2)
        one.sendall(b"GET /bench/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        return one

    def _healthz(self) -> str:
        start = time.perf_counter()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            connection.request("GET", "/healthz")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return "no answer in 2 s"
        return f"{status} after {(time.perf_counter() - start) * 1000:.1f} ms"

    def _calls_itself(self, many: int) -> Counter[str]:
        found: Counter[str] = Counter()

        def call() -> None:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.slow_port, timeout=12)
                connection.request("GET", "/bench/self")
                found[str(connection.getresponse().status)] += 1
            except (OSError, http.client.HTTPException) as fault:
                found[type(fault).__name__] += 1

        threads = [threading.Thread(target=call) for _ in range(many)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(15)
        return found

    def _stop_kept_alive(self, web: Process, _slow: Process) -> None:
        self._stopped(web, "kept-alive connections", kept=True)

    def _stop_new_connections(self, web: Process, _slow: Process) -> None:
        self._stopped(web, "a connection for each request", kept=False)

    def _stopped(self, process: Process, how: str, *, kept: bool) -> None:
        """SIGTERM after 1.5 s of load. A refused connection is no failure: a balancer goes to the next machine."""
        found: Counter[str] = Counter()
        requests = self._requests("/voice/incoming", 1200)
        threads = [threading.Thread(target=_load, args=(self.port, requests[i::8], found, kept)) for i in range(8)]
        for one in threads:
            one.start()
        time.sleep(1.5)
        took = processes.stop(process)
        for one in threads:
            one.join(20)
        print(f"  SIGTERM under load, {how}: {dict(found)}, stopped after {took:.1f} s")

    def _stop_with_stream(self, _web: Process, slow: Process) -> None:
        held = self._stream()
        time.sleep(0.5)
        print(f"  SIGTERM with an open stream: stopped after {processes.stop(slow, 20):.1f} s")
        held.close()


def _delivers(stream: socket.socket) -> bool:
    try:
        return b"data:" in stream.recv(4096)
    except OSError:
        return False


def _load(port: int, requests: list[bytes], found: Counter[str], kept: bool) -> None:
    line: socket.socket | None = None
    for raw in requests:
        fresh = line is None
        try:
            line = line or socket.create_connection(("127.0.0.1", port), timeout=12)
        except OSError:
            found["refused"] += 1
            return
        answer = _asked(line, raw)
        if answer:
            found["answered" if answer.startswith(b"HTTP/1.1 200") else "other status"] += 1
        else:
            # On a connection that was kept, a server may close while the next request is under way (RFC 9112, 9.6).
            found["broken on a new connection" if fresh else "broken on a kept connection"] += 1
        if not kept or not answer or b"connection: close" in answer.lower():
            line.close()
            line = None


def _asked(line: socket.socket, raw: bytes) -> bytes:
    try:
        line.sendall(raw)
        answer = b""
        while b"</Response>" not in answer:
            piece = line.recv(65536)
            if not piece:
                return b""
            answer += piece
    except OSError:
        return b""
    return answer


if __name__ == "__main__":
    main(sys.argv[1:])
