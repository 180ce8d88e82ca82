"""Reading and writing call rows. Statements are built once; a webhook runs each at most once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from core.database import Utc
from ivr.models import Answer, CallRow
from ivr.state import Call, Facts

KEPT_AFTER_CALL = timedelta(hours=1)

_CALL = TypeAdapter(Call)
_FACTS = TypeAdapter(Facts)


@dataclass(frozen=True, slots=True)
class Session:
    """A stored call, read."""

    sid: str
    operator: str
    nonce: str | None
    nonce_at: datetime | None
    version: int
    call: Call
    facts: Facts
    ended_at: datetime | None
    caller_hash: str | None
    started_at: datetime
    rank_at: datetime | None = None
    caller_sealed: bytes | None = field(default=None, repr=False)


_LOAD = select(
    CallRow.sid,
    CallRow.operator,
    CallRow.nonce,
    CallRow.nonce_at,
    CallRow.version,
    CallRow.state,
    CallRow.facts,
    CallRow.ended_at,
    CallRow.caller_hash,
    CallRow.started_at,
    CallRow.rank_at,
    CallRow.caller_sealed,
).where(CallRow.sid == bindparam("call"))
_LOCKED = _LOAD.with_for_update()
_SAVE = (
    update(CallRow)
    .where(CallRow.sid == bindparam("call"), CallRow.version == bindparam("seen"))
    .values(
        state=bindparam("new_state"),
        nonce=bindparam("new_nonce"),
        nonce_at=bindparam("new_nonce_at", type_=Utc),
        version=CallRow.version + 1,
        organisation=bindparam("new_organisation"),
        level=bindparam("new_level"),
    )
)
_ANSWERED = select(Answer.body).where(Answer.key == bindparam("key"), Answer.call == bindparam("call"))
_KEEP = insert(Answer)
_START = insert(CallRow)
_END = (
    update(CallRow)
    .where(CallRow.sid == bindparam("call"), CallRow.ended_at.is_(None))
    .values(ended_at=bindparam("at", type_=Utc), ended_by=bindparam("by"), version=CallRow.version + 1)
)


def load(tx: Connection, call: str) -> Session | None:
    """The call, its row locked until the transaction ends, so that two requests of one call cannot interleave."""
    row = tx.execute(_LOCKED, {"call": call}).one_or_none()
    if row is None:
        return None
    return Session(
        sid=row.sid,
        operator=row.operator,
        nonce=row.nonce,
        nonce_at=row.nonce_at,
        version=row.version,
        call=_CALL.validate_json(row.state),
        facts=_facts(row.facts),
        ended_at=row.ended_at,
        caller_hash=row.caller_hash,
        started_at=row.started_at,
        rank_at=row.rank_at,
        caller_sealed=row.caller_sealed,
    )


@lru_cache(maxsize=256)
def _facts(text: str) -> Facts:
    # Facts hardly ever change while a call lasts and are the larger part of its row; they are read at every step.
    return _FACTS.validate_json(text)


def start(tx: Connection, session: Session, **columns: object) -> None:
    """The row of a new call."""
    tx.execute(
        _START,
        {
            "sid": session.sid,
            "operator": session.operator,
            "line": session.facts.line,
            "region": session.facts.region,
            "nonce": session.nonce,
            "nonce_at": session.nonce_at,
            "facts": _FACTS.dump_json(session.facts).decode(),
            "state": _CALL.dump_json(session.call).decode(),
            "version": 1,
            "organisation": _organisation(session.call),
            "level": int(session.call.level),
            "started_at": session.started_at,
            "ended_at": None,
            "ended_by": None,
            "caller_hash": session.caller_hash,
            "caller_sealed": session.caller_sealed,
            "rank_at": session.rank_at,
            **columns,
        },
    )


def save(tx: Connection, session: Session, call: Call, nonce: str | None, now: datetime) -> Session:
    """The call as it is now. Believed by its row count: a call that moved meanwhile is a lost race and an error."""
    values = {
        "call": session.sid,
        "seen": session.version,
        "new_state": _CALL.dump_json(call).decode(),
        "new_nonce": nonce,
        "new_nonce_at": now if nonce else None,
        "new_organisation": _organisation(call),
        "new_level": int(call.level),
    }
    if tx.execute(_SAVE, values).rowcount != 1:
        raise RuntimeError("two requests changed one call at once")
    return replace(session, call=call, nonce=nonce, nonce_at=now if nonce else None, version=session.version + 1)


def is_unknown(tx: Connection, call: str) -> bool:
    """Whether there is no such call."""
    return tx.execute(select(CallRow.sid).where(CallRow.sid == call)).first() is None


def dialled(tx: Connection, call: str) -> str:
    """The ingress the call came in on."""
    return str(tx.execute(select(CallRow.dialled).where(CallRow.sid == call)).scalar_one())


def change_facts(tx: Connection, call: str, facts: Facts) -> None:
    """The region of a call became known while it lasted."""
    values = {"facts": _FACTS.dump_json(facts).decode(), "region": facts.region}
    tx.execute(update(CallRow).where(CallRow.sid == call).values(**values))


def answered(tx: Connection, call: str, key: str) -> bytes | None:
    """The stored answer to a one-time step of this call."""
    body = tx.execute(_ANSWERED, {"key": key, "call": call}).scalar()
    return None if body is None else bytes(body)


def keep(tx: Connection, call: str, key: str, body: bytes, now: datetime) -> None:
    tx.execute(_KEEP, {"key": key, "call": call, "body": body, "at": now})


def end(tx: Connection, call: str, by: str, now: datetime) -> bool:
    """Mark the call as ended; False when it was already, or is not ours."""
    return tx.execute(_END, {"call": call, "by": by, "at": now}).rowcount == 1


def sweep(tx: Connection, now: datetime) -> int:
    """Forget stored answers of calls that ended an hour ago or began a day ago."""
    ended = select(CallRow.sid).where(CallRow.ended_at < now - KEPT_AFTER_CALL)
    gone = tx.execute(delete(Answer).where(Answer.call.in_(ended))).rowcount
    return gone + tx.execute(delete(Answer).where(Answer.at < now - timedelta(days=1))).rowcount


def _organisation(call: Call) -> str | None:
    return call.organisation.id if call.organisation else None
