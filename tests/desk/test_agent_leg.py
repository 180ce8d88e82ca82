"""What an agent's telephone is told."""

from __future__ import annotations

import pytest

from carrier.steps import Ask, HangUp, Meet, Say
from carrier.twiml import render
from desk import agent_leg
from desk.reservations import Leg, Verdict
from speech import speak

CONTOSO = {"organisation": "Contoso", "level": "confirmed.text"}


def leg(verdict: Verdict = Verdict.OPEN, **changes: object) -> Leg:
    values = {"call": "CA1", "department": "technical", "language": "en", "summary": CONTOSO}
    return Leg(verdict, **(values | changes))  # type: ignore[arg-type]


def test_the_whisper_says_who_how_proven_what_and_in_which_language() -> None:
    assert speak(agent_leg.summary(leg()), "en") == (
        "Contoso, confirmed by text, technical support, English. Press 1 to accept."
    )


def test_an_unknown_organisation_is_said_to_be_unknown() -> None:
    assert speak(agent_leg.summary(leg(summary={})), "en").startswith("Organisation unknown, nothing known,")


def test_the_key_works_while_the_whisper_is_spoken() -> None:
    (asking,) = agent_leg.steps(leg())
    assert isinstance(asking, Ask)
    assert (asking.digits, len(asking.prompts)) == (1, 1)


def test_nobodys_leg_ends_the_room() -> None:
    meet = agent_leg.steps(leg(Verdict.ACCEPTED))[-1]
    assert isinstance(meet, Meet)
    assert (meet.room, meet.ends_room) == ("talk-CA1", False)


@pytest.mark.parametrize(("verdict", "words"), [(Verdict.TAKEN, "agent.taken"), (Verdict.GONE, "agent.gone")])
def test_who_comes_too_late_is_told_and_hung_up(verdict: Verdict, words: str) -> None:
    told, end = agent_leg.steps(leg(verdict))
    assert isinstance(told, Say)
    assert (told.message.id, end) == (words, HangUp())


@pytest.mark.parametrize("language", ["en", "de", "zh-Hant", "zh-Hans"])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_answer_can_be_written_in_every_language(verdict: Verdict, language: str) -> None:
    assert render(agent_leg.steps(leg(verdict, catalogue=language)), lambda step: f"https://desk.test/{step}")
