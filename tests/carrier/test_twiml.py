"""Steps as TwiML: the document that Twilio's own schema accepts, and nothing a caller's name can break out of."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carrier.steps import Ask, Dial, Go, HangUp, Leave, Meet, Pause, Play, Reject, Say, Step, Wait
from carrier.twiml import LARGEST, DocumentError, render
from speech.languages import catalogues
from speech.messages import Listing, say
from speech.speaking import speak
from tests.carrier import twiml_schema

LONGEST_OF_ENGINES = 3000  # Polly, without mark-up
BASE = "https://calls.example.com/voice/"
HOSTILE = [
    '"><Dial>+19005550100</Dial>',
    "]]>",
    "a\r\nb",
    "\x00\x1b[0m",
    "\u202eevil\u2066",
    "&amp;",
    "\ud800x",
    "\ufffe",
]


def url_for(step: str) -> str:
    return f"{BASE}{step}?t=a&b"


def spoken() -> Say:
    return Say(say("queue.position", position=2), "en")


def parsed(*steps: Step) -> etree._Element:
    return etree.fromstring(render(steps, url_for))


ASK = Ask((spoken(), Play("https://calls.example.com/a.mp3"), Pause(1)), to="menu")
EVERY: list[list[Step]] = [
    [spoken()],
    [Play("https://calls.example.com/a.mp3"), Pause(2)],
    [ASK],
    [Ask((), to="pin", digits=6, finish="", begin=30, between=15)],
    [Go("menu")],
    [spoken(), Wait("worldwide.technical.en", music_to="wait", then="queued")],
    [Leave()],
    [Meet("room", then="talked", label="caller", ends_room=False)],
    [
        Meet(
            "room",
            then="talked",
            label="supervisor",
            ends_room=True,
            coach="CA" + "0" * 32,
            muted=True,
            starts=False,
            music_to="wait",
            events_to="room",
        )
    ],
    [Dial("+14255550100", then="dialled", whisper="whisper", caller_id="+18005550100")],
    [Dial("sip:amy@example.com", then="dialled", whisper="whisper")],
    [Dial("client:amy", then=None)],
    [HangUp()],
    [Reject("busy")],
    [],
]


@pytest.fixture(scope="session")
def schema(shared: Path) -> etree.XMLSchema:
    return twiml_schema.load(shared)


@pytest.mark.parametrize("steps", EVERY, ids=lambda steps: "-".join(type(step).__name__ for step in steps) or "nothing")
def test_every_step_is_valid_in_the_carriers_schema(schema: etree.XMLSchema, steps: list[Step]) -> None:
    assert twiml_schema.faults(schema, render(steps, url_for)) == []


@pytest.mark.parametrize("language", catalogues())
def test_every_language_has_a_voice_the_schema_knows(schema: etree.XMLSchema, language: str) -> None:
    document = render([Say(say("sorry"), language)], url_for)
    assert twiml_schema.faults(schema, document) == []


@pytest.mark.parametrize(
    "document", [b"<Response><Shout/></Response>", b'<Response><Say voice="alice">a</Say></Response>', b"<Reply/>"]
)
def test_the_extended_schema_still_refuses(schema: etree.XMLSchema, document: bytes) -> None:
    assert twiml_schema.faults(schema, document)


def test_silence_goes_to_the_same_step_without_digits() -> None:
    gather, redirect = parsed(ASK)
    assert gather.get("action") == redirect.text == url_for("menu")
    assert (gather.get("method"), redirect.get("method")) == ("POST", "POST")


def test_more_time_to_begin_is_silence_after_the_prompts() -> None:
    gather = parsed(Ask((spoken(),), to="pin", digits=6, begin=30, between=15))[0]
    assert gather.get("timeout") == "15"
    assert [(child.tag, child.get("length")) for child in gather][1:] == [("Pause", "15")]


@pytest.mark.parametrize("begin", [3, 5])
def test_no_silence_is_added_when_the_time_between_keys_is_enough(begin: int) -> None:
    assert len(parsed(Ask((spoken(),), to="pin", begin=begin, between=5))[0]) == 1


def test_an_open_question_has_no_count_and_keeps_its_finish_key() -> None:
    gather = parsed(Ask((), to="account", digits=None, finish="*"))[0]
    assert (gather.get("numDigits"), gather.get("finishOnKey")) == (None, "*")


def test_every_url_is_absolute_and_posted_to() -> None:
    for steps in EVERY:
        for element in etree.fromstring(render(steps, url_for)).iter():
            urls = [value for name, value in element.items() if name in {"action", "url", "waitUrl", "statusCallback"}]
            assert all(url == "" or url.startswith("https://") for url in urls)
            assert "method" not in element.attrib or element.get("method") == "POST"


@pytest.mark.parametrize(
    ("number", "tag", "text"),
    [
        ("+14255550100", "Number", "+14255550100"),
        ("sip:amy@example.com:5060", "Sip", "sip:amy@example.com:5060"),
        ("client:amy", "Client", "amy"),
    ],
)
def test_the_form_of_the_address_decides_how_it_is_dialled(number: str, tag: str, text: str) -> None:
    leg = parsed(Dial(number, then="ended", whisper="whisper"))[0][0]
    assert (leg.tag, leg.text, leg.get("url")) == (tag, text, url_for("whisper"))


@pytest.mark.parametrize(
    "number", ["", "911", "+1", "+01234567", "sip:", "sip:a b@c", "client:", "client:<x>", "+٤٢٥٥٥٥٠١٠٠"]
)
def test_what_is_no_address_is_not_dialled(number: str) -> None:
    with pytest.raises(DocumentError):
        render([Dial(number, then="ended")], url_for)


@pytest.mark.parametrize("last", [ASK, Go("a"), HangUp(), Leave(), Meet("r", then="t", label="l", ends_room=True)])
def test_nothing_may_follow_a_final_step(last: Step) -> None:
    with pytest.raises(DocumentError, match="nothing runs after"):
        render([last, spoken()], url_for)


def test_a_call_is_rejected_before_anything_else() -> None:
    with pytest.raises(DocumentError):
        render([spoken(), Reject()], url_for)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_stays_text(text: str) -> None:
    room = parsed(Meet(text + "room", then="t", label=text + "label", ends_room=False))[0][0]
    assert str(room.text).endswith("room")
    assert len(room) == 0
    assert str(room.get("participantLabel")).endswith("label")


@given(st.text())
def test_any_text_makes_a_document_without_invisible_characters(text: str) -> None:
    room = parsed(Meet(text, then="t", label=text, ends_room=False))[0][0]
    shown = (room.text or "") + str(room.get("participantLabel"))
    assert not set(shown) & set(map(chr, [*range(9), 11, 12, *range(14, 32), 0x7F, 0x202E, 0x2066]))


def test_attributes_come_back_as_they_were() -> None:
    label = "a \"b\" 'c' <d> & \t\n"
    assert parsed(Meet("r", then="t", label=label, ends_room=False))[0][0].get("participantLabel") == label


@pytest.mark.parametrize(("piece", "ends"), [("One sentence more. Another one", "."), ("words without an end", " ")])
def test_a_long_text_is_said_in_parts_and_nothing_is_lost(piece: str, ends: str) -> None:
    long = say("incident.told", text=Listing.of([piece] * 200))
    parts = [part.text or "" for part in parsed(Say(long, "en"))]
    assert "".join(parts) == speak(long, "en")
    assert len(parts) > 1
    assert all(len(part) < LONGEST_OF_ENGINES and part.rstrip(" ") != "" for part in parts)
    assert all(part.rstrip(" " if ends == "." else "")[-1] == ends for part in parts[:-1])


def test_a_document_too_large_for_the_carrier_is_refused() -> None:
    with pytest.raises(DocumentError, match="bytes"):
        render([Play("https://calls.example.com/" + "a" * LARGEST)], url_for)


@pytest.mark.parametrize("queue", ["", "q" * 65])
def test_a_queue_name_the_carrier_would_refuse_is_refused_here(queue: str) -> None:
    with pytest.raises(DocumentError):
        render([Wait(queue, music_to="wait", then="queued")], url_for)


def test_conference_flags() -> None:
    rooms = [
        parsed(Meet("r", then="t", label="l", ends_room=ends, starts=starts))[0][0]
        for ends, starts in product((True, False), repeat=2)
    ]
    flags = [(room.get("endConferenceOnExit"), room.get("startConferenceOnEnter")) for room in rooms]
    assert flags == [("true", "true"), ("true", "false"), ("false", "true"), ("false", "false")]
    assert all(room.get("beep") == "false" and room.get("waitUrl") == "" for room in rooms)
