"""Queues.json and its members: look, make, take one out."""

from simulator.errors import RestError
from simulator.model import Member, Queue
from simulator.queues import DEFAULT_LIMIT, HIGHEST_LIMIT, ensure, find, queue_named
from simulator.rest import Json, Rest, date, missing, page, text, whole
from simulator.rest_calls import following, redirect


def add_queue_routes(rest: Rest) -> None:
    network = rest.network

    @rest.route("/Queues.json", "GET", target="queues")
    def list_queues() -> Json:
        with network.changed:
            rows = [queue_json(rest, queue) for queue in network.queues.values()]
        return page("queues", rows, rest.uri("Queues.json"))

    @rest.route("/Queues.json", "POST", target="queues")
    def create_queue() -> tuple[Json, int]:
        name = text("FriendlyName")
        if not 0 < len(name) <= 64:
            raise RestError(400, 22000, "FriendlyName has 1 to 64 characters")
        with network.changed:
            if queue_named(network, name) is not None:
                raise RestError(400, 22003, f"Queue with FriendlyName {name} already exists")
            queue = ensure(network, name, whole("MaxSize", DEFAULT_LIMIT, 1, HIGHEST_LIMIT))
            return queue_json(rest, queue), 201

    @rest.route("/Queues/<sid>.json", "GET", target="queues")
    def fetch_queue(sid: str) -> Json:
        return queue_json(rest, _queue(rest, sid))

    @rest.route("/Queues/<sid>/Members.json", "GET", target="queues")
    def list_members(sid: str) -> Json:
        with network.changed:
            queue = _queue(rest, sid)
            rows = [member_json(rest, queue, member) for member in queue.members]
        return page("queue_members", rows, rest.uri(f"Queues/{sid}/Members.json"))

    @rest.route("/Queues/<sid>/Members/<call_sid>.json", "GET", target="queues")
    def fetch_member(sid: str, call_sid: str) -> Json:
        with network.changed:
            queue, member = _member(rest, sid, call_sid)
            return member_json(rest, queue, member)

    @rest.route("/Queues/<sid>/Members/<call_sid>.json", "POST", target="queues")
    def dequeue(sid: str, call_sid: str) -> Json:
        step = following(required=True)
        with network.changed:
            queue, member = _member(rest, sid, call_sid)
            body = member_json(rest, queue, member)
            redirect(rest, member.call, step)
            queue.members.remove(member)
            return body


def _queue(rest: Rest, sid: str) -> Queue:
    queue = rest.network.queues.get(sid)
    if queue is None:
        raise missing()
    return queue


def _member(rest: Rest, sid: str, call_sid: str) -> tuple[Queue, Member]:
    queue = _queue(rest, sid)
    try:
        return queue, find(queue, call_sid)
    except KeyError as error:
        raise missing() from error


def queue_json(rest: Rest, queue: Queue) -> Json:
    uri = rest.uri(f"Queues/{queue.sid}")
    return {
        "sid": queue.sid,
        "account_sid": rest.network.settings.account_sid,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.limit,
        "average_wait_time": queue.average,
        "date_created": date(queue.created),
        "date_updated": date(queue.created),
        "uri": f"{uri}.json",
        "subresource_uris": {"members": f"{uri}/Members.json"},
    }


def member_json(rest: Rest, queue: Queue, member: Member) -> Json:
    return {
        "call_sid": member.call.sid,
        "queue_sid": queue.sid,
        "date_enqueued": date(member.since),
        "position": queue.position(member),
        "wait_time": member.seconds,
        "uri": rest.uri(f"Queues/{queue.sid}/Members/{member.call.sid}.json"),
    }
