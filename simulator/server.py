"""Starts a network on a port: the REST face, the phones' face, /healthz."""

import threading
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from simulator.network import Network
from simulator.phone_api import phone_blueprint
from simulator.rest import Rest, install_errors
from simulator.rest_calls import add_call_routes
from simulator.rest_conferences import add_conference_routes
from simulator.rest_messages import add_message_routes
from simulator.rest_queues import add_queue_routes
from simulator.settings import Settings

MAX_BODY = 256 * 1024


class _Quiet(WSGIRequestHandler):
    """Addresses of this face hold phone numbers, so requests are not logged."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def make_app(network: Network) -> Flask:
    app = Flask("simulator")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    rest = Rest(network)
    for add in (add_call_routes, add_message_routes, add_queue_routes, add_conference_routes):
        add(rest)
    app.register_blueprint(rest.blueprint)
    app.register_blueprint(phone_blueprint(network))
    install_errors(app)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


@dataclass(slots=True)
class Running:
    """A network that answers on `url` until `stop`."""

    url: str
    network: Network
    _server: BaseWSGIServer
    _thread: threading.Thread

    def stop(self) -> None:
        """Ends every call, joins its threads, closes the port. May be called twice."""
        self.network.close()
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def join(self) -> None:
        self._thread.join()


def start(settings: Settings, *, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Port 0 takes a free one. Raises OSError when the port is taken."""
    network = Network(settings)
    server = make_server(host, port, make_app(network), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    return Running(f"http://{host}:{server.server_port}", network, server, thread)
