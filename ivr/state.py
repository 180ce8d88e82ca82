"""A call as values: what is known (`Facts`), where the conversation stands (`Call`), what may happen (events).

Nothing here knows a clock, a database or a web framework; `ivr.call.advance` is a pure function over these values.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from directory.eligibility import Verdict
from speech.languages import spoken_for
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
    privacy: str = "privacy.full"

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
