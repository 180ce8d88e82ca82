"""A telephone in a terminal: prints what happens, takes keys as they are typed (or line by line without a terminal)."""

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from rich.console import Console
from rich.text import Text

from simulator.client import Event, Phone, Refused

KEYS = frozenset("0123456789*#")
STYLES = {
    "said": "bold",
    "heard": "bold cyan",
    "text": "bold green",
    "ringing": "bold yellow",
    "error": "bold red",
    "warning": "red",
    "ended": "dim",
}
HELP = "keys: 0-9 * # press · Enter answer · h hang up · space silence · s say · q quit"
_LOOK = 0.25  # seconds between two looks whether the call has ended meanwhile


class Screen:
    """Colours only on a terminal and without NO_COLOR (rich sees to both); never wraps."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)

    def show(self, event: Event) -> None:
        line = describe(event)
        if line:
            self._console.print(Text(line, style=STYLES.get(event["kind"], "dim")))

    def note(self, words: str) -> None:
        self._console.print(Text(words, style="dim italic"))


def describe(event: Event) -> str:
    """One line for people. An event that tells them nothing gives an empty one."""
    writer = {
        "calling": "☎  calling {to}",
        "ringing": "🔔 {from_} is ringing",
        "answered": "   answered",
        "said": "»  {text}",
        "heard": "🗣  {who}: {text}",
        "text": "✉  {from_}: {body}",
        "queued": "   waiting in {queue}, position {position}",
        "dequeued": "   leaving {queue}",
        "dialing": "   ringing {to}",
        "bridged": "   talking to {other}",
        "unbridged": "   the other side has gone",
        "joined": "   in the conference {conference}",
        "conference-started": "   the conference begins",
        "left": "   out of the conference",
        "error": "!  error {code}: {message}",
        "warning": "!  {message}",
        "ended": "■  call ended: {status} ({reason})",
        "on-hold": "   on hold",
        "off-hold": "   off hold",
        "muted": "   muted",
        "unmuted": "   no longer muted",
    }.get(event["kind"])
    if event["kind"] == "gather":
        return _question(event)
    return writer.format(**event) if writer else ""


def _question(event: Event) -> str:
    count = {None: "keys", 0: "keys", 1: "1 key"}.get(event["digits"], f"{event['digits']} keys")
    finish = f", end with {event['finish']}" if event["finish"] else ""
    return f"?  {count}{finish} ({event['timeout']:g} s)" if "dtmf" in event["input"] else "?  speak"


class Terminal:
    """Runs until the call ends (`one_call`) or the person quits."""

    def __init__(self, phone: Phone, screen: Screen, *, one_call: bool) -> None:
        self._phone = phone
        self._screen = screen
        self._one_call = one_call
        self._done = threading.Event()
        self.end: Event | None = None

    def run(self) -> None:
        listener = threading.Thread(target=self._listen, daemon=True)
        listener.start()
        try:
            self._read()
        finally:
            self._done.set()

    def do(self, words: str) -> None:
        """One command: keys, nothing (answer), h, silence, say WORDS, q."""
        phone = self._phone
        try:
            if words in {"q", "quit"}:
                self._done.set()
            elif words in {"h", "hang up"}:
                phone.hang_up()
            elif words == "silence":
                phone.silence()
            elif words.startswith("say "):
                phone.say(words[4:])
            elif not words:
                phone.network.post(f"phones/{phone.number}/answer")
            elif set(words) <= KEYS:
                phone.key(words)
            else:
                self._screen.note(HELP)
        except Refused as refusal:
            self._screen.note(str(refusal))

    def _listen(self) -> None:
        while not self._done.is_set():
            try:
                events = self._phone.poll(5.0)
            except requests.RequestException:
                self._screen.note("the simulator has gone")
                self._done.set()
                return
            for event in events:
                self._follow(event)

    def _follow(self, event: Event) -> None:
        self._screen.show(event)
        if event["kind"] == "ringing":
            self._phone.call_sid = event["call"]
            self._screen.note(HELP)
        elif event["kind"] == "ended" and event["call"] == self._phone.call_sid:
            if self._one_call:
                self.end = event
                self._done.set()
            else:
                self._phone.call_sid = None

    def _read(self) -> None:
        if sys.stdin.isatty():
            with _cbreak(sys.stdin.fileno()):
                self._read_keys()
        else:
            self._read_lines()

    def _read_keys(self) -> None:
        for key in self._characters():
            if key == "s":
                self._screen.note("say (Enter ends):")
                self.do("say " + self._line())
            else:
                self.do({"\n": "", "\r": "", " ": "silence"}.get(key, key))

    def _read_lines(self) -> None:
        waiting = ""
        for character in self._characters():
            if character == "\n":
                self.do(waiting.strip())
                waiting = ""
            else:
                waiting += character
        if self._one_call:
            self._done.wait()

    def _line(self) -> str:
        line = ""
        for character in self._characters():
            if character in "\r\n":
                break
            line += character
        return line

    def _characters(self) -> Iterator[str]:
        """Until the end of the input or of the call."""
        source = sys.stdin.fileno()
        while not self._done.is_set():
            ready, _, _ = select.select([source], [], [], _LOOK)
            if ready:
                data = os.read(source, 1)
                if not data:
                    return
                yield data.decode("ascii", "replace")


@contextmanager
def _cbreak(source: int) -> Iterator[None]:
    before = termios.tcgetattr(source)
    tty.setcbreak(source)
    try:
        yield
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)
