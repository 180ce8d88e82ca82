"""Reads a TwiML document. What the carrier cannot carry out is refused by name, never skipped.

Unknown attributes are kept aside as warnings, as Twilio does (warning 12200): a misspelt one would otherwise
pass unseen.
"""

import re
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from simulator.errors import ApplicationError

MAX_BYTES = 64 * 1024
_ACTION = frozenset({"action", "method"})
_CALLBACK = frozenset({"statusCallback", "statusCallbackMethod", "statusCallbackEvent"})
_LEG = _CALLBACK | {"url", "method", "machineDetection", "machineDetectionTimeout"}

ATTRIBUTES: dict[str, frozenset[str]] = {
    "Say": frozenset({"voice", "language", "loop"}),
    "Play": frozenset({"loop", "digits"}),
    "Pause": frozenset({"length"}),
    "Gather": _ACTION
    | {"input", "numDigits", "finishOnKey", "timeout", "speechTimeout", "actionOnEmptyResult", "language", "hints"}
    | {"bargeIn", "speechModel", "profanityFilter", "enhanced", "maxSpeechTime"},
    "Redirect": frozenset({"method"}),
    "Enqueue": _ACTION | {"waitUrl", "waitUrlMethod", "maxQueueSize"},
    "Leave": frozenset(),
    "Dial": _ACTION | {"timeout", "timeLimit", "callerId", "answerOnBridge", "hangupOnStar"},
    "Number": _LEG | {"sendDigits"},
    "Client": _LEG,
    "Sip": _LEG | {"username", "password"},
    "Identity": frozenset(),
    "Parameter": frozenset({"name", "value"}),
    "Queue": frozenset({"url", "method"}),
    "Conference": _CALLBACK
    | {"startConferenceOnEnter", "endConferenceOnExit", "muted", "coach", "beep", "waitUrl", "waitMethod"}
    | {"maxParticipants", "participantLabel"},
    "Hangup": frozenset(),
    "Reject": frozenset({"reason"}),
}
CHILDREN: dict[str, frozenset[str]] = {
    "Gather": frozenset({"Say", "Play", "Pause"}),
    "Dial": frozenset({"Number", "Client", "Sip", "Queue", "Conference"}),
    "Client": frozenset({"Identity", "Parameter"}),
}
TOP = frozenset({"Say", "Play", "Pause", "Gather", "Redirect", "Enqueue", "Leave", "Dial", "Hangup", "Reject"})
_SAFE_TEXT = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    attributes: dict[str, str]
    text: str
    children: tuple["Verb", ...] = ()

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def flag(self, name: str, default: bool) -> bool:
        value = self.attributes.get(name)
        if value is None:
            return default
        if value.lower() not in {"true", "false"}:
            raise ApplicationError(12200, f'<{self.name} {name}="{value}"> is neither true nor false')
        return value.lower() == "true"

    def whole(self, name: str, default: int) -> int:
        value = self.attributes.get(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value):
            raise ApplicationError(12200, f'<{self.name} {name}="{value}"> is not a whole number')
        return int(value)


@dataclass(frozen=True, slots=True)
class Document:
    """`base` is the URL that relative addresses start from; empty for a document given through REST."""

    verbs: tuple[Verb, ...]
    base: str = ""
    warnings: tuple[str, ...] = field(default=())


def parse(raw: bytes, base: str = "") -> Document:
    """Raises ApplicationError (12100 not XML, 11750 too long, 12200 unknown verb) that names what is wrong."""
    root = _root(raw, base)
    warnings: list[str] = []
    verbs = tuple(_verb(element, TOP, "Response", base, warnings) for element in root)
    return Document(verbs, base, tuple(warnings))


def _root(raw: bytes, base: str) -> ET.Element:
    if len(raw) > MAX_BYTES:
        raise ApplicationError(11750, f"the document is longer than {MAX_BYTES} bytes", base)
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise ApplicationError(12100, "a document type or entity is not taken", base)
    try:
        root = ET.fromstring(raw)  # noqa: S314 - short, and without a document type no entity can grow
    except (ET.ParseError, ValueError, LookupError) as error:
        raise ApplicationError(12100, f"the document is not well-formed XML: {error}", base) from error
    if root.tag != "Response":
        raise ApplicationError(12100, f"the root element is <{root.tag}>, not <Response>", base)
    return root


def _verb(element: ET.Element, allowed: frozenset[str], parent: str, base: str, warnings: list[str]) -> Verb:
    name = str(element.tag)
    if name not in allowed:
        raise ApplicationError(12200, f"<{name}> inside <{parent}> is not supported", base)
    unknown = sorted(set(element.attrib) - ATTRIBUTES[name])
    warnings.extend(f"<{name}> has no attribute {attribute}" for attribute in unknown)
    if name == "Say":  # whatever stands inside is speech markup
        return Verb(name, dict(element.attrib), _plain("".join(element.itertext())))
    inside = CHILDREN.get(name, frozenset())
    children = tuple(_verb(child, inside, name, base, warnings) for child in element)
    return Verb(name, dict(element.attrib), _plain(element.text or ""), children)


def _plain(text: str) -> str:
    return _SAFE_TEXT.sub(" ", text).strip()
