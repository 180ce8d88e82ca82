"""The level table of the design, action by action, and when two proofs are two."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from verification.attestation import Attestation, Trust, trust
from verification.catalogue import Action, Level, Policy, PolicyError, preset, read_policy
from verification.decision import Decision, Reason
from verification.evidence import (
    AccountNumber,
    CalledBack,
    CallerNumber,
    Channel,
    Evidence,
    EvidenceError,
    Facts,
    Pin,
    Proof,
    Risk,
    RoleClaimed,
    dump,
    load,
    same_possession,
)
from verification.policy import allows, decide, independent, valid_until

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
ORG, OTHER, ADA, BEN = "org-1", "org-2", "ada", "ben"
STANDARD = preset("standard")


def seen(*facts: Facts, at: datetime = NOW) -> tuple[Evidence, ...]:
    return tuple(Evidence(f"e{place}", at, one) for place, one in enumerate(facts))


def number(attestation: str | None = None, **more: object) -> CallerNumber:
    held: dict[str, object] = {
        "organisations": (ORG,),
        "contacts": (ADA,),
        "attestation": attestation and Attestation(attestation),
    }
    return CallerNumber(True, **(held | more))  # type: ignore[arg-type]


def pin(channel: Channel = Channel.TEXT, place: str = "phone:k:1", **more: object) -> Pin:
    held: dict[str, object] = {"challenge": "c", "organisation": ORG, "contact": ADA, "address": place}
    return Pin(possession=place, channel=channel, **(held | more))  # type: ignore[arg-type]


def called_back(place: str = "phone:k:2", **more: object) -> CalledBack:
    held: dict[str, object] = {"organisation": ORG, "contact": ADA, "address": place, "possession": place}
    return CalledBack(**(held | more))  # type: ignore[arg-type]


def level(*facts: Facts, policy: Policy = STANDARD, now: datetime = NOW) -> Level:
    return decide(seen(*facts), policy, now).level


@pytest.mark.parametrize(
    "facts", [(), (CallerNumber(False),), (CallerNumber(True),), (AccountNumber(None),), (RoleClaimed(True),)]
)
def test_nothing_known_is_none(facts: tuple[Facts, ...]) -> None:
    assert level(*facts) is Level.NONE


def test_a_keyed_account_number_claims() -> None:
    assert level(CallerNumber(False), AccountNumber(ORG)) is Level.CLAIMED


@pytest.mark.parametrize("value", [None, *Attestation])
@pytest.mark.parametrize("name", ["standard", "strict", "high"])
def test_a_registered_number_is_worth_what_its_attestation_is(value: Attestation | None, name: str) -> None:
    expected = {
        Trust.FULL: Level.CONFIRMED if name == "standard" else Level.RECOGNISED,
        Trust.PARTIAL: Level.RECOGNISED,
        Trust.UNKNOWN: Level.RECOGNISED,
    }
    assert level(number(value), policy=preset(name)) is expected.get(trust(value), Level.CLAIMED)


def test_a_number_forwarded_by_a_stranger_only_claims() -> None:
    assert level(number("TN-Validation-Passed-A", forwarded=True)) is Level.CLAIMED


@pytest.mark.parametrize("shared", [{"contacts": (ADA, BEN)}, {"contacts": ()}, {"organisations": (ORG, OTHER)}])
def test_an_attested_number_of_several_identifies_nobody(shared: dict[str, object]) -> None:
    decision = decide(seen(number("TN-Validation-Passed-A", **shared), AccountNumber(ORG)), STANDARD, NOW)
    assert (decision.level, decision.contact) == (Level.RECOGNISED, None)
    assert Reason.NUMBER_SHARED in decision.reasons


def test_a_number_of_several_organisations_needs_the_account_number() -> None:
    several = number(organisations=(ORG, OTHER), contacts=())
    assert level(several) is Level.NONE
    assert decide(seen(several, AccountNumber(OTHER)), STANDARD, NOW).organisation == OTHER
    assert level(several, AccountNumber(OTHER)) is Level.RECOGNISED


def test_a_registered_number_says_nothing_for_another_account() -> None:
    assert level(number("TN-Validation-Passed-A"), AccountNumber(OTHER)) is Level.CLAIMED


def test_an_unknown_account_number_does_not_undo_a_recognised_number() -> None:
    assert level(number(), AccountNumber(None)) is Level.RECOGNISED


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("name", ["standard", "strict", "high"])
def test_a_pin_confirms_and_an_e_mailed_one_stays_marked(channel: Channel, name: str) -> None:
    decision = decide(seen(AccountNumber(ORG), pin(channel)), preset(name), NOW)
    assert (decision.level, decision.email_only) == (Level.CONFIRMED, channel is Channel.EMAIL)
    assert decision.contact == ADA


def test_an_attested_number_takes_the_mark_off_an_e_mailed_pin() -> None:
    assert not decide(seen(number("TN-Validation-Passed-A"), pin(Channel.EMAIL)), STANDARD, NOW).email_only


def test_an_answered_call_back_confirms() -> None:
    assert level(called_back()) is Level.CONFIRMED


def test_a_proof_for_another_organisation_counts_for_nothing() -> None:
    decision = decide(seen(AccountNumber(ORG), pin(organisation=OTHER)), STANDARD, NOW)
    assert decision.level is Level.CLAIMED
    assert Reason.PROOF_OF_ANOTHER in decision.reasons


@pytest.mark.parametrize(
    ("seconds", "expected"), [(7199, Level.CONFIRMED), (7200, Level.NONE), (-60, Level.CONFIRMED), (-61, Level.NONE)]
)
def test_a_proof_holds_two_hours_and_none_comes_from_the_future(seconds: int, expected: Level) -> None:
    decision = decide(seen(pin()), STANDARD, NOW + timedelta(seconds=seconds))
    assert decision.level is expected


@pytest.mark.parametrize(
    ("risk", "expected"),
    [
        (Risk(NOW - timedelta(days=7) + timedelta(seconds=1)), Level.CLAIMED),
        (Risk(NOW - timedelta(days=7)), Level.CONFIRMED),
        (Risk(forwarding=True), Level.CLAIMED),
    ],
)
def test_a_recent_sim_swap_or_forwarding_makes_a_number_no_proof(risk: Risk, expected: Level) -> None:
    assert level(AccountNumber(ORG), pin(risk=risk)) is expected


PLACES = ("phone:k:1", "phone:k:2", "email:k:3", "email:k:4")
PROOFS: tuple[Proof, ...] = (
    *(
        pin(channel, place, contact=contact)
        for channel in (Channel.TEXT, Channel.CALL)
        for place in PLACES[:2]
        for contact in (ADA, BEN)
    ),
    *(pin(Channel.EMAIL, place, contact=contact) for place in PLACES[2:] for contact in (ADA, BEN)),
    *(called_back(place, contact=contact) for place in PLACES[:2] for contact in (ADA, BEN, None)),
    pin(organisation=OTHER),
)


def oracle(one: Proof, other: Proof) -> bool:
    """The design's sentence, spelled out once more."""
    kinds = {
        (
            "email"
            if proof.possession.startswith("email")
            else "text"
            if isinstance(proof, Pin) and proof.channel is Channel.TEXT
            else "voice"
        )
        for proof in (one, other)
    }
    people = {proof.contact for proof in (one, other)} - {None}
    return (
        len(kinds) == 2
        and one.possession != other.possession
        and len(people) <= 1
        and one.organisation == other.organisation
    )


def test_two_proofs_are_independent_when_the_person_agrees_and_possession_and_channel_differ() -> None:
    wrong = [
        (one, other)
        for one, other in itertools.product(PROOFS, PROOFS)
        if independent(one, other) is not oracle(one, other)
    ]
    assert wrong == []


def test_strong_is_reached_by_independent_proofs_alone() -> None:
    pairs = list(itertools.combinations(PROOFS[:-1], 2))
    reached = [level(AccountNumber(ORG), one, other) for one, other in pairs]
    assert reached == [Level.STRONG if oracle(one, other) else Level.CONFIRMED for one, other in pairs]


def test_a_third_proof_never_undoes_a_pair() -> None:
    for three in itertools.combinations(PROOFS[:-1], 3):
        strong = any(oracle(one, other) for one, other in itertools.combinations(three, 2))
        assert level(AccountNumber(ORG), *three) is (Level.STRONG if strong else Level.CONFIRMED)


def test_neither_attestation_nor_account_nor_role_is_a_second_proof() -> None:
    assert level(number("TN-Validation-Passed-A"), AccountNumber(ORG), RoleClaimed(True), pin()) is Level.CONFIRMED


def test_one_telephone_under_two_addresses_is_one_possession() -> None:
    assert level(pin(Channel.TEXT, address="a"), pin(Channel.CALL, address="b")) is Level.CONFIRMED


def test_names_made_under_different_keys_may_be_one_telephone() -> None:
    assert same_possession("phone:k1:aa", "phone:k2:bb")
    assert not same_possession("phone:k1:aa", "email:k1:aa")


LEVELS: Mapping[str, str] = {  # action: standard, strict, high; the design's table, one digit a preset
    "general-help": "000",
    "open-case": "000",
    "continue-case": "233",
    "hear-case": "233",
    "hear-subscriptions": "233",
    "hear-invoices": "233",
    "hear-contacts": "233",
    "change-licences": "334",
    "change-billing": "334",
    "change-plan": "334",
    "reset-credential": "444",
    "bind-address": "444",
    "bind-factor": "444",
    "name-contacts": "444",
    "recovery": "555",
}


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize(("place", "name"), list(enumerate(["standard", "strict", "high"])))
@pytest.mark.parametrize("reached", list(Level))
def test_an_action_opens_from_its_level_up(action: Action, place: int, name: str, reached: Level) -> None:
    policy = preset(name)
    decision = Decision(reached, (), (), policy.version, email_only=False)
    assert allows(policy, decision, action) is (reached >= int(LEVELS[action.value][place]))


def test_a_decision_under_another_policy_opens_nothing() -> None:
    decision = decide((), preset("high"), NOW)
    assert not allows(STANDARD, decision, Action.GENERAL_HELP)


def test_an_attested_number_resets_no_credential_in_any_preset() -> None:
    for name in ("standard", "strict", "high"):
        policy = preset(name)
        assert not allows(policy, decide(seen(number("TN-Validation-Passed-A")), policy, NOW), Action.RESET_CREDENTIAL)


@pytest.mark.parametrize(
    "changes",
    [
        {"levels": {}},
        {"levels": {Action.GENERAL_HELP: Level.NONE}},
        {"levels": dict(STANDARD.levels) | {Action.RECOVERY: Level.STRONG}},
        {"levels": dict(STANDARD.levels) | {Action.RESET_CREDENTIAL: Level.CONFIRMED}},
        {"levels": dict(STANDARD.levels) | {Action.HEAR_INVOICES: Level.NONE}},
        {"levels": dict(STANDARD.levels) | {Action.GENERAL_HELP: Level.CLAIMED}},
        {"levels": dict(STANDARD.levels) | {Action.HEAR_INVOICES: Level.STRONG}},
        {"preset": "strict"},
        {"preset": "lenient"},
        {"countdown": timedelta(minutes=16)},
        {"countdown": timedelta(0)},
        {"proof_life": timedelta(hours=3)},
        {"preset": "strict", "levels": preset("strict").levels, "attested_confirms": True},
    ],
)
def test_an_empty_or_contradictory_policy_refuses_to_exist(changes: dict[str, object]) -> None:
    whole: dict[str, object] = {"preset": "standard", "levels": STANDARD.levels, "attested_confirms": True}
    with pytest.raises(PolicyError):
        Policy(**(whole | changes))  # type: ignore[arg-type]


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(PolicyError):
        preset("")


def test_a_policy_reads_back_from_its_canonical_form_under_the_same_version() -> None:
    assert {read_policy(preset(name).canonical()).version for name in ("standard", "strict", "high")} == {
        preset(name).version for name in ("standard", "strict", "high")
    }


def test_a_stricter_policy_is_another_version() -> None:
    stricter = Policy("standard", dict(STANDARD.levels) | {Action.CHANGE_PLAN: Level.STRONG}, attested_confirms=True)
    assert stricter.version != STANDARD.version


@pytest.mark.parametrize(
    ("proof", "joined", "ends"),
    [
        (None, None, None),
        (0, None, 120),
        (0, 10, 25),
        (0, 110, 120),
        (None, 10, 25),
    ],
)
def test_validity_counts_from_the_agent_and_never_past_two_hours(
    proof: int | None, joined: int | None, ends: int | None
) -> None:
    moments = [None if value is None else NOW + timedelta(minutes=value) for value in (proof, joined, ends)]
    decision = decide(seen(pin()), STANDARD, NOW)
    assert valid_until(decision, moments[0], moments[1], STANDARD) == moments[2]


def test_a_decision_names_its_oldest_needed_proof() -> None:
    early, late = NOW - timedelta(minutes=30), NOW - timedelta(minutes=5)
    both = (*seen(pin(), at=early), *seen(called_back("phone:k:2"), pin(Channel.EMAIL, "email:k:3"), at=late))
    decision = decide(both, STANDARD, NOW)
    assert (decision.level, decision.proved_at) == (Level.STRONG, late)


EVERY: tuple[Facts, ...] = (
    number("TN-Validation-Passed-B", risk=Risk(NOW, forwarding=True)),
    AccountNumber(None),
    AccountNumber(ORG),
    *PROOFS,
    RoleClaimed(False),
)


@pytest.mark.parametrize("facts", EVERY)
def test_evidence_reads_back_as_it_was_written(facts: Facts) -> None:
    (item,) = seen(facts)
    assert load(item.kind.value, dump(facts)) == facts


@pytest.mark.parametrize(
    ("kind", "text"),
    [("birth-date", "{}"), ("pin", "{}"), ("account-number", '{"organisation":"a","level":4}'), ("pin", "[")],
)
def test_evidence_that_does_not_read_is_refused(kind: str, text: str) -> None:
    with pytest.raises(EvidenceError):
        load(kind, text)


def test_more_evidence_for_the_same_organisation_never_lowers_the_level() -> None:
    facts = (number(), AccountNumber(ORG), *PROOFS[:12])
    reached = [level(*facts[:count]) for count in range(len(facts) + 1)]
    assert reached == sorted(reached)
