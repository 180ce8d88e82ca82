"""Calls.json: place, look up, redirect, end."""

from typing import Any
from urllib.parse import urlsplit

from flask import request

from simulator.errors import RestError
from simulator.fields import API_VERSION
from simulator.model import Call, Direction, Status, Step
from simulator.numbers import callable_address
from simulator.outbound import callback_of, converse_with, new_call, place
from simulator.rest import Json, Rest, date, missing, page, text, texts, whole
from simulator.verbs import HANDLERS

LONGEST_TWIML = 4000
DEFAULT_RING = 60
# Twilio's test credentials: numbers that always fail, for calls.
MAGIC_TO = {
    "+15005550001": (21217, "Phone number does not appear to be valid"),
    "+15005550002": (21214, "The phone number cannot be reached"),
    "+15005550003": (21215, "Account not authorized to make an international call"),
    "+15005550004": (21216, "This number is blocked"),
}


def add_call_routes(rest: Rest) -> None:
    network = rest.network

    @rest.route("/Calls.json", "POST", target="calls")
    def create() -> tuple[Json, int]:
        to, from_ = parties()
        step = following(required=True)
        callback = callback_of(
            checked_url(text("StatusCallback")), texts("StatusCallbackEvent"), text("StatusCallbackMethod")
        )
        call = new_call(network, to, from_, Direction.API, callback=callback)
        if text("FallbackUrl"):
            call.fallback = Step(text("FallbackUrl"), text("FallbackMethod", "POST"))
        body = call_json(rest, call)
        timeout = whole("Timeout", DEFAULT_RING, 1, 600)
        place(network, call, converse_with(step), HANDLERS, timeout, detect=text("MachineDetection"))
        return body, 201

    @rest.route("/Calls.json", "GET", target="calls")
    def list_all() -> Json:
        wanted = {name: request.args.get(name) for name in ("To", "From", "Status", "ParentCallSid")}
        with network.changed:
            rows = [call for call in reversed(network.calls.values()) if _fits(call, wanted)]
            return page("calls", [call_json(rest, call) for call in rows], rest.uri("Calls.json"))

    @rest.route("/Calls/<sid>.json", "GET", target="calls")
    def fetch(sid: str) -> Json:
        return call_json(rest, _known(rest, sid))

    @rest.route("/Calls/<sid>.json", "POST", target="calls")
    def update(sid: str) -> Json:
        call, status = _known(rest, sid), text("Status")
        if status:
            _end(rest, call, status)
        else:
            redirect(rest, call, following(required=True))
        return call_json(rest, call)


def redirect(rest: Rest, call: Call, step: Step) -> None:
    with rest.network.changed:
        if call.ended or (call.answered is None and call.direction is not Direction.INBOUND):
            raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
        call.redirect = step
        rest.network.changed.notify_all()


def _end(rest: Rest, call: Call, status: str) -> None:
    with rest.network.changed:
        if status not in {"completed", "canceled"}:
            raise RestError(400, 21218, f"Invalid ApplicationSid or Status: {status}")
        if status == "completed" and call.answered is not None:
            rest.network.end(call, Status.COMPLETED, "ended-by-api")
        elif call.answered is None:
            rest.network.end(call, Status.CANCELED, "ended-by-api")


def parties() -> tuple[str, str]:
    to, from_ = text("To"), text("From")
    if not to:
        raise RestError(400, 21201, "No 'To' number is specified")
    if not from_:
        raise RestError(400, 21213, "No 'From' number is specified")
    if to in MAGIC_TO:
        raise RestError(400, *MAGIC_TO[to])
    if not callable_address(to):
        raise RestError(400, 21211, "The 'To' number is not a valid phone number.")
    if not callable_address(from_) or from_ == "+15005550001":
        raise RestError(400, 21212, "The 'From' number is not a valid phone number.")
    return to, from_


def following(*, required: bool, url: str = "Url", method: str = "Method") -> Step:
    """The document that the parameters name: Twiml, else Url."""
    twiml, address = text("Twiml"), text(url)
    if len(twiml) > LONGEST_TWIML:
        raise RestError(400, 32018, f"Twiml is longer than {LONGEST_TWIML} characters")
    if twiml:
        return Step(twiml=twiml)
    if not address and required:
        raise RestError(400, 21205, "Url parameter is required.")
    return Step(checked_url(address), text(method, "POST").upper())


def checked_url(url: str) -> str:
    if url and not (url.startswith(("http://", "https://")) and urlsplit(url).hostname):
        raise RestError(400, 21205, f"Url is not a valid URL: {url}")
    return url


def _known(rest: Rest, sid: str) -> Call:
    call = rest.network.calls.get(sid)
    if call is None:
        raise missing()
    return call


def _fits(call: Call, wanted: dict[str, str | None]) -> bool:
    has = {"To": call.to, "From": call.from_, "Status": str(call.status), "ParentCallSid": call.parent}
    return all(value is None or has[name] == value for name, value in wanted.items())


def call_json(rest: Rest, call: Call) -> Json:
    uri = rest.uri(f"Calls/{call.sid}")
    answer: dict[str, Any] = {
        "sid": call.sid,
        "account_sid": call.account_sid,
        "parent_call_sid": call.parent,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.from_,
        "from_formatted": call.from_,
        "status": str(call.status),
        "direction": str(call.direction),
        "answered_by": call.extra.get("AnsweredBy"),
        "forwarded_from": call.extra.get("ForwardedFrom"),
        "caller_name": call.extra.get("CallerName"),
        "date_created": date(call.created),
        "date_updated": date(call.ended or call.answered or call.created),
        "start_time": date(call.created),
        "end_time": date(call.ended),
        "duration": str(call.seconds) if call.ended else None,
        "api_version": API_VERSION,
        "uri": f"{uri}.json",
        "subresource_uris": {},
    }
    unset = ("phone_number_sid", "price", "price_unit", "group_sid", "queue_time", "trunk_sid", "annotation")
    return dict.fromkeys(unset) | answer
