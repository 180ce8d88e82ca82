"""Calls to partners are outbound calls: the limits of what may be dialled hold for them (REQUIREMENTS C7-C9)."""

from __future__ import annotations

from tests.calls.customers import ADMIN, US_LINE, customer
from tests.calls.town import Town


def test_a_partners_number_that_may_not_be_dialled_is_not_dialled(here: Town) -> None:
    customer(here, partner=("Lucerne Partners", "+19005550198"))
    caller = here.phone(ADMIN)
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    caller.hear("Lucerne Partners")
    caller.key("1")
    caller.hear("ask that partner")
    caller.ended()


def test_a_partners_number_that_is_none_is_not_read_out(here: Town) -> None:
    customer(here, partner=("Lucerne Partners", "not a number"))
    caller = here.phone(ADMIN)
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    caller.hear("partner")
    caller.hear("report an outage")
