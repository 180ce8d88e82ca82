"""Logs: one JSON object a line off a terminal, readable lines on one; no secret and no personal data in either.

Redaction is by key and by pattern, as the last step before a line is written, for our own events and for those of
libraries alike. `bind(request=..., call=...)` puts ids on every later line of the same thread or task.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

HIDDEN = "[hidden]"

# Whole words of a key: `Digits`, `auth_token` and `x-twilio-signature` are caught, and `digits_expected` too.
_SECRET_KEYS = frozenset(
    """
    pin pins otp digits password passwd secret secrets token tokens authorization cookie credential credentials seed
    key keys nonce signature body bodies payload params form name email mail address speech text
    """.split()  # noqa: SIM905 - a list of words reads best as one
)
_NUMBER_KEYS = frozenset(("from", "to", "caller", "called", "dialled", "number", "phone", "telephone", "recipient"))
_HARMLESS_KEYS = frozenset(("key_id", "job_key"))
_SEVERAL_LINES = frozenset(("exception", "stack"))
_KEY_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")

_E164 = re.compile(r"(?:\+|%2[Bb])[1-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9])")
_BARE_NUMBER = re.compile(r"(?<![0-9A-Za-z-])(?<![0-9][.:])[0-9]{10,15}(?![0-9A-Za-z-]|[.:][0-9])")
_MAILBOX = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_FEW_DIGITS = r"[0-9](?:[ ,.-]{0,2}[0-9]){3,7}"
# Codes of errors are what an operator needs; they are not secrets.
_CODE_WORD = r"(?:\bpins?\b|(?<!error )(?<!status )(?<!exit )\bcodes?\b|\botp\b|\bdigits\b|代碼|验证码|驗證碼)"
_CODE_AFTER = re.compile(rf"(?i)({_CODE_WORD}[^0-9\n]{{0,24}}){_FEW_DIGITS}(?![0-9])")
_CODE_BEFORE = re.compile(rf"(?i)(?<![0-9]){_FEW_DIGITS}([^0-9\n]{{0,12}}{_CODE_WORD})")
_PAIR = re.compile(r"(?i)\b(digits|token|password|secret|authtoken|signature|pin|body)=[^&\s\"']+")
_AUTHORIZATION = re.compile(r"(?i)\b(basic|bearer)\s+[A-Za-z0-9._~+/=-]{8,}")
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")
# Whatever could forge or disturb a line (REQUIREMENTS F15), and lone surrogates, which no stream can write.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def configure(*, to: TextIO | None = None, readable: bool | None = None, level: str = "INFO") -> None:
    """Send every log line of this process, of libraries too, to one stream (stderr unless told)."""
    stream = to or sys.stderr
    readable = stream.isatty() if readable is None else readable
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
    ]
    handler = logging.StreamHandler(stream) if to else _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_last_steps(stream, readable=readable),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # When a line cannot be formatted, logging would print its raw arguments.
    logging.raiseExceptions = False
    # twilio logs whole requests, numbers and texts included, at INFO; urllib3 logs URLs at DEBUG.
    for name in ("twilio", "twilio.http_client", "urllib3", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is at that moment; a process may be given another one later."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def logger(name: str) -> Any:
    """A logger whose calls are an event name and fields: `log.info("pin.sent", channel="text")`."""
    return structlog.stdlib.get_logger(name)


def bind(**ids: str) -> AbstractContextManager[None]:
    """Put ids on every line of this context, as `with bind(request=..., call=...)`."""
    return structlog.contextvars.bound_contextvars(**ids)


def redact(_logger: Any, _method: str, event: EventDict) -> MutableMapping[str, Any]:
    """Hide by key, then by pattern, through nested values."""
    return {key: _lines(value) if key in _SEVERAL_LINES else _value(key, value) for key, value in event.items()}


def clean(text: str) -> str:
    """A text without secrets, personal data and characters that forge lines."""
    text = _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)
    text = _AUTHORIZATION.sub(rf"\1 {HIDDEN}", text)
    text = _PAIR.sub(rf"\1={HIDDEN}", text)
    text = _E164.sub(lambda found: masked(found[0]), text)
    text = _CODE_BEFORE.sub(rf"{HIDDEN}\1", _CODE_AFTER.sub(rf"\1{HIDDEN}", text))
    text = _BARE_NUMBER.sub(lambda found: masked(found[0]), text)
    text = _MAILBOX.sub(HIDDEN, text)
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape", "backslashreplace").decode("ascii"), text)


def masked(number: str) -> str:
    """A telephone number as its last two digits (REQUIREMENTS C11)."""
    return f"…{number[-2:]}"


def _last_steps(stream: TextIO, *, readable: bool) -> list[Processor]:
    if readable:
        # Redacted after the traceback became text; the renderer would otherwise print frames by itself.
        plain = structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
        return [structlog.processors.format_exc_info, redact, plain]
    return [
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.JSONRenderer(default=repr, ensure_ascii=False),
    ]


def _lines(text: Any) -> str:
    return "\n".join(clean(line) for line in str(text).splitlines())


def _value(key: str, value: Any) -> Any:
    words = {word.lower() for word in _KEY_WORD.findall(key)}
    if key not in _HARMLESS_KEYS and value is not None and not isinstance(value, bool):
        if words & _SECRET_KEYS:
            return HIDDEN
        if words & _NUMBER_KEYS and not isinstance(value, int | float):
            return masked(value) if isinstance(value, str) and len(value) > 4 else HIDDEN
    return _nested(value)


def _nested(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case Mapping():
            return {str(key): _value(str(key), inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_nested(inner) for inner in value]
        case bool() | int() | float() | None:
            return value
        case _:
            return clean(str(value))
