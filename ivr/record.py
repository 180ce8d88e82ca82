"""What a call's own leg leaves in the log: heard, keyed, decided; never the digits of a PIN or of an account number."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from audit.canonical import Json
from audit.entry import Entry
from audit.log import append_all
from audit.vocabulary import Action, Outcome
from carrier.steps import Ask, Say, Step
from desk.context import Context
from ivr.arrival import Arrival
from ivr.deeds import Doer
from ivr.events import Event, Keyed, Silence, Waited
from ivr.state import Call
from ivr.store import Session

# Menu keys are on record as they were pressed; of everything longer only how much was keyed.
_SHOWN_KEYS = 2


def arrived(tx: Connection, context: Context, session: Session, arrival: Arrival, steps: Iterable[Step]) -> None:
    """The line the call came in on, how it was placed, and what it heard first."""
    placed = _entry(
        session,
        Action.LINE_RESOLVED,
        Outcome.SUCCESS if arrival.how != "unmapped" else Outcome.FAILURE,
        line=session.facts.line,
        region=session.facts.region,
        how=arrival.how,
    )
    greeted = _entry(
        session, Action.GREETING_SPOKEN, language=session.call.language, heard=heard(steps), at=session.call.at
    )
    alarm = (
        [] if arrival.how != "unmapped" else [_entry(session, Action.ALARM_RAISED, Outcome.FAILURE, alarm="ingress")]
    )
    append_all(tx, context.clock, context.keyring, [placed, *alarm, greeted])


def turned(
    tx: Connection, context: Context, before: Session, event: Event, after: Session, steps: tuple[Step, ...]
) -> None:
    """One turn of the conversation."""
    call, words = after.call, heard(steps)
    if isinstance(event, Waited) and call == before.call:
        return  # the carrier only asked for more music
    entry = _entry(
        before,
        _action(before.call, event, call),
        _outcome(before.call, call),
        event=type(event).__name__.lower(),
        keyed=keyed(event),
        asked=before.call.at,
        at=call.at,
        language=call.language,
        department=call.department,
        heard=words,
    )
    append_all(tx, context.clock, context.keyring, [entry])


def ended(tx: Connection, context: Context, session: Session, status: str) -> None:
    seconds = int((context.now - session.started_at).total_seconds())
    entry = _entry(session, Action.CALL_ENDED, status=status, at=session.call.at, seconds=seconds)
    append_all(tx, context.clock, context.keyring, [entry])


def role(tx: Connection, doer: Doer, session: Session, call: Call) -> None:
    """A role that was asked is recorded as claimed, with the evidence of the call."""
    if session.call.administrator is None and call.administrator is not None and session.call.at == "role":
        doer.verifier.claim_role(tx, doer.caller(session), administrator=call.administrator)


def heard(steps: Iterable[Step]) -> list[Json]:
    """Ids of what was said, in order; the words depend on the language and can be told from them."""
    prompts = (prompt for step in steps for prompt in (step.prompts if isinstance(step, Ask) else (step,)))
    return [prompt.message.id for prompt in prompts if isinstance(prompt, Say)]


def keyed(event: Event) -> str | None:
    if not isinstance(event, Keyed):
        return None
    return event.digits if len(event.digits) <= _SHOWN_KEYS else f"{len(event.digits)} keys"


def _action(before: Call, event: Event, after: Call) -> Action:
    if isinstance(event, Waited):
        return Action.PLACE_SPOKEN
    if not isinstance(event, Keyed | Silence):
        return Action.CALL_TOLD
    if after.language != before.language:
        return Action.LANGUAGE_CHOSEN
    if after.person and not before.person:
        return Action.PERSON_ASKED
    if after.silences > before.silences:
        return Action.KEY_MISSING
    if after.faults > before.faults:
        return Action.KEY_WRONG
    if before.department is None and after.department is not None:
        return Action.DEPARTMENT_CHOSEN
    if before.severity != after.severity:
        return Action.SEVERITY_CLAIMED
    return Action.MENU_KEYED


def _outcome(before: Call, after: Call) -> Outcome:
    missed = after.silences > before.silences or after.faults > before.faults
    return Outcome.FAILURE if missed else Outcome.SUCCESS


def _entry(session: Session, action: Action, outcome: Outcome = Outcome.SUCCESS, **facts: Json) -> Entry:
    return Entry(
        actor=action.value.partition(":")[0],
        subject=f"call:{session.sid}",
        action=action,
        outcome=outcome,
        operator=session.operator,
        call=session.sid,
        organisation=session.call.organisation.id if session.call.organisation else None,
        facts=facts,
    )
