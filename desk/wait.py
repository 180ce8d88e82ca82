"""How long a wait will be: pure, and honest about what is not known.

The median of what recent callers of the same skill waited. For someone who has waited already, only those count who
waited longer: what they still had before them. Callers who wait now and have waited longer than that median count with
their time so far, so that a queue that has come to a stop does not promise what it did an hour ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from statistics import median as middle

RECENT = timedelta(hours=1)
SAMPLES = 25
FEWEST = 3


def expected(recent: Sequence[timedelta], waiting: Sequence[timedelta], waited: timedelta) -> timedelta | None:
    """What is still to come for someone who has `waited`; None when too little is known to say."""
    if len(recent) < FEWEST:
        return None
    usual = _median(recent)
    told = [*recent, *(so_far for so_far in waiting if so_far > usual)]
    ahead = [sample - waited for sample in told if sample > waited]
    return _median(ahead) if len(ahead) >= FEWEST else None


def _median(times: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=middle([time.total_seconds() for time in times]))
