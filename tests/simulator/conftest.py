"""A small TwiML service of our own, so that the carrier is tested without the product."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask, Response, request
from twilio.request_validator import RequestValidator
from werkzeug.serving import WSGIRequestHandler, make_server

from simulator.client import Network
from simulator.server import Running, start
from simulator.settings import Settings

TOKEN = "a-token-of-a-test"
ACCOUNT = "AC" + "7" * 32
Form = dict[str, str]
Page = str | Callable[[Form], str]


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@dataclass
class Service:
    """Answers each path with a document; keeps what was posted."""

    url: str = ""
    pages: dict[str, Page | Response] = field(default_factory=dict)
    posted: list[tuple[str, Form]] = field(default_factory=list)
    bad_signatures: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def page(self, path: str, twiml: Page) -> None:
        self.pages[path] = twiml

    def forms(self, path: str) -> list[Form]:
        with self.changed:
            return [form for at, form in self.posted if at == path]

    def wait_for(self, path: str, count: int = 1, timeout: float = 5.0, **fields: str) -> Form:
        """The count-th request to a path whose fields have these values."""

        def fitting() -> list[Form]:
            return [
                form
                for at, form in self.posted
                if at == path and all(form.get(name) == value for name, value in fields.items())
            ]

        with self.changed:
            assert self.changed.wait_for(lambda: len(fitting()) >= count, timeout), (path, fields, self.posted)
            return fitting()[count - 1]

    def answer(self, path: str) -> Response:
        form = {**request.args.to_dict(), **request.form.to_dict()}
        signature = request.headers.get("X-Twilio-Signature", "")
        raw = f"{self.url}{request.environ['REQUEST_URI']}"
        if not RequestValidator(TOKEN).validate(raw, request.form, signature):
            self.bad_signatures.append(raw)
        with self.changed:
            self.posted.append((path, form))
            self.changed.notify_all()
        page = self.pages.get(path)
        if page is None:
            return Response(status=204 if path == "status" else 404)
        if isinstance(page, Response):
            return page
        body = page(form) if callable(page) else page
        return Response(f"<Response>{body}</Response>", content_type="text/xml")


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    app = Flask("fake")

    @app.route("/<path:path>", methods=["GET", "POST"])
    def any_path(path: str) -> Response:
        return one.answer(path)

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    one.url = f"http://127.0.0.1:{server.server_port}"
    yield one
    server.shutdown()
    thread.join(5)
    server.server_close()
    assert one.bad_signatures == []


@pytest.fixture
def running(service: Service) -> Iterator[Running]:
    settings = Settings(
        voice_url=f"{service.url}/voice",
        status_url=f"{service.url}/status",
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        speed=10,
    )
    one = start(settings)
    yield one
    one.stop()


@pytest.fixture
def network(running: Running) -> Network:
    return Network(running.url, timeout=5)
