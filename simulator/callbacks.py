"""Status callbacks: sent beside the call, never holding it up. One call, text or conference keeps its order."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from email.utils import format_datetime
from queue import SimpleQueue

import requests

from simulator.fields import of_call
from simulator.model import Call, Callback, Exchange, now
from simulator.webhook import Webhooks

LANES = 4


def stamp() -> str:
    """RFC 2822 in GMT, as every date of Twilio."""
    return format_datetime(now())


@dataclass(frozen=True, slots=True)
class _Notice:
    url: str
    method: str
    form: dict[str, str] = field(repr=False)


class Callbacks:
    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._lanes: list[SimpleQueue[_Notice | None]] = [SimpleQueue() for _ in range(LANES)]
        self._threads = [threading.Thread(target=self._work, args=(lane,), daemon=True) for lane in self._lanes]
        self._closed = False
        for thread in self._threads:
            thread.start()
        self.sent: deque[Exchange] = deque(maxlen=1000)

    def send(self, owner: str, url: str, method: str, form: dict[str, str]) -> None:
        if not self._closed:
            self._lanes[hash(owner) % LANES].put(_Notice(url, method, form))

    def call_event(self, call: Call, event: str) -> None:
        """Must be called once the call's status says what the event says."""
        callback = call.callback
        if callback is None or event not in callback.events:
            return
        form = of_call(call) | self._numbered(callback)
        if event == "initiated":
            form["CallStatus"] = "initiated"
        if event == "completed":
            form |= {"CallDuration": str(call.seconds), "Duration": str(-(-call.seconds // 60))}
        self.send(call.sid, callback.url, callback.method, form)

    def conference_event(self, owner: str, callback: Callback, form: dict[str, str]) -> None:
        self.send(owner, callback.url, callback.method, form | self._numbered(callback))

    def close(self, patience: float = 2.0) -> None:
        """What was not sent is dropped; a request under way gets a moment."""
        self._closed = True
        for lane in self._lanes:
            lane.put(None)
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    @staticmethod
    def _numbered(callback: Callback) -> dict[str, str]:
        sequence = callback.sequence
        callback.sequence += 1
        return {"Timestamp": stamp(), "SequenceNumber": str(sequence), "CallbackSource": "call-progress-events"}

    def _work(self, lane: SimpleQueue[_Notice | None]) -> None:
        while (notice := lane.get()) is not None:
            if not self._closed:
                self.sent.append(self._deliver(notice))

    def _deliver(self, notice: _Notice) -> Exchange:
        started = time.monotonic()
        status: int | None = None
        problem = ""
        try:
            status = self._webhooks.notify(notice.url, notice.method, notice.form)
        except (requests.RequestException, ValueError) as error:  # best effort, as Twilio's
            problem = type(error).__name__
        milliseconds = round((time.monotonic() - started) * 1000)
        return Exchange(notice.url, notice.method, status, milliseconds, problem)
