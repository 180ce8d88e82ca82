"""Callers whom a race might leave alone: each of them hears something and goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import ManualClock
from tests.calls.story import Agent, Stage, staged
from tests.calls.wire import ORIGIN


@pytest.fixture
def stage(filled_template: Path, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    path = tmp_path / "vouchline.db"
    shutil.copyfile(filled_template, path)
    with staged(f"sqlite:///{path}", tmp_path, clock) as made:
        yield made


@pytest.mark.parametrize("fetched_before", [True, False])
def test_an_agent_who_accepts_and_goes_before_the_caller_comes_loses_nobody(stage: Stage, fetched_before: bool) -> None:
    stage.ada_is_ready()
    caller = stage.waiting_caller()
    stage.work()
    leg = Agent(stage, stage.carrier.last("ring"))
    leg.answer()
    if fetched_before:
        stage.work()
    leg.left()
    stage.work()
    fetched = caller.post(stage.carrier.last("redirect").url.removeprefix(ORIGIN), CallStatus="in-progress")
    assert "looking for another agent" in fetched.words
    assert fetched.verbs[-1] == "Enqueue"


def test_an_agent_who_waited_in_vain_for_a_caller_ends_with_words(stage: Stage) -> None:
    stage.ada_is_ready()
    caller = stage.waiting_caller()
    stage.work()
    leg = Agent(stage, stage.carrier.last("ring"))
    leg.answer()
    stage.clock.advance(timedelta(minutes=1))
    leg.left()
    stage.work()
    fetched = caller.post(stage.carrier.last("redirect").url.removeprefix(ORIGIN), CallStatus="in-progress")
    assert fetched.verbs == ["Say", "Say", "Hangup"]
