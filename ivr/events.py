"""What can happen to a call, and what the conversation asks of the rest of the service (deeds)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ivr.state import Channel, Organisation, Severity
from verification.catalogue import Level

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
    """An account number was looked up. `well_formed` is public arithmetic; whether it exists is not told.

    Where a registered number stands for several organisations the account number chooses among them: then `level` is
    RECOGNISED and `organisation` is the chosen one. For a stranger nothing of either is known.
    """

    well_formed: bool
    level: Level = Level.NONE
    organisation: Organisation | None = None
    administrator: bool | None = None


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
