"""The REST face through the official client."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.client import Network
from simulator.server import Running
from tests.simulator.conftest import ACCOUNT, TOKEN, Service
from tests.simulator.twilio_client import client_for, raw_get

OURS = "+18005550199"
CONTACT = "+14255550122"
EVERY = ["initiated", "ringing", "answered", "completed"]


@pytest.fixture
def client(running: Running) -> Client:
    return client_for(running.url, ACCOUNT, TOKEN)


def told(service: Service) -> list[str]:
    return [form["CallStatus"] for form in service.forms("told")]


def test_a_call_that_asks_for_a_pin(service: Service, client: Client, network: Network) -> None:
    service.page("pin", '<Gather numDigits="1" action="/read"><Say>Press 1 to hear your PIN</Say></Gather>')
    service.page("read", "<Say>1 2 3 4 5 6</Say><Hangup/>")
    phone = network.phone(CONTACT)
    made = client.calls.create(
        to=CONTACT,
        from_=OURS,
        url=f"{service.url}/pin",
        status_callback=f"{service.url}/told",
        status_callback_event=EVERY,
    )
    assert (made.status, made.direction, made.account_sid) == ("queued", "outbound-api", ACCOUNT)
    assert phone.answer() == made.sid
    phone.hear("press 1")
    phone.key("1")
    phone.hear("1 2 3 4 5 6")
    assert phone.ended()["reason"] == "service-hung-up"
    service.wait_for("told", 4)
    assert told(service) == ["initiated", "ringing", "in-progress", "completed"]
    ended = client.calls(made.sid).fetch()
    assert (ended.status, ended.duration) == ("completed", "0")
    assert ended.date_created.tzinfo is not None


def test_only_the_end_is_told_unless_more_is_asked_for(service: Service, client: Client, network: Network) -> None:
    network.phone(CONTACT, answers="busy")
    client.calls.create(to=CONTACT, from_=OURS, twiml="<Response/>", status_callback=f"{service.url}/told")
    service.wait_for("told")
    assert told(service) == ["busy"]


def test_an_unanswered_call_ends_by_itself(service: Service, client: Client) -> None:
    client.calls.create(to=CONTACT, from_=OURS, twiml="<Response/>", timeout=2, status_callback=f"{service.url}/told")
    assert service.wait_for("told")["CallStatus"] == "no-answer"


def test_an_answering_machine_is_told_from_a_person(service: Service, client: Client, network: Network) -> None:
    service.page("voice2", "<Hangup/>")
    for machine, answered_by in ((True, "machine_start"), (False, "human")):
        network.phone(CONTACT, machine=machine, answers="auto")
        client.calls.create(to=CONTACT, from_=OURS, url=f"{service.url}/voice2", machine_detection="Enable")
        service.wait_for("voice2", AnsweredBy=answered_by)


def test_a_ringing_call_is_cancelled(client: Client, network: Network) -> None:
    phone = network.phone(CONTACT)
    made = client.calls.create(to=CONTACT, from_=OURS, twiml="<Response/>")
    phone.ring()
    assert client.calls(made.sid).update(status="canceled").status == "canceled"
    assert phone.ended()["status"] == "canceled"


def test_a_redirect_needs_a_call_in_progress(client: Client, network: Network) -> None:
    phone = network.phone(CONTACT)
    made = client.calls.create(to=CONTACT, from_=OURS, twiml="<Response><Gather/></Response>")
    phone.ring()
    with pytest.raises(TwilioRestException) as refused:
        client.calls(made.sid).update(twiml="<Response/>")
    assert refused.value.code == 21220
    phone.answer()
    phone.wait_for("gather")
    client.calls(made.sid).update(twiml="<Response><Say>Another document</Say></Response>")
    phone.hear("another document")


def test_a_document_given_through_rest_has_no_relative_addresses(client: Client, network: Network) -> None:
    phone = network.phone(CONTACT, answers="auto")
    client.calls.create(to=CONTACT, from_=OURS, twiml="<Response><Redirect>/next</Redirect></Response>")
    phone.ring()
    assert "relative" in phone.wait_for("error")["message"]


def test_a_text_arrives_and_is_told(service: Service, client: Client, network: Network) -> None:
    sent = client.messages.create(
        to=CONTACT, from_=OURS, body="Your PIN is 123456", validity_period=600, status_callback=f"{service.url}/sms"
    )
    assert sent.status == "queued"
    service.wait_for("sms", MessageStatus="delivered")
    assert [form["MessageStatus"] for form in service.forms("sms")] == ["queued", "sent", "delivered"]
    assert service.forms("sms")[0]["MessageSid"] == sent.sid
    late = network.phone(CONTACT)
    assert late.text(r"(\d{6})").group(1) == "123456"
    assert [text["body"] for text in late.texts()] == ["Your PIN is 123456"]
    assert client.messages(sent.sid).fetch().status == "delivered"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"body": "x" * 1601}, 21617),
        ({"to": "+15005550004"}, 21610),
        ({"to": "12"}, 21211),
        ({"from_": "+15005550007"}, 21606),
        ({"validity_period": 36001}, 20001),
    ],
)
def test_a_text_is_refused_with_twilios_code(client: Client, options: dict[str, str], code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**{"to": CONTACT, "from_": OURS, "body": "Hello"} | options)
    assert (refused.value.code, refused.value.status) == (code, 400)


def test_faults_happen_as_often_as_asked_for(service: Service, client: Client, network: Network) -> None:
    network.fault("messages", "500")
    network.fault("messages", "429")
    network.fault("messages", "undelivered", code=30006)
    for status in (500, 429):
        with pytest.raises(TwilioRestException) as refused:
            client.messages.create(to=CONTACT, from_=OURS, body="Hello")
        assert refused.value.status == status
    client.messages.create(to=CONTACT, from_=OURS, body="Hello", status_callback=f"{service.url}/sms")
    assert service.wait_for("sms", MessageStatus="undelivered")["ErrorCode"] == "30006"
    assert network.phone(CONTACT).texts() == []


def test_a_lost_answer_still_sends(client: Client, network: Network) -> None:
    network.fault("messages", "lost-answer", seconds=0.05)
    with pytest.raises(TwilioRestException):
        client.messages.create(to=CONTACT, from_=OURS, body="Sent all the same")
    network.phone(CONTACT).text("all the same")


def test_wrong_credentials_and_unknown_things_are_refused(running: Running, client: Client) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client_for(running.url, ACCOUNT, "wrong").calls.create(to=CONTACT, from_=OURS, twiml="<Response/>")
    assert (refused.value.status, refused.value.code) == (401, 20003)
    with pytest.raises(TwilioRestException) as missing:
        client.calls("CA" + "0" * 32).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)


def test_lists_come_in_pages(running: Running, client: Client) -> None:
    for number in range(3):
        client.queues.create(friendly_name=f"queue {number}")
    assert [queue.friendly_name for queue in client.queues.list(page_size=2)] == ["queue 0", "queue 1", "queue 2"]
    reply = raw_get(running.url, f"/2010-04-01/Accounts/{ACCOUNT}/Queues.json", ACCOUNT, TOKEN)
    assert reply.json()["next_page_uri"] is None


def test_a_participant_is_dialled_into_a_conference(service: Service, client: Client, network: Network) -> None:
    agent, contact = network.phone("client:anna"), network.phone(CONTACT)
    made = client.conferences("session-1").participants.create(
        from_=OURS,
        to="client:anna",
        label="agent",
        end_conference_on_exit=True,
        conference_status_callback=f"{service.url}/conf",
        conference_status_callback_event=["start", "end", "join"],
    )
    agent.answer()
    agent.wait_for("joined")
    client.conferences(made.conference_sid).participants.create(from_=OURS, to=CONTACT)
    contact.answer()
    contact.wait_for("conference-started")
    assert agent.say("Hello") == [CONTACT]
    assert client.conferences(made.conference_sid).participants("agent").fetch().call_sid == made.call_sid
    agent.hang_up()
    assert contact.ended()["reason"] == "document-ended"
    service.wait_for("conf", StatusCallbackEvent="conference-end")
