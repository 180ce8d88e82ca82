"""Requests to the service: signatures, origins, faults of the service."""

import json
import time
from pathlib import Path

import pytest
from flask import Response
from twilio.request_validator import RequestValidator

from simulator.client import Network
from simulator.server import Running, start
from simulator.settings import Settings
from simulator.signature import sign
from tests.simulator.conftest import ACCOUNT, TOKEN, Service

LINE = "+18005550199"
CALLER = "+14255550100"


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://example.com/voice?x=1&y=%C3%A4", {"From": "+1", "Digits": "12", "FromCity": ""}),
        ("https://example.com/voice", {}),
        ("http://127.0.0.1:8000/a%2Fb?q=%7E", {"ÄName": "Wert ü"}),
    ],
)
def test_the_official_validator_accepts_our_signature(url: str, form: dict[str, str]) -> None:
    assert RequestValidator(TOKEN).validate(url, form, sign(TOKEN, url, form))


def test_escapes_in_addresses_are_sent_as_they_were_signed(service: Service, network: Network) -> None:
    service.page("voice", "<Redirect>/next?name=%C3%A4%7Eb%2Fc#rc=2</Redirect>")
    service.page("next", lambda form: f"<Say>Name {form['name']}</Say>")
    phone = network.phone(CALLER)
    phone.call(LINE)
    phone.hear("name ä~b/c")


def test_get_signs_the_address_with_its_query(service: Service, network: Network) -> None:
    service.page("voice", '<Redirect method="GET">/next?a=1</Redirect>')
    service.page("next", lambda form: f"<Say>Got {form['a']} {form['CallStatus']}</Say>")
    phone = network.phone(CALLER)
    phone.call(LINE)
    phone.hear("got 1 in-progress")


def test_a_service_behind_a_public_address_sees_that_one_signed(service: Service) -> None:
    local, service.url = service.url, "https://lines.example.com"
    service.page("voice", f'<Gather numDigits="1" action="{service.url}/next"/>')
    service.page("next", "<Say>Here</Say>")
    settings = Settings(f"{local}/voice", public_url=service.url, account_sid=ACCOUNT, auth_token=TOKEN, speed=10)
    running = start(settings)
    try:
        phone = Network(running.url).phone(CALLER)
        phone.call(LINE)
        phone.key("1")
        phone.hear("here")
    finally:
        running.stop()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(status=500), 11200),
        (Response("{}", content_type="application/json"), 12300),
        (Response("<Response><Say>", content_type="text/xml"), 12100),
        (Response(status=302, headers={"Location": "/voice"}), 11215),
        (Response(b"\xff\xfe\x00", content_type="text/xml"), 12100),
        (Response("<html/>", content_type="text/html"), 12100),
        (Response('<!DOCTYPE a [<!ENTITY b "c">]><Response/>', content_type="text/xml"), 12100),
    ],
)
def test_a_broken_answer_ends_the_call_with_an_application_error(
    service: Service, network: Network, answer: Response, code: int
) -> None:
    service.pages["voice"] = answer
    phone = network.phone(CALLER)
    phone.call(LINE)
    assert phone.wait_for("error")["code"] == code
    assert phone.ended()["reason"] == "application-error"
    service.wait_for("status")


def test_a_text_answer_is_read_aloud(service: Service, network: Network) -> None:
    service.pages["voice"] = Response("Good morning", content_type="text/plain")
    phone = network.phone(CALLER)
    phone.call(LINE)
    phone.hear("good morning")


def test_the_fallback_is_asked_once(service: Service) -> None:
    service.pages["voice"] = Response(status=503)
    service.page("fallback", lambda form: f"<Say>Fallback {form['ErrorCode']}</Say><Redirect>/voice</Redirect>")
    settings = Settings(f"{service.url}/voice", None, f"{service.url}/fallback", None, ACCOUNT, TOKEN)
    running = start(settings)
    try:
        phone = Network(running.url).phone(CALLER)
        phone.call(LINE)
        phone.hear("fallback 11200")
        assert phone.ended()["reason"] == "application-error"
        assert len(service.forms("fallback")) == 1
    finally:
        running.stop()


def test_a_service_that_hangs_is_given_up(service: Service) -> None:
    def slowly(_: dict[str, str]) -> str:
        time.sleep(0.5)
        return "<Say>Too late</Say>"

    service.page("voice", slowly)
    settings = Settings(f"{service.url}/voice", account_sid=ACCOUNT, auth_token=TOKEN, webhook_timeout=0.1)
    running = start(settings)
    try:
        phone = Network(running.url).phone(CALLER)
        phone.call(LINE)
        assert phone.wait_for("error")["code"] == 11205
    finally:
        running.stop()


def test_the_trace_of_a_call_holds_documents_but_no_keys(service: Service, network: Network) -> None:
    service.page("voice", '<Gather numDigits="6" action="/next"/>')
    service.page("next", "<Say>Thank you</Say>")
    phone = network.phone(CALLER)
    sid = phone.call(LINE)
    phone.key("987654")
    phone.ended()
    trace = network.call(sid)
    assert [Path(one["url"]).name for one in trace["requests"]] == ["voice", "next"]
    assert "Thank you" in trace["requests"][1]["answer"]
    assert "987654" not in json.dumps(trace)


def test_stopping_ends_calls_and_leaves_no_thread(service: Service, running: Running) -> None:
    service.page("voice", "<Gather timeout='60'/>")
    phone = Network(running.url).phone(CALLER)
    phone.call(LINE)
    phone.wait_for("gather")
    running.network.close()
    assert not [call for call in running.network.calls.values() if call.ended is None]
    assert running.network.threads() == 0


def test_barge_in_cuts_a_prompt_short(service: Service) -> None:
    service.page(
        "voice",
        '<Gather numDigits="1" action="/next"><Say>One</Say><Pause length="60"/><Say>Two</Say></Gather>',
    )
    service.page("next", "<Say>Done</Say>")
    running = start(Settings(f"{service.url}/voice", account_sid=ACCOUNT, auth_token=TOKEN, patient=True))
    try:
        phone = Network(running.url).phone(CALLER)
        phone.call(LINE)
        phone.wait_for("paused")
        phone.key("1")
        phone.hear("done", timeout=2)
        assert "Two" not in phone.transcript()
    finally:
        running.stop()
