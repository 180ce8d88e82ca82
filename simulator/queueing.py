"""Enqueue, the wait in it, and Dial Queue: how a caller who waits and a leg that dials the queue find each other.

QueueResult values and the moment of the `action` request follow Twilio's Enqueue page: at once after Leave, hang-up or
a redirect; after the conversation when bridged.
"""

from dataclasses import replace

from simulator.errors import ApplicationError, Ended, HungUp, LeftQueue, Redirected
from simulator.line import ANNOUNCEMENT, QUEUE, Line
from simulator.model import Handover, Member, Queue, Step
from simulator.queues import join, leave, queue_named, take
from simulator.talking import dial_report, talk
from simulator.twiml import Document, Verb

LONGEST_NAME = 64


def enqueue(line: Line, verb: Verb, document: Document) -> Step | None:
    if not 0 < len(verb.text) <= LONGEST_NAME:
        raise ApplicationError(12200, f"a queue's name has 1 to {LONGEST_NAME} characters", document.base)
    action = line.step(verb, document)
    music = line.step(verb, document, "waitUrl", "waitUrlMethod")
    queue, member = join(line.network, line.call, verb.text, verb.whole("maxQueueSize", 0))
    if member is None:
        return replace(action, extra={"QueueResult": "queue-full"}) if action else None
    try:
        result = _stay(line, queue, member, music)
    except Redirected:
        talked = member.handover is not None and member.handover.bridge is not None
        line.report(action, _result(queue, member, "redirected-from-bridged" if talked else "redirected"))
        raise
    except (Ended, HungUp):
        line.report(action, _result(queue, member, _ending(member)))
        raise
    finally:
        _let_go(line, queue, member)
    return replace(action, extra=_result(queue, member, result)) if action else None


def _let_go(line: Line, queue: Queue, member: Member) -> None:
    """Whatever took the caller away, a leg that was promised this caller must not wait for ever."""
    network = line.network
    with network.changed:
        leave(network, queue, member)
        if member.handover is not None:
            member.handover.over = True
            network.changed.notify_all()


def _stay(line: Line, queue: Queue, member: Member, music: Step | None) -> str:
    try:
        line.linger(lambda: member.handover is not None, music, QUEUE, lambda: _place(queue, member))
    except LeftQueue:
        return "leave"
    return _meet(line, queue, member)


def _meet(line: Line, queue: Queue, member: Member) -> str:
    """The queued side: hears the announcement, then talks."""
    handover = member.handover
    if handover is None:
        raise AssertionError("woken without a reason")
    network = line.network
    network.emit(line.call, "dequeued", queue=queue.name)
    if handover.announcement is not None:
        _announce(line, queue, member, handover)
    with network.changed:
        if not handover.over:
            handover.bridge = network.open_bridge(handover.agent, line.call)
    if handover.bridge is None:
        return "bridging-in-process"
    talk(line, handover.bridge)
    return "bridged"


def _announce(line: Line, queue: Queue, member: Member, handover: Handover) -> None:
    extra = _result(queue, member, "") | {"DequeingCallSid": handover.agent.sid}  # Twilio spells it so
    extra.pop("QueueResult")
    line.linger(lambda: handover.over, handover.announcement, ANNOUNCEMENT, lambda: extra, once=True)


def _ending(member: Member) -> str:
    if member.handover is None:
        return "hangup"
    return "bridged" if member.handover.bridge is not None else "bridging-in-process"


def _place(queue: Queue, member: Member) -> dict[str, str]:
    return {
        "QueueSid": queue.sid,
        "QueuePosition": str(queue.position(member)),
        "QueueTime": str(member.seconds),
        "AvgQueueTime": str(queue.average),
        "CurrentQueueSize": str(len(queue.members)),
        "MaxQueueSize": str(queue.limit),
    }


def _result(queue: Queue, member: Member, result: str) -> dict[str, str]:
    return {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": str(member.seconds)}


def dial_queue(line: Line, verb: Verb, document: Document) -> Step | None:
    noun, network = verb.children[0], line.network
    action = line.step(verb, document)
    queue = queue_named(network, noun.text)
    if queue is None:
        return dial_report(action, "failed")
    limit = network.settings.seconds(verb.whole("timeout", 30))
    try:
        with network.changed:
            if not line.wait(lambda: bool(queue.members), limit):
                return dial_report(action, "no-answer")
            handover = Handover(line.call, line.step(noun, document, "url"))
            member = take(network, queue, queue.members[0].call.sid, handover)
        talked = _hear_out(line, handover, verb.flag("hangupOnStar", default=False))
    except Ended:
        line.report(action, {"DialCallStatus": "completed"})
        raise
    return dial_report(action, "completed" if talked else "canceled", member.call, talked=talked)


def _hear_out(line: Line, handover: Handover, star: bool) -> bool:
    """The dialling side: waits for the announcement, then talks. False when the caller went before."""
    network = line.network
    try:
        line.wait(lambda: handover.bridge is not None or handover.over)
        if handover.bridge is None:
            return False
        talk(line, handover.bridge, star=star)
    finally:
        with network.changed:
            handover.over = True
            network.changed.notify_all()
    return True
