"""Deeds of the conversation, performed in the transaction of the webhook; each result is an event of the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select

from audit.canonical import Json
from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action as Act
from audit.vocabulary import Outcome as Result
from core.counters import Limit, take
from core.keys import Keyring
from desk import callbacks, dialling, queue, talks
from desk.context import Context
from desk.models import Callback
from directory import book as books
from directory import people
from directory.eligibility import Topic, grade, judge
from directory.entities import Rule
from directory.numbers import CallerId, is_e164
from directory.vocabulary import Department, Severity
from ivr import notices
from ivr.callers import opened
from ivr.events import (
    AccountTaken,
    AgentReady,
    AskCallback,
    CallbackRefused,
    CallbackTaken,
    Checked,
    CheckPin,
    ComeBack,
    Deed,
    DialPartner,
    Event,
    IncidentNoted,
    Joined,
    JoinQueue,
    LookUpAccount,
    NoteIncident,
    NotJoined,
    PartnerAllowed,
    PartnerRefused,
    PinSent,
    PinTooSoon,
    PlaceByCode,
    SendPin,
    TakeCallback,
    TalkEnded,
)
from ivr.state import Call, Organisation
from ivr.store import Session
from verification import spending
from verification.catalogue import Level
from verification.challenges import Refused
from verification.decision import Decision, Reason
from verification.entries import Charge, Outcome
from verification.evidence import Channel
from verification.record import Caller
from verification.service import Verifier

# Transfers outside cost money like any outbound call (C9); a customer needs few of them.
PARTNER_CALLS = Limit("call.partner", 3, timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Doer:
    """Performs deeds. `charge` is the keying of a PIN that was charged and committed before."""

    verifier: Verifier
    context: Context
    operators: frozenset[str] = frozenset()

    def perform(self, tx: Connection, session: Session, call: Call, deed: Deed, charge: Charge | None) -> Event:
        """Do it, and say what came of it."""
        caller = self.caller(session)
        match deed:
            case PlaceByCode():
                raise TypeError("a call is placed by whoever holds its facts")
            case NoteIncident(incidents):
                return IncidentNoted(notices.ask(tx, self.context.now, session, call, incidents))
            case LookUpAccount(digits):
                return self._look_up(tx, caller, digits)
            case SendPin(channel, contact_number):
                sent = self.verifier.ask_pin(tx, caller, channel, contact_number)
                return PinTooSoon() if isinstance(sent, Refused) else PinSent()
            case CheckPin(digits):
                return self._check(tx, caller, digits, charge)
            case DialPartner(number):
                return self._dial_partner(tx, session, call, number)
            case TakeCallback():
                return self._take_callback(tx, caller)
            case ComeBack():
                return self._come_back(tx, session)
            case JoinQueue():
                return self._join(tx, session, call, deed)
            case AskCallback():
                return self._ask_callback(tx, session, call, deed)

    def caller(self, session: Session) -> Caller:
        return Caller(session.sid, session.operator, opened(self.context.keyring, session.sid, session.caller_sealed))

    def _look_up(self, tx: Connection, caller: Caller, digits: str) -> AccountTaken:
        """The same for a known and an unknown account, but for a registered number that stands for several."""
        keyed = self.verifier.account_keyed(tx, caller, digits)
        now = self._decided(tx, caller)
        known = now.organisation if now.level >= Level.RECOGNISED else None
        return AccountTaken(keyed.well_formed, now.level if known else Level.NONE, known, now.administrator)

    def _check(self, tx: Connection, caller: Caller, digits: str, charge: Charge | None) -> Checked:
        if charge is None:
            # Nothing was charged, so nothing may be right.
            return Checked(right=False, level=Level.NONE)
        right = self.verifier.settle(tx, caller, charge, digits) is Outcome.RIGHT
        if not right:
            return Checked(right=False, level=Level.NONE)
        return self._decided(tx, caller)

    def _decided(self, tx: Connection, caller: Caller) -> Checked:
        known = people.Reader(tx, self.context.keyring)
        rules = books.current(tx, self.operators).operators[caller.operator].rules
        return checked(known, self.verifier.decide(tx, caller), rules, right=True)

    def _dial_partner(
        self, tx: Connection, session: Session, call: Call, number: str
    ) -> PartnerAllowed | PartnerRefused:
        about = call.organisation.id if call.organisation else session.sid
        keyring, now, operator = self.context.keyring, self.context.now, session.operator
        rules = self.verifier.rules(operator).spending
        allowed = take(tx, PARTNER_CALLS, keyring.pseudonym("limit", about), now) and (
            spending.judge(tx, keyring, now, operator=operator, rules=rules, channel=Channel.CALL, value=number) is None
        )
        self._note(tx, session, Act.CALL_PLACED, "partner", allowed=allowed)
        return PartnerAllowed(number) if allowed else PartnerRefused()

    def _take_callback(self, tx: Connection, caller: Caller) -> Checked:
        """The person pressed 1. A confirmed registered number that answered is evidence; any other proves nothing."""
        token = tx.execute(select(Callback.token).where(Callback.call == caller.call)).scalar()
        if token is None or dialling.accept(tx, self.context, token, caller.call) is None:
            return Checked(right=False, level=Level.NONE)
        match = people.recognise(tx, self.context.keyring, caller.operator, CallerId.read(caller.number))
        if match.address_id is not None and len(match.organisations) == 1:
            address = people.address(tx, match.address_id)
            if address.confirmed and address.organisation == match.organisations[0]:
                self.verifier.called_back(tx, caller, match.address_id, organisation=match.organisations[0])
        return self._decided(tx, caller)

    def _come_back(self, tx: Connection, session: Session) -> AgentReady | TalkEnded:
        after = talks.come_back(tx, self.context, session.sid)
        return AgentReady() if after is talks.After.BACK else TalkEnded(again=after is talks.After.AGAIN)

    def _join(self, tx: Connection, session: Session, call: Call, deed: JoinQueue) -> Joined | NotJoined:
        if self._has_closed(session, deed):
            return NotJoined("closed")
        decision = self.verifier.decide(tx, self.caller(session))
        name = _name(tx, self.context.keyring, decision)
        wish = queue.Wish(
            call=session.sid,
            operator=session.operator,
            department=deed.department,
            language=deed.language,
            severity=effective_severity(call),
            organisation=decision.organisation,
            summary=queue.Summary(name, spoken_level(decision)),
            rank_at=session.rank_at,
        )
        answer = queue.join(tx, self.context, wish)
        match answer:
            case queue.Joined(standing):
                name = queue.carrier_queue(session.operator, deed.department, deed.language)
                return Joined(name, standing.position, minutes(standing.expected))
            case queue.NobodyThere():
                return NotJoined("nobody")
            case queue.QueueFull():
                return NotJoined("full")

    def _has_closed(self, session: Session, deed: JoinQueue) -> bool:
        """Whether the desk closed while the caller was asked; severity A does not keep to those hours."""
        department = session.facts.department(deed.department)
        until = dict(department.until).get(deed.language) if department and deed.severity != "A" else None
        return until is not None and self.context.now >= until

    def _ask_callback(
        self, tx: Connection, session: Session, call: Call, deed: AskCallback
    ) -> CallbackTaken | CallbackRefused:
        number = self.caller(session).number
        if number is None:
            return CallbackRefused("number")
        request = callbacks.Request(
            call=session.sid,
            operator=session.operator,
            number=number,
            department=deed.department,
            language=deed.language,
            catalogue=call.language,
            due_at=deed.opens_at or self.context.now,
            severity=effective_severity(call),
            organisation=call.organisation.id if call.organisation else None,
        )
        asked = callbacks.ask(tx, self.context, request)
        if isinstance(asked, callbacks.Refused):
            return CallbackRefused("number" if asked.why is callbacks.Refusal.NUMBER else "limit")
        return CallbackTaken(deed.opens_at)

    def _note(self, tx: Connection, session: Session, action: Act, subject: str, **facts: Json) -> None:
        entry = Entry(
            actor=action.value.partition(":")[0],
            subject=subject,
            action=action,
            outcome=Result.SUCCESS,
            operator=session.operator,
            call=session.sid,
            facts=facts,
        )
        append(tx, self.context.clock, self.context.keyring, entry)


def checked(known: people.Reader, decision: Decision, rules: Sequence[Rule], *, right: bool) -> Checked:
    """A decision as the conversation needs it; `rules` are the operator's, about who may have what help."""
    proven = organisation(known, decision, rules) if decision.level >= Level.RECOGNISED else None
    return Checked(right, decision.level, proven, administrator(known, decision))


def organisation(known: people.Reader, decision: Decision, rules: Sequence[Rule]) -> Organisation | None:
    """What the conversation knows of the organisation the decision is about."""
    if decision.organisation is None:
        return None
    found = known.organisation(decision.organisation)
    partner = found.partner
    return Organisation(
        id=found.id,
        partner_name=partner.name if partner else None,
        partner_number=partner.number if partner and is_e164(partner.number or "") else None,
        verdict=judge(rules, found, is_admin=True, topic=Topic.TECHNICAL).verdict,
        advanced=grade(rules, found, Department.TECHNICAL, Severity.A).severity is Severity.A,
    )


def administrator(known: people.Reader, decision: Decision) -> bool | None:
    """The role that is proven with the contact; None where no contact is, and it has to be asked."""
    if decision.contact is None or decision.level < Level.RECOGNISED:
        return None
    return known.contact(decision.contact).is_admin


def effective_severity(call: Call) -> str | None:
    """Severity A counts only with the advanced agreement of a recognised organisation; else it is recorded as B."""
    entitled = call.organisation is not None and call.organisation.advanced and call.level >= Level.RECOGNISED
    return "B" if call.severity == "A" and not entitled else call.severity


def minutes(wait: timedelta | None) -> int | None:
    return None if wait is None else -(-int(wait.total_seconds()) // 60)


_SPOKEN = (
    (Reason.PIN_BY_TEXT, "confirmed.text"),
    (Reason.PIN_BY_CALL, "confirmed.call"),
    (Reason.CALLED_BACK, "confirmed.called_back"),
    (Reason.PIN_BY_EMAIL, "confirmed.email"),
)


def spoken_level(decision: Decision) -> str:
    """The level as it is whispered to the agent: the ending of a `level.*` message."""
    if decision.level is not Level.CONFIRMED:
        return decision.level.name.lower()
    return next((words for reason, words in _SPOKEN if reason in decision.reasons), "confirmed.attested")


def _name(tx: Connection, keyring: Keyring, decision: Decision) -> str | None:
    return people.organisation(tx, keyring, decision.organisation).name if decision.organisation else None
