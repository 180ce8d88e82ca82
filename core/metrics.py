"""Prometheus metrics, summed over all processes of one machine.

`prepare` names a folder where every process keeps its numbers in files; it must run in the process that starts the
others, before any of them imports `prometheus_client`, which decides at import how it counts. Labels are closed
vocabularies: a route's rule and never its path, an outcome and never a number or an organisation.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping, Sequence
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def counter(name: str, text: str, labels: Sequence[str] = ()) -> Counter:
    """A number that only grows, as `vouchline_<name>_total`."""
    return Counter(f"vouchline_{name}", text, labels)


def histogram(name: str, text: str, labels: Sequence[str] = (), buckets: Sequence[float] = _SECONDS) -> Histogram:
    """Durations in seconds, as `vouchline_<name>_bucket`, `_sum` and `_count`."""
    return Histogram(f"vouchline_{name}", text, labels, buckets=buckets)


def gauge(name: str, text: str, labels: Sequence[str] = ()) -> Gauge:
    """A number that goes up and down; over processes the latest written one counts."""
    return Gauge(f"vouchline_{name}", text, labels, multiprocess_mode="mostrecent")


def prepare(data_dir: Path, environ: MutableMapping[str, str] = os.environ) -> Path:
    """Make the folder of numbers, forget those of an earlier run, and name it to processes started later."""
    folder = data_dir / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)
    environ[_FOLDER] = str(folder)
    return folder


def process_ended(process: int) -> None:
    """Drop the live numbers of a process that ended; what it counted stays."""
    if _FOLDER in os.environ:
        mark_process_dead(process)


def exposition() -> bytes:
    """All metrics in Prometheus' text form, of every process if `prepare` ran."""
    if _FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)
