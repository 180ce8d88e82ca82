"""Dial to phones: ringing, whisper, who wins, who hangs up."""

from contextlib import suppress

from simulator.client import Network, Phone, Refused
from tests.simulator.conftest import Service

LINE = "+18005550199"
CALLER = "+14255550100"
FIRST = "+14255550177"
SECOND = "+14255550178"


def dialled(service: Service, network: Network, nouns: str, attributes: str = "", timeout: int = 20) -> Phone:
    service.page("voice", f'<Dial action="/dialled" timeout="{timeout}" {attributes}>{nouns}</Dial>')
    service.page("dialled", lambda form: f"<Say>Dial {form['DialCallStatus']} {form['DialBridged']}</Say>")
    caller = network.phone(CALLER)
    caller.call(LINE)
    return caller


def test_a_whisper_is_heard_by_the_called_party_before_the_talk(service: Service, network: Network) -> None:
    service.page("whisper", '<Gather numDigits="1" action="/accept"><Say>Press 1 to accept</Say></Gather><Hangup/>')
    service.page("accept", "<Say>Connecting</Say>")
    agent = network.phone(FIRST)
    caller = dialled(service, network, f'<Number url="/whisper">{FIRST}</Number>')
    agent.answer()
    agent.hear("press 1")
    caller.hears_nothing("press 1", 0.1)
    agent.key("1")
    agent.wait_for("bridged")
    assert caller.say("Good morning") == [FIRST]
    agent.hang_up()
    caller.hear("dial completed true")
    assert service.forms("whisper")[0]["ParentCallSid"] == caller.call_sid


def test_a_whisper_that_hangs_up_does_not_connect(service: Service, network: Network) -> None:
    service.page("whisper", "<Gather/><Hangup/>")
    agent = network.phone(FIRST)
    caller = dialled(service, network, f'<Number url="/whisper">{FIRST}</Number>')
    agent.answer()
    agent.silence()
    caller.hear("dial completed false")


def test_the_first_to_answer_talks_and_the_other_stops_ringing(service: Service, network: Network) -> None:
    first, second = network.phone(FIRST), network.phone("client:anna")
    dialled(service, network, f"<Number>{FIRST}</Number><Client><Identity>anna</Identity></Client>")
    first.ring()
    second.answer()
    assert first.ended()["reason"] == "answered-elsewhere"
    second.wait_for("bridged", other=CALLER)


def test_two_that_accept_at_once_give_one_talk(service: Service, network: Network) -> None:
    service.page("whisper", '<Gather numDigits="1" action="/accept"/>')
    service.page("accept", "<Say>Accepted</Say>")
    agents = [network.phone(FIRST), network.phone(SECOND)]
    caller = dialled(
        service, network, f'<Number url="/whisper">{FIRST}</Number><Number url="/whisper">{SECOND}</Number>'
    )
    for agent in agents:
        agent.answer()
    for agent in agents:
        with suppress(Refused):  # the second may find its call gone
            agent.key("1")
    caller.wait_for("bridged")
    reasons = []
    for agent in agents:
        agent.poll(0.3)
        reasons += [event["reason"] for event in agent.events if event["kind"] == "ended"]
    assert reasons == ["answered-elsewhere"]


def test_busy_no_answer_and_unreachable_are_told_apart(service: Service, network: Network) -> None:
    network.phone(FIRST, answers="busy")
    dialled(service, network, FIRST).hear("dial busy")
    network.phone(FIRST, answers="off")
    dialled(service, network, FIRST).hear("dial failed")
    network.phone(FIRST)
    dialled(service, network, FIRST, timeout=3).hear("dial no-answer")


def test_declining_is_busy(service: Service, network: Network) -> None:
    agent = network.phone("sip:anna@desk.example")
    caller = dialled(service, network, "<Sip>sip:anna@desk.example;transport=tls</Sip>")
    agent.decline()
    caller.hear("dial busy")


def test_the_caller_who_hangs_up_stops_the_ringing(service: Service, network: Network) -> None:
    agent = network.phone(FIRST)
    caller = dialled(service, network, FIRST, f'callerId="{LINE}"')
    assert agent.ring()["from_"] == LINE
    caller.hang_up()
    assert agent.ended()["status"] == "canceled"
    assert service.wait_for("dialled")["CallStatus"] == "completed"


def test_answer_on_bridge_leaves_the_caller_ringing(service: Service, network: Network) -> None:
    agent = network.phone(FIRST)
    caller = dialled(service, network, FIRST, 'answerOnBridge="true"')
    agent.ring()
    assert network.call(str(caller.call_sid))["status"] == "ringing"
    agent.network.post(f"phones/{FIRST}/answer")
    caller.wait_for("answered")


def test_a_star_leaves_the_talk(service: Service, network: Network) -> None:
    agent = network.phone(FIRST)
    caller = dialled(service, network, FIRST, 'hangupOnStar="true"')
    agent.answer()
    caller.wait_for("bridged")
    caller.key("*")
    caller.hear("dial completed")


def test_legs_tell_their_own_status(service: Service, network: Network) -> None:
    agent = network.phone(FIRST)
    noun = f'<Number statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed">{FIRST}</Number>'
    caller = dialled(service, network, noun)
    agent.answer()
    caller.wait_for("bridged")
    caller.hang_up()
    service.wait_for("leg", 4)
    told = [(form["CallStatus"], form["SequenceNumber"]) for form in service.forms("leg")]
    assert told == [("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")]
