"""Account numbers: random digits and a check digit."""

from __future__ import annotations

import random

import pytest

from directory import accounts


def test_a_new_number_is_well_formed() -> None:
    source = random.Random(1)
    made = [accounts.new(source.randrange) for _ in range(200)]
    assert all(map(accounts.is_well_formed, made))
    assert len(set(made)) == 200


def test_the_check_digit_is_luhns() -> None:
    assert accounts.check_digit("7992739871") == "3"


def test_any_wrong_digit_is_noticed() -> None:
    for place in range(accounts.LENGTH):
        for digit in "123456789":
            wrong = "4249193931"[:place] + digit + "4249193931"[place + 1 :]
            assert accounts.is_well_formed(wrong) == (wrong == "4249193931")


FORMS = ["", "424919393", "42491939310", "0249193931", "42491939a1", "４249193931", "4249193931\n"]


@pytest.mark.parametrize("digits", FORMS)
def test_another_form_is_refused(digits: str) -> None:
    assert not accounts.is_well_formed(digits)
