"""Calls that run by themselves: what their exit status says."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulator.commands import call
from simulator.script import ScriptError, parse
from simulator.server import Running
from tests.simulator.conftest import Service

LINE = "+18005550199"
CALLER = "+14255550100"
AGENT = "+14255550177"


@pytest.fixture
def menu(service: Service) -> Service:
    service.page("voice", '<Gather numDigits="1" action="/pin"><Say>Press 1 for technical support</Say></Gather>')
    service.page("pin", '<Gather action="/check"><Say>Key your PIN, then hash</Say></Gather>')
    service.page("check", lambda form: "<Say>Thank you</Say>" if form["Digits"] == "123456" else "<Reject/>")
    return service


def run(running: Running, *arguments: str, script: str = "", tmp: Path | None = None) -> Result:
    options = ["--simulator", running.url, "--timeout", "3", "--from", CALLER, *arguments]
    if tmp is not None:
        path = tmp / "script.txt"
        path.write_text(script)
        options += ["--script", str(path)]
    return CliRunner().invoke(call, [LINE, *options])


def test_keys_are_pressed_at_each_question(running: Running, menu: Service) -> None:
    result = run(running, "--keys", "1,123456#", "--attest", "TN-Validation-Passed-A")
    assert result.exit_code == 0, result.output
    assert "Press 1 for technical support" in result.output
    assert menu.forms("voice")[0]["StirVerstat"] == "TN-Validation-Passed-A"
    assert menu.forms("check")[0]["Digits"] == "123456"


def test_the_exit_status_says_that_a_script_failed(running: Running, menu: Service, tmp_path: Path) -> None:
    result = run(running, script="hear press 1\nhear press 2\n", tmp=tmp_path)
    silent = run(running, script="silence\nhear press 2\n", tmp=tmp_path)
    assert (result.exit_code, silent.exit_code) == (1, 1)
    assert "line 2" in result.output


def test_an_application_error_fails_a_call_that_nobody_expected_to_fail(running: Running, service: Service) -> None:
    service.page("voice", "<Gather numDigits='1' action='/nowhere'/>")
    assert run(running, "--keys", "1").exit_code == 1


def test_a_pin_from_a_text_is_keyed(running: Running, menu: Service, tmp_path: Path) -> None:
    def send(form: dict[str, str]) -> str:
        running.network.tell(form["From"], "text", from_=LINE, body="Contoso: your PIN is 123456.")
        return '<Gather action="/check"><Say>Key your PIN</Say></Gather>'

    menu.page("pin", send)
    script = "key 1\nhear PIN\ntext /PIN is (?P<code>[0-9]+)/\nkey {code}#\nhear thank you\nexpect ended completed"
    assert run(running, script=script, tmp=tmp_path).output.count("Thank you") == 1
    assert run(running, script="key 1\nkey {pin}#\nhear /thank +you/\nexpect ended", tmp=tmp_path).exit_code == 0


def test_a_pin_at_another_telephone_counts_when_it_came_before_it_was_asked_for(
    running: Running, menu: Service, tmp_path: Path
) -> None:
    def send(_: dict[str, str]) -> str:
        running.network.tell(AGENT, "text", from_=LINE, body="Contoso: your PIN is 123456.")
        return '<Gather action="/check"><Say>Key your PIN</Say></Gather>'

    menu.page("pin", send)
    script = f"key 1\nhear PIN\npause 0.2\nkey {{pin:{AGENT}}}#\nhear thank you\nexpect ended completed"
    assert run(running, script=script, tmp=tmp_path).exit_code == 0


def test_a_second_telephone_takes_part(running: Running, service: Service, tmp_path: Path) -> None:
    service.page("voice", f"<Dial><Number url='/whisper'>{AGENT}</Number></Dial><Say>Goodbye</Say>")
    service.page("whisper", "<Gather numDigits='1' action='/yes'><Say>Press 1 to accept</Say></Gather><Hangup/>")
    service.page("yes", "<Say>Connecting</Say>")
    script = f"""
        # an agent takes the call and hangs up
        phone {AGENT} answer
        phone {AGENT} hear press 1
        phone {AGENT} key 1
        expect bridged
        say I need help
        phone {AGENT} hear I need help
        phone {AGENT} hang up
        hear goodbye
        expect ended document-ended
    """
    result = run(running, script=script, tmp=tmp_path)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("line", ["jump", "hear", "phone +1", "key"])
def test_a_script_that_cannot_be_read_names_its_line(line: str) -> None:
    with pytest.raises(ScriptError, match="line 2"):
        parse(f"# comment\n{line}")


def test_no_simulator_is_one_sentence() -> None:
    result = CliRunner().invoke(call, [LINE, "--simulator", "http://127.0.0.1:9", "--keys", "1"])
    assert result.exit_code == 1
    assert "no simulator answers" in result.output
