"""Listening, whispering, taking over and handing over, as requests to the carrier and moves of the talk."""

from __future__ import annotations

import pytest

from core.database import Database
from core.errors import NotFoundError
from desk.context import Context
from desk.models import AgentState
from desk.rooms import Rooms
from tests.desk.floor import agent, call_id, put_agent, put_caller, reservation, talking, waiting
from tests.desk.network import Addresses, Network

LEG = "CA" + "e" * 32
CALL = call_id(1)
ROOM = f"talk-{CALL}"


@pytest.fixture
def rooms(database: Database, desk: Context, network: Network) -> Rooms:
    with database.begin() as tx:
        talking(tx, desk, 1, "ada", LEG)
        put_agent(tx, desk, "sue", state=AgentState.AWAY)
    return Rooms(database, desk, network, Addresses())


def test_a_supervisor_listens_unheard(rooms: Rooms, network: Network) -> None:
    assert rooms.listen(CALL, "sue") == "CAsupervisor"
    assert network.asked == [("listen", ROOM, "muted")]


def test_a_supervisor_whispers_to_the_agent_alone(rooms: Rooms, network: Network) -> None:
    rooms.whisper(CALL, "CAsupervisor")
    assert network.asked == [("coach", "CAsupervisor", LEG)]


def test_a_supervisor_takes_over_and_the_agent_is_free_of_the_call(
    rooms: Rooms, network: Network, database: Database
) -> None:
    assert rooms.take_over(CALL, "CAsupervisor", "sue")
    assert network.asked[-1] == ("remove", LEG)
    with database.read() as tx:
        assert reservation(tx, waiting(tx, 1).reservation).agent == "sue"
        assert (agent(tx, "ada").state, agent(tx, "sue").state) == ("wrap_up", "on_call")


def test_a_warm_transfer_lets_the_first_agent_stay_until_they_go(rooms: Rooms, network: Network) -> None:
    leg = rooms.consult(CALL, "sue")
    assert network.asked == [("listen", ROOM, LEG)]
    assert rooms.take_over(CALL, leg, "sue", stay=True)
    assert ("remove", LEG) not in network.asked


def test_there_is_no_talk_to_join_before_somebody_accepted(rooms: Rooms, database: Database, desk: Context) -> None:
    with database.begin() as tx:
        put_agent(tx, desk, "bea")
        put_caller(tx, desk, 2)
    with pytest.raises(NotFoundError):
        rooms.listen(call_id(2), "sue")
