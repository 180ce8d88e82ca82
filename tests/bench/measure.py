"""One service on one database, measured in short interleaved slices."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median

import psycopg
from sqlalchemy.engine import make_url

from app import Parts, create_app
from core.settings import load
from ivr.operating import _web
from tests.bench import factory, processes, statements, town
from tests.bench.load import Sample, drive
from tests.bench.town import Customers, PinCalls, Request

KINDS = ("bare", "incoming", "stranger", "pin")
CUSTOMERS = 400
FACTORY = "tests.bench.factory:create_app"
_MOST = {"bare": 12_000, "incoming": 4_000, "stranger": 4_000, "pin": 2_500}
_GATHER = b"<Gather"


@dataclass(frozen=True, slots=True)
class Plan:
    """How long: `rounds` times every kind for `seconds` each."""

    rounds: int
    seconds: float
    workers: int = 2


@dataclass(slots=True)
class Slice:
    """One kind of request in one round. `cpu` in seconds a request, of the service and of the database's server."""

    sample: Sample
    cpu: float
    server_cpu: float


@dataclass(slots=True)
class Result:
    """Everything seen on one database."""

    name: str
    workers: int
    slices: dict[str, list[Slice]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    statements: dict[str, int] = field(default_factory=dict)
    service_mb: float = 0.0
    worker_mb: float = 0.0
    own_mb: float = 0.0
    wrong: int = 0

    def over(self, kind: str, figure: Callable[[Slice], float]) -> float:
        return median(figure(one) for one in self.slices[kind])

    def ratio(self, kind: str) -> float:
        """Requests/s against the bare route in the same round, median over rounds."""
        pairs = zip(self.slices[kind], self.slices["bare"], strict=True)
        return median(one.sample.rate / bare.sample.rate for one, bare in pairs if bare.sample.rate)


class Requests:
    """Signed requests of each kind; those of calls are never the same twice."""

    def __init__(self, parts: Parts, customers: Customers, pins: PinCalls) -> None:
        self._url = parts.settings.public_url
        self._numbers = cycle(customers.numbers)
        self._pins = pins

    def make(self, kind: str, many: int) -> list[Request]:
        match kind:
            case "bare":
                return [self._new(factory.BARE, town.STRANGER) for _ in range(min(many, 500))]
            case "incoming":
                return [self._new("/voice/incoming", next(self._numbers)) for _ in range(many)]
            case "stranger":
                return [self._new("/voice/incoming", town.STRANGER) for _ in range(many)]
            case _:
                return [one.request(self._url) for one in self._pins.make(many)]

    def _new(self, target: str, caller: str) -> Request:
        return town.request(self._url, target, town.new_call(), caller)


def measure(name: str, database: str, folder: Path, plan: Plan, tick: Callable[[], None]) -> Result:
    """Start the service on `database`, measure, stop it. Raises `RuntimeError` when it does not start."""
    environ = town.environment(database, folder, town.free_port())
    parts = Parts(load(environ))
    result = Result(name, plan.workers)
    try:
        parts.prepare()
        requests = _prepared(parts, result)
        environ |= processes.metrics_environment(folder)
        with _running(parts, environ, folder, plan.workers) as (web, worker), _generator() as pool:
            _rounds(pool, parts, requests, result, plan, web, tick)
            result.service_mb = processes.resident(processes.tree(web))
            result.worker_mb = processes.resident(processes.tree(worker))
            result.own_mb = processes.proportional([*processes.tree(web), *processes.tree(worker)])
    finally:
        parts.database.close()
    return result


def _prepared(parts: Parts, result: Result) -> Requests:
    """Customers, a call to copy, and how many statements each webhook runs, counted in this process."""
    customers = town.register(parts, CUSTOMERS)
    client = create_app(parts).test_client()
    first = town.request(parts.settings.public_url, "/voice/incoming", town.new_call(), customers.numbers[0])
    statements.post(client, first)
    pins = PinCalls(parts, first.call, customers.numbers[0])
    requests = Requests(parts, customers, pins)
    for kind in KINDS[1:]:
        made = requests.make(kind, 3)
        for one in made[:2]:
            statements.post(client, one)
        with statements.counted(parts.database) as seen:
            statements.post(client, made[2])
        result.statements[kind] = len(seen)
    return requests


@contextlib.contextmanager
def _running(parts: Parts, environ: dict[str, str], folder: Path, workers: int) -> Iterator[tuple[int, int]]:
    """Service and worker as their own processes; their ids."""
    log = folder / "service.log"
    command = [*_web(parts.settings, workers)[:-1], FACTORY]
    with (
        processes.started(command, environ, log) as web,
        processes.started(processes.worker_command(), environ, folder / "worker.log") as worker,
    ):
        processes.await_ready(parts.settings.port, web, log)
        yield web.pid, worker.pid


@contextlib.contextmanager
def _generator() -> Iterator[ProcessPoolExecutor]:
    """The load comes from a process of its own, so that nothing here disturbs its clock."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def _rounds(
    pool: ProcessPoolExecutor,
    parts: Parts,
    requests: Requests,
    result: Result,
    plan: Plan,
    web: int,
    tick: Callable[[], None],
) -> None:
    for number in range(-1, plan.rounds):
        for kind in KINDS:
            seconds = plan.seconds if number >= 0 else min(plan.seconds, 0.5)
            slice_ = _slice(pool, parts, requests, kind, seconds, web)
            result.wrong += slice_.sample.wrong + slice_.sample.broken
            if number >= 0:  # the first round only warms processes and caches up
                result.slices[kind].append(slice_)
            tick()


def _slice(pool: ProcessPoolExecutor, parts: Parts, requests: Requests, kind: str, seconds: float, web: int) -> Slice:
    most = int(_MOST[kind] * max(seconds, 0.5) / 2)
    raw = [one.raw() for one in requests.make(kind, most)]
    pids = processes.tree(web)
    server = _server_pids(parts)
    before, server_before = processes.cpu(pids), processes.cpu(server)
    sample = pool.submit(drive, parts.settings.port, raw, seconds=seconds, most=most, expected=_GATHER).result(
        timeout=seconds + 120
    )
    count = max(1, len(sample.latencies))
    cpu = (processes.cpu(pids) - before) / count
    return Slice(sample, cpu, (processes.cpu(server) - server_before) / count)


def _server_pids(parts: Parts) -> list[int]:
    """The database server's processes that serve us; they are seen only when the server runs on this machine."""
    if parts.database.is_sqlite:
        return []
    url = make_url(parts.settings.database).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in rows]
