"""Who may have what help, by the rules that the operator's sources state. Pure.

The rules are judged in a fixed order: what everybody may report, the cloud, the role, then what was bought. A rule set
without a rule that names who is served is an error and not "everybody".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from directory.entities import Rule
from directory.people import Organisation, Partner
from directory.vocabulary import Department, RuleName, Severity, SupportPlan

GERMAN_DOMAIN = "onmicrosoft.de"


class Topic(StrEnum):
    """What a call is about; outages and security reports are taken from everybody."""

    TECHNICAL = "technical"
    BILLING = "billing"
    PRESALES = "presales"
    OUTAGE = "outage"
    SECURITY = "security"


class Verdict(StrEnum):
    """`ask-role` and `identify` want to know more before they can judge; the rest are final."""

    ELIGIBLE = "eligible"
    IDENTIFY = "identify"
    ASK_ROLE = "ask-role"
    NOT_ADMIN = "not-admin"
    PARTNER = "partner"
    NO_SUBSCRIPTION = "no-subscription"
    OTHER_CLOUD = "other-cloud"


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The verdict, the id of the rule that decided (WW2, CN1), and the partner to turn to."""

    verdict: Verdict
    rule: str | None = None
    partner: Partner | None = None

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ELIGIBLE


@dataclass(frozen=True, slots=True)
class Graded:
    """The severity a call counts with; `reduced_by` is the rule that lowered the claim, to be said so."""

    severity: Severity
    reduced_by: str | None = None


def judge(
    operator_rules: Sequence[Rule], organisation: Organisation | None, is_admin: bool | None, topic: Topic
) -> Eligibility:
    """`is_admin` is None where the role is not known yet, `organisation` where none is identified.

    Raises `ValueError` for rules that do not say who is served.
    """
    rules = {each.rule: each.id for each in operator_rules}
    if RuleName.ADMIN_ONLY not in rules:
        raise ValueError("an operator's rules must say who is served")
    # 1. Pre-sales serve people who have bought nothing yet (F55, F56); an outage concerns everybody.
    if topic in {Topic.PRESALES, Topic.OUTAGE, Topic.SECURITY}:
        return Eligibility(Verdict.ELIGIBLE)
    # 2. The role: assisted support is for administrators (F1, F51, F104).
    if is_admin is not True:
        verdict = Verdict.NOT_ADMIN if is_admin is False else Verdict.ASK_ROLE
        return Eligibility(verdict, rules[RuleName.ADMIN_ONLY])
    if organisation is None:
        return Eligibility(Verdict.IDENTIFY)
    # 3. The cloud (F100).
    if RuleName.DOMAIN in rules and not _is_german(organisation):
        return Eligibility(Verdict.OTHER_CLOUD, rules[RuleName.DOMAIN])
    # 4. What was bought (F8, F9, F46).
    return _judge_purchase(rules, organisation)


def grade(
    operator_rules: Sequence[Rule], organisation: Organisation | None, department: Department, claimed: Severity
) -> Graded:
    """The severity that a claim amounts to: A needs the advanced agreement and a technical case (F83-F85)."""
    rules = {each.rule: each.id for each in operator_rules}
    if claimed is not Severity.A:
        return Graded(claimed)
    if department is not Department.TECHNICAL:
        return Graded(Severity.B, rules.get(RuleName.BILLING_MAX_SEVERITY_B))
    contract = rules.get(RuleName.SEVERITY_A_CONTRACT)
    if contract and (organisation is None or organisation.plan is not SupportPlan.ADVANCED):
        return Graded(Severity.B, contract)
    return Graded(Severity.A)


def _judge_purchase(rules: dict[RuleName, str], organisation: Organisation) -> Eligibility:
    active = [each for each in organisation.subscriptions if each.is_active]
    if RuleName.BOUGHT_DIRECTLY in rules and not organisation.bought_direct:
        rule = rules[RuleName.BOUGHT_DIRECTLY]
        if partner := organisation.partner:
            return Eligibility(Verdict.PARTNER, rule, partner)
        return Eligibility(Verdict.NO_SUBSCRIPTION, rule)
    if not active:
        return Eligibility(Verdict.NO_SUBSCRIPTION, rules.get(RuleName.PAID_OR_TRIAL))
    return Eligibility(Verdict.ELIGIBLE)


def _is_german(organisation: Organisation) -> bool:
    return any(domain.lower().endswith(f".{GERMAN_DOMAIN}") for domain in organisation.domains)
