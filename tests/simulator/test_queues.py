"""Callers who wait, agents who dial the queue, and everybody who hangs up meanwhile."""

import pytest

from simulator.client import Network, Phone
from simulator.server import Running
from tests.simulator.conftest import ACCOUNT, TOKEN, Service
from tests.simulator.twilio_client import client_for

LINE = "+18005550199"
CALLER = "+14255550100"
AGENT = "+14255550177"
ENQUEUE = '<Enqueue waitUrl="/wait" action="/left">support</Enqueue><Say>After the queue</Say>'


@pytest.fixture
def waiting(service: Service, network: Network) -> Phone:
    service.page("voice", lambda form: ENQUEUE if form["From"] == CALLER else _agent_document())
    service.page("wait", lambda form: f"<Say>You are number {form['QueuePosition']}</Say><Pause length='2'/>")
    service.page("left", lambda form: f"<Say>Result {form['QueueResult']}</Say>")
    phone = network.phone(CALLER)
    phone.call(LINE)
    phone.hear("you are number 1")
    return phone


def _agent_document() -> str:
    return '<Dial action="/dialled" timeout="3"><Queue url="/announce">support</Queue></Dial>'


def agent_calls(service: Service, network: Network) -> Phone:
    service.page("announce", "<Say>You are being connected</Say>")
    service.page("dialled", lambda form: f"<Say>Dial {form['DialCallStatus']}</Say>")
    agent = network.phone(AGENT)
    agent.call(LINE)
    return agent


def test_the_waiting_document_is_fetched_again_but_does_not_spin(service: Service, waiting: Phone) -> None:
    service.wait_for("wait", count=3)
    assert len(service.forms("wait")) <= 4
    assert service.forms("wait")[0]["CurrentQueueSize"] == "1"


def test_hanging_up_in_the_queue_tells_the_action_first_and_the_status_after(service: Service, waiting: Phone) -> None:
    waiting.hang_up()
    service.wait_for("status")
    paths = [path for path, _ in service.posted if path in {"left", "status"}]
    assert paths == ["left", "status"]
    assert service.forms("left")[0]["QueueResult"] == "hangup"


def test_leave_goes_to_the_action(service: Service, waiting: Phone) -> None:
    service.page("wait", "<Leave/>")
    waiting.hear("result leave")


def test_keys_work_while_waiting(service: Service, network: Network, waiting: Phone) -> None:
    service.page("wait", '<Gather numDigits="1" action="/key" timeout="9"><Say>Press 1 to leave</Say></Gather>')
    service.page("key", "<Say>Good</Say><Leave/>")
    waiting.hear("press 1")
    waiting.key("1")
    waiting.hear("result leave")


def test_an_agent_who_dials_the_queue_talks_to_its_head(service: Service, network: Network, waiting: Phone) -> None:
    agent = agent_calls(service, network)
    waiting.hear("you are being connected")
    agent.wait_for("bridged", other=CALLER)
    assert agent.say("Hello, Contoso") == [CALLER]
    waiting.hear("hello, contoso")
    agent.hang_up()
    waiting.hear("result bridged")
    assert service.forms("announce")[0]["DequeingCallSid"] == agent.call_sid


def test_the_caller_who_hangs_up_in_the_talk_frees_the_agent(
    service: Service, network: Network, waiting: Phone
) -> None:
    agent = agent_calls(service, network)
    agent.wait_for("bridged")
    waiting.hang_up()
    agent.hear("dial completed")
    assert service.wait_for("left")["QueueResult"] == "bridged"


def test_an_unknown_queue_and_an_empty_one_differ(service: Service, network: Network) -> None:
    service.page("voice", _agent_document())
    agent_calls(service, network).hear("dial failed")
    with_queue = client_for(network.url, ACCOUNT, TOKEN)
    with_queue.queues.create(friendly_name="support")
    agent_calls(service, network).hear("dial no-answer")


def test_rest_redirects_a_caller_out_of_the_queue(service: Service, running: Running, waiting: Phone) -> None:
    client = client_for(running.url, ACCOUNT, TOKEN)
    service.page("pin", "<Say>Key your PIN</Say><Gather/>")
    client.calls(waiting.call_sid).update(url=f"{service.url}/pin", method="POST")
    waiting.hear("key your pin")
    assert service.forms("left")[0]["QueueResult"] == "redirected"
    assert client.queues.list()[0].current_size == 0


def test_rest_takes_the_front_of_a_queue(service: Service, running: Running, waiting: Phone) -> None:
    client = client_for(running.url, ACCOUNT, TOKEN)
    service.page("next", "<Say>Your turn</Say>")
    queue = client.queues.list()[0]
    assert [member.call_sid for member in client.queues(queue.sid).members.list()] == [waiting.call_sid]
    client.queues(queue.sid).members("Front").update(url=f"{service.url}/next")
    waiting.hear("your turn")
    assert client.queues(queue.sid).members.list() == []


def test_rest_ends_a_waiting_call(service: Service, running: Running, waiting: Phone) -> None:
    client = client_for(running.url, ACCOUNT, TOKEN)
    assert client.calls(waiting.call_sid).update(status="completed").status == "completed"
    assert waiting.ended()["reason"] == "ended-by-api"
    assert service.wait_for("left")["QueueResult"] == "hangup"


def test_a_full_queue_is_told(service: Service, network: Network) -> None:
    service.page("voice", '<Enqueue maxQueueSize="1" waitUrl="" action="/left">tiny</Enqueue>')
    service.page("left", lambda form: f"<Say>Result {form['QueueResult']}</Say>")
    first, second = network.phone(CALLER), network.phone(AGENT)
    first.call(LINE)
    first.wait_for("queued")
    second.call(LINE)
    second.hear("result queue-full")
