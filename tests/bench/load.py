"""A load generator that costs little: one thread, raw sockets kept alive, requests signed beforehand."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

CONNECTIONS = 8
LONGEST = 30.0  # seconds without any answer, after which a server is taken as stuck
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(slots=True)
class Sample:
    """What one slice of load saw. `latencies` in seconds; `wrong` counts answers without the expected words."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong: int = 0
    broken: int = 0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


@dataclass(slots=True)
class _Line:
    """One connection with at most one request under way."""

    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""

    def send(self, raw: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(raw)

    def take(self) -> bytes | None:
        """The whole answer once it is here, b"" when the other side closed."""
        piece = self.socket.recv(65536)
        if not piece:
            return b""
        self.received += piece
        return self.received if _is_whole(self.received) else None


def drive(
    port: int, requests: Sequence[bytes], *, seconds: float, most: int, expected: bytes, connections: int = CONNECTIONS
) -> Sample:
    """Send `requests` in turn, `most` at most and for `seconds` at most, and wait for every answer."""
    sample, todo = Sample(), islice(cycle(requests), most)
    lines: dict[int, _Line] = {}
    poll = select.epoll()
    start = time.perf_counter()
    try:
        for raw in islice(todo, connections):
            _open(port, lines, poll, raw)
        while lines:
            ready = poll.poll(LONGEST)
            if not ready:
                sample.broken += len(lines)
                break
            for handle, _ in ready:
                if not _answered(lines[handle], sample, expected):
                    continue
                again = next(todo, None) if time.perf_counter() - start < seconds else None
                if again is None or not lines[handle].received:
                    _close(lines.pop(handle), poll)
                else:
                    lines[handle].send(again)
    finally:
        sample.seconds = time.perf_counter() - start
        for line in lines.values():
            line.socket.close()
        poll.close()
    return sample


def _open(port: int, lines: dict[int, _Line], poll: select.epoll, raw: bytes) -> None:
    line = _Line(socket.create_connection(("127.0.0.1", port), timeout=LONGEST))
    line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines[line.socket.fileno()] = line
    poll.register(line.socket, select.EPOLLIN)
    line.send(raw)


def _close(line: _Line, poll: select.epoll) -> None:
    poll.unregister(line.socket)
    line.socket.close()


def _answered(line: _Line, sample: Sample, expected: bytes) -> bool:
    try:
        answer = line.take()
    except OSError:
        answer = b""
    if answer is None:
        return False
    if answer == b"":
        sample.broken += 1
        line.received = b""
        return True
    sample.latencies.append(time.perf_counter() - line.sent_at)
    sample.wrong += not (answer.startswith(b"HTTP/1.1 200") and expected in answer)
    return True


def _is_whole(received: bytes) -> bool:
    end = received.find(_END)
    if end < 0:
        return False
    head = received[:end].lower()
    at = head.find(_LENGTH)
    if at < 0:
        return True
    length = int(head[at + len(_LENGTH) :].partition(b"\r")[0])
    return len(received) >= end + len(_END) + length
