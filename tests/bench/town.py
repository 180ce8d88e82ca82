"""What a measurement needs to exist: settings, a filled directory, customers who call, and calls that await a PIN."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import insert, select, update

from app import Parts
from carrier import signature, webhook
from core.counters import Counter
from directory import accounts
from directory.register import (
    NewAddress,
    NewContact,
    NewOrganisation,
    add_address,
    add_contact,
    add_organisation,
    add_subscription,
)
from directory.vocabulary import AddressKind, LineType, Role
from ivr import callers, store
from ivr.models import CallRow
from verification import limits
from verification.challenges import Issued
from verification.models import ChallengeRow
from verification.record import Caller

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "0123456789abcdef0123456789abcdef"
DIALLED = "+18008659408"  # a free line of one region of the shipped directory
OPERATOR = "worldwide"
STRANGER = "+14255550199"
WRONG_PIN = "000000"

_calls = count(1)
_PLACE = {
    "FromCity": "BELLEVUE",
    "FromState": "WA",
    "FromZip": "98004",
    "FromCountry": "US",
    "CallerCity": "BELLEVUE",
    "CallerState": "WA",
    "CallerZip": "98004",
    "CallerCountry": "US",
    "ToCity": "",
    "ToState": "",
    "ToZip": "",
    "ToCountry": "US",
    "CalledCity": "",
    "CalledState": "",
    "CalledZip": "",
    "CalledCountry": "US",
    "CallToken": '{"parentCallInfoToken":"' + "e" * 160 + '"}',
    "StirVerstat": "TN-Validation-Passed-B",
    "ApiVersion": "2010-04-01",
    "Direction": "inbound",
}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(database: str, folder: Path, port: int) -> dict[str, str]:
    """Settings of a service on this machine without a provider: texts and mail stay in its inbox."""
    return {
        "VOUCHLINE_ENV": "development",
        "VOUCHLINE_DATA_DIR": str(folder),
        "VOUCHLINE_SECRET_KEY": "a master secret made for measuring only",
        "DATABASE_URL": database,
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
    }


def new_call() -> str:
    return f"CA{uuid.uuid4().hex[:24]}{next(_calls):08x}"


@dataclass(frozen=True, slots=True)
class Request:
    """A signed webhook: target on the service, form body, and the header that proves it."""

    call: str
    target: str
    body: bytes
    signature: str

    def raw(self) -> bytes:
        """The bytes of HTTP/1.1, keep-alive."""
        head = (
            f"POST {self.target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
            f"Content-Type: {webhook.FORM}\r\nContent-Length: {len(self.body)}\r\n"
            f"X-Twilio-Signature: {self.signature}\r\n\r\n"
        )
        return head.encode() + self.body


def request(public_url: str, target: str, call: str, caller: str, **fields: str) -> Request:
    """A webhook of a call as Twilio sends one: 27 fields, signed."""
    form = {
        "CallSid": call,
        "AccountSid": ACCOUNT,
        "From": caller,
        "Caller": caller,
        "To": DIALLED,
        "Called": DIALLED,
        "CallStatus": "ringing",
        **_PLACE,
        **fields,
    }
    signed = signature.sign(TOKEN, f"{public_url}{target}", form.items())
    return Request(call, target, urlencode(form).encode(), signed)


@dataclass(frozen=True, slots=True)
class Customers:
    """Numbers of registered contacts, one of each organisation."""

    numbers: tuple[str, ...]


def register(parts: Parts, many: int) -> Customers:
    """Organisations with one administrator each, whose mobile number is confirmed."""
    now, keyring = parts.clock.now(), parts.keyring
    numbers = tuple(f"+1425555{number:04d}" for number in range(2000, 2000 + many))
    with parts.database.begin() as tx:
        for index, number in enumerate(numbers):
            account = accounts.new(lambda _, index=index: 7_000_000 + index)  # type: ignore[misc]
            organisation = add_organisation(
                tx, now, keyring, NewOrganisation(OPERATOR, f"Bench {index}", account, "US", "en")
            )
            add_subscription(tx, OPERATOR, organisation, "suite", form="paid", state="active", partner=None)
            person = NewContact(OPERATOR, organisation, "1001", "Ada", Role.GLOBAL, is_primary=True, language="en")
            contact = add_contact(tx, now, keyring, person)
            address = NewAddress(
                OPERATOR,
                organisation,
                contact,
                AddressKind.PHONE,
                number,
                line_type=LineType.MOBILE,
                confirmed_at=now,
            )
            add_address(tx, now, keyring, address)
    return Customers(numbers)


@dataclass(frozen=True, slots=True)
class AwaitingPin:
    """A call whose next step keys a PIN under a known nonce."""

    call: str
    nonce: str
    caller: str

    def request(self, public_url: str, digits: str = WRONG_PIN) -> Request:
        fields = {"Digits": digits, "msg": "Gather", "FinishedOnKey": "#", "CallStatus": "in-progress"}
        return request(public_url, f"/voice/pin?n={self.nonce}", self.call, self.caller, **fields)


class PinCalls:
    """Makes calls that await a PIN, as copies of one that was asked for through the service itself."""

    def __init__(self, parts: Parts, call: str, caller: str) -> None:
        """`call` has come in already, from the registered number `caller`."""
        self._parts, self._caller = parts, caller
        now = parts.clock.now()
        with parts.database.begin() as tx:
            session = store.load(tx, call)
            if session is None:
                raise LookupError("the call to copy has not come in")
            issued = parts.verifier.ask_pin(tx, Caller(call, OPERATOR, caller), "text")
            if not isinstance(issued, Issued):
                raise TypeError(f"no PIN was sent: {issued}")
            waiting = replace(session.call, at="pin", department="technical", agent_language="en", channel="text")
            store.save(tx, session, replace(waiting, greeted=True, account_keyed=True), "n", now)
            self._call = dict(tx.execute(_CALLS.where(CallRow.sid == call)).one()._mapping)
            self._challenge = dict(tx.execute(_CHALLENGES.where(ChallengeRow.id == issued.challenge)).one()._mapping)

    def make(self, many: int) -> list[AwaitingPin]:
        """New calls, each with a live challenge of a contact of its own; limits shared by all start anew."""
        made = [AwaitingPin(new_call(), uuid.uuid4().hex, self._caller) for _ in range(many)]
        with self._parts.database.begin() as tx:
            tx.execute(insert(CallRow), [self._call_of(one) for one in made])
            tx.execute(insert(ChallengeRow), [self._challenge_of(one) for one in made])
            # An operator bears a thousand failures a day. The counters stay in place and far from their ends.
            scopes = [limits.OPERATOR_FAILURES.scope, limits.OPERATOR_ALARM.scope]
            tx.execute(update(Counter).where(Counter.scope.in_(scopes)).values(count=-1_000_000))
        return made

    def _call_of(self, one: AwaitingPin) -> Mapping[str, object]:
        sealed = callers.seal(self._parts.keyring, one.call, one.caller)
        now = self._parts.clock.now()
        return {**self._call, "sid": one.call, "nonce": one.nonce, "nonce_at": now, "caller_sealed": sealed}

    def _challenge_of(self, one: AwaitingPin) -> Mapping[str, object]:
        now = self._parts.clock.now()
        own = {"id": uuid.uuid4().hex, "call": one.call, "contact": uuid.uuid4().hex, "caller": uuid.uuid4().hex}
        return {**self._challenge, **own, "expires_at": now + timedelta(minutes=10), "last_sent_at": now}


_CALLS = select(CallRow.__table__)
_CHALLENGES = select(ChallengeRow.__table__)
