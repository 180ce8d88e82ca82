"""Conferences.json and participants: look, dial in, mute, hold, coach, remove, end."""

from flask import request

from simulator.conferences import change, find, find_or_make, finish, remove
from simulator.conferencing import EVENTS, take_part
from simulator.errors import RestError
from simulator.line import Body, Line
from simulator.model import Call, Callback, Conference, Direction, Participant, Step
from simulator.outbound import callback_of, new_call, place
from simulator.rest import Json, Rest, date, flag, missing, page, text, texts, whole
from simulator.rest_calls import DEFAULT_RING, checked_url, parties
from simulator.verbs import HANDLERS


def add_conference_routes(rest: Rest) -> None:
    network = rest.network

    @rest.route("/Conferences.json", "GET", target="conferences")
    def list_conferences() -> Json:
        name, status = request.args.get("FriendlyName"), request.args.get("Status")
        with network.changed:
            rows = [
                conference_json(rest, one)
                for one in reversed(network.conferences)
                if name in {None, one.name} and status in {None, one.status}
            ]
        return page("conferences", rows, rest.uri("Conferences.json"))

    @rest.route("/Conferences/<sid>.json", "GET", target="conferences")
    def fetch_conference(sid: str) -> Json:
        return conference_json(rest, _conference(rest, sid))

    @rest.route("/Conferences/<sid>.json", "POST", target="conferences")
    def update_conference(sid: str) -> Json:
        conference = _conference(rest, sid)
        if text("Status") == "completed":
            finish(network, conference, "conference-ended-via-api")
        return conference_json(rest, conference)

    @rest.route("/Conferences/<sid>/Participants.json", "GET", target="conferences")
    def list_participants(sid: str) -> Json:
        with network.changed:
            conference = _conference(rest, sid)
            rows = [participant_json(rest, one) for one in conference.participants.values()]
        return page("participants", rows, rest.uri(f"Conferences/{sid}/Participants.json"))

    @rest.route("/Conferences/<sid>/Participants.json", "POST", target="conferences")
    def dial_in(sid: str) -> tuple[Json, int]:
        call, participant = _dial_in(rest, sid)
        body = participant_json(rest, participant) | {"status": "queued", "queue_time": "0"}
        timeout = whole("Timeout", DEFAULT_RING, 1, 600)
        place(network, call, _take_part(participant), HANDLERS, timeout, detect=text("MachineDetection"))
        return body, 201

    @rest.route("/Conferences/<sid>/Participants/<call_sid>.json", "GET", target="conferences")
    def fetch_participant(sid: str, call_sid: str) -> Json:
        return participant_json(rest, _participant(rest, sid, call_sid))

    @rest.route("/Conferences/<sid>/Participants/<call_sid>.json", "POST", target="conferences")
    def update_participant(sid: str, call_sid: str) -> Json:
        participant = _participant(rest, sid, call_sid)
        _update(rest, participant)
        return participant_json(rest, participant)

    @rest.route("/Conferences/<sid>/Participants/<call_sid>.json", "DELETE", target="conferences")
    def remove_participant(sid: str, call_sid: str) -> tuple[str, int]:
        remove(network, _participant(rest, sid, call_sid))
        return "", 204


def _update(rest: Rest, participant: Participant) -> None:
    coached = _coached(participant.conference)
    ends = flag("EndConferenceOnExit")
    hold_url = checked_url(text("HoldUrl"))
    with rest.network.changed:
        if ends is not None:
            participant.ends = ends
        if hold_url:
            participant.hold_music = Step(hold_url, text("HoldMethod", "POST"))
        change(rest.network, participant, muted=flag("Muted"), hold=flag("Hold"), coached=coached)


def _coached(conference: Conference) -> str | None:
    coaching, sid = flag("Coaching"), text("CallSidToCoach")
    if coaching is False:
        return ""
    if coaching is None and not sid:
        return None
    if sid not in conference.participants:
        raise RestError(400, 20001, "CallSidToCoach must be the call of a participant of this conference")
    return sid


def _dial_in(rest: Rest, name: str) -> tuple[Call, Participant]:
    network = rest.network
    to, from_ = parties()
    conference = _by_sid_or_name(rest, name)
    callback = callback_of(checked_url(text("StatusCallback")), texts("StatusCallbackEvent"))
    call = new_call(network, to, from_, Direction.API, callback=callback)
    wait = checked_url(text("WaitUrl"))
    starts, ends, muted = flag("StartConferenceOnEnter"), flag("EndConferenceOnExit"), flag("Muted")
    participant = Participant(
        call=call,
        conference=conference,
        starts=True if starts is None else starts,
        ends=bool(ends),
        muted=bool(muted),
        coached=_coached(conference) or None,
        label=text("Label"),
        beep=text("Beep", "true"),
        wait=Step(wait, text("WaitMethod", "POST")) if wait else None,
    )
    return call, participant


def _by_sid_or_name(rest: Rest, name: str) -> Conference:
    url = checked_url(text("ConferenceStatusCallback"))
    named = frozenset(word for value in texts("ConferenceStatusCallbackEvent") for word in value.split()) & EVENTS
    callback = Callback(url, named or frozenset({"start", "end"})) if url else None
    if name.startswith("CF"):
        conference = _conference(rest, name)
        conference.callback = conference.callback or callback
        return conference
    return find_or_make(rest.network, name, callback)


def _take_part(participant: Participant) -> Body:
    def body(line: Line) -> None:
        take_part(line, participant)

    return body


def _conference(rest: Rest, sid: str) -> Conference:
    conference = find(rest.network, sid)
    if conference is None:
        raise missing()
    return conference


def _participant(rest: Rest, sid: str, call_sid: str) -> Participant:
    """By call sid or label."""
    with rest.network.changed:
        for participant in _conference(rest, sid).participants.values():
            if call_sid in {participant.call.sid, participant.label}:
                return participant
    raise missing()


def conference_json(rest: Rest, conference: Conference) -> Json:
    uri = rest.uri(f"Conferences/{conference.sid}")
    return {
        "sid": conference.sid,
        "account_sid": rest.network.settings.account_sid,
        "friendly_name": conference.name,
        "status": conference.status,
        "region": "us1",
        "api_version": "2010-04-01",
        "reason_conference_ended": conference.reason or None,
        "call_sid_ending_conference": conference.ended_by or None,
        "date_created": date(conference.created),
        "date_updated": date(conference.updated),
        "uri": f"{uri}.json",
        "subresource_uris": {"participants": f"{uri}/Participants.json"},
    }


def participant_json(rest: Rest, participant: Participant) -> Json:
    conference, call = participant.conference, participant.call
    return {
        "call_sid": call.sid,
        "account_sid": rest.network.settings.account_sid,
        "conference_sid": conference.sid,
        "label": participant.label or None,
        "muted": participant.muted,
        "hold": participant.hold,
        "coaching": participant.coached is not None,
        "call_sid_to_coach": participant.coached,
        "start_conference_on_enter": participant.starts,
        "end_conference_on_exit": participant.ends,
        "status": "connected" if call.participant is participant else "ringing",
        "date_created": date(participant.created),
        "date_updated": date(participant.created),
        "uri": rest.uri(f"Conferences/{conference.sid}/Participants/{call.sid}.json"),
    }
