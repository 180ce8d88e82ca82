"""How long the desk asks a carrier that does not answer: a caller with an agent in the room is not given up soon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from carrier.results import DeliveryError, Kind
from core.jobs import Retry
from core.jobs.store import Job
from desk import tasks, work


def test_a_carrier_that_is_away_is_asked_again_for_half_a_minute() -> None:
    error, waited = DeliveryError("http-503", permanent=False, kind=Kind.UNREACHABLE), timedelta()
    for attempt in range(1, work.MOST_TRIES):
        job = Job("1", tasks.CONNECT, {}, attempt, datetime(2026, 11, 18, tzinfo=UTC), None)
        with pytest.raises(Retry) as again:
            work.again(job, error)
        waited += again.value.after
    assert timedelta(seconds=25) < waited < timedelta(minutes=1)
