"""How a call begins: the line it was dialled on, where the caller is, what is open, and what the number is worth."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import Connection, select

from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action as Act
from audit.vocabulary import Outcome
from carrier.webhook import Webhook
from core.clock import Clock
from core.keys import Keyring
from desk import callbacks, talks
from desk.context import Context
from desk.dialling import Answered
from directory import book as books
from directory import people
from directory.book import Book
from directory.entities import Rule, spoken_name
from directory.hours import DepartmentHours, openings
from directory.numbers import CallerId, CallerKind, zone
from directory.people import Match
from directory.places import canonical_zone
from directory.placing import How, Placement, place
from directory.vocabulary import RuleName
from ivr.callers import caller_hash, seal
from ivr.deeds import checked
from ivr.models import CallRow
from ivr.state import Call, Department, Facts, Identification, Incident, Severity
from ivr.store import Session
from speech.catalogue import FALLBACK, load
from speech.languages import catalogue_for, catalogues
from verification.catalogue import Action, Level
from verification.decision import Decision
from verification.record import Caller
from verification.service import Verifier

# Advice before buying is given to everybody (DESIGN, main flow 4); an operator's own choice comes with the console.
IDENTIFICATION: Mapping[str, Identification] = {"presales": "none"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call about to begin, and what only its first record needs."""

    session: Session
    how: str
    columns: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Builds the first state of a call. `operators` limits the deployment to some of them; empty means all."""

    clock: Clock
    keyring: Keyring
    verifier: Verifier
    operators: frozenset[str] = frozenset()

    def arrive(self, tx: Connection, hook: Webhook) -> Arrival:
        """Somebody dialled one of our lines."""
        now, caller_id = self.clock.now(), CallerId.read(hook.caller)
        book = books.current(tx, self.operators)
        placement = place(book, hook.dialled, caller_id, None, now)
        forwarded = bool(hook.forwarded_from) and not book.owns(hook.forwarded_from or "")
        caller = Caller(hook.call, placement.operator, caller_id.e164)
        append(tx, self.clock, self.keyring, _received(caller, caller_id, hook, forwarded=forwarded))
        match = self.verifier.recognise(tx, caller, caller_id, attestation=hook.attestation, forwarded=forwarded)
        known = people.Reader(tx, self.keyring)
        if len(match.organisations) == 1:
            region = known.organisation(match.organisations[0]).region
            placement = place(book, hook.dialled, caller_id, region, now)
        facts = self.facts(book, placement, caller_id, hook.call, now)
        rules = book.operators[facts.operator].rules
        call = self._call(self.verifier.decide(tx, caller), known, rules, match, facts)
        return self._arrival(hook.call, hook.dialled, call, facts, caller_id, placement)

    def call_back(self, tx: Connection, hook: Webhook, answered: Answered) -> Arrival:
        """Somebody answered a call that was asked for: placed as the first call was, at NONE."""
        now = self.clock.now()
        row = callbacks.row_of(tx, answered.callback)
        dialled = tx.execute(select(CallRow.dialled).where(CallRow.sid == row.origin_call)).scalar() or hook.caller
        caller_id = CallerId.read(callbacks.number(Context(self.clock, self.keyring), row))
        book = books.current(tx, self.operators)
        placement = place(book, dialled, caller_id, None, now)
        facts = self.facts(book, placement, caller_id, hook.call, now, called_back=True)
        call = Call(
            at="called_back",
            language=answered.catalogue,
            department=answered.department,
            agent_language=answered.language,
            severity=_severity(answered.severity),
            incidents_heard=True,
        )
        return self._arrival(hook.call, dialled, call, facts, caller_id, placement, rank_at=answered.rank_at)

    def placed_by_code(
        self, tx: Connection, session: Session, dialled: str, number: str | None, digits: str
    ) -> Facts | None:
        """The facts of the region that a keyed dialling code names; None when the line does not serve it."""
        now, caller_id = self.clock.now(), CallerId.read(number)
        book = books.current(tx, self.operators)
        placement = place(book, dialled, caller_id, None, now, keyed=digits)
        return self.facts(book, placement, caller_id, session.sid, now) if placement.how is How.KEYED else None

    def facts(
        self,
        book: Book,
        placement: Placement,
        caller_id: CallerId,
        call: str,
        now: datetime,
        *,
        called_back: bool = False,
    ) -> Facts:
        """What this caller finds on this line now."""
        operator, region = book.operators[placement.operator], book.regions[placement.region]
        guessed = placement.how in (How.GENERAL, How.UNMAPPED)
        closed = book.operators[placement.closed_cloud] if placement.closed_cloud else None
        own = canonical_zone(zone(caller_id.e164) or "") if caller_id.e164 else ""
        clock = own if own in region.zones else region.zone
        hours = openings(book, placement, now, caller_id)
        incidents = book.incidents_for(placement.operator, placement.region, now)
        return Facts(
            operator=placement.operator,
            operator_name=spoken_name(operator.name),
            line=placement.line,
            region=None if guessed else region.subdivision or region.code,
            room=talks.room(call),
            languages=languages(book, placement),
            departments=tuple(_department(each, clock) for each in hours),
            zone=clock,
            arrived_at=now,
            needed=self._needed(placement.operator),
            international=placement.international,
            incidents=tuple(Incident(each.id, tuple(each.texts.items())) for each in incidents),
            closed_cloud=spoken_name(closed.name) if closed else None,
            closed_cloud_since=_noon(closed.closed_since) if closed else None,
            admins_only=any(rule.rule is RuleName.ADMIN_ONLY for rule in operator.rules),
            can_call_back=caller_id.kind is CallerKind.VALID,
            called_back=called_back,
            ask_country=bool(placement.choices) and not called_back,
            privacy=privacy_words(placement.operator, region.code, load(FALLBACK).texts),
        )

    def _call(
        self, decision: Decision, known: people.Reader, rules: Sequence[Rule], match: Match, facts: Facts
    ) -> Call:
        proven = checked(known, decision, rules, right=True)
        return Call(
            at="menu",
            language=self._language(known, match, facts),
            level=decision.level,
            organisation=proven.organisation,
            administrator=proven.administrator,
        )

    def _language(self, known: people.Reader, match: Match, facts: Facts) -> str:
        """A recognised contact's language, else the organisation's, else the region's first."""
        wanted: list[str | None] = []
        if len(match.contacts) == 1:
            wanted.append(known.contact(match.contacts[0]).language)
        if len(match.organisations) == 1:
            wanted.append(known.organisation(match.organisations[0]).language)
        language = next((one for one in wanted if one in catalogues()), None)
        return language or next(iter(facts.languages), "en")

    def _needed(self, operator: str) -> Level:
        """What the caller is asked to prove on the way in: enough to go on with a case (DESIGN, Assurance)."""
        return self.verifier.rules(operator).policy.needed(Action.CONTINUE_CASE) or Level.RECOGNISED

    def _arrival(
        self,
        sid: str,
        dialled: str,
        call: Call,
        facts: Facts,
        caller_id: CallerId,
        placement: Placement,
        *,
        rank_at: datetime | None = None,
    ) -> Arrival:
        number = caller_id.e164
        hashed = caller_hash(self.keyring, number) if number else None
        session = Session(
            sid=sid,
            operator=facts.operator,
            nonce=None,
            nonce_at=None,
            version=1,
            call=call,
            facts=facts,
            ended_at=None,
            caller_hash=hashed,
            started_at=facts.arrived_at,
            rank_at=rank_at,
            caller_sealed=seal(self.keyring, sid, number) if number else None,
        )
        columns = {
            "origin": "callback" if facts.called_back else "inbound",
            "dialled": dialled[:200],
            "caller_kind": caller_id.kind.value,
        }
        return Arrival(session, placement.how.value, columns)


def languages(book: Book, placement: Placement) -> tuple[str, ...]:
    """Catalogues of the region's languages, in the order of the sources; the first greets."""
    country = book.regions[placement.region].code
    spoken = book.languages(placement.operator, placement.region)
    return tuple(dict.fromkeys(catalogue_for(one, country) for one in spoken))


def _received(caller: Caller, caller_id: CallerId, hook: Webhook, *, forwarded: bool) -> Entry:
    return Entry(
        actor="carrier",
        subject=f"call:{caller.call}",
        action=Act.CALL_RECEIVED,
        outcome=Outcome.SUCCESS,
        operator=caller.operator,
        call=caller.call,
        facts={"caller": caller_id.kind.value, "attestation": hook.attestation, "forwarded": forwarded},
    )


def privacy_words(operator: str, region: str, known: Container[str]) -> str:
    """The whole privacy sentence (F103): the operator's for the region, else the operator's, else everybody's."""
    closer = (f"privacy.full.{operator}.{region}", f"privacy.full.{operator}")
    return next((one for one in closer if one in known), "privacy.full")


def _department(hours: DepartmentHours, clock: str) -> Department:
    opens = hours.opens_next
    return Department(
        code=hours.department.value,
        identification=IDENTIFICATION.get(hours.department.value, "required"),
        open_in=hours.open_in,
        opens_at=opens.opens_at if opens else None,
        zone=opens.caller_zone if opens else clock,
        open_in_a=hours.urgent_in if hours.urgent else None,
        until=tuple((each.language, each.changes_at) for each in hours.spoken if each.open and each.changes_at),
    )


def _severity(level: str | None) -> Severity | None:
    match level:
        case "A" | "B":
            return level
        case _:
            return None


def _noon(day: Any) -> datetime | None:
    return None if day is None else datetime.combine(day, time(12), UTC)
