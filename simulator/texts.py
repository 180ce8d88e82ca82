"""Text messages: accepted, sent, delivered to the phone that has the number, each told by a status callback."""

from simulator.callbacks import stamp
from simulator.fields import API_VERSION
from simulator.model import Text, now
from simulator.network import Network, Profile

UNREACHABLE = 30003
FAILING = frozenset({"undelivered", "failed"})


def submit(network: Network, message: Text) -> None:
    """Returns at once; what follows happens on a thread."""
    with network.changed:
        network.texts[message.sid] = message
    fault = network.faults.take("messages", FAILING)
    network.spawn(
        lambda: _deliver(network, message, fault.kind if fault else "", fault.code if fault else None),
        f"text-{message.sid[:8]}",
    )


def _deliver(network: Network, message: Text, failure: str, code: int | None) -> None:
    _move(network, message, "queued")
    if failure == "failed":
        message.error = code
        _move(network, message, "failed")
        return
    _move(network, message, "sent")
    if network.profiles.get(message.to, Profile()).answers == "off":
        failure, code = "undelivered", UNREACHABLE
    if failure == "undelivered":
        message.error = code
        _move(network, message, "undelivered")
        return
    with network.changed:
        network.tell(message.to, "text", sid=message.sid, from_=message.from_, body=message.body)
    _move(network, message, "delivered")


def _move(network: Network, message: Text, status: str) -> None:
    with network.changed:
        message.status, message.updated = status, now()
        network.changed.notify_all()
    if message.callback:
        network.callbacks.send(message.sid, message.callback, "POST", _fields(network, message))


def _fields(network: Network, message: Text) -> dict[str, str]:
    fields = {
        "AccountSid": network.settings.account_sid,
        "ApiVersion": API_VERSION,
        "From": message.from_,
        "To": message.to,
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageStatus": message.status,
        "SmsStatus": message.status,
        "RawDlrDoneDate": stamp(),
    }
    if message.error is not None:
        fields["ErrorCode"] = str(message.error)
    return fields


def texts_of(network: Network, number: str) -> list[Text]:
    """What has arrived at a number, oldest first."""
    with network.changed:
        return [one for one in network.texts.values() if one.to == number and one.status == "delivered"]
