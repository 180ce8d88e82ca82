"""Nothing leaves for a country, a kind of number or a sum that was not allowed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from directory import models
from directory.vocabulary import LineType
from tests.verification.conftest import COUNTRIES, OPERATOR, World
from tests.verification.test_challenges import ask, name_account
from verification.evidence import Channel
from verification.models import ChallengeRow
from verification.spending import Spending, Unsendable, judge, price


def judged(
    world: World, value: str, channel: Channel = Channel.TEXT, rules: Spending | None = None
) -> Unsendable | None:
    with world.database.begin() as tx:
        return judge(
            tx,
            world.keyring,
            world.clock.now(),
            operator=OPERATOR,
            rules=rules or Spending(COUNTRIES),
            channel=channel,
            value=value,
        )


@pytest.mark.parametrize("value", ["+14255550101", "+491701234567", "+436641234567", "+16045550123"])
def test_numbers_of_allowed_countries_are_written_to(world: World, value: str) -> None:
    assert judged(world, value) is None


@pytest.mark.parametrize(
    "value",
    [
        "+447911123456",
        "+8613812345678",
        "+2348021234567",
        "+18765550123",
        "+12425550123",
        "+37060112345",
        "+3725123456",
        "+79161234567",
        "+6281234567890",
        "+9607712345",
        "+25263123456",
        "+5371234567",
    ],
)
def test_numbers_of_other_countries_are_not(world: World, value: str) -> None:
    assert judged(world, value) is Unsendable.COUNTRY


@pytest.mark.parametrize(
    "value",
    [
        "+19005550123",
        "+18005550123",
        "+498001234567",
        "+499001234567",
        "+49900123456",
        "+4990012345678",
        "+491801234567",
        "+4918012345",
        "+43900123456",
        "+881612345678",
        "+88213123456",
        "+883510012345",
        "+870773111632",
        "+80012345678",
        "+97912345678",
    ],
)
def test_premium_shared_cost_satellite_and_freephone_numbers_never_are(world: World, value: str) -> None:
    assert judged(world, value) in {Unsendable.KIND, Unsendable.COUNTRY}


@pytest.mark.parametrize("value", ["+61190055501", "+4490000000"])
def test_a_malformed_number_that_begins_like_a_dear_one_is_taken_for_one(world: World, value: str) -> None:
    everywhere = Spending(frozenset({"AU", "CC", "CX", "GB", "GG", "JE", "IM"}))
    assert judged(world, value, rules=everywhere) is Unsendable.KIND


@pytest.mark.parametrize("value", ["+85290000101", "+8610000000101", "+442079460101"])
def test_a_number_newer_than_the_metadata_is_written_to(world: World, value: str) -> None:
    assert judged(world, value, rules=Spending(frozenset({"HK", "CN", "GB"}))) is None


def test_without_a_list_an_operator_writes_to_the_regions_of_its_own_lines(world: World) -> None:
    with world.database.begin() as tx:
        named: dict[str, object] = {"id": "austria", "code": "AT", "name": "Austria", "zone": "Europe/Vienna"}
        plain: dict[str, object] = {"subdivision": None, "also_codes": [], "area": None, "note": None}
        tx.execute(insert(models.Region), named | plain | {"phone_support": True, "position": 0})
        line = {"id": "line", "operator": OPERATOR, "e164": None, "printed": "0800", "position": 0}
        tx.execute(insert(models.Line), line)
        held = {"line": "line", "region": "austria", "operator": OPERATOR, "role": "main", "printed": "0800"}
        more = {"kind": "local", "charges": None, "post_dial": None, "menu_path": None, "plan": None}
        rest = {"departments": [], "position": 0, "note": None, "sources": []}
        tx.execute(insert(models.LineRegion), held | more | rest)
    own = Spending(None)
    assert judged(world, "+436641234567", rules=own) is None
    assert judged(world, "+491701234567", rules=own) is Unsendable.COUNTRY


def test_ten_sends_an_hour_go_to_one_block_of_numbers(world: World) -> None:
    answers = [judged(world, f"+1425555{last:04}") for last in range(100, 111)]
    assert answers == [None] * 10 + [Unsendable.PUMPING]
    assert judged(world, "+12065550100") is None
    world.clock.advance(timedelta(hours=1, seconds=1))
    assert judged(world, "+14255550100") is None


def test_a_day_costs_no_more_than_the_ceiling(world: World) -> None:
    rules = Spending(COUNTRIES, daily_ceiling=100)
    sent = 0
    for block in range(100, 140):
        sent += judged(world, f"+1425{block}0100", Channel.CALL, rules) is None
    assert sent * price(Channel.CALL, "+14251000100") <= 100
    assert judged(world, "+12065550100", Channel.CALL, rules) is Unsendable.MONEY
    assert judged(world, "ada@contoso.example", Channel.EMAIL, rules) is None


def test_a_refused_send_is_a_phantom_on_record_and_sounds_like_any_other(world: World) -> None:
    abroad = world.contact(world.organisation, "1009", "Finn", primary=False)
    world.address(world.organisation, abroad, "+2348021234567", LineType.MOBILE)
    caller = world.caller()
    name_account(world, caller)
    assert ask(world, caller, contact_number="1009").why == "country"
    with world.database.read() as tx:
        assert tx.execute(select(ChallengeRow.phantom)).scalar_one()
