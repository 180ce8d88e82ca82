"""What a network holds: calls, queues, conferences, texts. Plain data; the network's one lock guards it all."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"


class Direction(StrEnum):
    INBOUND = "inbound"
    API = "outbound-api"
    DIAL = "outbound-dial"


class InputKind(StrEnum):
    KEY = "key"
    SILENCE = "silence"
    SPEECH = "speech"


def new_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a call goes on: a URL to ask (absolute), or a document given as text."""

    url: str = ""
    method: str = "POST"
    extra: dict[str, str] = field(default_factory=dict)
    twiml: str | None = None
    after_input: bool = False  # answers of keys: a 3xx loses them


@dataclass(slots=True)
class Callback:
    """A status callback: which events go where. `sequence` counts what was sent."""

    url: str
    events: frozenset[str]
    method: str = "POST"
    sequence: int = 0


@dataclass(slots=True)
class Exchange:
    """One request the carrier made for a call. Form values are left out: they may hold a PIN."""

    url: str
    method: str
    status: int | None
    milliseconds: int
    answer: str


@dataclass(eq=False, slots=True)
class Call:
    """One leg between the network and one phone. `stops` are the reasons to leave a waiting room, outermost first."""

    sid: str
    account_sid: str
    phone: str
    from_: str
    to: str
    direction: Direction
    status: Status = Status.QUEUED
    parent: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
    callback: Callback | None = None
    fallback: Step | None = None
    created: datetime = field(default_factory=now)
    answered: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    inputs: deque[tuple[InputKind, str]] = field(default_factory=deque)
    redirect: Step | None = None
    stops: list[Callable[[], bool]] = field(default_factory=list)
    star_leaves: bool = False
    starred: bool = False
    bridge: "Bridge | None" = None
    participant: "Participant | None" = None
    trace: deque[Exchange] = field(default_factory=lambda: deque(maxlen=500))
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def seconds(self) -> int:
        if self.answered is None:
            return 0
        return round(((self.ended or now()) - self.answered).total_seconds())


@dataclass(eq=False, slots=True)
class Bridge:
    """Two legs that hear each other, until either goes."""

    legs: tuple[Call, Call]
    open: bool = True
    since: datetime = field(default_factory=now)

    def other(self, call: Call) -> Call:
        return self.legs[1] if call is self.legs[0] else self.legs[0]


@dataclass(eq=False, slots=True)
class Handover:
    """A queued caller offered to the leg that dialled the queue."""

    agent: Call
    announcement: Step | None
    bridge: Bridge | None = None
    over: bool = False


@dataclass(eq=False, slots=True)
class Member:
    call: Call
    since: datetime = field(default_factory=now)
    handover: Handover | None = None

    @property
    def seconds(self) -> int:
        return int((now() - self.since).total_seconds())


@dataclass(eq=False, slots=True)
class Queue:
    sid: str
    name: str
    limit: int = 1000
    members: list[Member] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    created: datetime = field(default_factory=now)

    def position(self, member: Member) -> int:
        return self.members.index(member) + 1 if member in self.members else 0

    @property
    def average(self) -> int:
        return round(sum(self.waits) / len(self.waits)) if self.waits else 0


@dataclass(eq=False, slots=True)
class Participant:
    call: Call
    conference: "Conference"
    starts: bool = True
    ends: bool = False
    muted: bool = False
    hold: bool = False
    coached: str | None = None
    label: str = ""
    beep: str = "true"
    wait: Step | None = None
    hold_music: Step | None = None
    inside: bool = True
    left_because: str = "participant_hung_up"
    created: datetime = field(default_factory=now)

    @property
    def waiting(self) -> bool:
        return self.hold or not self.conference.started


@dataclass(eq=False, slots=True)
class Conference:
    sid: str
    name: str
    started: bool = False
    ended: bool = False
    reason: str = ""
    ended_by: str = ""
    callback: Callback | None = None
    participants: dict[str, Participant] = field(default_factory=dict)
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)

    @property
    def status(self) -> str:
        if self.ended:
            return "completed"
        return "in-progress" if self.started else "init"


@dataclass(eq=False, slots=True)
class Text:
    """A text message. `error` is Twilio's code once it failed."""

    sid: str
    from_: str
    to: str
    body: str
    callback: str | None = None
    validity: int = 36000
    status: str = "queued"
    error: int | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
