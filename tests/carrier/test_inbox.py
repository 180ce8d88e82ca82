"""Caught messages: kept for their owner alone, shown newest first, safe on a terminal."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from carrier.commands import arriving
from carrier.commands import inbox as command
from carrier.inbox import InboxMailer, InboxTelephone, read
from carrier.results import DeliveryError, Kind
from carrier.telephone import Telephone
from core.clock import ManualClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "inbox"


def caught(folder: Path, clock: ManualClock) -> None:
    phone: Telephone = InboxTelephone(folder, clock)
    phone.send_text("+14255550100", "PIN 123456", validity=300, status_url="")
    clock.advance(timedelta(seconds=1))
    InboxMailer(folder, clock).send("amy@contoso.example", "Your PIN", "PIN 654321\nsecond line", message_id="<a@b>")


def run(folder: Path, *options: str) -> Result:
    parts = SimpleNamespace(settings=SimpleNamespace(data_dir=folder.parent))
    return CliRunner().invoke(command, options, obj=lambda: parts, catch_exceptions=False)


def test_messages_are_read_newest_first(folder: Path, clock: ManualClock) -> None:
    caught(folder, clock)
    assert [(message.medium, message.subject) for message in read(folder)] == [("mail", "Your PIN"), ("text", "")]


def test_an_inbox_that_does_not_exist_is_empty(folder: Path) -> None:
    assert read(folder) == ()


def test_only_the_owner_may_read(folder: Path, clock: ManualClock) -> None:
    caught(folder, clock)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert (modes, stat.S_IMODE(folder.stat().st_mode)) == ({0o600}, 0o700)


def test_a_strange_file_is_left_out(folder: Path, clock: ManualClock) -> None:
    caught(folder, clock)
    (folder / "1.json").write_text("{")
    (folder / "2.json").write_text('{"surprise": 1}')
    assert len(read(folder)) == 2


def test_calls_need_a_provider(folder: Path, clock: ManualClock) -> None:
    with pytest.raises(DeliveryError) as refused:
        InboxTelephone(folder, clock).place_call("+14255550100", url="", timeout=20, status_url="")
    assert (refused.value.kind, refused.value.permanent) == (Kind.CONFIGURATION, True)


def test_the_command_shows_them(folder: Path, clock: ManualClock) -> None:
    caught(folder, clock)
    shown = run(folder).output
    assert shown.index("PIN 654321") < shown.index("second line") < shown.index("PIN 123456")


def test_the_command_says_when_there_is_nothing(folder: Path) -> None:
    assert "nothing in" in run(folder).output


def test_one_json_object_a_line(folder: Path, clock: ManualClock) -> None:
    caught(folder, clock)
    lines = [json.loads(line) for line in run(folder, "--json").output.splitlines()]
    assert [line["to"] for line in lines] == ["amy@contoso.example", "+14255550100"]


def test_a_terminal_does_not_obey_a_message(folder: Path, clock: ManualClock) -> None:
    InboxMailer(folder, clock).send("a@b", "\x1b[2J", "\x1b]0;x\x07\u202e", message_id="<a@b>")
    assert "\x1b" not in run(folder).output
    assert "\u202e" not in run(folder).output


def test_following_shows_each_message_once_as_it_comes(folder: Path, clock: ManualClock) -> None:
    caught(folder, clock)
    late = InboxMailer(folder, clock)
    clock.advance(timedelta(seconds=1))
    messages = arriving(folder, lambda: late.send("a@b", "late", "", message_id="<a@b>"))
    assert [message.subject for message in islice(messages, 3)] == ["", "Your PIN", "late"]
