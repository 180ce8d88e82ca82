"""Status callbacks: sent beside the call, never holding it up. One call, text or conference keeps its order."""

import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime

import requests

from simulator.fields import of_call
from simulator.model import Call, Callback, Exchange, now
from simulator.webhook import Webhooks

LANES = 4


def stamp() -> str:
    """RFC 2822 in GMT, as every date of Twilio."""
    return format_datetime(now())


class Callbacks:
    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._lanes = [ThreadPoolExecutor(1, thread_name_prefix="callback") for _ in range(LANES)]
        self._closed = False
        self.sent: deque[Exchange] = deque(maxlen=1000)

    def send(self, owner: str, url: str, method: str, form: dict[str, str]) -> None:
        if not self._closed:
            self._lanes[hash(owner) % LANES].submit(self._deliver, url, method, form)

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

    def close(self) -> None:
        self._closed = True
        for lane in self._lanes:
            lane.shutdown(wait=True, cancel_futures=True)

    @staticmethod
    def _numbered(callback: Callback) -> dict[str, str]:
        sequence = callback.sequence
        callback.sequence += 1
        return {"Timestamp": stamp(), "SequenceNumber": str(sequence), "CallbackSource": "call-progress-events"}

    def _deliver(self, url: str, method: str, form: dict[str, str]) -> None:
        if self._closed:
            return
        started = time.monotonic()
        status: int | None = None
        problem = ""
        try:
            status = self._webhooks.notify(url, method, form)
        except (requests.RequestException, ValueError) as error:  # best effort, as Twilio's
            problem = type(error).__name__
        self.sent.append(Exchange(url, method, status, round((time.monotonic() - started) * 1000), problem))
