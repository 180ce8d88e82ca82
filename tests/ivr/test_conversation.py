"""The whole conversation, explored: every state answers every event, no path rises by itself, every path ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carrier.steps import Ask, HangUp, Meet, Step, Wait
from carrier.twiml import render
from directory.eligibility import Verdict
from ivr.call import MOST_TURNS, STATES, advance, begin
from ivr.events import (
    AccountTaken,
    AgentReady,
    Arrived,
    AskCallback,
    CallbackRefused,
    CallbackTaken,
    Checked,
    CheckPin,
    ComeBack,
    Deed,
    DialPartner,
    Event,
    HungUp,
    IncidentNoted,
    Joined,
    JoinQueue,
    Keyed,
    LeftQueue,
    Located,
    LookUpAccount,
    NoteIncident,
    NotJoined,
    PartnerAllowed,
    PartnerRefused,
    PinSent,
    PinTooSoon,
    PlaceByCode,
    SendPin,
    SentAway,
    Silence,
    TakeCallback,
    TalkEnded,
    Waited,
)
from ivr.state import Call, Department, Facts, Incident, Organisation
from ivr.turns import Turn
from speech.languages import catalogues
from tests.carrier import twiml_schema
from verification.catalogue import Level

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=20)
OPEN = Department("technical", "required", ("en", "fr"), None, "America/New_York")
CLOSED = Department("billing", "required", (), LATER, "America/New_York")
PRESALES = Department("presales", "none", ("fr",), None, "America/New_York")
SEVERE = Department("technical", "required", (), LATER, "Asia/Shanghai", open_in_a=("en",))
FACTS = Facts(
    operator="worldwide",
    operator_name="Support",
    line="line",
    region="US",
    room="room",
    languages=("en", "de"),
    departments=(OPEN, CLOSED, PRESALES),
    zone="America/New_York",
    arrived_at=NOW,
    needed=Level.RECOGNISED,
)
PARTNERED = Organisation("org", "Partner Ltd", "+14255550100", verdict=Verdict.PARTNER)
KINDS = [
    FACTS,
    replace(FACTS, departments=(CLOSED,)),
    replace(FACTS, departments=(SEVERE, CLOSED), operator="21vianet"),
    replace(FACTS, international=True, incidents=(Incident("i", (("en", "Mail is slow."),)),)),
    replace(FACTS, called_back=True),
    replace(FACTS, ask_country=True, region=None),
    replace(FACTS, needed=Level.CONFIRMED, can_call_back=False),
    replace(FACTS, departments=(replace(CLOSED, opens_at=None),), region=None),
    replace(FACTS, closed_cloud="The German cloud", closed_cloud_since=NOW - timedelta(days=900), region="AT"),
]
EVENTS: list[Event] = [
    Arrived(),
    *(
        Keyed(keys)
        for keys in ("0", "1", "2", "3", "4", "7", "8", "9", "*", "#", "0#", "123456", "123456782", "１２３", "A")
    ),
    Silence(),
    IncidentNoted(accepted=True),
    AccountTaken(well_formed=True),
    AccountTaken(well_formed=False),
    PinSent(),
    PinTooSoon(),
    Checked(right=False, level=Level.CLAIMED),
    PartnerAllowed("+14255550100"),
    PartnerRefused(),
    Joined("queue", 3, 7),
    NotJoined("nobody"),
    CallbackTaken(LATER),
    CallbackRefused("number"),
    Waited(1, None),
    LeftQueue("hangup"),
    LeftQueue("leave"),
    LeftQueue("queue-full"),
    LeftQueue("redirected"),
    AgentReady(),
    SentAway(),
    TalkEnded(),
    TalkEnded(again=True),
    HungUp(),
]


def results(deed: Deed) -> list[Event]:
    """Every result a deed may have; a right PIN only for a caller who was sent one."""
    match deed:
        case NoteIncident():
            return [IncidentNoted(accepted=True), IncidentNoted(accepted=False)]
        case PlaceByCode():
            return [Located(found=True), Located(found=False)]
        case LookUpAccount():
            return [AccountTaken(well_formed=True), AccountTaken(well_formed=False)]
        case SendPin():
            return [PinSent(), PinTooSoon()]
        case CheckPin():
            right = Checked(right=True, level=Level.CONFIRMED, organisation=PARTNERED)
            return [Checked(right=False, level=Level.CLAIMED), right]
        case DialPartner(number):
            return [PartnerAllowed(number), PartnerRefused()]
        case TakeCallback():
            return [
                Checked(right=True, level=Level.CONFIRMED, organisation=PARTNERED),
                Checked(right=False, level=Level.NONE),
            ]
        case ComeBack():
            return [AgentReady(), TalkEnded(again=True), TalkEnded()]
        case JoinQueue():
            return [
                Joined("queue", 1, None),
                Joined("queue", 9, 45),
                *(NotJoined(why) for why in ("nobody", "full", "closed")),
            ]
        case AskCallback():
            return [CallbackTaken(None), CallbackTaken(LATER), CallbackRefused("number"), CallbackRefused("limit")]


def callers() -> list[Call]:
    """A caller in every state, from knowing nothing to being proven."""
    base = Call("menu", "en", department="technical", agent_language="en", channel="text")
    known = replace(base, level=Level.RECOGNISED, organisation=PARTNERED, administrator=True)
    fresh = Call("menu", "de")
    return [replace(call, at=state) for state in STATES for call in (base, known, fresh)]


@pytest.mark.parametrize("facts", KINDS)
def test_every_state_answers_every_event(facts: Facts) -> None:
    for call in callers():
        for event in EVENTS:
            turn = advance(call, facts, event)
            assert turn.call.at in STATES
            assert turn.steps or turn.deed or quiet(event)


def quiet(event: Event) -> bool:
    """Events whose answer the carrier does not play."""
    return isinstance(event, HungUp | LeftQueue | Waited)


@pytest.mark.parametrize("facts", KINDS)
def test_no_key_and_no_result_but_a_passed_check_raises_the_level(facts: Facts) -> None:
    for call in callers():
        for event in EVENTS:
            assert advance(call, facts, event).call.level <= call.level


def test_a_check_that_was_not_asked_for_raises_nothing() -> None:
    right = Checked(right=True, level=Level.STRONG, organisation=PARTNERED)
    for call in callers():
        if call.at not in ("pin", "called_back"):
            assert advance(call, FACTS, right).call.level == call.level


def test_nothing_wakes_a_call_that_is_over() -> None:
    for event in [*EVENTS, Checked(right=True, level=Level.STRONG)]:
        turn = advance(Call("over", "en"), FACTS, event)
        assert turn.call.at == "over"


@pytest.mark.parametrize("facts", KINDS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_every_path_ends(facts: Facts, data: st.DataObject) -> None:
    """Whatever is keyed and whatever happens, the questions end: in a queue, a room, or a goodbye."""
    turn = begin(Call("menu", "en"), facts)
    for _ in range(3 * MOST_TURNS):
        if ended(turn):
            return
        events = results(turn.deed) if turn.deed else [e for e in EVENTS if isinstance(e, Keyed | Silence)]
        turn = advance(turn.call, facts, data.draw(st.sampled_from(events)))
    pytest.fail(f"still asking in {turn.call.at}")


def ended(turn: Turn) -> bool:
    return any(isinstance(step, HangUp | Wait | Meet) for step in turn.steps) or turn.call.at in (
        "waiting",
        "talking",
        "over",
    )


@pytest.mark.parametrize("facts", KINDS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_nobody_is_connected_below_recognised_without_having_been_asked(facts: Facts, data: st.DataObject) -> None:
    """A caller reaches the queue of an identifying department proven, after the tries, or by asking for a person."""
    turn = begin(Call("menu", "en"), facts)
    for _ in range(40):
        if isinstance(turn.deed, JoinQueue):
            department = facts.department(turn.deed.department)
            assert department is not None
            call = turn.call
            excused = call.person or call.identification_over or department.identification == "none"
            assert excused or call.level >= facts.needed
        if turn.deed is None and ended(turn):
            return
        events = results(turn.deed) if turn.deed else [e for e in EVENTS if isinstance(e, Keyed | Silence)]
        turn = advance(turn.call, facts, data.draw(st.sampled_from(events)))


def test_every_answer_is_valid_twiml_in_every_language(shared: Path) -> None:
    seen: set[tuple[Step, ...]] = set()
    for language in catalogues():
        # What is said does not depend on the language: all events in one, what leads to questions in the others.
        events = EVENTS if language == "en" else [e for e in EVENTS if not isinstance(e, Keyed) or e.digits in "129"]
        for facts in KINDS if language == "en" else KINDS[::2]:
            for call in callers():
                seen |= {advance(replace(call, language=language), facts, event).steps for event in events}
    schema = twiml_schema.load(shared)
    documents = {render(steps, lambda step: f"https://voice.example/voice/{step}") for steps in seen}
    assert [fault for document in documents for fault in twiml_schema.faults(schema, document)] == []


def test_a_stranger_hears_nothing_of_a_partner() -> None:
    claimed = Call(
        "joining", "en", level=Level.CLAIMED, organisation=PARTNERED, department="technical", identification_over=True
    )
    turn = advance(replace(claimed, at="role"), FACTS, Keyed("1"))
    assert turn.call.at == "joining"


def test_a_recognised_customer_of_a_partner_hears_its_name_and_number() -> None:
    call = Call("menu", "en", level=Level.RECOGNISED, organisation=PARTNERED, administrator=True)
    turn = advance(call, FACTS, Keyed("1"))
    assert turn.call.at == "partner"
    assert "refer.partner" in heard(turn)


def test_an_outage_is_taken_from_a_customer_of_a_partner_all_the_same() -> None:
    call = Call(
        "partner", "en", level=Level.RECOGNISED, organisation=PARTNERED, administrator=True, department="technical"
    )
    assert isinstance(advance(call, FACTS, Keyed("2")).deed, JoinQueue)


def test_an_organisation_without_a_subscription_is_told_so_and_may_report_an_outage() -> None:
    lapsed = Organisation("org", verdict=Verdict.NO_SUBSCRIPTION)
    turn = advance(
        Call("menu", "en", level=Level.RECOGNISED, organisation=lapsed, administrator=True), FACTS, Keyed("1")
    )
    assert "refer.no_subscription" in heard(turn)
    assert isinstance(advance(turn.call, FACTS, Keyed("2")).deed, JoinQueue)


def test_three_wrong_keys_lead_to_a_person() -> None:
    turn = begin(Call("menu", "en"), FACTS)
    for _ in range(3):
        turn = advance(turn.call, FACTS, Keyed("6"))
    assert isinstance(turn.deed, JoinQueue)


def test_goodbye_comes_only_after_repeated_silence() -> None:
    turn = begin(Call("menu", "en"), FACTS)
    for _ in range(2):
        turn = advance(turn.call, FACTS, Silence())
        assert isinstance(turn.steps[-1], Ask)
    assert advance(turn.call, FACTS, Silence()).steps[-1] == HangUp()


def test_someone_without_an_account_number_reaches_a_person() -> None:
    turn = advance(begin(Call("menu", "en"), FACTS).call, FACTS, Keyed("1"))
    assert turn.call.at == "account"
    turn = advance(turn.call, FACTS, Keyed("0"))
    assert isinstance(turn.deed, JoinQueue)


def test_known_and_unknown_accounts_hear_the_same() -> None:
    """The state machine is not even told which it was (C10)."""
    call = Call("account", "en", department="technical", agent_language="en")
    assert advance(call, FACTS, AccountTaken(well_formed=True)).call.organisation is None


def test_severity_a_opens_a_desk_that_is_closed_for_b() -> None:
    facts = KINDS[2]
    asked = advance(begin(Call("menu", "en"), facts).call, facts, Keyed("1"))
    assert asked.call.at == "severity"
    assert advance(asked.call, facts, Keyed("1")).call.at == "account"
    assert advance(asked.call, facts, Keyed("2")).call.at == "callback"


def test_a_caller_sent_away_keys_a_pin_and_comes_back_to_the_room() -> None:
    call = Call("talking", "en", department="technical", agent_language="en")
    away = advance(call, FACTS, SentAway())
    assert away.call.at == "account"
    pin = replace(away.call, at="pin", channel="text", account_keyed=True, contact_asked=True)
    back = advance(pin, FACTS, Checked(right=True, level=Level.CONFIRMED, organisation=PARTNERED))
    assert isinstance(back.deed, ComeBack)
    assert isinstance(advance(back.call, FACTS, AgentReady()).steps[-1], Meet)
    assert isinstance(advance(back.call, FACTS, TalkEnded(again=True)).deed, JoinQueue)


def heard(turn: Turn) -> list[str]:
    prompts = [p for step in turn.steps for p in (step.prompts if isinstance(step, Ask) else (step,))]
    return [p.message.id for p in prompts if hasattr(p, "message")]


def test_a_waiting_caller_is_told_once_when_nobody_is_signed_in_any_more() -> None:
    call = Call("waiting", "en", department="technical", agent_language="en", position=2)
    first = advance(call, FACTS, Waited(2, None, staffed=False))
    again = advance(first.call, FACTS, Waited(2, None, staffed=False))
    assert ("queue.nobody" in heard(first), "queue.nobody" in heard(again)) == (True, False)


def test_a_better_place_is_told_and_the_same_one_is_not() -> None:
    call = Call("waiting", "en", department="technical", agent_language="en", position=2)
    assert "queue.next" in heard(advance(call, FACTS, Waited(1, 4)))
    assert "queue.position" not in heard(advance(call, FACTS, Waited(2, 4)))
