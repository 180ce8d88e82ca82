"""`vouchline config`, run as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SECRET = "a master secret made for the tests only"


def vouchline(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "VOUCHLINE_DATA_DIR": str(folder), "PYTHONPATH": str(PROJECT), **environ}
    command = [sys.executable, "-m", "ivr.cli", *arguments]
    return subprocess.run(command, env=given, cwd=folder, capture_output=True, text=True, timeout=30, check=False)


def test_usable_settings_are_said_to_be_so(tmp_path: Path) -> None:
    done = vouchline(tmp_path, "config", "check", VOUCHLINE_ENV="development")
    assert (done.returncode, done.stderr) == (0, "")
    assert "development, preset standard" in done.stdout


def test_secrets_are_masked(tmp_path: Path) -> None:
    done = vouchline(tmp_path, "config", "show", VOUCHLINE_ENV="development", VOUCHLINE_SECRET_KEY=SECRET)
    assert "VOUCHLINE_SECRET_KEY" in done.stdout
    assert SECRET not in done.stdout


@pytest.mark.parametrize("name", ["PUBLIC_URL", "VOUCHLINE_PRESET", "TWILIO_AUTH_TOKEN", "SMTP_URL"])
def test_production_names_what_is_missing_and_shows_no_traceback(tmp_path: Path, name: str) -> None:
    done = vouchline(tmp_path, "config", "check")
    assert done.returncode == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_the_version_is_the_projects(tmp_path: Path) -> None:
    written = next(line for line in (PROJECT / "pyproject.toml").read_text().splitlines() if line.startswith("version"))
    assert vouchline(tmp_path, "--version").stdout.strip() == written.split('"')[1]
