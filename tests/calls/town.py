"""A whole service with its own telephone network, in this process: web face, worker and simulator over real HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from app import Parts, create_app
from audit.log import Row, timeline
from core.clock import ManualClock
from core.jobs import Worker
from core.settings import load
from simulator import server as simulator
from simulator.client import Network, Phone
from simulator.settings import Settings as NetworkSettings

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "0123456789abcdef0123456789abcdef"
PUBLISHED = "+14255550190"
# Durations of the network (rings, waiting music) pass this many times faster.
SPEED = 20.0


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@dataclass
class Town:
    """The service, the network, and the one clock of the service."""

    parts: Parts
    network: Network
    clock: ManualClock
    worker: Worker

    def phone(self, number: str, **options: bool) -> Phone:
        return self.network.phone(number, **options)  # type: ignore[arg-type]

    def timeline(self, call: str) -> list[Row]:
        with self.parts.database.read() as tx:
            return timeline(tx, call)

    def later(self, **delta: float) -> None:
        """Let time pass; what falls due is done."""
        self.clock.advance(timedelta(**delta))


@contextmanager
def town(database: str, clock: ManualClock, folder: Path, **settings: str) -> Iterator[Town]:
    """Start everything on free ports of this machine, and stop it in order."""
    port, network_port = _free_port(), _free_port()
    environ = {
        "VOUCHLINE_ENV": "development",
        "VOUCHLINE_DATA_DIR": str(folder),
        "VOUCHLINE_SECRET_KEY": "a master secret made for the tests only",
        "DATABASE_URL": database,
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_BASE_URL": f"http://127.0.0.1:{network_port}",
        "VOUCHLINE_VOICE_FROM": PUBLISHED,
        "VOUCHLINE_TEXT_FROM": PUBLISHED,
        **settings,
    }
    parts = Parts(load(environ))
    parts.__dict__["clock"] = clock
    web = make_server("127.0.0.1", port, create_app(parts), threaded=True, request_handler=_Quiet)
    running = simulator.start(
        NetworkSettings(
            voice_url=f"{parts.settings.public_url}/voice/incoming",
            status_url=f"{parts.settings.public_url}/voice/status",
            public_url=parts.settings.public_url,
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            speed=SPEED,
        ),
        port=network_port,
    )
    worker = parts.worker()
    threads = [
        threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True),
        threading.Thread(target=worker.run, daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield Town(parts, Network(running.url), clock, worker)
    finally:
        running.stop()
        worker.stop()
        web.shutdown()
        for thread in threads:
            thread.join(10)
        web.server_close()
        parts.database.close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
