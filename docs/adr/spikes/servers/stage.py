"""The application that the servers are compared on: the service, a bare route, an event stream and a call to itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

import requests
from flask import Flask, Response, request

from tests.bench import factory

LONGEST = 60.0


def create_app() -> Flask:
    web = factory.create_app()

    @web.get("/bench/stream")
    def stream() -> Response:
        return Response(_events(), content_type="text/event-stream")

    @web.get("/bench/self")
    def call_itself() -> Response:
        answer = requests.get(f"http://127.0.0.1:{request.environ['SERVER_PORT']}/healthz", timeout=5)
        return Response(status=answer.status_code)

    return web


def _events() -> Iterator[bytes]:
    start = time.monotonic()
    while time.monotonic() - start < LONGEST:
        yield f"data: {time.time()}\n\n".encode()
        time.sleep(0.5)
