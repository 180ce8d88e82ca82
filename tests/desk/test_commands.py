"""`vouchline agents` and `vouchline callbacks`."""

from __future__ import annotations

import json
from dataclasses import dataclass

import click
import pytest
from click.testing import CliRunner

from core.clock import ManualClock
from core.database import Database
from core.errors import VouchlineError
from core.keys import Keyring
from core.settings import Settings, load
from desk import callbacks, sample
from desk.commands import agents as agents_group
from desk.commands import callbacks as callbacks_group
from desk.context import Context
from tests.desk.asking import NUMBER, asked


@dataclass
class Parts:
    """What the composition root gives to commands."""

    settings: Settings
    database: Database
    clock: ManualClock
    keyring: Keyring


@pytest.fixture
def parts(database: Database, clock: ManualClock, keyring: Keyring, desk: Context) -> Parts:
    with database.begin() as tx:
        sample.load(tx, desk)
    settings = load(
        {"VOUCHLINE_ENV": "development", "VOUCHLINE_SECRET_KEY": "a secret long enough for every rule there"}
    )
    return Parts(settings, database, clock, keyring)


def run(parts: Parts, group: click.Group, *arguments: str) -> str:
    result = CliRunner().invoke(group, arguments, obj=lambda: parts)
    if isinstance(result.exception, VouchlineError):
        return str(result.exception)
    assert result.exception is None, result.output
    return result.output


def test_the_list_shows_who_can_talk_about_what(parts: Parts) -> None:
    shown = run(parts, agents_group, "list")
    assert all(name in shown for name in ("Ada", "Bruno", "Mei", "Jonas"))
    assert "+1425555" not in shown


def test_the_list_can_be_read_by_machines(parts: Parts) -> None:
    found = json.loads(run(parts, agents_group, "list", "--json", "--operator", "21vianet"))
    assert [(row["name"], row["state"]) for row in found] == [("Mei", "away")]


def test_an_agent_is_made_ready_by_name_and_away_again(parts: Parts) -> None:
    assert run(parts, agents_group, "ready", "ada") == "Ada is now ready.\n"
    assert run(parts, agents_group, "ready", "Ada") == "Ada is already ready.\n"
    assert run(parts, agents_group, "away", "ADA") == "Ada is now away.\n"


def test_an_unknown_name_is_said_so(parts: Parts) -> None:
    assert "there is no agent called Zoe" in run(parts, agents_group, "ready", "Zoe")


def test_callbacks_are_listed_masked_and_cancelled(parts: Parts, desk: Context) -> None:
    assert run(parts, callbacks_group, "list") == "Nobody waits to be called back.\n"
    with parts.database.begin() as tx:
        made = callbacks.ask(tx, desk, asked(1, desk))
    shown = run(parts, callbacks_group, "list")
    assert "***23" in shown
    assert NUMBER not in shown
    assert isinstance(made, callbacks.Asked)
    run(parts, callbacks_group, "cancel", made.callback)
    assert json.loads(run(parts, callbacks_group, "list", "--json")) == []


def test_the_sample_is_loaded_once_and_starts_away(parts: Parts, desk: Context) -> None:
    with parts.database.begin() as tx:
        assert sample.load(tx, desk) == 0
    found = json.loads(run(parts, agents_group, "list", "--json"))
    assert {row["state"] for row in found} == {"away"}
