"""How a waiting caller reaches an agent, shown on the network (docs/adr/0003): every way in and out of the room."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from desk import agents, rooms, talks
from desk.models import AgentState
from simulator.client import Phone
from tests.calls.customers import ADMIN, US_LINE, customer
from tests.calls.town import Town

ADA, BRUNO = "+14255550181", "+14255550182"
PIN = r"PIN ([0-9]{6})"


def ready(town: Town, *names: str) -> None:
    with town.parts.database.begin() as tx:
        for name in names:
            agents.ready(tx, town.parts.context, f"worldwide-{name}")


def floor(town: Town) -> dict[str, AgentState]:
    with town.parts.database.read() as tx:
        return {agent.name: agent.state for agent in agents.listing(tx)}


def until(what: Callable[[], bool]) -> None:
    """Wait for something that a job does; ten seconds at most."""
    for _ in range(200):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to be")


def talk(town: Town) -> tuple[Phone, Phone]:
    """A caller and Ada in their room."""
    customer(town)
    ada, caller = town.phone(ADA), town.phone(ADMIN)
    ready(town, "ada")
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    ada.answer()
    ada.hear("Press 1 to accept")
    ada.key("1")
    caller.wait_for("joined")
    ada.wait_for("joined")
    return caller, ada


def desk_rooms(town: Town) -> rooms.Rooms:
    return rooms.Rooms(town.parts.database, town.parts.context, town.parts.telephone, town.parts.urls)


def test_the_caller_hangs_up_and_the_agents_leg_ends_at_once(anywhere: Town) -> None:
    caller, ada = talk(anywhere)
    caller.hang_up()
    ada.ended()
    until(lambda: floor(anywhere)["Ada"] == "wrap_up")


def test_the_agent_hangs_up_early_and_the_caller_goes_to_the_front(anywhere: Town) -> None:
    caller, ada = talk(anywhere)
    bruno = anywhere.phone(BRUNO)
    ready(anywhere, "bruno")
    ada.hang_up()
    caller.hear("looking for another agent")
    bruno.answer()
    bruno.hear("Press 1 to accept")
    bruno.key("1")
    caller.wait_for("joined")


def test_the_agent_leaves_after_a_real_talk_and_the_call_ends_with_words(here: Town) -> None:
    caller, ada = talk(here)
    here.later(minutes=3)
    ada.hang_up()
    caller.hear("agent has left")
    caller.ended()


def test_the_caller_is_sent_away_to_key_a_pin_and_comes_back(here: Town) -> None:
    caller, ada = talk(here)
    with here.parts.database.begin() as tx:
        assert talks.send_away(tx, here.parts.context, caller.call_sid or "", "away")
    caller.hear("For a text message, press 1")
    caller.key("1")
    caller.key(f"{caller.text(PIN).group(1)}#")
    caller.hear("You are verified")
    caller.wait_for("joined")
    assert ADA in caller.say("I am back")
    ada.hear("I am back")


def test_a_supervisor_listens_whispers_and_takes_over(here: Town) -> None:
    caller, ada = talk(here)
    boss = here.phone(BRUNO)
    call = caller.call_sid or ""
    leg = desk_rooms(here).listen(call, "worldwide-bruno")
    boss.answer()
    boss.wait_for("joined")
    assert BRUNO in caller.say("only listened to")
    assert boss.say("nobody hears this") == []
    desk_rooms(here).whisper(call, leg)
    assert boss.say("a hint") == [ADA]
    assert desk_rooms(here).take_over(call, leg, "worldwide-bruno")
    ada.ended()
    assert boss.say("I take it from here") == [ADMIN]
    assert floor(here)["Bruno"] == "on_call"


def test_a_warm_transfer_keeps_the_caller_in_the_room(here: Town) -> None:
    caller, ada = talk(here)
    bruno = here.phone(BRUNO)
    call = caller.call_sid or ""
    leg = desk_rooms(here).consult(call, "worldwide-bruno")
    bruno.answer()
    bruno.wait_for("joined")
    assert bruno.say("what is it about?") == [ADA]
    assert desk_rooms(here).take_over(call, leg, "worldwide-bruno", stay=True)
    ada.hang_up()
    assert bruno.say("Hello") == [ADMIN]
    here.later(minutes=3)
    bruno.hang_up()
    caller.hear("agent has left")


@pytest.mark.parametrize("moment", ["ringing", "whisper", "accepted", "talking"])
@pytest.mark.parametrize("who", ["caller", "agent"])
def test_whoever_hangs_up_whenever_nobody_is_left_hanging(here: Town, moment: str, who: str) -> None:
    customer(here)
    ada, caller = here.phone(ADA), here.phone(ADMIN)
    ready(here, "ada")
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    reach(moment, ada, caller)
    (caller if who == "caller" else ada).hang_up()
    if who == "caller":
        caller.ended()
        ada.ended()
    else:
        ada.ended()
        caller.hang_up()
        caller.ended()
    until(lambda: floor(here)["Ada"] in ("away", "wrap_up", "ready"))


def reach(moment: str, ada: Phone, caller: Phone) -> None:
    if moment == "ringing":
        ada.ring()
        return
    ada.answer()
    ada.hear("Press 1 to accept")
    if moment == "whisper":
        return
    ada.key("1")
    if moment == "talking":
        caller.wait_for("joined")


def test_one_caller_and_two_ready_agents_ring_one_telephone(here: Town) -> None:
    customer(here)
    ada, bruno, caller = here.phone(ADA), here.phone(BRUNO), here.phone(ADMIN)
    ready(here, "ada", "bruno")
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    ada.answer()
    ada.hear("Press 1")
    assert not [event for event in bruno.poll() if event["kind"] == "ringing"]
