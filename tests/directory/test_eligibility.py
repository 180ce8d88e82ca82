"""Who is served, and with which severity, by the rules of the three operators."""

from __future__ import annotations

import pytest

from directory.book import Book
from directory.eligibility import Eligibility, Topic, Verdict, grade, judge
from directory.people import Organisation, Partner, Subscription
from directory.vocabulary import Department, Severity, SupportPlan

PARTNER = Partner("p", "Wingtip Partners", "+14255550190")
DIRECT = Subscription("Business Premium", "paid", "active", None)
RESOLD = Subscription("Business Premium", "paid", "active", PARTNER)
TRIAL = Subscription("Business Premium", "trial", "active", None)
EXPIRED = Subscription("Business Premium", "paid", "expired", None)


def organisation(
    *subscriptions: Subscription, plan: SupportPlan = SupportPlan.STANDARD, domain: str = ""
) -> Organisation:
    return Organisation(
        id="o",
        operator="worldwide",
        name="Contoso",
        region="US",
        language=None,
        plan=plan,
        high_risk=False,
        domains=(domain,) if domain else (),
        subscriptions=subscriptions,
    )


def verdict(book: Book, operator: str, customer: Organisation | None, *, admin: bool | None = True) -> Eligibility:
    return judge(book.operators[operator].rules, customer, admin, Topic.BILLING)


@pytest.mark.parametrize(
    ("subscriptions", "wanted"),
    [
        ((DIRECT,), Verdict.ELIGIBLE),
        ((RESOLD,), Verdict.PARTNER),
        ((RESOLD, RESOLD), Verdict.PARTNER),
        ((RESOLD, DIRECT), Verdict.ELIGIBLE),
        ((RESOLD, TRIAL), Verdict.PARTNER),
        ((RESOLD, EXPIRED), Verdict.PARTNER),
        ((EXPIRED,), Verdict.NO_SUBSCRIPTION),
        ((TRIAL,), Verdict.NO_SUBSCRIPTION),
        ((), Verdict.NO_SUBSCRIPTION),
    ],
)
def test_the_worldwide_operator_serves_who_bought_directly(
    book: Book, subscriptions: tuple[Subscription, ...], wanted: Verdict
) -> None:
    assert verdict(book, "worldwide", organisation(*subscriptions)).verdict is wanted


def test_the_partner_is_named_with_the_verdict(book: Book) -> None:
    assert verdict(book, "worldwide", organisation(RESOLD)) == Eligibility(Verdict.PARTNER, "WW2", PARTNER)


@pytest.mark.parametrize(
    ("subscriptions", "wanted"),
    [((DIRECT,), Verdict.ELIGIBLE), ((TRIAL,), Verdict.ELIGIBLE), ((EXPIRED,), Verdict.NO_SUBSCRIPTION)],
)
def test_21vianet_serves_paid_and_trial(book: Book, subscriptions: tuple[Subscription, ...], wanted: Verdict) -> None:
    assert verdict(book, "21vianet", organisation(*subscriptions)).verdict is wanted


@pytest.mark.parametrize(
    ("domain", "wanted"),
    [
        ("fabrikam.onmicrosoft.de", Verdict.ELIGIBLE),
        ("fabrikam.onmicrosoft.com", Verdict.OTHER_CLOUD),
        ("notonmicrosoft.de", Verdict.OTHER_CLOUD),
        ("", Verdict.OTHER_CLOUD),
    ],
)
def test_the_german_cloud_serves_its_own_domains(book: Book, domain: str, wanted: Verdict) -> None:
    assert verdict(book, "germany", organisation(DIRECT, domain=domain)).verdict is wanted


@pytest.mark.parametrize("operator", ["worldwide", "21vianet", "germany"])
def test_only_administrators_are_served(book: Book, operator: str) -> None:
    customer = organisation(DIRECT, domain="fabrikam.onmicrosoft.de")
    assert verdict(book, operator, customer, admin=False).verdict is Verdict.NOT_ADMIN
    assert verdict(book, operator, customer, admin=None).verdict is Verdict.ASK_ROLE
    assert verdict(book, operator, None).verdict is Verdict.IDENTIFY


@pytest.mark.parametrize("topic", [Topic.OUTAGE, Topic.SECURITY, Topic.PRESALES])
@pytest.mark.parametrize("admin", [True, False, None])
def test_outages_security_and_presales_are_open_to_all(book: Book, topic: Topic, admin: bool | None) -> None:
    rules = book.operators["worldwide"].rules
    assert judge(rules, organisation(RESOLD), admin, topic).allowed
    assert judge(rules, None, admin, topic).allowed


def test_an_empty_rule_set_is_an_error_and_not_everybody() -> None:
    with pytest.raises(ValueError, match="who is served"):
        judge((), organisation(DIRECT), is_admin=True, topic=Topic.BILLING)


@pytest.mark.parametrize(
    ("plan", "department", "severity", "reduced_by"),
    [
        (SupportPlan.ADVANCED, Department.TECHNICAL, Severity.A, None),
        (SupportPlan.STANDARD, Department.TECHNICAL, Severity.B, "CN5"),
        (SupportPlan.ADVANCED, Department.BILLING, Severity.B, "CN6"),
    ],
)
def test_severity_a_needs_the_advanced_agreement_and_a_technical_case(
    book: Book, plan: SupportPlan, department: Department, severity: Severity, reduced_by: str | None
) -> None:
    found = grade(book.operators["21vianet"].rules, organisation(DIRECT, plan=plan), department, Severity.A)
    assert (found.severity, found.reduced_by) == (severity, reduced_by)


def test_severity_a_of_an_unknown_organisation_counts_as_b(book: Book) -> None:
    assert grade(book.operators["21vianet"].rules, None, Department.TECHNICAL, Severity.A).severity is Severity.B


def test_a_lower_claim_is_taken_as_it_is(book: Book) -> None:
    assert grade(book.operators["21vianet"].rules, None, Department.TECHNICAL, Severity.C).severity is Severity.C
