"""README.md names settings, commands, targets, files and samples; each of them exists, and no setting is left out."""

from __future__ import annotations

import re

import click
import pytest

from core.settings import Settings
from directory.sample_data import ORGANISATIONS
from ivr.cli import COMMANDS, vouchline
from tests.support.source import PROJECT

TEXT = (PROJECT / "README.md").read_text(encoding="utf-8")
NAMES = {str(field.alias) for field in Settings.model_fields.values()}
CALLED = sorted(set(re.findall(r"(?m)(?:^|`|&& )vouchline ([a-z]+)(?: ([a-z]+))?", TEXT)))


def test_every_setting_has_one_row() -> None:
    rows = re.findall(r"(?m)^\| `([A-Z_]+)` \|", TEXT)
    assert sorted(rows) == sorted(NAMES)


def test_no_setting_is_named_that_does_not_exist() -> None:
    assert set(re.findall(r"\bVOUCHLINE_[A-Z_]*[A-Z]", TEXT)) <= NAMES


def test_a_default_that_is_told_is_the_default() -> None:
    told = dict(re.findall(r"(?m)^\| `([A-Z_]+)` \|.*\| `([^`]*)` \|$", TEXT))
    fixed = {
        str(field.alias): str(field.default)
        for field in Settings.model_fields.values()
        if not field.is_required() and str(field.alias) in told
    }
    assert len(fixed) > 5
    assert {name: told[name] for name in fixed} == fixed


@pytest.mark.parametrize(("name", "inner"), CALLED)
def test_a_command_that_is_named_exists(name: str, inner: str) -> None:
    assert name in COMMANDS
    command = vouchline.get_command(click.Context(vouchline), name)
    if isinstance(command, click.Group) and inner:
        assert inner in command.commands


def test_commands_are_named_at_all() -> None:
    assert {"agents", "call", "phone", "calls", "migrate", "serve", "worker"} <= {name for name, _ in CALLED}


def test_a_target_that_is_named_exists() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?m)^([a-z]+):", makefile))
    assert set(re.findall(r"(?m)(?:^|`)make ([a-z]+)", TEXT)) <= targets


def test_a_file_that_is_linked_exists() -> None:
    missing = [link for link in re.findall(r"\]\(([^)#:]+)\)", TEXT) if not (PROJECT / link).exists()]
    assert not missing


def test_the_first_call_is_one_that_the_sample_allows() -> None:
    contoso = next(one for one in ORGANISATIONS if one.name == "Contoso")
    registered = {address.value for contact in contoso.contacts for address in contact.addresses}
    assert contoso.account in TEXT
    assert f"{len(ORGANISATIONS)} invented organisations" in TEXT
    assert "+14255550100" in registered
    assert "+14255550199" not in {
        address.value for one in ORGANISATIONS for contact in one.contacts for address in contact.addresses
    }
