"""A call as values: what is known (`Facts`), where the conversation stands (`Call`), what may happen (events).

Nothing here knows a clock, a database or a web framework; `ivr.call.advance` is a pure function over these values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from carrier.steps import Say, Step
from directory.eligibility import Verdict
from speech.languages import spoken_for
from speech.messages import Message
from verification.catalogue import Level

Identification = Literal["none", "offered", "required"]
Severity = Literal["A", "B"]
Channel = Literal["text", "call", "email"]


@dataclass(frozen=True, slots=True)
class Department:
    """A department of the dialled line, as this caller finds it at the moment of the call.

    `open_in` holds the spoken languages that are open now, best first; `open_in_a` the same for severity A where the
    operator tells severities apart (F86, F87), else None. `until` is when each open language closes, where it does.
    """

    code: str
    identification: Identification
    open_in: tuple[str, ...]
    opens_at: datetime | None
    zone: str
    open_in_a: tuple[str, ...] | None = None
    until: tuple[tuple[str, datetime], ...] = ()

    def languages(self, severity: Severity | None) -> tuple[str, ...]:
        """Open spoken languages for a severity; an unasked severity counts the wider of the two."""
        if self.open_in_a is None or severity == "B":
            return self.open_in
        return self.open_in_a

    def agent_language(self, wanted: str, severity: Severity | None) -> str | None:
        """The language an agent would speak: the wanted one, else the first that is open, else None (closed)."""
        open_in = self.languages(severity)
        return wanted if wanted in open_in else next(iter(open_in), None)


@dataclass(frozen=True, slots=True)
class Incident:
    """A running incident that touches this operator and region, with its words by catalogue."""

    id: str
    texts: tuple[tuple[str, str], ...]

    def text(self, language: str) -> str:
        words = dict(self.texts)
        return words.get(language) or words.get("en") or next(iter(words.values()), "")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when the call comes in and does not change while it lasts."""

    operator: str
    operator_name: str
    line: str
    region: str | None
    room: str
    languages: tuple[str, ...]
    departments: tuple[Department, ...]
    zone: str
    arrived_at: datetime
    needed: Level
    international: bool = False
    incidents: tuple[Incident, ...] = ()
    closed_cloud: str | None = None
    closed_cloud_since: datetime | None = None
    admins_only: bool = True
    can_call_back: bool = True
    called_back: bool = False
    ask_country: bool = False

    def department(self, code: str | None) -> Department | None:
        return next((one for one in self.departments if one.code == code), None)


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation of the caller, as far as the conversation needs it. Trusted from RECOGNISED up.

    `verdict` is what the operator's rules say of an administrator of it (`directory.eligibility`).
    """

    id: str
    partner_name: str | None = None
    partner_number: str | None = None
    verdict: Verdict = Verdict.ELIGIBLE
    advanced: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Where one conversation stands; stored between webhooks and believed instead of anything the client echoes."""

    at: str
    language: str
    level: Level = Level.NONE
    department: str | None = None
    agent_language: str | None = None
    severity: Severity | None = None
    organisation: Organisation | None = None
    administrator: bool | None = None
    exception: bool = False
    person: bool = False
    greeted: bool = False
    incidents_heard: bool = False
    country_asked: bool = False
    identification_over: bool = False
    account_keyed: bool = False
    contact_number: str | None = None
    contact_asked: bool = False
    channel: Channel | None = None
    keyings: int = 0
    rounds: int = 0
    wants_callback: bool = False
    callback_refused: bool = False
    resume: bool = False
    faults: int = 0
    silences: int = 0
    turns: int = 0
    page: int = 0
    position: int | None = None
    alone: bool = False

    @property
    def spoken(self) -> str:
        """The spoken language of the caller's catalogue."""
        return spoken_for(self.language)


# Events: what can happen to a call. Keys and silence come from the caller, results from the deeds below.


@dataclass(frozen=True, slots=True)
class Arrived:
    """The call was answered by us (or a called-back person answered)."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys were pressed; any text may be in it."""

    digits: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A question ran out of time, or only the finish key was pressed."""


@dataclass(frozen=True, slots=True)
class Located:
    """A dialling code was keyed; when it is one of the line's regions, `facts` are that region's from now on."""

    found: bool


@dataclass(frozen=True, slots=True)
class IncidentNoted:
    accepted: bool


@dataclass(frozen=True, slots=True)
class AccountTaken:
    """An account number was looked up. `well_formed` is public arithmetic; whether it exists is not told."""

    well_formed: bool


@dataclass(frozen=True, slots=True)
class PinSent:
    """A PIN is on its way, or seems to be: the same for known and unknown accounts (C10)."""


@dataclass(frozen=True, slots=True)
class PinTooSoon:
    """Sends are spaced and capped (C6)."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A PIN was keyed, or a call-back answered: right or not, and what is known now."""

    right: bool
    level: Level
    organisation: Organisation | None = None
    administrator: bool | None = None


@dataclass(frozen=True, slots=True)
class PartnerAllowed:
    """A transfer outside is within the limits for outbound calls."""

    number: str


@dataclass(frozen=True, slots=True)
class PartnerRefused:
    """It is not."""


@dataclass(frozen=True, slots=True)
class Joined:
    """In the queue `queue` at `position`; `minutes` is the expected wait, None when unknown."""

    queue: str
    position: int
    minutes: int | None


@dataclass(frozen=True, slots=True)
class NotJoined:
    why: Literal["nobody", "full", "closed"]


@dataclass(frozen=True, slots=True)
class CallbackTaken:
    when: datetime | None


@dataclass(frozen=True, slots=True)
class CallbackRefused:
    why: Literal["number", "limit"]


@dataclass(frozen=True, slots=True)
class Waited:
    """The carrier asks what to play in the queue. `staffed`: somebody with the skill is signed in."""

    position: int | None
    minutes: int | None
    staffed: bool = True


@dataclass(frozen=True, slots=True)
class LeftQueue:
    """The carrier says how the queueing ended (Twilio: QueueResult)."""

    result: str


@dataclass(frozen=True, slots=True)
class AgentReady:
    """An agent has accepted and is on the way to the room."""


@dataclass(frozen=True, slots=True)
class SentAway:
    """The agent sends the caller back to key a PIN; the call returns to the room afterwards."""


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """The caller's part of the conference ended. `again` when the caller is to be offered to another agent."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class HungUp:
    """The call is over, whoever ended it."""


Event = (
    Arrived
    | Keyed
    | Silence
    | Located
    | IncidentNoted
    | AccountTaken
    | PinSent
    | PinTooSoon
    | Checked
    | PartnerAllowed
    | PartnerRefused
    | Joined
    | NotJoined
    | CallbackTaken
    | CallbackRefused
    | Waited
    | LeftQueue
    | AgentReady
    | SentAway
    | TalkEnded
    | HungUp
)


# Deeds: what the conversation asks of the rest of the service. A turn ends with at most one of them.


@dataclass(frozen=True, slots=True)
class NoteIncident:
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceByCode:
    """Place the call anew by a keyed international dialling code."""

    digits: str


@dataclass(frozen=True, slots=True)
class LookUpAccount:
    digits: str


@dataclass(frozen=True, slots=True)
class SendPin:
    channel: Channel
    contact_number: str | None


@dataclass(frozen=True, slots=True)
class CheckPin:
    digits: str


@dataclass(frozen=True, slots=True)
class DialPartner:
    number: str


@dataclass(frozen=True, slots=True)
class TakeCallback:
    """The called-back person pressed the key: a registered number that answered is evidence."""


@dataclass(frozen=True, slots=True)
class ComeBack:
    """Whoever was sent away to key a PIN is done: is the agent still there?"""


@dataclass(frozen=True, slots=True)
class JoinQueue:
    department: str
    language: str
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class AskCallback:
    department: str
    language: str
    opens_at: datetime | None


Deed = (
    NoteIncident
    | PlaceByCode
    | LookUpAccount
    | SendPin
    | CheckPin
    | DialPartner
    | TakeCallback
    | ComeBack
    | JoinQueue
    | AskCallback
)


@dataclass(frozen=True, slots=True)
class Turn:
    """The answer to one event: the call as it is now, what the carrier does, and a deed whose result comes next."""

    call: Call
    steps: tuple[Step, ...] = ()
    deed: Deed | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a state makes of an event, before anything new is asked.

    With a `deed`, its result comes next; with `steps`, the turn ends as they say; else `next` names the state that asks
    next, and "" stands for whatever is still missing.
    """

    call: Call
    said: tuple[Message, ...] = ()
    next: str = ""
    deed: Deed | None = None
    steps: tuple[Step, ...] | None = None


def voiced(call: Call, messages: Iterable[Message | Say]) -> tuple[Say, ...]:
    """The messages in the caller's language; what already has a language keeps it."""
    return tuple(one if isinstance(one, Say) else Say(one, call.language) for one in messages)
