"""One entry, and its canonical bytes.

Pure: time, id and pseudonyms are arguments. Facts hold no personal data; characters that could forge or hide a line
(C0, C1, line separators, bidi controls, lone surrogates) are stored as visible text, `\\u{2028}`, because RFC 8785
writes them as they are and one entry must stay one line wherever it is shown (REQUIREMENTS F15).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from audit.canonical import LARGEST, CanonicalError, Json
from audit.vocabulary import Action, Outcome

VERSION = 1

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `actor` and `subject` name who and what ("caller", "agent:7", "challenge:01f…"), `call` is a call id.

    `organisation` and `contact` are directory ids and are stored as keyed pseudonyms; a contact needs its organisation.
    `personal` is encrypted beside the entry; `level` is the assurance at that moment, `origin` where the act came from.
    """

    actor: str
    subject: str
    action: Action
    outcome: Outcome
    operator: str | None
    call: str | None = None
    organisation: str | None = None
    contact: str | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)
    personal: Mapping[str, Json] = field(default_factory=dict)
    level: str | None = None
    origin: str = "service"

    def __post_init__(self) -> None:
        if self.contact is not None and self.organisation is None:
            raise ValueError("a contact is a person of an organisation: name both")


def visible(text: str) -> str:
    """Text in which every character that could break or hide a line is spelled out."""
    return _UNSAFE.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match.group()):x}}}"


def fact(value: Json) -> Json:
    """A fact with every text `visible`. Raises `CanonicalError` for a float, for bytes and for an inexact integer."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return facts(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [fact(item) for item in value]
    if value is None or (isinstance(value, int) and -LARGEST <= value <= LARGEST):
        return value
    raise CanonicalError(f"a fact is text, an exact integer, true, false or null, not {type(value).__name__}")


def facts(named: Mapping[str, Json]) -> dict[str, Json]:
    """Facts by name; names are ASCII."""
    if not all(map(str.isascii, named)):
        raise CanonicalError("a fact's name is ASCII")
    return {visible(name): fact(value) for name, value in named.items()}


def moment(at: datetime) -> str:
    """UTC with microseconds and zone, always 27 characters."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def body(columns: Mapping[str, Any], named: Mapping[str, Json], personal: str | None) -> bytes:
    """Canonical bytes over every column, the facts, and the hash of the sealed personal data."""
    value = {**columns, "at": moment(columns["at"]), "v": VERSION, "facts": facts(named), "personal": personal}
    return _write(value).encode()


def columns(entry_bytes: bytes) -> dict[str, Any]:
    """The columns that a body stands for: a verifier compares them with those stored."""
    held = json.loads(entry_bytes)
    for name in ("v", "facts", "personal"):
        del held[name]
    return {**held, "at": datetime.fromisoformat(held["at"])}


# Without floats and with ASCII names, Python's C encoder writes what `canonical` writes, eight times as fast; a test
# holds the two together.
_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
