"""The closed vocabulary of the log: who did what to which kind of thing, `actor:subject:action`.

A name that was ever written stays; a retired one is kept below with the version that retired it, because old entries
carry it for as long as they are kept.
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How the act ended. `REFUSED` is a rule's no, `FAILURE` is an error or a wrong answer."""

    SUCCESS = "success"
    FAILURE = "failure"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Action(StrEnum):
    """Every act that leaves an entry."""

    # a call, as the carrier tells it
    CALL_RECEIVED = "carrier:call:received"
    CALL_STATUS = "carrier:call:status"
    CALL_ENDED = "carrier:call:ended"
    CALL_REJECTED = "service:call:rejected"
    CALL_FAILED = "service:call:failed"
    CALL_PLACED = "service:call:placed"
    CALL_TOLD = "carrier:call:told"
    WEBHOOK_REFUSED = "service:webhook:refused"

    # what the caller hears and keys (a PIN's digits never)
    LINE_RESOLVED = "service:line:resolved"
    GREETING_SPOKEN = "service:greeting:spoken"
    PLACE_SPOKEN = "service:place:spoken"
    INCIDENT_SPOKEN = "service:incident:spoken"
    PRIVACY_SPOKEN = "service:privacy:spoken"
    LANGUAGE_CHOSEN = "caller:language:chosen"
    DEPARTMENT_CHOSEN = "caller:department:chosen"
    MENU_KEYED = "caller:menu:keyed"
    KEY_WRONG = "caller:key:wrong"
    KEY_MISSING = "caller:key:missing"
    SEVERITY_CLAIMED = "caller:severity:claimed"
    ROLE_CLAIMED = "caller:role:claimed"
    PERSON_ASKED = "caller:person:asked"
    CALLER_HUNG_UP = "caller:call:hung-up"
    CONSENT_GIVEN = "caller:consent:given"
    CONSENT_REFUSED = "caller:consent:refused"

    # who is calling and how sure are we
    CALLER_MATCHED = "service:caller:matched"
    ACCOUNT_KEYED = "caller:account:keyed"
    ACCOUNT_FOUND = "service:account:looked-up"
    EVIDENCE_ADDED = "service:evidence:added"
    ASSURANCE_DECIDED = "service:assurance:decided"
    ELIGIBILITY_JUDGED = "service:eligibility:judged"
    CHANNEL_CHOSEN = "caller:channel:chosen"
    CHALLENGE_ISSUED = "service:challenge:issued"
    CHALLENGE_REFUSED = "service:challenge:refused"
    CHALLENGE_ATTEMPTED = "caller:challenge:attempted"
    CHALLENGE_ANSWERED = "caller:challenge:answered"
    CHALLENGE_DIED = "service:challenge:died"
    LIMIT_REACHED = "service:limit:reached"
    ACTION_ALLOWED = "service:action:allowed"
    ACTION_DENIED = "service:action:denied"

    # texts, mail and calls that go out
    DELIVERY_STARTED = "service:delivery:started"
    DELIVERY_SENT = "service:delivery:sent"
    DELIVERY_FAILED = "service:delivery:failed"
    DELIVERY_UNKNOWN = "service:delivery:unknown"
    DELIVERY_EXPIRED = "service:delivery:expired"
    DELIVERY_REPORTED = "carrier:delivery:reported"

    # the queue and the people who answer
    QUEUE_JOINED = "caller:queue:joined"
    QUEUE_LEFT = "caller:queue:left"
    CALLBACK_ASKED = "caller:callback:asked"
    CALLBACK_PLACED = "service:callback:placed"
    CALLBACK_ENDED = "service:callback:ended"
    RESERVATION_OFFERED = "service:reservation:offered"
    RESERVATION_ACCEPTED = "agent:reservation:accepted"
    RESERVATION_DECLINED = "agent:reservation:declined"
    RESERVATION_EXPIRED = "service:reservation:expired"
    RESERVATION_ENDED = "service:reservation:ended"
    AGENT_READY = "agent:presence:ready"
    AGENT_AWAY = "agent:presence:away"
    TALK_STARTED = "service:talk:started"
    TALK_ENDED = "service:talk:ended"
    TALK_TRANSFERRED = "agent:talk:transferred"
    CALLER_SENT_BACK = "agent:caller:sent-back"
    CHALLENGE_REQUESTED = "agent:challenge:requested"

    # what is known before the phone rings
    DIRECTORY_CHANGED = "administrator:directory:changed"
    DIRECTORY_IMPORTED = "administrator:directory:imported"
    ADDRESS_CONFIRMED = "administrator:address:confirmed"
    ADDRESS_REVEALED = "service:address:revealed"
    AGENT_CHANGED = "administrator:agent:changed"
    LINES_LOADED = "service:lines:loaded"
    SAMPLE_LOADED = "service:sample:loaded"

    # looking at the record
    LOG_VIEWED = "staff:log:viewed"
    LOG_EXPORTED = "compliance:log:exported"

    # the service itself
    ALARM_RAISED = "service:alarm:raised"
    ALARM_CLEARED = "service:alarm:cleared"
    SERVICE_STARTED = "service:process:started"
    SERVICE_STOPPED = "service:process:stopped"
    SETTINGS_CHANGED = "service:settings:changed"
    KEYS_ROTATED = "operator:keys:rotated"
    HEARTBEAT = "service:log:heartbeat"
