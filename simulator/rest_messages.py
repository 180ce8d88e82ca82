"""Messages.json: send and look up, with the numbers of Twilio's test credentials that always fail."""

from typing import Any

from flask import request

from simulator.errors import RestError
from simulator.fields import API_VERSION
from simulator.model import Text, new_sid
from simulator.numbers import E164
from simulator.rest import Json, Rest, date, missing, page, text, whole
from simulator.rest_calls import checked_url
from simulator.texts import submit

LONGEST_BODY = 1600
LONGEST_VALIDITY = 36000
MAGIC_FROM = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number."),
    "+15005550007": (21606, "The 'From' number is not SMS-capable or not owned by your account."),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}
MAGIC_TO = {
    "+15005550001": (21211, "The 'To' number is not a valid phone number."),
    "+15005550002": (21612, "The 'To' number is not currently reachable via SMS"),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}


def add_message_routes(rest: Rest) -> None:
    network = rest.network

    @rest.route("/Messages.json", "POST", target="messages")
    def create_message() -> tuple[Json, int]:
        message = _checked()
        body = message_json(rest, message)
        submit(network, message)
        return body, 201

    @rest.route("/Messages.json", "GET", target="messages")
    def list_messages() -> Json:
        to, from_ = request.args.get("To"), request.args.get("From")
        with network.changed:
            rows = [
                message_json(rest, one)
                for one in reversed(network.texts.values())
                if to in {None, one.to} and from_ in {None, one.from_}
            ]
        return page("messages", rows, rest.uri("Messages.json"))

    @rest.route("/Messages/<sid>.json", "GET", target="messages")
    def fetch_message(sid: str) -> Json:
        message = network.texts.get(sid)
        if message is None:
            raise missing()
        return message_json(rest, message)


def _checked() -> Text:
    to, from_, body = text("To"), text("From") or text("MessagingServiceSid"), request.form.get("Body", "")
    if not to:
        raise RestError(400, 21604, "A 'To' phone number is required.")
    if not from_:
        raise RestError(400, 21603, "A 'From' phone number is required.")
    if not body:
        raise RestError(400, 21602, "Message body is required.")
    if len(body) > LONGEST_BODY:
        raise RestError(400, 21617, f"The concatenated message body exceeds the {LONGEST_BODY} character limit")
    for number, magic in ((to, MAGIC_TO), (from_, MAGIC_FROM)):
        if number in magic:
            raise RestError(400, *magic[number])
    if not E164.fullmatch(to):
        raise RestError(400, *MAGIC_TO["+15005550001"])
    callback = checked_url(text("StatusCallback")) or None
    return Text(
        new_sid("SM"), from_, to, body, callback, whole("ValidityPeriod", LONGEST_VALIDITY, 1, LONGEST_VALIDITY)
    )


def message_json(rest: Rest, message: Text) -> Json:
    single = 160 if message.body.isascii() else 70
    part = 153 if message.body.isascii() else 67
    segments = 1 if len(message.body) <= single else -(-len(message.body) // part)
    uri = rest.uri(f"Messages/{message.sid}")
    answer: dict[str, Any] = {
        "sid": message.sid,
        "account_sid": rest.network.settings.account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "from": message.from_,
        "to": message.to,
        "status": message.status,
        "error_code": message.error,
        "error_message": f"error {message.error}" if message.error else None,
        "direction": "outbound-api",
        "num_segments": str(segments),
        "num_media": "0",
        "date_created": date(message.created),
        "date_updated": date(message.updated),
        "date_sent": date(message.updated) if message.status in {"sent", "delivered"} else None,
        "messaging_service_sid": message.from_ if message.from_.startswith("MG") else None,
        "price": None,
        "price_unit": "USD",
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }
    return answer
