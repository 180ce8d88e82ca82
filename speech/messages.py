"""What is to be said, as values; nothing here knows a language.

A `Message` names an entry of the catalogues and carries its parameters as typed values. How a parameter
sounds is decided when the message is spoken (`speech.speaking.speak`), so one message can be spoken in any
language, compared in a test, and stored under its id.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

_DIGITS = re.compile(r"\+?[0-9]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Digits:
    """Digits that are read one by one, with an optional leading plus: PINs, telephone numbers, their endings.

    In texts and mail they stand together. The value stays out of `repr`, because a PIN must not reach a log
    or a traceback. Raises ValueError for anything else.
    """

    value: str

    def __post_init__(self) -> None:
        if not _DIGITS.fullmatch(self.value):
            raise ValueError("digits must be 1 to 32 of 0-9, with at most one plus before them")

    def __repr__(self) -> str:
        return f"Digits(<{len(self.value)}>)"


@dataclass(frozen=True, slots=True)
class Prose:
    """A sentence or two that staff wrote in the listener's language, such as an incident; longer than a name may be."""

    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day as the listener counts days: "today at 5 PM", "on Monday at 9 AM".

    `at` and `now` are aware; `zone` is the IANA zone of the listener (name or ZoneInfo). Raises ValueError
    for naive times.
    """

    at: datetime
    zone: str
    now: datetime

    def __init__(self, at: datetime, zone: str | ZoneInfo, now: datetime) -> None:
        object.__setattr__(self, "at", _aware(at))
        object.__setattr__(self, "zone", ZoneInfo(str(zone)).key)
        object.__setattr__(self, "now", _aware(now))


@dataclass(frozen=True, slots=True)
class Date:
    """The day, month and year of an aware time in a zone (name or ZoneInfo)."""

    at: datetime
    zone: str

    def __init__(self, at: datetime, zone: str | ZoneInfo) -> None:
        object.__setattr__(self, "at", _aware(at))
        object.__setattr__(self, "zone", ZoneInfo(str(zone)).key)


class Kind(StrEnum):
    """What a `Name` names."""

    DEPARTMENT = "department"
    LANGUAGE = "language"
    REGION = "region"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Name:
    """Something with a name in every language.

    Codes: a department ("billing"), a spoken language ("cmn", "pt-BR"), a region (ISO 3166-1, or 3166-2 where
    regions share a code: "BQ-BO"), a level of assurance ("confirmed.text").
    """

    kind: Kind
    code: str

    def __init__(self, kind: Kind | str, code: str) -> None:
        object.__setattr__(self, "kind", Kind(kind))
        object.__setattr__(self, "code", code)


@dataclass(frozen=True, slots=True)
class Count:
    """A number with its unit in the right plural; units are the `count.*` entries of the catalogues
    ("minutes")."""

    n: int
    unit: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Several values, joined as the language joins them: "English, German, and French"."""

    items: tuple["Param", ...]

    @classmethod
    def of(cls, items: Iterable["Param"]) -> Self:
        return cls(tuple(items))


@dataclass(frozen=True, slots=True)
class Message:
    """An entry of the catalogues with its parameters, sorted by name. Made with `say`."""

    id: str
    params: tuple[tuple[str, "Param"], ...] = ()


Param = str | int | Digits | Prose | Moment | Date | Name | Count | Listing | Message


def say(message_id: str, /, **params: Param) -> Message:
    return Message(message_id, tuple(sorted(params.items(), key=lambda pair: pair[0])))


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return at
