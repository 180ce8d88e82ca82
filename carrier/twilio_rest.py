"""The real telephone: Twilio's REST API, version 2010-04-01, through Twilio's client.

The auth token signs webhooks and nothing else where an API key is set; without one it is the REST password too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from carrier.rest_client import API, RestClient, Timeouts
from carrier.results import DeliveryError, unknown

# A call that has ended and a participant who has left are what hanging up wants.
_GONE = frozenset({"20404", "21220", "http-404"})
_EVENTS = ["initiated", "ringing", "answered", "completed"]
_VALIDITY = (1, 36_000)


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """How to reach one account. `text_from` is our E.164 number or a messaging service (`MG…`), `voice_from` a number.

    `discard_content` asks Twilio not to keep what a text said (an account feature, hence off by default).
    """

    account_sid: str
    auth_token: str = field(repr=False)
    text_from: str
    voice_from: str
    api_key: str | None = None
    api_secret: str | None = field(default=None, repr=False)
    api_base_url: str = API
    discard_content: bool = False
    timeouts: Timeouts = field(default_factory=Timeouts)


class TwilioTelephone:
    """`carrier.telephone.Telephone` over Twilio."""

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        key = account.api_key and account.api_secret
        self._client = Client(
            username=account.api_key if key else account.account_sid,
            password=account.api_secret if key else account.auth_token,
            account_sid=account.account_sid,
            http_client=RestClient(account.api_base_url, account.timeouts),
            # Not the process's environment: settings are read in one place.
            environment={"TWILIO_EDGE": "", "TWILIO_REGION": ""},
        )

    def send_text(self, to: str, body: str, *, validity: int, status_url: str) -> str:
        shortest, longest = _VALIDITY
        options: dict[str, Any] = {
            "body": body,
            "validity_period": min(max(validity, shortest), longest),
            "status_callback": status_url,
        }
        sender = self._account.text_from
        options["messaging_service_sid" if sender.startswith("MG") else "from_"] = sender
        if self._account.discard_content:
            options["content_retention"] = "discard"
        return _sid(lambda: self._client.messages.create(to=to, **options))

    def place_call(
        self,
        to: str,
        *,
        url: str,
        timeout: int,
        status_url: str,
        detect_machine: bool = False,
        caller_id: str | None = None,
    ) -> str:
        options: dict[str, Any] = {
            "url": url,
            "method": "POST",
            "timeout": timeout,
            "status_callback": status_url,
            "status_callback_method": "POST",
            "status_callback_event": _EVENTS,
        }
        if detect_machine:
            options["machine_detection"] = "Enable"
        return _sid(lambda: self._client.calls.create(to=to, from_=caller_id or self._account.voice_from, **options))

    def redirect(self, call: str, url: str) -> None:
        _sid(lambda: self._client.calls(call).update(url=url, method="POST"))

    def hang_up(self, call: str, *, ringing: bool = False) -> None:
        _unless_gone(lambda: self._client.calls(call).update(status="canceled" if ringing else "completed"))

    def find_room(self, room: str) -> str | None:
        found = _said(lambda: self._client.conferences.list(friendly_name=room, status="in-progress", limit=1))
        return str(found[0].sid) if found else None

    def add_listener(
        self, room: str, to: str, *, label: str, timeout: int, status_url: str, coached: str | None = None
    ) -> str:
        options: dict[str, Any] = {
            "label": label,
            "timeout": timeout,
            "beep": "false",
            "start_conference_on_enter": False,
            "end_conference_on_exit": False,
            "status_callback": status_url,
            "status_callback_method": "POST",
            "status_callback_event": ["completed"],
        }
        options |= {"muted": True} if coached is None else {"coaching": True, "call_sid_to_coach": coached}
        rooms = self._client.conferences(room).participants
        made = _said(lambda: rooms.create(from_=self._account.voice_from, to=to, **options))
        return _named(made.call_sid)

    def mute(self, room_id: str, call: str, *, muted: bool) -> None:
        _said(lambda: self._participant(room_id, call).update(muted=muted))

    def coach(self, room_id: str, call: str, coached: str | None) -> None:
        options = {"coaching": False} if coached is None else {"coaching": True, "call_sid_to_coach": coached}
        _said(lambda: self._participant(room_id, call).update(muted=False, **options))

    def remove(self, room_id: str, call: str) -> None:
        _unless_gone(lambda: self._participant(room_id, call).delete())

    def _participant(self, room_id: str, call: str) -> Any:
        return self._client.conferences(room_id).participants(call)


def _said(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except TwilioException:
        raise unknown("unreadable-answer") from None


def _sid(ask: Callable[[], Any]) -> str:
    return _named(_said(ask).sid)


def _named(sid: object) -> str:
    # Accepted, but under which id is not known.
    if not isinstance(sid, str) or not sid:
        raise unknown("unreadable-answer")
    return sid


def _unless_gone(ask: Callable[[], Any]) -> None:
    try:
        _said(ask)
    except DeliveryError as error:
        if error.code not in _GONE:
            raise
