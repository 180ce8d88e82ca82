"""Who hears whom in a conference, and what its end does to everybody."""

import pytest

from simulator.client import Network, Phone
from simulator.server import Running
from tests.simulator.conftest import ACCOUNT, TOKEN, Service
from tests.simulator.twilio_client import client_for

LINE = "+18005550199"
CALLER = "+14255550100"
AGENT = "+14255550177"
BOSS = "+14255550179"
ALL = "start end join leave mute hold modify"


def room(attributes: str) -> str:
    told = f'statusCallback="/conf" statusCallbackEvent="{ALL}"'
    return f'<Dial action="/after"><Conference {told} {attributes}>talk</Conference></Dial>'


@pytest.fixture
def talk(service: Service, network: Network) -> dict[str, Phone]:
    """A caller and an agent in a talk. The agent's going ends it."""
    documents = {
        CALLER: room('startConferenceOnEnter="false" waitUrl="/music"'),
        AGENT: room('endConferenceOnExit="true" beep="false"'),
    }
    service.page("voice", lambda form: documents.get(form["From"], "<Hangup/>"))
    service.page("music", "<Say>Please hold</Say><Pause length='3'/>")
    service.page("after", lambda form: f"<Say>After {form['DialCallStatus']}</Say><Gather/>")
    caller, agent = network.phone(CALLER), network.phone(AGENT)
    caller.call(LINE)
    caller.hear("please hold")
    agent.call(LINE)
    agent.wait_for("conference-started")
    caller.wait_for("conference-started")
    return {"caller": caller, "agent": agent}


def test_both_hear_each_other(talk: dict[str, Phone]) -> None:
    assert talk["caller"].say("I cannot sign in") == [AGENT]
    assert talk["agent"].say("I can help") == [CALLER]
    talk["caller"].hear("I can help")


def test_the_end_of_the_one_who_ends_it_ends_it_for_all(service: Service, talk: dict[str, Phone]) -> None:
    talk["agent"].hang_up()
    talk["caller"].hear("after answered")
    end = service.wait_for("conf", StatusCallbackEvent="conference-end")
    assert end["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert end["CallSidEndingConference"] == talk["agent"].call_sid


def test_the_caller_who_hangs_up_leaves_the_agent_in_it(service: Service, talk: dict[str, Phone]) -> None:
    talk["caller"].hang_up()
    left = service.wait_for("conf", StatusCallbackEvent="participant-leave")
    assert left["CallSid"] == talk["caller"].call_sid
    assert talk["agent"].say("Hello?") == []


def test_who_waits_is_not_heard(service: Service, network: Network) -> None:
    service.page("voice", room('startConferenceOnEnter="false" waitUrl=""'))
    first, second = network.phone(CALLER), network.phone(AGENT)
    for phone in (first, second):
        phone.call(LINE)
        phone.wait_for("joined")
    assert first.say("Hello") == []


def test_a_muted_supervisor_listens_and_a_coach_whispers(
    service: Service, running: Running, network: Network, talk: dict[str, Phone]
) -> None:
    boss = network.phone(BOSS, answers="auto")
    client = client_for(running.url, ACCOUNT, TOKEN)
    made = client.conferences("talk").participants.create(from_=LINE, to=BOSS, muted=True, beep="false")
    boss.ring()
    boss.wait_for("joined")
    assert sorted(talk["caller"].say("A question")) == sorted([AGENT, BOSS])
    assert boss.say("Psst") == []
    someone = client.conferences(made.conference_sid).participants(made.call_sid)
    someone.update(muted=False, coaching=True, call_sid_to_coach=talk["agent"].call_sid)
    assert boss.say("Offer a callback") == [AGENT]
    someone.update(coaching=False)
    assert sorted(boss.say("I take over")) == sorted([AGENT, CALLER])


def test_coaching_in_the_document(service: Service, network: Network, talk: dict[str, Phone]) -> None:
    coach = f'coach="{talk["agent"].call_sid}" beep="false"'
    service.page("voice", room(coach))
    boss = network.phone(BOSS)
    boss.call(LINE)
    boss.wait_for("joined")
    assert boss.say("Psst") == [AGENT]


def test_hold_cuts_off_and_gives_back(running: Running, service: Service, talk: dict[str, Phone]) -> None:
    client = client_for(running.url, ACCOUNT, TOKEN)
    conference = client.conferences.list(friendly_name="talk", status="in-progress")[0]
    caller = client.conferences(conference.sid).participants(talk["caller"].call_sid)
    service.page("hold", "<Say>One moment</Say><Pause length='2'/>")
    assert caller.update(hold=True, hold_url=f"{service.url}/hold").hold is True
    talk["caller"].hear("one moment")
    assert talk["agent"].say("Can you hear me?") == []
    caller.update(hold=False)
    talk["caller"].wait_for("off-hold")
    assert talk["agent"].say("And now?") == [CALLER]


def test_the_caller_is_sent_away_and_comes_back(running: Running, service: Service, talk: dict[str, Phone]) -> None:
    client = client_for(running.url, ACCOUNT, TOKEN)
    service.page("pin", '<Gather numDigits="6" action="/back"><Say>Key your PIN</Say></Gather>')
    service.page("back", room('waitUrl="/music"'))
    client.calls(talk["caller"].call_sid).update(url=f"{service.url}/pin")
    talk["caller"].hear("key your pin")
    assert talk["agent"].say("Are you there?") == []
    talk["caller"].key("123456")
    talk["caller"].wait_for("joined")
    talk["caller"].wait_for("joined")
    assert talk["agent"].say("Welcome back") == [CALLER]


def test_removing_a_participant_takes_it_to_its_action(running: Running, talk: dict[str, Phone]) -> None:
    client = client_for(running.url, ACCOUNT, TOKEN)
    conference = client.conferences.list(status="in-progress")[0]
    assert client.conferences(conference.sid).participants(talk["caller"].call_sid).delete()
    talk["caller"].hear("after answered")
    assert [one.call_sid for one in client.conferences(conference.sid).participants.list()] == [talk["agent"].call_sid]


def test_ending_the_conference_by_rest(running: Running, talk: dict[str, Phone]) -> None:
    client = client_for(running.url, ACCOUNT, TOKEN)
    conference = client.conferences.list(status="in-progress")[0]
    assert client.conferences(conference.sid).update(status="completed").status == "completed"
    for phone in talk.values():
        phone.hear("after answered")


def test_ending_the_agents_call_by_rest(running: Running, talk: dict[str, Phone]) -> None:
    client = client_for(running.url, ACCOUNT, TOKEN)
    client.calls(talk["agent"].call_sid).update(status="completed")
    assert talk["agent"].ended()["reason"] == "ended-by-api"
    talk["caller"].hear("after answered")


def test_a_gather_inside_the_waiting_music_is_refused(service: Service, network: Network) -> None:
    service.page("voice", room('waitUrl="/music"'))
    service.page("music", "<Gather/>")
    phone = network.phone(CALLER)
    phone.call(LINE)
    assert "<Gather> is not allowed in a conference" in phone.wait_for("error")["message"]
