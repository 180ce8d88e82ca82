"""The phones' own face: JSON over HTTP under /sim, for terminals and tests. Loopback only; it has no password."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from simulator import phones
from simulator.errors import NoSuchPhoneCall
from simulator.faults import Fault
from simulator.model import Call
from simulator.network import Network, Profile
from simulator.texts import texts_of

LONGEST_WAIT = 25.0
ANSWERS = frozenset({"ring", "auto", "busy", "off"})


def phone_blueprint(network: Network) -> Blueprint:
    face = Blueprint("phones", __name__, url_prefix="/sim")
    face.register_error_handler(NoSuchPhoneCall, lambda error: ({"error": str(error)}, 409))
    face.register_error_handler(ValueError, lambda error: ({"error": str(error)}, 400))
    _add_phone(face, network)
    _add_call(face, network)
    _add_network(face, network)
    _add_faults(face, network)
    _add_clock(face, network)
    return face


def _add_phone(face: Blueprint, network: Network) -> None:
    @face.post("/phones")
    def register() -> ResponseReturnValue:
        body = _body()
        answers = str(body.get("answers", "ring"))
        if answers not in ANSWERS:
            raise ValueError(f"answers is one of {', '.join(sorted(ANSWERS))}")
        number = _text(body, "number")
        with network.changed:
            network.profiles[number] = Profile(answers, bool(body.get("machine", False)))
            live = {call.sid for call in network.live_calls(number)}
            cursor = network.feed(number).before(live)
        return {"number": number, "cursor": cursor}

    @face.get("/phones/<number>/events")
    def events(number: str) -> ResponseReturnValue:
        wait = min(request.args.get("wait", 0.0, type=float), LONGEST_WAIT)
        return {"events": network.events(number, request.args.get("after", 0, type=int), wait)}

    @face.get("/phones/<number>/texts")
    def texts(number: str) -> ResponseReturnValue:
        rows = [
            {"sid": one.sid, "from": one.from_, "body": one.body, "at": one.updated.isoformat()}
            for one in texts_of(network, number)
        ]
        return {"texts": rows}


def _add_call(face: Blueprint, network: Network) -> None:
    @face.post("/phones/<number>/calls")
    def dial(number: str) -> ResponseReturnValue:
        body = _body()
        call = phones.dial(network, number, _text(body, "to"), shown=str(body.get("from") or ""), extra=_extra(body))
        return {"call": call.sid}, 201

    @face.post("/phones/<number>/<verb>")
    def act(number: str, verb: str) -> ResponseReturnValue:
        body = _body()
        sid = body.get("call")
        call = phones.current(network, number, str(sid) if sid else None)
        return {"call": call.sid, "heard_by": _act(network, call, verb, body)}


def _act(network: Network, call: Call, verb: str, body: dict[str, Any]) -> list[str]:
    if verb == "keys":
        phones.press(network, call, _text(body, "digits"))
    elif verb == "silence":
        phones.keep_silent(network, call)
    elif verb == "say":
        return phones.speak(network, call, _text(body, "text"))
    elif verb == "answer":
        phones.pick_up(network, call)
    elif verb == "hangup":
        phones.put_down(network, call)
    else:
        raise ValueError(f"a phone cannot {verb}")
    return []


def _add_network(face: Blueprint, network: Network) -> None:
    @face.get("/calls/<sid>")
    def one_call(sid: str) -> ResponseReturnValue:
        call = network.calls.get(sid)
        if call is None:
            return {"error": "no such call"}, 404
        return {
            "sid": call.sid,
            "from": call.from_,
            "to": call.to,
            "status": str(call.status),
            "reason": call.reason,
            "errors": call.errors,
            "requests": [asdict(exchange) for exchange in list(call.trace)],
        }

    @face.get("/callbacks")
    def callbacks() -> ResponseReturnValue:
        return {"callbacks": [asdict(exchange) for exchange in list(network.callbacks.sent)]}

    @face.post("/reset")
    def reset() -> ResponseReturnValue:
        network.reset()
        return jsonify({})


def _add_faults(face: Blueprint, network: Network) -> None:
    @face.post("/faults")
    def add_fault() -> ResponseReturnValue:
        body = _body()
        try:
            network.faults.add(Fault(**body))
        except TypeError as error:
            raise ValueError("a fault has target, kind, times, code, seconds") from error
        return {}, 201

    @face.delete("/faults")
    def clear_faults() -> ResponseReturnValue:
        network.faults.clear()
        return {}


def _add_clock(face: Blueprint, network: Network) -> None:
    @face.get("/clock")
    def clock() -> ResponseReturnValue:
        moment = datetime.now(UTC) + network.clock_offset
        return moment.isoformat(), 200, {"Content-Type": "text/plain"}

    @face.post("/clock")
    def move_clock() -> ResponseReturnValue:
        """{"now": ISO 8601 with zone} or {"advance": seconds}."""
        body = _body()
        if "now" in body:
            moment = datetime.fromisoformat(_text(body, "now"))
            if moment.tzinfo is None:
                raise ValueError("now needs a zone")
            network.clock_offset = moment - datetime.now(UTC)
        else:
            network.clock_offset += timedelta(seconds=float(body.get("advance", 0)))
        return {}


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ValueError("the body is not a JSON object")  # noqa: TRY004 - the caller's fault, answered with 400
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is missing")
    return value.strip()


def _extra(body: dict[str, Any]) -> dict[str, str]:
    """Form fields beyond the usual: what the carrier may tell about this call."""
    named = {"attest": "StirVerstat", "forwarded_from": "ForwardedFrom", "caller_name": "CallerName"}
    extra = {field: str(body[name]) for name, field in named.items() if body.get(name)}
    fields = body.get("fields") or {}
    if not isinstance(fields, dict):
        raise ValueError("fields is not an object")  # noqa: TRY004 - the caller's fault, answered with 400
    return extra | {str(name): str(value) for name, value in fields.items()}
