"""The HTTP half of Twilio's client: explicit time-outs, a bounded answer, another host by setting, our errors.

Twilio's own HTTP client has no default time-out, logs URLs, and raises a different error for lists. Here every answer
of 400 and above becomes a `DeliveryError`, and a time-out says whether the request may have been carried out.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from twilio.http import HttpClient
from twilio.http.response import Response

from carrier.results import DeliveryError, failure, unknown, unreachable

API = "https://api.twilio.com"
LARGEST_ANSWER = 256 * 1024
_CHUNK = 16 * 1024
# What urllib3 says when nothing was handed over yet.
_NOT_CONNECTED = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.SSLError,
    urllib3.exceptions.ProxyError,
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, to wait for the next bytes, and for the whole answer."""

    connect: float = 3.0
    read: float = 8.0
    total: float = 15.0


class RestClient(HttpClient):  # type: ignore[misc]  # twilio is untyped
    """One `requests` session a thread; no redirects, no retries (a delivery job decides about those)."""

    def __init__(self, api_base_url: str, timeouts: Timeouts) -> None:
        super().__init__(logging.getLogger("carrier.rest"), is_async=False)
        # Only the main host is moved: a double of it speaks for none of Twilio's other hosts.
        self._base = api_base_url.rstrip("/")
        self._timeouts = timeouts
        self._local = threading.local()

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002  ours are set once
        allow_redirects: bool = False,  # noqa: ARG002  never
    ) -> Response:
        url = self._base + uri.removeprefix(API) if uri.startswith(f"{API}/") else uri
        deadline = time.monotonic() + self._timeouts.total
        asked = {"params": params, "data": data, "headers": headers, "auth": auth}
        try:
            with self._send(method, url, asked) as answer:
                text = _bounded(answer, deadline)
        except requests.RequestException as error:
            raise _lost(error) from None
        except (urllib3.exceptions.HTTPError, OSError):
            raise unknown("broken-answer") from None
        if answer.status_code >= 300:
            raise failure(_code(text), answer.status_code)
        if text and not isinstance(_parsed(text), dict):
            raise unknown("unreadable-answer")
        return Response(answer.status_code, text, answer.headers)

    def _send(self, method: str, url: str, asked: dict[str, Any]) -> requests.Response:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        waits = (self._timeouts.connect, self._timeouts.read)
        return session.request(method, url, **asked, timeout=waits, stream=True, allow_redirects=False)


def _bounded(answer: requests.Response, deadline: float) -> str:
    body = b""
    while chunk := answer.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise unknown("answer-too-large")
        if time.monotonic() > deadline:
            raise unknown("timeout")
    return body.decode("utf-8", "replace")


def _lost(error: requests.RequestException) -> DeliveryError:
    if isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout):
        return unknown("timeout")
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, _NOT_CONNECTED):
        return unreachable("no-connection")
    return unknown("connection-lost")


def _code(text: str) -> str | None:
    answer = _parsed(text)
    code = answer.get("code") if isinstance(answer, dict) else None
    return str(code) if isinstance(code, int) else None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
