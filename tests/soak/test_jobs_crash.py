"""The full count of kills, with one place and with four."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.database import Database
from tests.core.jobs_crash import rounds

KILLS = 20


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("places", [1, 4])
def test_each_kill_repeats_at_most_one_job_for_each_place(database: Database, tmp_path: Path, places: int) -> None:
    url = database.url.render_as_string(hide_password=False)
    verdict = rounds(url, tmp_path, kills=KILLS, places=places, seed=places)
    print(verdict)  # noqa: T201 - the figures of ADR 1
    assert (verdict.lost, verdict.orphans) == (0, 0)
    assert verdict.repeated <= KILLS * places
