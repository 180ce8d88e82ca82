"""Dial Conference, and the same for a participant that REST dials in."""

from simulator.conferences import find_or_make, join, leave
from simulator.errors import ApplicationError, Ended
from simulator.line import MUSIC, Line
from simulator.model import Callback, Participant, Step
from simulator.talking import dial_fields
from simulator.twiml import Document, Verb

MOST_PARTICIPANTS = 250
EVENTS = frozenset({"start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"})


def dial_conference(line: Line, verb: Verb, document: Document) -> Step | None:
    noun = verb.children[0]
    if not noun.text:
        raise ApplicationError(12200, "a conference needs a name", document.base)
    action = line.step(verb, document)
    participant = _participant(line, noun, document)
    try:
        take_part(line, participant, star=verb.flag("hangupOnStar", default=False))
    except Ended:
        line.report(action, dial_fields("answered"))
        raise
    return Step(action.url, action.method, dial_fields("answered")) if action else None


def take_part(line: Line, participant: Participant, *, star: bool = False) -> None:
    """Returns once the participant was removed, the conference ended, or `*` was pressed."""
    call, network = line.call, line.network
    with network.changed:
        line.check()
        call.star_leaves, call.starred = star, False
        join(network, participant)
    try:
        while participant.inside and not call.starred:
            if participant.waiting:
                music = participant.hold_music if participant.hold else participant.wait
                line.linger(lambda: _called(participant), music, MUSIC)
            else:
                line.wait(lambda: participant.waiting or not participant.inside or call.starred)
    finally:
        call.star_leaves = False
        leave(network, participant)


def _called(participant: Participant) -> bool:
    return not participant.waiting or not participant.inside or participant.call.starred


def _participant(line: Line, noun: Verb, document: Document) -> Participant:
    url = noun.get("statusCallback")
    callback = None
    if url:
        named = frozenset(noun.get("statusCallbackEvent").split()) & EVENTS
        method = noun.get("statusCallbackMethod", "POST")
        callback = Callback(line.address(url, document), named or frozenset({"start", "end"}), method)
    limit = noun.whole("maxParticipants", MOST_PARTICIPANTS)
    conference = find_or_make(line.network, noun.text, callback)
    if len(conference.participants) >= limit:
        raise ApplicationError(13232, f"the conference holds {limit} participants already", document.base)
    return Participant(
        call=line.call,
        conference=conference,
        starts=noun.flag("startConferenceOnEnter", default=True),
        ends=noun.flag("endConferenceOnExit", default=False),
        muted=noun.flag("muted", default=False),
        coached=noun.get("coach") or None,
        label=noun.get("participantLabel"),
        beep=noun.get("beep", "true"),
        wait=line.step(noun, document, "waitUrl", "waitMethod"),
    )
