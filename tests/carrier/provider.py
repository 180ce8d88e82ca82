"""A provider on loopback with programmable faults: it records what it was asked and answers as it was told."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass
class Asked:
    method: str
    path: str
    form: dict[str, list[str]]
    authorization: str


@dataclass
class Provider:
    """`answer` gives status and body for each request, or takes the handler and does something worse."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler], tuple[int, bytes] | None] = lambda _: (201, b"{}")
    released: threading.Event = field(default_factory=threading.Event)

    def says(self, status: int, body: dict[str, Any] | bytes) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answer = lambda _: (status, raw)

    def hangs(self) -> None:
        def wait(_: BaseHTTPRequestHandler) -> None:
            self.released.wait(10)

        self.answer = wait

    def hangs_up(self) -> None:
        def close(handler: BaseHTTPRequestHandler) -> None:
            handler.connection.shutdown(socket.SHUT_RDWR)

        self.answer = close

    def drips(self) -> None:
        def drip(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n")
            while not self.released.wait(0.02):
                try:
                    handler.wfile.write(b" ")
                except OSError:
                    return

        self.answer = drip


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
            provider.asked.append(Asked(self.command, self.path, form, self.headers.get("Authorization", "")))
            answer = provider.answer(self)
            if answer is not None:
                self.send_response(answer[0])
                self.send_header("Content-Length", str(len(answer[1])))
                self.end_headers()
                self.wfile.write(answer[1])
            else:
                self.close_connection = True

        do_GET = do_DELETE = do_POST  # noqa: N815  names of the standard library

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
