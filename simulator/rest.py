"""The REST face, as much of Twilio's 2010-04-01 API as a call centre uses. Here: log-in, errors, faults, pages."""

import hmac
from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import format_datetime
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request

from simulator.errors import RestError
from simulator.network import Network

Json = dict[str, Any]
REFUSING = frozenset({"500", "429", "hang"})


class Rest:
    """What each group of routes needs: the network, its blueprint, and wrapping of every view."""

    def __init__(self, network: Network) -> None:
        self.network = network
        account = network.settings.account_sid
        self.prefix = f"/2010-04-01/Accounts/{account}"
        self.blueprint = Blueprint("rest", __name__, url_prefix="/2010-04-01/Accounts/<account>")
        self.blueprint.before_request(self._authenticate)

    def route(self, rule: str, *methods: str, target: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """`target` names the faults that hit this route."""

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def wrapped(**arguments: str) -> Any:
                arguments.pop("account")
                self._refuse(target)
                answer = view(**arguments)
                self._lose(target)
                return answer

            endpoint = f"{'_'.join(methods)}_{view.__name__}".replace(".", "_")
            self.blueprint.add_url_rule(rule, endpoint, wrapped, methods=list(methods))
            return view

        return decorate

    def uri(self, path: str) -> str:
        return f"{self.prefix}/{path}"

    def _authenticate(self) -> None:
        settings, given = self.network.settings, request.authorization
        basic = given is not None and given.type == "basic"
        user, word = (given.username or "", given.password or "") if given and basic else ("", "")
        pairs = [(settings.account_sid, settings.auth_token)]
        if settings.api_key and settings.api_secret:
            pairs.append((settings.api_key, settings.api_secret))
        if not any(_same(user, name) and _same(word, secret) for name, secret in pairs):
            raise RestError(401, 20003, "Authenticate")
        if (request.view_args or {}).get("account") != settings.account_sid:
            raise RestError(404, 20404, f"The requested resource {request.path} was not found")

    def _refuse(self, target: str) -> None:
        fault = self.network.faults.take(target, REFUSING) if request.method == "POST" else None
        if fault is None:
            return
        if fault.kind == "429":
            raise RestError(429, 20429, "Too Many Requests")
        if fault.kind == "hang":
            self.network.pause(fault.seconds)
        raise RestError(500, 20500, "An internal server error has occurred")

    def _lose(self, target: str) -> None:
        fault = self.network.faults.take(target, frozenset({"lost-answer"})) if request.method == "POST" else None
        if fault is not None:
            self.network.pause(fault.seconds)
            raise RestError(500, 20500, "An internal server error has occurred")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def install_errors(app: Flask) -> None:
    @app.errorhandler(RestError)
    def refused(error: RestError) -> tuple[Response, int]:
        body = {
            "code": error.code,
            "message": error.message,
            "more_info": f"https://www.twilio.com/docs/errors/{error.code}",
            "status": error.status,
        }
        return jsonify(body), error.status


def missing() -> RestError:
    return RestError(404, 20404, f"The requested resource {request.path} was not found")


def date(moment: datetime | None) -> str | None:
    return format_datetime(moment) if moment else None


def text(name: str, default: str = "") -> str:
    return request.form.get(name, default).strip()


def texts(name: str) -> list[str]:
    return request.form.getlist(name)


def flag(name: str) -> bool | None:
    """None when the parameter was not sent."""
    value = request.form.get(name)
    if value is None:
        return None
    if value.lower() not in {"true", "false"}:
        raise RestError(400, 20001, f"Parameter '{name}' is not valid")
    return value.lower() == "true"


def whole(name: str, default: int, lowest: int, highest: int) -> int:
    value = request.form.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and lowest <= int(value) <= highest):
        raise RestError(400, 20001, f"Parameter '{name}' is not valid")
    return int(value)


def page(key: str, rows: Iterable[Json], uri: str) -> Json:
    """One page of a list. Everything fits on it up to PageSize; `next_page_uri` leads on."""
    everything = list(rows)
    size = min(max(request.args.get("PageSize", 50, type=int), 1), 1000)
    number = max(request.args.get("Page", 0, type=int), 0)
    start = number * size
    query = "".join(
        f"&{name}={value}" for name, value in request.args.items() if name not in {"Page", "PageSize", "PageToken"}
    )
    more = start + size < len(everything)
    return {
        key: everything[start : start + size],
        "page": number,
        "page_size": size,
        "start": start,
        "end": max(start, min(start + size, len(everything)) - 1),
        "uri": f"{uri}?PageSize={size}&Page={number}{query}",
        "first_page_uri": f"{uri}?PageSize={size}&Page=0{query}",
        "next_page_uri": f"{uri}?PageSize={size}&Page={number + 1}{query}" if more else None,
        "previous_page_uri": f"{uri}?PageSize={size}&Page={number - 1}{query}" if number else None,
    }
