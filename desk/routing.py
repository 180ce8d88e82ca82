"""Who gets which caller: pure, from a picture of the floor to offers, each with its reason.

Callers come in the order severity, promise, arrival. A caller is never passed over for a later one: the set of callers
that get an agent is the best that any assignment of the ready agents can reach, compared from the first caller on.
Within that, the agent who has been idle longest is rung, unless another one makes room for one more caller. This is
bipartite matching by augmenting paths; agents seen on a failed search can never become free, so all searches together
look at each pair of caller and agent at most once after they have failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
URGENCY = {"A": 0, "B": 1, "C": 2}


def urgency(severity: str | None) -> int:
    """Severity A comes first; no severity counts as B, which is what a caller gets who claims nothing."""
    return URGENCY.get(severity or "B", 1)


class Kind(StrEnum):
    CALL = "call"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone who waits, on the line or for a callback."""

    id: str
    operator: str
    department: str
    language: str
    urgency: int
    rank_at: datetime
    promised_at: datetime | None = None
    kind: Kind = Kind.CALL

    @property
    def order(self) -> tuple[int, datetime, datetime, str]:
        """Sorts callers: severity, then promise (none comes last), then arrival."""
        return (self.urgency, self.promised_at or NEVER, self.rank_at, self.id)


@dataclass(frozen=True, slots=True)
class Ready:
    """An agent who may be rung; `skills` are pairs of department and spoken language."""

    id: str
    operator: str
    skills: frozenset[tuple[str, str]]
    idle_since: datetime

    def can_take(self, caller: Caller) -> bool:
        return self.operator == caller.operator and (caller.department, caller.language) in self.skills


@dataclass(frozen=True, slots=True)
class Reason:
    """Why this pair: the caller's rank among those waiting for the skill, and the agent's among those who have it."""

    rank: int
    waiting: int
    agent_rank: int
    agents: int
    idle: timedelta

    def __str__(self) -> str:
        caller = f"caller {self.rank} of {self.waiting} by severity, promise and arrival"
        agent = (
            f"agent {self.agent_rank} of {self.agents} with the skill by idle time ({int(self.idle.total_seconds())} s)"
        )
        makes_room = "; the longer idle are needed by other callers" if self.agent_rank > 1 else ""
        return f"{caller}; {agent}{makes_room}"


@dataclass(frozen=True, slots=True)
class Offer:
    """This caller is to be offered to this agent."""

    waiting: str
    agent: str
    reason: Reason
    kind: Kind = Kind.CALL


def match(waiting: Iterable[Caller], agents: Iterable[Ready], now: datetime) -> tuple[Offer, ...]:
    """Offers in the order of the callers; each caller and each agent is in at most one."""
    callers = sorted(waiting, key=lambda caller: caller.order)
    floor = sorted(agents, key=lambda agent: (agent.idle_since, agent.id))
    able = _able(callers, floor)
    taken = _assign(callers, floor, able)
    return tuple(
        Offer(caller.id, agent.id, _reason(caller, agent, callers, able, now), caller.kind)
        for caller in callers
        if (agent := taken.get(caller.id)) is not None
    )


_Skill = tuple[str, str, str]


def _skill(caller: Caller) -> _Skill:
    return (caller.operator, caller.department, caller.language)


def _able(callers: Sequence[Caller], floor: Sequence[Ready]) -> dict[_Skill, list[Ready]]:
    """The agents of every skill that somebody waits for, longest idle first."""
    example = {_skill(caller): caller for caller in callers}
    return {skill: [agent for agent in floor if agent.can_take(caller)] for skill, caller in example.items()}


def _assign(callers: Sequence[Caller], floor: Sequence[Ready], able: dict[_Skill, list[Ready]]) -> dict[str, Ready]:
    holder: dict[str, Caller] = {}
    hopeless: set[str] = set()
    for caller in callers:
        if len(holder) == len(floor):
            break
        seen: set[str] = set()
        if not _place(caller, able, holder, hopeless, seen):
            hopeless |= seen
    found = {agent.id: agent for agent in floor}
    return {caller.id: found[agent] for agent, caller in holder.items()}


def _place(
    caller: Caller, able: dict[_Skill, list[Ready]], holder: dict[str, Caller], hopeless: set[str], seen: set[str]
) -> bool:
    """Give the caller a free agent, or one whose caller can be placed with another."""
    open_to = [agent.id for agent in able[_skill(caller)] if agent.id not in hopeless and agent.id not in seen]
    for agent in open_to:
        if agent not in holder:
            holder[agent] = caller
            return True
    for agent in open_to:
        if agent in seen:
            continue
        seen.add(agent)
        if _place(holder[agent], able, holder, hopeless, seen):
            holder[agent] = caller
            return True
    return False


def _reason(
    caller: Caller, agent: Ready, callers: Sequence[Caller], able: dict[_Skill, list[Ready]], now: datetime
) -> Reason:
    same = [other.id for other in callers if _skill(other) == _skill(caller)]
    agents = [other.id for other in able[_skill(caller)]]
    return Reason(
        rank=same.index(caller.id) + 1,
        waiting=len(same),
        agent_rank=agents.index(agent.id) + 1,
        agents=len(agents),
        idle=now - agent.idle_since,
    )
