"""Telephones in a real terminal, and the carrier as a process."""

import os
import pty
import signal
import subprocess
import sys
import time

from simulator.client import Network
from simulator.server import Running
from tests.simulator.conftest import Service

LINE = "+18005550199"
CALLER = "+14255550100"
AGENT = "+14255550177"


def run(command: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", f"from simulator.commands import {command}; {command}()", *arguments]


def test_keys_are_taken_as_they_are_typed(running: Running, service: Service) -> None:
    service.page("voice", '<Gather numDigits="1" action="/next"><Say>Press 1</Say></Gather>')
    service.page("next", "<Say>Thank you</Say><Gather timeout='60'/>")
    ours, theirs = pty.openpty()
    command = run("call", LINE, "--simulator", running.url, "--from", CALLER)
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        assert "Press 1" in read_until(ours, "Press 1")
        os.write(ours, b"1")
        read_until(ours, "Thank you")
        os.write(ours, b"h")
        assert "call ended" in read_until(ours, "call ended")
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_until(source: int, words: str) -> str:
    seen = ""
    deadline = time.monotonic() + 10
    while words not in seen and time.monotonic() < deadline:
        try:
            seen += os.read(source, 4096).decode(errors="replace")
        except OSError:  # the other side has closed
            break
    return seen


def test_without_a_terminal_commands_come_line_by_line(running: Running, service: Service) -> None:
    service.page("voice", f"<Dial timeout='60'>{AGENT}</Dial>")
    caller = Network(running.url).phone(CALLER)
    command = run("phone", AGENT, "--simulator", running.url)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert "is ready" in process.stdout.readline()
        caller.call(LINE)
        assert "is ringing" in process.stdout.readline()
        process.stdin.write("\n")
        process.stdin.flush()
        caller.wait_for("bridged")
        process.stdin.write("say How can I help?\nh\nq\n")
        process.stdin.flush()
        caller.hear("how can i help")
        rest = process.communicate(timeout=5)[0]
    assert process.returncode == 0
    assert "\x1b" not in rest


def test_the_carrier_runs_as_a_process_and_stops_when_told() -> None:
    command = [sys.executable, "-m", "simulator", "--port", "0", "--voice-url", "http://127.0.0.1:9/voice"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        phone = Network(url).phone(CALLER)
        phone.call(LINE)
        assert phone.ended()["reason"] == "application-error"
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
