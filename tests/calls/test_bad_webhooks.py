"""Bad webhooks (REQUIREMENTS BW, BP) against the whole application: refused or harmless, never a traceback.

Broken structure is 4xx and changes no row; odd content is an event of the call, answered with 200 and TwiML.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from audit import log as audit_log
from carrier.signature import HEADER, sign
from core.clock import ManualClock
from directory import register
from directory.vocabulary import AddressKind, LineType
from ivr.models import CallRow
from tests.calls.customers import ADMIN, STRANGER, US_LINE, customer
from tests.calls.wire import (
    ACCOUNT,
    INCOMING,
    ORIGIN,
    TOKEN,
    Answer,
    Caller,
    Wire,
    logged,
    new_sid,
    pin_of,
    watching,
    wired,
)
from verification.evidence import of_call
from verification.models import ChallengeRow, EntryRow

FORM = "application/x-www-form-urlencoded"
CALL = "CA" + "5" * 32
NOON = datetime(2026, 11, 18, 15, tzinfo=UTC)
Pairs = list[tuple[str, str]]


@dataclass
class Bench:
    """A service that is watched: what it answers, writes and logs."""

    wire: Wire
    folder: Path
    account: str = ""

    def refuses(self, what: Callable[[], Answer], *statuses: int) -> None:
        """A refusal without any trace in the database, a traceback, or a word of the inside."""
        with watching(self.folder / "vouchline.db") as watch, logged() as log:
            answer = what()
            assert answer.status in statuses
            assert not watch.changed()
        assert "Traceback" not in log.getvalue()
        assert len(answer.body) < 40
        assert answer.content_type.startswith("text/plain")

    def answers(self, what: Callable[[], Answer]) -> Answer:
        """TwiML, and no error behind it."""
        with logged() as log:
            answer = what()
        assert answer.status == 200
        assert answer.content_type.startswith("text/xml")
        assert answer.tree.tag == "Response"
        assert not answer.is_apology
        assert "Traceback" not in log.getvalue()
        return answer


@pytest.fixture(scope="module")
def bench(filled_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One service for all, with a customer. Two registered numbers are spelt like keypad words, which no line stops."""
    folder = tmp_path_factory.mktemp("bad")
    with wired(filled_template, folder, ManualClock(NOON)) as wire:
        litware = customer(wire)
        with wire.parts.database.begin() as tx:
            for number in ("+8656696", "+86282452253"):
                one = (litware.organisation, litware.contact, AddressKind.PHONE, number, LineType.MOBILE)
                register.add_address(
                    tx, NOON, wire.parts.keyring, register.NewAddress("worldwide", *one, confirmed_at=NOON)
                )
        yield Bench(wire, folder, litware.account)


def good(**changes: str) -> Pairs:
    form = {"AccountSid": ACCOUNT, "CallSid": CALL, "From": STRANGER, "To": US_LINE, "CallStatus": "ringing"}
    return list((form | changes).items())


def headers(signature: str | None, content_type: str | None = FORM) -> Pairs:
    found = [] if content_type is None else [("Content-Type", content_type)]
    return found if signature is None else [*found, (HEADER, signature)]


RIGHT = sign(TOKEN, ORIGIN + INCOMING, good())


# Signatures (BW1, BW2, E1).


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        " ",
        "not base64 at all, but long",
        "x" * 10_000,
        RIGHT[:-1],
        RIGHT + "=",
        RIGHT.lower(),
        sign("another token", ORIGIN + INCOMING, good()),
        sign(TOKEN, ORIGIN + INCOMING, good(From=ADMIN)),
        sign(TOKEN, ORIGIN.replace("https", "http") + INCOMING, good()),
        sign(TOKEN, f"{ORIGIN}:8443{INCOMING}", good()),
        sign(TOKEN, f"{ORIGIN}{INCOMING}/", good()),
        sign(TOKEN, f"{ORIGIN}{INCOMING}?a=1", good()),
        sign(TOKEN, ORIGIN.upper() + INCOMING, good()),
        sign(TOKEN, f"https://evil.example{INCOMING}", good()),
    ],
)
def test_a_request_without_its_signature_is_refused(signature: str | None, bench: Bench) -> None:
    body = urlencode(good()).encode()
    bench.refuses(lambda: bench.wire.raw("POST", INCOMING, body, headers(signature)), 403)


def test_two_signatures_are_none(bench: Bench) -> None:
    body = urlencode(good()).encode()
    twice = [*headers(RIGHT), (HEADER, sign("another", ORIGIN + INCOMING, good()))]
    bench.refuses(lambda: bench.wire.raw("POST", INCOMING, body, twice), 403)
    bench.refuses(lambda: bench.wire.raw("POST", INCOMING, body, [*headers(RIGHT), (HEADER, RIGHT)]), 403)


def test_the_order_of_the_query_is_signed(bench: Bench) -> None:
    body = urlencode(good()).encode()
    signature = sign(TOKEN, f"{ORIGIN}/voice/menu?n=1&m=2", good())
    bench.refuses(lambda: bench.wire.raw("POST", "/voice/menu?m=2&n=1", body, headers(signature)), 403)


def test_no_header_chooses_another_algorithm(bench: Bench) -> None:
    body = urlencode(good()).encode()
    asking = [("X-Twilio-Webhooks-Signature-Settings", '{"algorithm":"HMAC-SHA256"}')]
    wrong = [*headers("A" * 43 + "="), *asking]
    bench.refuses(lambda: bench.wire.raw("POST", INCOMING, body, wrong), 403)


@pytest.mark.parametrize("path", ["/voice/menu", "/voice/status", "/voice/agent/offer/x", "/voice/status/message/x"])
def test_every_step_wants_a_signature(path: str, bench: Bench) -> None:
    body = urlencode(good()).encode()
    bench.refuses(lambda: bench.wire.raw("POST", path, body, headers(RIGHT)), 403)


# Structure behind a valid signature (BW4, BW7, E4).


@pytest.mark.parametrize("name", ["Digits", "CallSid", "From", "AccountSid", "To", "StirVerstat"])
@pytest.mark.parametrize("same", [True, False])
def test_a_field_given_twice_is_refused(name: str, same: bool, bench: Bench) -> None:
    pairs = good(Digits="1", StirVerstat="TN-Validation-Passed-A")
    again = [*pairs, (name, dict(pairs)[name] if same else "+14255550199")]
    bench.refuses(lambda: bench.wire.send(INCOMING, again), 400)


@pytest.mark.parametrize(
    "sid",
    [
        "",
        "CA",
        CALL[:-1],
        CALL + "5",
        "CA" + "F" * 32,
        "ca" + "5" * 32,
        CALL + "\n",
        CALL[:-1] + "'",
        CALL[:-1] + "\x00",
        CALL[:-1] + "５",
        "CA" + "5" * 10_000,
    ],
)
def test_a_malformed_call_is_refused(sid: str, bench: Bench) -> None:
    bench.refuses(lambda: bench.wire.send(INCOMING, good(CallSid=sid)), 400)


@pytest.mark.parametrize("missing", ["CallSid", "AccountSid", "From", "To"])
def test_a_missing_field_is_refused(missing: str, bench: Bench) -> None:
    pairs = [pair for pair in good() if pair[0] != missing]
    bench.refuses(lambda: bench.wire.send(INCOMING, pairs), 400)


@pytest.mark.parametrize("path", [INCOMING, "/voice/status"])
def test_a_foreign_account_is_refused(path: str, bench: Bench) -> None:
    bench.refuses(lambda: bench.wire.send(path, good(AccountSid="AC" + "9" * 32)), 403)


def test_of_the_ambiguous_requests_only_the_well_formed_one_is_taken(
    filled_template: Path, clock: ManualClock, tmp_path: Path, shared: Path
) -> None:
    family: dict[str, Any] = json.loads((shared / "test-vectors" / "twilio_signature.json").read_text())[
        "ambiguity_family"
    ]
    account = dict(family["requests"][0]["params"])["AccountSid"]
    origin = "https://ivr.example.com"
    setting = {"PUBLIC_URL": origin, "TWILIO_AUTH_TOKEN": family["auth_token"], "TWILIO_ACCOUNT_SID": account}
    with wired(filled_template, tmp_path, clock, **setting) as wire:
        watched = Bench(wire, tmp_path)

        def post(request: dict[str, Any]) -> Answer:
            target, body = (
                request["url"].removeprefix(origin),
                urlencode([(name, value) for name, value in request["params"]]).encode(),
            )
            return wire.raw("POST", target, body, [*headers(family["signature"]), ("Host", "ivr.example.com")])

        watched.answers(lambda: post(family["requests"][0]))
        for request in family["requests"][1:]:
            watched.refuses(lambda request=request: post(request), 400, 404)  # type: ignore[misc]


# Bodies (BW10, BW11, E5).


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (urlencode(good()).encode(), "application/json", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
        (urlencode(good()).encode("utf-16"), f"{FORM}; charset=utf-16", 415),
        (urlencode(good()).encode(), None, 415),
        (urlencode(good(Filler="x" * 65 * 1024)).encode(), FORM, 413),
        (urlencode(good(Filler="x" * 60_000)).encode(), FORM, 413),
        (urlencode([*good(), *((f"f{number}", "") for number in range(96))]).encode(), FORM, 400),
        (urlencode(good()).encode() + b"&Digits=%zz", FORM, 400),
        (urlencode(good()).encode() + b"&Digits=%", FORM, 400),
        (urlencode(good()).encode() + b"&Digits=%ff%fe", FORM, 400),
        (urlencode(good()).encode() + b"&Digits=\xff", FORM, 400),
        (urlencode(good()).encode() + b"&Digits", FORM, 400),
        (gzip.compress(urlencode(good()).encode(), mtime=0), FORM, 400),
        (b"", FORM, 403),
    ],
)
def test_a_body_that_is_no_form_is_refused(body: bytes, content_type: str | None, status: int, bench: Bench) -> None:
    bench.refuses(lambda: bench.wire.raw("POST", INCOMING, body, headers(RIGHT, content_type)), status)


def test_a_hundred_fields_are_taken(bench: Bench) -> None:
    pairs = [*good(CallSid=new_sid()), *((f"f{number}", "x") for number in range(95))]
    bench.answers(lambda: bench.wire.send(INCOMING, pairs))


# Method, path and host (E2, BW19).


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_post_is_answered(method: str, bench: Bench) -> None:
    answer = bench.wire.raw(method, INCOMING, b"", headers(RIGHT))
    assert answer.status == (403 if method == "OPTIONS" else 405)
    assert len(answer.body) < 40


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/voice",
        "/voice/",
        "/voice/incoming/",
        "/voice/incoming/x",
        "/voice/agent/offer",
        "/voice/..%2fmetrics",
        "//voice/incoming",
        "/voice//incoming",
        "/VOICE/incoming",
        "/static/x",
        "/voice/status/agent/x/y",
    ],
)
def test_a_wrong_path_is_refused(path: str, bench: Bench) -> None:
    bench.refuses(lambda: bench.wire.send(path, good()), 400, 403, 404)


@pytest.mark.parametrize("host", ["evil.example", "calls.example.com.evil.example", "127.0.0.1@evil.example", ""])
def test_an_unknown_host_is_refused(host: str, bench: Bench) -> None:
    body = urlencode(good()).encode()
    bench.refuses(lambda: bench.wire.raw("POST", INCOMING, body, [*headers(RIGHT), ("Host", host)]), 400)


FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-For": "10.0.0.1",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/metrics",
    "X-Rewrite-URL": "/metrics",
    "Forwarded": "host=evil.example;proto=http",
    "X-HTTP-Method-Override": "GET",
}


def test_forwarded_headers_have_no_effect(bench: Bench) -> None:
    answer = bench.answers(lambda: bench.wire.send(INCOMING, good(CallSid=new_sid()), headers=FORGED))
    assert "Welcome to Microsoft support, United States." in answer.words
    assert answer.tree.find(".//Gather").get("action").startswith(f"{ORIGIN}/voice/")
    evil = sign(TOKEN, f"http://evil.example{INCOMING}", good(CallSid=new_sid()))
    bench.refuses(lambda: bench.wire.send(INCOMING, good(CallSid=new_sid()), headers={**FORGED, HEADER: evil}), 403)


# Odd content is an event (BW5, BW8, BW17; A4).

UNUSABLE = [
    "", " ", "+", "anonymous", "Anonymous", "ANONYMOUS", "Restricted", "unknown", "unavailable", "null", "None",
    "266696687", "+266696687", "7378742833", "+7378742833", "2562533", "+2562533", "8656696", "+8656696",
    "86282452253", "+86282452253", "sip:a@b", "sip:+14255550170@example.com", "sip:anonymous@anonymous.invalid",
    "client:x", "client:+14255550170", "+1", "+0123", "+1234567890123456", "+1425555O170", "+14255550170;ext=1",
    " 14255550170", "14255550170", "4255550170", "+1 425 555 0170", "+1(425)5550170", "tel:+14255550170",
    "+１４２５５５５０１７０", "+14255550170\x00", "+14255550170\n", "+14255550170,+14255550171", "%2B14255550170",
    "' OR 1=1 --", "<script>", "x" * 2000, "\u202e+14255550170", "00" + "14255550170",
]  # fmt: skip


@pytest.mark.parametrize("number", UNUSABLE)
def test_an_unusable_caller_is_nobody_and_goes_the_way_of_the_pin(number: str, bench: Bench) -> None:
    sid = new_sid()
    attested = {"StirVerstat": "TN-Validation-Passed-A"}
    answer = bench.answers(lambda: bench.wire.incoming(number, US_LINE, sid=sid, **attested))
    assert "Welcome to Microsoft support" in answer.words
    with bench.wire.parts.database.read() as tx:
        row = tx.execute(select(CallRow.__table__).where(CallRow.sid == sid)).one()
        seen = of_call(tx, sid)
    assert (row.level, row.organisation, row.caller_hash, row.caller_sealed) == (0, None, None, None)
    assert [getattr(one.facts, "organisations", ()) for one in seen] == [()]
    call = Caller(bench.wire, number, US_LINE, sid, answer)
    if "dialling code" in answer.words:
        call.key("1#")
    assert "account number" in call.key("1").words


def test_the_exact_number_is_somebody(bench: Bench) -> None:
    sid = new_sid()
    bench.answers(lambda: bench.wire.incoming(ADMIN, US_LINE, sid=sid))
    with bench.wire.parts.database.read() as tx:
        assert tx.execute(select(CallRow.level).where(CallRow.sid == sid)).scalar_one() == 2


HOSTILE = [
    "<script>alert(1)</script>", '"><Dial>+19005550100</Dial>', "{{7*7}}", "%s%s%n", "${jndi:ldap://x}",
    "\u202eevil", "e" + "\u0301" * 1000, "]]>", "a\r\nX-Evil: 1", "\x00", "'; DROP TABLE calls; --", "\ud7ff\ufffe",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_reach_nobody(text: str, bench: Bench) -> None:
    names = dict.fromkeys(("CallerName", "FromCity", "ForwardedFrom", "StirVerstat", "AnsweredBy", "NewField"), text)
    answer = bench.answers(lambda: bench.wire.incoming(STRANGER, US_LINE, **names))
    assert answer.verbs == ["Gather", "Redirect"]
    assert text not in answer.words


@pytest.mark.parametrize("to", ["", "+19995550000", "sip:nobody@nowhere.example", "x" * 3000, "\x00", "client:a"])
def test_a_number_that_is_not_ours_gets_the_general_line_and_an_alarm(to: str, bench: Bench) -> None:
    sid = new_sid()
    answer = bench.answers(lambda: bench.wire.incoming(STRANGER, to, sid=sid))
    assert "Welcome to Microsoft support." in answer.words
    assert [one for one in timeline(bench, sid) if one == "service:alarm:raised"]


def timeline(bench: Bench, sid: str) -> list[str]:
    with bench.wire.parts.database.read() as tx:
        return [row.action for row in audit_log.timeline(tx, sid)]


@pytest.mark.parametrize(
    "digits", ["A", "w", "１", "²", "1 ", "١", "1\n", "\x00", "-1", "1e5", "<1>", "9" * 9000, "'", "1;1"]
)
def test_odd_keys_in_a_menu_are_wrong_keys(digits: str, bench: Bench) -> None:
    call = Caller.dial(bench.wire, STRANGER, US_LINE)
    answer = bench.answers(lambda: call.key(digits))
    assert "That key is not on the menu." in answer.words
    assert "account number" not in answer.words


# Keying a PIN (BP): only its own ASCII digits are right.

WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
BOLD = {ord("0") + digit: chr(0x1D7CE + digit) for digit in range(10)}
NOT_THE_PIN: dict[str, Callable[[str], str]] = {
    "short": lambda pin: pin[:-1],
    "long": lambda pin: pin + "0",
    "32 digits": lambda pin: pin * 6,
    "spaced": " ".join,
    "dashed": lambda pin: f"{pin[:3]}-{pin[3:]}",
    "line end": lambda pin: f"{pin}\n",
    "full width": lambda pin: pin.translate(WIDE),
    "bold": lambda pin: pin.translate(BOLD),
    "superscript": lambda pin: f"{pin[:-1]}²",
    "joiner": lambda pin: f"{pin[:3]}\u200d{pin[3:]}",
    "signed": lambda pin: f"+{pin}",
    "decimal": lambda pin: f"{pin}.0",
    "list": lambda pin: f'["{pin}"]',
    "sql": lambda pin: f"{pin}' OR '1'='1",
    "nul": lambda pin: f"{pin}\x00",
    "reversed": lambda pin: str(999_999 - int(pin)).zfill(6),
}


def at_the_pin(bench: Bench, number: str = STRANGER, after: timedelta = timedelta(days=1)) -> Caller:
    """A call whose next step keys the PIN, on a day of its own: what is sent in a day has its limits."""
    bench.wire.clock.advance(after)
    call = Caller.dial(bench.wire, number, US_LINE)
    for keys in ("1", f"{bench.account}#", "#", "1"):
        call.key(keys)
    assert "key the PIN" in call.answer.words
    return call


@pytest.mark.parametrize("change", NOT_THE_PIN.values(), ids=NOT_THE_PIN.keys())
def test_what_is_not_the_pin_is_wrong_and_counted(change: Callable[[str], str], bench: Bench) -> None:
    call = at_the_pin(bench)
    pin = pin_of(bench.wire.parts, call.sid)
    answer = bench.answers(lambda: call.key(change(pin)))
    assert "not right" in answer.words
    assert "verified" not in answer.words
    assert entries(bench, call.sid) == 1
    assert "You are verified" in call.key(f"{pin}#").words


@pytest.mark.parametrize("digits", ["", "#", "##", "*", "12*", None])
def test_nothing_keyed_is_no_try(digits: str | None, bench: Bench) -> None:
    call = at_the_pin(bench)
    answer = bench.answers(lambda: call.key(digits))
    assert "key the PIN" in answer.words
    assert "not right" not in answer.words
    assert entries(bench, call.sid) == 0


def test_a_pin_of_another_call_is_wrong(bench: Bench) -> None:
    first = at_the_pin(bench)
    pin = pin_of(bench.wire.parts, first.sid)
    second = at_the_pin(bench, "+14255550151", after=timedelta(seconds=40))
    assert "not right" in second.key(f"{pin}#").words
    assert "not right" in first.key(f"{pin}#").words


@pytest.mark.parametrize("account", ["0", "1", "9" * 9000, "١٢٣", "' OR 1=1", "\x00", "5000000009"])
def test_any_account_number_hears_the_same_questions(account: str, bench: Bench) -> None:
    call = Caller.dial(bench.wire, STRANGER, US_LINE)
    call.key("1")
    answer = bench.answers(lambda: call.key(f"{account}#"))
    assert answer.verbs == ["Gather", "Redirect"]
    assert "verified" not in answer.words


def entries(bench: Bench, sid: str) -> int:
    """How many keyings were charged to the challenges of a call."""
    of_call = select(ChallengeRow.id).where(ChallengeRow.call == sid)
    with bench.wire.parts.database.read() as tx:
        return tx.execute(select(func.count()).where(EntryRow.challenge.in_(of_call))).scalar_one()


# Status callbacks (BW16) and tokens that open nothing.


@pytest.mark.parametrize(
    "fields",
    [
        {"CallStatus": "completed"},
        {"CallStatus": "ringing", "SequenceNumber": "-1"},
        {"CallStatus": "completed", "SequenceNumber": str(2**63)},
        {"CallStatus": "in-progress", "SequenceNumber": "x"},
        {"CallStatus": "no such status"},
        {"CallStatus": ""},
        {"CallStatus": "\x00"},
    ],
)
def test_a_status_of_an_unknown_call_changes_nothing(fields: dict[str, str], bench: Bench) -> None:
    with watching(bench.folder / "vouchline.db") as watch, logged() as log:
        answer = bench.wire.send("/voice/status", good(CallSid=new_sid(), **fields))
        assert (answer.status, answer.body, watch.changed()) == (204, b"", False)
    assert "Traceback" not in log.getvalue()


@pytest.mark.parametrize(
    "path",
    [
        "/voice/agent/offer/", "/voice/agent/answer/", "/voice/agent/left/", "/voice/pincall/answer/",
        "/voice/pincall/key/", "/voice/callback/", "/voice/status/agent/", "/voice/status/pincall/",
        "/voice/status/callback/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("token", ["x", "%27", "0" * 400, "%00", "..%2f", "%E2%80%AE"])
def test_a_token_that_was_never_given_opens_nothing(path: str, token: str, bench: Bench) -> None:
    with watching(bench.folder / "vouchline.db") as watch, logged() as log:
        answer = bench.wire.send(path + token, good(Digits="1", CallStatus="completed"))
        assert answer.status in {200, 204, 404}
        assert not watch.changed()
    assert "Traceback" not in log.getvalue()
    assert answer.status != 200 or answer.verbs[-1] == "Hangup"


@pytest.mark.parametrize(
    "target", ["/voice/menu?n=x", "/voice/pin?n=", "/voice/wait?t=x", "/voice/nothing", "/voice/pin?n=%00"]
)
def test_a_step_of_an_unknown_call_ends_it(target: str, bench: Bench) -> None:
    with watching(bench.folder / "vouchline.db") as watch:
        answer = bench.answers(lambda: bench.wire.send(target, good(CallSid=new_sid(), Digits="123456")))
        assert not watch.changed()
    assert answer.verbs == ["Hangup"]


# Whatever else: signed rightly, it never breaks anything.

words = st.text(max_size=40)
names = (
    st.sampled_from(["Digits", "From", "To", "CallStatus", "QueueResult", "StirVerstat", "ForwardedFrom", "X"]) | words
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    target=st.sampled_from([INCOMING, "/voice/menu?n=1", "/voice/wait?t=1", "/voice/status", "/voice/agent/offer/1"]),
    changes=st.dictionaries(names.filter(lambda name: name not in {"CallSid", "AccountSid"}), words, max_size=5),
)
def test_nothing_that_is_signed_breaks_the_service(target: str, changes: dict[str, str], bench: Bench) -> None:
    with logged() as log:
        answer = bench.wire.send(target, good(CallSid=new_sid(), **{k: v for k, v in changes.items() if k}))
    assert answer.status in {200, 204, 400}
    assert "Traceback" not in log.getvalue()
    assert answer.status != 200 or (answer.tree.tag == "Response" and not answer.is_apology)
