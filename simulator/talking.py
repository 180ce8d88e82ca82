"""Two legs in conversation, and how a Dial tells its end."""

from dataclasses import replace

from simulator.line import Line
from simulator.model import Bridge, Call, Step


def talk(line: Line, bridge: Bridge, *, star: bool = False, limit: float | None = None) -> None:
    """Until either side goes, `*` is pressed (with hangupOnStar) or the nominal limit is over."""
    call = line.call
    call.star_leaves, call.starred = star, False
    seconds = None if limit is None else line.network.settings.seconds(limit)
    try:
        line.wait(lambda: not bridge.open or call.starred, seconds)
    finally:
        call.star_leaves = False
        line.network.close_bridge(bridge)


def dial_report(action: Step | None, status: str, other: Call | None = None, *, talked: bool = False) -> Step | None:
    return replace(action, extra=dial_fields(status, other, talked=talked)) if action else None


def dial_fields(status: str, other: Call | None = None, *, talked: bool = False) -> dict[str, str]:
    """SID and duration are missing when nobody was reached, and after a conference."""
    fields = {"DialCallStatus": status, "DialBridged": "true" if talked else "false"}
    if other is not None:
        fields |= {"DialCallSid": other.sid, "DialCallDuration": str(other.seconds)}
    return fields
