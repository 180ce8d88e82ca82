"""Every route stands behind the carrier's signature or on the list of open ones; nothing is open by oversight."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from flask import Flask

import app
from core.database import Database
from core.settings import load

OPEN = {"/healthz", "/readyz", "/metrics"}


@pytest.fixture
def service(sqlite_database: Database, tmp_path: Path) -> Iterator[Flask]:
    root = logging.getLogger()
    handlers, level, loud = root.handlers[:], root.level, logging.raiseExceptions
    settings = load(
        {
            "VOUCHLINE_ENV": "development",
            "VOUCHLINE_DATA_DIR": str(tmp_path),
            "DATABASE_URL": sqlite_database.url.render_as_string(hide_password=False),
            "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
            "TWILIO_AUTH_TOKEN": "a token made for the tests",
        }
    )
    parts = app.Parts(settings)
    yield app.create_app(parts)
    parts.database.close()
    root.handlers[:], logging.raiseExceptions = handlers, loud
    root.setLevel(level)
    structlog.reset_defaults()


def concrete(rule: str) -> str:
    """An address that the rule matches."""
    return re.sub(r"<[^>]+>", "something", rule)


def test_routes_are_signed_or_on_the_open_list(service: Flask) -> None:
    rules = {rule.rule for rule in service.url_map.iter_rules()}
    assert {rule for rule in rules if not rule.startswith("/voice/")} == OPEN


def test_what_the_carrier_calls_lies_on_the_signed_blueprint(service: Flask) -> None:
    endpoints = {rule.endpoint for rule in service.url_map.iter_rules() if rule.rule.startswith("/voice/")}
    assert endpoints
    assert all(endpoint.startswith("voice.") for endpoint in endpoints)
    assert service.before_request_funcs["voice"]


@pytest.mark.parametrize("header", [None, "", "c2lnbmVkIGJ5IG5vYm9keQ=="])
def test_an_unsigned_request_is_refused_on_every_signed_route(service: Flask, header: str | None) -> None:
    client = service.test_client()
    headers = {} if header is None else {"X-Twilio-Signature": header}
    for rule in service.url_map.iter_rules():
        if rule.rule.startswith("/voice/"):
            answer = client.post(concrete(rule.rule), data={"CallSid": "CA" + "0" * 32}, headers=headers)
            assert (rule.rule, answer.status_code) == (rule.rule, 403)
            assert b"<Response" not in answer.data


def test_no_signed_route_answers_to_a_mere_visit(service: Flask) -> None:
    client = service.test_client()
    statuses = {
        client.get(concrete(rule.rule)).status_code
        for rule in service.url_map.iter_rules()
        if rule.rule.startswith("/voice/")
    }
    assert statuses <= {403, 405}


def test_no_rule_takes_a_number_or_digits_in_its_path(service: Flask) -> None:
    arguments = {name for rule in service.url_map.iter_rules() for name in rule.arguments}
    assert not {name for name in arguments if re.search("digit|pin|number|phone|account", name)}
