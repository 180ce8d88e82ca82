"""What a person does with a telephone: dial, press, speak, answer, hang up."""

from simulator.conferences import listeners
from simulator.errors import NoSuchPhoneCall
from simulator.gather import KEYS
from simulator.line import Line
from simulator.model import Call, Callback, Direction, InputKind, Status, Step
from simulator.network import Network
from simulator.outbound import converse_with, new_call
from simulator.verbs import HANDLERS


def dial(network: Network, number: str, to: str, *, shown: str = "", extra: dict[str, str] | None = None) -> Call:
    """A call into the service. `shown` is the caller ID where it is not the phone's own number."""
    settings = network.settings
    call = new_call(network, to, shown or number, Direction.INBOUND)
    call.phone, call.status, call.extra = number, Status.RINGING, dict(extra or {})
    if settings.status_url:
        call.callback = Callback(settings.status_url, frozenset({"completed"}))
    if settings.fallback_url:
        call.fallback = Step(settings.fallback_url)
    network.emit(call, "calling", to=to)
    line = Line(network, call, HANDLERS)
    network.spawn(lambda: line.live(converse_with(Step(settings.voice_url))), f"call-{call.sid[:8]}")
    return call


def press(network: Network, call: Call, digits: str) -> None:
    if not digits or set(digits) - KEYS:
        raise ValueError("a telephone has the keys 0 to 9, * and #")
    with network.changed:
        _must_live(call)
        if call.bridge is not None or call.participant is not None:
            call.starred = call.starred or (call.star_leaves and "*" in digits)
        else:
            call.inputs.extend((InputKind.KEY, key) for key in digits)
        network.changed.notify_all()


def keep_silent(network: Network, call: Call) -> None:
    """The open Gather, or the next one, times out at once."""
    with network.changed:
        _must_live(call)
        call.inputs.append((InputKind.SILENCE, ""))
        network.changed.notify_all()


def speak(network: Network, call: Call, words: str) -> list[str]:
    """Says words to whoever is on the line; the phones that heard them."""
    with network.changed:
        _must_live(call)
        heard: list[Call] = []
        if call.participant is not None:
            heard = listeners(call.participant)
        elif call.bridge is not None:
            heard = [call.bridge.other(call)]
        else:
            call.inputs.append((InputKind.SPEECH, words))
        for other in heard:
            network.emit(other, "heard", text=words, who=call.phone)
        network.changed.notify_all()
        return [other.phone for other in heard]


def pick_up(network: Network, call: Call) -> None:
    with network.changed:
        _must_live(call)
        if call.direction is Direction.INBOUND or call.status is not Status.RINGING:
            raise NoSuchPhoneCall("the phone does not ring")
        network.answer(call)


def put_down(network: Network, call: Call) -> None:
    """Also declines a call that rings. Nothing happens to a call that is over."""
    with network.changed:
        if call.answered is not None:
            network.end(call, Status.COMPLETED, "hung-up")
        elif call.direction is Direction.INBOUND:
            network.end(call, Status.NO_ANSWER, "hung-up")
        else:
            network.end(call, Status.BUSY, "declined")


def current(network: Network, number: str, sid: str | None) -> Call:
    """The call named, else the phone's latest one. Raises NoSuchPhoneCall."""
    with network.changed:
        if sid:
            call = network.calls.get(sid)
            if call is None or call.phone != number:
                raise NoSuchPhoneCall(f"{number} has no call {sid}")
            return call
        live = network.live_calls(number)
        if not live:
            raise NoSuchPhoneCall(f"{number} is in no call")
        return live[-1]


def _must_live(call: Call) -> None:
    if call.ended is not None:
        raise NoSuchPhoneCall("the call is over")
