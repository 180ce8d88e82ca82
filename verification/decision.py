"""What a decision is: a value, with reasons from a closed vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from verification.catalogue import Level


class Reason(StrEnum):
    """Closed vocabulary: why a decision came out as it did."""

    NOTHING_KNOWN = "nothing-known"
    NUMBER_UNUSABLE = "number-unusable"
    NUMBER_UNKNOWN = "number-unknown"
    NUMBER_OF_SEVERAL = "number-of-several-organisations"
    NUMBER_OF_ANOTHER = "number-of-another-organisation"
    NUMBER_REGISTERED = "number-registered"
    NUMBER_SHARED = "number-shared"
    NUMBER_FORWARDED = "number-forwarded"
    NUMBER_AT_RISK = "number-at-risk"
    ATTESTED_FULL = "attested-full"
    ATTESTED_PARTIAL = "attested-partial"
    ATTESTED_UNKNOWN = "attested-unknown"
    ATTESTED_DIVERTED = "attested-diverted"
    ATTESTED_PASSED_THROUGH = "attested-passed-through"
    ATTESTED_FAILED = "attested-failed"
    ATTESTED_NOT_VALIDATED = "attested-not-validated"
    ATTESTATION_NOT_ENOUGH = "attestation-not-enough"
    ACCOUNT_KEYED = "account-keyed"
    ACCOUNT_UNKNOWN = "account-unknown"
    ROLE_CLAIMED = "role-claimed"
    PIN_BY_TEXT = "pin-by-text"
    PIN_BY_CALL = "pin-by-call"
    PIN_BY_EMAIL = "pin-by-email"
    CALLED_BACK = "called-back"
    PROOF_OF_ANOTHER = "proof-of-another-organisation"
    PROOF_TOO_OLD = "proof-too-old"
    PROOF_AT_RISK = "proof-at-risk"
    TWO_PROOFS = "two-independent-proofs"
    PROOFS_NOT_INDEPENDENT = "proofs-not-independent"
    ONLY_EMAIL = "only-email"


@dataclass(frozen=True, slots=True)
class Decision:
    """How sure we are, about whom, and why. `proved_at` is the moment of the oldest proof that it stands on."""

    level: Level
    reasons: tuple[Reason, ...]
    evidence_ids: tuple[str, ...]
    policy_version: str
    email_only: bool
    organisation: str | None = None
    contact: str | None = None
    proved_at: datetime | None = None
