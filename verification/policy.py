"""The decision: evidence and policy in, a value out. Pure, so that an auditor can replay it.

1. An unusable policy never gets here: `Policy` refuses to exist.
2. Subject: which organisation is it about? The account number keyed last, else the one organisation of the
   calling number, else the one a proof is for. Evidence for another organisation counts for nothing.
3. An account number was keyed: CLAIMED.
4. The calling number is registered: RECOGNISED, unless its attestation failed, was diverted, passed through or
   not validated, or a stranger forwarded the call: CLAIMED.
5. A proof came back in time, from a number without a recent SIM swap or active forwarding: CONFIRMED.
6. Recognised, attestation exactly TN-Validation-Passed-A, one organisation and one contact, and the policy
   allows it: CONFIRMED. A number shared by several identifies nobody (A5).
7. Two proofs of one person, different in possession and in channel, not both e-mail: STRONG.
8. The highest of these is the level; `email_only` when nothing but e-mail carries CONFIRMED.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from verification.attestation import Trust, trust
from verification.catalogue import Action, Level, Policy
from verification.decision import Decision, Reason
from verification.evidence import (
    AccountNumber,
    CalledBack,
    CallerNumber,
    Channel,
    Evidence,
    Facts,
    Pin,
    Proof,
    Risk,
    RoleClaimed,
    same_possession,
)

SWAP_DOUBT = timedelta(days=7)
# Processes on several machines may disagree by this much about the present; a proof from later than that is none.
SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one step found."""

    level: Level = Level.NONE
    reasons: tuple[Reason, ...] = ()
    proved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Proof:
    at: datetime
    facts: Proof


def decide(evidence: Sequence[Evidence], policy: Policy, now: datetime) -> Decision:
    """The level that `evidence` of one call, in its order, supports under `policy` at `now`."""
    number = _last_number(evidence)
    subject = _subject(evidence, number)  # 2
    account = _account(evidence, subject)  # 3
    caller = _caller(number, subject)  # 4
    proofs, proven = _proofs(evidence, subject, policy, now)  # 5
    attested = _attested(number, caller, subject, policy, now)  # 6
    strong = _strong(proofs)  # 7
    parts = (caller, account, attested, proven, strong)
    level = max(part.level for part in parts)  # 8
    email_only = level is Level.CONFIRMED and attested.level is Level.NONE and _all_email(proofs)
    return Decision(
        level=level,
        reasons=_reasons(parts, evidence, email_only=email_only),
        evidence_ids=tuple(item.id for item in evidence),
        policy_version=policy.version,
        email_only=email_only,
        organisation=subject,
        contact=_contact(number, proofs, caller, subject),
        proved_at=next((part.proved_at for part in reversed(parts) if part.level is level), None),
    )


def allows(policy: Policy, decision: Decision, action: Action) -> bool:
    """Whether an action is open now. A decision made under another version of the policy opens nothing."""
    needed = policy.needed(action)
    return needed is not None and decision.policy_version == policy.version and decision.level >= needed


def valid_until(
    decision: Decision, proof_at: datetime | None, agent_joined_at: datetime | None, policy: Policy
) -> datetime | None:
    """The first moment at which the decision does not hold any more, within its own unbroken call.

    The countdown starts when an agent joins, a transfer does not start it anew, and the proof itself holds two
    hours at most. None: nothing was proven and nobody has joined, so nothing runs out.
    """
    ends = []
    if proof_at is not None:
        ends.append(proof_at + policy.proof_life)
    if agent_joined_at is not None and decision.level > Level.NONE:
        ends.append(agent_joined_at + policy.countdown)
    return min(ends, default=None)


def subject_of(evidence: Sequence[Evidence]) -> str | None:
    """The organisation that a call is about (step 2)."""
    return _subject(evidence, _last_number(evidence))


def comes_from_registered_number(evidence: Sequence[Evidence]) -> bool:
    """Whether the calling number is registered for the subject and nothing speaks against it (step 4)."""
    return _caller(_last_number(evidence), subject_of(evidence)).level is Level.RECOGNISED


def _subject(evidence: Sequence[Evidence], number: Evidence | None) -> str | None:
    keyed = [item.facts.organisation for item in evidence if isinstance(item.facts, AccountNumber)]
    known = [organisation for organisation in keyed if organisation is not None]
    if known:
        return known[-1]
    matched = _matched(number)
    if len(matched) == 1:
        return matched[0]
    proofs = [item.facts.organisation for item in evidence if isinstance(item.facts, Pin | CalledBack)]
    return proofs[-1] if proofs else None


def _account(evidence: Sequence[Evidence], subject: str | None) -> _Part:
    keyed = [item.facts for item in evidence if isinstance(item.facts, AccountNumber)]
    if subject is not None and any(facts.organisation == subject for facts in keyed):
        return _Part(Level.CLAIMED, (Reason.ACCOUNT_KEYED,))
    return _Part(reasons=(Reason.ACCOUNT_UNKNOWN,) if keyed else ())


def _caller(number: Evidence | None, subject: str | None) -> _Part:
    if number is None or not isinstance(number.facts, CallerNumber):
        return _Part()
    facts = number.facts
    if not facts.usable:
        return _Part(reasons=(Reason.NUMBER_UNUSABLE,))
    if not facts.organisations:
        return _Part(reasons=(Reason.NUMBER_UNKNOWN,))
    if subject is None:
        return _Part(reasons=(Reason.NUMBER_OF_SEVERAL,))
    if subject not in facts.organisations:
        return _Part(reasons=(Reason.NUMBER_OF_ANOTHER,))
    return _registered(facts)


def _registered(facts: CallerNumber) -> _Part:
    believed = trust(facts.attestation)
    reasons = (Reason.NUMBER_REGISTERED, _ATTESTED[believed])
    if facts.forwarded:
        return _Part(Level.CLAIMED, (*reasons, Reason.NUMBER_FORWARDED))
    doubtful = believed not in {Trust.FULL, Trust.PARTIAL, Trust.UNKNOWN}
    return _Part(Level.CLAIMED if doubtful else Level.RECOGNISED, reasons)


def _proofs(
    evidence: Sequence[Evidence], subject: str | None, policy: Policy, now: datetime
) -> tuple[list[_Proof], _Part]:
    """The proofs that count, and what they give."""
    counted, reasons = [], []
    for item in evidence:
        if not isinstance(item.facts, Pin | CalledBack):
            continue
        against = _against(item.at, item.facts, subject, policy, now)
        if against is None:
            counted.append(_Proof(item.at, item.facts))
        reasons.append(against or _proof_reason(item.facts))
    if not counted:
        return [], _Part(reasons=tuple(reasons))
    return counted, _Part(Level.CONFIRMED, tuple(reasons), max(proof.at for proof in counted))


def _against(at: datetime, proof: Proof, subject: str | None, policy: Policy, now: datetime) -> Reason | None:
    if proof.organisation != subject:
        return Reason.PROOF_OF_ANOTHER
    if not _fresh(at, policy, now):
        return Reason.PROOF_TOO_OLD
    return Reason.PROOF_AT_RISK if _at_risk(proof.risk, at) else None


def _attested(number: Evidence | None, caller: _Part, subject: str | None, policy: Policy, now: datetime) -> _Part:
    if number is None or not isinstance(number.facts, CallerNumber) or caller.level is not Level.RECOGNISED:
        return _Part()
    if trust(number.facts.attestation) is not Trust.FULL:
        return _Part()
    against = _against_attested(number.at, number.facts, subject, policy, now)
    return _Part(reasons=(against,)) if against else _Part(Level.CONFIRMED, proved_at=number.at)


def _against_attested(
    at: datetime, facts: CallerNumber, subject: str | None, policy: Policy, now: datetime
) -> Reason | None:
    if not policy.attested_confirms:
        return Reason.ATTESTATION_NOT_ENOUGH
    if facts.organisations != (subject,) or len(facts.contacts) != 1:
        return Reason.NUMBER_SHARED
    if _at_risk(facts.risk, at):
        return Reason.NUMBER_AT_RISK
    return None if _fresh(at, policy, now) else Reason.PROOF_TOO_OLD


def _strong(proofs: Sequence[_Proof]) -> _Part:
    pairs = list(combinations(proofs, 2))
    if not pairs:
        return _Part()
    good = [(one, other) for one, other in pairs if independent(one.facts, other.facts)]
    if not good:
        return _Part(reasons=(Reason.PROOFS_NOT_INDEPENDENT,))
    return _Part(Level.STRONG, (Reason.TWO_PROOFS,), max(min(one.at, other.at) for one, other in good))


def independent(one: Proof, other: Proof) -> bool:
    """Two proofs of one person by different addresses and different channels, at least one of them not e-mail.

    A call-back speaks for a person only when the number it rang is that one person's; a switchboard (no contact)
    goes with anybody of its organisation, as a call-back to the number on record may (D3).
    """
    same_person = one.organisation == other.organisation and (
        one.contact == other.contact or None in {one.contact, other.contact}
    )
    channels = {_channel(one), _channel(other)}
    return (
        same_person
        and len(channels) == 2
        and channels != {Channel.EMAIL}
        and one.address != other.address
        and not same_possession(one.possession, other.possession)
    )


def _contact(number: Evidence | None, proofs: Sequence[_Proof], caller: _Part, subject: str | None) -> str | None:
    named = [proof.facts.contact for proof in proofs if proof.facts.contact is not None]
    if named:
        return named[-1]
    if number is None or not isinstance(number.facts, CallerNumber) or caller.level < Level.RECOGNISED:
        return None
    only_one = number.facts.organisations == (subject,) and len(number.facts.contacts) == 1
    return number.facts.contacts[0] if only_one else None


def _reasons(parts: Sequence[_Part], evidence: Sequence[Evidence], *, email_only: bool) -> tuple[Reason, ...]:
    found = [reason for part in parts for reason in part.reasons]
    found += [Reason.ROLE_CLAIMED for item in evidence if isinstance(item.facts, RoleClaimed)]
    found += [Reason.ONLY_EMAIL] if email_only else []
    return tuple(dict.fromkeys(found)) or (Reason.NOTHING_KNOWN,)


def _last_number(evidence: Sequence[Evidence]) -> Evidence | None:
    return next((item for item in reversed(evidence) if isinstance(item.facts, CallerNumber)), None)


def _matched(number: Evidence | None) -> tuple[str, ...]:
    facts: Facts | None = number.facts if number is not None else None
    return facts.organisations if isinstance(facts, CallerNumber) and facts.usable else ()


def _fresh(at: datetime, policy: Policy, now: datetime) -> bool:
    return -SKEW <= now - at < policy.proof_life


def _at_risk(risk: Risk, at: datetime) -> bool:
    return risk.forwarding or (risk.swapped_at is not None and at - risk.swapped_at < SWAP_DOUBT)


def _channel(proof: Proof) -> Channel:
    return proof.channel if isinstance(proof, Pin) else Channel.CALL


def _all_email(proofs: Sequence[_Proof]) -> bool:
    return bool(proofs) and all(_channel(proof.facts) is Channel.EMAIL for proof in proofs)


def _proof_reason(proof: Proof) -> Reason:
    return Reason.CALLED_BACK if isinstance(proof, CalledBack) else _PINS[proof.channel]


_PINS = {
    Channel.TEXT: Reason.PIN_BY_TEXT,
    Channel.CALL: Reason.PIN_BY_CALL,
    Channel.EMAIL: Reason.PIN_BY_EMAIL,
}
_ATTESTED = {
    Trust.FULL: Reason.ATTESTED_FULL,
    Trust.PARTIAL: Reason.ATTESTED_PARTIAL,
    Trust.UNKNOWN: Reason.ATTESTED_UNKNOWN,
    Trust.DIVERTED: Reason.ATTESTED_DIVERTED,
    Trust.PASSED_THROUGH: Reason.ATTESTED_PASSED_THROUGH,
    Trust.FAILED: Reason.ATTESTED_FAILED,
    Trust.NOT_VALIDATED: Reason.ATTESTED_NOT_VALIDATED,
}
