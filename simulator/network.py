"""The network: what exists, who hears what, how a call ends. One lock guards the state; it is never held over HTTP."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from simulator.callbacks import Callbacks
from simulator.faults import Faults
from simulator.feed import Event, Feed
from simulator.model import Bridge, Call, Conference, Queue, Status, Text, now
from simulator.settings import Settings
from simulator.webhook import Webhooks

KEPT_CALLS = 5000


@dataclass(slots=True)
class Profile:
    """How a phone takes calls. `answers`: ring (a person decides), auto, busy, off."""

    answers: str = "ring"
    machine: bool = False


class Network:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.changed = threading.Condition(threading.RLock())
        self.webhooks = Webhooks(settings)
        self.callbacks = Callbacks(self.webhooks)
        self.faults = Faults()
        self.profiles: dict[str, Profile] = {}
        self.calls: dict[str, Call] = {}
        self.queues: dict[str, Queue] = {}
        self.conferences: deque[Conference] = deque(maxlen=KEPT_CALLS)
        self.texts: dict[str, Text] = {}
        self.closed = False
        self.clock_offset = timedelta()  # of the clock that a service in development may read
        self._feeds: dict[str, Feed] = {}
        self._threads: set[threading.Thread] = set()

    # -- what phones hear

    def feed(self, number: str) -> Feed:
        with self.changed:
            return self._feeds.setdefault(number, Feed())

    def tell(self, number: str, kind: str, **fields: Any) -> None:
        with self.changed:
            self.feed(number).add(kind, fields)
            self.changed.notify_all()

    def emit(self, call: Call, kind: str, **fields: Any) -> None:
        self.tell(call.phone, kind, call=call.sid, **fields)

    def events(self, number: str, cursor: int, wait: float) -> list[Event]:
        """Events after the cursor; waits up to `wait` real seconds for the first one."""
        with self.changed:
            feed = self.feed(number)
            self.changed.wait_for(lambda: self.closed or feed.last > cursor, wait)
            return feed.after(cursor)

    # -- calls

    def add_call(self, call: Call) -> None:
        with self.changed:
            self.calls[call.sid] = call
            if len(self.calls) > KEPT_CALLS:
                done = next((sid for sid, old in self.calls.items() if old.ended), None)
                self.calls.pop(done or "", None)

    def live_calls(self, number: str) -> list[Call]:
        with self.changed:
            return [call for call in self.calls.values() if call.phone == number and call.ended is None]

    def answer(self, call: Call) -> None:
        with self.changed:
            if call.answered is None and call.ended is None:
                call.answered = now()
                call.status = Status.IN_PROGRESS
                self.emit(call, "answered")

    def end(self, call: Call, status: Status, reason: str) -> bool:
        """False when it was over before. Whoever is first decides the reason."""
        with self.changed:
            if call.ended is not None:
                return False
            call.status, call.ended, call.reason = status, now(), reason
            self.emit(call, "ended", status=str(status), reason=reason)
            return True

    def hang_up(self, call: Call, reason: str) -> bool:
        """Ends a call in the way that fits its state: a talk is completed, a ringing one is cancelled."""
        with self.changed:
            answered = call.answered is not None
            return self.end(call, Status.COMPLETED if answered else Status.CANCELED, reason)

    # -- bridges

    def open_bridge(self, first: Call, second: Call) -> Bridge | None:
        """None when one of the two has gone meanwhile."""
        with self.changed:
            if first.ended or second.ended:
                return None
            bridge = Bridge((first, second))
            for call, other in ((first, second), (second, first)):
                call.bridge = bridge
                call.inputs.clear()
                self.emit(call, "bridged", other=other.phone, other_call=other.sid)
            return bridge

    def close_bridge(self, bridge: Bridge) -> None:
        with self.changed:
            if not bridge.open:
                return
            bridge.open = False
            for call in bridge.legs:
                call.bridge = None
                if call.ended is None:
                    self.emit(call, "unbridged")
            self.changed.notify_all()

    # -- threads

    def spawn(self, work: Callable[[], None], name: str) -> None:
        def run() -> None:
            try:
                work()
            finally:
                with self.changed:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name=name, daemon=True)
        with self.changed:
            if self.closed:
                return
            self._threads.add(thread)
        thread.start()

    def threads(self) -> int:
        """How many calls and texts are still at work."""
        with self.changed:
            return len(self._threads)

    def pause(self, seconds: float) -> bool:
        """Sleeps outside of any call. False when the network closed meanwhile."""
        with self.changed:
            return not self.changed.wait_for(lambda: self.closed, seconds)

    def reset(self) -> None:
        """Ends every call and forgets texts, events, faults and phones: a fresh network on the same port."""
        with self.changed:
            for call in list(self.calls.values()):
                self.hang_up(call, "reset")
            for feed in self._feeds.values():
                feed.events.clear()  # numbers go on, so that cursors stay true
            self.profiles.clear()
            self.texts.clear()
            self.faults.clear()
            self.clock_offset = timedelta()
            self.changed.notify_all()

    def close(self, patience: float = 3.0) -> None:
        with self.changed:
            self.closed = True
            for call in list(self.calls.values()):
                self.hang_up(call, "network-closed")
            self.changed.notify_all()
            threads = list(self._threads)
        deadline = time.monotonic() + patience
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self.callbacks.close()
