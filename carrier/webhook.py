"""What a carrier's webhook says, read strictly (REQUIREMENTS E4, E5; DESIGN, main flow, step 1).

Two kinds of oddness: broken structure (size, encoding, repeated names, a foreign account, a malformed call id) raises
`BadWebhook` with a 4xx status; odd content (digits, caller numbers, names) is an event of the call and is passed on as
text. Reading goes in this order, the signature in between:

1. `form` checks size, type and encoding and gives the pairs, with which
2. `carrier.signature.Verifier.check` checks the signature, and then
3. `read`, `read_status` or `read_message_status` check names and values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import parse_qsl

from core.errors import VouchlineError

LARGEST_BODY = 64 * 1024
LARGEST_VALUE = 16 * 1024
MOST_FIELDS = 100
FORM = "application/x-www-form-urlencoded"

Pairs = Sequence[tuple[str, str]]

_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CALL = re.compile(r"CA[0-9a-f]{32}", re.ASCII)
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
_MESSAGE = re.compile(r"[SM]M[0-9a-f]{32}", re.ASCII)
_SEQUENCE = re.compile(r"[0-9]{1,9}", re.ASCII)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


class BadWebhook(VouchlineError):
    """Broken structure; `status` is the HTTP status that says so."""

    code = "bad-webhook"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Webhook:
    """One request about a call. Texts are as the carrier sent them; absent is None, empty is "".

    `caller` and `dialled` may be anything ("anonymous", "sip:…", ""). `attestation` is the whole StirVerstat value.
    """

    call: str
    account: str
    caller: str
    dialled: str
    status: str
    digits: str | None = field(default=None, repr=False)
    attestation: str | None = None
    forwarded_from: str | None = None
    queue_result: str | None = None
    dial_status: str | None = None
    answered_by: str | None = None
    raw: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class CallStatus:
    """A status callback. They arrive in any order; `sequence` is None when it is not a small number."""

    call: str
    account: str
    status: str
    sequence: int | None
    duration: int | None
    answered_by: str | None
    raw: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """A status callback of a text; `error` is the provider's code, see `carrier.results`."""

    message: str
    account: str
    status: str
    error: str | None
    raw: Mapping[str, str] = field(default_factory=dict, repr=False)


def form(body: bytes, content_type: str | None) -> tuple[tuple[str, str], ...]:
    """The pairs of a form body in order. Raises `BadWebhook` (413, 415, 400)."""
    if len(body) > LARGEST_BODY:
        raise BadWebhook(413, "the body is too large")
    if not _is_form(content_type):
        raise BadWebhook(415, "only a form in UTF-8 is read")
    if _BROKEN_ESCAPE.search(body):
        raise BadWebhook(400, "a percent sign that escapes nothing")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise BadWebhook(400, "the form cannot be parsed") from None
    if any(len(value) > LARGEST_VALUE for _, value in pairs):
        raise BadWebhook(413, "a field is too large")
    return tuple(pairs)


def read(pairs: Pairs, account: str) -> Webhook:
    """A voice webhook for our account. Raises `BadWebhook` (400, and 403 for another account)."""
    fields = _fields(pairs, ("CallSid", "AccountSid", "From", "To"), account)
    return Webhook(
        call=_shaped(fields, "CallSid", _CALL),
        account=account,
        caller=_plain(fields["From"]),
        dialled=_plain(fields["To"]),
        status=_plain(fields.get("CallStatus", "")),
        digits=fields.get("Digits"),
        attestation=_optional(fields, "StirVerstat"),
        forwarded_from=_optional(fields, "ForwardedFrom"),
        queue_result=_optional(fields, "QueueResult"),
        dial_status=_optional(fields, "DialCallStatus"),
        answered_by=_optional(fields, "AnsweredBy"),
        raw=fields,
    )


def read_status(pairs: Pairs, account: str) -> CallStatus:
    """A call's status callback. Raises `BadWebhook`."""
    fields = _fields(pairs, ("CallSid", "AccountSid", "CallStatus"), account)
    return CallStatus(
        call=_shaped(fields, "CallSid", _CALL),
        account=account,
        status=_plain(fields["CallStatus"]),
        sequence=_small(fields.get("SequenceNumber")),
        duration=_small(fields.get("CallDuration")),
        answered_by=_optional(fields, "AnsweredBy"),
        raw=fields,
    )


def read_message_status(pairs: Pairs, account: str) -> MessageStatus:
    """A text's status callback. Raises `BadWebhook`."""
    fields = _fields(pairs, ("MessageSid", "AccountSid", "MessageStatus"), account)
    return MessageStatus(
        message=_shaped(fields, "MessageSid", _MESSAGE),
        account=account,
        status=_plain(fields["MessageStatus"]),
        error=_optional(fields, "ErrorCode") or None,
        raw=fields,
    )


def _is_form(content_type: str | None) -> bool:
    if content_type == FORM:
        return True
    header = Message()
    header["content-type"] = _CONTROLS.sub("", content_type or "")
    charset = header.get_content_charset()
    return header.get_content_type() == FORM and charset in {None, "utf-8"}


def _fields(pairs: Pairs, required: tuple[str, ...], account: str) -> dict[str, str]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadWebhook(400, "a field is given twice")
    missing = [name for name in required if name not in fields]
    if missing:
        raise BadWebhook(400, f"missing: {', '.join(missing)}")
    if _shaped(fields, "AccountSid", _ACCOUNT) != account:
        raise BadWebhook(403, "another account's call")
    return fields


def _shaped(fields: Mapping[str, str], name: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(fields[name]):
        raise BadWebhook(400, f"{name} is malformed")
    return fields[name]


def _optional(fields: Mapping[str, str], name: str) -> str | None:
    value = fields.get(name)
    return None if value is None else _plain(value)


def _plain(value: str) -> str:
    # PostgreSQL takes no NUL in a text; a replaced control character still makes no number valid.
    return _CONTROLS.sub("\ufffd", value)


def _small(value: str | None) -> int | None:
    return int(value) if value is not None and _SEQUENCE.fullmatch(value) else None
