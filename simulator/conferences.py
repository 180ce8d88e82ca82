"""Conferences as the network holds them, and who hears whom in them.

A conference starts when two are in it and one of them may start it (Twilio, conference-start). It ends when the last
one leaves or one with endConferenceOnExit does.
"""

from simulator.callbacks import stamp
from simulator.fields import API_VERSION
from simulator.model import Call, Callback, Conference, Participant, new_sid, now
from simulator.network import Network


def find(network: Network, name_or_sid: str) -> Conference | None:
    """By sid (ended ones too) or by the name of one that still lives."""
    with network.changed:
        for conference in reversed(network.conferences):
            if conference.sid == name_or_sid or (conference.name == name_or_sid and not conference.ended):
                return conference
    return None


def find_or_make(network: Network, name: str, callback: Callback | None) -> Conference:
    """The first participant that brings a callback sets it for all."""
    with network.changed:
        conference = find(network, name)
        if conference is None or conference.ended:
            conference = Conference(new_sid("CF"), name)
            network.conferences.append(conference)
        conference.callback = conference.callback or callback
        return conference


def join(network: Network, participant: Participant) -> None:
    with network.changed:
        call = participant.call
        # A conference may have ended between its look-up and this moment: a new one of that name begins.
        if participant.conference.ended:
            old = participant.conference
            participant.conference = find_or_make(network, old.name, old.callback)
        conference = participant.conference
        call.inputs.clear()
        call.participant = participant
        conference.participants[call.sid] = participant
        network.emit(
            call,
            "joined",
            conference=conference.name,
            conference_sid=conference.sid,
            muted=participant.muted,
            coaching=participant.coached,
        )
        _beep(network, participant, "onEnter")
        notify(network, conference, "join", participant)
        _start(network, conference)
        network.changed.notify_all()


def leave(network: Network, participant: Participant) -> None:
    """Idempotent. Ends the conference where the participant's going does."""
    with network.changed:
        conference, call = participant.conference, participant.call
        participant.inside = False
        if call.participant is participant:
            call.participant = None
        if conference.participants.pop(call.sid, None) is None:
            return
        network.emit(call, "left", conference=conference.name, why=participant.left_because)
        _beep(network, participant, "onExit")
        notify(network, conference, "leave", participant)
        if participant.ends:
            finish(network, conference, "participant-with-end-conference-on-exit-left", call.sid)
        elif not conference.participants:
            finish(network, conference, "last-participant-left", call.sid)
        network.changed.notify_all()


def finish(network: Network, conference: Conference, reason: str, ended_by: str = "") -> None:
    with network.changed:
        if conference.ended:
            return
        conference.ended, conference.reason, conference.ended_by = True, reason, ended_by
        for participant in conference.participants.values():
            participant.inside = False
            participant.left_because = "conference_ended"
        notify(network, conference, "end")
        network.changed.notify_all()


def remove(network: Network, participant: Participant) -> None:
    with network.changed:
        participant.inside = False
        participant.left_because = "participant_removed_via_api"
        network.changed.notify_all()


def change(
    network: Network,
    participant: Participant,
    *,
    muted: bool | None = None,
    hold: bool | None = None,
    coached: str | None = None,
) -> None:
    """`coached` "" ends the coaching, None leaves it."""
    with network.changed:
        conference = participant.conference
        if muted is not None and muted != participant.muted:
            participant.muted = muted
            network.emit(participant.call, "muted" if muted else "unmuted")
            notify(network, conference, "mute", participant, "participant-mute" if muted else "participant-unmute")
        if hold is not None and hold != participant.hold:
            participant.hold = hold
            network.emit(participant.call, "on-hold" if hold else "off-hold")
            notify(network, conference, "hold", participant, "participant-hold" if hold else "participant-unhold")
        if coached is not None and (coached or None) != participant.coached:
            participant.coached = coached or None
            notify(network, conference, "modify", participant, "participant-modify")
        network.changed.notify_all()


def listeners(speaker: Participant) -> list[Call]:
    """Who hears what a participant says. A coach is heard by the coached one alone."""
    conference = speaker.conference
    if speaker.muted or speaker.hold or not conference.started or not speaker.inside:
        return []
    others = [one for one in conference.participants.values() if one is not speaker and one.inside and not one.hold]
    if speaker.coached is not None:
        others = [one for one in others if one.call.sid == speaker.coached]
    return [one.call for one in others]


def notify(
    network: Network, conference: Conference, event: str, who: Participant | None = None, full: str = ""
) -> None:
    conference.updated = now()
    callback = conference.callback
    if callback is None or event not in callback.events:
        return
    name = full or (f"conference-{event}" if event in {"start", "end"} else f"participant-{event}")
    form = {
        "AccountSid": network.settings.account_sid,
        "ApiVersion": API_VERSION,
        "ConferenceSid": conference.sid,
        "FriendlyName": conference.name,
        "StatusCallbackEvent": name,
        "Timestamp": stamp(),
    }
    if event == "end":
        form |= {"ReasonConferenceEnded": conference.reason, "CallSidEndingConference": conference.ended_by}
    network.callbacks.conference_event(conference.sid, callback, form | _about(who, event))


def _about(who: Participant | None, event: str) -> dict[str, str]:
    if who is None:
        return {}
    fields = {
        "CallSid": who.call.sid,
        "Muted": _word(who.muted),
        "Hold": _word(who.hold),
        "Coaching": _word(who.coached is not None),
        "StartConferenceOnEnter": _word(who.starts),
        "EndConferenceOnExit": _word(who.ends),
    }
    if who.coached:
        fields["CallSidToCoach"] = who.coached
    if who.label:
        fields["ParticipantLabel"] = who.label
    if event == "leave":
        fields |= {"ReasonParticipantLeft": who.left_because, "ParticipantCallStatus": str(who.call.status)}
    return fields


def _word(value: bool) -> str:
    return "true" if value else "false"


def _start(network: Network, conference: Conference) -> None:
    inside = list(conference.participants.values())
    if conference.started or len(inside) < 2 or not any(one.starts for one in inside):
        return
    conference.started = True
    for one in inside:
        network.emit(one.call, "conference-started", conference=conference.name)
    notify(network, conference, "start", inside[-1])


def _beep(network: Network, participant: Participant, when: str) -> None:
    if participant.beep not in {"true", when}:
        return
    for other in participant.conference.participants.values():
        if other is not participant:
            network.emit(other.call, "beep", when=when)
