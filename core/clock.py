"""Time as an argument: every due time and every entry is judged by one injected clock, in aware UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

import requests


class Clock(Protocol):
    """What the service asks for the time."""

    simulated: bool

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    simulated = False

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved; for tests and dry runs."""

    simulated = True

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware time")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by

    def set(self, to: datetime) -> None:
        self._now = to.astimezone(UTC)


class RemoteClock:
    """A clock kept by the simulator, so that several processes share one simulated time (development only)."""

    simulated = True

    def __init__(self, url: str, timeout: float = 1.0) -> None:
        self._url = url
        self._timeout = timeout

    def now(self) -> datetime:
        answer = requests.get(self._url, timeout=self._timeout)
        answer.raise_for_status()
        return datetime.fromisoformat(answer.text.strip()).astimezone(UTC)
