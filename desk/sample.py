"""Four agents to try the service with; development only. Names are invented, numbers are fiction's own (555-01xx).

They start away: an offer to a telephone that nobody holds would only fail. `vouchline agents ready NAME` signs one in.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from audit.vocabulary import Action
from desk.context import Context, note
from desk.models import Agent, AgentEndpoint, AgentSkill, AgentState, EndpointKind


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    operator: str
    team: str
    telephone: str
    departments: tuple[str, ...]
    languages: tuple[tuple[str, int], ...]


PEOPLE = (
    _Person(
        "Ada", "worldwide", "Seattle", "+14255550181", ("technical", "billing", "presales"), (("en", 5), ("fr", 3))
    ),
    _Person("Bruno", "worldwide", "Dublin", "+14255550182", ("technical", "billing"), (("de", 5), ("en", 4))),
    _Person(
        "Mei", "21vianet", "Beijing", "+14255550183", ("technical", "billing", "presales"), (("cmn", 5), ("en", 4))
    ),
    _Person("Jonas", "germany", "Frankfurt", "+14255550184", ("technical", "billing"), (("de", 5), ("en", 4))),
)


def load(tx: Connection, context: Context) -> int:
    """Write the sample agents into a database without agents; returns how many were written."""
    if tx.execute(select(func.count()).select_from(Agent)).scalar_one():
        return 0
    for person in PEOPLE:
        _write(tx, context, person)
    return len(PEOPLE)


def _write(tx: Connection, context: Context, person: _Person) -> None:
    agent, now = f"{person.operator}-{person.name.lower()}", context.now
    who = {"id": agent, "name": person.name, "operator": person.operator, "team": person.team}
    tx.execute(insert(Agent).values(**who, state=AgentState.AWAY, state_since=now, idle_since=now))
    endpoint = {"kind": EndpointKind.TELEPHONE, "address": person.telephone}
    tx.execute(insert(AgentEndpoint).values(agent=agent, position=0, **endpoint))
    skills = [
        {"agent": agent, "department": department, "language": language, "level": level}
        for department in person.departments
        for language, level in person.languages
    ]
    tx.execute(insert(AgentSkill), skills)
    subject = f"agent:{agent}"
    note(tx, context, Action.SAMPLE_LOADED, actor="service", subject=subject, operator=person.operator)
