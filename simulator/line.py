"""One call on its own thread: it fetches documents, carries out their verbs, and is interrupted at any wait.

The thread only ever waits in `wait` (for the network's condition) or in an HTTP request with a time-out. Whoever ends
or redirects a call changes its state under the lock and wakes the condition; the thread then leaves by an exception,
and each verb cleans up after itself on the way out.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from simulator import fields
from simulator.errors import ApplicationError, Ended, HungUp, LeftQueue, Redirected, Stopped
from simulator.model import Call, Exchange, Status, Step
from simulator.network import Network
from simulator.twiml import TOP, Document, Verb

MAX_IDLE_REDIRECTS = 50  # <Redirect> without a pause between: a circle that Twilio would run for ever
BREATH = 0.2  # real seconds between two fetches of a waiting document
SORRY = "We are sorry, an application error has occurred. Goodbye."
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """Where a document runs: the verbs allowed there, and whether its pauses always take their time."""

    name: str
    verbs: frozenset[str]
    slow: bool = False


CALL = Room("a call", TOP - {"Leave"})
QUEUE = Room(
    "a queue's waitUrl", frozenset({"Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather"}), slow=True
)
MUSIC = Room("a conference's waitUrl", frozenset({"Play", "Say", "Pause", "Redirect"}), slow=True)
WHISPER = Room("a whisper to the called party", frozenset({"Play", "Say", "Pause", "Gather", "Redirect", "Hangup"}))
ANNOUNCEMENT = Room("a queue's announcement", frozenset({"Play", "Say", "Pause", "Redirect"}))

Handler = Callable[["Line", Verb, Document], Step | None]
Body = Callable[["Line"], None]


def never() -> bool:
    return False


class Line:
    def __init__(self, network: Network, call: Call, handlers: Mapping[str, Handler]) -> None:
        self.network = network
        self.call = call
        self.room = CALL
        self.handlers = handlers
        self.skipped = 0.0  # nominal seconds that took no time because the network is not patient
        self._session = network.webhooks.session()
        self._idle = 0
        self._fetched = 0.0

    # -- waiting

    def check(self) -> None:
        """Raises what takes the call out of its document, if anything does."""
        call = self.call
        if call.ended is not None:
            raise Ended
        if call.redirect is not None:
            raise Redirected
        for depth, stop in enumerate(call.stops):
            if stop():
                raise Stopped(depth)

    def wait(self, ready: Callable[[], bool], seconds: float | None = None) -> bool:
        """True once `ready`, False after so many real seconds. An interruption wins over both."""
        changed = self.network.changed
        with changed:
            changed.wait_for(lambda: ready() or self._interrupted(), seconds)
            self.check()
            return ready()

    def spend(self, nominal: float | None, ready: Callable[[], bool] = never) -> None:
        """Lets nominal seconds pass (None: for ever) unless `ready` comes first."""
        settings = self.network.settings
        if nominal is None:
            self.wait(ready)
        elif self.room.slow or settings.patient:
            self.wait(ready, settings.seconds(nominal))
        else:
            self.skipped += nominal
            self.check()

    def breathe(self) -> None:
        """Keeps a document that fetches itself again from spinning."""
        rest = BREATH - (time.monotonic() - self._fetched)
        if rest > 0:
            self.wait(never, rest)

    def _interrupted(self) -> bool:
        call = self.call
        return call.ended is not None or call.redirect is not None or any(stop() for stop in call.stops)

    # -- documents

    def converse(self, step: Step | None, room: Room) -> None:
        """Runs a document and whatever it leads to, until one ends."""
        with self.within(room):
            while step is not None:
                step = self._run(self.document(step))

    @contextmanager
    def within(self, room: Room) -> Iterator[None]:
        previous, self.room = self.room, room
        try:
            yield
        finally:
            self.room = previous

    def document(self, step: Step) -> Document:
        self.check()
        self._fetched = time.monotonic()
        document, lost = self._ask(step)
        self.check()
        for warning in document.warnings:
            self.network.emit(self.call, "warning", message=warning)
        if lost:
            self.network.emit(self.call, "warning", message="the action answered 3xx: Digits are not sent again")
        return document

    def report(self, step: Step | None, extra: dict[str, str]) -> None:
        """Tells an action URL how a verb ended on a call that no longer listens to the answer."""
        if step is None:
            return
        try:
            self._ask(replace(step, extra=extra))
        except ApplicationError as error:
            self.network.emit(self.call, "warning", message=f"{error.message} (answer not needed)", url=error.url)

    def step(self, verb: Verb, document: Document, url: str = "action", method: str = "method") -> Step | None:
        """The step that an attribute names; None when it is not there or empty."""
        target = verb.get(url)
        return Step(self.address(target, document), _method(verb, method)) if target else None

    def address(self, url: str, document: Document) -> str:
        full = urljoin(document.base, url)
        if not full.startswith(("http://", "https://")):
            raise ApplicationError(11100, f"{url!r} is relative, and a document given through REST has no base")
        return full

    def redirected_to(self, step: Step) -> Step:
        """Guards <Redirect> against circles."""
        if self.room.slow:
            self.breathe()
        elif self.skipped:
            self.wait(never, min(BREATH, self.network.settings.seconds(self.skipped)))
            self.skipped, self._idle = 0.0, 0
        else:
            self._idle += 1
        if self._idle > MAX_IDLE_REDIRECTS:
            raise ApplicationError(12100, f"more than {MAX_IDLE_REDIRECTS} redirects without a pause", step.url)
        return step

    def input_taken(self) -> None:
        self._idle = 0

    def linger(
        self,
        until: Callable[[], bool],
        music: Step | None,
        room: Room,
        extra: Callable[[], dict[str, str]] = dict,
        *,
        once: bool = False,
    ) -> None:
        """Waits, with a document played again and again (or once), until the reason to wait has gone."""
        stops = self.call.stops
        depth = len(stops)
        stops.append(until)
        try:
            while True:
                if music is None:
                    self.wait(never)
                else:
                    self.converse(replace(music, extra=extra()), room)
                    if once:
                        return
                    self.breathe()
        except Stopped as stop:
            if stop.depth != depth:
                raise
        finally:
            stops.pop()

    def _ask(self, step: Step) -> tuple[Document, bool]:
        call, trace = self.call, list[Exchange]()
        try:
            return self.network.webhooks.document(self._session, step, fields.of_call(call), trace)
        finally:
            call.trace.extend(trace)

    def _run(self, document: Document) -> Step | None:
        for verb in document.verbs:
            self.check()
            if verb.name not in self.room.verbs:
                raise ApplicationError(12200, f"<{verb.name}> is not allowed in {self.room.name}", document.base)
            self._answer_for(verb)
            following = self.handlers[verb.name](self, verb, document)
            if following is not None:
                return following
        return None

    def _answer_for(self, verb: Verb) -> None:
        """Some first verbs leave an inbound call ringing."""
        call = self.call
        rings_on = verb.name == "Dial" and verb.flag("answerOnBridge", default=False)
        if call.answered is None and verb.name not in {"Reject", "Pause"} and not rings_on:
            self.network.answer(call)

    # -- the life of a call

    def live(self, body: Body) -> None:
        network, call = self.network, self.call
        try:
            self._until_over(body)
        except Exception:  # a fault of the simulator must end this call, not the server
            log.exception("call %s", call.sid)
            network.end(call, Status.FAILED, "simulator-error")
        finally:
            self._session.close()
            network.callbacks.call_event(call, "completed")

    def _until_over(self, body: Body) -> None:
        network, call = self.network, self.call
        following: Body | None = body
        while following is not None:
            try:
                following(self)
                network.end(call, Status.COMPLETED, "document-ended")
                return
            except Ended:
                return
            except HungUp as end:
                network.end(call, Status(end.status), end.reason)
                return
            except Redirected:
                following = self._redirect()
            except ApplicationError as error:
                following = self._failed(error)
            except LeftQueue:
                following = self._failed(ApplicationError(12200, "<Leave> outside of a queue"))

    def _redirect(self) -> Body:
        call = self.call
        step, call.redirect = call.redirect, None
        call.inputs.clear()
        return lambda line: line.converse(step, CALL)

    def _failed(self, error: ApplicationError) -> Body | None:
        network, call = self.network, self.call
        fault = {"code": error.code, "message": error.message, "url": error.url}
        call.errors.append(fault)
        network.emit(call, "error", **fault)
        step, call.fallback = call.fallback, None
        if step is None or call.ended is not None:
            network.emit(call, "said", text=SORRY, voice="", language="en")
            network.end(call, Status.COMPLETED if call.answered else Status.FAILED, "application-error")
            return None
        extra = {"ErrorCode": str(error.code), "ErrorUrl": error.url}
        return lambda line: line.converse(replace(step, extra=extra), CALL)


def _method(verb: Verb, name: str) -> str:
    method = verb.get(name, "POST").upper()
    if method not in {"GET", "POST"}:
        raise ApplicationError(12200, f'<{verb.name} {name}="{method}"> is neither GET nor POST')
    return method
