"""Others in a talk: listen in, whisper to the agent, speak to all, take over, consult and hand over.

Each is a few requests to the carrier with no transaction open; only taking over changes who has the call, and that is
decided by the caller's row (`talks.hand_over`). A consultation is whispering the other way round: the second agent is
heard by the first alone, then by all, then has the call, and the first may go.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from carrier.telephone import Telephone
from core.database import Database
from core.errors import NotFoundError
from desk import moves, talks
from desk.context import Context
from desk.models import AgentEndpoint, WaitingState
from desk.urls import Urls

RING = 20  # seconds


@dataclass(frozen=True, slots=True)
class _Talk:
    """A running talk as the carrier knows it."""

    room: str
    agent_call: str


class Rooms:
    """What supervisors and agents do with talks that go on. All raise `NotFoundError` when there is no such talk."""

    def __init__(self, database: Database, context: Context, telephone: Telephone, urls: Urls) -> None:
        self._database = database
        self._context = context
        self._telephone = telephone
        self._urls = urls

    def listen(self, call: str, agent: str) -> str:
        """Ring `agent` into the talk, unheard; returns the new leg."""
        talk = self._talk(call)
        return self._telephone.add_listener(
            talk.room,
            self._endpoint(agent),
            label=f"listener {agent}",
            timeout=RING,
            status_url=self._urls.leg_status(),
        )

    def consult(self, call: str, agent: str) -> str:
        """Ring `agent` into the talk, heard by the talk's agent alone; returns the new leg."""
        talk = self._talk(call)
        label, coached = f"second {agent}", talk.agent_call
        endpoint = self._endpoint(agent)
        status_url = self._urls.leg_status()
        return self._telephone.add_listener(
            talk.room, endpoint, label=label, timeout=RING, status_url=status_url, coached=coached
        )

    def whisper(self, call: str, leg: str) -> None:
        """Let a leg that listens be heard by the talk's agent alone."""
        talk = self._talk(call)
        self._telephone.coach(self._room_id(talk.room), leg, talk.agent_call)

    def speak(self, call: str, leg: str) -> None:
        """Let a leg that listens or whispers be heard by all."""
        room_id = self._room_id(self._talk(call).room)
        self._telephone.coach(room_id, leg, None)
        self._telephone.mute(room_id, leg, muted=False)

    def take_over(self, call: str, leg: str, agent: str, *, stay: bool = False) -> bool:
        """Give the talk to `agent`, who is in the room on `leg`; the former agent's leg ends unless it may `stay`.

        False when the talk ended or went to somebody else meanwhile.
        """
        self.speak(call, leg)
        with self._database.begin() as tx:
            former = talks.hand_over(tx, self._context, call, agent, leg)
        if former is not None and not stay:
            self._telephone.remove(self._room_id(talks.room(call)), former)
        return former is not None

    def _talk(self, call: str) -> _Talk:
        with self._database.read() as tx:
            waiting = moves.waiting_of(tx, call)
            if waiting is None or waiting.state != WaitingState.CONNECTED:
                raise NotFoundError("there is no such talk")
            reservation = moves.reservation_row(tx, waiting.reservation)
        if reservation is None:
            raise NotFoundError("there is no such talk")
        return _Talk(talks.room(call), reservation.agent_call)

    def _room_id(self, room: str) -> str:
        found = self._telephone.find_room(room)
        if found is None:
            raise NotFoundError("the room is empty")
        return found

    def _endpoint(self, agent: str) -> str:
        statement = select(AgentEndpoint.address).where(AgentEndpoint.agent == agent).order_by(AgentEndpoint.position)
        with self._database.read() as tx:
            address = tx.execute(statement.limit(1)).scalar()
        if address is None:
            raise NotFoundError("this agent has no telephone")
        return str(address)
