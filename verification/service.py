"""What a call asks of verification, each in the caller's transaction and each with its entry in the log.

Nothing here believes the web face: which organisation a call is about, which contact and which challenge follow from
the call's own evidence and rows. Callers of `charge` commit before they call `settle`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row

from audit.canonical import Json
from audit.vocabulary import Action as Act
from audit.vocabulary import Outcome as Result
from carrier.steps import Step
from core.clock import Clock
from core.counters import Limit, take
from core.errors import RefusedError
from core.keys import Keyring
from directory import numbers, people
from directory.accounts import is_well_formed
from directory.numbers import CallerId
from directory.people import Match, Organisation
from verification import addressing, challenges, decisions, entries, evidence, limits, receipts
from verification.attestation import read
from verification.catalogue import Action, Policy
from verification.challenges import LIFE, Asking, Issued, Refused
from verification.decision import Decision
from verification.entries import Charge, Outcome, Settled
from verification.evidence import (
    AccountNumber,
    CalledBack,
    CallerNumber,
    Channel,
    Facts,
    Pin,
    RoleClaimed,
    possession,
)
from verification.policy import allows, comes_from_registered_number, decide, subject_of
from verification.record import Caller, Recorder
from verification.spending import Spending

__all__ = ["Caller", "Keyed", "Rules", "Verifier"]

_ALARMED = Limit("pin.operator-alarmed", 1, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Rules:
    """What one operator decides: the policy, what sending may cost, and how long a PIN lives (10 minutes at most)."""

    policy: Policy
    spending: Spending = field(default_factory=Spending)
    pin_life: timedelta = LIFE


@dataclass(frozen=True, slots=True)
class Keyed:
    """An account number was keyed. `well_formed` may be told; `organisation` must not be, before it is proven."""

    well_formed: bool
    organisation: Organisation | None


class Verifier:
    """`draw` gives random bytes. Raises `RefusedError` for an operator without rules."""

    def __init__(
        self,
        clock: Clock,
        keyring: Keyring,
        rules: Mapping[str, Rules],
        *,
        draw: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._clock = clock
        self._keyring = keyring
        self._rules = dict(rules)
        self._draw = draw
        self._record = Recorder(clock, keyring)

    def rules(self, operator: str) -> Rules:
        """The operator's rules; nothing is assumed for an operator that has none."""
        try:
            return self._rules[operator]
        except KeyError:
            raise RefusedError(f"the operator {operator!r} has no policy") from None

    def recognise(
        self, tx: Connection, caller: Caller, caller_id: CallerId, *, attestation: str | None, forwarded: bool
    ) -> Match:
        """Match the calling number and keep what it is worth. `forwarded`: by somebody else's number than our own."""
        match = people.recognise(tx, self._keyring, caller.operator, caller_id)
        facts = CallerNumber(
            usable=caller_id.e164 is not None,
            organisations=match.organisations,
            contacts=match.contacts,
            address=match.address_id,
            possession=possession(self._keyring, "phone", caller_id.e164) if caller_id.e164 else None,
            attestation=read(attestation),
            forwarded=forwarded,
        )
        self._add(tx, caller, facts)
        told: dict[str, Json] = {
            "kind": caller_id.kind.value,
            "organisations": len(match.organisations),
            "contacts": len(match.contacts),
            "attestation": facts.attestation.value if facts.attestation else None,
            "forwarded": forwarded,
            "reason": None if facts.usable else "caller_id_unusable",
        }
        one = match.organisations[0] if len(match.organisations) == 1 else None
        found = Result.SUCCESS if match.organisations else Result.FAILURE
        self._record.write(tx, caller, Act.CALLER_MATCHED, found, "caller", organisation=one, facts=told)
        return match

    def account_keyed(self, tx: Connection, caller: Caller, digits: str) -> Keyed:
        """Look an account number up, unless the call or the block of numbers it comes from has asked too often.

        An ill-formed number is public arithmetic and counts like any other; an unknown one looks like a known one.
        """
        now = self._clock.now()
        allowed = take(tx, limits.CALL_ACCOUNTS, caller.call, now)
        if caller.number is not None:
            block = self._keyring.pseudonym("limit", numbers.prefix(caller.number))
            allowed = take(tx, limits.PREFIX_ACCOUNTS, block, now) and allowed
        found = people.by_account(tx, self._keyring, caller.operator, digits if allowed else "")
        self._add(tx, caller, AccountNumber(found.id if found else None))
        result = Result.REFUSED if not allowed else Result.SUCCESS if found else Result.FAILURE
        self._record.write(tx, caller, Act.ACCOUNT_FOUND, result, "account", organisation=found.id if found else None)
        return Keyed(is_well_formed(digits), found)

    def claim_role(self, tx: Connection, caller: Caller, *, administrator: bool) -> None:
        """The caller says whether they are an administrator: recorded as claimed."""
        self._add(tx, caller, RoleClaimed(administrator))
        self._record.write(tx, caller, Act.ROLE_CLAIMED, Result.SUCCESS, "role", facts={"administrator": administrator})

    def called_back(self, tx: Connection, caller: Caller, address_id: str, *, organisation: str) -> None:
        """Our call-back to a registered number was answered and key 1 pressed."""
        address = people.address(tx, address_id)
        if address.organisation != organisation or not address.confirmed:
            raise RefusedError("a call-back proves something on a confirmed number of the organisation alone")
        value = people.reveal(tx, self._keyring, address_id)
        proof = CalledBack(organisation, address.contact, address_id, possession(self._keyring, "phone", value))
        self._add(tx, caller, proof)
        self._record.write(tx, caller, Act.EVIDENCE_ADDED, Result.SUCCESS, "call-back", organisation=organisation)

    def ask_pin(
        self, tx: Connection, caller: Caller, channel: Channel | str, contact_number: str | None = None
    ) -> Issued | Refused:
        """Send a PIN for the organisation this call is about, or seem to."""
        rules, now = self.rules(caller.operator), self._clock.now()
        seen = evidence.of_call(tx, caller.call)
        organisation = subject_of(seen)
        asking = Asking(
            call=caller.call,
            operator=caller.operator,
            organisation=organisation,
            contact=addressing.whom(tx, organisation, contact_number),
            channel=Channel(channel),
            caller=caller.number,
            registered=comes_from_registered_number(seen),
            life=rules.pin_life,
            spending=rules.spending,
        )
        answer = challenges.issue(tx, now, self._keyring, asking, draw=self._draw)
        self._log_asked(tx, caller, asking, answer)
        return answer

    def charge(self, tx: Connection, caller: Caller, nonce: str) -> Charge:
        """Charge one keying to the newest challenge of the call. Commit, then `settle` under the same nonce."""
        now = self._clock.now()
        challenge = challenges.newest(tx, caller.call) or ""
        charge = entries.charge(tx, now, challenge, nonce, call=caller.call)
        if not charge.resumed:
            result = Result.SUCCESS if charge.counted else Result.REFUSED
            self._record.write(tx, caller, Act.CHALLENGE_ATTEMPTED, result, f"challenge:{challenge}")
        if charge.alarm and take(tx, _ALARMED, caller.operator, now):
            told: dict[str, Json] = {"alarm": limits.OPERATOR_ALARM.scope, "most": limits.OPERATOR_ALARM.most}
            self._record.write(tx, caller, Act.ALARM_RAISED, Result.FAILURE, "operator", facts=told)
        return charge

    def settle(self, tx: Connection, caller: Caller, charge: Charge, digits: object) -> Outcome:
        """Judge the digits of a charged keying; a right PIN becomes evidence in the same transaction."""
        now = self._clock.now()
        settled = entries.settle(tx, now, self._keyring, charge.challenge, digits, nonce=charge.nonce, call=caller.call)
        if settled.why is not entries.Why.REPEATED:
            if settled.outcome is Outcome.RIGHT and settled.challenge is not None:
                self._add(tx, caller, _pin(settled.challenge))
            self._log_settled(tx, caller, charge, settled)
        return settled.outcome

    def receipt(
        self, tx: Connection, *, token: str, provider_id: str, status: str, error_code: str | None = None
    ) -> bool:
        """Take a status callback of a text or of our own call; see `receipts`."""
        return receipts.receipt(
            tx, self._record, token=token, provider_id=provider_id, status=status, error_code=error_code
        )

    def pin_call_answered(
        self, tx: Connection, *, token: str, key_to: str, answered_by: str | None
    ) -> tuple[Step, ...]:
        """Steps for our call with a PIN once it is answered; the key goes to the step `key_to`."""
        return receipts.answered(tx, self._record, token=token, key_to=key_to, answered_by=answered_by)

    def pin_call_key(self, tx: Connection, *, token: str, provider_id: str, digits: str) -> tuple[Step, ...]:
        """Steps after a key. They hold the PIN: never store them."""
        return receipts.key_pressed(tx, self._record, token=token, provider_id=provider_id, digits=digits)

    def decide(self, tx: Connection, caller: Caller) -> Decision:
        """Decide anew on all evidence of the call, and store the decision."""
        policy, now = self.rules(caller.operator).policy, self._clock.now()
        decision = decide(evidence.of_call(tx, caller.call), policy, now)
        made = decisions.store(tx, now, call=caller.call, operator=caller.operator, decision=decision, policy=policy)
        told: dict[str, Json] = {
            "reasons": [reason.value for reason in decision.reasons],
            "policy": decision.policy_version,
            "email_only": decision.email_only,
        }
        self._record.write(
            tx,
            caller,
            Act.ASSURANCE_DECIDED,
            Result.SUCCESS,
            f"decision:{made}",
            organisation=decision.organisation,
            contact=decision.contact,
            facts=told,
            level=decision.level.name.lower(),
        )
        return decision

    def allows(self, operator: str, decision: Decision, action: Action) -> bool:
        """Whether the operator's policy opens an action at this decision."""
        return allows(self.rules(operator).policy, decision, action)

    def _add(self, tx: Connection, caller: Caller, facts: Facts) -> None:
        evidence.add(tx, self._clock.now(), call=caller.call, operator=caller.operator, facts=facts)

    def _log_asked(self, tx: Connection, caller: Caller, asking: Asking, answer: Issued | Refused) -> None:
        refused = isinstance(answer, Refused)
        why = answer.reason.value if isinstance(answer, Refused) else answer.why
        told: dict[str, Json] = {"channel": asking.channel.value, "phantom": bool(why) and not refused, "why": why}
        self._record.write(
            tx,
            caller,
            Act.CHALLENGE_REFUSED if refused else Act.CHALLENGE_ISSUED,
            Result.REFUSED if refused or why else Result.SUCCESS,
            "challenge" if isinstance(answer, Refused) else f"challenge:{answer.challenge}",
            organisation=asking.organisation,
            contact=asking.contact if asking.organisation else None,
            facts=told,
        )

    def _log_settled(self, tx: Connection, caller: Caller, charge: Charge, settled: Settled) -> None:
        row = settled.challenge
        right = settled.outcome is Outcome.RIGHT
        self._record.write(
            tx,
            caller,
            Act.CHALLENGE_ANSWERED,
            Result.SUCCESS if right else Result.FAILURE,
            f"challenge:{charge.challenge}",
            organisation=row.organisation if row else None,
            contact=row.contact if row else None,
            facts={"why": settled.why.value, "dead": settled.outcome is Outcome.DEAD},
        )


def _pin(row: Row[Any]) -> Pin:
    return Pin(row.id, row.organisation, row.contact, row.address, row.possession, Channel(row.channel))
