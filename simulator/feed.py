"""What each phone hears and sees, as numbered events that a client reads with a cursor.

An event is a JSON object: `id` (grows by one per phone), `at` (UTC, ISO 8601), `kind`, `call` (its sid, absent for
texts) and the fields of its kind. Kinds: calling, ringing, answered, said, playing, paused, gather, queued, dequeued,
dialing, bridged, unbridged, joined, conference-started, left, on-hold, off-hold, muted, unmuted, beep, heard, text,
warning, error, ended.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from simulator.model import now

Event = dict[str, Any]
KEPT_EVENTS = 5000


@dataclass(slots=True)
class Feed:
    """Events of one phone number. The oldest go first when there are too many."""

    events: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    last: int = 0

    def add(self, kind: str, fields: Event) -> Event:
        self.last += 1
        event = {"id": self.last, "at": now().isoformat(), "kind": kind, **fields}
        self.events.append(event)
        return event

    def before(self, calls: set[str]) -> int:
        """The cursor of someone who comes now: what has ended is past, calls that live are heard from their start."""
        first = next((event["id"] for event in self.events if event.get("call") in calls), self.last + 1)
        return int(first) - 1

    def after(self, cursor: int) -> list[Event]:
        if cursor >= self.last:
            return []
        return [event for event in self.events if event["id"] > cursor]
