"""Strict reading: structure is refused with a status, content is passed on."""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrier import webhook
from carrier.signature import Verifier
from carrier.webhook import FORM, BadWebhook, Webhook

ACCOUNT = "AC" + "1" * 32
CALL = "CA" + "0" * 32
GOOD = {
    "CallSid": CALL,
    "AccountSid": ACCOUNT,
    "From": "+14255550100",
    "To": "+18008659408",
    "CallStatus": "ringing",
    "FromCity": "",
    "StirVerstat": "TN-Validation-Passed-A",
}


def body(**changes: str) -> bytes:
    return urlencode({**GOOD, **changes}).encode()


def read(raw: bytes, content_type: str | None = FORM) -> Webhook:
    return webhook.read(webhook.form(raw, content_type), ACCOUNT)


def status_of(raw: bytes, content_type: str | None = FORM) -> int:
    with pytest.raises(BadWebhook) as refused:
        read(raw, content_type)
    return refused.value.status


def test_a_good_webhook_is_read() -> None:
    found = read(body())
    assert (found.call, found.account, found.caller, found.dialled) == (CALL, ACCOUNT, "+14255550100", "+18008659408")
    assert (found.status, found.attestation, found.digits) == ("ringing", "TN-Validation-Passed-A", None)


def test_unknown_fields_are_kept_and_mean_nothing() -> None:
    found = read(body(NewVendorField="x", AnsweredBy="human", ForwardedFrom="+18008659408"))
    assert found.raw["NewVendorField"] == "x"
    assert (found.answered_by, found.forwarded_from) == ("human", "+18008659408")


@pytest.mark.parametrize(
    "caller",
    [
        "",
        "anonymous",
        "+266696687",
        "sip:a@b",
        "client:x",
        "+1",
        "+0123",
        "+1234567890123456",
        "abc",
        "+1555;ext=1",
        " 1425",
    ],
)
def test_an_odd_caller_is_passed_on_as_it_is(caller: str) -> None:
    assert read(body(From=caller)).caller == caller


@pytest.mark.parametrize("digits", ["", "123456", "*0#", "１２３４", "12 34", "x" * 9000])
def test_odd_digits_are_passed_on_as_they_are(digits: str) -> None:
    assert read(body(Digits=digits)).digits == digits


def test_control_characters_make_no_number_and_no_database_error() -> None:
    found = read(body(From="+1425\x005550100", To="\x1b[2J"))
    assert (found.caller, found.dialled) == ("+1425\ufffd5550100", "\ufffd[2J")


def test_digits_and_raw_fields_stay_out_of_what_is_printed() -> None:
    assert "987654" not in repr(read(body(Digits="987654")))


@pytest.mark.parametrize("name", ["Digits", "CallSid", "From"])
def test_a_field_given_twice_is_refused(name: str) -> None:
    twice = f"&{name}={GOOD.get(name, '1')}".encode()
    assert status_of(body(Digits="1") + twice) == 400


@pytest.mark.parametrize("name", ["CallSid", "AccountSid", "From", "To"])
def test_a_missing_field_is_refused(name: str) -> None:
    assert status_of(urlencode({key: value for key, value in GOOD.items() if key != name}).encode()) == 400


@pytest.mark.parametrize(
    "call",
    [
        "",
        "CA1",
        CALL.upper() + "A",
        "CA" + "A" * 32,
        "CA" + "0" * 31 + "'",
        CALL + "\x00",
        CALL + "\n",
        "CA" + "٠" * 32,
    ],
)
def test_a_malformed_call_id_is_refused(call: str) -> None:
    assert status_of(body(CallSid=call)) == 400


@pytest.mark.parametrize(
    ("account", "status"), [("AC" + "2" * 32, 403), ("", 400), ("AC1", 400), (ACCOUNT + "\n", 400)]
)
def test_another_account_is_refused(account: str, status: int) -> None:
    assert status_of(body(AccountSid=account)) == status


@pytest.mark.parametrize(
    "content_type",
    [None, "", "application/json", "multipart/form-data; boundary=x", f"{FORM}; charset=utf-16", "text/plain"],
)
def test_anything_but_a_form_in_utf8_is_refused(content_type: str | None) -> None:
    assert status_of(body(), content_type) == 415


@pytest.mark.parametrize("content_type", [f"{FORM}; charset=UTF-8", FORM.upper(), f"{FORM};charset=utf-8"])
def test_spellings_of_the_form_type_are_accepted(content_type: str) -> None:
    assert read(body(), content_type).call == CALL


def test_the_size_limit_is_exact() -> None:
    padded = body() + b"&" + b"&".join(b"p%d=%s" % (i, b"x" * 15_000) for i in range(4)) + b"&q="
    room = webhook.LARGEST_BODY - len(padded)
    assert read(padded + b"y" * room).call == CALL
    assert status_of(padded + b"y" * (room + 1)) == 413


def test_the_number_of_fields_is_bounded() -> None:
    most = body() + "".join(f"&f{i}=1" for i in range(webhook.MOST_FIELDS - len(GOOD))).encode()
    assert read(most).call == CALL
    assert status_of(most + b"&one=more") == 400


def test_one_huge_field_is_refused() -> None:
    assert status_of(body(SpeechResult="x" * 60_000)) == 413


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"CallSid",
        b"a=%",
        b"a=%4",
        b"a=%zz",
        b"a=%ff",
        b"a=\xff",
        b"a=%ed%a0%80",
        b"&&",
        gzip.compress(body(), mtime=0),
        b"{}",
        b"a=%u0041",
    ],
    ids=repr,
)
def test_a_broken_body_is_refused(raw: bytes) -> None:
    assert status_of(raw) == 400


@given(st.binary(max_size=300))
def test_no_bytes_cause_anything_but_a_refusal(raw: bytes) -> None:
    with contextlib.suppress(BadWebhook):
        read(raw)


@given(
    st.dictionaries(st.text(max_size=5), st.text(st.characters(blacklist_categories=["Cs"]), max_size=5), max_size=5)
)
def test_a_form_is_read_as_the_standard_library_reads_it(fields: dict[str, str]) -> None:
    raw = body(**{f"x{name.encode(errors='replace').decode()}": value for name, value in fields.items()})
    assert list(webhook.form(raw, FORM)) == parse_qsl(raw.decode(), keep_blank_values=True)


def test_of_requests_that_share_a_signature_only_the_well_formed_one_is_read(shared: Path) -> None:
    family = json.loads((shared / "test-vectors" / "twilio_signature.json").read_text())["ambiguity_family"]
    verifier = Verifier([family["auth_token"]], "https://ivr.example.com")
    accepted = []
    for request in family["requests"]:
        pairs, path = [(name, value) for name, value in request["params"]], urlsplit(request["url"]).path
        assert verifier.check(path, pairs, family["signature"])
        try:
            webhook.read(pairs, "AC0123456789abcdef0123456789abcdef")
        except BadWebhook:
            continue
        accepted.append(request["why"])
    assert accepted == ["well formed"]


def test_a_status_callback_is_read_without_numbers() -> None:
    pairs = [("CallSid", CALL), ("AccountSid", ACCOUNT), ("CallStatus", "completed"), ("CallDuration", "17")]
    found = webhook.read_status([*pairs, ("SequenceNumber", "3")], ACCOUNT)
    assert (found.status, found.sequence, found.duration) == ("completed", 3, 17)


@pytest.mark.parametrize("sequence", ["-1", "9223372036854775808", "", "x", "٣"])
def test_an_odd_sequence_number_is_no_order(sequence: str) -> None:
    pairs = [("CallSid", CALL), ("AccountSid", ACCOUNT), ("CallStatus", "ringing"), ("SequenceNumber", sequence)]
    assert webhook.read_status(pairs, ACCOUNT).sequence is None


def test_a_texts_status_carries_the_providers_code() -> None:
    sid = "SM" + "a" * 32
    pairs = [("MessageSid", sid), ("AccountSid", ACCOUNT), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")]
    found = webhook.read_message_status(pairs, ACCOUNT)
    assert (found.message, found.status, found.error) == (sid, "undelivered", "30003")
