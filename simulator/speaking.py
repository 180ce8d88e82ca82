"""Say, Play and Pause. What is said reaches the phone at once; the time it takes depends on the room."""

from collections.abc import Callable

from simulator.line import Line, never
from simulator.twiml import Document, Verb

SPEECH_SECONDS_PER_CHARACTER = 0.02  # a short time: people read faster than a voice speaks
LONGEST_SPEECH = 3.0
AUDIO_SECONDS = 5.0  # recordings are not fetched, so every one is taken to last this long


def say(line: Line, verb: Verb, ready: Callable[[], bool] = never) -> None:
    line.network.emit(
        line.call, "said", text=verb.text, voice=verb.get("voice"), language=verb.get("language", "en-US")
    )
    once = min(LONGEST_SPEECH, len(verb.text) * SPEECH_SECONDS_PER_CHARACTER)
    patient = line.network.settings.patient
    loop = verb.whole("loop", 1)
    if loop == 0:
        line.spend(None, ready)
    elif patient:
        line.spend(once * loop, ready)
    else:
        line.check()


def play(line: Line, verb: Verb, document: Document, ready: Callable[[], bool] = never) -> None:
    digits, loop = verb.get("digits"), verb.whole("loop", 1)
    url = "" if digits else line.address(verb.text, document)
    line.network.emit(line.call, "playing", url=url, digits=digits, loop=loop)
    line.spend(None if loop == 0 else AUDIO_SECONDS * loop, ready)


def pause(line: Line, verb: Verb, ready: Callable[[], bool] = never) -> None:
    length = verb.whole("length", 1)
    line.network.emit(line.call, "paused", seconds=length)
    line.spend(length, ready)


def prompt(line: Line, verb: Verb, document: Document, ready: Callable[[], bool]) -> None:
    """One verb inside a Gather; `ready` cuts it short."""
    if verb.name == "Say":
        say(line, verb, ready)
    elif verb.name == "Play":
        play(line, verb, document, ready)
    else:
        pause(line, verb, ready)
