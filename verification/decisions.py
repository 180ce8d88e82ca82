"""Decisions on record, with the policy of their time, so that they can be made again and compared."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Index, Text, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Utc
from verification import evidence
from verification.catalogue import Level, Policy, PolicyError, read_policy
from verification.decision import Decision, Reason
from verification.evidence import Evidence, EvidenceError
from verification.policy import decide


class PolicyRow(Base):
    """A policy that decided something, as canonical JSON under its version."""

    __tablename__ = "policies"

    version: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime] = mapped_column(Utc)


class DecisionRow(Base):
    """One decision. `at` is the `now` it was made with; `reasons` and `evidence` are JSON lists."""

    __tablename__ = "decisions"
    __table_args__ = (Index(None, "call", "at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str]
    operator: Mapped[str]
    at: Mapped[datetime] = mapped_column(Utc)
    level: Mapped[int]
    reasons: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    policy_version: Mapped[str]
    email_only: Mapped[bool]
    organisation: Mapped[str | None]
    contact: Mapped[str | None]
    proved_at: Mapped[datetime | None] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class Explained:
    """A stored decision beside the one that its evidence and policy give today; `fault` when none could be made."""

    at: datetime
    stored: Decision
    evidence: tuple[Evidence, ...]
    recomputed: Decision | None
    fault: str | None = None

    @property
    def agrees(self) -> bool:
        return self.recomputed == self.stored


def store(tx: Connection, now: datetime, *, call: str, operator: str, decision: Decision, policy: Policy) -> str:
    """Keep a decision and, once, the policy it was made under. Returns the decision's id."""
    _keep_policy(tx, now, policy)
    made = uuid.uuid4().hex
    tx.execute(_STORE, {"id": made, "call": call, "operator": operator, "at": now, **_columns(decision)})
    return made


def _keep_policy(tx: Connection, now: datetime, policy: Policy) -> None:
    """Policies are never removed: a process that met a stored one need not write it again.

    One that this transaction itself has just written may still be rolled back, and is not remembered.
    """
    stored = _STORED.setdefault(tx.engine, set())
    if policy.version in stored:
        return
    values = {"version": policy.version, "body": policy.canonical(), "first_used_at": now}
    if tx.execute(_POLICY[tx.dialect.name], values).rowcount == 1:
        tx.info[_WRITTEN_BY] = tx.get_transaction()
    elif tx.info.get(_WRITTEN_BY) is not tx.get_transaction():
        stored.add(policy.version)


def latest(tx: Connection, call: str) -> Decision | None:
    """The last decision of a call, as it was stored."""
    row = tx.execute(_OF_CALL.order_by(DecisionRow.at.desc(), DecisionRow.level.desc()), {"call": call}).first()
    return _decision(row) if row else None


def explain(tx: Connection, call: str) -> list[Explained]:
    """Make every decision of a call again, under the policy and at the moment of each."""
    rows = tx.execute(_OF_CALL.order_by(DecisionRow.at, DecisionRow.level), {"call": call}).all()
    try:
        known = {item.id: item for item in evidence.of_call(tx, call)}
    except EvidenceError as fault:
        return [Explained(row.at, _decision(row), (), None, str(fault)) for row in rows]
    bodies = {row.version: row.body for row in tx.execute(select(PolicyRow.version, PolicyRow.body))}
    return [_explain(row.at, _decision(row), known, bodies) for row in rows]


def calls_like(tx: Connection, start: str) -> list[str]:
    """The decided calls whose id begins with `start`: none, one, or the first two of several."""
    calls = select(DecisionRow.call).where(DecisionRow.call.startswith(start, autoescape=True)).distinct()
    return list(tx.execute(calls.order_by(DecisionRow.call).limit(2)).scalars())


def _explain(at: datetime, stored: Decision, known: dict[str, Evidence], bodies: dict[str, str]) -> Explained:
    missing = [item for item in stored.evidence_ids if item not in known]
    items = tuple(known[item] for item in stored.evidence_ids if item in known)
    if missing:
        return Explained(at, stored, items, None, f"{len(missing)} pieces of its evidence are gone")
    if stored.policy_version not in bodies:
        return Explained(at, stored, items, None, f"the policy {stored.policy_version} is gone")
    try:
        policy = read_policy(bodies[stored.policy_version])
    except PolicyError as fault:
        return Explained(at, stored, items, None, str(fault))
    recomputed = decide(items, policy, at)
    # A policy whose text was changed under its old version has another version now, and so disagrees.
    return Explained(at, stored, items, replace(recomputed, policy_version=policy.version))


def _columns(decision: Decision) -> dict[str, object]:
    return {
        "level": int(decision.level),
        "reasons": json.dumps([reason.value for reason in decision.reasons]),
        "evidence": json.dumps(decision.evidence_ids),
        "policy_version": decision.policy_version,
        "email_only": decision.email_only,
        "organisation": decision.organisation,
        "contact": decision.contact,
        "proved_at": decision.proved_at,
    }


def _decision(row: object) -> Decision:
    held = row._mapping  # type: ignore[attr-defined]  # noqa: SLF001
    return Decision(
        level=Level(held["level"]),
        reasons=tuple(map(Reason, json.loads(held["reasons"]))),
        evidence_ids=tuple(json.loads(held["evidence"])),
        policy_version=held["policy_version"],
        email_only=held["email_only"],
        organisation=held["organisation"],
        contact=held["contact"],
        proved_at=held["proved_at"],
    )


_POLICY = {
    "sqlite": sqlite.insert(PolicyRow).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(PolicyRow).on_conflict_do_nothing(),
}
_WRITTEN_BY = "verification.policy-written-by"
_STORED: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()
_STORE = insert(DecisionRow)
_OF_CALL = select(DecisionRow.__table__).where(DecisionRow.call == bindparam("call"))
