"""Clocks: aware, in UTC, moved only on purpose."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from core.clock import ManualClock, RemoteClock, SystemClock


def test_the_clock_of_the_machine_tells_utc() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert not SystemClock.simulated


def test_a_manual_clock_stands_still_until_it_is_moved(clock: ManualClock) -> None:
    before = clock.now()
    assert clock.now() == before
    clock.advance(timedelta(minutes=5))
    assert clock.now() - before == timedelta(minutes=5)


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 11, 18))  # noqa: DTZ001


def test_another_zone_is_brought_to_utc(clock: ManualClock) -> None:
    clock.set(datetime(2026, 11, 18, 18, 0, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now() == datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


@pytest.fixture
def clock_server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/clock" else 404)
            self.end_headers()
            self.wfile.write(b"2026-11-18T18:00:00+08:00\n")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_remote_clock_tells_what_its_keeper_tells(clock_server: str) -> None:
    assert RemoteClock(f"{clock_server}/clock").now() == datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def test_a_remote_clock_that_does_not_answer_is_an_error_and_not_another_time(clock_server: str) -> None:
    with pytest.raises(requests.HTTPError):
        RemoteClock(f"{clock_server}/nothing").now()
