"""The real client against a provider on loopback: what is sent, and what every kind of failure is called."""

from __future__ import annotations

import base64
import json
import logging
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from carrier.rest_client import LARGEST_ANSWER, Timeouts
from carrier.results import CODES, DeliveryError, Kind
from carrier.telephone import Telephone
from carrier.twilio_rest import TwilioAccount, TwilioTelephone
from tests.carrier import provider as fake

ACCOUNT = "AC" + "1" * 32
CALL = "CA" + "0" * 32
ROOM = "CF" + "0" * 32
TO = "+14255550123"
QUICK = Timeouts(connect=0.5, read=0.3, total=0.5)
STATUS = "https://calls.example.com/voice/status"


@pytest.fixture
def provider() -> Iterator[fake.Provider]:
    with fake.running() as running:
        yield running


def telephone(url: str, *, text_from: str = "+18005550100", discard: bool = False, key: bool = False) -> Telephone:
    return TwilioTelephone(
        TwilioAccount(
            account_sid=ACCOUNT,
            auth_token="token",
            text_from=text_from,
            voice_from="+18005550199",
            api_key="SKkey" if key else None,
            api_secret="secret" if key else None,
            api_base_url=url,
            discard_content=discard,
            timeouts=QUICK,
        )
    )


def text(phone: Telephone) -> str:
    return phone.send_text(TO, "123456", validity=300, status_url=STATUS)


def failure(phone: Telephone) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        text(phone)
    return failed.value


def test_a_text_says_how_long_it_is_worth_anything(provider: fake.Provider) -> None:
    provider.says(201, {"sid": "SM1"})
    assert text(telephone(provider.url)) == "SM1"
    (asked,) = provider.asked
    assert asked.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert asked.form == {
        "To": [TO],
        "From": ["+18005550100"],
        "Body": ["123456"],
        "ValidityPeriod": ["300"],
        "StatusCallback": [STATUS],
    }


def test_a_messaging_service_and_discarded_content_are_settings(provider: fake.Provider) -> None:
    provider.says(201, {"sid": "SM1"})
    text(telephone(provider.url, text_from="MG" + "1" * 32, discard=True))
    form = provider.asked[0].form
    assert (form["MessagingServiceSid"], form["ContentRetention"], "From" in form) == (
        ["MG" + "1" * 32],
        ["discard"],
        False,
    )


@pytest.mark.parametrize(("key", "user"), [(True, "SKkey:secret"), (False, f"{ACCOUNT}:token")])
def test_an_api_key_stands_in_for_the_auth_token(provider: fake.Provider, key: bool, user: str) -> None:
    provider.says(201, {"sid": "SM1"})
    text(telephone(provider.url, key=key))
    assert base64.b64decode(provider.asked[0].authorization.removeprefix("Basic ")).decode() == user
    assert ACCOUNT in provider.asked[0].path


def test_a_call_names_its_time_to_ring_and_its_events(provider: fake.Provider) -> None:
    provider.says(201, {"sid": CALL})
    phone = telephone(provider.url)
    url = "https://calls.example.com/voice/agent"
    assert phone.place_call(TO, url=url, timeout=20, status_url=STATUS, detect_machine=True) == CALL
    form = provider.asked[0].form
    assert (form["Url"], form["Timeout"], form["MachineDetection"], form["From"]) == (
        [url],
        ["20"],
        ["Enable"],
        ["+18005550199"],
    )
    assert form["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]


def test_a_redirect_is_a_post_to_the_call(provider: fake.Provider) -> None:
    provider.says(200, {"sid": CALL})
    telephone(provider.url).redirect(CALL, "https://calls.example.com/voice/x")
    assert provider.asked[0].path.endswith(f"/Calls/{CALL}.json")
    assert provider.asked[0].form == {"Url": ["https://calls.example.com/voice/x"], "Method": ["POST"]}


@pytest.mark.parametrize(("ringing", "status"), [(True, "canceled"), (False, "completed")])
def test_hanging_up_depends_on_whether_somebody_answered(provider: fake.Provider, ringing: bool, status: str) -> None:
    provider.says(200, {"sid": CALL})
    telephone(provider.url).hang_up(CALL, ringing=ringing)
    assert provider.asked[0].form == {"Status": [status]}


@pytest.mark.parametrize("code", [20404, 21220])
def test_a_call_that_is_over_is_hung_up(provider: fake.Provider, code: int) -> None:
    provider.says(404, {"code": code})
    telephone(provider.url).hang_up(CALL)
    assert len(provider.asked) == 1


def test_a_room_is_found_by_its_name(provider: fake.Provider) -> None:
    provider.says(200, {"conferences": [{"sid": ROOM}], "next_page_uri": None})
    assert telephone(provider.url).find_room("call-1") == ROOM
    assert "FriendlyName=call-1" in provider.asked[0].path


def test_a_room_that_is_not_there_is_none(provider: fake.Provider) -> None:
    provider.says(200, {"conferences": [], "next_page_uri": None})
    assert telephone(provider.url).find_room("call-1") is None


def test_a_failing_list_is_our_error_too(provider: fake.Provider) -> None:
    provider.says(401, {"code": 20003})
    with pytest.raises(DeliveryError, match="20003"):
        telephone(provider.url).find_room("call-1")


def test_a_supervisor_joins_muted_or_as_a_coach(provider: fake.Provider) -> None:
    provider.says(201, {"call_sid": CALL})
    phone = telephone(provider.url)
    assert phone.add_listener("call-1", "client:eve", label="supervisor", timeout=20, status_url=STATUS) == CALL
    phone.add_listener("call-1", "client:eve", label="supervisor", timeout=20, status_url=STATUS, coached=CALL)
    listening, coaching = (asked.form for asked in provider.asked)
    assert listening["Muted"] == ["true"]
    assert (coaching["Coaching"], coaching["CallSidToCoach"]) == (["true"], [CALL])
    assert listening["EndConferenceOnExit"] == ["false"]


@pytest.mark.parametrize(
    ("act", "form"),
    [
        (lambda phone: phone.mute(ROOM, CALL, muted=True), {"Muted": ["true"]}),
        (lambda phone: phone.coach(ROOM, CALL, None), {"Muted": ["false"], "Coaching": ["false"]}),
    ],
)
def test_participants_are_changed_in_their_room(
    provider: fake.Provider, act: Callable[[Telephone], None], form: dict[str, list[str]]
) -> None:
    provider.says(200, {"call_sid": CALL})
    act(telephone(provider.url))
    assert provider.asked[0].form == form
    assert provider.asked[0].path.endswith(f"/Conferences/{ROOM}/Participants/{CALL}.json")


@pytest.mark.parametrize("status", [204, 404])
def test_a_participant_is_removed_or_has_left(provider: fake.Provider, status: int) -> None:
    provider.says(status, b"")
    telephone(provider.url).remove(ROOM, CALL)
    assert provider.asked[0].method == "DELETE"


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_known_code_has_its_meaning(provider: fake.Provider, code: str) -> None:
    provider.says(400, {"code": int(code), "message": f"To {TO} is bad", "status": 400})
    failed = failure(telephone(provider.url))
    assert (failed.code, failed.kind, failed.permanent) == (code, CODES[code].kind, CODES[code].permanent)
    assert TO not in str(failed)


@pytest.mark.parametrize(
    ("status", "body", "code", "kind", "permanent"),
    [
        (400, b'{"code": 99999}', "99999", Kind.OTHER, True),
        (401, b"", "http-401", Kind.CONFIGURATION, True),
        (429, b"<html>", "http-429", Kind.BACK_OFF, False),
        (500, b"[]", "http-500", Kind.UNKNOWN_OUTCOME, False),
        (502, b"\xff", "http-502", Kind.UNKNOWN_OUTCOME, False),
        (503, b'{"code": "x"}', "http-503", Kind.BACK_OFF, False),
        (302, b"", "http-302", Kind.OTHER, True),
        (201, b"", "unreadable-answer", Kind.UNKNOWN_OUTCOME, False),
        (201, b"<html>", "unreadable-answer", Kind.UNKNOWN_OUTCOME, False),
        (201, b"[]", "unreadable-answer", Kind.UNKNOWN_OUTCOME, False),
        (201, b"{}", "unreadable-answer", Kind.UNKNOWN_OUTCOME, False),
        (201, b"[" * 9999, "unreadable-answer", Kind.UNKNOWN_OUTCOME, False),
        (201, b" " * (LARGEST_ANSWER + 1), "answer-too-large", Kind.UNKNOWN_OUTCOME, False),
    ],
    ids=lambda value: str(value)[:12],
)
def test_any_other_answer_has_a_meaning_too(
    provider: fake.Provider, status: int, body: bytes, code: str, kind: Kind, permanent: bool
) -> None:
    provider.says(status, body)
    failed = failure(telephone(provider.url))
    assert (failed.code, failed.kind, failed.permanent) == (code, kind, permanent)


@pytest.mark.parametrize("fault", ["hangs", "hangs_up", "drips"])
def test_after_the_request_was_handed_over_nobody_knows(provider: fake.Provider, fault: str) -> None:
    getattr(provider, fault)()
    failed = failure(telephone(provider.url))
    assert (failed.kind, failed.permanent, len(provider.asked)) == (Kind.UNKNOWN_OUTCOME, False, 1)


def test_without_a_connection_nothing_was_handed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    failed = failure(telephone(f"http://127.0.0.1:{port}"))
    assert (failed.kind, failed.permanent) == (Kind.UNREACHABLE, False)


def test_a_client_reports_nothing_it_sends(provider: fake.Provider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    provider.says(201, {"sid": "SM1"})
    text(telephone(provider.url))
    assert TO not in caplog.text
    assert "123456" not in caplog.text
    assert "token" not in repr(TwilioAccount(ACCOUNT, "token", TO, TO))


def test_every_request_is_one_of_the_published_interface(provider: fake.Provider, shared: Path) -> None:
    """Paths and field names of Twilio's own OpenAPI document."""
    published = json.loads((shared / "vendor-data" / "twilio-oai" / "twilio_api_v2010.json").read_text())["paths"]
    provider.says(200, {"sid": CALL, "call_sid": CALL})
    phone, url = telephone(provider.url, discard=True), "https://calls.example.com/voice/x"
    text(phone)
    phone.place_call(TO, url=url, timeout=20, status_url=STATUS, detect_machine=True, caller_id=TO)
    phone.redirect(CALL, url)
    phone.hang_up(CALL)
    phone.add_listener("call-1", TO, label="supervisor", timeout=20, status_url=STATUS, coached=CALL)
    phone.mute(ROOM, CALL, muted=True)
    phone.coach(ROOM, CALL, CALL)
    phone.remove(ROOM, CALL)
    provider.says(200, {"conferences": [], "next_page_uri": None})
    phone.find_room("call-1")
    assert [fault for asked in provider.asked for fault in _faults(asked, published)] == []
    assert len(provider.asked) == 9


def _faults(asked: fake.Asked, published: dict[str, Any]) -> list[str]:
    """What the published interface does not know about a request."""
    path, _, query = asked.path.partition("?")
    found = [known for known in published if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", known), path)]
    operation = published[found[0]].get(asked.method.lower()) if found else None
    if operation is None:
        return [f"{asked.method} {path}"]
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        names |= set(content["schema"]["properties"])
    return [name for name in (*asked.form, *parse_qs(query)) if name not in names]
