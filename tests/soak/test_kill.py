"""A worker killed at random moments while it delivers PINs: nothing is lost, and what comes twice is the same PIN."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.database import Database
from core.keys import Keyring
from tests.calls.conftest import fill, filled_template
from tests.soak.killing import IN_HAND, Verdict, killing
from tests.support import postgres

__all__ = ["filled_template"]

KILLS, AT_ONCE = 20, 25  # a drain after each five kills, well within the ten minutes of a PIN


def kill(url: str, folder: Path, *, seed: int) -> None:
    with killing(url, folder, seed) as scene:
        for number in range(1, KILLS + 1):
            scene.round(AT_ONCE)
            if number % 5 == 0:
                scene.drain()
        verdict = scene.judge()
    judge(verdict, kills=KILLS)
    # What one worker has in hand it sends once; only a crash lets another one send it again.
    assert verdict.most == 1


def judge(verdict: Verdict, *, kills: int) -> None:
    print(verdict)  # noqa: T201 - the figures of ADR 1
    assert (verdict.lost, verdict.strange, verdict.unrecorded) == (0, 0, 0)
    # A crash repeats what the worker had in hand, each PIN once.
    assert verdict.repeated <= kills * IN_HAND


def test_what_a_killed_worker_had_in_hand_is_done_by_another(filled_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "vouchline.db"
    shutil.copyfile(filled_template, path)
    with killing(f"sqlite:///{path}", tmp_path, seed=1) as scene:
        scene.round(30, standby=True)
        scene.drain()
        judge(scene.judge(), kills=1)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_twenty_kills_on_sqlite(filled_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "vouchline.db"
    shutil.copyfile(filled_template, path)
    kill(f"sqlite:///{path}", tmp_path, seed=2)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_twenty_kills_on_postgresql(
    postgres_database: postgres.TestDatabase, clock: ManualClock, keyring: Keyring, tmp_path: Path
) -> None:
    postgres_database.empty()
    database = Database(postgres_database.url)
    fill(database, clock, keyring)
    database.close()
    kill(postgres_database.url, tmp_path, seed=3)
