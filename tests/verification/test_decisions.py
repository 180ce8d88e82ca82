"""A stored decision can be made again, and a changed record is noticed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, update

from core.database import Database
from tests.verification.conftest import World
from tests.verification.test_challenges import ask, key, name_account, pin_of
from verification.catalogue import preset
from verification.commands import verification
from verification.decisions import DecisionRow, PolicyRow, explain, latest
from verification.evidence import EvidenceRow
from verification.record import Caller


@dataclass
class Context:
    database: Database


@pytest.fixture
def caller(world: World) -> Caller:
    """Claimed, then confirmed, both decided."""
    caller = world.caller()
    name_account(world, caller)
    decide(world, caller)
    world.clock.advance(timedelta(seconds=30))
    key(world, caller, pin_of(world, ask(world, caller).challenge))
    decide(world, caller)
    return caller


def decide(world: World, caller: Caller, policy: str = "standard") -> None:
    with world.database.begin() as tx:
        world.verifier(policy).decide(tx, caller)


def agreement(world: World, caller: Caller) -> list[bool]:
    with world.database.read() as tx:
        return [one.agrees for one in explain(tx, caller.call)]


def test_every_decision_agrees_when_it_is_made_again_much_later(world: World, caller: Caller) -> None:
    world.clock.advance(timedelta(days=300))
    assert agreement(world, caller) == [True, True]


def test_a_replay_uses_the_policy_of_its_time(world: World, caller: Caller) -> None:
    decide(world, caller, "high")
    assert agreement(world, caller) == [True, True, True]


def test_the_latest_decision_is_what_was_decided_last(world: World, caller: Caller) -> None:
    with world.database.read() as tx:
        decision = latest(tx, caller.call)
    assert decision is not None
    assert decision.level.name == "CONFIRMED"


def test_a_raised_level_is_noticed(world: World, caller: Caller) -> None:
    with world.database.begin() as tx:
        tx.execute(update(DecisionRow).values(level=4))
    assert agreement(world, caller) == [False, False]


def test_changed_or_missing_evidence_is_noticed(world: World, caller: Caller) -> None:
    with world.database.begin() as tx:
        tx.execute(delete(EvidenceRow).where(EvidenceRow.kind == "pin"))
    assert agreement(world, caller) == [True, False]


def test_evidence_that_does_not_read_is_noticed(world: World, caller: Caller) -> None:
    with world.database.begin() as tx:
        tx.execute(update(EvidenceRow).values(facts="{"))
    assert agreement(world, caller) == [False, False]


@pytest.mark.parametrize("body", [None, "{}", preset("high").canonical()])
def test_a_policy_that_is_gone_or_changed_is_noticed(world: World, caller: Caller, body: str | None) -> None:
    with world.database.begin() as tx:
        tx.execute(delete(PolicyRow) if body is None else update(PolicyRow).values(body=body))
    assert agreement(world, caller) == [False, False]


def run(world: World, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(verification, ["explain", *arguments], obj=lambda: Context(world.database))
    return result.exit_code, result.output


def test_the_command_says_why_and_that_it_agrees(world: World, caller: Caller) -> None:
    status, output = run(world, caller.call)
    assert status == 0
    assert "CONFIRMED" in output
    assert "pin-by-text" in output
    assert output.count("agrees") == 2


def test_the_command_fails_when_a_decision_does_not_agree(world: World, caller: Caller) -> None:
    with world.database.begin() as tx:
        tx.execute(update(DecisionRow).values(level=4))
    status, output = run(world, caller.call)
    assert (status, "DISAGREES" in output) == (1, True)


def test_the_command_gives_json_lines(world: World, caller: Caller) -> None:
    _, output = run(world, caller.call, "--json")
    assert [json.loads(line)["level"] for line in output.splitlines()] == ["claimed", "confirmed"]


def test_a_call_without_decisions_is_said_to_have_none(world: World) -> None:
    status, output = run(world, "CA0")
    assert (status, "no decision" in output) == (2, True)


def test_a_call_may_be_named_by_how_its_id_begins(world: World, caller: Caller) -> None:
    assert run(world, caller.call[:-1]) == run(world, caller.call)


def test_a_beginning_that_several_calls_share_is_refused(world: World, caller: Caller) -> None:
    other = world.caller()
    decide(world, other)
    status, output = run(world, "")
    assert (status, "several calls" in output) == (2, True)
