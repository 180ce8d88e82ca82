"""Queues as the network holds them. Each function takes the lock itself and leaves nothing half done."""

from simulator.model import Call, Handover, Member, Queue, new_sid
from simulator.network import Network

DEFAULT_LIMIT = 1000
HIGHEST_LIMIT = 5000


def queue_named(network: Network, name: str) -> Queue | None:
    with network.changed:
        return next((queue for queue in network.queues.values() if queue.name == name), None)


def ensure(network: Network, name: str, limit: int = DEFAULT_LIMIT) -> Queue:
    with network.changed:
        queue = queue_named(network, name)
        if queue is None:
            queue = Queue(new_sid("QU"), name, limit)
            network.queues[queue.sid] = queue
        return queue


def join(network: Network, call: Call, name: str, limit: int) -> tuple[Queue, Member | None]:
    """No member when the queue is full. `limit` 0 leaves the queue's own."""
    with network.changed:
        queue = ensure(network, name)
        queue.limit = limit or queue.limit
        if len(queue.members) >= queue.limit:
            return queue, None
        member = Member(call)
        queue.members.append(member)
        network.emit(call, "queued", queue=name, position=len(queue.members))
        return queue, member


def leave(network: Network, queue: Queue, member: Member) -> None:
    with network.changed:
        if member in queue.members:
            queue.members.remove(member)
            network.changed.notify_all()


def take(network: Network, queue: Queue, call_sid: str, handover: Handover) -> Member:
    """Takes one member out of the queue for a leg that dialled it. Raises KeyError when it is not there."""
    with network.changed:
        member = find(queue, call_sid)
        queue.members.remove(member)
        queue.waits.append(member.seconds)
        member.handover = handover
        network.changed.notify_all()
        return member


def find(queue: Queue, call_sid: str) -> Member:
    """`Front` is the head of the queue. Raises KeyError."""
    for member in queue.members:
        if call_sid in {member.call.sid, "Front"}:
            return member
    raise KeyError(call_sid)
