"""Levels, the closed catalogue of actions, and an operator's policy: which level each action needs.

A policy is data. It may ask for more than `standard`, never for less, and a policy that is empty, forgets an action
or contradicts itself refuses to be used at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

from core.errors import VouchlineError

RULES = 1  # Raise with every change of what `policy.decide` concludes: it is part of each version.
LONGEST_COUNTDOWN = timedelta(minutes=15)
LONGEST_PROOF_LIFE = timedelta(hours=2)


class PolicyError(VouchlineError):
    """A policy that is empty, incomplete or contradictory."""

    code = "policy"


class Level(IntEnum):
    """How sure we are about who is calling."""

    NONE = 0
    CLAIMED = 1
    RECOGNISED = 2
    CONFIRMED = 3
    STRONG = 4


class Action(StrEnum):
    """What may be asked for on a call."""

    GENERAL_HELP = "general-help"
    OPEN_CASE = "open-case"
    CONTINUE_CASE = "continue-case"
    HEAR_CASE = "hear-case"
    HEAR_SUBSCRIPTIONS = "hear-subscriptions"
    HEAR_INVOICES = "hear-invoices"
    HEAR_CONTACTS = "hear-contacts"
    CHANGE_LICENCES = "change-licences"
    CHANGE_BILLING = "change-billing"
    CHANGE_PLAN = "change-plan"
    RESET_CREDENTIAL = "reset-credential"
    BIND_ADDRESS = "bind-address"
    BIND_FACTOR = "bind-factor"
    NAME_CONTACTS = "name-contacts"
    RECOVERY = "recovery"


OPEN_TO_ALL = frozenset({Action.GENERAL_HELP, Action.OPEN_CASE})
HEARING = frozenset(
    {
        Action.CONTINUE_CASE,
        Action.HEAR_CASE,
        Action.HEAR_SUBSCRIPTIONS,
        Action.HEAR_INVOICES,
        Action.HEAR_CONTACTS,
    }
)
CHANGING = frozenset({Action.CHANGE_LICENCES, Action.CHANGE_BILLING, Action.CHANGE_PLAN})
BINDING = frozenset({Action.RESET_CREDENTIAL, Action.BIND_ADDRESS, Action.BIND_FACTOR, Action.NAME_CONTACTS})
# Recovery of a lost organisation has rules of its own; no level and no override opens it.
BY_OTHER_RULES = frozenset({Action.RECOVERY})


@dataclass(frozen=True)
class Policy:
    """One operator's rules. `attested_confirms`: a registered number with a full attestation needs no PIN (A1, A2)."""

    preset: str
    levels: Mapping[Action, Level]
    attested_confirms: bool
    countdown: timedelta = LONGEST_COUNTDOWN
    proof_life: timedelta = LONGEST_PROOF_LIFE
    version: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", MappingProxyType(dict(self.levels)))
        faults = _faults(self)
        if faults:
            raise PolicyError(f"the policy {self.preset!r} cannot be used: {'; '.join(faults)}")
        object.__setattr__(self, "version", hashlib.sha256(self.canonical().encode()).hexdigest()[:16])

    def needed(self, action: Action) -> Level | None:
        """The level an action needs; None where no level is enough."""
        return None if action in BY_OTHER_RULES else self.levels[action]

    def canonical(self) -> str:
        """The whole policy as canonical JSON: what the version is the hash of, and what a replay reads again."""
        body = {
            "rules": RULES,
            "preset": self.preset,
            "levels": {action.value: int(level) for action, level in self.levels.items()},
            "attested_confirms": self.attested_confirms,
            "countdown": int(self.countdown.total_seconds()),
            "proof_life": int(self.proof_life.total_seconds()),
        }
        return json.dumps(body, sort_keys=True, separators=(",", ":"))


def read_policy(canonical: str) -> Policy:
    """A policy as `Policy.canonical` wrote it. Raises `PolicyError`."""
    try:
        return _policy(json.loads(canonical))
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise PolicyError(f"a stored policy does not read: {type(fault).__name__}") from fault


def _policy(body: Mapping[str, Any]) -> Policy:
    return Policy(
        preset=str(body["preset"]),
        levels={Action(name): Level(level) for name, level in body["levels"].items()},
        attested_confirms=bool(body["attested_confirms"]),
        countdown=timedelta(seconds=body["countdown"]),
        proof_life=timedelta(seconds=body["proof_life"]),
    )


def _table(hearing: Level, changing: Level) -> dict[Action, Level]:
    return {
        **dict.fromkeys(OPEN_TO_ALL, Level.NONE),
        **dict.fromkeys(HEARING, hearing),
        **dict.fromkeys(CHANGING, changing),
        **dict.fromkeys(BINDING, Level.STRONG),
    }


_FLOORS: Mapping[str, Mapping[Action, Level]] = {
    "standard": _table(Level.RECOGNISED, Level.CONFIRMED),
    "strict": _table(Level.CONFIRMED, Level.CONFIRMED),
    "high": _table(Level.CONFIRMED, Level.STRONG),
}
_PIN_ON_EVERY_CALL = frozenset({"strict", "high"})


def _faults(policy: Policy) -> list[str]:
    floor = _FLOORS.get(policy.preset)
    if floor is None:
        return ["the preset is unknown"]
    return [*_level_faults(policy, floor), *_open_faults(policy), *_time_faults(policy)]


def _level_faults(policy: Policy, floor: Mapping[Action, Level]) -> list[str]:
    faults = [f"{action} is missing" for action in sorted(set(floor) - set(policy.levels))]
    faults += [f"{action} has no level of its own" for action in sorted(set(policy.levels) - set(floor))]
    faults += [
        f"{action} asks for less than {floor[action].name}"
        for action, level in sorted(policy.levels.items())
        if action in floor and level < floor[action]
    ]
    if policy.preset in _PIN_ON_EVERY_CALL and policy.attested_confirms:
        faults.append("this preset wants a PIN on every call, and an attestation would replace it")
    return faults


def _time_faults(policy: Policy) -> list[str]:
    faults = []
    if not timedelta(0) < policy.countdown <= LONGEST_COUNTDOWN:
        faults.append("the countdown is not within 15 minutes")
    if not timedelta(0) < policy.proof_life <= LONGEST_PROOF_LIFE:
        faults.append("a proof may hold 2 hours at most")
    return faults


def _open_faults(policy: Policy) -> list[str]:
    """Someone who cannot prove anything still reaches a person, and changing is never easier than hearing."""
    faults = [
        f"{action} must be open to all" for action in sorted(OPEN_TO_ALL) if policy.levels.get(action, Level.NONE)
    ]
    hearing = [policy.levels[action] for action in HEARING if action in policy.levels]
    changing = [policy.levels[action] for action in CHANGING if action in policy.levels]
    if hearing and changing and min(changing) < max(hearing):
        faults.append("changing something would be easier than hearing about it")
    return faults


PRESETS: Mapping[str, Policy] = MappingProxyType(
    {
        "standard": Policy("standard", _FLOORS["standard"], attested_confirms=True),
        "strict": Policy("strict", _FLOORS["strict"], attested_confirms=False),
        "high": Policy("high", _FLOORS["high"], attested_confirms=False),
    }
)


def preset(name: str) -> Policy:
    """One of `standard`, `strict`, `high`. Raises `PolicyError`."""
    try:
        return PRESETS[name]
    except KeyError:
        raise PolicyError(f"the policy {name!r} is none of {', '.join(PRESETS)}") from None
