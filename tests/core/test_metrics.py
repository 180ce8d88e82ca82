"""Metrics of one and of several processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from core import metrics

PROJECT = Path(__file__).resolve().parent.parent.parent
COUNT = "from core import metrics; metrics.counter('parts', 'Parts', ['kind']).labels('a').inc(2)"
SHOW = "from core import metrics; print(metrics.exposition().decode())"


def python(code: str, environ: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=PROJECT, check=True, capture_output=True, text=True, timeout=30
    )
    return done.stdout


def test_one_process_shows_its_own_numbers() -> None:
    metrics.counter("test_of_one_process", "A test").inc(3)
    assert b"vouchline_test_of_one_process_total 3.0" in metrics.exposition()


def test_processes_are_summed(tmp_path: Path) -> None:
    environ = dict(os.environ)
    metrics.prepare(tmp_path, environ)
    for _ in range(2):
        python(COUNT, environ)
    assert 'vouchline_parts_total{kind="a"} 4.0' in python(SHOW, environ)


def test_an_earlier_run_is_forgotten_and_other_files_stay(tmp_path: Path) -> None:
    environ = dict(os.environ)
    folder = metrics.prepare(tmp_path, environ)
    python(COUNT, environ)
    (folder / "notes.txt").write_text("mine")
    metrics.prepare(tmp_path, environ)
    assert "parts" not in python(SHOW, environ)
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]
