"""The carrier's side without a network: signed requests straight into the application; answers as they are heard."""

from __future__ import annotations

import io
import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

from lxml import etree
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import Parts, create_app
from audit.log import Row, timeline
from carrier.signature import HEADER, sign
from carrier.urls import Urls
from core import logs
from core.clock import ManualClock
from core.settings import load
from speech.messages import say
from speech.speaking import speak
from verification.models import ChallengeRow
from verification.pins import pin_for

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "0123456789abcdef0123456789abcdef"
ORIGIN = "https://calls.example.com"
INCOMING = "/voice/incoming"
ENDINGS = ("Hangup", "Enqueue", "Leave", "Dial")

Pairs = Sequence[tuple[str, str]]


def parts_for(database: str, clock: ManualClock, folder: Path, **settings: str) -> Parts:
    """The parts of a service that no request reaches but ours; texts and mail stay in its inbox."""
    environ = {
        "VOUCHLINE_ENV": "development",
        "VOUCHLINE_DATA_DIR": str(folder),
        "VOUCHLINE_SECRET_KEY": "a master secret made for the tests only",
        "DATABASE_URL": database,
        "PUBLIC_URL": ORIGIN,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        **settings,
    }
    parts = Parts(load(environ))
    parts.__dict__["clock"] = clock
    return parts


@contextmanager
def wired(template: Path, folder: Path, clock: ManualClock, **settings: str) -> Iterator[Wire]:
    """A service on a copy of a SQLite file."""
    shutil.copyfile(template, folder / "vouchline.db")
    parts = parts_for(f"sqlite:///{folder / 'vouchline.db'}", clock, folder, **settings)
    try:
        yield Wire(parts, clock)
    finally:
        parts.database.close()


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Every log line of the process, of libraries too, at the finest level. Begin after the service was made."""
    stream = io.StringIO()
    logs.configure(to=stream, readable=False, level="DEBUG")
    try:
        yield stream
    finally:
        logs.configure()


@contextmanager
def watching(file: Path) -> Iterator[Watch]:
    """Tells whether anybody commits a change to a SQLite file."""
    with closing(sqlite3.connect(file)) as connection:
        yield Watch(connection)


@dataclass
class Watch:
    connection: sqlite3.Connection

    def __post_init__(self) -> None:
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether something was committed since the last look. sqlite.org/pragma.html#pragma_data_version"""
        before, self._seen = self._seen, self._version()
        return before != self._seen

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])


def new_sid() -> str:
    return f"CA{uuid.uuid4().hex}"


@dataclass(frozen=True)
class Answer:
    """What came back: TwiML as a caller hears it, or a refusal."""

    status: int
    body: bytes
    content_type: str

    @cached_property
    def tree(self) -> etree._Element:
        return etree.fromstring(self.body, etree.XMLParser(no_network=True, resolve_entities=False))

    @cached_property
    def said(self) -> list[tuple[str, str]]:
        """Tag of the voice and words, in order."""
        return [(one.get("language", ""), one.text or "") for one in self.tree.iter("Say")]

    @property
    def words(self) -> str:
        return " ".join(text for _, text in self.said)

    @property
    def next(self) -> str:
        """Where the keys go: path and query of the open question. Raises AssertionError when nothing is asked."""
        gather = self.tree.find(".//Gather")
        assert gather is not None, self.body.decode()
        return str(gather.get("action")).removeprefix(ORIGIN)

    @property
    def verbs(self) -> list[str]:
        return [str(one.tag) for one in self.tree]

    @property
    def is_apology(self) -> bool:
        return self.status == 200 and self.words == speak(say("sorry"), "en") and self.verbs == ["Say", "Hangup"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it went, so that it can go again."""

    target: str
    body: bytes
    headers: Mapping[str, str]


class Wire:
    """Sends webhooks of one account; keeps every request and its answer. `times` is how often each one is sent."""

    def __init__(self, parts: Parts, clock: ManualClock) -> None:
        self.parts = parts
        self.clock = clock
        self.app = create_app(parts)
        self.client = self.app.test_client()
        self.sent: list[Sent] = []
        self.answers: list[Answer] = []
        self.token = TOKEN
        self.times = 1

    @property
    def urls(self) -> Urls:
        return self.parts.urls

    def timeline(self, call: str) -> list[Row]:
        with self.parts.database.read() as tx:
            return timeline(tx, call)

    def signed(self, target: str, pairs: Pairs, headers: Mapping[str, str] | None = None) -> Sent:
        """A form, signed as the carrier signs it."""
        own = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            HEADER: sign(self.token, ORIGIN + target, pairs),
        }
        return Sent(target, urlencode(pairs).encode(), own | dict(headers or {}))

    def send(self, target: str, pairs: Pairs, *, headers: Mapping[str, str] | None = None) -> Answer:
        request = self.signed(target, pairs, headers)
        answers = [self.resend(request) for _ in range(self.times)]
        return answers[0]

    def resend(self, request: Sent) -> Answer:
        """The same bytes again."""
        answer = self.raw("POST", request.target, request.body, list(request.headers.items()))
        self.sent.append(request)
        self.answers.append(answer)
        return answer

    def elsewhere(self, request: Sent) -> Answer:
        """The same bytes again, from another thread."""
        headers = list(request.headers.items())
        with self.app.test_client() as client:
            return heard(client.post(request.target, base_url=ORIGIN, data=request.body, headers=headers))

    def raw(self, method: str, target: str, body: bytes, headers: Sequence[tuple[str, str]]) -> Answer:
        """Any request at all."""
        return heard(self.client.open(target, method=method, base_url=ORIGIN, data=body, headers=list(headers)))

    def incoming(self, caller: str, dialled: str, *, sid: str | None = None, **fields: str) -> Answer:
        return self.send(INCOMING, self.form(sid or new_sid(), caller, dialled, CallStatus="ringing", **fields))

    def form(self, sid: str, caller: str, dialled: str, **fields: str) -> list[tuple[str, str]]:
        """The fields that every voice webhook has, and further ones."""
        form = {"AccountSid": ACCOUNT, "CallSid": sid, "From": caller, "To": dialled, "ApiVersion": "2010-04-01"}
        return list((form | fields).items())


@dataclass
class Caller:
    """One call: keys go to the question that is open."""

    wire: Wire
    number: str
    dialled: str
    sid: str
    answer: Answer

    @classmethod
    def dial(cls, wire: Wire, number: str, dialled: str, **fields: str) -> Caller:
        sid = new_sid()
        return cls(wire, number, dialled, sid, wire.incoming(number, dialled, sid=sid, **fields))

    def key(self, digits: str | None) -> Answer:
        """Keys, or silence for None."""
        keyed = {} if digits is None else {"Digits": digits}
        self.answer = self.post(self.answer.next, CallStatus="in-progress", **keyed)
        return self.answer

    def post(self, target: str, **fields: str) -> Answer:
        return self.wire.send(target, self.wire.form(self.sid, self.number, self.dialled, **fields))

    def status(self, status: str, **fields: str) -> Answer:
        return self.post("/voice/status", CallStatus=status, **fields)


def heard(response: TestResponse) -> Answer:
    return Answer(response.status_code, response.get_data(), response.content_type or "")


def pin_of(parts: Parts, call: str) -> str:
    """The PIN that was sent for a call last, computed as delivery computes it."""
    newest = select(ChallengeRow.__table__).where(ChallengeRow.call == call).order_by(ChallengeRow.last_sent_at.desc())
    with parts.database.read() as tx:
        return pin_for(parts.keyring, tx.execute(newest.limit(1)).one())
