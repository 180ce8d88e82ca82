"""kill -9 under load: nothing acknowledged is lost, nothing runs without its fact, at most one repeat for each kill."""

from __future__ import annotations

from pathlib import Path

from core.database import Database
from tests.core.jobs_crash import rounds

KILLS = 5


def test_killed_at_random_moments_nothing_is_lost_and_little_repeated(database: Database, tmp_path: Path) -> None:
    url = database.url.render_as_string(hide_password=False)
    verdict = rounds(url, tmp_path, kills=KILLS, places=1, seed=2026)
    assert verdict.acknowledged > 0
    assert (verdict.lost, verdict.orphans) == (0, 0)
    assert verdict.repeated <= KILLS
