"""The form fields of a voice webhook. The set is open: empty place fields are sent and signed, as Twilio does."""

from simulator.model import Call, Direction

API_VERSION = "2010-04-01"
_PLACES = tuple(
    f"{who}{what}" for who in ("From", "To", "Caller", "Called") for what in ("City", "State", "Zip", "Country")
)


def of_call(call: Call) -> dict[str, str]:
    fields = dict.fromkeys(_PLACES, "") if call.direction is Direction.INBOUND else {}
    fields |= {
        "CallSid": call.sid,
        "AccountSid": call.account_sid,
        "From": call.from_,
        "To": call.to,
        "Caller": call.from_,
        "Called": call.to,
        "CallStatus": str(call.status),
        "Direction": str(call.direction),
        "ApiVersion": API_VERSION,
    }
    if call.parent is not None:
        fields["ParentCallSid"] = call.parent
    return fields | call.extra
