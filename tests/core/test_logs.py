"""Logs: what must never reach a line, and what must stay readable."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from core import logs

PIN = "482913"
NUMBER = "+14255550123"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave logging as it was found: pytest has its own handlers."""
    root = logging.getLogger()
    handlers, level, loud = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:], logging.raiseExceptions = handlers, loud
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    logs.configure(to=stream, readable=False)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_object_with_its_time_in_utc(stream: io.StringIO) -> None:
    logs.logger("ivr").info("call.started", line="us-en")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["line"], line["logger"]) == ("call.started", "info", "us-en", "ivr")
    assert line["at"].endswith("Z")


def test_loggers_of_libraries_go_the_same_way(stream: io.StringIO) -> None:
    logging.getLogger("some.library").warning("dialling %s", NUMBER, extra={"token": "abc"})
    (line,) = lines(stream)
    assert line["event"] == "dialling …23"
    assert line["token"] == logs.HIDDEN


def test_ids_of_request_and_call_stand_on_every_line(stream: io.StringIO) -> None:
    with logs.bind(request="r1", call="CA1"):
        logs.logger("a").info("one")
        logging.getLogger("b").warning("two")
    logs.logger("a").info("three")
    assert [(line.get("request"), line.get("call")) for line in lines(stream)] == [("r1", "CA1")] * 2 + [(None, None)]


@pytest.mark.parametrize(
    "key",
    ["pin", "Digits", "auth_token", "TWILIO_AUTH_TOKEN", "X-Twilio-Signature", "password", "Body", "authorization"],
)
def test_a_value_under_a_secret_key_is_hidden(stream: io.StringIO, key: str) -> None:
    logs.logger("a").info("something", **{key: "plain words", "inner": [{key: 17}]})
    (line,) = lines(stream)
    assert line[key] == logs.HIDDEN
    assert line["inner"] == [{key: logs.HIDDEN}]


@pytest.mark.parametrize("key", ["From", "to", "caller", "dialled_number", "phone"])
def test_a_value_under_the_key_of_a_number_keeps_two_digits(stream: io.StringIO, key: str) -> None:
    logs.logger("a").info("something", **{key: NUMBER.removeprefix("+")})
    assert lines(stream)[0][key] == "…23"


@pytest.mark.parametrize(
    "text",
    [
        f"your PIN is {PIN}",
        "your PIN is 4 8 2 9 1 3",
        "PIN: 4, 8, 2, 9, 1, 3.",
        "482-913 is your code",
        f"Digits={PIN}&CallSid=CA1",
        f"代碼：{PIN}",
        f"called {NUMBER}.",
        f"tel:{NUMBER}",
        "called +1 (425) 555-0123",
        "From=%2B14255550123",
        "called 14255550123.",
        "Authorization: Basic QUMxMjM0NTY3ODkw",
        "postgresql://me:hidden-word@db/calls",
        "redis://:hidden-word@cache:6379/0",
        "mail to someone.else@example.com failed",
    ],
)
def test_a_secret_within_a_text_is_hidden(stream: io.StringIO, text: str) -> None:
    logs.logger("a").info(text, detail=(text,))
    written = stream.getvalue()
    digits = "".join(filter(str.isdigit, written.partition('"at"')[0] + written.partition('"detail"')[2]))
    assert not any(secret in digits for secret in (PIN, "4255550123"))
    assert not any(secret in written for secret in ("QUMxMjM0", "hidden-word", "someone.else"))


@pytest.mark.parametrize(
    "text",
    [
        "call CA0123456789abcdef0123456789abcdef ended",
        "job 018f3c2e-7b1a-7c3d-9e4f-123456789012 done",
        "provider answered with error code 30007",
        "took 12.5 ms, 4096 bytes",
        "opens 2026-11-18T10:00:00Z",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert logs.clean(text) == text


def test_an_exception_is_told_without_its_secrets(stream: io.StringIO) -> None:
    try:
        int(f"PIN {PIN} to {NUMBER}")
    except ValueError:
        logs.logger("a").exception("failed")
        logging.getLogger("b").exception("failed too")
    ours, theirs = lines(stream)
    assert "ValueError" in ours["exception"]
    assert "ValueError" in theirs["exception"]
    assert PIN not in stream.getvalue()
    assert NUMBER not in stream.getvalue()


@pytest.mark.parametrize("readable", [False, True])
def test_a_text_cannot_forge_a_line(readable: bool) -> None:
    stream = io.StringIO()
    logs.configure(to=stream, readable=readable)
    logs.logger("a").info("one\r\ntwo\x1b[2J\u2028three\u202e\ud800", field="four\nfive")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b[2J" not in stream.getvalue()
    stream.getvalue().encode()


def test_readable_lines_are_redacted_too() -> None:
    stream = io.StringIO()
    logs.configure(to=stream, readable=True)
    logs.logger("a").info("pin.sent", to=NUMBER, pin=PIN)
    assert "pin.sent" in stream.getvalue()
    assert PIN not in stream.getvalue()
    assert NUMBER not in stream.getvalue()


def test_a_line_that_cannot_be_formatted_prints_no_arguments(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("some.library").warning("%d", f"PIN {PIN}")
    assert PIN not in stream.getvalue() + "".join(capsys.readouterr())


def test_the_client_of_the_carrier_is_silent_about_requests(stream: io.StringIO) -> None:
    logging.getLogger("twilio.http_client").info("POST Request: https://api.twilio.com/ To=%s", NUMBER)
    assert not stream.getvalue()


def test_levels_below_the_chosen_one_cost_nothing(stream: io.StringIO) -> None:
    logs.logger("a").debug("detail")
    assert not stream.getvalue()
