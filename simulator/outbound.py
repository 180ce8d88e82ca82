"""A call that the network places: it rings a phone, waits for an answer, then does what it was made for."""

from simulator.line import Body, Handler, Line
from simulator.model import Call, Callback, Direction, Status, Step, new_sid
from simulator.network import Network, Profile
from simulator.numbers import phone_of

EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})


def new_call(
    network: Network,
    to: str,
    from_: str,
    direction: Direction,
    *,
    parent: Call | None = None,
    callback: Callback | None = None,
) -> Call:
    call = Call(
        sid=new_sid("CA"),
        account_sid=network.settings.account_sid,
        phone=phone_of(to),
        from_=from_,
        to=to,
        direction=direction,
        parent=parent.sid if parent else None,
        callback=callback,
    )
    network.add_call(call)
    return call


def place(
    network: Network, call: Call, body: Body, handlers: dict[str, Handler], timeout: float, *, detect: str = ""
) -> None:
    """Rings on a thread of its own; `body` runs once the phone has answered."""
    line = Line(network, call, handlers)

    def ring_then(line: Line) -> None:
        ring(line, timeout, detect)
        body(line)

    network.spawn(lambda: line.live(ring_then), f"call-{call.sid[:8]}")


def ring(line: Line, timeout: float, detect: str) -> None:
    """Returns once answered; otherwise ends the call, which raises Ended."""
    network, call = line.network, line.call
    network.callbacks.call_event(call, "initiated")
    profile = network.profiles.get(call.phone, Profile())
    if profile.answers == "busy":
        network.end(call, Status.BUSY, "busy")
    elif profile.answers == "off":
        network.end(call, Status.FAILED, "unreachable")
    line.check()
    with network.changed:
        call.status = Status.RINGING
        network.emit(call, "ringing", from_=call.from_, to=call.to, parent=call.parent)
    network.callbacks.call_event(call, "ringing")
    if profile.answers == "auto" or profile.machine:
        network.answer(call)
    with network.changed:
        if not line.wait(lambda: call.answered is not None, network.settings.seconds(timeout)):
            network.end(call, Status.NO_ANSWER, "no-answer")
        line.check()
        if detect:
            call.extra["AnsweredBy"] = _answered_by(profile, detect)
    network.callbacks.call_event(call, "answered")


def _answered_by(profile: Profile, detect: str) -> str:
    if not profile.machine:
        return "human"
    return "machine_end_beep" if detect == "DetectMessageEnd" else "machine_start"


def callback_of(url: str | None, events: list[str], method: str = "POST") -> Callback | None:
    """Names may come in one string, separated by spaces, as in TwiML."""
    if not url:
        return None
    named = frozenset(name for text in events for name in text.split()) & EVENTS
    return Callback(url, named or frozenset({"completed"}), method or "POST")


def converse_with(step: Step) -> Body:
    def body(line: Line) -> None:
        line.converse(step, line.room)

    return body
