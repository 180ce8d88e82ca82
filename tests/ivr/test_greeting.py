"""What a caller hears first: who answers, for which region, and how data is used (F103)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from carrier.steps import Ask, Say, Step
from ivr.arrival import privacy_words
from ivr.call import advance, begin
from ivr.events import Keyed
from ivr.state import Call, Department, Facts
from verification.catalogue import Level

FACTS = Facts(
    operator="worldwide",
    operator_name="Support",
    line="line",
    region="US",
    room="room",
    languages=("en",),
    departments=(Department("technical", "required", ("en",), None, "America/New_York"),),
    zone="America/New_York",
    arrived_at=datetime(2026, 11, 18, 15, tzinfo=UTC),
    needed=Level.RECOGNISED,
)


def heard(steps: tuple[Step, ...]) -> list[str]:
    prompts = [one for step in steps for one in (step.prompts if isinstance(step, Ask) else (step,))]
    return [one.message.id for one in prompts if isinstance(one, Say)]


def test_the_region_is_greeted_and_privacy_comes_before_the_menu() -> None:
    said = heard(begin(Call("menu", "en"), FACTS).steps)
    assert said[:3] == ["greeting.region", "privacy.short", "menu.department"]


def test_where_the_call_costs_dear_the_greeting_is_short_and_a_callback_comes_first() -> None:
    said = heard(begin(Call("menu", "en"), replace(FACTS, international=True)).steps)
    assert said[0] == "greeting.short"
    assert said.index("callback.offer") < said.index("menu.department")


def test_key_nine_says_how_data_is_used() -> None:
    first = begin(Call("menu", "en"), FACTS)
    turn = advance(first.call, FACTS, Keyed("9"))
    assert turn.call.at == "menu"
    assert heard(turn.steps)[0] == "privacy.full"
    assert "greeting.region" not in heard(turn.steps)


def test_an_operator_and_its_region_may_have_privacy_words_of_their_own() -> None:
    known = {"privacy.full", "privacy.full.21vianet", "privacy.full.worldwide.DE"}
    found = [privacy_words(*of, known) for of in (("21vianet", "CN"), ("worldwide", "DE"), ("worldwide", "US"))]
    assert found == ["privacy.full.21vianet", "privacy.full.worldwide.DE", "privacy.full"]
